"""The short turn of an account in which nothing has changed, as most turns are.

What it needs is loaded for many accounts in one transaction, and its result is saved for many in
another one. In between, a mailbox costs its connection and one STATUS. An account that has
anything else to do gets a whole turn (see ``turn``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from odoo import api, fields
from odoo.tools import SQL

from ..engine.errors import MailError
from ..engine.net.policy import Policy
from ..engine.values import Credentials, Endpoint, MailboxState
from ..transactions import again, as_superuser
from .lease import Claimed

#: How often a mailbox is read if the scheduled action does not say.
USUAL = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Poll:
    """What a short turn needs: how to connect, and what has been read of each mailbox."""

    endpoint: Endpoint
    credentials: Credentials
    policy: Policy
    covered: Mapping[str, MailboxState]


def prepare(dbname: str, accounts: Sequence[int]) -> dict[int, Poll]:
    """Return what the short turns of these accounts need; without those that need a whole turn.

    Raises psycopg2.Error.
    """
    with as_superuser(dbname) as env:
        covered = _covered(env, _well(env, accounts))
        policy = env["mail.sync.account"]._host_policy()
        polls = {}
        for account in env["mail.sync.account"].browse(covered):
            try:
                credentials = account._credentials_at_hand("imap")
            except MailError:
                continue  # a whole turn says so to its owner, or renews a token first
            polls[account.id] = Poll(
                account._endpoint("imap"), credentials, policy, covered[account.id]
            )
        return polls


def _well(env: api.Environment, accounts: Sequence[int]) -> list[int]:
    """Return the accounts of which nothing has to be saved but that they were read."""
    query = SQL(
        """
        SELECT id FROM mail_sync_account a
        WHERE id = ANY(%(accounts)s)
          AND COALESCE(failure_count, 0) = 0 AND COALESCE(error_code, '') = ''
          AND error_since IS NULL AND reading_failed IS NOT TRUE
          AND told_owner IS NOT TRUE AND told_admin IS NOT TRUE
          AND COALESCE(check_state, 'done') = 'done'
          AND caught_up_to >= (SELECT COALESCE(MAX(number), 0) FROM mail_sync_latecomer)
          AND NOT EXISTS (SELECT FROM mail_sync_latecomer WHERE number IS NULL)
          AND NOT EXISTS (SELECT FROM mail_sync_mailbox
                          WHERE account_id = a.id AND review_number > a.caught_up_to)
          AND NOT EXISTS (SELECT FROM mail_sync_mailbox b
                          JOIN mail_sync_message m ON m.mailbox_id = b.id
                          WHERE b.account_id = a.id AND m.outcome = 'failed'
                            AND m.retry_at <= %(now)s)
          AND NOT EXISTS (SELECT FROM mail_sync_outgoing
                          WHERE account_id = a.id AND state = 'sent' AND filed IS NOT TRUE
                            AND (filing_retry_at IS NULL OR filing_retry_at <= %(now)s))
        """,
        accounts=list(accounts),
        now=fields.Datetime.now(),
    )
    return [account for [account] in env.execute_query(query)]


def _covered(env: api.Environment, accounts: Sequence[int]) -> dict[int, dict[str, MailboxState]]:
    query = SQL(
        "SELECT account_id, name, uidvalidity, uid_low, uid_high, uid_floor, at_once"
        " FROM mail_sync_mailbox WHERE account_id = ANY(%s)",
        list(accounts),
    )
    found: defaultdict[int, dict[str, MailboxState]] = defaultdict(dict)
    for account, name, uidvalidity, low, high, floor, at_once in env.execute_query(query):
        known = None if uidvalidity < 0 else uidvalidity
        found[account][name] = MailboxState(known, low or 0, high or 0, floor or 0, at_once or 0)
    return dict(found)


def save_unchanged(dbname: str, claimed: Collection[Claimed]) -> None:
    """Save that these accounts were read, and give them back.

    One whose lease is lost is left as it is. One that somebody has made due meanwhile stays due.
    Raises psycopg2.Error.
    """

    def save() -> None:
        with as_superuser(dbname) as env:
            _save(env, claimed, fields.Datetime.now())

    again(save)


def _save(env: api.Environment, claimed: Collection[Claimed], now: datetime) -> None:
    ids, tokens, due = zip(*((one.account, one.token, one.due_at) for one in claimed), strict=True)
    env.execute_query(
        SQL(
            """
            UPDATE mail_sync_account a
            SET lease_token = NULL, lease_until = NULL, slow = FALSE, last_sync_at = %(now)s,
                next_sync_at = CASE WHEN a.next_sync_at = done.due THEN %(next)s
                               ELSE a.next_sync_at END
            FROM unnest(%(ids)s, %(tokens)s::varchar[], %(due)s::timestamp[])
                 AS done(id, token, due)
            WHERE a.id = done.id AND a.lease_token = done.token
            RETURNING a.id
            """,
            now=now,
            next=now + interval(env),
            ids=list(ids),
            tokens=list(tokens),
            due=list(due),
        )
    )


def interval(env: api.Environment) -> timedelta:
    """Return how often each mailbox is read: as often as the scheduled action is set to run."""
    rows = env.execute_query(
        SQL(
            """
            SELECT interval_number * CASE interval_type
                   WHEN 'minutes' THEN 60 WHEN 'hours' THEN 3600 WHEN 'days' THEN 86400 END
            FROM ir_cron JOIN ir_model_data d ON d.model = 'ir.cron' AND d.res_id = ir_cron.id
            WHERE d.module = 'mail_sync_custom' AND d.name = 'ir_cron_mail_sync'
            """
        )
    )
    seconds = rows[0][0] if rows else None
    return timedelta(seconds=seconds) if seconds else USUAL
