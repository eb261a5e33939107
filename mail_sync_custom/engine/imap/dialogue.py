"""Tagged commands and their answers: how an IMAP connection talks (RFC 9051 §2.2, §5.5).

Knows tags, literals, capabilities and refusals, but not mailboxes.
"""

from __future__ import annotations

import base64
import contextlib
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import count, islice

from ..catalogue import IMAP
from ..errors import (
    ConnectionLost,
    ConnectionTimeout,
    Kind,
    MailError,
    ProtocolViolation,
    safe_text,
)
from ..net import dial
from ..net.dial import Deadline
from ..net.refusals import refused
from ..net.wire import Response, Wire
from .commands import Literal

#: Unsolicited responses within one command.
MAX_CHATTER = 200_000

#: Bytes of all answers to a command whose answers are not streamed.
MAX_COLLECTED = 32 * 1024 * 1024

#: Commands in flight at once. Their answers together cannot fill both sides' buffers.
MAX_PIPELINED = 32

_GREETING = re.compile(rb"\* (OK|PREAUTH|BYE)\b ?(.*)", re.IGNORECASE | re.DOTALL)
_TAGGED = re.compile(rb"(\w+) (OK|NO|BAD)\b ?(.*)", re.IGNORECASE | re.DOTALL)
_CAPABILITY = re.compile(rb"\* (?:OK \[)?CAPABILITY ([^\]]*)", re.IGNORECASE)
CODE_CAPABILITY = re.compile(rb"\[CAPABILITY ([^\]]*)\]", re.IGNORECASE)
_BYE = re.compile(rb"\* BYE\b ?(.*)", re.IGNORECASE | re.DOTALL)


@lru_cache(maxsize=32)
def _capabilities(told: bytes) -> frozenset[str]:
    """Return capabilities in upper case: one set for all connections that are told the same.

    It was a fifth of the memory of each connection that waits.
    """
    return frozenset(told.decode("ascii", "replace").upper().split())


class Dialogue:
    """Tagged commands, and the answers to them, in whatever order they arrive (§5.5).

    An answer that nobody waits for any more (a generator was abandoned) is skipped when the next
    one is awaited. Nothing is kept beyond its command.
    """

    def __init__(self, wire: Wire):
        self.wire = wire
        self.patience: float | None = None  # none while connecting, which has a single budget
        self.before_login: frozenset[str] = frozenset()
        self._numbers = count(1)
        self._open: set[bytes] = set()
        self._done: dict[bytes, tuple[bytes, bytes]] = {}
        self._abandoned: set[bytes] = set()
        self._ended: deque[bytes] = deque(maxlen=8)  # tags, newest last
        self._secrets: list[str] = []
        self._capabilities: frozenset[str] | None = None
        self._broken = False

    # what net.opening asks of a dialogue

    def greet(self) -> None:
        """Read the greeting (§7.1.1 to §7.1.5), and any capabilities in it."""
        line = self.wire.response()[0]
        greeting = _GREETING.match(line)
        if not greeting:
            raise ProtocolViolation(safe_text(line[:200]), code="not_imap")
        status, text = greeting[1].upper(), greeting[2]
        if status == b"BYE":
            raise self.farewell(text)
        if status == b"PREAUTH":
            # Whose mailbox would it be? On a plain connection this also keeps a client from using
            # STARTTLS, and is no longer allowed (§7.1.4; CVE-2020-14093).
            raise ProtocolViolation("the server logs us in by itself (PREAUTH)", code="preauth")
        if told := CODE_CAPABILITY.match(text):
            self.learn(told[1])

    def introduce(self) -> None:
        """Do nothing: in IMAP, capabilities are requested when needed."""

    @property
    def offers_starttls(self) -> bool:
        """Whether the server offers STARTTLS."""
        return "STARTTLS" in self.capabilities

    def start_tls(self) -> None:
        """Send STARTTLS (§6.2.1), and forget the capabilities received in the clear."""
        self.command(b"STARTTLS")
        self.forget_capabilities()

    @property
    def alive(self) -> bool:
        """Whether another command can be sent: the connection is open and in a known state."""
        return not self._broken

    # capabilities (§6.1.1)

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server offers; requested only if it has not announced it by itself."""
        if self._capabilities is None:
            self.command(b"CAPABILITY")
        return self._capabilities or frozenset()

    def learn(self, told: bytes) -> None:
        self._capabilities = _capabilities(told)

    def forget_capabilities(self) -> None:
        """Forget what was announced before TLS or before login (§6.2.1, §6.2.2)."""
        self._capabilities = None

    @property
    def told(self) -> frozenset[str]:
        """What the server has offered so far, before or after login, without a request."""
        return self._capabilities or self.before_login

    # sending

    def hide(self, *secrets: str | bytes) -> None:
        """Remove secrets, and their base64 forms, from every text that is quoted."""
        for secret in secrets:
            plain = secret.encode() if isinstance(secret, str) else secret
            quoted = plain.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
            for form in (base64.b64encode(plain), quoted, plain):
                self._secrets.append(form.decode())

    def begin(self) -> None:
        """Start the next command with its own time limit."""
        if self._broken:
            raise ConnectionLost("the connection is no longer usable", step=self.wire.step)
        if self.patience is not None:
            self.wire.deadline = Deadline(self.patience, moving=True)

    def send(self, *words: bytes) -> bytes:
        """Send a command and return its tag; a literal waits for a continuation request (§4.3)."""
        tag = b"A%d" % next(self._numbers)
        self._open.add(tag)
        line = tag
        with self._breaking():
            for word in words:
                if isinstance(word, Literal):
                    line = self._send_literal(tag, line, word)
                else:
                    line += b" " + word
            self.wire.send(line + b"\r\n")
        return tag

    def _send_literal(self, tag: bytes, line: bytes, literal: bytes) -> bytes:
        at_once = "LITERAL+" in self.told or ("LITERAL-" in self.told and len(literal) <= 4096)
        if at_once:  # RFC 7888
            self.wire.send(b"%b {%d+}\r\n%b" % (line, len(literal), literal))
        else:
            self.wire.send(b"%b {%d}\r\n" % (line, len(literal)))
            self.await_continuation(tag)
            self.wire.send(literal)
        return b""

    def say(self, line: bytes) -> None:
        """Send a continuation line of a command."""
        with self._breaking():
            self.wire.send(line + b"\r\n")

    def await_continuation(
        self, tag: bytes, heard: Callable[[Response], object] = lambda _: None
    ) -> None:
        """Wait for a continuation request (§7.6); some servers omit the space after ``+``.

        ``heard`` is called with what the server says before it.
        """
        with self._breaking():
            for _ in range(MAX_CHATTER):
                response = self.wire.response()
                if response[0].startswith(b"+"):
                    return
                self._note(response)
                heard(response)
                if tag in self._done:
                    self._conclude(tag)
                    break
            raise ProtocolViolation("no continuation came", step=self.wire.step)

    # answers

    def command(self, *words: bytes) -> list[Response]:
        """Send a command and return the untagged answers to it."""
        self.begin()
        return self.finish(self.send(*words))

    def finish(self, tag: bytes) -> list[Response]:
        """Return the untagged answers to a command that was sent; all in memory, so bounded."""
        answers, size = [], 0
        for response in self.answers(tag):
            size += sum(map(len, response))
            if size > MAX_COLLECTED:
                self._broken = True
                raise ProtocolViolation("an answer without end", step=self.wire.step)
            answers.append(response)
        return answers

    def answers(self, tag: bytes, expected: int = 0) -> Iterator[Response]:
        """Yield the answers until a command is done; raise if the server refused it."""
        room = MAX_CHATTER + expected
        try:
            with self._breaking():
                while tag not in self._done:
                    response = self.wire.response()
                    if self._note(response):
                        continue
                    room -= 1
                    if room < 0:
                        raise ProtocolViolation("answers without end", step=self.wire.step)
                    yield response
        finally:
            self._abandon(tag)
        self._conclude(tag)

    def arrived(self, tag: bytes) -> Iterator[Response]:
        """Yield the answers to a running command that have arrived, without waiting.

        Raises ConnectionLost if the server has ended the command, or the connection.
        """
        with self._breaking():
            for response in self.wire.arrived():
                if not self._note(response):
                    yield response
            if tag in self._done:
                raise ConnectionLost("the server ended the command", step=self.wire.step)

    def pipeline(self, commands: Iterable[Sequence[bytes]]) -> Iterator[bytes]:
        """Send all commands before reading the first answer; yield the tags in order."""
        self.begin()
        rest = iter(commands)
        sent = [self.send(*words) for words in islice(rest, MAX_PIPELINED)]
        try:
            while sent:
                yield sent.pop(0)
                sent += [self.send(*words) for words in islice(rest, 1)]
        finally:
            self._abandon(*sent)

    def _note(self, response: Response) -> bool:
        """Handle what is meant for the dialogue itself; return whether it was."""
        line = response[0]
        if line[:2] == b"* ":
            if line[2:3] in b"BbCcOo":
                self._note_status(line)
            return False
        if line[:1] == b"+":
            return False  # unsolicited: there was nothing to continue
        self._note_tagged(line)
        return True

    def _note_status(self, line: bytes) -> None:
        if bye := _BYE.match(line):
            raise self.farewell(bye[1])
        if told := _CAPABILITY.match(line):
            self.learn(told[1])

    def _note_tagged(self, line: bytes) -> None:
        tagged = _TAGGED.match(line)
        if tagged and tagged[1] in self._ended:
            self._ended.remove(tagged[1])  # said twice, and once too often for good
            return
        if not tagged or tagged[1] not in self._open:
            raise ProtocolViolation(self.safe(line), step=self.wire.step)
        tag, status, text = tagged.groups()
        self._open.discard(tag)
        self._ended.append(tag)
        if tag not in self._abandoned:
            self._done[tag] = (status.upper(), text)
        self._abandoned.discard(tag)
        if told := CODE_CAPABILITY.match(text):
            self.learn(told[1])

    def _abandon(self, *tags: bytes) -> None:
        """Ignore the outcome of commands that are still in flight, when it arrives."""
        self._abandoned |= self._open.intersection(tags)

    def _conclude(self, tag: bytes) -> None:
        status, text = self._done.pop(tag)
        if status != b"OK":
            raise self.refusal(text or status if status == b"NO" else b"BAD " + text)

    @contextlib.contextmanager
    def _breaking(self) -> Iterator[None]:
        """Mark the dialogue broken: after an error inside a response, framing is lost."""
        try:
            yield
        except (ConnectionLost, ConnectionTimeout, ProtocolViolation):
            self._broken = True
            raise

    # errors

    def safe(self, text: bytes) -> str:
        return safe_text(text, *self._secrets)

    def refusal(self, text: bytes) -> MailError:
        """Return the error that a NO or BAD means."""
        return refused(self.safe(text), self.wire.step, IMAP)

    def farewell(self, text: bytes) -> MailError:
        """Return the error that a BYE means: a limit if it says so, else a lost link (§7.1.5)."""
        self._broken = True
        error = refused(self.safe(text), self.wire.step, IMAP)
        if error.kind in (Kind.LIMIT, Kind.SETUP):
            return error
        return ConnectionLost(error.detail, step=error.step, retry_after=error.retry_after)

    def close(self) -> None:
        """Send LOGOUT (§6.1.3) without waiting for the answer, which is of no use. Never raises."""
        if not self._broken:
            self._broken = True
            with contextlib.suppress(MailError):
                self.wire.deadline = Deadline(1.0)
                self.wire.send(b"A%d LOGOUT\r\n" % next(self._numbers))
        dial.close(self.wire.sock)
