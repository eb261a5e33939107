"""A mail from a file → what is known about it, and its entry on one record."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from odoo import models

from ..engine import matching
from ..engine.addresses import Rules
from ..engine.matching import Known, Verdict
from ..engine.people import Owner, Target
from ..engine.reports import reading
from ..engine.reports.notices import is_from_a_machine
from ..engine.reports.report import Report
from ..engine.sync.protocols import Record
from ..engine.values import Email, Envelope
from . import addressing, hook, recording, standing
from .known import colleagues, never_recorded


def judge(
    user: models.BaseModel, own: Collection[str], envelope: Envelope, target: Target
) -> Verdict:
    """Return what becomes of a mail that a user logs on a record.

    ``user`` is a superuser's, ``own`` are the user's addresses, as keys.
    """
    company = user.company_id
    rules = Rules(company.mail_sync_plus_tags, company.mail_sync_gmail_dots)
    owner = Owner(frozenset(own), rules=rules)
    return matching.by_hand(envelope, target, _known(user, envelope, owner), owner, now())


def report(raw: bytes, envelope: Envelope) -> Report | None:
    """Return what a mail reports; None if it is no report."""
    return reading.of_a_mail(raw, from_machine=is_from_a_machine(envelope))


def record(
    user: models.BaseModel,
    own: Collection[str],
    envelope: Envelope,
    email: Email,
    verdict: Verdict,
    *,
    automatic: bool,
):
    """Create the entry that ``verdict`` wants; return its ``mail.message``, a superuser's."""
    sender = envelope.sender.email
    found = addressing.contacts(user.env, [sender])
    author_id = user.partner_id.id if sender in own else found.get(sender, False)
    message = recording.record_by_hand(
        _company(user, verdict.targets[0]),
        Record(0, envelope, verdict, now(), email, automatic),
        author_id,
    )
    hook.tell(message)
    return message


def now() -> datetime:
    """Return the time that stands in for an implausible one in the mail."""
    return datetime.now(UTC)


def _company(user: models.BaseModel, target: Target) -> models.BaseModel:
    record = user.env[target.model].browse(target.res_id)
    return ("company_id" in record and record.company_id) or user.company_id


def _known(user: models.BaseModel, envelope: Envelope, owner: Owner) -> Known:
    env, companies = user.env, user.company_ids.ids
    people = list(matching.everyone(envelope))
    rows = standing.rows(env, matching.ids(envelope), companies)
    return Known(
        standing={id_: tuple(row.standing for row in found) for id_, found in rows.items()},
        colleagues=colleagues(env, people),
        excluded=never_recorded(user, [one for one in people if not owner.owns(one)], owner.rules),
    )
