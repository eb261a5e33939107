from odoo import api, fields, models
from odoo.tools import email_normalize

from .values import PROTOCOLS, USUAL_PORTS, following, given_email, usual_port


class MailSyncAccountSetup(models.TransientModel):
    """What a provider, an address or a checkbox fills in."""

    _inherit = "mail.sync.account.setup"

    # What was filled in, by field. A field that still has this value has not been edited, and
    # follows the address; ``provider_id`` is there only if the provider was found, not chosen.
    suggested = fields.Json(copy=False)

    @api.onchange("provider_id")
    def _onchange_provider_id(self):
        settings = self.provider_id._settings(self.imap_username)
        before = self._suggested_servers()
        # Odoo calls this when the form opens, too, and saved settings must not be overwritten.
        if before not in (settings, self._settings_for(self.provider_id)):
            # A provider that was chosen replaces what is there; Other takes back what it was.
            self.update(settings or following(self._servers(), before, {}))
            self.suggested = {**self._suggested_later(), **settings}

    @api.onchange("imap_username")
    def _onchange_imap_username(self):
        self._follow_with_address()
        if self.imap_username:
            self._follow_with_servers()

    def _follow_with_address(self):
        """A separate address belongs to the username that it was given for."""
        account_sudo = self._account_sudo()
        if self._is_saved("imap_username"):
            self.email = self.email or given_email(account_sudo)
        elif email_normalize(self.imap_username or "") or self.email == account_sudo.email:
            self.email = False

    def _follow_with_servers(self):
        """Suggest the servers of this address, where nothing was entered by hand."""
        before = self._suggested_servers()
        provider = self.provider_id
        found = not provider.imap_host or provider.id == (self.suggested or {}).get("provider_id")
        if found and self.imap_host in (False, "", before.get("imap_host")):
            provider = self.env["mail.sync.provider"]._suggest(self.imap_username)
        settings = self._settings_for(provider)
        self.update({"provider_id": provider.id, **following(self._servers(), before, settings)})
        names = {"provider_id": provider.id} if found else {}
        self.suggested = {**self._suggested_later(), **settings, **names}

    def _settings_for(self, provider):
        """Return the servers of this address: the provider's, or those entered for its domain."""
        # sudo: the hosts that an administrator entered for this domain are no secret
        client_sudo = self.env["mail.sync.oauth.client"]._offered(
            self._company(), self.imap_username, provider.code
        )
        entered = client_sudo._server_settings(provider, self.imap_username)
        return {**provider._settings(self.imap_username), **entered}

    def _servers(self):
        """Return the servers' names, ports and encryption as the form shows them."""
        names = ("host", "port", "ssl")
        return {f"{each}_{name}": self[f"{each}_{name}"] for each in PROTOCOLS for name in names}

    def _suggested_servers(self):
        """Return the fields of ``_servers`` that were filled in, with those values."""
        names = self._servers()
        return {key: value for key, value in (self.suggested or {}).items() if key in names}

    def _suggested_later(self):
        """Return what the first step filled in for the second one."""
        names = ("smtp_username", "derived")
        return {key: value for key, value in (self.suggested or {}).items() if key in names}

    @api.model
    def _first_suggestion(self, email, provider):
        """Return the ``suggested`` of a form that opens with an address and a provider."""
        found = provider == self.env["mail.sync.provider"]._suggest(email)
        return {**provider._settings(email), **({"provider_id": provider.id} if found else {})}

    @api.onchange("imap_ssl")
    def _onchange_imap_ssl(self):
        self.imap_port = usual_port(self.imap_port, self.imap_ssl, *USUAL_PORTS["imap"])

    @api.onchange("smtp_ssl")
    def _onchange_smtp_ssl(self):
        self.smtp_port = usual_port(self.smtp_port, self.smtp_ssl, *USUAL_PORTS["smtp"])
