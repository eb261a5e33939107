"""Which sent mail a report is about, what is marked on it, and which of two marks counts.

Anyone can write a report. So it counts only for mails that were sent from this mailbox, and only
for recipients that the mail really had.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta

from .report import Fate, Mark, Report, Sent, State

#: Mails are bounced within five days (RFC 5321 §4.5.4.1), and some queues are more patient.
PATIENCE = timedelta(days=8)
#: The Date of a returned mail differs from that of the copy in Sent by what sending takes.
SAME = timedelta(minutes=10)
#: Clocks of mail servers differ.
SKEW = timedelta(hours=1)

_PREFIX = re.compile(r"^(?:\s|\[[^\]]*\]|[^\s:]{1,14}\s?:)+")


def attribute(report: Report, sent: Iterable[Sent]) -> tuple[Mark, ...]:
    """Return the marks of a report on the mails that it may be about; none if it is about none.

    The ids decide. A report without a known id is about the latest mail with that recipient and
    subject, if one was sent in the days before.
    """
    mails = list(sent)
    about = _by_id(report, mails) or _by_content(report, mails)
    marks = (_mark(report, fate, mail) for mail in about for fate in report.fates)
    best: dict[tuple[object, str, bool], Mark] = {}
    for mark in filter(None, marks):
        place = (mark.sent.ref, mark.address, mark.state.is_disposition)
        if place not in best or replaces(mark, best[place]):
            best[place] = mark
    return tuple(best.values())


def _by_id(report: Report, sent: Sequence[Sent]) -> list[Sent]:
    """Return the mails with the surest of the ids that any of them has."""
    for id_ in report.ids:
        if found := [mail for mail in sent if id_ in mail.ids]:
            return found
    return []


def _by_content(report: Report, sent: Sequence[Sent]) -> list[Sent]:
    """Return the latest mail with the recipient and the subject of a report.

    Providers replace ids, so a report may name one that nobody knows. Then the returned mail must
    have been written in the same minutes: another mail may have the same subject.
    """
    subject = words_of(report.subject)
    named = {address for fate in report.fates for address in fate.addresses}
    if not subject or not named or not report.date or (report.ids and not report.sent_at):
        return []
    found = [
        mail
        for mail in sent
        if mail.date
        and words_of(mail.subject) == subject
        and not named.isdisjoint(mail.recipients)
        and -SKEW <= report.date - mail.date <= PATIENCE
        and (report.sent_at is None or abs(report.sent_at - mail.date) <= SAME)
    ]
    latest = max((mail.date for mail in found if mail.date), default=None)
    return [mail for mail in found if mail.date == latest]


def _mark(report: Report, fate: Fate, mail: Sent) -> Mark | None:
    address = next((one for one in fate.addresses if one in mail.recipients), "")
    if not address and fate.state.is_disposition and report.sender in mail.recipients:
        address = report.sender  # who read it may be known by another address
    if not address and not fate.addresses and len(mail.recipients) == 1:
        address = next(iter(mail.recipients))
    if not address:
        return None
    return Mark(mail, address, fate.state, fate.status, fate.words, fate.code, report.date)


def replaces(new: Mark, old: Mark) -> bool:
    """Return whether a mark counts instead of an earlier one, for the same mail and recipient.

    Failed and delivered are final: what came before them, such as a delay, no longer matters, in
    whichever order the reports are read. Otherwise the later report counts.
    """
    if new.state.is_final != old.state.is_final:
        return new.state.is_final
    if new.date and old.date and new.date != old.date:
        return new.date > old.date
    return _RANK.index(new.state) >= _RANK.index(old.state)


_RANK = (
    State.DELAYED,
    State.EXPANDED,
    State.RELAYED,
    State.DELIVERED,
    State.FAILED,
    State.DELETED,
    State.READ,
)


def words_of(subject: str) -> list[str]:
    """Return the words of a subject without what answers, lists and bounces put before it."""
    return _PREFIX.sub("", subject.casefold()).split()
