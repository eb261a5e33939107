"""Connecting a mailbox by signing in at the OpenID provider, without a browser.

`register` is what an administrator does once; a `SignIn` is one user's way there and back.
"""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass
from html import unescape
from typing import Any

from . import oidc, services
from .client import Client
from .visitor import Visitor

SETUP = "mail.sync.account.setup"


def register(admin: Client, domain: str = "sales.example", **changes: Any) -> int:
    """Register Odoo at the provider for the addresses of a domain; return the registration."""
    host = services.describe()
    values = {
        "sign_in": "openid",
        "issuer": oidc.issuer(),
        "client_id": oidc.CLIENT_ID,
        "client_secret": oidc.SECRET,
        "scopes": "mail",
        "domains": domain,
        "imap_host": host.hosts.trusted,
        "imap_port": host.imaps_port,
        "imap_ssl": True,
        "smtp_host": host.hosts.trusted,
        "smtp_port": host.smtps_port,
        "smtp_ssl": True,
    }
    return admin.create("mail.sync.oauth.client", **{**values, **changes})


@dataclass(frozen=True)
class Page:
    """What a user sees at the end: where they are, or why it did not work."""

    path: str
    text: str

    @property
    def connected(self) -> bool:
        """Whether this is the page of the connected mailbox."""
        return self.path.startswith("/odoo/action-mail_sync_custom.mail_sync_account_action/")


class SignIn:
    """One sign-in: `SignIn(client, email).complete()`, or step by step."""

    def __init__(self, client: Client, email: str, **values: Any):
        self.client = client
        self.email = email
        wizard = client.create(SETUP, imap_username=email, **{"history": "all", **values})
        self.start = client.call(SETUP, "action_sign_in", [wizard])["url"]

    @classmethod
    def again(cls, client: Client, email: str, account: int) -> SignIn:
        """Press *Sign in again* on the page of a mailbox."""
        made = cls.__new__(cls)
        made.client, made.email = client, email
        made.start = client.call("mail.sync.account", "action_sign_in_again", [account])["url"]
        return made

    def leave(self) -> str:
        """Press the button; return the provider's address that the browser is sent to."""
        _, provider, page = self.client.visit(self.start)
        assert provider.startswith(oidc.issuer()), page
        return provider

    def consent(self, provider: str, who: str = "", **choices: Any) -> str:
        """Go through the provider's pages; return the path that they lead back to."""
        back = Visitor().sign_in(provider, who or self.email, **choices)
        assert back.startswith(self.client.url), back
        return back.removeprefix(self.client.url)

    def come_back(self, path: str) -> Page:
        """Follow the way back through Odoo to the page that the user sees."""
        return follow(self.client, path)

    def complete(self, who: str = "", **choices: Any) -> Page:
        """Sign in at the provider; return the page that the user sees."""
        return self.come_back(self.consent(self.leave(), who, **choices))


def follow(client: Client, path: str) -> Page:
    """Open a page of Odoo's and follow its redirects up to the web client."""
    while True:
        _, onward, page = client.visit(path)
        if not onward:
            return Page(path, _text(page))
        path = urllib.parse.urlsplit(urllib.parse.urljoin(client.url + path, onward))
        path = path._replace(scheme="", netloc="").geturl()
        if path.startswith("/odoo/"):
            return Page(path, "")


def _text(page: str) -> str:
    main = re.search(r"<main.*?</main>", page, re.DOTALL)
    words = re.sub(r"<[^>]+>", " ", main[0] if main else page)
    return " ".join(unescape(words).split())
