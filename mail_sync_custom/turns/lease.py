"""Who reads an account: a lease with a token, which ends early when its holder's process dies.

The token is the proof: :meth:`~..bridge.store.OdooStore.hold` asks for it in every transaction
that writes, so that a worker which stalled, and whose account somebody else has claimed since,
cannot commit. How long the lease lasts is only for the worker that hangs. One that dies is known
by its lock (see ``locks``): each process that reads accounts holds one, under a number of its
own, and a lease names that number.
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

#: The first key of the locks of processes that read; the second is the process's number.
KEY = 0x4D53594F
_MAX_NUMBER = 2**31 - 1


class _Life(Locks):
    """The lock that lasts as long as this process, or this connection. ``number`` names it."""

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
        """Return the number under which this process lives; None where it cannot have one.

        Its lease is then one that lasts its time.
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
    """Have the leases that are claimed meanwhile end with this process, if it dies.

    One connection a process and database serves all of its threads, and is closed when the last
    of them is done. Raises nothing of its own.
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
    """Return ``[(account id, lease token)]`` of accounts that are due, or of the one asked for.

    An account that another worker is claiming is skipped, on this host and on every other. One
    whose worker has died is claimed at once; without :func:`holding`, when its lease is over.
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
    """Return the condition on ``mail_sync_account`` under which nobody reads an account.

    The locks are looked up only where there is a lease that still lasts, and once a query.
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
    """Return those of the accounts, by id, that somebody reads now."""
    query = SQL(
        "SELECT id FROM mail_sync_account WHERE id = ANY(%s) AND NOT %s",
        accounts,
        free(fields.Datetime.now()),
    )
    return {account for [account] in env.execute_query(query)}


def give_back(dbname: str, account_id: int, token: str, pause: timedelta | None = None) -> None:
    """End a lease, if it is still this one, without a word about how the account is doing.

    It is due as before, or not before a pause. Raises psycopg2.Error.
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
