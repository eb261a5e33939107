"""The oracle: which delivered mails are missing in the CRM, there twice, or wrong.

It reads the mail server with a client of its own and the CRM over its calls, and shares no code
with the addon.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain

from dev.client import Client

from . import mailboxes, timelines
from .timelines import Entry, Place
from .told import Told, told


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: with which mail, on which record, and what."""

    subject: str
    place: Place | None
    what: str

    def __str__(self) -> str:
        where = f" on {self.place.model} {self.place.id}" if self.place else ""
        return f"{self.subject!r}{where}: {self.what}"


@dataclass(slots=True)
class Verdict:
    """What the oracle found. ``expected`` counts the entries that must be there."""

    expected: int = 0
    missing: list[Finding] = field(default_factory=list)
    twice: list[Finding] = field(default_factory=list)
    wrong: list[Finding] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.missing or self.twice or self.wrong)

    def findings(self) -> Iterable[str]:
        """Yield a line for each finding."""
        for kind in ("missing", "twice", "wrong"):
            for one in getattr(self, kind):
                yield f"{kind}: {one}"


@dataclass(frozen=True, slots=True)
class Firm:
    """What the oracle has to know of a company: its own addresses, and whose mails go where."""

    own: frozenset[str]
    places: Mapping[str, frozenset[Place]]

    def belongs(self, mail: Told) -> frozenset[Place]:
        """Return the records on which a mail belongs: those of all its correspondents."""
        people = {mail.sender, *mail.people} - self.own
        return frozenset(chain.from_iterable(self.places.get(one, ()) for one in people))

    def direction(self, mail: Told) -> str:
        """Return which way a mail went."""
        return "out" if mail.sender in self.own else "in"


def look(
    client: Client,
    users: Collection[str],
    gone: Iterable[bytes] = (),
    perhaps: Iterable[bytes] = (),
) -> Verdict:
    """Compare the mailboxes of these users with the CRM.

    ``gone`` are mails that are no longer on the server, and have been in the CRM; ``perhaps``
    those that left the server before anybody may have read them. All must be unread on the server:
    whoever delivered them set no flag.
    """
    verdict, sure = Verdict(), [told(raw) for raw in gone]
    for user in users:
        for message in mailboxes.messages(user):
            sure.append(told(message.raw))
            if "\\Seen" in message.flags:
                verdict.wrong.append(Finding(sure[-1].subject, None, "read on the server"))
    firm = Firm(frozenset(user.lower() for user in users), timelines.places(client))
    judge(verdict, firm, sure, [told(raw) for raw in perhaps], timelines.entries(client))
    return verdict


def judge(
    verdict: Verdict,
    firm: Firm,
    sure: Iterable[Told],
    perhaps: Iterable[Told],
    entries: Iterable[Entry],
) -> None:
    """Add to a verdict what is missing, twice or wrong among the entries."""
    must = {mail.key: mail for mail in sure}
    mails = {mail.key: mail for mail in perhaps} | must
    found: defaultdict[tuple[str, Place], list[Entry]] = defaultdict(list)
    for entry in entries:
        key = entry.message_id if entry.message_id in mails else entry.subject
        if key in mails:
            found[key, entry.place].append(entry)
        else:
            verdict.wrong.append(Finding(entry.subject, entry.place, "no such mail was delivered"))
    for key, mail in must.items():
        for place in sorted(firm.belongs(mail)):
            verdict.expected += 1
            if (key, place) not in found:
                verdict.missing.append(Finding(mail.subject, place, "not there"))
    for (key, place), there in found.items():
        mail = mails[key]
        if len(there) > 1:
            verdict.twice.append(Finding(mail.subject, place, f"{len(there)} times"))
        if place not in firm.belongs(mail):
            verdict.wrong.append(Finding(mail.subject, place, "does not belong there"))
        for entry in there:
            verdict.wrong += differences(firm, mail, entry)


def differences(firm: Firm, mail: Told, entry: Entry) -> list[Finding]:
    """Return what an entry shows differently from its mail."""
    pairs = {
        "subject": (mail.subject, entry.subject),
        "direction": (firm.direction(mail), entry.direction),
        "date": (mail.date, entry.date),
        "words": (mail.words, entry.words),
        "files": (mail.files, entry.files),
    }
    return [
        Finding(mail.subject, entry.place, f"{name}: {_short(was)} became {_short(shows)}")
        for name, (was, shows) in pairs.items()
        if was != shows
    ]


def _short(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= 200 else f"{text[:200]}… ({len(text)})")


def counted(findings: Iterable[Finding]) -> Counter[str]:
    """Return how often each kind of difference was found."""
    return Counter(one.what.partition(":")[0] for one in findings)
