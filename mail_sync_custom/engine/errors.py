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
    """Where an attempt failed, in the order in which it goes."""

    LOOKUP = "lookup"
    CONNECTION = "connection"
    TLS = "tls"
    LOGIN = "login"
    FOLDERS = "folders"
    READING = "reading"
    RECORDING = "recording"
    SENDING = "sending"


class Kind(StrEnum):
    """Who can mend it, and whether waiting does. The kinds of the catalogue of errors."""

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
        """Whether the same attempt may succeed later, with nothing changed by anyone."""
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
    """The host or its port is none that a user may connect to. Nobody was asked for anything."""

    code, kind, step = "host_not_allowed", Kind.SETUP, Step.LOOKUP


class ConnectionRefused(MailError):
    """Nothing listens on that port, or a firewall says no."""

    code, kind, step = "connection_refused", Kind.NET, Step.CONNECTION


class ConnectionTimeout(MailError):
    """The time budget of the attempt is used up, in whichever step."""

    code, kind, step = "timeout", Kind.NET, Step.CONNECTION


class ConnectionLost(MailError):
    """The other side went away in the middle. Never a success and never a wrong password."""

    code, kind, step = "connection_lost", Kind.NET, Step.CONNECTION


class TlsError(MailError):
    """TLS could not be agreed upon for a reason that none of the classes below names."""

    code, kind, step = "tls_failed", Kind.TLS, Step.TLS


class TlsOnPlainPort(TlsError):
    """TLS was spoken to a port that does not: *Use SSL?* and the port do not go together."""

    code = "tls_on_plain_port"


class CertificateUntrusted(TlsError):
    """The certificate is self-signed, or from an issuer nobody here knows."""

    code = "certificate_untrusted"


class CertificateName(TlsError):
    """The certificate is good, and for another host."""

    code = "certificate_name"


class CertificateExpired(TlsError):
    """The certificate's time is over, or has not begun."""

    code = "certificate_expired"


class CertificateChanged(TlsError):
    """Not the certificate that was pinned."""

    code = "certificate_changed"


class StarttlsMissing(TlsError):
    """STARTTLS is not offered, and plain text was not agreed to (RFC 8314 §3)."""

    code = "starttls_missing"


class StarttlsGone(TlsError):
    """The server offered STARTTLS before and does not now: someone may be listening."""

    code = "starttls_gone"


class ProtocolViolation(MailError):
    """What came is not the protocol, or is beyond every bound that a real server keeps."""

    code, kind, step = "protocol", Kind.TRANS, Step.CONNECTION


class InvalidSettings(MailError):
    """A field that can never work, such as one with a line break in it. Nothing was sent."""

    code, kind, step = "invalid_settings", Kind.SETUP, Step.CONNECTION


class LoginRefused(MailError):
    """The server said no to the name and the password."""

    code, kind, step = "login_refused", Kind.CRED, Step.LOGIN


class ServerRefused(MailError):
    """The server said no for a reason that the catalogue names by ``code`` and ``kind``."""

    code, kind, step = "refused", Kind.TRANS, Step.LOGIN


class MailboxMissing(MailError):
    """The mailbox was renamed, deleted, or cannot be selected."""

    code, kind, step = "mailbox_missing", Kind.SETUP, Step.FOLDERS


class MessageUnreadable(MailError):
    """One message that is set aside; the ones behind it go on."""

    code, kind, step = "message_unreadable", Kind.MSG, Step.READING


class LeaseLost(MailError):
    """Another worker has the account now, or its settings have changed: this run must not write."""

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
