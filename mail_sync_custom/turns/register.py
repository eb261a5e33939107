"""Who is watched, and by whom, as PostgreSQL knows it: session advisory locks.

A lock is gone with the connection that took it, however that ends: what a watcher held that died,
on whichever host, is free in that moment. A watcher has one more lock, shared by all of them,
which says that it lives.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import closing

import psycopg2
from odoo import sql_db
from odoo.tools import SQL

from ..engine.watching import Wanted

#: The first key of all our locks; the second is the account's id, or ALIVE.
KEY = 0x4D53594E
ALIVE = 0

#: The switch in the settings.
PARAMETER = "mail_sync_custom.idle"

_MODULE = "mail_sync_custom"

#: Seconds after which either side notices that the other's host is gone.
_KEEPALIVES = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


class Register:
    """A watcher's connection to the database: what it is to watch, and its locks.

    Each statement is a transaction of its own, so that none is ever open. Every method raises
    psycopg2.Error; after an OperationalError or InterfaceError all the locks are gone.
    """

    def __init__(self, dbname: str):
        _, where = sql_db.connection_info_for(dbname)
        self._connection = psycopg2.connect(**where, **_KEEPALIVES)
        self._connection.autocommit = True
        for name, value in _KEEPALIVES.items():
            self._execute(SQL("SELECT set_config(%s, %s, false)", f"tcp_{name}", str(value)))
        self._execute(SQL("SELECT pg_advisory_lock_shared(%s, %s)", KEY, ALIVE))

    def close(self) -> None:
        """Let all locks go."""
        self._connection.close()

    def addon(self) -> tuple[str, str | None]:
        """Return the addon's state in this database, and its version."""
        query = SQL("SELECT state, latest_version FROM ir_module_module WHERE name = %s", _MODULE)
        return next(iter(self._execute(query)), ("uninstalled", None))

    def wanted(self, columns: Collection[str], within: int) -> dict[int, Wanted]:
        """Return who is to be watched, by id: is read, and has its turn within so many seconds.

        Whoever cannot be read, or has used up the mails of the day, is the scheduled action's.
        ``columns`` are what a connection is made of.
        """
        query = SQL(
            """
            SELECT id, md5(ROW(%(columns)s)::text), due_in
            FROM (
                SELECT *, EXTRACT(EPOCH FROM next_sync_at - (now() AT TIME ZONE 'UTC'))::float8
                       AS due_in
                FROM mail_sync_account
            ) account
            WHERE active AND state IN ('enabled', 'error') AND COALESCE(error_code, '') = ''
              AND due_in < %(within)s
              AND EXISTS (SELECT FROM ir_config_parameter
                          WHERE key = %(parameter)s AND value = 'True')
            """,
            columns=SQL(", ").join(map(SQL.identifier, columns)),
            within=within,
            parameter=PARAMETER,
        )
        return {account: Wanted(*rest) for account, *rest in self._execute(query)}

    def take(self, accounts: Sequence[int]) -> list[int]:
        """Return those of the accounts that nobody else watches, and that we do from now on."""
        query = SQL(
            "SELECT account FROM unnest(%s) account WHERE pg_try_advisory_lock(%s, account)",
            list(accounts),
            KEY,
        )
        return [account for [account] in self._execute(query)]

    def let_go(self, account: int) -> None:
        """Leave an account to whoever watches it next."""
        self._execute(SQL("SELECT pg_advisory_unlock(%s, %s)", KEY, account))

    def _execute(self, query: SQL) -> list[tuple]:
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(query.code, query.params)
            return cursor.fetchall()


def count(env) -> tuple[int, list[int]]:
    """Return how many watchers live, and the ids of the accounts that are watched."""
    rows = env.execute_query(
        SQL(
            """
            SELECT objid::bigint FROM pg_locks
            WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2 AND granted
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """,
            KEY,
        )
    )
    ids = [account for [account] in rows]
    return ids.count(ALIVE), sorted(set(ids) - {ALIVE})
