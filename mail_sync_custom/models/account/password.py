from odoo import models
from odoo.exceptions import ConcurrencyError, UserError

from ...engine import status
from ...engine.errors import MailError
from ...transactions import again, apart


class MailSyncAccount(models.Model):
    """Changing the password, and nothing else."""

    _inherit = "mail.sync.account"

    def action_change_password(self):
        """Ask for the new password only."""
        self._owned_sudo()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_sync_custom.mail_sync_account_password_action"
        )
        return {**action, "context": {"default_account_id": self.id}}

    def _has_one_password(self):
        """Whether name and password are the same for reading and sending, as a sign-in is."""
        if self.oauth_grant_id:
            return True
        try:
            return self._credentials("imap") == self._credentials("smtp")
        except MailError:
            # Unreadable, for instance because the key is lost: one name means one password.
            return self.imap_username == self.smtp_username

    def _change_password(self, secret, protocols):
        """Save an encrypted password once every server concerned has accepted it.

        Everything else stays: what was read, how far, and the accepted certificates.
        Raises UserError if a server refuses it, and ConcurrencyError if the account's settings have
        changed in the meantime: then everything has to be done again.
        """
        self.ensure_one()
        names = self._protocol_names()
        tried = {protocol: self._settings(protocol) for protocol in protocols}
        for protocol, settings in tried.items():
            error = self._error(protocol, {**settings, "secret": secret}, self._tell_step)
            if error:
                raise UserError(
                    self.env._("%(server)s: %(error)s", server=names[protocol], error=error)
                )
        self._save_password_apart(secret, tried)

    def _save_password_apart(self, secret, tried):
        """Save a password in a separate transaction, retrying whenever a run commits first.

        In the request's transaction, the whole request would be retried, including its log-ins.
        """

        def save():
            with apart(self.env) as env:
                self.with_env(env)._save_password(secret, tried)

        again(save)
        self.invalidate_recordset()

    def _save_password(self, secret, tried):
        """Save a password for the servers that accepted it. ``tried``: with which settings."""
        # Raises if the account was disabled in the meantime: its password is erased.
        account_sudo = self._owned_sudo()
        if any(account_sudo._settings(protocol) != tried[protocol] for protocol in tried):
            raise ConcurrencyError(f"Mail Sync: account {self.id} has other settings by now")
        account_sudo.write({f"{protocol}_secret": secret for protocol in tried})
        if "smtp" in tried:
            account_sudo._sending_worked()
        proven = "imap" in tried and account_sudo.state != "pending"
        account_sudo._happen(status.Event.CONNECTED if proven else status.Event.DETAILS_CHANGED)
        if status.State(account_sudo.state).attempts:
            account_sudo._schedule_now()
