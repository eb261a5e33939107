import shlex
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.modules.module import get_module_path
from odoo.tools import config

from .. import watched
from .mail_sync_account import DEFAULT_ATTACHMENT_MB
from .res_company import HAS_A_PLACE

#: A mail is held in memory while it is recorded; providers take 25 to 150 MB.
MAX_ATTACHMENT_MB = 100


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
    mail_sync_idle = fields.Boolean(
        "Record new mails at once",
        config_parameter=watched.PARAMETER,
        help="A connection to each mailbox is kept open, by a process of its own.",
    )
    mail_sync_watcher_count = fields.Integer(compute="_compute_mail_sync_watched")
    mail_sync_watched_count = fields.Integer(compute="_compute_mail_sync_watched")
    mail_sync_watch_command = fields.Char("Command", compute="_compute_mail_sync_watch_command")
    mail_sync_connected_count = fields.Integer(compute="_compute_mail_sync_counts")
    mail_sync_pending_count = fields.Integer(compute="_compute_mail_sync_counts")

    @api.constrains("mail_sync_attachment_limit_mb")
    def _check_mail_sync_attachment_limit_mb(self):
        for settings in self:
            if not 0 <= settings.mail_sync_attachment_limit_mb <= MAX_ATTACHMENT_MB:
                raise ValidationError(
                    self.env._(
                        "The attachment limit is a number of MB from 1 to %s.", MAX_ATTACHMENT_MB
                    )
                )

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

    def _compute_mail_sync_watched(self):
        watchers, accounts = watched.count(self.env)
        for settings in self:
            settings.mail_sync_watcher_count = watchers
            settings.mail_sync_watched_count = len(accounts)

    def _compute_mail_sync_watch_command(self):
        for settings in self:
            settings.mail_sync_watch_command = _watch_command(self.env.cr.dbname)


def _watch_command(dbname):
    """Return what has to run beside Odoo on this server, word for word."""
    # Odoo looks for the commands of addons before it reads its configuration.
    addons = Path(get_module_path("mail_sync_custom")).parent
    words = ["odoo-bin", f"--addons-path={addons}", "mail_sync_watch"]
    if Path(config["config"]).is_file():
        words += ["-c", config["config"]]
    return shlex.join([*words, "-d", dbname])
