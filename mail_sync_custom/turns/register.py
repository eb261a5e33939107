"""Which accounts are watched, and by which watcher: PostgreSQL's advisory locks (see ``locks``).

A watcher locks each account that it watches. When it dies, on any host, its accounts are free for
the others at once. One more lock, shared by all watchers, shows which of them are alive.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from odoo.tools import SQL

from ..engine.watching import Wanted
from . import hosts
from .locks import Locks, granted

#: The first key of a watcher's locks; the second is the account's id, or ALIVE.
KEY = 0x4D53594E
ALIVE = 0

#: The system parameter behind the switch in the settings.
PARAMETER = "mail_sync_custom.idle"

_MODULE = "mail_sync_custom"


class Register(Locks):
    """A watcher's connection to the database: which accounts to watch, and its locks."""

    def __init__(self, dbname: str):
        super().__init__(dbname)
        self._execute(SQL("SELECT pg_advisory_lock_shared(%s, %s)", KEY, ALIVE))

    def addon(self) -> tuple[str, str | None]:
        """Return the addon's state in this database, and its version."""
        query = SQL("SELECT state, latest_version FROM ir_module_module WHERE name = %s", _MODULE)
        return next(iter(self._execute(query)), ("uninstalled", None))

    def wanted(self, columns: Collection[str], within: int) -> dict[int, Wanted]:
        """Return the accounts to watch, by id: they work, and are due within this many seconds.

        The scheduled action reads the others: those that fail, those whose daily quota is used
        up, and those on a host whose connections at once are limited, where one that waits would
        take the place of one that reads. ``columns`` are the connection's settings.
        """
        query = SQL(
            """
            SELECT id, md5(ROW(%(columns)s)::text), due_in, concat(imap_host, ':', imap_port)
            FROM (
                SELECT *, EXTRACT(EPOCH FROM next_sync_at - (now() AT TIME ZONE 'UTC'))::float8
                       AS due_in
                FROM mail_sync_account
            ) account
            WHERE active AND state IN ('enabled', 'error') AND COALESCE(error_code, '') = ''
              AND due_in < %(within)s
              AND NOT EXISTS (SELECT FROM mail_sync_host
                              WHERE host = %(host)s
                                AND (at_once > 0 OR paused_until > now() AT TIME ZONE 'UTC'))
              AND EXISTS (SELECT FROM ir_config_parameter
                          WHERE key = %(parameter)s AND value = 'True')
            """,
            columns=SQL(", ").join(map(SQL.identifier, columns)),
            within=within,
            host=hosts.NAME,
            parameter=PARAMETER,
        )
        return {account: Wanted(*rest) for account, *rest in self._execute(query)}

    def take(self, accounts: Sequence[int]) -> list[int]:
        """Lock the accounts that no other watcher has locked, and return them."""
        query = SQL(
            "SELECT account FROM unnest(%s) account WHERE pg_try_advisory_lock(%s, account)",
            list(accounts),
            KEY,
        )
        return [account for [account] in self._execute(query)]

    def let_go(self, account: int) -> None:
        """Release an account, so that another watcher can take it."""
        self._execute(SQL("SELECT pg_advisory_unlock(%s, %s)", KEY, account))


def count(env) -> tuple[int, list[int]]:
    """Return how many watchers are running, and the ids of the accounts that they watch."""
    ids = [account for [account] in env.execute_query(granted(KEY))]
    return ids.count(ALIVE), sorted(set(ids) - {ALIVE})
