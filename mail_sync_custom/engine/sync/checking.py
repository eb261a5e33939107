"""Compares a mailbox with what is recorded of it, and fetches what is missing, when asked to.

Headers of everything that has been read pass over the wire once more, newest first, and each mail
is judged by today's leads (see ``completeness``). A comparison records nothing. It is saved after
each batch, so that the next run goes on where this one ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from .. import completeness, plan
from ..completeness import MISSING, Checked, Found, Gap, Marked, Order
from ..mime.glance import glance
from ..values import SpecialUse
from . import judging
from .bodies import Bodies
from .ledger import Ledger
from .line import Line
from .passes import Fetch
from .protocols import Store
from .reader import Reader

#: Reads a mailbox over as many connections as needed; returns whether that was done.
Through = Callable[[Reader, Callable[[Reader], None]], bool]


class Checking:
    """The comparison that was asked for, in one run."""

    def __init__(self, line: Line, store: Store, ledger: Ledger, through: Through):
        self.line = line
        self.store = store
        self.ledger = ledger
        self.through = through

    def all(self, readers: Sequence[Reader]) -> None:
        """Go on with the comparison, if one was asked for, in mailboxes that are read to their end.

        A mailbox that cannot be read is a problem of the run, and is left out.
        """
        if self.ledger.closed or not (order := self.store.order()):
            return
        if order.fetching:
            for reader in readers:
                self.through(reader, lambda each: self._fetch(each, order))
            if self.ledger.closed:
                return
            self.store.fetched()
            order = self.store.order() or Order()
        for reader in readers:
            self.through(reader, lambda each: self._compare(each, order))
        if not self.ledger.closed:
            self.store.completed()

    def _fetch(self, reader: Reader, order: Order) -> None:
        uids = order.wanted.get(reader.mailbox.ref, ())
        if uids and self._opened(reader) is not None:
            reader.read(Fetch(uids))

    def _opened(self, reader: Reader) -> int | None:
        """Open a mailbox; return how many messages it has, or None if it was renumbered."""
        if self.ledger.closed:
            return None
        snapshot = self.line.examine(reader.mailbox)
        if plan.renumbered(reader.state, snapshot):
            self.ledger.report.more = True
            return None
        return snapshot.exists or 0

    def _compare(self, reader: Reader, order: Order) -> None:
        exists = self._opened(reader)
        if exists is None:
            return
        state, mailbox = reader.state, reader.mailbox
        checked = order.checked.get(mailbox.ref)
        if not checked or checked.uidvalidity != state.uidvalidity:
            checked = Checked(state.uidvalidity or 0, state.high)
        hi, tally = min(checked.uid, state.high), Counter(checked.tally)
        uids = reader.session.search(state.low, hi - 1) if state.low < hi else []
        marked = self.store.marked(mailbox)
        for batch in plan.review(state, hi, uids):
            if self.ledger.is_over():
                return
            gaps = self._look(reader, batch, marked, tally)
            progress = Checked(state.uidvalidity or 0, batch.lo, exists, dict(tally))
            self.store.compared(mailbox, progress, gaps)
        if state.low >= hi:
            done = Checked(state.uidvalidity or 0, state.low, exists, dict(tally))
            self.store.compared(mailbox, done, ())

    def _look(
        self, reader: Reader, batch: plan.Batch, marked: Marked, tally: Counter[Found]
    ) -> list[Gap]:
        """Compare a batch: count each of its messages in ``tally``, and return what is missing."""
        headers, unread = reader.headers(batch, marked.aside)
        glances = [(h, glance(h.raw)) for h in headers]
        owner = self.ledger.owner
        wanted = judging.among(self.store, owner, glances, marked.gone)
        known = judging.known(self.store, wanted)
        sent = reader.mailbox.special_use is SpecialUse.SENT
        gaps = []
        for h, envelope in wanted:
            found, verdict = completeness.examine(
                envelope, owner, known, sent=sent, internaldate=h.internaldate
            )
            if found in MISSING:
                gaps.append(Gap(h.uid, envelope, h.internaldate, found, verdict))
            else:
                tally[found] += 1
        tally[Found.UNRELATED] += len(headers) - len(wanted)
        aside = sum(uid in marked.aside for uid in batch.uids or ())
        tally[Found.SET_ASIDE] += len(unread) + aside
        left_out = {gap.uid: gap.envelope for gap in gaps if gap.found is Found.LEFT_OUT}
        reports = Bodies(reader.session, self.ledger.limits).reports_among(left_out)
        tally[Found.REPORT] += len(reports)
        gaps = [gap for gap in gaps if gap.uid not in reports]
        tally.update(gap.found for gap in gaps)
        return gaps
