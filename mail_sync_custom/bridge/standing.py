"""Where mails are recorded: the one place that asks which records have a mail with a given id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from odoo import api
from odoo.tools import SQL

from ..engine.matching import Standing, Target

#: The models whose records have mails in the CRM itself.
MODELS = ("crm.lead", "res.partner")
#: Inherited by the models of other addons whose records have mails as well.
ADDRESSED = "mail.sync.addressed"


def added(env: api.Environment) -> tuple[str, ...]:
    """Return the models of other addons on whose records mails are recorded."""
    children = env.registry[ADDRESSED]._inherit_children
    return tuple(sorted(name for name in children if not env.registry[name]._abstract))


def models(env: api.Environment) -> tuple[str, ...]:
    """Return all models whose records can have mails. An id on any other one is ignored."""
    return (*MODELS, *added(env))


@dataclass(frozen=True, slots=True)
class Row:
    """One ``mail.message`` on a record. ``ours`` says that Mail Sync recorded it."""

    message: int
    standing: Standing
    ours: bool


def rows(
    env: api.Environment, message_ids: Collection[str], companies: Sequence[int] = ()
) -> Mapping[str, tuple[Row, ...]]:
    """Return the messages with these ids, oldest first, however they got there.

    Ids have no angle brackets: a mail's own, or the alias that a provider gave it. A record is
    ``reachable`` if it belongs to one of the companies, or to none.
    """
    if not message_ids:
        return {}
    found: dict[str, list[Row]] = defaultdict(list)
    answer = env.execute_query(
        SQL(
            """
            WITH asked AS (
                SELECT id AS asked, '<' || id || '>' AS message_id FROM unnest(%(ids)s) id
                UNION
                SELECT alias, '<' || message_id || '>' FROM mail_sync_message
                WHERE alias = ANY(%(ids)s)
            )
            SELECT asked.asked, m.id, e.id IS NOT NULL, m.model, m.res_id, m.date, m.subject,
                   COALESCE(e.variant, 0), m.message_type != 'email',
                   l.id IS NOT NULL OR p.id IS NOT NULL OR %(reached)s,
                   l.active IS TRUE AND COALESCE(l.won_status, 'pending') = 'pending'
            FROM asked
            JOIN mail_message m ON m.message_id = asked.message_id
            LEFT JOIN mail_sync_entry e ON e.mail_message_id = m.id
            LEFT JOIN crm_lead l ON m.model = 'crm.lead' AND l.id = m.res_id
                AND (l.company_id IS NULL OR l.company_id = ANY(%(companies)s))
            LEFT JOIN res_partner p ON m.model = 'res.partner' AND p.id = m.res_id
                AND (p.company_id IS NULL OR p.company_id = ANY(%(companies)s))
            WHERE m.model = ANY(%(models)s)
            ORDER BY m.id
            """,
            ids=list(message_ids),
            companies=list(companies),
            models=list(models(env)),
            reached=_reached(env, companies),
        )
    )
    for message_id, message, ours, model, res_id, date, subject, *rest in answer:
        standing = Standing(Target(model, res_id), aware(date), subject or "", *rest)
        found[message_id].append(Row(message, standing, ours))
    return {message_id: tuple(each) for message_id, each in found.items()}


def within(model, companies: Sequence[int]) -> SQL:
    """Return, in SQL, whether a record ``r`` belongs to one of the companies, or to none."""
    if "company_id" not in model._fields:
        return SQL("TRUE")
    return SQL("(r.company_id IS NULL OR r.company_id = ANY(%s))", list(companies))


def _reached(env: api.Environment, companies: Sequence[int]) -> SQL:
    """Return, in SQL, whether a record of another addon's model belongs to one of the companies."""
    found = [SQL("FALSE")]
    for name in added(env):
        model = env[name]
        found.append(
            SQL(
                "(m.model = %s AND EXISTS (SELECT FROM %s r WHERE r.id = m.res_id AND %s))",
                name,
                SQL.identifier(model._table),
                within(model, companies),
            )
        )
    return SQL("(%s)", SQL(" OR ").join(found))


def aware(moment: datetime | None) -> datetime | None:
    """Return a time of the database, which is naive and in UTC, with its time zone."""
    return moment.replace(tzinfo=UTC) if moment else None
