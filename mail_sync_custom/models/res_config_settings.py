import shlex
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.modules.module import get_module_path
from odoo.tools import config

from .. import vault
from ..engine.net import policy
from ..turns import register as watched
from ..vault import Encryption, Source
from .account.hosts import ALLOWED_HOSTS
from .account.page import PATIENCE_SECONDS
from .account.turns import DEFAULT_ATTACHMENT_MB
from .res_company import HAS_A_PLACE

#: A mail is held in memory while it is recorded; providers accept 25 to 150 MB.
MAX_ATTACHMENT_MB = 100


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    mail_sync_plan_id = fields.Many2one(related="company_id.mail_sync_plan_id", readonly=False)
    mail_sync_daily_limit = fields.Integer(related="mail_sync_plan_id.daily_limit")
    mail_sync_account_limit = fields.Integer(
        related="company_id.mail_sync_account_limit", readonly=False
    )
    mail_sync_history_limit = fields.Selection(
        related="company_id.mail_sync_history_limit", readonly=False
    )
    mail_sync_plus_tags = fields.Boolean(related="company_id.mail_sync_plus_tags", readonly=False)
    mail_sync_gmail_dots = fields.Boolean(related="company_id.mail_sync_gmail_dots", readonly=False)
    mail_sync_record_internal = fields.Boolean(
        related="company_id.mail_sync_record_internal", readonly=False
    )
    mail_sync_attachment_limit_mb = fields.Integer(
        "Attachment Limit",
        config_parameter="mail_sync_custom.attachment_limit_mb",
        default=DEFAULT_ATTACHMENT_MB,
        help="A larger attachment is left out, and the recorded mail says so. 0: 20 MB.",
    )
    mail_sync_allowed_hosts = fields.Char(
        "Servers of Your Own Network",
        config_parameter=ALLOWED_HOSTS,
        help="Networks, addresses and hostnames, separated by commas, that users may connect to "
        "besides the mail servers on the internet. A colon and a port, or * for all ports, may "
        "follow: 10.0.0.0/8, imap.example.lan, 192.168.1.5:1143.",
    )
    mail_sync_idle = fields.Boolean(
        "Record new mails at once",
        config_parameter=watched.PARAMETER,
        help="A connection to each mailbox is kept open, by a process of its own.",
    )
    mail_sync_watcher_count = fields.Integer(compute="_compute_mail_sync_watched")
    mail_sync_watched_count = fields.Integer(compute="_compute_mail_sync_watched")
    mail_sync_watch_command = fields.Char("Command", compute="_compute_mail_sync_watch_command")
    mail_sync_key_source = fields.Selection(
        [
            (str(Source.CONFIG), "odoo.conf"),
            (str(Source.ENVIRONMENT), "The environment of Odoo's process"),
            (str(Source.FILE), "A file created by Mail Sync"),
        ],
        compute="_compute_mail_sync_key",
        groups="base.group_system",
    )
    mail_sync_key_place = fields.Char(compute="_compute_mail_sync_key", groups="base.group_system")
    mail_sync_key_is_usable = fields.Boolean(
        compute="_compute_mail_sync_key", groups="base.group_system"
    )
    mail_sync_readable_count = fields.Integer(
        compute="_compute_mail_sync_key", groups="base.group_system"
    )
    mail_sync_older_count = fields.Integer(
        compute="_compute_mail_sync_key", groups="base.group_system"
    )
    mail_sync_unreadable_count = fields.Integer(
        compute="_compute_mail_sync_key", groups="base.group_system"
    )
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

    @api.constrains("mail_sync_allowed_hosts")
    def _check_mail_sync_allowed_hosts(self):
        for settings in self:
            try:
                policy.parse(settings.mail_sync_allowed_hosts or "")
            except policy.NotAnEntry as error:
                raise ValidationError(
                    self.env._(
                        "This is neither a network nor a hostname: %s\n"
                        "Enter for example 10.0.0.0/8, imap.example.lan or 192.168.1.5:1143.",
                        error,
                    )
                ) from error

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

    def _compute_mail_sync_key(self):
        """Show where the key comes from and what it decrypts, only to administrators.

        It checks that itself: anybody can ask for the defaults of unsaved settings.
        """
        if not self.env.is_system():
            raise AccessError(self._mail_sync_key_words())
        origin, usable = vault.origin(), vault.is_usable()
        counts = self.env["mail.sync.account"]._count_secrets()
        for settings in self:
            settings.mail_sync_key_source = str(origin.source)
            settings.mail_sync_key_place = origin.place
            settings.mail_sync_key_is_usable = usable
            settings.mail_sync_older_count = counts[Encryption.OLDER]
            settings.mail_sync_unreadable_count = counts[Encryption.UNREADABLE]
            settings.mail_sync_readable_count = (
                counts[Encryption.CURRENT] + counts[Encryption.OLDER]
            )

    def action_mail_sync_encrypt_anew(self):
        """Re-encrypt all saved passwords with the first key, and report on it."""
        if not self.env.is_system():
            raise AccessError(self._mail_sync_key_words())
        Account = self.env["mail.sync.account"]
        if not vault.is_usable():
            raise UserError(
                self.env._(
                    "The configured key is not valid, so no password can be read. Correct it "
                    "where it is configured, and restart Odoo."
                )
            )
        renewal = Account._encrypt_anew(PATIENCE_SECONDS)
        unreadable = Account._count_secrets()[Encryption.UNREADABLE]
        return Account._notification(*self._mail_sync_renewal_words(renewal, unreadable))

    def _mail_sync_key_words(self):
        return self.env._("Only an administrator can manage the key.")

    def _mail_sync_renewal_words(self, renewal, unreadable):
        """Return what to say when passwords were re-encrypted, and the kind of notification."""
        words = [self.env._("Passwords re-encrypted with the first key: %s.", renewal.passwords)]
        if renewal.waiting:
            words.append(
                self.env._(
                    "Mailboxes that are being read right now: %s. Press the button again in a "
                    "minute.",
                    renewal.waiting,
                )
            )
        if unreadable:
            words.append(
                self.env._("Passwords that no key can decrypt, left as they are: %s.", unreadable)
            )
        return " ".join(words), "warning" if renewal.waiting or unreadable else "success"


def _watch_command(dbname):
    """Return the command that has to run next to Odoo on this server."""
    # Odoo looks for the commands of addons before it reads its configuration.
    addons = Path(get_module_path("mail_sync_custom")).parent
    words = ["odoo-bin", f"--addons-path={addons}", "mail_sync_watch"]
    if Path(config["config"]).is_file():
        words += ["-c", config["config"]]
    return shlex.join([*words, "-d", dbname])
