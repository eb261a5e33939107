from odoo import fields, models


class MailMessage(models.Model):
    _inherit = "mail.message"

    mail_sync_entry_ids = fields.One2many("mail.sync.entry", "mail_message_id")
