"""One account's run: what is new, whose is it, what to fetch, and one commit for all of it.

The driver decides nothing itself: ``plan`` says which UIDs to look at, ``matching`` says whose a
mail is, ``mime`` says what is in it.

The one rule that everything else serves: a mailbox's state is saved in the same transaction as
the outcomes that it covers, so that whatever kills the run, the next one goes on where the last
commit stood, and nothing is lost and nothing comes twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from .. import plan
from ..errors import Kind, LeaseLost, MailboxMissing, MailError, NothingDelivered, Step
from ..values import MAX_UID, Snapshot, SpecialUse
from .ledger import Ledger
from .line import Line
from .passes import History, LookBack, New
from .proof import Proof
from .protocols import Limits, Mailbox, Report, Session, Store
from .reader import Reader

#: How often in a row the connection may end over one mailbox with nothing having come between.
MAX_SILENT = 3


def run(
    session: Session,
    store: Store,
    *,
    limits: Limits | None = None,
    seconds: float = float("inf"),
    clock: Callable[[], float] = time.monotonic,
    reconnect: Callable[[], Session] | None = None,
) -> Report:
    """Read what is new in every mailbox of an account, and return what was done.

    A mailbox that cannot be read is a problem in the report and does not keep the others from
    being read. ``reconnect`` returns another session that is logged in, for when the server ends
    this one over a message; it is called a few times at most, and what it returns is closed here.
    Without it the next run goes on where this one ended.

    Raises MailError when the connection fails for good; what was committed stays.
    """
    ledger = Ledger(store.owner(), limits or Limits(), clock, clock() + seconds)
    line = Line(session, reconnect)
    try:
        return _Run(line, store, ledger).all()
    finally:
        line.close()


class _Run:
    def __init__(self, line: Line, store: Store, ledger: Ledger):
        self.line = line
        self.store = store
        self.ledger = ledger
        self.report = ledger.report
        self.snapshots: dict[str, Snapshot | None] = {}

    def all(self) -> Report:
        mailboxes = self.store.mailboxes()
        readers = [self._reader(mailbox, mailboxes) for mailbox in mailboxes]
        # Where the server ended the connection the last time, it may do so again: the others first.
        well = [reader for reader in readers if not reader.state.at_once]
        ill = [reader for reader in readers if reader.state.at_once]
        self._ask_for_status(well)
        # Sent is the truth of one's own mail: it comes before what a list has made of a copy.
        for group in (well, ill):
            group.sort(key=lambda reader: reader.mailbox.special_use is not SpecialUse.SENT)
        done: list[Reader] = []
        # Where there is no other connection, nothing can be read after one of those.
        for group in [[*well, *ill]] if self.line.may_renew else [well, ill]:
            # What is new in all mailboxes comes before the history of any: that of a large inbox
            # takes hours, and what is sent meanwhile must not wait for it.
            group = [reader for reader in group if self._through(reader, self._news)]
            done += [reader for reader in group if self._through(reader, self._history)]
        try:
            self._look_back(done)
        except LeaseLost:
            raise
        except Exception as error:  # by now all that is new has been read
            self.report.beside.append(error)
        if not self.ledger.closed and not self.report.beside:
            for reader in done:
                reader.settle()
        return self.report

    def _reader(self, mailbox: Mailbox, mailboxes: Sequence[Mailbox]) -> Reader:
        proof = Proof(self.line, self.report, mailbox, mailboxes)
        return Reader(self.line, self.store, self.ledger, mailbox, proof)

    def _ask_for_status(self, asked: list[Reader]) -> None:
        """Ask for all these mailboxes together."""
        if not asked:
            return
        try:
            self.snapshots = self.line.session.status([reader.mailbox.name for reader in asked])
        except MailError as error:
            if not _is_the_mailboxs(error, self.line.session):
                raise
            # Over which of them? EXAMINE will tell.
            for reader in asked:
                reader.beware()
            self._go_on(error)

    def _through(self, reader: Reader, work: Callable[[Reader], None]) -> bool:
        """Work on a mailbox, over as many connections as it takes; return whether it is done.

        Raises MailError where it is not, and the others cannot be read either.
        """
        silent = 0
        while silent < MAX_SILENT:
            before = reader.heard()
            try:
                work(reader)
                return True
            except (MailboxMissing, NothingDelivered) as error:
                failure, silent = error, MAX_SILENT
            except MailError as error:
                if not _is_the_mailboxs(error, self.line.session):
                    raise
                failure = error
                silent = 0 if reader.has_heard(before) else silent
                silent += self._weight(reader)
                self._go_on(error)
        self.report.problems.append((reader.mailbox.name, failure))
        return False

    def _weight(self, reader: Reader) -> int:
        """Return how much a failure counts for giving a mailbox up in this run.

        What was narrowed down is tried again. An ending that was over no message may have been a
        coincidence, and is tried again once; a refusal that was over none stays one.
        """
        if reader.has_blamed():
            return 1
        reader.beware()
        return MAX_SILENT if self.line.session.alive else 2

    def _go_on(self, error: MailError) -> None:
        """Have a connection that can be used, or raise the error over which there is none."""
        if not self.line.session.alive and (self.ledger.is_over() or not self.line.renew()):
            raise error

    def _news(self, reader: Reader) -> None:
        # A mailbox that STATUS is refused for may be there all the same: EXAMINE will tell.
        mailbox, told = reader.mailbox, self.snapshots.get(reader.mailbox.name) or Snapshot()
        if plan.unchanged(reader.state, told) and not reader.due:
            return
        # Between STATUS and EXAMINE mail may come: from here on only EXAMINE counts.
        snapshot = self.line.examine(mailbox)
        uidnext = self._uidnext(snapshot)
        if plan.renumbered(reader.state, snapshot):
            reader.begin(snapshot, uidnext, self._floor(uidnext))
        reader.read(New(uidnext))
        reader.retry()

    def _history(self, reader: Reader) -> None:
        if not reader.state.complete and self._has_open(reader):
            reader.read(History())

    def _look_back(self, readers: list[Reader]) -> None:
        """Look for the past mails of the leads that have come since they were looked at.

        A mailbox that is gone for now may have some: then they are looked for once more.
        """
        if self.ledger.closed:
            return
        late = self.store.latecomers()

        def look_back(reader: Reader) -> None:
            if self._has_open(reader):
                reader.read(LookBack(late))

        for reader in readers if late.by_address else ():
            self._through(reader, look_back)
        if late.number and not self.ledger.closed and not self.report.problems:
            self.store.caught_up(late.number)

    def _has_open(self, reader: Reader) -> bool:
        """Whether the run goes on, and the mailbox is open under the numbering that was read."""
        if self.ledger.closed:
            return False
        if not self.line.has_open(reader.mailbox):
            snapshot = self.line.examine(reader.mailbox)
            self.report.more = plan.renumbered(reader.state, snapshot)
        return not self.report.more

    def _uidnext(self, snapshot: Snapshot) -> int:
        """Return UIDNEXT, or what it must be where the server does not say (frappe PR#6960)."""
        if snapshot.uidnext is not None:
            return snapshot.uidnext
        return max(self.line.session.search(1, MAX_UID), default=0) + 1

    def _floor(self, uidnext: int) -> int:
        """Return the first UID of the history window.

        SINCE knows days only, and the server's own: one more day is read, and the window is
        applied to each message.
        """
        since = self.ledger.owner.since
        if since is None or uidnext <= 1:
            return 1
        day = (since - timedelta(days=1)).date()
        return min(self.line.session.search(1, uidnext - 1, day), default=uidnext)


def _is_the_mailboxs(error: MailError, session: Session) -> bool:
    """Whether an error is one mailbox's, as far as anybody knows, and the others may be read.

    A limit is the account's, but for a refusal to open this mailbox (RFC 5530, ``INUSE``); and a
    password that is refused is not tried again.
    """
    if isinstance(error, LeaseLost) or error.step is Step.RECORDING or error.kind is Kind.CRED:
        return False
    return error.kind is not Kind.LIMIT or (session.alive and error.step is Step.FOLDERS)
