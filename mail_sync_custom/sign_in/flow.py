"""The authorization code flow with PKCE (RFC 6749 §4.1, RFC 7636), renewal and revocation.

What the standards say is authlib's; the values go in and out here, and errors become MailErrors.
Nothing here knows of Odoo or keeps anything.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import NoReturn

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeySet

from ..engine import oauth
from ..engine.errors import LoginRefused, MailError, safe_text
from ..engine.net import web
from ..engine.net.policy import Policy
from ..engine.oauth import Addresses, Tokens
from .transport import PolicyAdapter

#: The signatures that an ID token may have: asymmetric ones only (OpenID Connect Core §3.1.3.7).
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
#: What these providers want instead of HTTP Basic (RFC 6749 §2.3.1).
_SECRET_IN_BODY = ("https://login.microsoftonline.com/", "https://accounts.zoho.")


@dataclass(frozen=True, slots=True)
class Client:
    """This Odoo as a provider knows it, and where that provider is."""

    client_id: str
    secret: str = field(repr=False)
    addresses: Addresses
    scopes: tuple[str, ...]
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in under way. ``url`` is the provider's page; the rest is this browser's secret."""

    url: str
    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


def begin(client: Client, redirect: str, email: str) -> Begun:
    """Return where to send the browser. ``email`` is what the provider's page starts from."""
    state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
    with closing(OAuth2Session(client.client_id, code_challenge_method="S256")) as session:
        url, _ = session.create_authorization_url(
            client.addresses.authorize,
            state=state,
            code_verifier=verifier,
            nonce=nonce,
            redirect_uri=redirect,
            scope=" ".join(client.scopes),
            **({"login_hint": email} if email else {}),
            **client.parameters,
        )
    return Begun(url, state, nonce, verifier)


def finish(
    client: Client, redirect: str, code: str, begun: Begun, policy: Policy
) -> tuple[Tokens, dict]:
    """Exchange a code for tokens; return them and the claims of the validated ID token.

    Raises MailError: ``sign_in_expired`` for a code that is used up or not for us.
    """
    try:
        with _speaking(client, policy) as session:
            answer = session.fetch_token(
                client.addresses.token,
                grant_type="authorization_code",
                code=code,
                redirect_uri=redirect,
                code_verifier=begun.verifier,
            )
    except LoginRefused as error:
        if error.code != "sign_in_again":
            raise
        raise LoginRefused(error.detail, code="sign_in_expired") from error
    given = oauth.tokens(answer)
    return given, claims(client, answer, begun.nonce, policy)


def renew(client: Client, refresh: str, policy: Policy) -> Tokens:
    """Exchange a refresh token for new tokens (RFC 6749 §6).

    Raises MailError: ``sign_in_again`` if it is no longer valid.
    """
    with _speaking(client, policy) as session:
        answer = session.fetch_token(
            client.addresses.token, grant_type="refresh_token", refresh_token=refresh
        )
    return oauth.tokens(answer)


def revoke(client: Client, refresh: str, policy: Policy) -> None:
    """Withdraw a permission at the provider, if it offers that (RFC 7009 §2). Raises MailError."""
    if not client.addresses.revoke:
        return
    with _speaking(client, policy) as session:
        answer = session.revoke_token(
            client.addresses.revoke,
            token=refresh,
            token_type_hint="refresh_token",  # noqa: S106 - a name of RFC 7009 §2.1
        )
    if answer.status_code >= 500:
        raise oauth.refusal("temporarily_unavailable", f"HTTP {answer.status_code}")


def discover(issuer: str, policy: Policy) -> Addresses:
    """Return an issuer's addresses as it publishes them. Raises MailError."""
    return oauth.discovered(issuer, _json(oauth.discovery_address(issuer), policy))


def claims(client: Client, answer: Mapping, nonce: str, policy: Policy) -> dict:
    """Return the claims of an ID token once it is proven (OpenID Connect Core §3.1.3.7).

    Signature, issuer, audience, nonce, and the times, with some leeway. Raises MailError:
    ``clock_off`` if only the times are wrong.
    """
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise oauth.odd("no ID token")
    try:
        keys = KeySet.import_key_set(_json(client.addresses.keys, policy))
        decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
        if not oauth.is_issuer(client.addresses.issuer, decoded.claims):
            raise oauth.odd(f"the ID token is by {decoded.claims.get('iss')}")
        found = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={"aud": {"essential": True, "value": client.client_id}},
            params={
                "nonce": nonce,
                "client_id": client.client_id,
                "access_token": answer.get("access_token"),
            },
        )
        if found.get("nonce") != nonce:
            raise oauth.odd("the ID token is not for this sign-in")
        _check_times(found)
        found.validate(leeway=oauth.LEEWAY)
    except ExpiredTokenError as error:
        raise oauth.clock_off(str(error)) from error
    except (JoseError, AuthlibBaseError, ValueError, KeyError, TypeError) as error:
        raise oauth.odd(f"the ID token is not valid: {safe_text(str(error))}") from error
    return dict(found)


def _check_times(found: Mapping) -> None:
    """Raise ``clock_off`` for a token that was just issued and is from another time than ours."""
    issued, now = found.get("iat"), time.time()
    if isinstance(issued, int | float) and issued > now + oauth.LEEWAY:
        raise oauth.clock_off(f"the ID token was issued {round(issued - now)} s from now")


@contextmanager
def _speaking(client: Client, policy: Policy):
    """Yield the library's session; what it raises becomes a MailError."""
    in_body = client.addresses.token.startswith(_SECRET_IN_BODY)
    method = (
        ("client_secret_post" if in_body else "client_secret_basic") if client.secret else "none"
    )
    session = OAuth2Session(
        client.client_id,
        client.secret or None,
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
    )
    session.trust_env = False  # no proxy and no .netrc of the server's
    session.mount("https://", PolicyAdapter(policy))
    try:
        yield session
    except OAuthError as error:
        raise oauth.refusal(error.error or "", error.description or "") from error
    except requests.HTTPError as error:
        raise oauth.refusal("temporarily_unavailable", safe_text(str(error))) from error
    except (requests.RequestException, AuthlibBaseError, ValueError) as error:
        raise oauth.odd(safe_text(str(error))) from error
    except MailError as error:
        _raise_unreachable(error)
    finally:
        session.close()


def _raise_unreachable(error: MailError) -> NoReturn:
    meant = oauth.unreachable(error)
    if meant is error:
        raise error
    raise meant from error


def _json(url: str, policy: Policy) -> object:
    """Return what an address publishes. Raises MailError."""
    try:
        reply = web.ask("GET", url, policy=policy)
    except MailError as error:
        _raise_unreachable(error)
    if reply.status >= 500 or reply.status == 429:
        raise oauth.refusal("temporarily_unavailable", f"HTTP {reply.status}")
    if reply.status != 200:
        raise oauth.odd(f"HTTP {reply.status} at {url}")
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        raise oauth.odd(f"no JSON at {url}") from error
