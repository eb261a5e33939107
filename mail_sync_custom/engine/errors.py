"""What can go wrong with a mail server, one class a cause.

The class says who can mend it and whether trying again helps; ``code`` is what the ORM layer turns
into words; ``detail`` is the server's own sentence, for the log. Nothing here holds a password:
whoever raises passes text through :func:`safe_text` first.
"""

from __future__ import annotations

import re
from enum import StrEnum

#: A server's sentence is quoted on a screen: one line, and no longer than a person reads.
MAX_DETAIL = 500

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class Step(StrEnum):
    """The steps of an attempt, in their order."""

    LOOKUP = "lookup"
    CONNECTION = "connection"
    TLS = "tls"
    LOGIN = "login"
    FOLDERS = "folders"
    READING = "reading"
    RECORDING = "recording"
    SENDING = "sending"


class Kind(StrEnum):
    """Who can fix it, and whether waiting helps. The kinds of the catalogue of errors."""

    CRED = "cred"  # ask the user
    SETUP = "setup"  # ask the user or an administrator
    TRANS = "trans"  # try again, with growing pauses
    LIMIT = "limit"  # pause longer, and for as long as the server says
    TLS = "tls"
    NET = "net"
    MSG = "msg"  # this one message
    BOUNCE = "bounce"


class MailError(Exception):
    """The base of every error of the engine.

    ``code`` is stable and names the remedy; ``kind`` drives the status; ``step`` names what was
    being done; ``detail`` is the other side's own words, made safe; ``retry_after`` is the pause
    in seconds that the server asked for, or None.
    """

    code = "unknown"
    kind = Kind.TRANS
    step = Step.CONNECTION

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        kind: Kind | None = None,
        step: Step | None = None,
        retry_after: float | None = None,
    ):
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.kind = kind or type(self).kind
        self.step = step or type(self).step
        self.retry_after = retry_after

    @property
    def transient(self) -> bool:
        """Return whether the same attempt may succeed later without any change."""
        return self.kind in (Kind.TRANS, Kind.LIMIT, Kind.NET)

    def __str__(self) -> str:
        return (
            f"{self.step}: {self.code}: {self.detail}"
            if self.detail
            else f"{self.step}: {self.code}"
        )


class HostNotFound(MailError):
    """The name has no address."""

    code, kind, step = "host_not_found", Kind.NET, Step.LOOKUP


class HostNotAllowed(MailError):
    """Users may not connect to this host or port. No connection was attempted."""

    code, kind, step = "host_not_allowed", Kind.SETUP, Step.LOOKUP


class ConnectionRefused(MailError):
    """Nothing listens on that port, or a firewall refuses the connection."""

    code, kind, step = "connection_refused", Kind.NET, Step.CONNECTION


class ConnectionTimeout(MailError):
    """The time budget of the attempt is used up, in whichever step."""

    code, kind, step = "timeout", Kind.NET, Step.CONNECTION


class ConnectionLost(MailError):
    """The connection ended early. Never taken for a success or for a wrong password."""

    code, kind, step = "connection_lost", Kind.NET, Step.CONNECTION


class TlsError(MailError):
    """The TLS handshake failed for a reason that has no class of its own below."""

    code, kind, step = "tls_failed", Kind.TLS, Step.TLS


class TlsOnPlainPort(TlsError):
    """The port does not speak TLS: *Use SSL?* and the port do not match."""

    code = "tls_on_plain_port"


class CertificateUntrusted(TlsError):
    """The certificate is self-signed, or its issuer is unknown."""

    code = "certificate_untrusted"


class CertificateName(TlsError):
    """The certificate is valid, but for another host."""

    code = "certificate_name"


class CertificateExpired(TlsError):
    """The certificate has expired, or is not valid yet."""

    code = "certificate_expired"


class CertificateChanged(TlsError):
    """Not the certificate that was pinned."""

    code = "certificate_changed"


class CertificateUnconfirmed(CertificateChanged):
    """A certificate that is to be pinned, and that nobody has confirmed yet."""

    code = "certificate_untrusted"


class StarttlsMissing(TlsError):
    """STARTTLS is not offered, and plain text was not agreed to (RFC 8314 §3)."""

    code = "starttls_missing"


class StarttlsGone(TlsError):
    """The server offered STARTTLS before and does not now: someone may be listening."""

    code = "starttls_gone"


class ProtocolViolation(MailError):
    """The answer is not in the protocol, or exceeds every limit that a real server keeps."""

    code, kind, step = "protocol", Kind.TRANS, Step.CONNECTION


class InvalidSettings(MailError):
    """A field that cannot work, such as one with a line break. Nothing was sent."""

    code, kind, step = "invalid_settings", Kind.SETUP, Step.CONNECTION


class LoginRefused(MailError):
    """The server refused the user name and password."""

    code, kind, step = "login_refused", Kind.CRED, Step.LOGIN


class ServerRefused(MailError):
    """The server refused for a reason that the catalogue names by ``code`` and ``kind``."""

    code, kind, step = "refused", Kind.TRANS, Step.LOGIN


class MailboxMissing(MailError):
    """The mailbox was renamed, deleted, or cannot be selected."""

    code, kind, step = "mailbox_missing", Kind.SETUP, Step.FOLDERS


class NothingDelivered(MailError):
    """The server lists messages and hands out none, neither these nor any other."""

    code, kind, step = "nothing_delivered", Kind.TRANS, Step.READING


class MessageUnreadable(MailError):
    """One message is set aside; those behind it go on."""

    code, kind, step = "message_unreadable", Kind.MSG, Step.READING


class LeaseLost(MailError):
    """Another worker has the account, or its settings have changed: this run must not write."""

    code, kind, step = "lease_lost", Kind.TRANS, Step.RECORDING


def safe_text(text: str | bytes, *secrets: str) -> str:
    """Return a server's sentence fit for a screen and a log: one line, bounded, without secrets.

    >>> safe_text(b"NO [AUTHENTICATIONFAILED] bad\\r\\npassword hunter2", "hunter2")
    'NO [AUTHENTICATIONFAILED] bad password •••'
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    for secret in filter(None, secrets):
        text = text.replace(secret, "•••")
    text = _CONTROL.sub(" ", text).strip()
    return text if len(text) <= MAX_DETAIL else text[: MAX_DETAIL - 1] + "…"


def chain(error: BaseException) -> list[BaseException]:
    """Return an error and everything behind it, outermost first.

    Libraries wrap: IMAPClient turns a dropped connection into a login error, and only
    ``__context__`` tells (mjs/imapclient, ``imapclient.py``, ``login``).
    """
    found: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in found:
        found.append(following)
        following = following.__cause__ or following.__context__
    return found
