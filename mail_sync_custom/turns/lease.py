"""Leases: one process at a time reads an account, and a lease ends early if that process dies.

The token is the proof: :meth:`~..bridge.store.OdooStore.hold` checks it in every transaction that
writes, so that a worker that stalled, and whose account another has claimed since, cannot commit.
The lease's duration matters only if a worker hangs. A dead worker is recognised by its lock (see
``locks``): each process that reads accounts holds one, under a number of its own, and a lease
contains that number.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg2
from odoo import api, fields
from odoo.tools import SQL

from ..bridge.store import LEASE
from ..transactions import again, as_superuser, rows
from .locks import Locks, granted

_logger = logging.getLogger(__name__)

#: The first key of the locks of reading processes; the second is the process's number.
KEY = 0x4D53594F
_MAX_NUMBER = 2**31 - 1


class _Life(Locks):
    """A lock that lasts as long as this process, or this connection. ``number`` identifies it."""

    def __init__(self, dbname: str):
        super().__init__(dbname)
        self.number = 1 + secrets.randbelow(_MAX_NUMBER)
        self._execute(SQL("SELECT pg_advisory_lock(%s, %s)", KEY, self.number))

    def is_over(self) -> bool:
        try:
            self._execute(SQL("SELECT 1"))
        except psycopg2.Error:
            return True
        return False


class _Holder:
    """This process as a reader of one database's accounts."""

    def __init__(self, dbname: str):
        self.dbname = dbname
        self.users = 0
        self._life: _Life | None = None
        self._guard = threading.Lock()

    def number(self) -> int | None:
        """Return the number of this process; None if it could not get one.

        Its leases then end only when their time is over.
        """
        with self._guard:
            if self._life and self._life.is_over():
                self._life = None
            if not self._life:
                try:
                    self._life = _Life(self.dbname)
                except psycopg2.Error as error:
                    _logger.warning("Mail Sync: no lock that ends with this process: %s", error)
                    return None
            return self._life.number

    def close(self) -> None:
        with self._guard:
            if self._life:
                self._life.close()
                self._life = None


_holders: dict[str, _Holder] = {}
_guard = threading.Lock()


@contextmanager
def holding(dbname: str) -> Iterator[None]:
    """Let the leases claimed inside end with this process, if it dies.

    One connection per process and database serves all threads, and is closed when the last of
    them is done. Raises nothing of its own.
    """
    with _guard:
        holder = _holders.setdefault(dbname, _Holder(dbname))
        holder.users += 1
    try:
        yield
    finally:
        with _guard:
            holder.users -= 1
            if not holder.users:
                del _holders[dbname]
                holder.close()


def claim(dbname: str, limit: int, account_id: int | None = None) -> list[tuple[int, str]]:
    """Return ``[(account id, lease token)]`` of accounts that are due, or of the given one.

    An account that another worker is claiming, on any host, is skipped. One whose worker has died
    is claimed at once; without :func:`holding`, once its lease has expired.
    Raises psycopg2.Error.
    """
    number = _number(dbname)
    return again(lambda: _claim(dbname, number, limit, account_id))


def _number(dbname: str) -> int | None:
    holder = _holders.get(dbname)
    return holder.number() if holder else None


def _claim(
    dbname: str, number: int | None, limit: int, account_id: int | None
) -> list[tuple[int, str]]:
    now = fields.Datetime.now()
    due = SQL("id = %s", account_id) if account_id else SQL("next_sync_at <= %s", now)
    query = SQL(
        """
        UPDATE mail_sync_account
        SET lease_token = gen_random_uuid()::varchar, lease_until = %(until)s,
            lease_holder = %(number)s
        WHERE id IN (
            SELECT id FROM mail_sync_account
            WHERE active AND state IN ('enabled', 'error') AND %(due)s AND %(free)s
            ORDER BY next_sync_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
        )
        RETURNING id, lease_token
        """,
        until=now + LEASE,
        number=number,
        due=due,
        free=free(now),
        limit=limit,
    )
    with as_superuser(dbname) as env:
        return rows(env, query)


@dataclass(frozen=True, slots=True)
class Claimed:
    """An account that this process may read, its host, and since when it was due."""

    account: int
    token: str
    host: str
    due_at: datetime


#: Decides which of some due accounts, given as ``(account, host)``, are claimed. Returns them, and
#: the hosts that need not be offered again.
Choosing = Callable[[api.Environment, Sequence[tuple[int, str]]], tuple[list[int], set[str]]]


def claim_due(
    dbname: str, which: SQL, name: SQL, choosing: Choosing, closed: set[str], offered: int
) -> list[Claimed]:
    """Claim accounts that are due and meet the condition ``which``; ``choosing`` picks them.

    ``name`` is the SQL of an account's host; accounts of ``closed`` hosts are not offered. The
    longest due come first, ``offered`` at a time. Raises psycopg2.Error.
    """
    number = _number(dbname)
    return again(lambda: _claim_due(dbname, number, which, name, choosing, set(closed), offered))


def _claim_due(
    dbname: str,
    number: int | None,
    which: SQL,
    name: SQL,
    choosing: Choosing,
    closed: set[str],
    offered: int,
) -> list[Claimed]:
    now = fields.Datetime.now()
    chosen: list[int] = []
    with as_superuser(dbname) as env:
        while True:
            due = rows(
                env,
                SQL(
                    """
                    SELECT id, %(name)s FROM mail_sync_account
                    WHERE active AND state IN ('enabled', 'error') AND next_sync_at <= %(now)s
                      AND %(which)s AND %(free)s AND %(name)s <> ALL(%(closed)s)
                    ORDER BY next_sync_at LIMIT %(offered)s FOR NO KEY UPDATE SKIP LOCKED
                    """,
                    name=name,
                    now=now,
                    which=which,
                    free=free(now),
                    closed=list(closed),
                    offered=offered,
                ),
            )
            chosen, full = choosing(env, due)
            # Accounts of a full host may hide others behind them.
            if chosen or not full - closed or len(due) < offered:
                break
            closed |= full
        if not chosen:
            return []
        claimed = rows(
            env,
            SQL(
                """
                UPDATE mail_sync_account
                SET lease_token = gen_random_uuid()::varchar, lease_until = %(until)s,
                    lease_holder = %(number)s
                WHERE id = ANY(%(chosen)s)
                RETURNING id, lease_token, %(name)s, next_sync_at
                """,
                until=now + LEASE,
                number=number,
                chosen=chosen,
                name=name,
            ),
        )
    return [Claimed(*row) for row in claimed]


def free(now: datetime) -> SQL:
    """Return the SQL condition on ``mail_sync_account`` for an account that nobody is reading.

    The locks are looked up only if a lease has not expired, and once per query.
    """
    return SQL(
        """
        (lease_token IS NULL OR lease_until IS NULL OR lease_until < %(now)s
         OR (lease_holder > 0 AND lease_holder NOT IN (%(alive)s)))
        """,
        now=now,
        alive=granted(KEY),
    )


def being_read(env: api.Environment, accounts: list[int]) -> set[int]:
    """Return the ids of those accounts that are being read now."""
    query = SQL(
        "SELECT id FROM mail_sync_account WHERE id = ANY(%s) AND NOT %s",
        accounts,
        free(fields.Datetime.now()),
    )
    return {account for [account] in env.execute_query(query)}


def due(env: api.Environment) -> tuple[int, float, datetime | None]:
    """Return what waits for a turn, apart from what is being read.

    That is: how many accounts are due, for how many seconds at most (slow ones aside), and when
    the next one will be; None if none will.
    """
    now = fields.Datetime.now()
    query = SQL(
        """
        SELECT count(*) FILTER (WHERE next_sync_at <= %(now)s),
               COALESCE(EXTRACT(EPOCH FROM %(now)s - min(next_sync_at)
                                FILTER (WHERE slow IS NOT TRUE)), 0)::float8,
               min(next_sync_at)
        FROM mail_sync_account
        WHERE active AND state IN ('enabled', 'error') AND %(free)s
        """,
        now=now,
        free=free(now),
    )
    [[count, late, following]] = env.execute_query(query)
    return count, late, following


def give_back(dbname: str, account_id: int, token: str, pause: timedelta | None = None) -> None:
    """End a lease, if it is still this one, without changing the account's health.

    The account is due as before, but not before a pause. Raises psycopg2.Error.
    """
    query = SQL(
        """
        UPDATE mail_sync_account
        SET lease_token = NULL, lease_until = NULL, next_sync_at = GREATEST(next_sync_at, %s)
        WHERE id = %s AND lease_token = %s RETURNING id
        """,
        fields.Datetime.now() + pause if pause else None,
        account_id,
        token,
    )

    def end() -> None:
        with as_superuser(dbname) as env:
            env.execute_query(query)

    again(end)
