from odoo import models
from odoo.tools import email_normalize


class MailNotification(models.Model):
    _inherit = "mail.notification"

    def _mail_sync_email(self):
        """Return the address that this notification goes to."""
        self.ensure_one()
        return self.res_partner_id.email_normalized or email_normalize(
            self.mail_email_address or ""
        )

    def _mail_sync_ready(self):
        """Show that a mail is still to be sent, instead of Odoo's mark that it has failed."""
        self.write({"notification_status": "ready", "failure_type": False, "failure_reason": False})

    def _mail_sync_note(self, problem, handed_over):
        """Show what became of the mail for this recipient: refused, to be tried again, or sent."""
        if problem and problem.retry_at:
            self._mail_sync_ready()
        elif problem:
            self.write(
                {
                    "notification_status": "exception",
                    "failure_type": "unknown",
                    "failure_reason": problem.words,
                }
            )
        elif handed_over:
            self.write(
                {"notification_status": "sent", "failure_type": False, "failure_reason": False}
            )
