"""What the database knows about a batch of mails: whose addresses, and what is done already.

Each question is one indexed query for the whole batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from odoo import api, models
from odoo.tools import SQL

from ..engine import exclusion
from ..engine.addresses import Rules, key, shown
from ..engine.matching import Known, Settled, Target
from ..engine.people import Latecomers
from . import places, standing
from .addressing import Asked, array, found_keys
from .tombstones import hash_of

#: How many latecomers are looked for at once.
PORTION = 5000


def sift(
    env: api.Environment, rules: Rules, emails: Collection[str], message_ids: Collection[str]
) -> frozenset[str]:
    """Return the addresses of leads and of their contacts, and the ids of mails from the CRM.

    ``env`` is the superuser's. There may be addresses too many, never too few.
    """
    asked = Asked.of(emails, rules)
    rows = env.execute_query(
        SQL(
            """
            SELECT form FROM (%(leads)s) lead
            UNION
            SELECT form FROM (%(partners)s) partner
            WHERE EXISTS (SELECT FROM crm_lead l WHERE l.partner_id = partner.id)
            UNION
            SELECT form FROM (%(added)s) added
            UNION
            SELECT trim(both '<>' from message_id) FROM mail_message
            WHERE message_id = ANY(%(bracketed)s)
              AND model = ANY(%(models)s) AND message_type != 'email'
            UNION
            SELECT alias FROM mail_sync_message WHERE alias = ANY(%(ids)s)
            """,
            leads=asked.query("crm_lead", "r.id"),
            partners=asked.query("res_partner", "r.id"),
            added=_added(env, asked),
            bracketed=array(f"<{message_id}>" for message_id in message_ids),
            ids=array(message_ids),
            models=list(standing.models(env)),
        )
    )
    return frozenset(one for [value] in rows for one in asked.forms.get(value, (value,)))


def _added(env: api.Environment, asked: Asked) -> SQL:
    """Return a query of (form, keys, model, id) for each record of another addon's model."""
    nobody = SQL("SELECT NULL::text AS form, NULL AS keys, NULL AS model, 0 AS id WHERE FALSE")
    found = (asked.query_keys(env[name]._table, name) for name in standing.added(env))
    return SQL(" UNION ALL ").join((nobody, *found))


def known(
    account: models.BaseModel, emails: Collection[str], message_ids: Collection[str]
) -> Known:
    """Return everything that matching needs to know about these addresses and ids.

    ``account`` is a superuser's.
    """
    env, companies = account.env, account.user_id.company_ids.ids
    rules = account._address_rules()
    return Known(
        by_address=_by_address(env, Asked.of(emails, rules), companies),
        standing={
            message_id: tuple(row.standing for row in rows)
            for message_id, rows in standing.rows(env, message_ids, companies).items()
        },
        settled=_settled(account, list(message_ids), companies),
        colleagues=colleagues(env, list(emails)),
        excluded=_excluded(account, emails, rules),
    )


def _by_address(
    env: api.Environment, asked: Asked, companies: list[int]
) -> dict[str, tuple[Target, ...]]:
    """Return, by address, its open leads and opportunities and the contact they belong to.

    An address with only closed ones keeps its contact or, without a contact, the latest of them:
    an old customer who writes again is not a stranger.
    """
    rows = env.execute_query(
        SQL(
            """
            SELECT r.form, r.own, r.keys, r.id, NULL,
                   r.active AND COALESCE(r.won_status, 'pending') = 'pending'
            FROM (%(leads)s) r
            WHERE r.company_id IS NULL OR r.company_id = ANY(%(companies)s)
            UNION ALL
            SELECT r.form, r.own, r.keys, l.id, r.id,
                   l.active AND COALESCE(l.won_status, 'pending') = 'pending'
            FROM (%(partners)s) r JOIN crm_lead l ON l.partner_id = r.id
            WHERE (r.company_id IS NULL OR r.company_id = ANY(%(companies)s))
              AND (l.company_id IS NULL OR l.company_id = ANY(%(companies)s))
            """,
            leads=asked.query("crm_lead", "r.id, r.company_id, r.active, r.won_status"),
            partners=asked.query("res_partner", "r.id, r.company_id"),
            companies=companies,
        )
    )
    opened, closed, contacts = defaultdict(set), defaultdict(set), defaultdict(set)
    for form, own, lines, lead_id, partner_id, is_open in rows:
        for email in asked.emails(form, found_keys(own, lines)):
            (opened if is_open else closed)[email].add(lead_id)
            if partner_id:
                contacts[email].add(partner_id)
    found = {}
    for email in opened.keys() | closed.keys():
        leads = opened[email]
        if not leads and not contacts[email]:
            leads = {max(closed[email])}
        found[email] = (
            *(Target("crm.lead", lead_id) for lead_id in sorted(leads)),
            *(Target("res.partner", partner_id) for partner_id in sorted(contacts[email])),
        )
    for email, targets in _on_added_models(env, asked, companies).items():
        found[email] = (*found.get(email, ()), *targets)
    return found


def _on_added_models(
    env: api.Environment, asked: Asked, companies: list[int]
) -> dict[str, tuple[Target, ...]]:
    """Return, by address, the records of other addons that take its mails."""
    if not standing.added(env):
        return {}
    by_email: dict[str, dict[Target, None]] = defaultdict(dict)
    for form, lines, model, res_id in env.execute_query(_added(env, asked)):
        for email in asked.emails(form, found_keys(None, lines)):
            by_email[email][Target(model, res_id)] = None
    ids: dict[str, set[int]] = defaultdict(set)
    for targets in by_email.values():
        for target in targets:
            ids[target.model].add(target.res_id)
    taken = {
        Target(model, res_id)
        for model, found in ids.items()
        for res_id in env[model].browse(sorted(found))._mail_sync_takers(companies).ids
    }
    return {email: tuple(t for t in targets if t in taken) for email, targets in by_email.items()}


def _settled(
    account: models.BaseModel, message_ids: list[str], companies: Sequence[int]
) -> dict[str, tuple[Settled, ...]]:
    env = account.env
    rows = env.execute_query(
        SQL(
            """
            SELECT message_id, variant, date,
                   outcome = 'removed' OR everywhere IS TRUE OR error_code IS NOT NULL,
                   CASE WHEN account_id = %(account)s THEN places END
            FROM mail_sync_message
            WHERE message_id = ANY(%(ids)s)
              AND (account_id = %(account)s AND outcome IN ('recorded', 'removed')
                   OR everywhere)
            UNION ALL
            SELECT asked.message_id, stone.variant, NULL, TRUE, NULL
            FROM unnest(%(ids)s, %(hashes)s) AS asked(message_id, hash)
            JOIN mail_sync_tombstone stone ON stone.hash = asked.hash
            """,
            account=account.id,
            ids=message_ids,
            hashes=[hash_of(message_id) for message_id in message_ids],
        )
    )
    had = {target for *_, text in rows for target in places.of(text)}
    exist = places.existing(env, had, companies) if had else {}
    found: dict[str, list[Settled]] = defaultdict(list)
    for message_id, variant, date, final, text in rows:
        own = places.of(text)
        left = tuple(target for target in own if exist.get(target))
        lost = any(target not in exist for target in own)
        found[message_id].append(Settled(variant, standing.aware(date), final, left, lost))
    # What is final for somebody is final, whatever else is known.
    return {id_: tuple(sorted(each, key=lambda s: not s.final)) for id_, each in found.items()}


def colleagues(env: api.Environment, emails: list[str]) -> frozenset[str]:
    """Return those of the addresses that are a colleague's, or their mailbox's."""
    rows = env.execute_query(
        SQL(
            """
            SELECT p.form FROM (%(partners)s) p JOIN res_users u ON u.partner_id = p.id
            WHERE u.active AND NOT u.share
            UNION
            SELECT a.email FROM mail_sync_account a WHERE a.active AND a.email = ANY(%(emails)s)
            """,
            partners=Asked.of(emails).query("res_partner", "r.id"),
            emails=[*emails, *map(shown, emails)],
        )
    )
    return frozenset(key(email) for [email] in rows)


def _excluded(account, emails: Collection[str], rules: Rules) -> frozenset[str]:
    # The owner is on each of their mails, so a list with their own domain means everyone else.
    own = {key(email, rules) for email in account._own_emails()}
    others = [email for email in emails if key(email, rules) not in own]
    return never_recorded(account.user_id, others, rules)


def never_recorded(user: models.BaseModel, emails: Collection[str], rules: Rules) -> frozenset[str]:
    """Return those of the addresses that a user, or a company of theirs, never records.

    The lists of all their companies count, not only the mailbox's: the mails would be recorded on
    the leads of all of them.
    """
    covering = {email: exclusion.covering(email, rules) for email in emails}
    listed_fields = user.env["mail.sync.exclusion"]._fields
    rows = user.env.execute_query(
        SQL(
            """
            SELECT pattern FROM mail_sync_exclusion
            WHERE user_id = %(user)s AND pattern = ANY(%(patterns)s)
            UNION
            SELECT pattern FROM mail_sync_exclusion
            WHERE company_id = ANY(%(companies)s) AND pattern = ANY(%(patterns)s)
            """,
            user=user.id,
            companies=user.company_ids.ids,
            patterns=list({pattern for patterns in covering.values() for pattern in patterns}),
            to_flush=[listed_fields[name] for name in ("pattern", "user_id", "company_id")],
        )
    )
    listed = {pattern for [pattern] in rows}
    return frozenset(
        email for email, patterns in covering.items() if not listed.isdisjoint(patterns)
    )


def latecomers(account: models.BaseModel) -> Latecomers:
    """Return those that an account has to look back for; of very many, the first portion.

    Once begun, a portion stays the same until it is done.
    """
    [[number]] = account.env.execute_query(
        SQL(
            """
            SELECT COALESCE(
                (SELECT MAX(review_number) FROM mail_sync_mailbox
                 WHERE account_id = %(account)s AND review_number > %(after)s),
                (SELECT MAX(number) FROM (
                    SELECT number FROM mail_sync_latecomer
                    WHERE number > %(after)s ORDER BY number LIMIT %(portion)s) portion),
                0)
            """,
            account=account.id,
            after=account.caught_up_to,
            portion=PORTION,
        )
    )
    rows = account.env.execute_query(
        SQL(
            """
            SELECT DISTINCT c.email, l.id
            FROM mail_sync_latecomer c
            JOIN crm_lead l ON l.id = c.lead_id
            LEFT JOIN res_partner p ON p.id = l.partner_id
            WHERE c.number > %(after)s AND c.number <= %(number)s
              AND (c.email IN (l.email_normalized, p.email_normalized)
                   OR c.email = ANY(string_to_array(l.mail_sync_keys, E'\\n'))
                   OR c.email = ANY(string_to_array(p.mail_sync_keys, E'\\n')))
              AND (l.company_id IS NULL OR l.company_id = ANY(%(companies)s))
            ORDER BY l.id
            """,
            after=account.caught_up_to,
            number=number,
            companies=account.user_id.company_ids.ids,
        )
    )
    rules = account._address_rules()
    late: dict[str, dict[Target, None]] = defaultdict(dict)
    for email, lead_id in rows if number else ():
        late[key(email, rules)][Target("crm.lead", lead_id)] = None
    own = {key(email, rules) for email in account._own_emails()}
    return Latecomers(number, {e: tuple(found) for e, found in late.items() if e not in own}, rules)
