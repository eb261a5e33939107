from odoo import models


class MailSyncAccount(models.Model):
    """Each day in a billable state counts, however briefly the account was in it."""

    _inherit = "mail.sync.account"

    def _count_today(self):
        # sudo: a billable day is counted whoever changes the status
        self.env["mail.sync.usage"].sudo()._count_today(self)
