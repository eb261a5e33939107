"""A connection to an IMAP server: what a recorder needs, each in few round trips.

Only this package imports imapclient: its decoder of mailbox names in ``commands`` and ``answers``,
and its response parser in ``answers``. Everything a server says comes in through ``net.wire``,
within bounds; every error goes out as a MailError. Nothing here changes a flag: mailboxes are
opened with EXAMINE, messages are read with BODY.PEEK.

The numbers are sections of RFC 9051 (IMAP4rev2) unless said otherwise; anything that IMAP4rev1
lacks is used only if the server offers it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime
from types import TracebackType

from ..net import dial, opening
from ..net.dial import Deadline
from ..net.policy import INTERNET, Policy
from ..net.wire import Wire
from ..values import (
    Certificate,
    Connected,
    Credentials,
    Endpoint,
    Folder,
    Headers,
    Snapshot,
    Watched,
)
from . import fetching, filing, searching
from .answers import MAX_HEADER
from .dialogue import Dialogue
from .login import log_in
from .mailboxes import Mailboxes
from .waiting import Wait

#: Seconds for a whole connection attempt, and for a command without any response.
BUDGET = 30.0
PATIENCE = 60.0

#: Bytes read of one message at most.
MAX_MESSAGE = 160 * 1024 * 1024


def connect(
    endpoint: Endpoint,
    credentials: Credentials,
    *,
    budget: float = BUDGET,
    patience: float = PATIENCE,
    policy: Policy = INTERNET,
    message_limit: int = MAX_MESSAGE,
    on_login: Callable[[], None] = lambda: None,
) -> ImapSession:
    """Return a logged-in session, or raise the MailError that explains why there is none.

    ``budget``, in seconds, is for all of it: lookup, TCP, TLS, greeting and login. ``patience``
    applies to each later command. ``policy`` says which addresses may be connected to.
    ``message_limit`` bounds the literals that are read, in bytes. ``on_login`` is called when the
    connection stands, right before the login.
    """
    dial.check_settings(endpoint, credentials)
    deadline = Deadline(budget)
    dialogue = opening.opened(endpoint, deadline, lambda wire: _speak(wire, message_limit), policy)
    try:
        dial.check_confirmed(dialogue.wire.sock, endpoint)
        on_login()
        log_in(dialogue, credentials)
        dialogue.patience = patience
        return ImapSession(dialogue, dial.describe(dialogue.wire.sock, endpoint))
    except BaseException:
        dialogue.close()
        raise


def inspect_certificate(
    endpoint: Endpoint, budget: float = BUDGET, *, policy: Policy = INTERNET
) -> Certificate:
    """Return a server's certificate, without logging in. Raises MailError if it shows none."""
    return opening.inspect_certificate(
        endpoint, budget, lambda wire: _speak(wire, MAX_HEADER), policy
    )


def _speak(wire: Wire, literal_limit: int) -> Dialogue:
    wire.literal_limit = literal_limit
    return Dialogue(wire)


class ImapSession:
    """The Session of ``sync``, on a real server. ``connected`` says how it is encrypted."""

    def __init__(self, dialogue: Dialogue, connected: Connected):
        self.connected = connected
        self._dialogue = dialogue
        self._mailboxes = Mailboxes(dialogue)
        self._wait = Wait(dialogue, self._mailboxes)

    @property
    def wire(self) -> Wire:
        """The underlying wire, which counts bytes and round trips."""
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
        """Return STATUS (§6.3.11) of each mailbox, all requested in one round trip.

        ``None`` for a mailbox that does not exist.
        """
        return self._mailboxes.status(names)

    def examine(self, name: str) -> Snapshot:
        """Open a mailbox read-only (§6.3.3). Raises MailboxMissing if that is not possible."""
        return self._mailboxes.examine(name)

    def leave(self) -> None:
        """Close the open mailbox, if any, without losing anything in it."""
        self._mailboxes.leave()

    # waiting for new mail

    @property
    def can_idle(self) -> bool:
        """Whether the server offers IDLE."""
        return self._wait.possible

    def idle(self, name: str) -> Snapshot | None:
        """Open a mailbox read-only and have the server report new mail in it from now on.

        Returns what EXAMINE reported, so that the caller can see whether mail arrived before that;
        None if the server has no IDLE or refuses it, so that polling is needed.
        """
        watched = self._wait.begin([name])
        return watched and watched.told[name]

    def watch(self, names: Sequence[str]) -> Watched | None:
        """Have the server report new mail in the mailboxes from now on; the first one is opened.

        Returns what was reported about each at the start, so that the caller can see whether mail
        arrived before that, and which mailboxes the server reports by itself: the first by IDLE,
        the others by NOTIFY (RFC 5465) if supported. None if the server has no IDLE or refuses it,
        so that polling is needed. Raises MailboxMissing if the first is gone.
        """
        return self._wait.begin(names)

    def news(self) -> frozenset[str]:
        """Return the mailboxes with new mail reported since the wait began or the last call.

        Never waits. Raises MailError if the server has ended IDLE or the connection.
        """
        return self._wait.news()

    def look(self) -> frozenset[str]:
        """Poll the mailboxes that the server does not report by itself, and go on waiting.

        Three round trips, none if it reports all of them. Returns the same as ``news``.
        """
        return self._wait.look()

    def done(self) -> None:
        """End the wait and leave the mailbox, in one round trip: the session is as after login.

        Raises MailError if the connection is dead.
        """
        self._wait.end()

    # searching

    def search(self, lo: int, hi: int, since: date | None = None) -> list[int]:
        """Return the existing UIDs in ``lo <= uid <= hi`` of the open mailbox, ascending."""
        return searching.search(self._dialogue, lo, hi, since)

    def mentioning(self, lo: int, hi: int, emails: Collection[str]) -> list[int] | None:
        """Return the UIDs of ``lo <= uid <= hi`` with one of the addresses in a header, ascending.

        ``None`` if the server cannot run this search.
        """
        return searching.mentioning(self._dialogue, lo, hi, emails)

    def find(self, name: str, header: str, value: str) -> list[int]:
        """Return the UIDs in a mailbox whose header field contains a value. Opens that mailbox."""
        dial.check_text(value)
        self.examine(name)
        return searching.with_header(self._dialogue, header, value)

    # reading

    def headers(
        self, ranges: Sequence[tuple[int, int]], *, traced: bool = False
    ) -> Iterator[Headers]:
        """Yield the headers of all messages in the ranges as they arrive, each once."""
        return fetching.headers(self._dialogue, ranges, traced=traced)

    def bodies(self, uids: Sequence[int], limit: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Yield ``(uid, raw)`` as the messages arrive, with only one in memory at a time."""
        return fetching.bodies(self._dialogue, uids, limit)

    # filing

    def append(self, name: str, raw: bytes, when: datetime) -> None:
        """File a message as seen. Leaves the open mailbox first.

        Courier refuses an APPEND to a mailbox that is open read-only, and other servers know a
        mailbox by more than one name, so none may be open.
        """
        dial.check_text(name)
        self.leave()
        filing.append(self._dialogue, name, raw, when)
