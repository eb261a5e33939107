"""From a host name to a trusted socket: lookup, TCP and TLS within one time budget.

A name is looked up in one place, and the connection goes to the address that was looked up and
allowed, never to the name again: a name that resolves differently the second time gains nothing.
"""

from __future__ import annotations

import contextlib
import queue
import re
import socket
import ssl
import threading
import time
from dataclasses import replace

from ..errors import (
    CertificateUnconfirmed,
    ConnectionRefused,
    ConnectionTimeout,
    HostNotAllowed,
    HostNotFound,
    InvalidSettings,
    MailError,
    StarttlsGone,
    StarttlsMissing,
    Step,
    safe_text,
)
from ..values import Connected, Credentials, Endpoint, Security
from . import tls
from .policy import INTERNET, Policy, plain

#: A transfer slower than this, in bytes a second, comes from a server that drips data.
SLOWEST = 16 * 1024

#: Seconds for one command, or one message, however steadily data flows.
LONGEST = 600.0

#: Addresses of one name that are tried at most: each takes its share of the budget.
MAX_ADDRESSES = 6

_FORBIDDEN = re.compile(r"[\r\n\0]")


class Deadline:
    """When an attempt ends, whatever it is doing.

    ``moving`` is for commands that transfer data: received data extends the time at the rate of
    SLOWEST, up to the full patience from now, and to LONGEST in all, so that neither silence nor a
    byte a second can last.
    """

    __slots__ = ("_end", "_last", "_patience")

    def __init__(self, seconds: float, *, moving: bool = False):
        self._patience = seconds
        now = time.monotonic()
        self._end = now + seconds
        self._last = now + max(seconds, LONGEST) if moving else self._end

    def left(self, step: Step = Step.CONNECTION) -> float:
        """Return the seconds that are left; raises ConnectionTimeout when none are."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise ConnectionTimeout(step=step)
        return left

    def moved(self, count: int) -> None:
        """Record that this many bytes were transferred."""
        if self._last > self._end:
            bought = min(self._end + count / SLOWEST, time.monotonic() + self._patience)
            self._end = min(bought, self._last)


def check_settings(endpoint: Endpoint, credentials: Credentials | None = None) -> None:
    """Raise InvalidSettings for values that no field may contain, before anything is sent.

    A line break in a field would be a second command (RFC 9051 §9 allows no CR, LF or NUL in a
    quoted string; RFC 4616 §2 no NUL).
    """
    fields = [endpoint.host]
    if credentials:
        fields += [credentials.username, credentials.password]
    for text in fields:
        check_text(text)
    if not endpoint.host.strip() or not 0 < endpoint.port < 65536:
        raise InvalidSettings("host or port is missing")
    if credentials and not (credentials.username and credentials.password):
        raise InvalidSettings("user name or password is missing", step=Step.LOGIN)


def check_text(text: str) -> None:
    """Raise InvalidSettings for CR, LF, NUL and characters that UTF-8 cannot encode."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidSettings("a character that UTF-8 cannot encode") from None
    if _FORBIDDEN.search(text):
        raise InvalidSettings("a line break or NUL in a field")


def open_socket(endpoint: Endpoint, deadline: Deadline, policy: Policy = INTERNET) -> socket.socket:
    """Connect to the first allowed address of the endpoint that answers, IPv6 and IPv4 alike.

    Each address gets its share of the remaining time, so that an unresponsive first address (such
    as a misrouted IPv6) does not use up the time of a good one after it. Raises HostNotAllowed if
    the policy allows none of them.
    """
    addresses = _allowed(endpoint, deadline, policy)
    failure: OSError | None = None
    for tries_left, (family, address) in zip(range(len(addresses), 0, -1), addresses, strict=True):
        try:
            return _connect(family, address, deadline.left() / tries_left)
        except OSError as error:
            failure = error
    raise _unreachable(failure) from failure


def _allowed(endpoint: Endpoint, deadline: Deadline, policy: Policy) -> list[tuple[int, tuple]]:
    """Return (family, address) for every address that may be connected to.

    The refusal of a host that is not allowed takes the same time whatever is behind it.
    """
    answer_at = time.monotonic() + policy.pause
    host, port = endpoint.host, endpoint.port
    try:
        found = [] if policy.refuses(host, port) else _lookup(endpoint, deadline)
    except HostNotFound:
        if not policy.hides(host):
            raise
        found = []
    allowed = [each for each in found if policy.allows(host, port, each[1][0])]
    if not allowed:
        time.sleep(max(0.0, answer_at - time.monotonic()))
        raise HostNotAllowed(f"{host.strip()}:{port}")
    return allowed


def _connect(family: int, address: tuple, timeout: float) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        sock.connect(address)
        # Pipelined commands are consecutive small writes: Nagle's algorithm would delay them.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock


def _unreachable(error: OSError) -> MailError:
    if isinstance(error, TimeoutError):
        return ConnectionTimeout(safe_text(str(error)))
    refused = isinstance(error, ConnectionRefusedError)
    return ConnectionRefused(safe_text(str(error)), code=None if refused else "network_unreachable")


def _lookup(endpoint: Endpoint, deadline: Deadline) -> list[tuple[int, tuple]]:
    """Return (family, address) of a host, in the order the system prefers.

    ``getaddrinfo`` has no timeout: it runs in a thread that is abandoned when the time is up.
    """
    answer: queue.SimpleQueue = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put(
                socket.getaddrinfo(plain(endpoint.host), endpoint.port, type=socket.SOCK_STREAM)
            )
        except (OSError, UnicodeError) as error:
            answer.put(error)

    threading.Thread(target=ask, name="mail-sync-lookup", daemon=True).start()
    try:
        found = answer.get(timeout=deadline.left(Step.LOOKUP))
    except queue.Empty:
        raise ConnectionTimeout(step=Step.LOOKUP) from None
    if isinstance(found, Exception):
        # "Try again" is a resolver problem and says nothing about the name.
        again = getattr(found, "errno", None) == socket.EAI_AGAIN
        raise HostNotFound(
            safe_text(str(found)), code="lookup_failed" if again else None
        ) from found
    return [(family, address) for family, _, _, _, address in found[:MAX_ADDRESSES]]


def start_tls(sock: socket.socket, endpoint: Endpoint, deadline: Deadline) -> ssl.SSLSocket:
    """Encrypt a connection and check its certificate."""
    sock.settimeout(deadline.left(Step.TLS))
    try:
        return tls.context(endpoint).wrap_socket(sock, server_hostname=plain(endpoint.host))
    except UnicodeError as error:
        raise HostNotFound(safe_text(str(error))) from error
    except (OSError, ValueError) as error:
        raise tls.translate(error, Step.TLS, handshake=True) from error


def describe(sock: socket.socket, endpoint: Endpoint) -> Connected:
    """Return how a connection is encrypted, and the fingerprint of its certificate."""
    if not isinstance(sock, ssl.SSLSocket):
        return Connected(Security.PLAIN)
    security = Security.IMPLICIT_TLS if endpoint.implicit_tls else Security.STARTTLS
    return Connected(security, tls.fingerprint(sock.getpeercert(binary_form=True) or b""))


def check_confirmed(sock: socket.socket, endpoint: Endpoint) -> None:
    """Raise CertificateUnconfirmed before a login, if nobody has said which certificate to accept.

    Its detail is the fingerprint that was met.
    """
    met = describe(sock, endpoint).fingerprint
    if endpoint.pin and met and not endpoint.fingerprint:
        raise CertificateUnconfirmed(met)


def inspected(endpoint: Endpoint) -> Endpoint:
    """Return the endpoint accepting any certificate, to inspect it without logging in."""
    return replace(endpoint, pin=True, fingerprint="", plain_allowed=False)


def check_plain_allowed(endpoint: Endpoint) -> None:
    """Raise unless the user agreed to a connection without STARTTLS (RFC 8314 §3)."""
    if endpoint.starttls_required or endpoint.fingerprint:
        raise StarttlsGone("STARTTLS is not offered")
    if not endpoint.plain_allowed:
        raise StarttlsMissing("STARTTLS is not offered")


def speaks_tls(sock: socket.socket, deadline: Deadline) -> bool:
    """Return whether the port that a socket is connected to expects TLS from the first byte.

    Tries a handshake with the same address. Nothing is sent over it, so nothing is verified.
    """
    try:
        probe = _connect(sock.family, sock.getpeername(), deadline.left())
        with tls.context(Endpoint("", 0, pin=True)).wrap_socket(probe):
            return True
    except (OSError, ValueError, MailError):
        return False


def close(sock: socket.socket) -> None:
    """Close a socket, whatever state it is in."""
    with contextlib.suppress(OSError):  # the other side may have closed it first
        sock.shutdown(socket.SHUT_WR)
    with contextlib.suppress(OSError):
        sock.close()
