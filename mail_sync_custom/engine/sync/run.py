"""One account's run: what is new, whose is it, what to fetch, and one commit for all of it.

The driver decides nothing itself: ``plan`` says which UIDs to look at, ``matching`` says whose a
mail is, ``mime`` says what is in it.

The one rule that everything else serves: a mailbox's state is saved in the same transaction as
the outcomes that it covers, so that whatever kills the run, the next one goes on where the last
commit stood, and nothing is lost and nothing comes twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from .. import plan
from ..errors import LeaseLost, MailboxMissing
from ..values import MAX_UID, Snapshot
from .ledger import Ledger
from .passes import History, LookBack, New, Retry
from .protocols import Limits, Mailbox, Report, Session, Store
from .reader import Reader


def run(
    session: Session,
    store: Store,
    *,
    limits: Limits | None = None,
    seconds: float = float("inf"),
    clock: Callable[[], float] = time.monotonic,
) -> Report:
    """Read what is new in every mailbox of an account, and return what was done.

    A mailbox that is gone is a problem in the report and does not keep the others from being
    read. Raises MailError when the connection itself fails; what was committed stays.
    """
    ledger = Ledger(store.owner(), limits or Limits(), clock, clock() + seconds)
    return _Run(session, store, ledger).all()


class _Run:
    def __init__(self, session: Session, store: Store, ledger: Ledger):
        self.session = session
        self.store = store
        self.ledger = ledger
        self.report = ledger.report
        self.opened: Mailbox | None = None

    def all(self) -> Report:
        mailboxes = self.store.mailboxes()
        snapshots = self.session.status([mailbox.name for mailbox in mailboxes])
        # What is new in all mailboxes comes before the history of any: that of a large inbox
        # takes hours, and what is sent meanwhile must not wait for it.
        readers: list[Reader] = []
        for mailbox in mailboxes:
            with self._goes_on_without(mailbox):
                readers.append(self._news(mailbox, snapshots.get(mailbox.name)))
        for reader in readers:
            if not reader.state.complete:
                with self._goes_on_without(reader.mailbox):
                    if self._opened_again(reader):
                        reader.read(History())
        try:
            self._look_back(readers)
        except LeaseLost:
            raise
        except Exception as error:  # by now all that is new has been read
            self.report.beside.append(error)
        return self.report

    @contextmanager
    def _goes_on_without(self, mailbox: Mailbox) -> Iterator[None]:
        try:
            yield
        except MailboxMissing as error:
            self.report.problems.append((mailbox.name, error))

    def _news(self, mailbox: Mailbox, snapshot: Snapshot | None) -> Reader:
        if snapshot is None:
            raise MailboxMissing(mailbox.name)
        retries = [uid for uid, is_due in mailbox.aside.items() if is_due]
        if plan.unchanged(mailbox.state, snapshot) and not retries:
            return self._reader(mailbox, mailbox.state.high)
        # Between STATUS and EXAMINE mail may come: from here on only EXAMINE counts.
        snapshot = self._open(mailbox)
        reader = self._reader(mailbox, self._uidnext(snapshot))
        if plan.renumbered(mailbox.state, snapshot):
            reader.begin(snapshot, self._floor(reader.uidnext))
            retries = []
        reader.read(New(reader.uidnext))
        reader.read(Retry(retries))
        return reader

    def _reader(self, mailbox: Mailbox, uidnext: int) -> Reader:
        return Reader(self.session, self.store, self.ledger, mailbox, uidnext)

    def _look_back(self, readers: list[Reader]) -> None:
        """Look for the past mails of the leads that have come since they were looked at.

        A mailbox that is gone for now may have some: then they are looked for once more.
        """
        if self.ledger.closed:
            return
        late = self.store.latecomers()
        for reader in readers if late.by_address else ():
            with self._goes_on_without(reader.mailbox):
                if self._opened_again(reader):
                    reader.read(LookBack(late))
        if late.number and not self.ledger.closed and not self.report.problems:
            self.store.caught_up(late.number)

    def _opened_again(self, reader: Reader) -> bool:
        """Whether the run goes on, and the mailbox is open under the numbering that was read."""
        if self.ledger.closed:
            return False
        if self.opened != reader.mailbox:
            self.report.more = plan.renumbered(reader.state, self._open(reader.mailbox))
        return not self.report.more

    def _open(self, mailbox: Mailbox) -> Snapshot:
        self.opened = None
        snapshot = self.session.examine(mailbox.name)
        self.opened = mailbox
        return snapshot

    def _uidnext(self, snapshot: Snapshot) -> int:
        """Return UIDNEXT, or what it must be where the server does not say (frappe PR#6960)."""
        if snapshot.uidnext is not None:
            return snapshot.uidnext
        return max(self.session.search(1, MAX_UID), default=0) + 1

    def _floor(self, uidnext: int) -> int:
        """Return the first UID of the history window.

        SINCE knows days only, and the server's own: one more day is read, and the window is
        applied to each message.
        """
        since = self.ledger.owner.since
        if since is None or uidnext <= 1:
            return 1
        day = (since - timedelta(days=1)).date()
        return min(self.session.search(1, uidnext - 1, day), default=uidnext)
