"""A connection to an IMAP server: what a recorder needs, each thing in few round trips.

This room is the only one that imports imapclient: its decoder of mailbox names in ``commands``
and ``answers``, and its parser of responses in ``answers``. Everything a server says comes in
through ``net.wire``, within bounds; everything that goes wrong goes out as a MailError. Nothing
here changes a flag: mailboxes are opened with EXAMINE, messages are read with BODY.PEEK.

The numbers are sections of RFC 9051 (IMAP4rev2) unless said otherwise; nothing is used that
IMAP4rev1 lacks unless the server offers it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from types import TracebackType

from ..net import dial, opening
from ..net.dial import Deadline
from ..net.policy import INTERNET, Policy
from ..net.wire import Wire
from ..values import Connected, Credentials, Endpoint, Folder, Headers, Snapshot, Watched
from . import fetching, filing, searching
from .answers import MAX_HEADER
from .dialogue import Dialogue
from .login import log_in
from .mailboxes import Mailboxes
from .waiting import Wait

#: Seconds for a whole connection attempt, and for a command that nothing is heard of.
BUDGET = 30.0
PATIENCE = 60.0

#: Bytes of one message that are read at most.
MAX_MESSAGE = 160 * 1024 * 1024


def connect(
    endpoint: Endpoint,
    credentials: Credentials,
    *,
    budget: float = BUDGET,
    patience: float = PATIENCE,
    policy: Policy = INTERNET,
    message_limit: int = MAX_MESSAGE,
) -> ImapSession:
    """Return a session that is logged in, or raise the MailError why there is none.

    ``budget``, in seconds, is for the whole of it: lookup, TCP, TLS, greeting and login.
    ``patience`` is for each command after that. ``policy`` says which addresses may be
    connected to. ``message_limit`` bounds the literals that are read, in bytes.
    """
    dial.check_settings(endpoint, credentials)
    deadline = Deadline(budget)
    dialogue = opening.opened(endpoint, deadline, lambda wire: _speak(wire, message_limit), policy)
    try:
        log_in(dialogue, credentials)
        dialogue.patience = patience
        return ImapSession(dialogue, dial.describe(dialogue.wire.sock, endpoint))
    except BaseException:
        dialogue.close()
        raise


def inspect_certificate(
    endpoint: Endpoint, budget: float = BUDGET, *, policy: Policy = INTERNET
) -> str:
    """Return the fingerprint of the certificate that a server shows; nobody is logged in."""
    return opening.inspect_certificate(
        endpoint, budget, lambda wire: _speak(wire, MAX_HEADER), policy
    )


def _speak(wire: Wire, literal_limit: int) -> Dialogue:
    wire.literal_limit = literal_limit
    return Dialogue(wire)


class ImapSession:
    """The Session of ``sync``, on a real server. ``connected`` tells how it is encrypted."""

    def __init__(self, dialogue: Dialogue, connected: Connected):
        self.connected = connected
        self._dialogue = dialogue
        self._mailboxes = Mailboxes(dialogue)
        self._wait = Wait(dialogue, self._mailboxes)

    @property
    def wire(self) -> Wire:
        """The wire below, which counts bytes and round trips."""
        return self._dialogue.wire

    def fileno(self) -> int:
        """Return the socket's file descriptor, for a selector; -1 once it is closed."""
        return self.wire.sock.fileno()

    def __enter__(self) -> ImapSession:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether another command can be sent."""
        return self._dialogue.alive

    def close(self) -> None:
        """Log out, whatever state the connection is in. Never raises."""
        self._dialogue.close()

    # mailboxes

    def folders(self) -> list[Folder]:
        """Return every mailbox that LIST shows (§6.3.9), each once."""
        return self._mailboxes.listed()

    def status(self, names: Sequence[str]) -> dict[str, Snapshot | None]:
        """Return STATUS (§6.3.11) of each mailbox, all asked for in one round trip.

        ``None`` for a mailbox that there is not.
        """
        return self._mailboxes.status(names)

    def examine(self, name: str) -> Snapshot:
        """Open a mailbox read-only (§6.3.3). Raises MailboxMissing where that cannot be."""
        return self._mailboxes.examine(name)

    def leave(self) -> None:
        """Close the open mailbox, if there is one, and lose nothing in it."""
        self._mailboxes.leave()

    # waiting for new mail

    @property
    def can_idle(self) -> bool:
        """Whether the server offers IDLE."""
        return self._wait.possible

    def idle(self, name: str) -> Snapshot | None:
        """Open a mailbox read-only and have the server tell what comes into it from now on.

        Returns what EXAMINE said, so that whoever asks can see whether something came before
        that; None where the server has no IDLE or refuses it, and polling must do.
        """
        watched = self._wait.begin([name])
        return watched and watched.told[name]

    def watch(self, names: Sequence[str]) -> Watched | None:
        """Have the server tell what comes into mailboxes from now on; the first one is opened.

        Returns what was told of each at the beginning, so that whoever asks can see whether
        something came before that, and which mailboxes the server tells of by itself: the first
        by IDLE, the others by NOTIFY (RFC 5465) where there is one. None where the server has no
        IDLE or refuses it, and polling must do. Raises MailboxMissing where the first is gone.
        """
        return self._wait.begin(names)

    def news(self) -> frozenset[str]:
        """Return the mailboxes that new mail was told of since the wait began or the last call.

        Never waits. Raises MailError where the server has ended IDLE or the connection.
        """
        return self._wait.news()

    def look(self) -> frozenset[str]:
        """Ask for the mailboxes that the server does not tell of, and go on waiting.

        Three round trips, none where it tells of all. Returns what ``news`` does.
        """
        return self._wait.look()

    def done(self) -> None:
        """End the wait and leave the mailbox, in one round trip: the session is as after the login.

        Raises MailError where the connection is dead.
        """
        self._wait.end()

    # searching

    def search(self, lo: int, hi: int, since: date | None = None) -> list[int]:
        """Return the UIDs that exist in ``lo <= uid <= hi``, ascending, of the open mailbox."""
        return searching.search(self._dialogue, lo, hi, since)

    def mentioning(self, lo: int, hi: int, emails: Collection[str]) -> list[int] | None:
        """Return the UIDs of ``lo <= uid <= hi`` with one of the addresses in a header, ascending.

        ``None`` where the server cannot search for that.
        """
        return searching.mentioning(self._dialogue, lo, hi, emails)

    def find(self, name: str, header: str, value: str) -> list[int]:
        """Return the UIDs in a mailbox whose header field contains a value. Opens that mailbox."""
        dial.check_text(value)
        self.examine(name)
        return searching.with_header(self._dialogue, header, value)

    # reading

    def headers(self, ranges: Sequence[tuple[int, int]]) -> Iterator[Headers]:
        """Yield the headers of all messages in the ranges as they come, each once."""
        return fetching.headers(self._dialogue, ranges)

    def bodies(self, uids: Sequence[int], limit: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Yield ``(uid, raw)`` as the messages come: one at a time is in memory."""
        return fetching.bodies(self._dialogue, uids, limit)

    # filing

    def append(self, name: str, raw: bytes, when: datetime) -> None:
        """File a message as seen. Leaves the open mailbox first.

        Courier refuses an APPEND into a mailbox that is open read-only, and other servers know a
        mailbox by more than one name, so that none is open then.
        """
        dial.check_text(name)
        self.leave()
        filing.append(self._dialogue, name, raw, when)
