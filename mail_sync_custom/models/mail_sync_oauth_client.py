import re
from urllib.parse import urlsplit

from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import email_domain_extract

from .. import vault
from ..engine import oauth
from ..engine.errors import Kind, LoginRefused, MailError, ServerRefused, Step, safe_text
from ..sign_in import flow
from ..words import registering, remedies

#: Where Odoo's own addons for Gmail and Outlook keep what the provider gave.
ODOOS_OWN = {
    "google": ("google_gmail_client_id", "google_gmail_client_secret"),
    "microsoft": ("microsoft_outlook_client_id", "microsoft_outlook_client_secret"),
}
#: The route that a provider leads the browser back to.
CALLBACK = "/mail_sync_custom/oauth/callback"
#: Any directory of Microsoft's, and private accounts.
COMMON = "common"


class MailSyncOauthClient(models.Model):
    """A company's registration at a provider, with which its users sign in.

    For administrators only: what is entered here decides where tokens and secrets are sent.
    """

    _name = "mail.sync.oauth.client"
    _description = "Sign-in at a Mail Provider"
    _order = "company_id, sign_in, id"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, ondelete="cascade"
    )
    sign_in = fields.Selection(
        lambda self: [(one.key, one.name) for one in oauth.SIGN_INS.values()],
        "Provider",
        required=True,
        default="google",
    )
    client_id = fields.Char(
        "Client ID", help="Empty: the one in Odoo's own settings for Gmail or Outlook."
    )
    client_secret = fields.Char(
        compute="_compute_client_secret",
        inverse="_inverse_client_secret",
        help="What the provider shows once. It is encrypted, and never shown here.",
    )
    client_secret_hint = fields.Char(compute="_compute_client_secret_hint")
    secret = fields.Char(groups=fields.NO_ACCESS, copy=False)
    tenant = fields.Char(
        "Directory",
        default=COMMON,
        help="Microsoft: the id or domain of your directory, so that only its accounts can sign "
        "in; common for all, consumers for Outlook.com only.",
    )
    issuer = fields.Char(help="OpenID Connect: https://login.example.com/realms/mail")
    scopes = fields.Char(
        "Scopes for Mail",
        help="What gives access to mail by IMAP and SMTP, separated by spaces. Empty: what this "
        "provider's own mail servers want.",
    )
    domains = fields.Char(
        "Mail Domains",
        help="Addresses of these domains are offered this sign-in, besides the provider's own. "
        "Separated by spaces: example.com example.org.",
    )
    imap_host = fields.Char("IMAP Hostname")
    imap_port = fields.Integer("IMAP Port", default=993)
    imap_ssl = fields.Boolean("IMAP: Use SSL?", default=True)
    smtp_host = fields.Char("SMTP Hostname")
    smtp_port = fields.Integer("SMTP Port", default=465)
    smtp_ssl = fields.Boolean("SMTP: Use SSL?", default=True)
    authorize_url = fields.Char("Sign-in Page", readonly=True)
    token_url = fields.Char("Token Address", readonly=True)
    keys_url = fields.Char("Key Address", readonly=True)
    revoke_url = fields.Char("Revocation Address", readonly=True)
    redirect_url = fields.Char("Redirect Address", compute="_compute_redirect_url")
    steps = fields.Html("What to Register", compute="_compute_steps", sanitize=False)

    @api.depends("sign_in", "issuer")
    def _compute_display_name(self):
        for client in self:
            one = oauth.SIGN_INS.get(client.sign_in, oauth.OTHER)
            issuer = client.issuer if one is oauth.OTHER else ""
            client.display_name = urlsplit(issuer or "").hostname or one.name

    @api.depends("sign_in")
    def _compute_redirect_url(self):
        for client in self:
            client.redirect_url = client._redirect()

    @api.depends("sign_in")
    @api.depends_context("lang")
    def _compute_steps(self):
        for client in self:
            lines = registering.steps(self.env, client.sign_in)
            items = Markup().join(Markup("<li>%s</li>") % line for line in lines)
            client.steps = Markup("<ol>%s</ol>") % items

    @api.model
    def _redirect(self):
        """Return the address that has to be registered, and that is sent with each sign-in."""
        return self.get_base_url() + CALLBACK

    # -- the secret ----------------------------------------------------------------------------

    def _compute_client_secret(self):
        """A secret goes in and never comes out."""
        self.client_secret = False

    def _inverse_client_secret(self):
        for client in self.filtered("client_secret"):
            token = self.env["mail.sync.account"]._encrypt(client.client_secret.strip())
            # sudo: nobody may read or write it, not even the administrator who entered it
            client.sudo().secret = token

    @api.depends("client_id")
    def _compute_client_secret_hint(self):
        for client in self:
            # sudo: only whether there is a secret is told
            known = client.sudo().secret
            client.client_secret_hint = known and self.env._("Saved; leave empty to keep it")

    # -- what is entered -----------------------------------------------------------------------

    @api.constrains("tenant", "sign_in")
    def _check_tenant(self):
        for client in self:
            if client.sign_in == "microsoft" and not oauth.tenant_possible(client.tenant or ""):
                raise ValidationError(
                    self.env._("This is not a directory of Microsoft's: %s", client.tenant or "")
                )

    @api.constrains("issuer", "sign_in")
    def _check_issuer(self):
        for client in self:
            if client.sign_in == oauth.OTHER.key and not oauth.is_https(client.issuer or ""):
                raise ValidationError(
                    self.env._(
                        "The issuer's address begins with https:// and has no user name: %s",
                        client.issuer or "",
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Create; an issuer's addresses are looked up at once."""
        clients = super().create(vals_list)
        clients.filtered(lambda one: one.sign_in == oauth.OTHER.key)._discover()
        return clients

    def write(self, vals):
        """Write; another issuer's addresses are looked up at once."""
        result = super().write(vals)
        if "issuer" in vals or "sign_in" in vals:
            self.filtered(lambda one: one.sign_in == oauth.OTHER.key)._discover()
        return result

    def action_discover(self):
        """Look up the issuer's addresses again, after they have changed."""
        self.check_access("write")
        self._discover()

    def _discover(self):
        """Look up where an issuer's services are. Raises UserError if it does not say."""
        policy = self.env["mail.sync.account"]._host_policy()
        for client in self.filtered("issuer"):
            try:
                found = flow.discover(client.issuer, policy)
            except MailError as error:
                raise UserError(remedies.explain(self.env, error)) from error
            client.write(
                {
                    "authorize_url": found.authorize,
                    "token_url": found.token,
                    "keys_url": found.keys,
                    "revoke_url": found.revoke,
                }
            )

    # -- who signs in here -----------------------------------------------------------------------

    @api.model
    def _offered(self, company, email, provider_code):
        """Return the registration with which an address can sign in, as superuser, or none.

        One for the address's own domain comes first. An empty one stands for Odoo's own settings.
        """
        # sudo: users sign in with what their administrator registered, and read none of it
        Client_sudo = self.sudo()
        clients_sudo = Client_sudo.search([("company_id", "=", company.id)])
        domain = email_domain_extract(email or "")
        for client in clients_sudo:
            if domain and domain in client._own_domains():
                return client
        sign_in = oauth.sign_in_of(provider_code or "")
        if not sign_in:
            return Client_sudo
        own = clients_sudo.filtered(lambda client: client.sign_in == sign_in.key)[:1]
        if own and own._is_registered():
            return own
        unsaved = Client_sudo.new({"sign_in": sign_in.key, "company_id": company.id})
        return (own or unsaved) if unsaved._is_registered() else Client_sudo

    def _saved(self):
        """Return this registration; one that stands for Odoo's own settings is created."""
        if self.id:
            return self
        return self.create({"sign_in": self.sign_in, "company_id": self.company_id.id})

    def _own_domains(self):
        return set(re.findall(r"[^\s,;@]+", (self.domains or "").lower()))

    def _is_registered(self):
        return bool(self._registered()[0])

    def _registered(self):
        """Return client id and secret: those entered here, else those of Odoo's own settings."""
        if self.client_id:
            secret = self.secret
            return self.client_id.strip(), self.env["mail.sync.account"]._decrypt(secret)
        names = ODOOS_OWN.get(self.sign_in)
        if not names:
            return "", ""
        # sudo: an administrator's settings, used for everyone
        parameters_sudo = self.env["ir.config_parameter"].sudo()
        client_id, secret = map(parameters_sudo._mail_sync_saved, names)
        return client_id, secret

    def _client(self):
        """Return the :class:`~..sign_in.flow.Client`. Raises vault.SecretUnreadable."""
        self.ensure_one()
        one = oauth.SIGN_INS[self.sign_in]
        client_id, secret = self._registered()
        return flow.Client(
            client_id=client_id,
            secret=secret,
            addresses=self._addresses(one),
            scopes=(*one.scopes, *self._mail_scopes()),
            parameters=one.parameters,
        )

    # -- the flow --------------------------------------------------------------------------------

    def _begin(self, email):
        """Return the provider's page, and what the session keeps. Raises MailError."""
        begun = flow.begin(self._readable_client(), self._redirect(), email)
        kept = {"state": begun.state, "nonce": begun.nonce, "verifier": begun.verifier}
        return begun.url, kept

    def _finish(self, begun, email, code, error, description, issuer):
        """Return the tokens and the subject for what a provider sent the browser back with.

        ``email`` is the address that has to sign in. Raises MailError.
        """
        client = self._readable_client()
        # Another provider's answer (RFC 9207 §2.4); Microsoft's would name the user's directory.
        known = self.sign_in == "microsoft" or not issuer
        if not known and not oauth.is_issuer(client.addresses.issuer, {"iss": issuer}):
            raise oauth.odd(f"the answer is by {issuer}")
        if error or not code:
            raise oauth.refusal(error or "no code", description)
        policy = self.env["mail.sync.account"]._host_policy()
        begun = flow.Begun("", begun["state"], begun["nonce"], begun["verifier"])
        given, claims = flow.finish(client, self._redirect(), code, begun, policy)
        self._check_given(given, claims, email)
        return given, claims["sub"]

    def _check_given(self, given, claims, email):
        """Raise MailError unless this person gave this permission, whole and for good."""
        known = oauth.addresses_of(claims)
        if email.lower() not in known:
            raise LoginRefused(safe_text(", ".join(known)), code="wrong_account")
        if lacking := oauth.missing(self._mail_scopes(), given.scopes):
            raise LoginRefused(safe_text(" ".join(lacking)), code="scope_missing")
        if not given.refresh:
            raise ServerRefused(code="no_refresh_token", kind=Kind.SETUP, step=Step.LOGIN)

    def _readable_client(self):
        try:
            return self._client()
        except vault.SecretUnreadable as error:
            raise ServerRefused(
                code="oauth_client_refused", kind=Kind.SETUP, step=Step.LOGIN
            ) from error

    def _addresses(self, one):
        if one is oauth.OTHER:
            return oauth.Addresses(
                issuer=self.issuer or "",
                authorize=self.authorize_url or "",
                token=self.token_url or "",
                keys=self.keys_url or "",
                revoke=self.revoke_url or "",
            )
        return oauth.of_tenant(one.addresses, (self.tenant or COMMON).strip())

    def _mail_scopes(self):
        """Return the scopes without which mail can be neither read nor sent."""
        entered = tuple((self.scopes or "").split())
        return entered or oauth.SIGN_INS[self.sign_in].mail_scopes

    def _server_settings(self, provider, email):
        """Return the wizard's fields for the mail servers: those entered here, or the provider's.

        ``provider`` is the one chosen in the wizard; an organization's own domain suggests none.
        """
        if not self:
            return {}
        if self.imap_host:
            names = ("host", "port", "ssl")
            return {
                f"{protocol}_{name}": self[f"{protocol}_{name}"]
                for protocol in ("imap", "smtp")
                for name in names
            }
        one = oauth.SIGN_INS[self.sign_in]
        if provider.code not in one.mail:
            provider = provider.search([("code", "=", one.own_domain)], limit=1)
        return provider._settings(email)
