from odoo import fields, models

from ...turns import register as watched


class MailSyncAccount(models.Model):
    """Whether new mails are recorded at once."""

    _inherit = "mail.sync.account"

    watched = fields.Boolean(compute="_compute_watched")

    def _compute_watched(self):
        _, accounts = watched.count(self.env)
        for account in self:
            account.watched = account.id in accounts
