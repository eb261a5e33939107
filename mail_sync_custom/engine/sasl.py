"""Logging in with an access token: the SASL mechanisms OAUTHBEARER and XOAUTH2. Pure.

OAUTHBEARER is RFC 7628. XOAUTH2 is what Google had before it, and what Microsoft still has alone
(developers.google.com/workspace/gmail/imap/xoauth2-protocol). They differ in the form of their one
message and in how the client ends a refused attempt. IMAP and SMTP carry them in base64, each in
its own way: see ``imap.login`` and ``smtp.dialogue``.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
from collections.abc import Collection
from dataclasses import dataclass, field

from .errors import (
    InvalidSettings,
    Kind,
    LoginRefused,
    MailError,
    ServerRefused,
    Step,
    TlsError,
    safe_text,
)
from .values import Credentials

#: The separator of both mechanisms' fields (RFC 7628 §3.1, ``kvsep``).
_SEP = b"\x01"

#: A token as RFC 6750 §2.1 has it (``b64token``), so that none can end its field early.
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")

#: Bytes of a challenge that are read; real ones have less than 500.
_MAX_CHALLENGE = 8192

#: What a refusal says if its words know no better than that the login was refused.
_VAGUE = frozenset(
    {
        "login_refused",
        "password_expired",
        "password_sign_in_off",
        "app_password_needed",
        "authenticated_not_connected",
        "command_refused",
        "refused",
        "unknown",
    }
)
_SCOPE = frozenset({"insufficient_scope", "403"})
_LATER = frozenset({"temporarily_unavailable", "server_error", "500", "502", "503", "504"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One attempt: the message to send, and the answer that ends it once it was refused."""

    mechanism: str
    message: bytes = field(repr=False)
    farewell: bytes

    @property
    def encoded(self) -> bytes:
        """The message in base64, as both protocols send it."""
        return base64.b64encode(self.message)

    @property
    def encoded_farewell(self) -> bytes:
        """The farewell in base64; XOAUTH2's is an empty line."""
        return base64.b64encode(self.farewell)


def exchange(offered: Collection[str], credentials: Credentials, host: str, port: int) -> Exchange:
    """Return how to log in with a token, by the first of our mechanisms that is offered.

    ``offered`` are names of mechanisms in capitals. Raises ServerRefused if neither is among them
    (nothing was sent then), and InvalidSettings for a name or token that would break its field.
    """
    user, token = credentials.username, credentials.password
    if _SEP.decode() in user or not _TOKEN.fullmatch(token):
        raise InvalidSettings("not a user name or a token", step=Step.LOGIN)
    auth = b"auth=Bearer %b" % token.encode()
    if "OAUTHBEARER" in offered:
        # RFC 7628 §3.1, after the GS2 header of RFC 5801 §4.
        fields = [
            b"n,a=%b," % _saslname(user),
            b"host=%b" % host.encode(),
            b"port=%d" % port,
            auth,
        ]
        return Exchange("OAUTHBEARER", _SEP.join([*fields, b"", b""]), _SEP)
    if "XOAUTH2" in offered:
        fields = [b"user=%b" % user.encode(), auth]
        return Exchange("XOAUTH2", _SEP.join([*fields, b"", b""]), b"")
    raise ServerRefused(
        " ".join(sorted(offered)), code="oauth_not_offered", kind=Kind.SETUP, step=Step.LOGIN
    )


def _saslname(name: str) -> bytes:
    """Return a name as GS2 has it (RFC 5801 §4): ``=`` and ``,`` are written in hexadecimal.

    >>> _saslname("a=b,c@example.com")
    b'a=3Db=2Cc@example.com'
    """
    return name.replace("=", "=3D").replace(",", "=2C").encode()


def check_private(encrypted: bool, peer: str) -> None:
    """Raise TlsError unless a token may be sent: over TLS only (RFC 6750 §5.3).

    ``peer`` is the address connected to. This machine itself is an exception, for test servers.
    """
    if not encrypted and not ipaddress.ip_address(peer.partition("%")[0]).is_loopback:
        raise TlsError("the connection is not encrypted", code="token_needs_tls", step=Step.LOGIN)


def status(challenge: bytes) -> str:
    """Return the status in a refusal's challenge (RFC 7628 §3.2.2); "" if there is none.

    >>> status(b"eyJzdGF0dXMiOiI0MDAifQ==")
    '400'
    """
    try:
        found = json.loads(base64.b64decode(challenge[:_MAX_CHALLENGE], validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return ""
    said = found.get("status") if isinstance(found, dict) else None
    return safe_text(str(said))[:64] if isinstance(said, str | int) else ""


def refusal(error: MailError, said: str) -> MailError:
    """Return the error that a refused token means.

    ``error`` is what the server's last words mean by themselves, ``said`` is the status of its
    challenge. Words that name another cause (IMAP is off, too many connections) keep it.
    """
    if error.code not in _VAGUE or not isinstance(error, LoginRefused | ServerRefused):
        return error
    detail = safe_text(f"{error.detail} ({said})" if said else error.detail)
    if said.lower() in _LATER:
        return ServerRefused(detail, code="login_unavailable", kind=Kind.TRANS, step=Step.LOGIN)
    code = "scope_missing" if said.lower() in _SCOPE else "token_refused"
    return LoginRefused(detail, code=code)
