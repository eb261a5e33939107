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
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import psycopg2
from odoo import api, fields
from odoo.tools import SQL

from ..bridge.store import LEASE
from ..transactions import again, as_superuser
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
    holder = _holders.get(dbname)
    number = holder.number() if holder else None
    return again(lambda: _claim(dbname, number, limit, account_id))


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
        return env.execute_query(query)


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
