from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError

from ... import vault
from ...engine import entered, special_use
from ...engine.errors import (
    CertificateChanged,
    CertificateUntrusted,
    Kind,
    MailError,
    ServerRefused,
    Step,
)
from ...engine.imap import session
from ...engine.smtp import check as smtp
from ...engine.values import Credentials, Endpoint, Security, Snapshot, SpecialUse
from ...sign_in import tokens

#: The time limit for one step of the wizard.
TRY_SECONDS = 8
#: The time limit for inspecting a certificate again, to name it in the error.
LOOK_SECONDS = 2

PROTOCOLS = ("imap", "smtp")
#: The settings of a connection. A change to any of these ends the run that uses the old ones.
CONNECTION_FIELDS = tuple(
    f"{protocol}_{name}"
    for protocol in PROTOCOLS
    for name in (
        "host port ssl self_signed fingerprint starttls plain_allowed username secret".split()
    )
)


class MailSyncAccount(models.Model):
    """The two connections: their settings, and testing them."""

    _inherit = "mail.sync.account"

    imap_host = fields.Char("IMAP Hostname", readonly=True)
    imap_port = fields.Integer("IMAP Port", readonly=True)
    imap_ssl = fields.Boolean("IMAP: Use SSL?", readonly=True)
    imap_self_signed = fields.Boolean("IMAP: Self-Signed Certificate?", readonly=True)
    imap_username = fields.Char("IMAP Username", readonly=True)
    imap_fingerprint = fields.Char("IMAP Certificate (SHA-256)", readonly=True)
    imap_starttls = fields.Boolean(readonly=True)
    imap_plain_allowed = fields.Boolean(readonly=True)
    imap_secret = fields.Char(groups=fields.NO_ACCESS, copy=False)
    smtp_host = fields.Char("SMTP Hostname", readonly=True)
    smtp_port = fields.Integer("SMTP Port", readonly=True)
    smtp_ssl = fields.Boolean("SMTP: Use SSL?", readonly=True)
    smtp_self_signed = fields.Boolean("SMTP: Self-Signed Certificate?", readonly=True)
    smtp_username = fields.Char("SMTP Username", readonly=True)
    smtp_fingerprint = fields.Char("SMTP Certificate (SHA-256)", readonly=True)
    smtp_starttls = fields.Boolean(readonly=True)
    smtp_plain_allowed = fields.Boolean(readonly=True)
    smtp_secret = fields.Char(groups=fields.NO_ACCESS, copy=False)
    details_changed_at = fields.Datetime(readonly=True)

    def _settings(self, protocol):
        """Return the settings of a connection, named without the protocol."""
        self.ensure_one()
        prefix = f"{protocol}_"
        names = (name for name in CONNECTION_FIELDS if name.startswith(prefix))
        settings = {name.removeprefix(prefix): self[name] for name in names}
        return {**settings, "grant": self.oauth_grant_id.id}

    def _endpoint(self, protocol):
        """Return the engine's :class:`Endpoint` for ``imap`` or ``smtp``."""
        return _endpoint(self._settings(protocol))

    def _credentials_at_hand(self, protocol):
        """Return the credentials without asking a provider. Raises MailError if it has to be."""
        if not self.oauth_grant_id:
            return self._credentials(protocol)
        token = tokens.at_hand(self.oauth_grant_id)
        return Credentials(self[f"{protocol}_username"], token, bearer=True)

    def _credentials(self, protocol):
        """Return the credentials for ``imap`` or ``smtp``. Raises MailError if unreadable."""
        return _credentials(self.env.cr.dbname, self._settings(protocol))

    def _logged_in(self, protocol, attempt):
        """Return what ``attempt`` returns, given the endpoint and credentials. Raises MailError.

        A token that the server refuses is renewed, and tried once more.
        """
        return logged_in(self.env.cr.dbname, self._settings(protocol), attempt)

    @api.model
    def _clean_name(self, name):
        """Return a hostname, username or address as it was meant by whoever pasted it."""
        return entered.clean_name(name)

    @api.model
    def _encrypt(self, secret):
        """Return a password as it is saved. Raises UserError if the server's key is unusable."""
        try:
            return vault.encrypt(entered.opaque_string(secret))
        except vault.KeyUnusable as error:
            raise UserError(
                self.env._(
                    "The password cannot be saved on this server: its key is not usable. Ask an "
                    "administrator; Settings > Mail Sync > Key says more."
                )
            ) from error

    def _end_run_of_old_connection(self, vals):
        """Return a write's values; with new connection details, it ends the run under way."""
        if not any(name in vals for name in (*CONNECTION_FIELDS, "oauth_grant_id")):
            return vals
        now = fields.Datetime.now()
        return {"lease_token": False, "lease_until": False, "details_changed_at": now, **vals}

    @api.model
    def _try_imap(self, settings, provider=None, tell=None):
        """Log in and list the folders, within ten seconds.

        ``tell`` is called with each step that begins, once the connection stands.

        Returns ``fingerprint``, ``starttls`` and ``folders``: a dict of name, special_use,
        uidvalidity, uidnext and use for each. Raises UserError with the step, the cause and the
        fix, which is specific to ``provider`` or, without one, to the account's provider.
        """
        try:
            with logged_in(
                self.env.cr.dbname,
                settings,
                partial(
                    session.connect,
                    budget=TRY_SECONDS,
                    patience=TRY_SECONDS,
                    policy=self._host_policy(),
                    on_login=lambda: tell and tell(Step.LOGIN),
                ),
            ) as connection:
                if tell:
                    tell(Step.FOLDERS)
                folders = [folder for folder in connection.folders() if folder.selectable]
                uses = {special_use.find(folders, use): use for use in SpecialUse}
                snapshots = connection.status([folder.name for folder in uses if folder])
                found = connection.connected
        except MailError as error:
            shown = self._with_fingerprint(error, settings, session.inspect_certificate)
            raise UserError(self._explain(shown, provider, resting=True)) from error
        return {
            **_learned(found),
            "folders": [
                {
                    "name": folder.name,
                    "special_use": uses.get(folder, False),
                    "use": folder in uses,
                    **_cursor(snapshots.get(folder.name)),
                }
                for folder in folders
            ],
        }

    @api.model
    def _try_smtp(self, settings, provider=None, tell=None):
        """Log in to the SMTP server, within ten seconds. Returns ``fingerprint``, ``starttls``.

        Raises UserError as ``_try_imap`` does.
        """
        try:
            return _learned(
                logged_in(
                    self.env.cr.dbname,
                    settings,
                    partial(
                        smtp.check,
                        budget=TRY_SECONDS,
                        policy=self._host_policy(),
                        on_login=lambda: tell and tell(Step.LOGIN),
                    ),
                )
            )
        except MailError as error:
            shown = self._with_fingerprint(error, settings, smtp.inspect_certificate)
            raise UserError(self._explain(shown, provider, resting=True)) from error

    @api.model
    def _with_fingerprint(self, error, settings, inspect):
        """Return an error that names the untrusted certificate, if it can be fetched.

        A failed handshake does not say which certificate it was: that takes a second connection,
        without a login.
        """
        if not isinstance(error, CertificateUntrusted):
            return error
        try:
            seen = inspect(_endpoint(settings), LOOK_SECONDS, policy=self._host_policy())
        except MailError:
            return error
        return CertificateUntrusted(seen.fingerprint)

    @api.model
    def _awaits_confirmation(self, error):
        """Whether nothing was sent because of a certificate that its user has not confirmed.

        Takes the UserError of ``_try_imap`` or ``_try_smtp``.
        """
        return isinstance(error.__cause__, CertificateChanged)

    @api.model
    def _look_at_certificate(self, protocol, settings, provider=None):
        """Return the engine's :class:`Certificate` of a server, without logging in.

        Raises UserError as ``_try_imap`` does.
        """
        inspect = {"imap": session, "smtp": smtp}[protocol].inspect_certificate
        try:
            return inspect(_endpoint(settings), TRY_SECONDS, policy=self._host_policy())
        except MailError as error:
            raise UserError(self._explain(error, provider, resting=True)) from error


def _endpoint(settings):
    return Endpoint(
        host=settings["host"] or "",
        port=settings["port"],
        implicit_tls=settings["ssl"],
        pin=settings["self_signed"],
        fingerprint=settings["fingerprint"] or "",
        starttls_required=settings["starttls"],
        plain_allowed=settings["plain_allowed"],
    )


def logged_in(dbname, settings, attempt):
    """Return what ``attempt`` returns, given the endpoint and credentials of these settings.

    Asks the provider for a new token if necessary, so call it outside of any transaction where
    that matters. Raises MailError.
    """
    endpoint = _endpoint(settings)
    return tokens.using(
        partial(_credentials, dbname, settings), lambda credentials: attempt(endpoint, credentials)
    )


def _credentials(dbname, settings, refused=""):
    if settings.get("grant"):
        token = tokens.access_token(dbname, settings["grant"], refused)
        return Credentials(settings["username"], token, bearer=True)
    try:
        password = vault.decrypt(settings["secret"] or "")
    except vault.SecretUnreadable as error:
        # No secret at all means a neutralised copy of the database: every connected mailbox has
        # one.
        code = "secret_unreadable" if settings["secret"] else "neutralized"
        raise ServerRefused(code=code, kind=Kind.CRED, step=Step.LOGIN) from error
    return Credentials(settings["username"], password)


def _learned(connected):
    """Return what a connection revealed about its server, which is enforced from then on."""
    return {
        "fingerprint": connected.fingerprint,
        "starttls": connected.security is Security.STARTTLS,
    }


def _cursor(snapshot):
    snapshot = snapshot or Snapshot()
    return {"uidvalidity": snapshot.uidvalidity or 0, "uidnext": snapshot.uidnext or 0}
