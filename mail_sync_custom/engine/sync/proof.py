"""Is only this message undeliverable, or does the server deliver none at all?

To find out, another message is requested: one of the same mailbox or, if none of those arrives,
one of another mailbox.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from itertools import islice

from ..errors import MailboxMissing
from ..values import MAX_UID, MailboxState
from .line import Line
from .protocols import Mailbox, Report

#: Bytes of a body requested to see whether it arrives.
SAMPLE_BYTES = 64


class Part(StrEnum):
    """Which part of a message is requested."""

    HEADERS = "headers"
    BODY = "body"


class Proof:
    """What is known about the server while one mailbox is read.

    A mailbox in which the connection was dropped in the last run begins in doubt: the server may
    have dropped it because of one message, and may report that as a limit now.
    """

    def __init__(
        self, line: Line, report: Report, mailbox: Mailbox, all_of_them: Sequence[Mailbox]
    ):
        self.line = line
        self.report = report
        self.mailbox = mailbox
        self.others = [other for other in all_of_them if other.ref != mailbox.ref]
        self._doubts = set(Part) if mailbox.state.at_once == 1 else set()
        self._tried: dict[Part, int] = dict.fromkeys(Part, 0)
        self._enough: set[Part] = set()
        self.counts: dict[Part, int] = dict.fromkeys(Part, 0)

    def count(self, part: Part, came: int = 1) -> None:
        """Count parts of this mailbox's messages that have arrived."""
        self.counts[part] += came
        if part is Part.HEADERS:
            self.report.came += came
        else:
            self.report.bodies += came

    def there_is(self, part: Part) -> bool:
        """Return whether this part of any message of the mailbox has arrived in this run."""
        return self.counts[part] > 0

    def seek(self, part: Part, state: MailboxState, known: Collection[int]) -> None:
        """Request that part of a message other than ``known``, if there is doubt."""
        if part in self._doubts and not self.there_is(part):
            self._doubts.discard(part)
            if self.ask(part, state, known) is not False:
                self._enough.add(part)

    def convicts(self, part: Part) -> bool:
        """Return whether a message that was requested alone and did not arrive is at fault.

        If there is no evidence, another message is requested the next time.
        """
        if self.there_is(part) or part in self._enough:
            return True
        self._doubts.add(part)
        return False

    def ask(self, part: Part, state: MailboxState, known: Collection[int]) -> bool | None:
        """Return whether that part of another message arrives; None if there is no other message.

        If a message drops the connection, the next call continues with the next message.
        """
        if self.there_is(part):
            return True
        found: bool | None = False if self._tried[part] else None
        for mailbox, uid in islice(self._candidates(state, known), self._tried[part], None):
            self._tried[part] += 1
            found = False
            found = self._came(part, uid) > 0
            if mailbox is self.mailbox:
                self.count(part, found)
            else:
                self.line.examine(self.mailbox)
            if found:
                return True
        return found

    def _candidates(
        self, state: MailboxState, known: Collection[int]
    ) -> Iterator[tuple[Mailbox, int]]:
        """Yield messages that may arrive, each with its mailbox open, the likeliest first."""
        others = [uid for uid in self.line.session.search(1, MAX_UID) if uid not in known]
        covered = [uid for uid in others if state.low <= uid < state.high]
        for uid in dict.fromkeys([*covered[-1:], *others[-1:], *others[:1]]):
            yield self.mailbox, uid
        for mailbox in self.others:
            try:
                self.line.examine(mailbox)
            except MailboxMissing:
                continue
            for uid in self.line.session.search(1, MAX_UID)[-1:]:
                yield mailbox, uid
        self.line.examine(self.mailbox)

    def _came(self, part: Part, uid: int) -> int:
        if part is Part.HEADERS:
            return len(list(self.line.session.headers([(uid, uid)])))
        return len(list(self.line.session.bodies([uid], SAMPLE_BYTES)))
