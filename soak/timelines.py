"""The oracle's view of the CRM: leads, contacts and their entries, over the calls of a user."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from dev import visible
from dev.client import Client

from .told import digest, folded

#: Records in one call.
PORTION = 500
MODELS = ("crm.lead", "res.partner")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A record on which mails stand."""

    model: str
    id: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A mail on a record, as a user sees it there."""

    id: int
    place: Place
    message_id: str
    subject: str
    direction: str
    date: datetime
    words: str
    files: tuple[tuple[str, str], ...]


def places(client: Client) -> dict[str, frozenset[Place]]:
    """Return where the mails of each address belong: its open leads, and their contacts."""
    found: defaultdict[str, set[Place]] = defaultdict(set)
    leads = client.call("crm.lead", "search_read", [], ["email_from", "partner_id"])
    contacts = {lead["partner_id"][0] for lead in leads if lead["partner_id"]}
    partners = client.call("res.partner", "read", sorted(contacts), ["email"])
    email_of = {one["id"]: (one["email"] or "").lower() for one in partners}
    for lead in leads:
        place = Place("crm.lead", lead["id"])
        if lead["email_from"]:
            found[lead["email_from"].lower()].add(place)
        if lead["partner_id"]:
            contact = lead["partner_id"][0]
            found[email_of[contact]] |= {place, Place("res.partner", contact)}
    return {address: frozenset(some) for address, some in found.items() if address}


def entries(client: Client) -> Iterator[Entry]:
    """Yield every mail that stands on a lead or a contact."""
    domain = [("model", "in", MODELS), ("message_type", "=", "email")]
    ids = client.call("mail.message", "search", domain, order="id")
    for start in range(0, len(ids), PORTION):
        rows = client.call(
            "mail.message",
            "read",
            ids[start : start + PORTION],
            [
                *("model", "res_id", "message_id", "subject", "date", "body"),
                *("mail_sync_direction", "attachment_ids"),
            ],
        )
        files = _files(client, [file for row in rows for file in row["attachment_ids"]])
        yield from (_entry(row, files) for row in rows)


def _entry(row: dict, files: dict[int, tuple[str, str]]) -> Entry:
    return Entry(
        id=row["id"],
        place=Place(row["model"], row["res_id"]),
        message_id=(row["message_id"] or "").strip("<>"),
        subject=folded(row["subject"] or ""),
        direction=row["mail_sync_direction"] or "",
        date=datetime.fromisoformat(row["date"]).replace(tzinfo=UTC),
        words=visible.text(row["body"] or ""),
        files=tuple(sorted(files[file] for file in row["attachment_ids"])),
    )


def _files(client: Client, ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    rows = client.call("ir.attachment", "read", sorted(set(ids)), ["name", "datas"])
    return {row["id"]: (row["name"], digest(base64.b64decode(row["datas"] or ""))) for row in rows}
