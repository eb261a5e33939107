"""One HTTPS request (RFC 9110, RFC 9112) under the host policy, within limits of time and size.

For the sign-in services of mail providers, whose addresses an administrator may enter. The address
is looked up and connected to as a mail server's is; no redirect is followed, no proxy is used, and
the certificate is always verified.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast
from urllib.parse import urlsplit

from ..errors import InvalidSettings, ProtocolViolation, Step, safe_text
from ..values import Endpoint
from . import dial, tls
from .dial import Deadline
from .policy import INTERNET, Policy

#: Seconds from the lookup to the last byte, and the bytes of a body; a key set has some thousand.
BUDGET = 15.0
MAX_BODY = 512 * 1024

WEB_PORT = 443


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status, its header fields in small letters, and its whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    policy: Policy = INTERNET,
    budget: float = BUDGET,
) -> Reply:
    """Return the answer to a request, whatever its status.

    Raises the MailError that explains why there is none, and InvalidSettings for anything but an
    https address.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise InvalidSettings("not an https address", step=Step.CONNECTION)
    endpoint = Endpoint(parts.hostname, parts.port or WEB_PORT)
    deadline = Deadline(budget)
    policy = replace(policy, ports=frozenset({WEB_PORT}))
    sock = dial.open_socket(endpoint, deadline, policy)
    try:
        sock = dial.start_tls(sock, endpoint, deadline)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return _exchange(_Timed(sock, deadline), parts.netloc, method, target, headers, body)
    except OSError as error:
        raise tls.translate(error, Step.CONNECTION) from error
    except http.client.HTTPException as error:
        raise ProtocolViolation(safe_text(repr(error)), code="issuer_odd") from error
    finally:
        dial.close(sock)


def _exchange(
    sock: _Timed,
    host: str,
    method: str,
    target: str,
    headers: Mapping[str, str] | None,
    body: bytes | None,
) -> Reply:
    connection = http.client.HTTPConnection(host)
    connection.sock = cast(socket.socket, sock)
    connection.request(
        method,
        target,
        body,
        {"Accept": "application/json", "Connection": "close", **(headers or {})},
    )
    response = connection.getresponse()
    found = bytearray()
    while piece := response.read1(MAX_BODY):
        found += piece
        if len(found) > MAX_BODY:
            raise ProtocolViolation("an answer without end", code="issuer_odd")
    fields = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, fields, bytes(found))


class _Timed:
    """What http.client needs of a socket; each read and write ends at the deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline):
        self._sock = sock
        self._deadline = deadline

    def makefile(self, *_mode: object) -> io.BufferedReader:
        """Return the file that the answer is read from."""
        return io.BufferedReader(_Reader(self._sock, self._deadline))

    def sendall(self, data: bytes) -> None:
        """Send all of the data. Raises ConnectionTimeout at the deadline."""
        self._sock.settimeout(self._deadline.left())
        self._sock.sendall(data)

    def close(self) -> None:
        """Do nothing: the answer is still to be read, and whoever opened the socket closes it."""


class _Reader(io.RawIOBase):
    """The bytes of a socket. Raises ConnectionTimeout at the deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline):
        super().__init__()
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        self._sock.settimeout(self._deadline.left())
        return self._sock.recv_into(buffer)
