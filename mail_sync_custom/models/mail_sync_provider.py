from odoo import api, fields, models

from ..engine import providers
from ..words import notes

#: How many suggestions precede *Other*, so that the list shows it without a search.
OTHER_AFTER = 4


class MailSyncProvider(models.Model):
    """A mail provider's settings. The engine's presets are loaded at each update."""

    _name = "mail.sync.provider"
    _description = "Mail Provider"
    _order = "sequence, name"

    name = fields.Char(required=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    imap_host = fields.Char("IMAP Hostname")
    imap_port = fields.Integer("IMAP Port", default=993)
    imap_ssl = fields.Boolean("IMAP SSL", default=True)
    smtp_host = fields.Char("SMTP Hostname")
    smtp_port = fields.Integer("SMTP Port", default=465)
    smtp_ssl = fields.Boolean("SMTP SSL", default=True)
    files_sent_copy = fields.Boolean(
        "Files sent mail itself",
        help="The provider puts what is sent by SMTP into the Sent folder, so that Mail Sync "
        "must not do it a second time.",
    )
    send_per_minute = fields.Integer(
        "Mails a Minute",
        help="How many mails the provider takes from one mailbox in a minute, by recipient. What "
        "is beyond waits, and goes by itself. 0: Odoo's own limit, 30.",
    )
    send_per_day = fields.Integer(
        "Mails in 24 Hours",
        help="How many mails the provider takes from one mailbox in 24 hours, by recipient. What "
        "is beyond waits, and goes by itself. 0: no limit.",
    )
    note_code = fields.Char()
    note = fields.Text(compute="_compute_note")

    _limits_positive = models.Constraint(
        "CHECK (send_per_minute >= 0 AND send_per_day >= 0)",
        "The number of mails cannot be negative.",
    )
    _code_unique = models.UniqueIndex("(code)", "There is already a provider with this code.")

    @api.depends("name", "code")
    @api.depends_context("lang")
    def _compute_display_name(self):
        """Names are the same in every language, except *Other*."""
        other = self.env._("Other")
        for provider in self:
            provider.display_name = other if provider.code == "other" else provider.name

    @api.depends("note_code")
    @api.depends_context("lang")
    def _compute_note(self):
        for provider in self:
            provider.note = notes.note(self.env, provider.note_code)

    @api.model
    def _load_presets(self):
        """Update the table from the engine's presets; manually added providers stay."""
        known = {provider.code: provider for provider in self.search([])}
        limits = ("send_per_minute", "send_per_day")
        listed = [preset for preset in providers.PROVIDERS if preset != providers.OTHER]
        listed.insert(OTHER_AFTER, providers.OTHER)
        for sequence, preset in enumerate(listed):
            values = {
                "name": preset.name,
                "sequence": sequence,
                "imap_host": preset.imap.host,
                "imap_port": preset.imap.port,
                "imap_ssl": preset.imap.ssl,
                "smtp_host": preset.smtp.host,
                "smtp_port": preset.smtp.port,
                "smtp_ssl": preset.smtp.ssl,
                "files_sent_copy": preset.files_sent_copy,
                "note_code": preset.note_code,
                "send_per_minute": preset.per_minute or 0,
                "send_per_day": preset.per_day or 0,
            }
            if provider := known.get(preset.code):
                # Limits differ by contract: an administrator's stay.
                kept = {name: provider[name] for name in limits if provider[name]}
                provider.write({**values, **kept})
            else:
                self.create({**values, "code": preset.code})

    @api.model
    def _suggest(self, email):
        """Return the provider of an address, or the one named *Other*."""
        return self.search([("code", "=", providers.suggest(email or "").code)], limit=1)

    def _settings(self, email):
        """Return the wizard's fields that this provider fills in for an address."""
        if not self.imap_host:
            return {}
        domain = (email or "").rpartition("@")[2] or providers.OWN_DOMAIN
        return {
            "imap_host": self.imap_host.replace(providers.OWN_DOMAIN, domain),
            "imap_port": self.imap_port,
            "imap_ssl": self.imap_ssl,
            "smtp_host": self.smtp_host.replace(providers.OWN_DOMAIN, domain),
            "smtp_port": self.smtp_port,
            "smtp_ssl": self.smtp_ssl,
        }
