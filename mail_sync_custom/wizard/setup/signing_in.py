from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from .values import PROTOCOLS, learned, same_name


class MailSyncAccountSetup(models.TransientModel):
    """Signing in at the provider, in place of both steps: no password, IMAP and SMTP in one go.

    The browser goes to the provider and comes back (see ``controllers``); then the mailbox is
    connected as if *Next*, *Connect SMTP* and *Finish* had been pressed.
    """

    _inherit = "mail.sync.account.setup"

    sign_in_label = fields.Char(compute="_compute_sign_in", compute_sudo=True)
    sign_in_shares = fields.Boolean(compute="_compute_sign_in", compute_sudo=True)
    sign_in_email = fields.Char(
        "Sign In As",
        help="Only for a shared mailbox: your own address, with which you may open it.",
    )
    oauth_client_id = fields.Many2one("mail.sync.oauth.client", groups=fields.NO_ACCESS, copy=False)
    oauth_grant_id = fields.Many2one("mail.sync.oauth.grant", groups=fields.NO_ACCESS, copy=False)

    @api.depends("imap_username", "provider_id")
    def _compute_sign_in(self):
        for setup in self:
            client = setup._offered_sudo()
            name = client.display_name
            setup.sign_in_label = bool(client) and setup.env._("Sign in with %s", name)
            setup.sign_in_shares = client.sign_in == "microsoft"

    def _offered_sudo(self):
        """Return the registration with which this address can sign in, or none."""
        return self.env["mail.sync.oauth.client"]._offered(
            self._company(), self.imap_username, self.provider_id.code
        )

    def action_sign_in(self):
        """Send the browser to the provider's page."""
        self.ensure_one()
        if not email_normalize(self.imap_username or ""):
            raise UserError(self.env._("Enter your mail address."))
        client = self._offered_sudo()
        if not client:
            raise UserError(self.env._("Your administrator has to register this provider first."))
        if not self.history or self.history not in self._histories():
            self._company()._mail_sync_check_history(self.history)
        return self._send_to(client._saved())

    def _send_to(self, client):
        """Return the action that sends the browser to a provider's page."""
        self.ensure_one()
        # sudo: the wizard is its user's own; which registration it uses is closed to everyone
        self.sudo().write({"oauth_client_id": client.id, "oauth_grant_id": False})
        return {
            "type": "ir.actions.act_url",
            "url": f"/mail_sync_custom/oauth/start/{self.id}",
            "target": "self",
        }

    def _with_a_password(self):
        """Forget a sign-in that was begun: *Next* means the password."""
        # sudo: the wizard is its user's own
        self.sudo().write({"oauth_client_id": False, "oauth_grant_id": False})

    # -- what the controller asks for ------------------------------------------------------------

    def _own_sudo(self):
        """Return the wizard as superuser, for whoever opened it; raise UserError for others."""
        setup_sudo = self.sudo().exists()
        if not setup_sudo or setup_sudo.create_uid != self.env.user:
            raise UserError(self.env._("This set-up is over. Start it again."))
        return setup_sudo

    def _signs_in_as(self):
        """Return the address that has to sign in."""
        return email_normalize(self.sign_in_email or "") or self._address()

    def _begin_sign_in(self):
        """Return the provider's page, and what this browser's session keeps until it is back."""
        setup_sudo = self._own_sudo()
        client_sudo = setup_sudo.oauth_client_id
        if not client_sudo:
            raise UserError(self.env._("This set-up is over. Start it again."))
        return client_sudo._begin(setup_sudo._signs_in_as())

    def _take_code(self, begun, code, error, description, issuer):
        """Exchange a code, and keep the permission. Raises MailError.

        Writes in a transaction of its own only: a code counts once, so this request must not be
        repeated.
        """
        setup_sudo = self._own_sudo()
        client_sudo = setup_sudo.oauth_client_id
        given, subject = client_sudo._finish(
            begun, setup_sudo._signs_in_as(), code, error, description, issuer
        )
        self.env["mail.sync.oauth.grant"].sudo()._keep(setup_sudo, subject, given)

    def _connect_signed_in(self):
        """Connect the mailbox with the permission that was given; return the account.

        Raises UserError with the step, the cause and the fix.
        """
        setup_sudo = self._own_sudo()
        if not setup_sudo.oauth_grant_id:
            raise UserError(self.env._("This set-up is over. Start it again."))
        setup_sudo._fill_in_servers()
        Account = self.env["mail.sync.account"]
        found = {}
        for protocol in PROTOCOLS:
            settings = setup_sudo._settings(protocol)
            found[protocol] = getattr(Account, f"_try_{protocol}")(settings, setup_sudo.provider_id)
            setup_sudo.write(learned(protocol, found[protocol]))
        setup_sudo._set_folders(found["imap"]["folders"])
        # sudo: to connect their own mailbox is every user's right, whatever they may write
        account = Account.sudo()._set_up(self.env.user, setup_sudo._values())
        setup_sudo.unlink()
        return account.with_env(self.env)

    def _fill_in_servers(self):
        """Fill in what the provider, or the registration, says about the mail servers."""
        account_sudo = self._account_sudo()
        known = account_sudo.oauth_grant_id.client_id == self.oauth_client_id
        if known and same_name(account_sudo.imap_username, self.imap_username):
            servers = {}  # signed in again: the account's own
        else:
            servers = self.oauth_client_id._server_settings(self.provider_id, self.imap_username)
        self.write({**servers, "smtp_username": self.imap_username})
        if not self.imap_host or not self.smtp_host:
            raise UserError(
                self.env._(
                    "The mail servers of this provider are not known here. Ask your administrator "
                    "to enter them with the sign-in, under Settings, Mail Sync."
                )
            )
