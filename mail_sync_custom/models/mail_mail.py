from odoo import models
from odoo.tools import email_normalize

from ..engine.status import State


class MailMail(models.Model):
    _inherit = "mail.mail"

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """Keep a synced user's mail back while their mailbox does not work.

        It is not sent from the company's server instead: it waits, and says so, and goes when the
        connection is back.
        """
        waiting = self._mail_sync_waiting()
        waiting.write(
            {
                "state": "outgoing",
                "failure_reason": self.env._(
                    "Waits for the sender's mailbox, which cannot be reached at the moment. "
                    "It is sent as soon as Mail Sync works again."
                ),
            }
        )
        if post_send_callback and waiting:
            post_send_callback(waiting.ids)
        return super(MailMail, self - waiting).send(
            auto_commit=auto_commit,
            raise_exception=raise_exception,
            post_send_callback=post_send_callback,
        )

    def _mail_sync_waiting(self):
        accounts = self.env["mail.sync.account"].search(
            [
                ("user_id", "in", self.mail_message_id.create_uid.ids),
                ("state", "!=", State.ENABLED),
            ]
        )
        by_user = {account.user_id: account for account in accounts}
        return self.filtered(
            lambda mail: (
                (account := by_user.get(mail.mail_message_id.create_uid))
                and email_normalize(mail.email_from) == account.email
            )
        )

    def mark_outgoing(self):
        """A user who sends a mail again takes on themselves that it may have been sent."""
        # sudo: whoever may send the mail again may have it forgotten that it was tried
        self.env["mail.sync.outgoing"].sudo()._forget_unknown(self.mapped("message_id"))
        return super().mark_outgoing()
