from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .values import same_name


class MailSyncAccountSetup(models.TransientModel):
    """A certificate that cannot be verified is confirmed by its user before a password is sent."""

    _inherit = "mail.sync.account.setup"

    imap_met_subject = fields.Char("Issued to", readonly=True)
    imap_met_issuer = fields.Char("Issued by", readonly=True)
    imap_met_validity = fields.Char("Valid", readonly=True)
    smtp_met_subject = fields.Char("Issued to ", readonly=True)
    smtp_met_issuer = fields.Char("Issued by ", readonly=True)
    smtp_met_validity = fields.Char("Valid ", readonly=True)

    def _try(self, protocol):
        """Log in, and return what that taught; None if a certificate has to be confirmed first.

        The form then shows that certificate, beside the accepted one if there is one. Nothing has
        been sent to that server. Raises UserError for any other failure.
        """
        account_sudo, provider = self._account_sudo(), self._provider_of(protocol)
        settings = self._settings(protocol)
        try:
            return account_sudo._try_entered(protocol, settings, provider)
        except UserError as error:
            if not account_sudo._awaits_confirmation(error):
                raise
        self._show(protocol, account_sudo._look_at_certificate(protocol, settings, provider))
        return None

    def _show(self, protocol, certificate):
        """Show a certificate, to be confirmed before the next attempt."""
        met = {
            "fingerprint": self._known(protocol)["fingerprint"],
            "fingerprint_met": certificate.fingerprint,
            "fingerprint_accepted": False,
            "met_subject": certificate.subject,
            "met_issuer": certificate.issuer,
            "met_validity": self._words_of_validity(certificate),
        }
        self.write({f"{protocol}_{name}": value for name, value in met.items()})

    def _words_of_validity(self, certificate):
        if not (certificate.begins and certificate.ends):
            return ""
        begins, ends = (
            format_date(self.env, day) for day in (certificate.begins, certificate.ends)
        )
        now = fields.Datetime.now()
        if certificate.ends.replace(tzinfo=None) < now:
            return self.env._("%(begins)s to %(ends)s: it has expired", begins=begins, ends=ends)
        if certificate.begins.replace(tzinfo=None) > now:
            return self.env._("%(begins)s to %(ends)s: not yet valid", begins=begins, ends=ends)
        return self.env._("%(begins)s to %(ends)s", begins=begins, ends=ends)

    def _confirmed_for_reading(self):
        """Return the certificate confirmed for IMAP, if sending uses the same host."""
        one_host = same_name(self.smtp_host, self.imap_host)
        return one_host and self.imap_self_signed and self._known("imap")["fingerprint"]
