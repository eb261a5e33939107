from odoo import models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from .values import ENTERED, LEARNED, PROTOCOLS, same_name


class MailSyncAccountSetup(models.TransientModel):
    """What was entered, as what a connection is made of and as what is saved."""

    _inherit = "mail.sync.account.setup"

    def _secret(self, protocol):
        """Return the encrypted secret: the one entered or else the one saved."""
        # sudo: nobody may read it, and it is passed on encrypted
        entered = self.sudo()[f"{protocol}_secret"]
        account_sudo = self.env["mail.sync.account"].sudo()._of_user(self.env.user)
        same = (
            account_sudo[f"{protocol}_username"] == self[f"{protocol}_username"]
            and account_sudo[f"{protocol}_host"] == self[f"{protocol}_host"]
        )
        # A saved password goes only to the server that it was saved for.
        return entered or (account_sudo[f"{protocol}_secret"] if same else False)

    def _known(self, protocol):
        """Return what is known of the server entered: learned here, or when it was saved."""
        account_sudo = self._account_sudo()
        if not same_name(account_sudo[f"{protocol}_host"], self[f"{protocol}_host"]):
            account_sudo = account_sudo.browse()
        names = {name: f"{protocol}_{name}" for name in LEARNED}
        return {key: self[name] or account_sudo[name] for key, name in names.items()}

    def _settings(self, protocol):
        """Return what a connection is made of, named without the protocol."""
        settings = {name: self[f"{protocol}_{name}"] for name in ENTERED} | self._known(protocol)
        # Exactly the certificate that was shown is accepted, not whichever comes next.
        if self[f"{protocol}_fingerprint_accepted"]:
            settings["fingerprint"] = self[f"{protocol}_fingerprint_met"] or settings["fingerprint"]
        if protocol == "smtp" and not settings["fingerprint"]:
            settings["fingerprint"] = self._confirmed_for_reading()
        if not settings["self_signed"]:
            settings["fingerprint"] = False
        # sudo: which permission is used is closed to everyone, and told to the connection only
        if grant := self.sudo().oauth_grant_id.id:
            return {**settings, "secret": False, "grant": grant}
        return {**settings, "secret": self._secret(protocol)}

    def _smtp_defaults(self):
        """Start the second step from what the first one knows."""
        setup_sudo = self.sudo()
        values = {}
        if self._is_suggested("smtp_username"):
            values["smtp_username"] = self.imap_username
        same_user = "smtp_username" in values or self.smtp_username == self.imap_username
        renewed = setup_sudo.imap_secret and not setup_sudo.smtp_secret and same_user
        moved = self._has_moved()
        # A password entered for the new server must not go to the old one, nor vice versa.
        if moved or renewed or not self._secret("smtp"):
            values["smtp_secret"] = setup_sudo._secret("imap")
        beside = self._smtp_host_beside()
        derived = (self.suggested or {}).get("derived") == self.smtp_host
        if beside and (moved or derived or not self.smtp_host):
            values["smtp_host"] = beside
            values["smtp_self_signed"] = self.imap_self_signed
        host, user = values.get("smtp_host"), values.get("smtp_username")
        return {
            **values,
            "suggested": {
                **(self.suggested or {}),
                **({"derived": host} if host else {}),
                **({"smtp_username": user} if user else {}),
            },
        }

    def _is_suggested(self, name):
        """Whether a field has what was filled in, or nothing."""
        return not self[name] or same_name(self[name], (self.suggested or {}).get(name))

    def _has_moved(self):
        """Whether reading is at another server than the saved one, and sending not yet."""
        account_sudo = self._account_sudo()
        if not account_sudo or same_name(self.imap_host, account_sudo.imap_host):
            return False
        still = same_name(self.smtp_host, account_sudo.smtp_host)
        return still and not same_name(self.smtp_host, self._smtp_host_beside())

    def _smtp_host_beside(self):
        """Return the SMTP host for the IMAP host: the provider's, or one derived from its name."""
        preset = self.provider_id._settings(self.imap_username)
        if preset and same_name(preset["imap_host"], self.imap_host):
            return preset["smtp_host"]
        host = (self.imap_host or "").strip()
        return f"smtp.{host[5:]}" if host.lower().startswith("imap.") else host

    def _provider_of(self, protocol):
        """Return the provider chosen, or none where another host than its own was entered."""
        host = self.provider_id._settings(self.imap_username).get(f"{protocol}_host")
        known = host and same_name(host, self[f"{protocol}_host"])
        return self.provider_id if known else self.provider_id.browse()

    def _values(self):
        """Return the account's values, the folders to read among them."""
        values = {
            f"{protocol}_{name}": value
            for protocol in PROTOCOLS
            for name, value in self._settings(protocol).items()
            if name != "grant"
        }
        values |= {name: self[name] for name in ("imap_fingerprint", "smtp_fingerprint")}
        return {
            **values,
            "email": self._address(),
            "provider_id": self.provider_id.id,
            # sudo: as in _settings
            "oauth_grant_id": self.sudo().oauth_grant_id.id,
            "history": self.history,
            "folders": [
                {
                    "name": folder.name,
                    "special_use": special_use,
                    "uidvalidity": folder.uidvalidity,
                    "uidnext": folder.uidnext,
                }
                for folder, special_use in self._chosen_folders()
            ],
        }

    def _address(self):
        """Return the address that was given, or else the username if it is one."""
        given = (self.email or "").strip()
        email = email_normalize(given or self.imap_username)
        if email:
            return email
        if given:
            raise UserError(self.env._("This is not a mail address: %s", given))
        raise UserError(self.env._("Enter your mail address: the username alone is not one."))
