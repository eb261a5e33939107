from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import config

from ...engine import status


class MailSyncAccount(models.Model):
    """Saving the settings that the wizard tested: a new account, or new details of an old one."""

    _inherit = "mail.sync.account"

    mail_server_id = fields.Many2one(
        "ir.mail_server", "Outgoing Server", readonly=True, ondelete="set null"
    )
    history = fields.Selection(
        [
            ("now", "From now on"),
            ("1m", "The last month"),
            ("3m", "The last 3 months"),
            ("12m", "The last 12 months"),
            ("all", "Everything"),
        ],
        "Read Back",
        required=True,
        default="3m",
        readonly=True,
    )
    history_from = fields.Datetime(
        "Reads Back Until", readonly=True, help="Older mails are not looked at. Empty: all are."
    )

    @api.model
    def _history_from(self, history, now):
        """Return the start of a history window; None for all mail."""
        months = {"now": 0, "1m": 1, "3m": 3, "12m": 12}
        return now - relativedelta(months=months[history]) if history in months else None

    @api.model
    def _set_up(self, user, values):
        """Create or renew a user's account from tested settings.

        The same mailbox keeps its cursors. Another mailbox is read from the start, but nothing is
        recorded twice, because mails are identified by their Message-ID. The same holds for an
        account that was disabled: what was kept is not duplicated, what was removed stays removed.
        """
        self._check_alias_domains(values["email"])
        folders = values.pop("folders")
        account = self._ever_of_user(user)
        same = account.active and all(
            account[name] == values[name] for name in ("imap_host", "imap_username")
        )
        deeper = not same or account.history != values["history"]
        if deeper:
            # An address chosen before the limit was set stays allowed.
            company = account.company_id if account.active else user.company_id
            company._mail_sync_check_history(values["history"])
        now = fields.Datetime.now()
        values.setdefault("oauth_grant_id", False)
        account._replace_grant(self.env["mail.sync.oauth.grant"].browse(values["oauth_grant_id"]))
        if deeper:
            values["history_from"] = self._history_from(values["history"], now)
        event = account._arrival(user.company_id)
        if account.active:
            account.write(values)
            account._sending_worked()
            account._happen(event)
        else:
            begun = status.begin(event)
            values["queued_at"] = now if event is status.Event.QUEUED else False
            values |= {"active": True, "state": str(begun.state), "company_id": user.company_id.id}
            if account:
                account.write(values)
            else:
                caught_up_to = self.env["mail.sync.latecomer"]._last_number()
                account = self.create({**values, "user_id": user.id, "caught_up_to": caught_up_to})
        if not same:
            account._forget_mailboxes()
        account._set_folders(folders, anew=deeper)
        account._set_mail_server()
        account._schedule_now()
        return account

    def _set_mail_server(self):
        """Give the owner a personal outgoing server in Odoo, without storing the secret there."""
        self.ensure_one()
        encryption = "starttls_strict" if self.smtp_starttls else "none"
        values = {
            "name": self.env._("%s's mailbox", self.user_id.name),
            "smtp_host": self.smtp_host,
            "smtp_port": self.smtp_port,
            "smtp_user": self.smtp_username,
            "smtp_pass": False,
            "smtp_encryption": "ssl_strict" if self.smtp_ssl else encryption,
            "from_filter": self.email,
            "owner_user_id": self.user_id.id,
            "active": True,
        }
        if self.mail_server_id:
            self.mail_server_id.write(values)
            return
        # A user has one personal server: the mailbox replaces any other.
        self.env["ir.mail_server"].with_context(active_test=False).search(
            [("owner_user_id", "=", self.user_id.id)]
        ).unlink()
        self.mail_server_id = self.env["ir.mail_server"].create(values)

    @api.model
    def _check_alias_domains(self, email):
        """Refuse the address that Odoo sends from: its mail would leave through this mailbox."""
        match = self.env["ir.mail_server"]._match_from_filter
        senders = self.env["mail.alias.domain"].search([("default_from", "!=", False)])
        if any(
            match(sender, email)
            for sender in [*senders.mapped("default_from_email"), config.get("email_from")]
            if sender
        ):
            raise UserError(
                self.env._("%s is the address that Odoo itself sends from. Use your own.", email)
            )
