from odoo import models
from odoo.exceptions import UserError

from ..engine import status
from ..engine.errors import MailError
from .mail_sync_account import SENDING_WELL

PROTOCOLS = ("imap", "smtp")


class MailSyncAccount(models.Model):
    """The saved details: trying them, and changing the password alone."""

    _inherit = "mail.sync.account"

    def _protocol_names(self):
        """Return what a user calls the two connections."""
        return {"imap": self.env._("Reading (IMAP)"), "smtp": self.env._("Sending (SMTP)")}

    # -- trying ------------------------------------------------------------------------------

    def action_test_connection(self):
        """Try both connections with what is saved, and say of each what came of it.

        Changes nothing: no status, no log, no next attempt.
        """
        account_sudo = self._owned_sudo()
        shown = False
        for protocol in reversed(PROTOCOLS):
            shown = account_sudo._test_result(protocol, then=shown)
        return shown

    def _test_result(self, protocol, then):
        """Return a notification of how one connection went, followed by the one that is given."""
        problem = self._problem(protocol, self._settings(protocol))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self._protocol_names()[protocol],
                "message": problem or self.env._("Works."),
                "type": "danger" if problem else "success",
                "sticky": bool(problem),
                "next": then,
            },
        }

    def _problem(self, protocol, settings):
        """Return why a connection fails, where, and what to do; None when it works."""
        try:
            getattr(self, f"_try_{protocol}")(settings)
        except UserError as error:
            return str(error)
        return None

    # -- the password ------------------------------------------------------------------------

    def action_change_password(self):
        """Ask for the new password, and for nothing else."""
        self._owned_sudo()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_sync_custom.action_mail_sync_account_password"
        )
        return {**action, "context": {"default_account_id": self.id}}

    def _has_one_password(self):
        """Whether name and password are the same for reading and for sending."""
        try:
            return self._credentials("imap") == self._credentials("smtp")
        except MailError:
            # Unreadable, as with a key that is gone: whoever has one name has one password.
            return self.imap_username == self.smtp_username

    def _change_password(self, secret, protocols):
        """Save a password, encrypted, once every server that it is for has accepted it.

        Everything else stays: what was read, how far, and the certificates that were accepted.
        """
        self.ensure_one()
        names = self._protocol_names()
        for protocol in protocols:
            problem = self._problem(protocol, {**self._settings(protocol), "secret": secret})
            if problem:
                raise UserError(f"{names[protocol]}: {problem}")
        values = {f"{protocol}_secret": secret for protocol in protocols}
        self.write({**values, **(SENDING_WELL if "smtp" in protocols else {})})
        proven = "imap" in protocols and not self.sending_error_code and self.state != "pending"
        self._happen(status.Event.CONNECTED if proven else status.Event.DETAILS_CHANGED)
        if status.State(self.state).attempts:
            self._schedule_now()
