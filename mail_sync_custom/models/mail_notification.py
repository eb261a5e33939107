from odoo import models

from ..engine.addresses import keys
from ..words import remedies


class MailNotification(models.Model):
    _inherit = "mail.notification"

    def write(self, vals):
        result = super().write(vals)
        if "notification_status" in vals or "failure_reason" in vals:
            self.env["mail.message"]._mail_sync_forget_delivery()
        return result

    def _mail_sync_addresses(self):
        """Return the addresses of these notifications, normalised."""
        return frozenset(
            address
            for one in self
            for address in keys(one.res_partner_id.email or one.mail_email_address or "")
        )

    def _mail_sync_ready(self):
        """Show that a mail is still to be sent, where Odoo would show a failure."""
        self.write({"notification_status": "ready", "failure_type": False, "failure_reason": False})

    def _mail_sync_sent(self):
        """Show that the mail was sent."""
        self.write({"notification_status": "sent", "failure_type": False, "failure_reason": False})
        self.mail_message_id._mail_sync_recount_leads()

    def _mail_sync_failed(self, words):
        """Show that the mail was not sent, or may not have been, and why."""
        self.write(
            {
                "notification_status": "exception",
                "failure_type": "unknown",
                "failure_reason": words,
            }
        )

    def _mail_sync_reported(self, state, code, detail):
        """Show what was reported about this recipient: the mail came back, or arrived after all."""
        if state == "failed":
            author = self.mail_message_id.create_uid
            env = self.with_context(lang=author.lang).env
            self.write(
                {
                    "notification_status": "bounce",
                    "failure_type": "mail_bounce",
                    "failure_reason": remedies.sentences(env, code, detail),
                }
            )
        elif state == "delivered" and self.notification_status == "bounce":
            self._mail_sync_sent()

    def _mail_sync_note(self, problem, handed_over):
        """Show what became of the mail for this recipient: refused, to be retried, or sent."""
        if problem and problem.retry_at:
            self._mail_sync_ready()
        elif problem:
            self._mail_sync_failed(problem.words)
        elif handed_over:
            self._mail_sync_sent()
        else:
            self._mail_sync_failed(
                self.env._("It was not handed to the server for this recipient. Send it again.")
            )
