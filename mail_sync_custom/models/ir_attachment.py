from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from ..bridge import standing
from . import rendering


class IrAttachment(models.Model):
    """Whoever can read a recorded mail can read its files, and nobody else.

    Odoo attaches them to the record, such as a contact, and all who can read that can read them.
    """

    _inherit = "ir.attachment"

    # As on the mail that brought it: whatever is read besides is not looked up for every file.
    mail_sync_private = fields.Boolean("Of a Private Mail", readonly=True, copy=False)

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Leave out the files of recorded mails that the user may not read."""
        if not self.env.su or rendering.is_going_on():
            domain = Domain(domain) & Domain.custom(
                to_sql=lambda _model, alias, _query: self._mail_sync_readable(SQL.identifier(alias))
            )
        return super()._search(domain, *args, **kwargs)

    def _check_access(self, operation):
        """Apply the rule of a search to files that are asked for by id."""
        result = super()._check_access(operation)
        withheld = (self - result[0] if result else self)._mail_sync_withheld()
        if not withheld:
            return result
        if result:
            return result[0] | withheld, result[1]
        return withheld, withheld._mail_sync_access_error

    def _mail_sync_access_error(self):
        return AccessError(
            self.env._(
                "This file came with a mail that you cannot open: it is private, or it is recorded "
                "on the contact for those who have it in their own mailbox, or can open the lead "
                "it is about."
            )
        )

    @api.model
    def _mail_sync_readable(self, attachment):
        """Return, in SQL, whether the user may read a file that a recorded mail brought.

        Where several messages of its record show the file, the right to read one is enough.
        """
        messages = self.env["mail.message"]
        condition = SQL(
            """
            CASE WHEN %(a)s.mail_sync_private OR %(a)s.res_model = ANY(%(guarded)s) THEN COALESCE(
                (SELECT bool_or(%(readable)s) FROM message_attachment_rel rel
                 JOIN mail_message mail ON mail.id = rel.message_id
                 WHERE rel.attachment_id = %(a)s.id
                   AND (%(a)s.mail_sync_private OR mail.model = %(a)s.res_model)),
                %(a)s.mail_sync_private IS NOT TRUE
            ) ELSE TRUE END
            """,
            a=attachment,
            guarded=messages._mail_sync_guarded(),
            readable=messages._mail_sync_readable(SQL.identifier("mail")),
            to_flush=[
                self._fields["res_model"],
                self._fields["mail_sync_private"],
                messages._fields["attachment_ids"],
            ],
        )
        self.env.flush_query(condition)
        return condition

    def _can_return_content(self, field_name=None, access_token=None):
        """Accept no token for the file of a private mail: whoever read it before may have one."""
        if access_token and self.sudo().mail_sync_private:  # sudo: this decides about access
            return False
        return super()._can_return_content(field_name, access_token)

    def _mail_sync_withheld(self):
        """Return those of the files that came with recorded mails which the user may not read."""
        # sudo: only to see which record they belong to, as Odoo does for every file
        guarded = self.env["mail.message"]._mail_sync_guarded()
        files_sudo = self.sudo()
        # The model first: Odoo has read it, and the files of other models cost no query.
        concerned = files_sudo.filtered(
            lambda file: (
                file.res_model in guarded
                or (file.res_model in standing.models(self.env) and file.mail_sync_private)
            )
        ).sudo(False)
        if self.env.su or not concerned.ids:
            return self.browse()
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM ir_attachment file WHERE id = ANY(%s) AND NOT %s",
                concerned.ids,
                self._mail_sync_readable(SQL.identifier("file")),
            )
        )
        return self.browse(id_ for [id_] in rows)
