"""One account's run: what is new, whose it is, what to fetch, and how it is committed.

The driver itself decides nothing: ``plan`` says which UIDs to read, ``matching`` says whose a mail
is, ``mime`` says what it contains.

One rule comes before all others: a mailbox's state is saved in the same transaction as the
outcomes that it covers. So whatever kills the run, the next one continues from the last commit, and
nothing is lost or duplicated.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from .. import plan
from ..errors import Kind, LeaseLost, MailboxMissing, MailError, NothingDelivered, Step
from ..values import MAX_UID, Snapshot, SpecialUse
from .checking import Checking
from .ledger import Ledger
from .line import Line
from .passes import History, LookBack, New
from .proof import Proof
from .protocols import Limits, Mailbox, Report, Session, Store
from .reader import Reader

#: How many connections in a row may drop in one mailbox without anything arriving in between.
MAX_SILENT = 3
#: Reports that are read again together.
REREAD = 50


def run(
    session: Session,
    store: Store,
    *,
    limits: Limits | None = None,
    seconds: float = float("inf"),
    clock: Callable[[], float] = time.monotonic,
    reconnect: Callable[[], Session] | None = None,
) -> Report:
    """Read what is new in every mailbox of an account, and return a report.

    A mailbox that cannot be read is a problem in the report and does not prevent the others from
    being read. ``reconnect`` returns a new logged-in session, for when the server drops this one
    because of a message; it is called a few times at most, and its sessions are closed here.
    Without it, the next run continues where this one ended.

    Raises MailError when the connection fails for good; commits already made are kept.
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
        # If the server dropped the connection last time, it may do so again: others come first.
        well = [reader for reader in readers if not reader.state.at_once]
        ill = [reader for reader in readers if reader.state.at_once]
        self._ask_for_status(well)
        # Sent has the owner's mail as written; read it before a copy that a list has altered.
        for group in (well, ill):
            group.sort(key=lambda reader: reader.mailbox.special_use is not SpecialUse.SENT)
        done: list[Reader] = []
        # If no other connection is possible, nothing can be read after one of those.
        for group in [[*well, *ill]] if self.line.may_renew else [well, ill]:
            # What is new in all mailboxes comes before the history of any: that of a large inbox
            # takes hours, and mail sent meanwhile must not wait for it.
            group = [reader for reader in group if self._through(reader, self._news)]
            done += [reader for reader in group if self._through(reader, self._history)]
        try:
            self._look_back(done)
            self._reread_reports(done)
            Checking(self.line, self.store, self.ledger, self._through).all(done)
        except LeaseLost:
            raise
        except Exception as error:  # everything new has been read by now
            self.report.beside.append(error)
        if not self.ledger.closed and not self.report.beside:
            for reader in done:
                reader.settle()
        return self.report

    def _reader(self, mailbox: Mailbox, mailboxes: Sequence[Mailbox]) -> Reader:
        proof = Proof(self.line, self.report, mailbox, mailboxes)
        return Reader(self.line, self.store, self.ledger, mailbox, proof)

    def _ask_for_status(self, asked: list[Reader]) -> None:
        """Request the status of all these mailboxes together."""
        if not asked:
            return
        try:
            self.snapshots = self.line.session.status([reader.mailbox.name for reader in asked])
        except MailError as error:
            if not _is_the_mailboxs(error, self.line.session):
                raise
            # Which mailbox caused it? EXAMINE will tell.
            for reader in asked:
                reader.beware()
            self._go_on(error)

    def _through(self, reader: Reader, work: Callable[[Reader], None]) -> bool:
        """Work on a mailbox, over as many connections as needed; return whether it is done.

        Raises MailError if it is not, and the others cannot be read either.
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
        """Return how much a failure counts towards giving up a mailbox in this run.

        A failure that was narrowed down is retried. A dropped connection that no message caused may
        be a coincidence, and is retried once; a refusal that no message caused is final.
        """
        if reader.has_blamed():
            return 1
        reader.beware()
        return MAX_SILENT if self.line.session.alive else 2

    def _go_on(self, error: MailError) -> None:
        """Ensure a usable connection, or raise the error that prevents one."""
        if not self.line.session.alive and (self.ledger.is_over() or not self.line.renew()):
            raise error

    def _news(self, reader: Reader) -> None:
        # A mailbox for which STATUS is refused may still exist: EXAMINE will tell.
        mailbox, told = reader.mailbox, self.snapshots.get(reader.mailbox.name) or Snapshot()
        if plan.unchanged(reader.state, told) and not reader.due:
            return
        # Mail may arrive between STATUS and EXAMINE: from here on only EXAMINE counts.
        snapshot = self.line.examine(mailbox)
        reader.exists = snapshot.exists
        uidnext = self._uidnext(snapshot)
        if plan.renumbered(reader.state, snapshot):
            reader.begin(snapshot, uidnext, self._floor(uidnext))
        reader.read(New(uidnext))
        reader.retry()

    def _history(self, reader: Reader) -> None:
        if not reader.state.complete and self._has_open(reader):
            reader.read(History())

    def _look_back(self, readers: list[Reader]) -> None:
        """Search for past mails of the leads created since those mails were read.

        An unavailable mailbox may contain some: then they are searched for once more.
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

    def _reread_reports(self, readers: list[Reader]) -> None:
        """Read again the reports that may be about mails recorded since they were read.

        The inbox may be read before Sent, and past mails are read newest first, so a bounce is
        often there before the mail that came back.
        """
        is_due = self.ledger.sent or any(reader.mailbox.reports_due for reader in readers)
        if self.ledger.closed or not is_due:
            return
        due = self.store.reports_due()
        for reader in readers:
            uids = due.get(reader.mailbox.ref, ())
            for start in range(0, len(uids), REREAD):
                if self._has_open(reader):
                    reader.reread(uids[start : start + REREAD])

    def _has_open(self, reader: Reader) -> bool:
        """Whether the run continues, and the mailbox is open under the numbering that was read."""
        if self.ledger.closed:
            return False
        if not self.line.has_open(reader.mailbox):
            snapshot = self.line.examine(reader.mailbox)
            self.report.more = plan.renumbered(reader.state, snapshot)
        return not self.report.more

    def _uidnext(self, snapshot: Snapshot) -> int:
        """Return UIDNEXT, or derive it if the server does not report it (frappe PR#6960)."""
        if snapshot.uidnext is not None:
            return snapshot.uidnext
        return max(self.line.session.search(1, MAX_UID), default=0) + 1

    def _floor(self, uidnext: int) -> int:
        """Return the first UID of the history window.

        SINCE has day precision, in the server's own time zone: one more day is read, and the window
        is applied to each message.
        """
        since = self.ledger.owner.since
        if since is None or uidnext <= 1:
            return 1
        day = (since - timedelta(days=1)).date()
        return min(self.line.session.search(1, uidnext - 1, day), default=uidnext)


def _is_the_mailboxs(error: MailError, session: Session) -> bool:
    """Whether an error concerns one mailbox only, as far as is known, so others may be read.

    A limit is the account's, except for a refusal to open this mailbox (RFC 5530, ``INUSE``); and
    a refused password is not retried.
    """
    if isinstance(error, LeaseLost) or error.step is Step.RECORDING or error.kind is Kind.CRED:
        return False
    return error.kind is not Kind.LIMIT or (session.alive and error.step is Step.FOLDERS)
