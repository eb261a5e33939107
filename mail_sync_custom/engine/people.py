"""Whose mailbox it is, on which records a mail may be recorded, and which of them came late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .addresses import STRICT, Rules, key


@dataclass(frozen=True, slots=True)
class Target:
    """A record on which a mail can be recorded, by Odoo's model name and id."""

    model: str
    res_id: int

    @property
    def is_lead(self) -> bool:
        return self.model == "crm.lead"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose mailbox it is. ``since`` is the start of the history window, None for everything.

    ``rules`` say when another address is the owner's as well.
    """

    emails: frozenset[str]
    since: datetime | None = None
    record_internal: bool = False
    rules: Rules = STRICT

    def owns(self, email: str) -> bool:
        """Whether an address, a key, is the owner's own by the rules of their company."""
        if email in self.emails or self.rules == STRICT:
            return email in self.emails
        wanted = key(email, self.rules)
        return any(key(own, self.rules) == wanted for own in self.emails)


@dataclass(frozen=True, slots=True)
class Latecomers:
    """Leads created, or given an address, after mails with that address had been looked at.

    ``number`` counts them in order of arrival; these are all up to that number whose past mails
    have not been searched for. Their addresses are keys under ``rules``.
    """

    number: int = 0
    by_address: Mapping[str, tuple[Target, ...]] = field(default_factory=dict)
    rules: Rules = STRICT

    def among(self, emails: Iterable[str]) -> dict[str, tuple[Target, ...]]:
        """Return the latecomers of the addresses, which are keys, by the rules of the company."""
        is_loose = self.rules != STRICT
        return {
            email: found
            for email in emails
            if (found := self.by_address.get(key(email, self.rules) if is_loose else email))
        }
