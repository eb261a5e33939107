"""What all processes know of the mail servers: limits, failures, pauses (``mail.sync.host``)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from odoo import api, fields
from odoo.tools import SQL

from ..engine import pacing
from ..engine.errors import MailError
from ..engine.pacing import Host, Trouble
from ..transactions import again, as_superuser, rows

#: An account's host, as ``mail.sync.host`` names it.
NAME = SQL("concat(lower(imap_host), ':', imap_port)")

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Budget:
    """The hosts that are limited or fail, and how many more connections each may have now."""

    known: Mapping[str, Host]
    rooms: Mapping[str, int]

    def closed(self) -> set[str]:
        """Return the hosts to which no connection may be made now."""
        return {host for host, room in self.rooms.items() if room == 0}

    def room(self, host: str) -> int:
        """Return how many more connections a host may have; -1: no limit."""
        return self.rooms.get(host, -1)


def budget(env: api.Environment, free: SQL, now: datetime) -> Budget:
    """Return the budget of all hosts now. ``free``: the condition for an account not being read."""
    found = env.execute_query(
        SQL(
            "SELECT host, COALESCE(at_once, 0), COALESCE(a_minute, 0), COALESCE(failures, 0),"
            " COALESCE(account, 0), paused_until, minute, COALESCE(minute_count, 0)"
            " FROM mail_sync_host"
            " WHERE at_once > 0 OR a_minute > 0 OR failures > 0 OR paused_until > %s",
            now,
        )
    )
    if not found:
        return Budget({}, {})
    connected = _connected(env, free)
    known = {host: Host(*state) for host, *state, _, _ in found}
    rooms = {
        host: pacing.room(
            known[host], connected[host], known[host].a_minute - _used(minute, count, now), now
        )
        for host, *_, minute, count in found
    }
    return Budget(known, rooms)


def _connected(env: api.Environment, free: SQL) -> Counter[str]:
    """Return how many accounts of each host are being read, by any process."""
    found = env.execute_query(
        SQL(
            "SELECT %s, count(*) FROM mail_sync_account"
            " WHERE lease_token IS NOT NULL AND NOT %s GROUP BY 1",
            NAME,
            free,
        )
    )
    return Counter(dict(found))


def _used(minute: datetime | None, count: int, now: datetime) -> int:
    return count if minute and now - minute < _MINUTE else 0


def count_connections(env: api.Environment, hosts: Collection[str], now: datetime) -> None:
    """Count connections that are about to be made, where they are limited by the minute."""
    for host, count in sorted(Counter(hosts).items()):
        env.execute_query(
            SQL(
                """
                UPDATE mail_sync_host
                SET minute = CASE WHEN minute > %(ago)s THEN minute ELSE %(now)s END,
                    minute_count = %(count)s
                        + CASE WHEN minute > %(ago)s THEN minute_count ELSE 0 END
                WHERE host = %(host)s AND a_minute > 0
                RETURNING id
                """,
                ago=now - _MINUTE,
                now=now,
                count=count,
                host=host,
            )
        )


def note_trouble(dbname: str, host: str, account_id: int, found: Trouble, error: MailError) -> Host:
    """Save that an account failed because of its host, and return what is known of the host now."""

    def save() -> Host:
        with as_superuser(dbname) as env:
            return _note(env, host, account_id, found, error)

    return again(save)


def _note(
    env: api.Environment, name: str, account_id: int, found: Trouble, error: MailError
) -> Host:
    # A row that another process is inserting just now is a race: the caller tries again.
    rows(
        env,
        SQL(
            "INSERT INTO mail_sync_host (host, at_once, a_minute, failures) VALUES (%s, 0, 0, 0)"
            " ON CONFLICT (host) DO NOTHING RETURNING id",
            name,
        ),
    )
    [state] = rows(
        env,
        SQL(
            "SELECT COALESCE(at_once, 0), COALESCE(a_minute, 0), COALESCE(failures, 0),"
            " COALESCE(account, 0), paused_until"
            " FROM mail_sync_host WHERE host = %s FOR NO KEY UPDATE",
            name,
        ),
    )
    after = pacing.after_trouble(
        Host(*state),
        found,
        account_id,
        fields.Datetime.now(),
        random.random(),  # noqa: S311 - it spreads pauses, and guards nothing
        error.retry_after or 0.0,
    )
    rows(
        env,
        SQL(
            "UPDATE mail_sync_host SET failures = %s, account = %s, paused_until = %s,"
            " error_code = %s WHERE host = %s RETURNING id",
            after.failures,
            after.account,
            after.paused_until,
            error.code,
            name,
        ),
    )
    return after


def note_answers(env: api.Environment, hosts: Collection[str]) -> None:
    """Save that hosts answer again."""
    env.execute_query(
        SQL(
            "UPDATE mail_sync_host SET failures = 0, account = NULL, paused_until = NULL,"
            " error_code = NULL WHERE host = ANY(%s) AND failures > 0 RETURNING id",
            list(hosts),
        )
    )
