from odoo import api, fields, models

from .mail_sync_account import DEFAULT_ATTACHMENT_MB
from .res_company import HAS_A_PLACE


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    mail_sync_plan_id = fields.Many2one(related="company_id.mail_sync_plan_id", readonly=False)
    mail_sync_daily_limit = fields.Integer(related="mail_sync_plan_id.daily_limit")
    mail_sync_account_limit = fields.Integer(
        related="company_id.mail_sync_account_limit", readonly=False
    )
    mail_sync_attachment_limit_mb = fields.Integer(
        "Attachment Limit",
        config_parameter="mail_sync_custom.attachment_limit_mb",
        default=DEFAULT_ATTACHMENT_MB,
        help="A larger attachment is left out, and the recorded mail says so. 0: 20 MB.",
    )
    mail_sync_connected_count = fields.Integer(compute="_compute_mail_sync_counts")
    mail_sync_pending_count = fields.Integer(compute="_compute_mail_sync_counts")

    @api.depends("company_id")
    def _compute_mail_sync_counts(self):
        Account = self.env["mail.sync.account"]
        for settings in self:
            own = [("company_id", "=", settings.company_id.id)]
            connected = [*own, ("state", "in", HAS_A_PLACE)]
            settings.mail_sync_connected_count = Account.search_count(connected)
            settings.mail_sync_pending_count = Account.search_count(
                [*own, ("state", "=", "pending")]
            )
