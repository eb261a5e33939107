import logging
import random
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime

from odoo import api, fields, models

from ...engine import status
from ...engine.errors import MailError, safe_text
from ...transactions import alone
from ...turns import poll

_logger = logging.getLogger(__name__)


class MailSyncAccount(models.Model):
    """The account's health: how an event or an attempt changes its status, and its log."""

    _inherit = "mail.sync.account"

    log_ids = fields.One2many("mail.sync.log", "account_id", "Errors", readonly=True)
    error_since = fields.Datetime("Failing Since", readonly=True)
    error_code = fields.Char(readonly=True)
    failure_count = fields.Integer("Failures in a Row", readonly=True)
    told_owner = fields.Boolean(readonly=True)
    told_admin = fields.Boolean(readonly=True)
    told_at = fields.Datetime(readonly=True)
    # While sending fails too, `state` alone is ambiguous.
    reading_failed = fields.Boolean("Not Read", readonly=True)
    billable = fields.Boolean(compute="_compute_billable")

    @api.depends("state")
    def _compute_billable(self):
        for account in self:
            account.billable = bool(account.state) and status.State(account.state).billable

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
        """Save the health of reading, and the account's resulting state."""
        self._set_healths(health, self._sending_health())

    def _set_sending_health(self, health):
        """Save the health of sending, and the account's resulting state."""
        self._set_healths(self._health(), health)

    def _set_healths(self, reading, sending):
        could_send = self._can_send()
        values = {**_values("", reading), **_values("sending_", sending)}
        values["reading_failed"] = reading.state is status.State.ERROR
        self.write({**values, "state": str(status.WHOLE[reading.state, sending.state])})
        if self._can_send() and not could_send:
            # Mails written in the meantime have been waiting for the connection.
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _happen(self, event):
        """Apply the event of a person's action."""
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

    @contextmanager
    def _alone(self, step):
        """Isolate the failure of a step: it is undone and logged, and the rest is saved."""
        with alone(self.env, lambda error: self._log_beside(_fault(self, error, step))):
            yield

    def _log_beside(self, error):
        """Log a failure outside the reading; if it continues, once an hour."""
        # sudo: what happens to an account is in its log, whoever's action it was
        for account_sudo in self.sudo().exists():
            hour_ago = fields.Datetime.subtract(fields.Datetime.now(), hours=1)
            same = [
                ("account_id", "=", account_sudo.id),
                ("code", "=", error.code),
                ("step", "=", error.step),
                ("date", ">", hour_ago),
            ]
            if not account_sudo.env["mail.sync.log"].search_count(same, limit=1):
                account_sudo._log(error)

    def _failed(self, error, now, barren=False):
        """Save a failed attempt to read: its log entry, its consequences and the next attempt.

        ``barren`` says that nothing was read although there was something to read.
        """
        self._log(error)
        health, due, notice = status.after_failure(
            self._health(),
            kind=error.kind,
            code=error.code,
            now=now,
            random=random.random(),  # noqa: S311 - it spreads retries, and guards nothing
            retry_after=error.retry_after,
            barren=barren,
        )
        self._set_health(health)
        self.next_sync_at = due.replace(tzinfo=None) if due else False
        if notice:
            self._tell(notice, lambda account: account._reading_words(notice))

    def _succeeded(self, now, more):
        """Save a successful sync. ``more``: there is something left to read at once."""
        before = self._health()
        health, notice = status.after_success(before, now)
        if health != before:
            self._set_health(health)
        now = now.replace(tzinfo=None, microsecond=0)
        following = self.paused_until or (now if more else now + poll.interval(self.env))
        self.write({"last_sync_at": now, "next_sync_at": following})
        if before.error_code:
            # Sending has been waiting for reading to work.
            self._wake_for_sending()
        if notice:
            self._tell(notice, lambda account: account._reading_words(notice, more))


def _fault(accounts, error, step):
    """Return a bug of ours as an error of the account; the server's log has its traceback."""
    _logger.error("Mail Sync: accounts %s", accounts.ids, exc_info=error)
    return MailError(safe_text(type(error).__name__), code="internal", step=step)


def _values(prefix, health):
    """Return the field values that store a health."""
    values = {f"{prefix}{name}": value for name, value in asdict(health).items()}
    for name in (f"{prefix}error_since", f"{prefix}told_at"):
        values[name] = values[name].replace(tzinfo=None) if values[name] else False
    return {**values, f"{prefix}state": str(health.state)}
