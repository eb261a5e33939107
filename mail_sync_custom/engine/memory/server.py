"""A mail server in memory, with the faults of real ones, for testing what is above a Session.

It is held to the same contract tests as the real session, so that a test of the sync's logic which
passes here is meaningful. Faults that real servers sometimes have are switched on per mailbox;
none is on by default.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count

from ..errors import ConnectionLost, MailboxMissing, MailError, ProtocolViolation, ServerRefused
from ..imap import commands, internaldate, sequence
from ..net import dial
from ..values import MAX_UID, Folder, Headers, Snapshot, Watched
from .message import MemoryMessage

#: The header fields that a session asks for.
FIELDS = frozenset(
    b"from to cc bcc reply-to sender message-id in-reply-to references date subject "
    b"x-mail-sync-id auto-submitted".split()
)

#: Those that it asks for of new messages as well.
TRACES = frozenset([b"return-path", b"content-type"])

SEEN = frozenset({"\\Seen"})


class MemoryMailbox:
    """A mailbox and its faults.

    ``hidden`` UIDs are found by SEARCH but missing from FETCH; ``nil`` ones have NIL bodies;
    ``sizeless`` ones have an RFC822.SIZE of zero. ``poison`` maps a UID to the error that ends the
    connection when that message's body is read, ``header_poison`` when its headers are, and the
    answers for the ``unflushed`` messages before it are lost as well. ``fails`` maps a command to
    the error that it fails with: a ServerRefused, after which the connection continues, or one that
    ends it. With ``ends_over_refusals`` off, it also continues after a refused message. ``mute``
    says which of ``"uidvalidity"`` and ``"uidnext"`` are not reported. With ``selectable`` off, the
    mailbox is listed but cannot be opened. ``refuses``: words of what cannot be filed, and why.
    """

    def __init__(self, name: str, uidvalidity: int, attributes: frozenset[str] = frozenset()):
        self.name = name
        self.uidvalidity = uidvalidity
        self.uidnext = 1
        self.attributes = attributes
        self.messages: dict[int, MemoryMessage] = {}
        self.hidden: set[int] = set()
        self.nil: set[int] = set()
        self.sizeless: set[int] = set()
        self.poison: dict[int, MailError] = {}
        self.header_poison: dict[int, MailError] = {}
        self.unflushed = 0
        self.fails: dict[str, MailError] = {}
        self.ends_over_refusals = True
        self.mute: set[str] = set()
        self.selectable = True
        self.refuses: dict[bytes, MailError] = {}

    def deliver(
        self, raw: bytes, internaldate: datetime | None = None, flags: frozenset[str] = frozenset()
    ) -> int:
        """Add a message, with IMAP's line ends; return its UID."""
        uid, self.uidnext = self.uidnext, self.uidnext + 1
        when = internaldate or datetime.now(UTC).replace(microsecond=0)
        self.messages[uid] = MemoryMessage(re.sub(rb"\r?\n", b"\r\n", raw), when, flags)
        return uid

    def expunge(self, *uids: int) -> None:
        """Remove these messages, or all. UIDs are not reused (RFC 9051 §2.3.1.1)."""
        for uid in uids or list(self.messages):
            self.messages.pop(uid, None)

    def skip_to(self, uidnext: int) -> None:
        """Give the next message this UID: a gap or, if it is lower, a server fault."""
        self.uidnext = uidnext

    def renumber(self, uidvalidity: int | None = None) -> None:
        """Give all messages new UIDs from 1, and the mailbox a new UIDVALIDITY."""
        self.uidvalidity = uidvalidity or self.uidvalidity + 1
        self.messages = dict(enumerate((self.messages[uid] for uid in sorted(self.messages)), 1))
        self.uidnext = len(self.messages) + 1

    def snapshot(self) -> Snapshot:
        """Return what the server reports, subject to the mailbox's faults."""
        told = Snapshot(self.uidvalidity or None, self.uidnext or None)
        return replace(told, **dict.fromkeys(self.mute & {"uidvalidity", "uidnext"}))


class MemoryServer:
    """Mailboxes, and the sessions that read them.

    ``commands`` lists what was requested, as ``("STATUS", "INBOX")``; ``connections`` counts the
    sessions opened, ``open`` those not logged out. ``away`` is the reason why connecting fails now.
    With ``idles`` off the server has no IDLE, with ``notifies`` off it reports only the open
    mailbox, and with ``searches`` off it cannot search for addresses. With ``reads_strictly`` on,
    SEARCH finds only the addresses that a strict parser finds in a header. INBOX always exists.
    """

    def __init__(self):
        self.mailboxes: dict[str, MemoryMailbox] = {}
        self.commands: list[tuple] = []
        self.connections = 0
        self.open = 0
        self.away: MailError | None = None
        self.idles = True
        self.notifies = True
        self.searches = True
        self.reads_strictly = False
        self._validities = count(1000)
        self._failure: tuple[int, MailError] | None = None
        self.create("INBOX")

    def __getitem__(self, name: str) -> MemoryMailbox:
        return self.mailboxes[name]

    def create(self, name: str, *attributes: str) -> MemoryMailbox:
        """Create a mailbox; attributes are those of RFC 6154, as ``"\\\\Sent"``."""
        lower = frozenset(attribute.lower() for attribute in attributes)
        self.mailboxes[name] = MemoryMailbox(name, next(self._validities), lower)
        return self.mailboxes[name]

    def rename(self, old: str, new: str) -> None:
        """Rename a mailbox; its UIDs stay."""
        self.mailboxes[new] = self.mailboxes.pop(old)
        self.mailboxes[new].name = new

    def delete(self, name: str) -> None:
        """Delete a mailbox and its messages."""
        del self.mailboxes[name]

    def deliver(
        self,
        mailbox: str,
        raw: bytes,
        internaldate: datetime | None = None,
        flags: frozenset[str] = frozenset(),
    ) -> int:
        """Add a message to a mailbox, creating it if necessary; return its UID."""
        place = self.mailboxes.get(mailbox) or self.create(mailbox)
        return place.deliver(raw, internaldate, flags)

    def fail_after(self, commands: int, error: MailError) -> None:
        """Let this many commands pass, and end the connection with an error at the next one."""
        self._failure = (len(self.commands) + commands, error)

    def connect(self) -> MemorySession:
        """Return a logged-in session. Raises ``away``, if set."""
        if self.away:
            raise self.away
        return MemorySession(self)

    def note(self, *command: object) -> None:
        """Count a command, and fail at the one chosen to fail."""
        self.commands.append(command)
        if self._failure and len(self.commands) > self._failure[0]:
            _, error = self._failure
            self._failure = None
            raise error


class MemorySession:
    """The Session of ``sync``, on a :class:`MemoryServer`."""

    def __init__(self, server: MemoryServer):
        self.server = server
        self._mailbox: MemoryMailbox | None = None
        self._waiting_at: dict[str, int | None] = {}
        self._pushed: frozenset[str] = frozenset()
        self._open = True
        server.open += 1
        server.connections += 1

    def __enter__(self) -> MemorySession:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Log out. Never raises."""
        self.server.open -= self._open
        self._open = False

    @property
    def alive(self) -> bool:
        return self._open

    def _command(self, *command: object) -> None:
        if not self._open:
            raise ConnectionLost("the connection is no longer usable")
        try:
            self.server.note(*command)
        except MailError:
            self.close()
            raise

    def _mailbox_of(self, command: str, name: str) -> MemoryMailbox | None:
        dial.check_text(name)
        self._command(command, name)
        mailbox = self.server.mailboxes.get("INBOX" if name.upper() == "INBOX" else name)
        self._fail(mailbox, command)
        return mailbox

    def _fail(self, mailbox: MemoryMailbox | None, command: str) -> None:
        """Raise the error that a command fails with in this mailbox."""
        error = mailbox.fails.get(command) if mailbox else None
        if error:
            if not isinstance(error, ServerRefused):
                self.close()
            raise error

    @property
    def _selected(self) -> MemoryMailbox:
        if self._mailbox is None:
            raise ProtocolViolation("no mailbox is open")
        return self._mailbox

    def folders(self) -> list[Folder]:
        self._command("LIST")
        return [Folder(each.name, "/", each.attributes) for each in self.server.mailboxes.values()]

    def status(self, names: Sequence[str]) -> dict[str, Snapshot | None]:
        found: dict[str, Snapshot | None] = {}
        for name in names:
            mailbox = self._mailbox_of("STATUS", name)
            found[name] = mailbox.snapshot() if mailbox and mailbox.selectable else None
        return found

    def examine(self, name: str) -> Snapshot:
        mailbox = self._mailbox = self._mailbox_of("EXAMINE", name)
        if mailbox is None or not mailbox.selectable:
            self._mailbox = None
            raise MailboxMissing(f"Mailbox doesn't exist: {name}")
        return replace(mailbox.snapshot(), exists=len(mailbox.messages))

    @property
    def can_idle(self) -> bool:
        return self.server.idles

    def idle(self, name: str) -> Snapshot | None:
        watched = self.watch([name])
        return watched and watched.told[name]

    def watch(self, names: Sequence[str]) -> Watched | None:
        if not self.can_idle:
            return None
        opened = self.examine(names[0])
        told = self.status(names[1:] if opened.uidnext else [*names[1:], names[0]])
        asked = told.get(names[0])
        told[names[0]] = replace(opened, uidnext=asked.uidnext) if asked else opened
        self._command("IDLE")
        self._pushed = frozenset(names if self.server.notifies else names[:1])
        self._waiting_at = {name: self._uidnext(name) for name in names}
        return Watched({name: told[name] for name in names}, self._pushed)

    def news(self) -> frozenset[str]:
        if not self._waiting_at:
            raise ProtocolViolation("nothing is waited for")
        if not self._open:
            raise ConnectionLost("the connection is no longer usable")
        return self._risen(self._pushed)

    def look(self) -> frozenset[str]:
        told = self.news()
        self.status(sorted(self._waiting_at.keys() - self._pushed))
        return told | self._risen(self._waiting_at.keys())

    def _risen(self, names: Collection[str]) -> frozenset[str]:
        now = {name: self._uidnext(name) for name in names}
        before, self._waiting_at = self._waiting_at, {**self._waiting_at, **now}
        return frozenset(name for name in names if (now[name] or 0) > (before[name] or 0))

    def _uidnext(self, name: str) -> int | None:
        mailbox = self.server.mailboxes.get("INBOX" if name.upper() == "INBOX" else name)
        return mailbox.uidnext if mailbox else None

    def done(self) -> None:
        if self._waiting_at:
            self._waiting_at, self._mailbox = {}, None
            self._command("DONE")

    def leave(self) -> None:
        """Close the open mailbox, if any."""
        if self._mailbox is not None:
            self._mailbox = None
            self._command("UNSELECT")

    def search(self, lo: int, hi: int, since: date | None = None) -> list[int]:
        self._command("SEARCH", lo, hi)
        self._fail(self._selected, "SEARCH")
        return [
            uid
            for uid, message in sorted(self._selected.messages.items())
            if max(lo, 1) <= uid <= hi and (since is None or _on_or_after(message, since))
        ]

    def mentioning(self, lo: int, hi: int, emails: Collection[str]) -> list[int] | None:
        self._command("SEARCH ADDRESS", lo, hi, *emails)
        if not self.server.searches:
            return None
        if not all(map(commands.searchable, emails)):
            return None
        wanted = [
            [part.encode() for part in commands.address_parts(email.lower())] for email in emails
        ]
        strictly = self.server.reads_strictly
        return [
            uid
            for uid, message in sorted(self._selected.messages.items())
            if max(lo, 1) <= uid <= hi and message.names_any(wanted, strictly)
        ]

    def headers(
        self, ranges: Sequence[tuple[int, int]], *, traced: bool = False
    ) -> Iterator[Headers]:
        fields = FIELDS | TRACES if traced else FIELDS
        self._command("FETCH HEADER", *ranges)
        self._fail(self._selected, "FETCH HEADER")
        asked, mailbox = sequence.wanted(ranges), self._selected
        uids = [
            uid
            for uid in sorted(mailbox.messages.keys() - mailbox.hidden)
            if sequence.covers(asked, uid)
        ]
        poison = next((at for at, uid in enumerate(uids) if uid in mailbox.header_poison), None)
        end = len(uids) if poison is None else max(poison - mailbox.unflushed, 0)
        yield from (self._headers(mailbox, uid, fields) for uid in uids[:end])
        if poison is not None:
            raise self._ended(mailbox, mailbox.header_poison[uids[poison]])

    def _ended(self, mailbox: MemoryMailbox, error: MailError) -> MailError:
        if mailbox.ends_over_refusals or not isinstance(error, ServerRefused):
            self.close()
        return error

    def _headers(self, mailbox: MemoryMailbox, uid: int, fields: frozenset[bytes]) -> Headers:
        message = mailbox.messages[uid]
        size = None if uid in mailbox.sizeless else len(message.raw)
        raw = b"".join(lines for name, lines in message.fields if name in fields) + b"\r\n"
        when = internaldate.plausible(message.internaldate, internaldate.latest())
        return Headers(uid, size, when, raw)

    def bodies(self, uids: Sequence[int], limit: int | None = None) -> Iterator[tuple[int, bytes]]:
        self._command("FETCH BODY", *uids)
        self._fail(self._selected, "FETCH BODY")
        mailbox = self._selected
        for uid in sorted({uid for uid in uids if 0 < uid <= MAX_UID}):
            if uid in mailbox.poison:
                raise self._ended(mailbox, mailbox.poison[uid])
            message = mailbox.messages.get(uid)
            if message and uid not in mailbox.nil | mailbox.hidden:
                yield uid, message.raw[:limit]

    def find(self, name: str, header: str, value: str) -> list[int]:
        dial.check_text(value)
        self.examine(name)
        self._command("SEARCH HEADER", header, value)
        wanted, part = header.lower().encode(), value.lower().encode()
        return [
            uid
            for uid, message in sorted(self._selected.messages.items())
            if any(key == wanted and part in lines.lower() for key, lines in message.fields)
        ]

    def append(self, name: str, raw: bytes, when: datetime) -> None:
        dial.check_text(name)
        self.leave()
        mailbox = self._mailbox_of("APPEND", name)
        if mailbox is None:
            raise MailboxMissing(f"[TRYCREATE] Mailbox doesn't exist: {name}")
        if error := next((error for word, error in mailbox.refuses.items() if word in raw), None):
            if not isinstance(error, ServerRefused):
                self.close()
            raise error
        mailbox.deliver(raw.removesuffix(b"\n").removesuffix(b"\r") + b"\r\n", when, SEEN)


def _on_or_after(message: MemoryMessage, day: date) -> bool:
    return message.internaldate is not None and message.internaldate.date() >= day
