"""Somebody who signs in at the OpenID provider, without a browser: `Visitor().sign_in(url, …)`."""

from __future__ import annotations

import base64
import hashlib
import http.cookiejar
import re
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Collection
from typing import Any

from . import oidc, passwords

REDIRECT = "http://127.0.0.1/mail_sync_custom/oauth/callback"
SCOPES = ("openid", "email", "offline_access", "mail")

_FORM = re.compile(r'<form method="post" action="([^"]+)">')
_SCOPE = re.compile(r'name="scope" value="([^"]+)"')


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Each redirect is looked at: the last one leads back to the application."""

    def redirect_request(self, *_args: object) -> None:
        """Follow none."""
        return


class Visitor:
    """One browser profile at the provider: its cookies, and what is clicked."""

    def __init__(self) -> None:
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
            urllib.request.HTTPSHandler(context=oidc.context()),
            _NoRedirect(),
        )

    def sign_in(
        self,
        url: str,
        email: str,
        *,
        refuse: Collection[str] = (),
        deny: bool = False,
    ) -> str:
        """Go through the provider's pages; return the address that they lead back to.

        `refuse` are the scopes to untick, `deny` is the button *Deny*.
        """
        for _ in range(20):
            status, where, body = self._open(url)
            if where:
                url = urllib.parse.urljoin(url, where)
                if not url.startswith(oidc.issuer()):
                    return url
                continue
            if not (form := _FORM.search(body)):
                raise AssertionError(f"{status} at {url}: {body[:500]}")
            action = urllib.parse.urljoin(url, form[1])
            if action.endswith("/login"):
                fields = [("login", email), ("password", passwords.PASSWORD), ("act", "login")]
            else:
                given = [each for each in _SCOPE.findall(body) if each not in refuse]
                fields = [("scope", scope) for scope in given]
                fields.append(("act", "deny" if deny else "allow"))
            _, where, body = self._open(action, urllib.parse.urlencode(fields).encode())
            url = urllib.parse.urljoin(action, where)
        raise AssertionError("the provider leads in circles")

    def _open(self, url: str, form: bytes | None = None) -> tuple[int, str, str]:
        """Return the status, the address that a redirect leads to, and the page."""
        try:
            with self._opener.open(url, form, timeout=20) as answer:
                return answer.status, "", answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers.get("Location", ""), answer.read().decode()


def tokens(email: str, scopes: Collection[str] = SCOPES) -> dict[str, Any]:
    """Return the tokens that a person gets who consents: `access_token`, `refresh_token` …"""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "client_id": oidc.CLIENT_ID,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": " ".join(scopes),
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        "prompt": "consent",
    }
    back = Visitor().sign_in(f"{oidc.issuer()}/auth?{urllib.parse.urlencode(query)}", email)
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)["code"][0]
    return oidc.post(
        "/token",
        grant_type="authorization_code",
        code=code,
        redirect_uri=REDIRECT,
        code_verifier=verifier,
    )
