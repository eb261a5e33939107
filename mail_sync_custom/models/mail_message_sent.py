"""A mail stays as its recipients have it: nobody changes or deletes it as one would a note."""

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..bridge import standing
from .timeline_conditions import is_mail

#: What makes up a mail, of the fields that a user may write.
_CONTENT = frozenset(
    "attachment_ids author_id body date email_from incoming_email_cc incoming_email_to message_id "
    "outgoing_email_to partner_ids subject".split()
)


class MailMessage(models.Model):
    _inherit = "mail.message"

    def write(self, vals):
        if not self.env.su and not _CONTENT.isdisjoint(vals):
            self._mail_sync_check_no_mail("write")
        return super().write(vals)

    def unlink(self):
        if not self.env.su:
            self._mail_sync_check_no_mail("unlink")
        return super().unlink()

    def _mail_sync_check_no_mail(self, operation):
        """Raise UserError for mails, received or sent, on leads and contacts.

        Administrators may still delete them, for whoever has a right to that. Who may not do it to
        any message is told that instead.
        """
        self.check_access(operation)
        if not self.env.user._is_system():
            self._mail_sync_refuse_change()

    def _mail_sync_refuse_change(self):
        """Raise UserError if one of these is a mail on a lead or a contact."""
        # sudo: only where they are, whoever asks
        concerned_sudo = self.sudo().filtered(lambda one: one.model in standing.models(self.env))
        if not concerned_sudo:
            return
        message = SQL.identifier("message")
        notified = self.env["mail.notification"]._fields
        mails = self.env.execute_query(
            SQL(
                "SELECT id FROM mail_message message WHERE id = ANY(%s) AND %s LIMIT 1",
                concerned_sudo.ids,
                is_mail(message),
                to_flush=[self._fields["message_type"], notified["notification_type"]],
            )
        )
        if mails:
            raise UserError(
                self.env._(
                    "A mail cannot be changed or deleted here: whoever it went between has it as "
                    "it is. Write another one, or log a note about it."
                )
            )


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _check_can_update_message_content(self, messages):
        """Refuse *Edit* and *Delete* of the web client for what has been sent as a mail."""
        if self._name in standing.models(self.env):
            messages._mail_sync_refuse_change()
        return super()._check_can_update_message_content(messages)
