from datetime import UTC, datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import format_datetime

from ...engine import catalogue, status
from ...engine.errors import Kind, MailError
from ...transactions import apart
from .connection import PROTOCOLS

#: The error codes of a refused password.
_PASSWORD_REFUSED = tuple(code for code, kind in catalogue.KINDS.items() if kind is Kind.CRED)


class MailSyncAccount(models.Model):
    """Testing a connection, and the pause after a refused password."""

    _inherit = "mail.sync.account"

    def _protocol_names(self):
        """Return the user-facing names of the two connections."""
        return {"imap": self.env._("Reading (IMAP)"), "smtp": self.env._("Sending (SMTP)")}

    # -- testing -----------------------------------------------------------------------------

    def action_test_connection(self):
        """Test both connections with the saved settings, and report on each.

        Returns a notification if both work, else the dialog that says what to do. A refused
        password counts as an attempt, as it does for the server. What works again after a failure
        is used again at once.
        """
        account_sudo = self._owned_sudo()
        if not account_sudo.imap_secret and not account_sudo.oauth_grant_id:
            copied = " ".join(account_sudo._words_of("neutralized"))
            return self._notification(copied, "warning")
        # Both are tested before anything is written.
        errors = {"imap": account_sudo._test("imap")}
        errors["smtp"] = account_sudo._same_refusal(errors["imap"]) or account_sudo._test("smtp")
        for protocol in reversed(PROTOCOLS):
            account_sudo._note_refusal(protocol, errors[protocol])
        account_sudo._note_success([p for p in PROTOCOLS if not errors[p]])
        if any(errors.values()):
            return self.env["mail.sync.account.test"]._show(self, errors)
        return self._notification(self.env._("Reading and sending work."), "success")

    def _test(self, protocol):
        """Return why a connection fails or is not tested, as a UserError; None if it works."""
        if words := self._rest_words(protocol):
            return UserError(words)
        return self._error(protocol, self._settings(protocol))

    def _try_entered(self, protocol, settings, provider):
        """Log in with what was entered; return what that revealed. Raises UserError.

        ``provider`` is the one that these settings belong to, if any.

        If no new password was entered, the saved one is used: after a refusal it has to pause here
        too, and another refusal counts.
        """
        secrets = (self.imap_secret, self.smtp_secret)
        saved = self and settings["secret"] and settings["secret"] in secrets
        if saved and (words := self._rest_words(protocol)):
            raise UserError(words)
        try:
            # The provider entered may differ from the saved one.
            account = self.browse()
            return getattr(account, f"_try_{protocol}")(settings, provider, self._tell_step)
        except UserError as error:
            if saved:
                self._note_refusal_apart(protocol, error)
            raise

    @api.model
    def _tell_step(self, step):
        """Say in the user's open dialog which step of the attempt begins.

        At once, and so in a separate transaction: the one of the request ends with the attempt.
        """
        if request:  # who calls from elsewhere has no dialog
            with apart(self.env) as env:
                env.user._bus_send("mail_sync_custom/step", {"step": str(step)})

    def _note_refusal_apart(self, protocol, error):
        """Save a refusal in a separate transaction: the one that reports it is rolled back."""
        with apart(self.env) as env:
            self.with_env(env)._note_refusal(protocol, error)

    def _same_refusal(self, error):
        """Return why sending is not tested: the server refuses the same password for reading."""
        refused = _refusal(error) or self._rest_words("imap")
        if not refused or not self._has_one_password():
            return None
        return UserError(self.env._("Not tried: this is the password that is refused for reading."))

    def _note_refusal(self, protocol, error):
        """Save a refused password as a failed attempt, which is what the server counts it as."""
        if not (cause := _refusal(error)):
            return
        if not status.State(self.state).attempts:
            self._log(cause, protocol)
        elif protocol == "smtp":
            self._sending_failed(cause)
        else:
            self._failed(cause, datetime.now(UTC))

    def _note_success(self, protocols):
        """Resume what failed before and works now."""
        if "smtp" in protocols and status.State(self.state).attempts:
            self._sending_worked()
        if "imap" in protocols and self.error_code and self.state != "pending":
            self._happen(status.Event.RECONNECT)
            self._schedule_now()

    def _error(self, protocol, settings, tell=None):
        """Return why a connection fails and what to do, as a UserError; None if it works."""
        try:
            getattr(self, f"_try_{protocol}")(settings, tell=tell)
        except UserError as error:
            return error
        return None

    # -- a refused password --------------------------------------------------------------------

    def _is_failing(self, protocol):
        """Whether the saved password may be the cause; True for an account that is never tested."""
        if not status.State(self.state).attempts:
            return True
        own = self.sending_error_code if protocol == "smtp" else self.error_code
        return bool(own or (protocol == "smtp" and self.error_code and self._has_one_password()))

    def _refused_at(self, protocol):
        """Return when the saved password was refused, the latest first, within a day."""
        day = fields.Datetime.now() - timedelta(days=1)
        since = max(day, self.details_changed_at or day)
        both = protocol == "smtp" and self._has_one_password()
        refusals = self.env["mail.sync.log"].search(
            [
                ("account_id", "=", self.id),
                ("protocol", "in", PROTOCOLS if both else (protocol,)),
                ("code", "in", _PASSWORD_REFUSED),
                ("date", ">=", since),
            ]
        )
        return refusals.mapped("date")

    def _rests_until(self, protocol):
        """Return until when the saved password is not sent again, or None.

        A password that is entered, even the same one again, is tried at once.
        """
        if not self._is_failing(protocol):
            return None
        return status.rests_until(self._refused_at(protocol), fields.Datetime.now())

    def _rest_words(self, protocol):
        """Return why a button does not try the saved password now, and when it will; or ""."""
        if not (until := self._rests_until(protocol)):
            return ""
        return self.env._(
            "The server refused this password, most recently at %(refused)s. So that it does not "
            "lock your mailbox, the password is not sent again before %(until)s. If it has been "
            "changed, enter the new one with Change password: it is tried at once.",
            refused=self._local_time(self._refused_at(protocol)[0]),
            until=self._local_time(until),
        )

    def _local_time(self, when):
        return format_datetime(self.env, when, tz=self.env.user.tz or "UTC", dt_format="short")


def _refusal(error):
    """Return the MailError with which a server refused a password, or None."""
    cause = error and error.__cause__
    return cause if isinstance(cause, MailError) and cause.code in _PASSWORD_REFUSED else None
