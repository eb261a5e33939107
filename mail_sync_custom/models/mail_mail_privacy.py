from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from . import rendering


class MailMail(models.Model):
    """The queue has its own copy of a mail's text, which administrators can read."""

    _inherit = "mail.mail"

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Leave out the copies of mails that the user may not read."""
        if not self.env.su or rendering.is_going_on():
            messages = self.env["mail.message"]
            domain = Domain(domain) & Domain.custom(
                to_sql=lambda _model, alias, _query: SQL(
                    "(SELECT %s FROM mail_message message WHERE message.id = %s.mail_message_id)",
                    messages._mail_sync_readable(SQL.identifier("message")),
                    SQL.identifier(alias),
                )
            )
        return super()._search(domain, *args, **kwargs)

    def _check_access(self, operation):
        """Apply the rule of a search to copies that are asked for by id."""
        result = super()._check_access(operation)
        if self.env.su or operation == "create":
            return result
        allowed = self - result[0] if result else self
        # sudo: which message it is, to ask whether that may be read
        withheld = allowed.sudo().mail_message_id.sudo(False)._mail_sync_withheld()
        if not withheld:
            return result
        copies = allowed.filtered(lambda mail: mail.sudo().mail_message_id.sudo(False) in withheld)
        return (copies | result[0] if result else copies), self._mail_sync_access_error

    def _mail_sync_access_error(self):
        return AccessError(self.env._("This mail is private, and not yours to read."))

    @api.depends_context("uid")
    def _compute_display_name(self):
        """Name no subject that the user may not read; Odoo shows names whatever the rights."""
        result = super()._compute_display_name()
        withheld = self.mail_message_id.sudo(False)._mail_sync_withheld()
        for mail in self if withheld else ():
            if mail.mail_message_id in withheld:
                mail.display_name = self.env._("Private mail")
        return result
