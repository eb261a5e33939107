"""PostgreSQL's session advisory locks: each ends with the connection that took it.

However a process ends, and on whichever host, the kernel closes its sockets and PostgreSQL
releases its locks at once; if the host itself is gone, TCP keepalives detect it within a minute.
Odoo's own cursors cannot hold such a lock: they return to a pool, and the lock would stay with
the next user of the connection.

A pooler in transaction mode (pgbouncer) lends a connection for one statement. A lock then lives as
long as the pooler's connection, so it may outlive the process or be lost before the process ends.
Neither does harm: a lock only decides how soon an account is read again. What may be written is
decided by the lease's token, in the transaction that writes.
"""

from __future__ import annotations

from contextlib import closing

import psycopg2
from odoo import sql_db
from odoo.tools import SQL

#: Seconds after which either side notices that the other host is gone.
_KEEPALIVES = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


class Locks:
    """A dedicated connection to the database, and the locks taken on it.

    Each statement is its own transaction, so that none stays open. Every method raises
    psycopg2.Error; after an OperationalError or InterfaceError all locks are gone.
    """

    def __init__(self, dbname: str):
        _, where = sql_db.connection_info_for(dbname)
        self._connection = psycopg2.connect(**where, **_KEEPALIVES)
        self._connection.autocommit = True
        for name, value in _KEEPALIVES.items():
            self._execute(SQL("SELECT set_config(%s, %s, false)", f"tcp_{name}", str(value)))

    def close(self) -> None:
        """Release all locks."""
        self._connection.close()

    def _execute(self, query: SQL) -> list[tuple]:
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(query.code, query.params)
            return cursor.fetchall()


def granted(key: int) -> SQL:
    """Return a query for the second keys of all locks with this first key, in this database."""
    return SQL(
        """
        SELECT objid::bigint FROM pg_locks
        WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2 AND granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """,
        key,
    )
