from odoo import models

from ..bridge import standing


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _mail_sync_reply_to(self, author_id):
        """Return ``{record id: address}`` if the author's mail leaves through their own mailbox.

        Empty for an author without one, so that Odoo's own rule applies.
        """
        account_sudo = self.env["mail.sync.account"]._of_author(author_id)
        if not account_sudo:
            return {}
        return dict.fromkeys(self.ids or [False], account_sudo._formatted_email())

    def _message_compute_author(self, author_id=None, email_from=None):
        """Return the mailbox's address as the sender of a synced user's mail."""
        given = email_from is not None
        author_id, email_from = super()._message_compute_author(author_id, email_from)
        if given or self._name not in standing.MODELS:
            return author_id, email_from
        account_sudo = self.env["mail.sync.account"]._of_author(author_id)
        return author_id, account_sudo._formatted_email() if account_sudo else email_from
