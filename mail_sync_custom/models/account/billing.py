from odoo import models


class MailSyncAccount(models.Model):
    """Each day in a billable state is counted, however short the account was in it."""

    _inherit = "mail.sync.account"

    def _count_today(self):
        # sudo: what is billed is counted whoever changes a status
        self.env["mail.sync.usage"].sudo()._count_today(self)
