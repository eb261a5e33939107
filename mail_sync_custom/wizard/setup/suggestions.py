from odoo import api, models
from odoo.tools import email_normalize

from .values import PROTOCOLS, USUAL_PORTS, given_email, usual_port


class MailSyncAccountSetup(models.TransientModel):
    """What a provider, an address or a checkbox fills in."""

    _inherit = "mail.sync.account.setup"

    @api.onchange("provider_id")
    def _onchange_provider_id(self):
        # Odoo calls this when the form opens, too, and saved settings must not be overwritten.
        if not self._is_saved("provider_id", "imap_host", "smtp_host"):
            settings = self.provider_id._settings(self.imap_username)
            self.update(settings or self._without_presets())

    def _without_presets(self):
        """Return empty values for the fields that a provider chosen before has filled in.

        What the user has entered by hand stays.
        """
        if not self.provider_id:
            return {}
        presets = self.env["mail.sync.provider"].search([("imap_host", "!=", False)])
        known = [preset._settings(self.imap_username) for preset in presets]
        values = {}
        for protocol in PROTOCOLS:
            names = [f"{protocol}_{name}" for name in ("host", "port", "ssl")]
            shown = [self[name] for name in names]
            if any([settings[name] for name in names] == shown for settings in known):
                values |= dict(zip(names, (False, USUAL_PORTS[protocol][0], True), strict=True))
        return values

    @api.onchange("imap_username")
    def _onchange_imap_username(self):
        account_sudo = self._account_sudo()
        if self._is_saved("imap_username"):
            self.email = self.email or given_email(account_sudo)
        elif email_normalize(self.imap_username or "") or self.email == account_sudo.email:
            self.email = False
        provider = self.env["mail.sync.provider"]._suggest(self.imap_username)
        if provider and not self.imap_host:
            self.provider_id = provider
            self.update(provider._settings(self.imap_username))
            # sudo: the hosts that an administrator entered for this domain are no secret
            self.update(self._offered_sudo()._server_settings(provider, self.imap_username))

    @api.onchange("imap_ssl")
    def _onchange_imap_ssl(self):
        self.imap_port = usual_port(self.imap_port, self.imap_ssl, *USUAL_PORTS["imap"])

    @api.onchange("smtp_ssl")
    def _onchange_smtp_ssl(self):
        self.smtp_port = usual_port(self.smtp_port, self.smtp_ssl, *USUAL_PORTS["smtp"])
