from odoo import api, models


class MailSyncAccount(models.Model):
    """Each day in a billable state is counted, however short the account was in it."""

    _inherit = "mail.sync.account"

    @api.model_create_multi
    def create(self, vals_list):
        """Count the day on which an account begins."""
        accounts = super().create(vals_list)
        accounts._count_today()
        return accounts

    def write(self, vals):
        """Count the day for the state that is left, and for the one that is entered."""
        if "state" not in vals:
            return super().write(vals)
        self._count_today()
        result = super().write(vals)
        self._count_today()
        return result

    def unlink(self):
        """Count the day on which an account ends."""
        self._count_today()
        return super().unlink()

    def _count_today(self):
        # sudo: what is billed is counted whoever changes a status
        self.env["mail.sync.usage"].sudo()._count_today(self)
