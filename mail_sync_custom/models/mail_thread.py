from odoo import api, models

from ..bridge import standing


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _mail_sync_models(self):
        """Return the models whose records have mails."""
        return standing.models(self.env)

    def _mail_sync_salesperson(self):
        """Return the users to whom the records are assigned, if the model has such a field."""
        users = self.env["res.users"]
        field = self._fields.get("user_id")
        return self.user_id if field and field.comodel_name == users._name else users

    def _mail_sync_recorded(self, mails):
        """Called on the records of one model when mails have been recorded on them, for addons.

        ``mails`` are the new ``mail.message`` on these records, superuser's as ``self`` is, of one
        commit: complete, with their files and the mails that they answer. ``mail_sync_direction``
        says which way each went. It is called before the commit, which waits for it: what it
        writes is saved with the mails. If it raises an error, its own writes are undone, the error
        is in Odoo's log, and the mails are saved.
        """

    # No call, and no savepoint, for a model that no addon has given a method of its own.
    _mail_sync_recorded.does_nothing = True

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
        if given or self._name not in standing.models(self.env):
            return author_id, email_from
        account_sudo = self.env["mail.sync.account"]._of_author(author_id)
        return author_id, account_sudo._formatted_email() if account_sudo else email_from
