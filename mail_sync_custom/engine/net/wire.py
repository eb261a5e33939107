"""The bytes of a connection, split into responses, within limits of time and size.

Knows lines, and the syntax of IMAP's responses (RFC 9051 §2.2.2, §4.3), but not what they mean.
Python's imaplib does this too, but without limits: it allocates what a literal announces, restarts
its timeout at every byte, keeps every untagged response for ever, and logs commands with passwords.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from io import BytesIO

from ..errors import ConnectionLost, MailError, ProtocolViolation, Step
from . import tls
from .dial import Deadline

#: A real server's lines are short, except SEARCH: for a million UIDs a line has 8 MB.
MAX_LINE = 1024 * 1024
MAX_SEARCH_LINE = 8 * 1024 * 1024

#: Parts of one response; our FETCH has three, a LIST with a literal name has three.
MAX_PARTS = 64

_CHUNK = 64 * 1024

# `{12}`, the `{12+}` of RFC 7888 and the `~{12}` of RFC 3516, at the end of a line.
_LITERAL = re.compile(rb"\{(\d+)\+?\}\Z")

# Human-readable text may end like a literal without announcing one (RFC 9051 §7.1).
_STATUS = re.compile(rb"\* (?:OK|NO|BAD|BYE|PREAUTH)\b", re.IGNORECASE)

_SEARCH = re.compile(rb"\* E?SEARCH\b", re.IGNORECASE)

#: Bytes of a partly received response while nobody waits for it. Thousands of connections may be in
#: IDLE at once, and responses there are short.
MAX_PARTIAL = 64 * 1024

#: Reads without waiting before the next connection has its turn.
MAX_PIECES = 16

#: A response: text, or text, literal, text, … with the ``{n}`` still at the end of the text.
Response = list[bytes]


class _Incomplete(Exception):
    """The rest of a response has not arrived yet, and nobody waits for it."""


class Wire:
    """A socket that sends commands and reads responses before the deadline.

    ``bytes_in``, ``bytes_out`` and ``round_trips`` count the traffic inside TLS. A round trip is a
    wait for the server after something was sent to it. ``literal_limit`` is the largest literal, in
    bytes, that is read; 0, for SMTP, means that there are no literals.
    """

    def __init__(self, sock: socket.socket, deadline: Deadline, literal_limit: int = 0):
        self.sock = sock
        self.deadline = deadline
        self.literal_limit = literal_limit
        self.step = Step.CONNECTION
        self.bytes_in = self.bytes_out = 0
        self.round_trips = 1  # TCP's
        self._owed = True  # an answer is due: the greeting
        self._buffer = bytearray()
        self._start = 0
        self._waits = True

    @property
    def encrypted(self) -> bool:
        return isinstance(self.sock, ssl.SSLSocket)

    @property
    def peer(self) -> tuple[str, int]:
        """The address and port that the socket is connected to."""
        host, port = self.sock.getpeername()[:2]
        return host, port

    @property
    def peer_name(self) -> str:
        """The name that the certificate was checked for; without TLS, the address."""
        return getattr(self.sock, "server_hostname", None) or self.peer[0]

    @property
    def pending(self) -> bool:
        """Whether bytes have arrived that have not been read."""
        return self._start < len(self._buffer)

    def refuse_pending(self) -> None:
        """Raise if anything arrived between the go-ahead for TLS and TLS itself.

        A man in the middle injects answers there, which would be taken for the server's own
        (CVE-2011-0411, CVE-2021-33515): whatever follows must arrive encrypted.
        """
        if self.pending:
            raise ProtocolViolation(
                "answers before TLS began", code="starttls_injection", step=Step.TLS
            )

    def encrypt(self, sock: ssl.SSLSocket) -> None:
        """Continue over an encrypted socket. TLS 1.3 takes one round trip, 1.2 takes two."""
        self.sock = sock
        self.round_trips += 1 if sock.version() == "TLSv1.3" else 2

    def send(self, data: bytes) -> None:
        """Send all of the data, in pieces, so that a long upload keeps extending its deadline."""
        view = memoryview(data)
        try:
            for start in range(0, len(view), _CHUNK):
                piece = view[start : start + _CHUNK]
                self.sock.settimeout(self.deadline.left(self.step))
                self.sock.sendall(piece)
                self.deadline.moved(len(piece))
        except OSError as error:
            raise tls.translate(error, self.step) from error
        self.bytes_out += len(data)
        self._owed = True

    def response(self) -> Response:
        """Return the next response, with its literals."""
        line = self.line()
        parts = [line]
        if line[-1:] != b"}" or line[:1] != b"*" or _STATUS.match(line):
            return parts
        while announced := _LITERAL.search(parts[-1]):
            parts.append(self._literal(int(announced[1])))
            parts.append(self.line())
            if len(parts) > MAX_PARTS:
                raise ProtocolViolation("a response without end", step=self.step)
        return parts

    def arrived(self) -> Iterator[Response]:
        """Yield the responses that have arrived completely, without waiting.

        A partial one is kept for the next call, within MAX_PARTIAL. Raises ConnectionLost once the
        stream has ended, after yielding what arrived before.
        """
        end = self._take_in()
        while (response := self._whole()) is not None:
            yield response
        if len(self._buffer) - self._start > MAX_PARTIAL:
            raise ProtocolViolation("a response without end", step=self.step)
        self.let_go()
        if end:
            raise end

    def let_go(self) -> None:
        """Free the memory of what has been read: nothing large is expected soon."""
        self._buffer = self._buffer[self._start :]
        self._start = 0

    def _whole(self) -> Response | None:
        """Return the next response if all of it has arrived."""
        start = self._start
        self._waits = False
        try:
            return self.response()
        except _Incomplete:
            self._start = start
            return None
        finally:
            self._waits = True

    def _take_in(self) -> MailError | None:
        """Read what is available; return the error that ended the stream, if any.

        A read has room for a whole TLS record, so that no data stays in OpenSSL, where no selector
        would see it.
        """
        try:
            self.sock.settimeout(0)
            for _ in range(MAX_PIECES):
                data = self.sock.recv(_CHUNK)
                if not data:
                    return ConnectionLost("the server closed the connection", step=self.step)
                self.bytes_in += len(data)
                self._buffer += data
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        except OSError as error:
            return tls.translate(error, self.step)
        return None

    def line(self) -> bytes:
        """Return the next line, without its CRLF or LF."""
        searched = self._start
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            self._bound_line(searched - self._start)
            searched -= self._receive()
        line = bytes(self._buffer[self._start : end])
        self._start = end + 1
        return line[:-1] if line[-1:] == b"\r" else line

    def _bound_line(self, length: int) -> None:
        if length <= MAX_LINE:
            return
        opening = self._buffer[self._start : self._start + 16]
        if length > (MAX_SEARCH_LINE if _SEARCH.match(opening) else MAX_LINE):
            raise ProtocolViolation("a line without end", step=self.step)

    def _literal(self, size: int) -> bytes:
        if size > self.literal_limit:
            raise ProtocolViolation(f"a literal of {size} bytes", step=self.step)
        end = self._start + size
        if end <= len(self._buffer):
            found = bytes(self._buffer[self._start : end])
            self._start = end
            return found
        return self._long_literal(size)

    def _long_literal(self, size: int) -> bytes:
        """Read what has not arrived yet. BytesIO returns its bytes without a second copy."""
        gathered = BytesIO()
        while (missing := size - gathered.tell()) > 0:
            if not self.pending:
                self._receive()
            end = min(len(self._buffer), self._start + missing)
            with memoryview(self._buffer) as view:
                gathered.write(view[self._start : end])
            self._start = end
        return gathered.getvalue()

    def _receive(self) -> int:
        """Wait for bytes; return how many bytes already read were dropped from the front."""
        if not self._waits:
            raise _Incomplete
        if self._owed:
            self._owed = False
            self.round_trips += 1
        try:
            self.sock.settimeout(self.deadline.left(self.step))
            data = self.sock.recv(_CHUNK)
        except OSError as error:
            raise tls.translate(error, self.step) from error
        if not data:
            raise ConnectionLost("the server closed the connection", step=self.step)
        self.bytes_in += len(data)
        self.deadline.moved(len(data))
        cut, self._start = self._start, 0
        del self._buffer[:cut]
        self._buffer += data
        return cut
