"""Transactions of our own, apart from the one of a request or a scheduled action.

A turn talks to a mail server between its transactions, a sender's transaction may be rolled back
after the mail has gone, and a save may lose a race against a turn. Each of these needs a short
transaction on a cursor of its own; this module is the only one that opens any.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import SQL, config
from psycopg2 import errors

#: Another transaction was faster. Nothing is wrong: what was decided must be decided again.
RACES = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.UniqueViolation,
    errors.ForeignKeyViolation,  # the link's target has just been removed
)
#: How often ``again`` tries.
TRIES = 5

Result = TypeVar("Result")


class _Share(threading.local):
    """Whether this thread takes its transactions from the share, and has one now."""

    limited = False
    busy = False


_share = _Share()
#: The part of Odoo's connections to the database (``db_maxconn``) that the threads of this addon
#: may use at the same time; the others are for people's requests, which fail without one.
_places = threading.BoundedSemaphore(max(2, config["db_maxconn"] // 4))


def share_connections() -> None:
    """Have this thread wait for a place among the addon's connections before each transaction."""
    _share.limited = True


@contextmanager
def _place() -> Iterator[None]:
    if not _share.limited or _share.busy:
        yield
        return
    with _places:
        _share.busy = True
        try:
            yield
        finally:
            _share.busy = False


@contextmanager
def as_superuser(dbname: str) -> Iterator[api.Environment]:
    """Yield a superuser's environment on a transaction of its own.

    It is committed at the end and rolled back on any exception. It stands in for the right that
    an account's owner gave when they connected it: to record what they exchange with the leads of
    their companies, to send through their server, and to save how both went. None of them can
    write these tables. Raises psycopg2.Error, one of ``RACES`` where another transaction was
    faster.
    """
    with _place(), Registry(dbname).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


@contextmanager
def apart(env: api.Environment) -> Iterator[api.Environment]:
    """Yield ``env`` on a transaction of its own: the same user, rights and context.

    It is committed at the end, even when the transaction of ``env`` is rolled back later. It
    sees nothing that ``env`` has not committed. Raises as :func:`as_superuser` does.
    """
    with _place(), env.registry.cursor() as cr:
        yield env(cr=cr)


@contextmanager
def alone(env: api.Environment, failed: Callable[[Exception], None]) -> Iterator[None]:
    """Isolate the failure of a step from the rest of the transaction.

    The step is undone, ``failed`` is called with the error, and the transaction continues. One of
    the ``RACES`` is raised all the same, because then the whole transaction must be repeated.
    """
    try:
        with env.cr.savepoint():
            yield
    except RACES:
        raise
    except Exception as error:  # any error: the step is worth less than what it would undo
        failed(error)


def rows(env: api.Environment, query: SQL) -> list[tuple]:
    """Return the rows of a query that may lose a race, which is not an error in the log.

    For use within :func:`again`. Raises psycopg2.Error.
    """
    env.cr.execute(query, log_exceptions=False)
    return env.cr.fetchall()


def again(act: Callable[[], Result]) -> Result:
    """Return what ``act()`` returns; call it again, up to ``TRIES`` times, when it loses a race.

    ``act`` opens its own transaction, so that each call sees what the winner has committed.
    Raises the last of the ``RACES``, and everything else at once.
    """
    for _ in range(TRIES - 1):
        try:
            return act()
        except RACES:
            continue
    return act()
