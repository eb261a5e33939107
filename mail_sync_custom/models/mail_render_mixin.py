"""A template tells of private mails what its user may read, whatever its author has written in it.

An expression may follow links from one record to another, and may become superuser on its way.
"""

from odoo import api, models
from odoo.tools import SQL

from . import rendering


class MailRenderMixin(models.AbstractModel):
    _inherit = "mail.render.mixin"

    @api.model
    def _render_template(self, *args, **kwargs):
        """Withhold private mails and their files from superusers, too, while this is rendered."""
        found = self.env.execute_query(
            SQL("SELECT TRUE FROM mail_message WHERE mail_sync_private LIMIT 1")
        )
        if not found:
            return super()._render_template(*args, **kwargs)
        self._mail_sync_forget_content()
        try:
            with rendering.begun():
                return super()._render_template(*args, **kwargs)
        finally:
            self._mail_sync_forget_content()

    def _mail_sync_forget_content(self):
        """Have the content of mails read anew: what is cached was read with other rights."""
        for name in rendering.CONTENT:
            self.env[name].invalidate_model()


class MailMessage(models.Model):
    _inherit = "mail.message"

    def _fetch_query(self, query, fields):
        rendering.withhold(self, query, SQL("message.id = record.id"))
        return super()._fetch_query(query, fields)


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _fetch_query(self, query, fields):
        rendering.withhold(self, query, SQL("message.id = record.mail_message_id"))
        return super()._fetch_query(query, fields)


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _fetch_query(self, query, fields):
        shown = SQL(
            "record.mail_sync_private AND message.id IN (SELECT message_id "
            "FROM message_attachment_rel WHERE attachment_id = record.id)"
        )
        rendering.withhold(self, query, shown)
        return super()._fetch_query(query, fields)
