"""When a lead was last written to, and when it last wrote: two columns, one statement a commit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from odoo import api
from odoo.tools import SQL

from ..engine.values import Direction

COLUMNS = ("mail_sync_last_in_at", "mail_sync_last_out_at")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail on a lead that counts: it is not private, and a person wrote it."""

    lead_id: int
    direction: Direction
    date: datetime


def note(env: api.Environment, mails: Iterable[Mail]) -> None:
    """Move the dates of the leads forward to these mails, and close the reminders they answer.

    ``env`` is the superuser's. Older mails change nothing and lock no lead: the history of a first
    sync, which is read newest first, costs one look at each lead.
    """
    found: dict[int, dict[Direction, datetime]] = {}
    for mail in mails:
        dates = found.setdefault(mail.lead_id, {})
        dates[mail.direction] = max(mail.date, dates.get(mail.direction, mail.date))
    if not found:
        return
    rows = env.execute_query(
        SQL(
            """
            UPDATE crm_lead lead
            SET mail_sync_last_in_at = GREATEST(lead.mail_sync_last_in_at, new.last_in),
                mail_sync_last_out_at = GREATEST(lead.mail_sync_last_out_at, new.last_out)
            FROM unnest(%s::int[], %s::timestamp[], %s::timestamp[]) AS new(id, last_in, last_out)
            WHERE lead.id = new.id AND (
                new.last_in > COALESCE(lead.mail_sync_last_in_at, '-infinity')
                OR new.last_out > COALESCE(lead.mail_sync_last_out_at, '-infinity'))
            RETURNING lead.id
            """,
            list(found),
            [dates.get(Direction.IN) for dates in found.values()],
            [dates.get(Direction.OUT) for dates in found.values()],
        )
    )
    if rows:
        leads = env["crm.lead"].browse(id_ for [id_] in rows)
        leads.invalidate_recordset(COLUMNS, flush=False)
        leads.browse(id_ for id_ in leads.ids if Direction.IN in found[id_])._mail_sync_answered()
