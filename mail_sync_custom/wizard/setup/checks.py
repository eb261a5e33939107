from odoo import api, models
from odoo.exceptions import UserError

from .values import PROTOCOLS, USUAL_PORTS

MAX_PORT = 65535
#: The largest number that PostgreSQL's int4 holds.
MAX_INTEGER = 2**31 - 1
#: The longest hostname (RFC 1035 §2.3.4), and how much of a longer one is shown.
MAX_HOSTNAME, MAX_SHOWN = 253, 60


class MailSyncAccountSetup(models.TransientModel):
    """Mistakes that show before a server is asked."""

    _inherit = "mail.sync.account.setup"

    def _require(self, protocol):
        self.ensure_one()
        labels = [
            self._fields[f"{protocol}_{name}"]._description_string(self.env).strip()
            for name in ("username", "host")
            if not self[f"{protocol}_{name}"]
        ]
        if not self._secret(protocol):
            labels.append(self.env._("Password"))
        if labels:
            raise UserError(self.env._("Still to be filled in: %s.", ", ".join(labels)))
        self._check_host(self[f"{protocol}_host"])
        if not 0 < self[f"{protocol}_port"] <= MAX_PORT:
            raise self._no_port(protocol, self[f"{protocol}_port"])

    def _check_host(self, host):
        """Raise UserError for what cannot be a hostname (RFC 1035 §2.3.4, RFC 5891)."""
        try:
            possible = len(host.encode("idna")) <= MAX_HOSTNAME
        except UnicodeError:
            possible = False
        if not possible:
            shown = host if len(host) <= MAX_SHOWN else f"{host[:MAX_SHOWN]}…"
            raise UserError(
                self.env._(
                    "This is not a hostname: %s\n"
                    "It usually looks like imap.sampledomain.com, without http:// and without an "
                    "@.",
                    shown,
                )
            )

    @api.model
    def _check_ports(self, vals):
        """Raise UserError for a port that PostgreSQL's integer cannot hold."""
        for protocol in PROTOCOLS:
            port = vals.get(f"{protocol}_port") or 0
            try:
                held = abs(int(port)) <= MAX_INTEGER
            except ValueError:
                held = False
            if not held:
                raise self._no_port(protocol, port)

    @api.model
    def _no_port(self, protocol, port):
        """Return the UserError for a number that is not a port (RFC 6335 §6)."""
        encrypted, upgraded = USUAL_PORTS[protocol]
        return UserError(
            self.env._(
                "There is no port %(port)s: a port is a number from 1 to 65535.\n"
                "Here it is usually %(encrypted)s with 'Use SSL?', and %(upgraded)s without.",
                port=port,
                encrypted=encrypted,
                upgraded=upgraded,
            )
        )
