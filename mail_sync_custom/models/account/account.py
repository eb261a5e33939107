import logging
import random
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import config, email_normalize, formataddr

from ... import vault
from ...engine import special_use, status
from ...engine.errors import (
    CertificateChanged,
    CertificateUntrusted,
    Kind,
    MailError,
    ServerRefused,
    Step,
)
from ...engine.imap import session
from ...engine.smtp import check as smtp
from ...engine.sync.protocols import Limits
from ...engine.values import Credentials, Endpoint, Outcome, Security, Snapshot, SpecialUse
from ...fields import BigInteger
from ...turns import filing
from ...turns import turn as turns
from ...words import remedies

_logger = logging.getLogger(__name__)

POLL = timedelta(minutes=3)
#: How long one account may be read at a time, so that the others get their turn.
RUN_SECONDS = 60
#: How long *Sync now* may take while its user looks on. What is left goes on by itself.
PATIENCE_SECONDS = 25
DEFAULT_ATTACHMENT_MB = 20
#: What a step of the wizard may take.
TRY_SECONDS = 8
#: What a look at the certificate may take, for the words about it.
LOOK_SECONDS = 2
#: Accounts that one cron run claims at a time.
CLAIM = 5

#: What a connection is made of. A change of any of these ends the run that uses the old ones.
CONNECTION_FIELDS = tuple(
    f"{protocol}_{name}"
    for protocol in ("imap", "smtp")
    for name in (
        "host port ssl self_signed fingerprint starttls plain_allowed username secret".split()
    )
)


class MailSyncAccount(models.Model):
    _name = "mail.sync.account"
    _description = "Synchronised Mailbox"
    _rec_name = "email"
    _order = "id"

    user_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    email = fields.Char("Mail Address", required=True, readonly=True)
    provider_id = fields.Many2one("mail.sync.provider", readonly=True)
    # An account that was disabled is kept, archived, for what it has recorded or removed: nothing
    # comes twice, or back, when its owner connects again.
    active = fields.Boolean(default=True, readonly=True)
    state = fields.Selection(
        [
            ("enabled", "Enabled"),
            ("error", "Error"),
            ("pending", "Pending"),
            ("connection", "Connection"),
        ],
        "Status",
        default="enabled",
        readonly=True,
        help="Empty for a mailbox that was disabled.",
    )
    imap_host = fields.Char("IMAP Hostname", readonly=True)
    imap_port = fields.Integer("IMAP Port", readonly=True)
    imap_ssl = fields.Boolean("IMAP: Use SSL?", readonly=True)
    imap_self_signed = fields.Boolean("IMAP: Self-Signed Certificate?", readonly=True)
    imap_username = fields.Char("IMAP Username", readonly=True)
    imap_fingerprint = fields.Char("IMAP Certificate (SHA-256)", readonly=True)
    imap_starttls = fields.Boolean(readonly=True)
    imap_plain_allowed = fields.Boolean(readonly=True)
    imap_secret = fields.Char(groups=fields.NO_ACCESS, copy=False)
    smtp_host = fields.Char("SMTP Hostname", readonly=True)
    smtp_port = fields.Integer("SMTP Port", readonly=True)
    smtp_ssl = fields.Boolean("SMTP: Use SSL?", readonly=True)
    smtp_self_signed = fields.Boolean("SMTP: Self-Signed Certificate?", readonly=True)
    smtp_username = fields.Char("SMTP Username", readonly=True)
    smtp_fingerprint = fields.Char("SMTP Certificate (SHA-256)", readonly=True)
    smtp_starttls = fields.Boolean(readonly=True)
    smtp_plain_allowed = fields.Boolean(readonly=True)
    smtp_secret = fields.Char(groups=fields.NO_ACCESS, copy=False)
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
        "Reads Back Until", readonly=True, help="Older mail is not looked at. Empty: all of it is."
    )
    mailbox_ids = fields.One2many("mail.sync.mailbox", "account_id", "Folders", readonly=True)
    log_ids = fields.One2many("mail.sync.log", "account_id", "Errors", readonly=True)
    failed_ids = fields.One2many(
        "mail.sync.message",
        "account_id",
        "Set Aside",
        domain=[("outcome", "=", "failed")],
        readonly=True,
    )
    last_sync_at = fields.Datetime("Last Sync", readonly=True)
    next_sync_at = fields.Datetime("Next Sync", readonly=True)
    lease_token = fields.Char(groups=fields.NO_ACCESS, copy=False)
    lease_until = fields.Datetime(groups=fields.NO_ACCESS, copy=False)
    syncing = fields.Boolean("Syncing now", compute="_compute_syncing", compute_sudo=True)
    # The number of the last latecomer (`mail.sync.latecomer`) that was looked back for.
    caught_up_to = BigInteger(required=True, default=0, readonly=True)
    error_since = fields.Datetime("Failing Since", readonly=True)
    error_code = fields.Char(readonly=True)
    failure_count = fields.Integer("Failures in a Row", readonly=True)
    told_owner = fields.Boolean(readonly=True)
    told_admin = fields.Boolean(readonly=True)
    told_at = fields.Datetime(readonly=True)
    details_changed_at = fields.Datetime(readonly=True)
    # Asked where sending fails too: `state` alone does not tell then.
    reading_failed = fields.Boolean("Not Read", readonly=True)
    headline = fields.Char("What Is Wrong", compute="_compute_headline")
    remedy = fields.Char("How to Fix It", compute="_compute_headline")
    # For those, too, who may see how an account is doing and not what its folders are called.
    seen_count = fields.Integer("Mails Looked At", compute="_compute_counts", compute_sudo=True)
    recorded_count = fields.Integer("Mails Recorded", compute="_compute_counts", compute_sudo=True)
    excluded_count = fields.Integer("Mails Excluded", compute="_compute_counts", compute_sudo=True)
    failed_count = fields.Integer("Mails Set Aside", compute="_compute_counts", compute_sudo=True)
    remaining_count = fields.Integer(
        "Still to Look At", compute="_compute_counts", compute_sudo=True
    )
    other_count = fields.Integer("Other Mails", compute="_compute_counts", compute_sudo=True)
    partial_count = fields.Integer(
        "Mails Recorded in Part", compute="_compute_partial_count", compute_sudo=True
    )
    last_mail_at = fields.Datetime(
        "Last Mail Seen",
        compute="_compute_counts",
        compute_sudo=True,
        help="When the latest mail that was looked at came into its folder.",
    )
    billable = fields.Boolean(compute="_compute_billable")

    _user_unique = models.UniqueIndex("(user_id)", "One mailbox a user.")
    _state_while_active = models.Constraint(
        "CHECK ((active IS TRUE) = (state IS NOT NULL))", "A mailbox has a status until disabled."
    )
    _due_idx = models.Index("(next_sync_at) WHERE state IN ('enabled', 'error')")

    # -- what is shown -----------------------------------------------------------------------

    @api.depends("mailbox_ids.seen_count", "mailbox_ids.recorded_count")
    def _compute_counts(self):
        # By a search: mailbox_ids would stay in memory for a reader who is not to see the folders.
        mailboxes = self.env["mail.sync.mailbox"].search([("account_id", "in", self.ids)])
        by_account = mailboxes.grouped("account_id")
        for account in self:
            own = by_account.get(account, mailboxes.browse())
            for name in ("seen", "recorded", "excluded", "failed", "remaining"):
                account[f"{name}_count"] = sum(own.mapped(f"{name}_count"))
            known = account.recorded_count + account.excluded_count + account.failed_count
            account.other_count = max(account.seen_count - known, 0)
            account.last_mail_at = max(filter(None, own.mapped("last_mail_at")), default=False)

    def _compute_partial_count(self):
        links = self.env["mail.sync.message"]
        for account in self:
            account.partial_count = links.search_count(
                [
                    ("account_id", "=", account.id),
                    ("outcome", "=", "recorded"),
                    ("mail_message_ids.mail_sync_entry_ids.omitted", "!=", False),
                ]
            )

    @api.depends(
        "state",
        "error_code",
        "sending_state",
        "sending_error_code",
        "reading_failed",
        "provider_id",
    )
    @api.depends_context("lang")
    def _compute_headline(self):
        """Say what is wrong; with sending, where that is what makes the account fail."""
        for account in self:
            headline, remedy = account._words_of(account.error_code)
            sending, mending = account._words_of(account.sending_error_code)
            if sending:
                sending = self.env._("Sending: %s", sending)
            reads = account.state == "error" and account._health().state is status.State.ENABLED
            account.headline, account.remedy = (sending, mending) if reads else (headline, remedy)
            account.sending_headline, account.sending_remedy = sending, mending

    def _words_of(self, code):
        """Return what an error is, and what to do about it; both empty without one."""
        if not code:
            return "", ""
        provider = self.provider_id.code
        return remedies.headline(self.env, code), remedies.remedy(self.env, code, provider)

    @api.depends("lease_until", "lease_token")
    def _compute_syncing(self):
        now = fields.Datetime.now()
        for account in self:
            account.syncing = bool(
                account.lease_token and account.lease_until and account.lease_until > now
            )

    @api.depends("state")
    def _compute_billable(self):
        for account in self:
            account.billable = bool(account.state) and status.State(account.state).billable

    # -- whose, and with what ----------------------------------------------------------------

    def _own_emails(self):
        """Return the addresses that are the owner's own, in lower case."""
        self.ensure_one()
        names = (self.email, self.imap_username, self.smtp_username)
        return frozenset(filter(None, (email_normalize(name) for name in names)))

    def _formatted_email(self):
        """Return the sender of the owner's mail: their name and the mailbox's address."""
        self.ensure_one()
        return formataddr((self.user_id.name, self.email))

    @api.model
    def _of_author(self, author_id):
        """Return the account, as superuser, whose mailbox mail of this author leaves through.

        Only for the user who is writing now: on somebody else's behalf there is no mailbox.
        """
        user = self.env.user
        # sudo: a sender's address and name are no secret of their account
        account_sudo = self.sudo()
        if not author_id or author_id != user.partner_id.id or not user._is_internal():
            return account_sudo.browse()
        return account_sudo.search([("user_id", "=", user.id)], limit=1)

    def _settings(self, protocol):
        """Return what a connection is made of, named without the protocol."""
        self.ensure_one()
        prefix = f"{protocol}_"
        names = (name for name in CONNECTION_FIELDS if name.startswith(prefix))
        return {name.removeprefix(prefix): self[name] for name in names}

    def _endpoint(self, protocol):
        """Return the engine's :class:`Endpoint` for ``imap`` or ``smtp``."""
        return _endpoint(self._settings(protocol))

    def _credentials(self, protocol):
        """Return name and secret for ``imap`` or ``smtp``. Raises MailError where unreadable."""
        return _credentials(self._settings(protocol))

    @api.model
    def _of_user(self, user):
        """Return a user's account, or an empty recordset."""
        return self.search([("user_id", "=", user.id)], limit=1)

    @api.model
    def _ever_of_user(self, user):
        """Return a user's account, the one that was disabled as well."""
        return self.search([("user_id", "=", user.id), ("active", "in", (True, False))], limit=1)

    @api.model
    def _encrypt(self, secret):
        return vault.encrypt(secret)

    def _limits(self):
        """Return the engine's limits from the administrator's for attachments and the plan's."""
        # sudo: a limit of the administrator's, which holds for everyone
        parameters_sudo = self.env["ir.config_parameter"].sudo()
        megabytes = parameters_sudo.get_param("mail_sync_custom.attachment_limit_mb")
        attachment = int(megabytes or DEFAULT_ATTACHMENT_MB) * 1024 * 1024
        # base64 makes four bytes of three, and there is a letter around the attachment.
        return Limits(attachment * 3 // 2 + 1024 * 1024, attachment, self._records_left())

    @api.model
    def _history_from(self, history, now):
        """Return the start of a history window, None for everything."""
        months = {"now": 0, "1m": 1, "3m": 3, "12m": 12}
        return now - relativedelta(months=months[history]) if history in months else None

    def write(self, vals):
        """A changed connection takes the account from the run that still uses the old one."""
        if any(name in vals for name in CONNECTION_FIELDS):
            now = fields.Datetime.now()
            vals = {"lease_token": False, "lease_until": False, "details_changed_at": now, **vals}
        return super().write(vals)

    # -- set-up ------------------------------------------------------------------------------

    @api.model
    def _try_imap(self, settings):
        """Log in and look at the folders, within ten seconds.

        Returns ``fingerprint``, ``starttls`` and ``folders``: a dict of name, special_use,
        uidvalidity, uidnext and use for each. Raises UserError with the step, the cause, the fix.
        """
        try:
            with session.connect(
                _endpoint(settings),
                _credentials(settings),
                budget=TRY_SECONDS,
                patience=TRY_SECONDS,
            ) as connection:
                folders = [folder for folder in connection.folders() if folder.selectable]
                uses = {special_use.find(folders, use): use for use in SpecialUse}
                snapshots = connection.status([folder.name for folder in uses if folder])
                found = connection.connected
        except MailError as error:
            shown = _with_fingerprint(error, settings, session.inspect_certificate)
            raise UserError(self._explain(shown)) from error
        return {
            **_learned(found),
            "folders": [
                {
                    "name": folder.name,
                    "special_use": uses.get(folder, False),
                    "use": folder in uses,
                    **_cursor(snapshots.get(folder.name)),
                }
                for folder in folders
            ],
        }

    @api.model
    def _try_smtp(self, settings):
        """Log in to the SMTP server, within ten seconds. Returns ``fingerprint``, ``starttls``."""
        try:
            return _learned(
                smtp.check(_endpoint(settings), _credentials(settings), budget=TRY_SECONDS)
            )
        except MailError as error:
            shown = _with_fingerprint(error, settings, smtp.inspect_certificate)
            raise UserError(self._explain(shown)) from error

    @api.model
    def _other_certificate(self, error):
        """Return the fingerprint that was met in the place of the pinned one; False without one.

        Takes the UserError of ``_try_imap`` or ``_try_smtp``.
        """
        cause = error.__cause__
        return isinstance(cause, CertificateChanged) and cause.detail

    @api.model
    def _set_up(self, user, values):
        """Create or renew the account of a user from settings that have been tried.

        What was read before stays read while it is the same mailbox, and nothing comes twice when
        it is not: what is recorded is known by its Message-ID. So it is with an account that was
        disabled, which begins anew: what was kept is not doubled, what was removed stays away.
        """
        self._check_alias_domains(values["email"])
        folders = values.pop("folders")
        account = self._ever_of_user(user)
        same = account.active and all(
            account[name] == values[name] for name in ("imap_host", "imap_username")
        )
        deeper = not same or account.history != values["history"]
        if deeper:
            # What was chosen before there was such a limit stays.
            company = account.company_id if account.active else user.company_id
            company._mail_sync_check_history(values["history"])
        now = fields.Datetime.now()
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

    def _forget_mailboxes(self):
        """Let go of how far another mailbox was read, and of what was set aside there.

        A UID of one mailbox means nothing in another. What was recorded stays.
        """
        self.failed_ids.unlink()
        self.mailbox_ids.unlink()

    def _set_folders(self, folders, anew):
        """Read these folders from now on. ``anew`` forgets how far they were read."""
        names = {folder["name"]: folder for folder in folders}
        self.mailbox_ids.filtered(lambda box: box.name not in names).unlink()
        for box in self.mailbox_ids:
            special_use = names.pop(box.name)["special_use"]
            box.write({"special_use": special_use, **({"uidvalidity": -1} if anew else {})})
        self.env["mail.sync.mailbox"].create(
            [
                {
                    "account_id": self.id,
                    "name": name,
                    "special_use": folder["special_use"],
                    **(self._from_now_on(folder) if self.history == "now" else {}),
                }
                for name, folder in names.items()
            ]
        )

    def _from_now_on(self, folder):
        """Begin where the folder stood at the log-in, so that no mail falls in between."""
        if not folder["uidnext"]:
            return {}
        cursor = dict.fromkeys(("uid_low", "uid_high", "uid_floor"), folder["uidnext"])
        return {"uidvalidity": folder["uidvalidity"], **cursor}

    def _set_mail_server(self):
        """Give the owner a personal outgoing server of Odoo's, without the secret in it."""
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
        # A user has one personal server; the mailbox takes the place of another way to send.
        self.env["ir.mail_server"].with_context(active_test=False).search(
            [("owner_user_id", "=", self.user_id.id)]
        ).unlink()
        self.mail_server_id = self.env["ir.mail_server"].create(values)

    @api.model
    def _check_alias_domains(self, email):
        """Refuse the address that Odoo itself sends from: its mail would leave by this mailbox."""
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

    # -- buttons -----------------------------------------------------------------------------

    def action_sync_now(self):
        """Read the mailbox now, and say what came of it."""
        account_sudo = self._owned_sudo()
        if account_sudo.state == "pending":
            raise UserError(account_sudo._waiting_words())
        if not status.State(account_sudo.state).attempts:
            raise UserError(
                self.env._("This mailbox is not being synchronised. Reconnect it first.")
            )
        if words := account_sudo._rest_words("imap"):
            return self._notification(words, "warning")
        # The run works on cursors of its own, and must see what this request has changed so far.
        self.env.flush_all()
        token = account_sudo._claim_patiently(PATIENCE_SECONDS)
        if not token:
            return self._notification(
                self.env._("A synchronisation is running already. The page shows how far it is."),
                "info",
            )
        result = turns.take(self.env.cr.dbname, self.id, token, PATIENCE_SECONDS)
        return self._notification(*self._words(result))

    def action_reconnect(self):
        """Try again now what fails, with the details that are saved."""
        account_sudo = self._owned_sudo()
        if account_sudo.state == "pending":
            raise UserError(account_sudo._waiting_words())
        rests = {protocol: account_sudo._rest_words(protocol) for protocol in ("imap", "smtp")}
        if not rests["imap"]:
            account_sudo._happen(status.Event.RECONNECT)
            account_sudo._schedule_now()
        if not rests["smtp"]:
            account_sudo._reconnect_sending()
        words = rests["imap"] or rests["smtp"]
        return self._notification(words, "warning") if words else None

    def action_open_setup(self):
        """Open the set-up wizard, with what is known already."""
        return self.env["ir.actions.act_window"]._for_xml_id(
            "mail_sync_custom.action_mail_sync_account_setup"
        )

    def action_retry_failed(self):
        """Look again at every mail that was set aside."""
        self._owned_sudo().failed_ids.action_retry()

    @api.model
    def action_open_mine(self):
        """Open the Mail Sync page: the user's own account or, without one, the way to set it up."""
        account = self.search([("user_id", "=", self.env.uid)], limit=1)
        name = "action_mail_sync_account" if account else "action_mail_sync_welcome"
        action = self.env["ir.actions.act_window"]._for_xml_id(f"mail_sync_custom.{name}")
        action["res_id"] = account.id or self.env.uid
        return action

    def _owned_sudo(self):
        """Return the account as superuser for its owner, and for nobody else.

        The right it stands in for is an owner's to run their own account, which they cannot write.
        """
        self.ensure_one()
        self.check_access("read")
        if self.user_id != self.env.user and not self.env.su:
            raise AccessError(self.env._("Only its owner can do this with a mailbox."))
        if not self.active:
            raise UserError(self.env._("This mailbox is disabled. Connect it again to use it."))
        return self.sudo()

    def _notification(self, message, kind):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": kind,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _explain(self, error):
        """Return an engine's error as its user reads it: the step, what happened, what to do."""
        provider = self.provider_id.code
        return remedies.explain(self.env, error, provider)

    def _words(self, result):
        error = result.error or next(iter(result.problems), None)
        if error:
            # What to do about it stands on the page, which this must not cover.
            return self._explain(error).partition("\n")[0], "danger"
        seen, recorded = result.report.seen, result.report.tally[Outcome.RECORDED]
        past = result.report.past
        if result.paused_until:
            return self._pause_words(recorded + past, result.paused_until), "warning"
        if past and not result.report.more:
            return self.env._(
                "%(seen)s new mails looked at, %(recorded)s recorded. Besides, earlier mails were "
                "recorded on leads that have come since: %(past)s.",
                seen=seen,
                recorded=recorded,
                past=past,
            ), "success"
        if result.report.more:
            return self.env._(
                "%(seen)s mails looked at, %(recorded)s recorded. The rest follows by itself.",
                seen=seen,
                recorded=recorded,
            ), "info"
        if not seen:
            return self.env._("Nothing new."), "success"
        return self.env._(
            "%(seen)s new mails looked at, %(recorded)s recorded.", seen=seen, recorded=recorded
        ), "success"

    # -- state -------------------------------------------------------------------------------

    def _health(self):
        """Return the engine's :class:`~..engine.status.Health` of reading."""
        self.ensure_one()
        sending = status.State(self.sending_state or "enabled")
        state = status.reading_of(status.State(self.state), sending, self.reading_failed)
        return self._health_of("", state)

    def _health_of(self, prefix, state):
        names = asdict(status.Health()).items()
        values = {name: self[prefix + name] or default for name, default in names}
        for name in ("error_since", "told_at"):
            values[name] = values[name].replace(tzinfo=UTC) if values[name] else None
        return status.Health(**{**values, "state": state})

    def _set_health(self, health):
        """Save how reading is, and what that makes of the account."""
        self._set_healths(health, self._sending_health())

    def _set_sending_health(self, health):
        """Save how sending is, and what that makes of the account."""
        self._set_healths(self._health(), health)

    def _set_healths(self, reading, sending):
        could_send = self._can_send()
        values = {**_values("", reading), **_values("sending_", sending)}
        values["reading_failed"] = reading.state is status.State.ERROR
        self.write({**values, "state": str(status.WHOLE[reading.state, sending.state])})
        if self._can_send() and not could_send:
            # What was written meanwhile has been waiting for the connection.
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _happen(self, event):
        """Let something that a person did happen to the account."""
        for account in self:
            account._set_health(status.after_event(account._health(), event, datetime.now(UTC)))

    def _log(self, error, protocol="imap"):
        self.env["mail.sync.log"].create(
            [
                {
                    "account_id": account.id,
                    "protocol": protocol,
                    "step": error.step,
                    "code": error.code,
                    "detail": error.detail,
                }
                for account in self
            ]
        )

    def _failed(self, error, now):
        """Save a failed attempt to read: its log entry, what it leads to and the next attempt."""
        self._log(error)
        health, due, notice = status.after_failure(
            self._health(),
            kind=error.kind,
            code=error.code,
            now=now,
            random=random.random(),  # noqa: S311 - it spreads retries, and guards nothing
            retry_after=error.retry_after,
        )
        self._set_health(health)
        self.next_sync_at = due.replace(tzinfo=None) if due else False
        if notice:
            self._tell(notice, lambda account: account._reading_words(notice))

    def _succeeded(self, now, more):
        """Save a sync that worked. ``more`` says that there is something left to read at once."""
        before = self._health()
        health, notice = status.after_success(before, now)
        if health != before:
            self._set_health(health)
        now = now.replace(tzinfo=None, microsecond=0)
        following = self.paused_until or (now if more else now + POLL)
        self.write({"last_sync_at": now, "next_sync_at": following})
        if before.error_code:
            # It has waited for reading to work.
            self._wake_for_sending()
        if notice:
            self._tell(notice, lambda account: account._reading_words(notice, more))

    def _tell(self, notice, words):
        """Tell the owner or the administrators that a lasting failure has begun, or is over."""
        recipients = self.env["res.partner"]
        if notice.owner:
            recipients |= self.user_id.partner_id
        if notice.administrators:
            administrators = self.env.ref("base.group_system").all_user_ids
            here = administrators.filtered(lambda user: self.company_id in user.company_ids)
            recipients |= here.partner_id
        self._notify(recipients, words)

    def _notify(self, recipients, words):
        """Notify partners, each in their language, in which ``words`` says subject and text.

        It comes from Odoo, and not from whoever pressed a button: their mailbox may be what fails.
        """
        self.ensure_one()
        sender = self.env.ref("base.partner_root")
        for lang, partners in recipients.grouped("lang").items():
            account = self.with_context(lang=lang)
            subject, body = words(account)
            account.env["mail.thread"].message_notify(
                partner_ids=partners.ids,
                subject=subject,
                body=body,
                author_id=sender.id,
                model=False,
                res_id=False,
            )

    def _reading_words(self, notice, more=False):
        """Return subject and text of a notice; ``more`` says that there is something left to read.

        In the language of this environment.
        """
        if not notice.over:
            subject = self.env._("Mail Sync has stopped: %s", self.email)
            headline, remedy = self._words_of(self.error_code)
            return subject, f"{headline}. {remedy}"
        subject = self.env._("Mail Sync works again: %s", self.email)
        if self.paused_until:
            return subject, self.env._(
                "It goes on when your company's plan allows more mails to be recorded. What came "
                "meanwhile is recorded then."
            )
        if more:
            return subject, self.env._(
                "Mails are being recorded again. What came meanwhile follows by itself."
            )
        return subject, self.env._(
            "Mails are being recorded again. What came meanwhile is recorded too."
        )

    # -- turns -------------------------------------------------------------------------------

    def _schedule_now(self):
        """Have what is synchronised at all read now, but for a password that has to rest."""
        due = self.filtered(lambda account: account.billable and not account._rests_until("imap"))
        due.write({"next_sync_at": fields.Datetime.now()})
        self.env.ref("mail_sync_custom.ir_cron_mail_sync")._trigger()

    @api.model
    def _cron_sync(self):
        """Give every account that is due its turn; one that fails stops no other."""
        dbname = self.env.cr.dbname
        while claimed := turns.claim(dbname, CLAIM):
            self.env["ir.cron"]._commit_progress(remaining=self._due_count() + len(claimed))
            for account_id, token in claimed:
                turns.take(dbname, account_id, token, RUN_SECONDS)
                left = self.env["ir.cron"]._commit_progress(1)
            if not left:
                break
        self._wake_when_due()

    def _due_count(self):
        return self.search_count([("next_sync_at", "<=", fields.Datetime.now())])

    def _wake_when_due(self):
        """Ask for the next run at the moment when the next account is due, not sooner."""
        following = self.search(
            [("state", "in", ("enabled", "error")), ("next_sync_at", "!=", False)],
            order="next_sync_at",
            limit=1,
        )
        if following:
            at = max(following.next_sync_at, fields.Datetime.now() + timedelta(seconds=1))
            self.env.ref("mail_sync_custom.ir_cron_mail_sync")._trigger(at)

    def _claim_patiently(self, seconds):
        """Return a lease on this account, waiting for a run that is under way; None in the end."""
        until = time.monotonic() + seconds
        while not (claimed := turns.claim(self.env.cr.dbname, 1, self.id)):
            if time.monotonic() >= until:
                return None
            time.sleep(0.2)
        return claimed[0][1]

    # -- filing what was sent ----------------------------------------------------------------

    def _sent_mailbox(self):
        return self.mailbox_ids.filtered(lambda m: m.special_use == "sent")[:1]

    def _is_in_sent(self, message_id):
        """Whether the Sent mailbox has this mail. False, too, when it cannot be asked now."""
        sent = self._sent_mailbox().name
        try:
            with session.connect(
                self._endpoint("imap"), self._credentials("imap"), budget=turns.CONNECT_SECONDS
            ) as connection:
                return bool(sent) and filing.is_in(connection, sent, message_id)
        except MailError as error:
            _logger.info("Mail Sync: Sent cannot be asked: %s", error)
            return False


def _endpoint(settings):
    return Endpoint(
        host=settings["host"] or "",
        port=settings["port"],
        implicit_tls=settings["ssl"],
        pin=settings["self_signed"],
        fingerprint=settings["fingerprint"] or "",
        starttls_required=settings["starttls"],
        plain_allowed=settings["plain_allowed"],
    )


def _credentials(settings):
    try:
        password = vault.decrypt(settings["secret"] or "")
    except vault.SecretUnreadable as error:
        # Without any it is a copy: whoever has a mailbox here has given its password.
        code = "secret_unreadable" if settings["secret"] else "neutralized"
        raise ServerRefused(code=code, kind=Kind.CRED, step=Step.LOGIN) from error
    return Credentials(settings["username"], password)


def _with_fingerprint(error, settings, inspect):
    """Return an error that names the certificate which nobody vouches for, where it can be seen.

    A handshake that fails does not tell which one it was: it takes a second look, without a login.
    """
    if not isinstance(error, CertificateUntrusted):
        return error
    try:
        return CertificateUntrusted(inspect(_endpoint(settings), LOOK_SECONDS))
    except MailError:
        return error


def _learned(connected):
    """Return what a connection taught us of its server, to be held to from then on."""
    return {
        "fingerprint": connected.fingerprint,
        "starttls": connected.security is Security.STARTTLS,
    }


def _values(prefix, health):
    """Return the fields that keep a health."""
    values = {f"{prefix}{name}": value for name, value in asdict(health).items()}
    for name in (f"{prefix}error_since", f"{prefix}told_at"):
        values[name] = values[name].replace(tzinfo=None) if values[name] else False
    return {**values, f"{prefix}state": str(health.state)}


def _cursor(snapshot):
    snapshot = snapshot or Snapshot()
    return {"uidvalidity": snapshot.uidvalidity or 0, "uidnext": snapshot.uidnext or 0}
