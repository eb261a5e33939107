from odoo import fields, models


class MailSyncPlan(models.Model):
    """What a company may do with Mail Sync. Every plan includes it, for all roles.

    A company without a plan has no daily limit: it is treated as on Trial.
    """

    _name = "mail.sync.plan"
    _description = "Mail Sync Plan"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    daily_limit = fields.Integer(
        "Mails a Day",
        help="How many mails a day are recorded for each user. The rest is recorded on the "
        "following days. 0: no limit.",
    )

    _daily_limit_positive = models.Constraint(
        "CHECK (daily_limit >= 0)", "The number of mails a day cannot be negative."
    )

    def write(self, vals):
        """Write; accounts that the old limit had stopped are read again."""
        result = super().write(vals)
        if "daily_limit" in vals:
            # sudo: a user who may change the plan changes it for all of its companies
            companies_sudo = self.env["res.company"].sudo()
            companies_sudo.search([("mail_sync_plan_id", "in", self.ids)])._mail_sync_plan_changed()
        return result
