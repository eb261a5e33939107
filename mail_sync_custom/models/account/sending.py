import random
from datetime import UTC, datetime, timedelta
from functools import partial

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine import status
from ...engine.errors import MailError
from ...engine.smtp import check as smtp
from ...transactions import again, as_superuser
from .connection import logged_in

#: The fields of an account that can send.
SENDING_WELL = {
    "sending_state": "enabled",
    "sending_error_since": False,
    "sending_error_code": False,
    "sending_failure_count": 0,
    "sending_told_owner": False,
    "sending_told_admin": False,
    "sending_retry_at": False,
}
#: How long an attempt has exclusive use of an account.
_CLAIM = timedelta(minutes=2)


class MailSyncAccount(models.Model):
    """Sending, which fails and recovers independently of reading: its health, and its retries.

    While it fails, mails wait. Retries log in without sending a mail.
    """

    _inherit = "mail.sync.account"

    sending_state = fields.Selection(
        [("enabled", "Works"), ("error", "Fails"), ("connection", "Given Up")],
        "Sending",
        default="enabled",
        readonly=True,
    )
    sending_error_since = fields.Datetime("Not Sending Since", readonly=True)
    sending_error_code = fields.Char(readonly=True)
    sending_failure_count = fields.Integer(readonly=True)
    sending_told_owner = fields.Boolean(readonly=True)
    sending_told_admin = fields.Boolean(readonly=True)
    sending_told_at = fields.Datetime(readonly=True)
    sending_retry_at = fields.Datetime("Next Attempt to Send", readonly=True)

    def _sending_health(self):
        """Return the engine's :class:`~..engine.status.Health` of sending."""
        return self._health_of("sending_", status.State(self.sending_state or "enabled"))

    def _can_send(self):
        """Whether a mail may be handed to the owner's server now.

        Not while reading fails, usually for a reason that sending shares. After a failure to send,
        the server is tested first, so that a wrong password is not sent with every mail.
        """
        self.ensure_one()
        return bool(
            status.State(self.state).attempts
            and self._health().state is status.State.ENABLED
            and not self.sending_error_code
        )

    # -- results -----------------------------------------------------------------------------

    def _note_sending(self, error):
        """Save whether the owner's server accepted a connection; ``None`` if it did.

        In a separate transaction: the sender's may be rolled back.
        """
        if not status.State(self.state).attempts or not (error or self.sending_error_code):
            return
        _save(self.env.cr.dbname, self.id, lambda account: account._sending_ended(error))

    def _sending_ended(self, error):
        """Save the result of an attempt to connect; ``None`` if it worked."""
        if error:
            self._sending_failed(error)
        else:
            self._sending_worked()

    def _sending_failed(self, error):
        """Save a failed attempt: its log entry, the status it leads to and the next attempt."""
        self._log(error, "smtp")
        before = self._sending_health()
        if not before.state.attempts:
            return
        health, due, notice = status.after_failure(
            before,
            kind=error.kind,
            code=error.code,
            now=datetime.now(UTC),
            random=random.random(),  # noqa: S311 - it spreads retries, and guards nothing
            retry_after=error.retry_after,
        )
        self._set_sending_health(health)
        self.sending_retry_at = due.replace(tzinfo=None) if due else False
        self._wake_for_sending()
        if notice:
            self._tell(notice, lambda account: account._sending_words(notice))

    def _sending_worked(self):
        """Save that the server has accepted the login after a failure."""
        health = self._sending_health()
        if not health.error_code:
            return
        now = datetime.now(UTC)
        if not health.state.attempts:
            health = status.after_event(health, status.Event.RECONNECT, now)
        health, notice = status.after_success(health, now)
        self.sending_retry_at = False
        self._set_sending_health(health)
        if notice:
            self._tell(notice, lambda account: account._sending_words(notice))

    def _reconnect_sending(self):
        """Retry failing sending now, and for two more days if it was given up."""
        if not self.sending_error_code:
            return
        now = datetime.now(UTC)
        self._set_sending_health(
            status.after_event(self._sending_health(), status.Event.RECONNECT, now)
        )
        self.sending_retry_at = fields.Datetime.now()
        self._wake_for_sending()

    def _sending_words(self, notice):
        """Return subject and text of a notice, in the language of this environment."""
        if notice.over:
            return (
                self.env._("Mails can be sent again from the mailbox %s", self.email),
                self.env._("What was waiting is being sent."),
            )
        return (
            self.env._("Mails cannot be sent from the mailbox %s", self.email),
            self.env._(
                "%(headline)s. %(remedy)s New mails wait until sending works again. Mails are "
                "still recorded.",
                headline=self.sending_headline,
                remedy=self.sending_remedy,
            ),
        )

    # -- retries -----------------------------------------------------------------------------

    @api.model
    def _cron_try_sending(self):
        """Log in, without a mail, for each account whose sending failed and whose pause is over."""
        dbname = self.env.cr.dbname
        self.env["ir.cron"]._commit_progress(remaining=1)
        try:
            while account_id := _claim(dbname):
                _try(dbname, account_id)
                if not self.env["ir.cron"]._commit_progress():
                    break
        finally:
            self.search([("sending_retry_at", "!=", False)])._wake_for_sending()
            # Otherwise, whatever ends this job would end the next one too.
            self.env["ir.cron"]._commit_progress()
        self.env["ir.cron"]._commit_progress(1)

    def _wake_for_sending(self):
        """Schedule the job for when the first of these accounts is due."""
        waiting = self.filtered(lambda account: account.sending_retry_at and not account.error_code)
        if due := waiting.mapped("sending_retry_at"):
            cron = self.env.ref("mail_sync_custom.ir_cron_mail_sync_sending")
            cron._trigger(max(min(due), fields.Datetime.now()))


def _claim(dbname):
    """Return an account whose sending is to be retried now, or None.

    An account that cannot be read is skipped: its mails would wait anyway.
    """
    now = fields.Datetime.now()
    query = SQL(
        """
        UPDATE mail_sync_account SET sending_retry_at = %(until)s
        WHERE id = (
            SELECT id FROM mail_sync_account
            WHERE active AND state IN ('enabled', 'error') AND COALESCE(error_code, '') = ''
              AND sending_retry_at <= %(now)s
            ORDER BY sending_retry_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
        )
        RETURNING id
        """,
        until=now + _CLAIM,
        now=now,
    )
    with as_superuser(dbname) as env:
        return next((account_id for [account_id] in env.execute_query(query)), None)


def _try(dbname, account_id):
    """Log in to an account's SMTP server and save the result."""
    error = None
    try:
        with as_superuser(dbname) as env:
            account = env["mail.sync.account"].browse(account_id)
            details = account.details_changed_at
            settings, policy = account._settings("smtp"), account._host_policy()
        logged_in(dbname, settings, partial(smtp.check, policy=policy))
    except MailError as caught:
        error = caught

    def end(account):
        # With new details, this result is outdated: they were tested when they were entered.
        if account.exists() and account.details_changed_at == details and account.state:
            account._sending_ended(error)

    _save(dbname, account_id, end)


def _save(dbname, account_id, change):
    """Change an account in a separate transaction; again, if a reading turn committed first."""

    def save():
        with as_superuser(dbname) as env:
            change(env["mail.sync.account"].browse(account_id))

    again(save)
