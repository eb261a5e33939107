"""Signing in at a provider (OAuth 2.0, OpenID Connect): who does it where, and what answers mean.

Values and pure functions; ``sign_in`` does the talking. A provider's addresses and scopes are from
its own pages, named beside it. Each asks for as little as it allows: the address, and mail by IMAP
and SMTP. Where a provider publishes its configuration, an issuer of any other name can be used by
discovery (OpenID Connect Discovery 1.0 §4): see ``discovered``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from urllib.parse import urlsplit

from .errors import Kind, LoginRefused, MailError, ProtocolViolation, ServerRefused, Step, safe_text

#: Placeholder in Microsoft's addresses for the directory that may sign in.
TENANT = "{tenant}"
#: The directory of Outlook.com's own accounts, in the tokens of ``consumers``
#: (learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference).
CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"

#: Seconds by which two honest clocks may differ.
LEEWAY = 120
#: Seconds before its end at which an access token is renewed; half its life if it is short.
MARGIN = 300
#: Seconds that an access token lasts if the provider does not say (RFC 6749 §5.1: RECOMMENDED).
LIFETIME = 3600

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Addresses:
    """An issuer's endpoints, all https. ``revoke`` is "" where there is none (RFC 7009)."""

    issuer: str
    authorize: str
    token: str
    keys: str
    revoke: str = ""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A provider's sign-in.

    ``mail`` are the codes in ``providers`` of the mail servers that it opens, ``own_domain`` is the
    one of them for an organization's own addresses. ``mail_scopes`` are the ones without which a
    sign-in is of no use. ``parameters`` are added to the first request.
    """

    key: str
    name: str
    addresses: Addresses
    mail_scopes: tuple[str, ...]
    scopes: tuple[str, ...] = ("openid", "email")
    parameters: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    mail: frozenset[str] = frozenset()
    own_domain: str = ""


GOOGLE = SignIn(
    # accounts.google.com/.well-known/openid-configuration. The one scope for IMAP and SMTP:
    # developers.google.com/workspace/gmail/imap/xoauth2-protocol. Without access_type there is no
    # refresh token, and without prompt only at the first consent:
    # developers.google.com/identity/protocols/oauth2/web-server
    key="google",
    name="Google",
    addresses=Addresses(
        issuer="https://accounts.google.com",
        authorize="https://accounts.google.com/o/oauth2/v2/auth",
        token="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
        keys="https://www.googleapis.com/oauth2/v3/certs",
        revoke="https://oauth2.googleapis.com/revoke",
    ),
    mail_scopes=("https://mail.google.com/",),
    parameters=MappingProxyType({"access_type": "offline", "prompt": "consent"}),
    mail=frozenset({"gmail"}),
    own_domain="gmail",
)

MICROSOFT = SignIn(
    # learn.microsoft.com/en-us/exchange/client-developer/legacy-protocols/
    # how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth. It has no RFC 7009: who
    # withdraws a permission does so at myapplications.microsoft.com.
    key="microsoft",
    name="Microsoft",
    addresses=Addresses(
        issuer=f"https://login.microsoftonline.com/{TENANT}/v2.0",
        authorize=f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize",
        token=f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token",
        keys=f"https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys",
    ),
    scopes=("openid", "email", "profile", "offline_access"),
    mail_scopes=(
        "https://outlook.office.com/IMAP.AccessAsUser.All",
        "https://outlook.office.com/SMTP.Send",
    ),
    parameters=MappingProxyType({"prompt": "select_account"}),
    mail=frozenset({"microsoft365", "outlook"}),
    own_domain="microsoft365",
)

YAHOO = SignIn(
    # api.login.yahoo.com/.well-known/openid-configuration; mail-w has to be granted by Yahoo:
    # developer.yahoo.com/sender-hub, "IMAP access"
    key="yahoo",
    name="Yahoo",
    addresses=Addresses(
        issuer="https://api.login.yahoo.com",
        authorize="https://api.login.yahoo.com/oauth2/request_auth",
        token="https://api.login.yahoo.com/oauth2/get_token",  # noqa: S106 - an address
        keys="https://api.login.yahoo.com/openid/v1/certs",
        revoke="https://api.login.yahoo.com/oauth2/revoke",
    ),
    mail_scopes=("mail-w",),
    mail=frozenset({"yahoo"}),
    own_domain="yahoo",
)


def _zoho(key: str, name: str, domain: str, *mail: str) -> SignIn:
    # zoho.com/accounts/protocol/oauth: a client and its tokens belong to one region. The scopes
    # for IMAP and SMTP were not read on a page of Zoho's own: an administrator can change them.
    base = f"https://accounts.{domain}"
    return SignIn(
        key=key,
        name=name,
        addresses=Addresses(
            issuer=base,
            authorize=f"{base}/oauth/v2/auth",
            token=f"{base}/oauth/v2/token",
            keys=f"{base}/oauth/v2/keys",
            revoke=f"{base}/oauth/v2/token/revoke",
        ),
        mail_scopes=("ZohoMail.IMAP.ALL", "ZohoMail.SMTP.ALL"),
        parameters=MappingProxyType({"access_type": "offline", "prompt": "consent"}),
        mail=frozenset(mail),
        own_domain=mail[-1],
    )


ZOHO = _zoho("zoho", "Zoho", "zoho.com", "zoho", "zoho_pro")
ZOHO_EU = _zoho("zoho_eu", "Zoho (Europe)", "zoho.eu", "zoho_eu")
ZOHO_IN = _zoho("zoho_in", "Zoho (India)", "zoho.in", "zoho_in")

OTHER = SignIn(
    # offline_access with prompt=consent: OpenID Connect Core 1.0 §11
    key="openid",
    name="OpenID Connect",
    addresses=Addresses("", "", "", ""),
    scopes=("openid", "email", "offline_access"),
    mail_scopes=(),
    parameters=MappingProxyType({"prompt": "consent"}),
)

SIGN_INS: Mapping[str, SignIn] = MappingProxyType(
    {one.key: one for one in (GOOGLE, MICROSOFT, YAHOO, ZOHO, ZOHO_EU, ZOHO_IN, OTHER)}
)


def sign_in_of(provider: str) -> SignIn | None:
    """Return the sign-in that opens a mail provider's servers, by the code in ``providers``."""
    return next((one for one in SIGN_INS.values() if provider in one.mail), None)


# --- addresses --------------------------------------------------------------------------------


def of_tenant(addresses: Addresses, tenant: str) -> Addresses:
    """Return Microsoft's addresses for a directory: its id or name, ``common``, ``consumers`` …"""
    return replace(
        addresses,
        **{
            name: getattr(addresses, name).replace(TENANT, tenant)
            for name in ("issuer", "authorize", "token", "keys")
        },
    )


def tenant_possible(tenant: str) -> bool:
    """Whether this can be a directory: it becomes part of an address."""
    return bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}", tenant))


def discovery_address(issuer: str) -> str:
    """Return where an issuer publishes its configuration (Discovery 1.0 §4.1).

    >>> discovery_address("https://login.example/realms/mail/")
    'https://login.example/realms/mail/.well-known/openid-configuration'
    """
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def discovered(issuer: str, configuration: object) -> Addresses:
    """Return an issuer's addresses from its configuration (Discovery 1.0 §3, §4.3).

    Raises ProtocolViolation if it is not that issuer's, lacks something, or is not https.
    """
    if not isinstance(configuration, dict):
        raise odd("the configuration is not an object")
    if configuration.get("issuer") != issuer:
        raise odd(f"it calls itself {configuration.get('issuer')}")
    names = {
        "authorize": "authorization_endpoint",
        "token": "token_endpoint",
        "keys": "jwks_uri",
        "revoke": "revocation_endpoint",
    }
    found = {ours: configuration.get(theirs) or "" for ours, theirs in names.items()}
    for ours, address in found.items():
        if (address or ours != "revoke") and not is_https(address):
            raise odd(f"{names[ours]} is {address or 'missing'}")
    return Addresses(issuer, **found)


def is_https(address: object) -> bool:
    """Whether this is an address that tokens and secrets may go to."""
    if not isinstance(address, str) or re.search(r"[\s\x00-\x20\x7f\\]", address):
        return False
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" and bool(parts.hostname) and not parts.username
    except ValueError:
        return False


# --- what a provider tells --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint gave (RFC 6749 §5.1). ``lasts`` is in seconds.

    ``refresh`` is "" where the old one stays. ``scopes`` is None if the provider did not say,
    which means: those asked for (§5.1).
    """

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    lasts: float
    scopes: frozenset[str] | None = None


def tokens(answer: Mapping[str, object]) -> Tokens:
    """Return the tokens of an answer. Raises ProtocolViolation if there is no bearer token."""
    access, refresh = answer.get("access_token"), answer.get("refresh_token") or ""
    if not isinstance(access, str) or not access or not isinstance(refresh, str):
        raise odd("no access token")
    if str(answer.get("token_type", "bearer")).lower() != "bearer":
        raise odd("the token is not a bearer token")
    try:
        lasts = float(answer.get("expires_in") or LIFETIME)
    except (TypeError, ValueError):
        lasts = LIFETIME
    scope = answer.get("scope")
    scopes = frozenset(scope.split()) if isinstance(scope, str) and scope else None
    return Tokens(access, refresh, min(max(lasts, 0.0), 86400.0), scopes)


def usable_for(lasts: float) -> float:
    """Return for how many seconds a token that lasts so long is used before it is renewed."""
    return lasts - min(MARGIN, lasts / 2)


def missing(wanted: Collection[str], granted: Collection[str] | None) -> list[str]:
    """Return the scopes for mail that were not granted: the user may untick some."""
    if granted is None:
        return []
    known = {scope.rstrip("/").lower() for scope in granted}
    return [scope for scope in wanted if scope.rstrip("/").lower() not in known]


def addresses_of(claims: Mapping[str, object]) -> list[str]:
    """Return the mail addresses that an ID token gives, the best first, in small letters.

    An address that the provider says is not verified does not count. Microsoft has no ``email``
    for many accounts, but the address in ``preferred_username`` (or ``upn``).
    """
    names = ["email", "preferred_username", "upn"]
    if claims.get("email_verified") in (False, "false"):
        names.remove("email")
    found = [claims.get(name) for name in names]
    return list(dict.fromkeys(a.lower() for a in found if isinstance(a, str) and "@" in a))


def is_issuer(expected: str, claims: Mapping[str, object]) -> bool:
    """Whether an ID token is by this issuer.

    Microsoft's ``common``, ``organizations`` and ``consumers`` are nobody's: a token is issued by
    the directory of the user, which it names in ``tid``.
    """
    issuer = claims.get("iss")
    if issuer == expected:
        return True
    if expected == GOOGLE.addresses.issuer:
        return issuer == "accounts.google.com"  # as Google's page says that it may be
    for shared in ("common", "organizations", "consumers"):
        if expected == of_tenant(MICROSOFT.addresses, shared).issuer:
            tenant = str(claims.get("tid", ""))
            consumer = tenant == CONSUMERS
            allowed = {"common": True, "organizations": not consumer, "consumers": consumer}
            own = of_tenant(MICROSOFT.addresses, tenant).issuer
            return allowed[shared] and tenant_possible(tenant) and issuer == own
    return False


# --- what a provider refuses ------------------------------------------------------------------

#: The codes of RFC 6749 §4.1.2.1 and §5.2, and of OpenID Connect Core 1.0 §3.1.2.6.
_REFUSALS: Mapping[str, tuple[str, Kind]] = MappingProxyType(
    {
        "invalid_grant": ("sign_in_again", Kind.CRED),
        "interaction_required": ("sign_in_again", Kind.CRED),
        "login_required": ("sign_in_again", Kind.CRED),
        "account_selection_required": ("sign_in_again", Kind.CRED),
        "consent_required": ("sign_in_again", Kind.CRED),
        "access_denied": ("consent_refused", Kind.CRED),
        "invalid_client": ("oauth_client_refused", Kind.SETUP),
        "unauthorized_client": ("oauth_client_refused", Kind.SETUP),
        "invalid_scope": ("oauth_client_refused", Kind.SETUP),
        "unsupported_grant_type": ("oauth_client_refused", Kind.SETUP),
        "unsupported_response_type": ("oauth_client_refused", Kind.SETUP),
        "redirect_uri_mismatch": ("oauth_client_refused", Kind.SETUP),
        "invalid_request": ("oauth_client_refused", Kind.SETUP),
        "temporarily_unavailable": ("issuer_unavailable", Kind.TRANS),
        "server_error": ("issuer_unavailable", Kind.TRANS),
        "slow_down": ("issuer_unavailable", Kind.TRANS),
    }
)

#: Microsoft's numbers for "your administrator has to approve"
#: (learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes).
_ADMIN_NUMBERS = frozenset({"90094", "90097", "900941"})


def refusal(error: str, description: str = "") -> MailError:
    """Return what a provider's error means (RFC 6749 §5.2); an unknown one is quoted."""
    words = safe_text(f"{error}: {description}" if description else error)
    if any(f"AADSTS{number}" in description for number in _ADMIN_NUMBERS):
        return ServerRefused(words, code="admin_consent_needed", kind=Kind.SETUP, step=Step.LOGIN)
    code, kind = _REFUSALS.get(error, ("issuer_odd", Kind.SETUP))
    if kind is Kind.CRED:
        return LoginRefused(words, code=code)
    return ServerRefused(words, code=code, kind=kind, step=Step.LOGIN)


def unreachable(error: MailError) -> MailError:
    """Return what it means that a provider's sign-in could not be reached: never Error at once.

    Only a host that may not be connected to is an administrator's business from the start.
    """
    if error.code == "host_not_allowed":
        return error
    return ServerRefused(
        safe_text(str(error)),
        code="issuer_unavailable",
        kind=Kind.TRANS,
        step=Step.LOGIN,
        retry_after=error.retry_after,
    )


def odd(words: str) -> ProtocolViolation:
    """Return the error of an answer that no issuer should give."""
    return ProtocolViolation(safe_text(words), code="issuer_odd", kind=Kind.SETUP, step=Step.LOGIN)


def clock_off(words: str) -> ServerRefused:
    """Return the error of a token that is from another time than ours."""
    return ServerRefused(safe_text(words), code="clock_off", kind=Kind.SETUP, step=Step.LOGIN)
