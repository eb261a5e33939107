from odoo import api, models
from odoo.tools import email_normalize

from .values import ENTERED, PROTOCOLS, given_email, same_name

#: How far back a mailbox is read unless its user chooses otherwise.
DEFAULT_HISTORY = "3m"


class MailSyncAccountSetup(models.TransientModel):
    """What is known before anything is entered, and how far back the user may read."""

    _inherit = "mail.sync.account.setup"

    @api.model
    def _default_history(self):
        """Return three months, or less where the administrator allows no more."""
        allowed = self._company()._mail_sync_histories()
        return DEFAULT_HISTORY if DEFAULT_HISTORY in allowed else allowed[-1]

    @api.model
    def _histories(self):
        """Return how far back this user may read: what is allowed, and what they already have."""
        account_sudo = self._account_sudo()
        own = {account_sudo.history} if account_sudo.active else set()
        return own.union(self._company()._mail_sync_histories())

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Offer only so much of the past as the user may have read."""
        described = super().fields_get(allfields, attributes)
        history = described.get("history", {})
        if "selection" in history:
            offered = self._histories()
            history["selection"] = [each for each in history["selection"] if each[0] in offered]
        return described

    @api.model
    def default_get(self, fields_list):
        """Start from the user's account, even a disabled one, or else from their address."""
        values = super().default_get(fields_list)
        account_sudo = self._account_sudo()
        if not account_sudo:
            email = email_normalize(self.env.user.email or "")
            provider = self.env["mail.sync.provider"]._suggest(email)
            found = {"imap_username": email, "provider_id": provider.id}
            found["suggested"] = self._first_suggestion(email, provider)
            return {**values, **found, **provider._settings(email)}
        names = [f"{protocol}_{name}" for protocol in PROTOCOLS for name in ENTERED]
        known = account_sudo.read([*names, "history", "provider_id"], load=None)[0]
        known["email"] = given_email(account_sudo)
        known["suggested"] = self._suggestion_of(account_sudo)
        if known["history"] not in self._histories():
            # A disabled account starts again, within what is allowed now.
            known["history"] = self._default_history()
        return values | {name: value for name, value in known.items() if name in fields_list}

    @api.model
    def _suggestion_of(self, account):
        """Return the ``suggested`` of a form that opens with an account's settings."""
        username = account.imap_username
        one_name = same_name(account.smtp_username, username)
        return {
            **self._first_suggestion(username, account.provider_id),
            **({"smtp_username": account.smtp_username} if one_name else {}),
        }

    @api.model
    def _account_sudo(self):
        """Return the user's account as superuser, even a disabled one, or none.

        It stands in for a user's right to their own settings. Secrets are never shown.
        """
        return self.env["mail.sync.account"].sudo()._ever_of_user(self.env.user)

    @api.model
    def _company(self):
        """Return the company whose limits hold for the user's mailbox."""
        account_sudo = self._account_sudo()
        whose = account_sudo if account_sudo.active else self.env.user
        return whose.company_id.with_env(self.env)

    def _is_saved(self, *names):
        """Whether these fields are as they were saved with the account."""
        account_sudo = self._account_sudo()
        return bool(account_sudo) and all(self[name] == account_sudo[name] for name in names)

    @api.depends("step")
    def _compute_waits(self):
        """Say before *Finish* that the company has no free place for this mailbox."""
        for setup in self:
            user = setup.create_uid or self.env.user
            account = self.env["mail.sync.account"]._of_user(user)
            full = user.company_id._mail_sync_places_left() == 0
            setup.waits = account.state == "pending" if account else full
