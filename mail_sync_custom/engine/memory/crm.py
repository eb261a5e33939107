"""A CRM in memory: leads, contacts, colleagues, and what is on their timelines."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ..matching import Reason, Target, tells_author
from ..people import Owner
from ..values import Address, Direction, Email, Envelope

if TYPE_CHECKING:
    from .store import MemoryStore


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead or an opportunity. ``company`` is None if it belongs to all of them."""

    target: Target
    email: str
    contact: Target | None = None
    company: str | None = None
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """A mail on the timeline of a record."""

    target: Target
    message_id: str
    subject: str = ""
    date: datetime | None = None
    variant: int = 0
    direction: Direction = Direction.IN
    reason: Reason | None = None
    because: str = ""
    email: Email | None = field(default=None, repr=False)
    automatic: bool = False
    sender: Address | None = None

    @property
    def from_crm(self) -> bool:
        """Whether it was written there, rather than read from a mailbox."""
        return self.email is None

    @property
    def place(self) -> tuple[str, int, Target]:
        """The unique key of an entry."""
        return self.message_id, self.variant, self.target


class MemoryDatabase:
    """Leads, contacts, colleagues, timelines, and exclusions."""

    def __init__(self):
        self.leads: dict[Target, Lead] = {}
        self.contacts: dict[Target, str] = {}
        self.colleagues: set[str] = set()
        self.excluded: set[str] = set()
        self.entries: list[Entry] = []
        self.arrivals: list[tuple[str, Target]] = []
        self.stores: list[MemoryStore] = []

    def add_contact(self, email: str) -> Target:
        contact = Target("res.partner", len(self.contacts) + 1)
        self.contacts[contact] = email
        return contact

    def add_lead(
        self, email: str, contact: Target | None = None, company: str | None = None
    ) -> Target:
        lead = Target("crm.lead", len(self.leads) + 1)
        self.leads[lead] = Lead(lead, email, contact, company)
        self._arrive(lead)
        return lead

    def change_lead(self, lead: Target, **changes: object) -> None:
        """Give a lead another address, close it, move it to another company."""
        before = self.addresses(self.leads[lead])
        self.leads[lead] = replace(self.leads[lead], **changes)
        self._arrive(lead, before)

    def addresses(self, lead: Lead) -> set[str]:
        """Return the addresses of a lead and of its contact."""
        return {lead.email, self.contacts.get(lead.contact, "")} - {""}

    def _arrive(self, lead: Target, before: Collection[str] = ()) -> None:
        new = self.addresses(self.leads[lead]).difference(before)
        self.arrivals += [(email, lead) for email in sorted(new)]

    def write(self, target: Target, message_id: str, subject: str, date: datetime) -> None:
        """Put a mail on a record that was written in the CRM."""
        self.entries.append(Entry(target, message_id, subject, date, direction=Direction.OUT))

    def correct_authors(self, sent: Mapping[tuple[str, int], Envelope], owner: Owner) -> None:
        """Make recorded mails the owner's own where a copy in Sent tells their author."""

        def corrected(entry: Entry) -> Entry:
            copy = sent.get((entry.message_id, entry.variant))
            named = entry.sender.email if entry.sender else ""
            if not copy or not tells_author(copy, named, entry.because, owner):
                return entry
            return replace(entry, sender=copy.sender, direction=Direction.OUT)

        self.entries = [corrected(entry) for entry in self.entries]

    def timeline(self, target: Target) -> list[Entry]:
        """Return the entries on a record, in order of arrival."""
        return [entry for entry in self.entries if entry.target == target]

    def standing(self, message_id: str) -> list[Entry]:
        """Return where a mail is recorded, by its id or by the one that a provider gave it."""
        ids = {message_id} | {
            key[0] for store in self.stores for key, link in store.links.items()
            if link.alias == message_id
        }  # fmt: skip
        return [entry for entry in self.entries if entry.message_id in ids]
