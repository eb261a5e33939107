"""What a NO is about: the one mailbox, message or search that was asked for, or all of them.

A code that is listed here says nothing against the server or the account as a whole, as far as
anybody knows, so the session goes on without the one thing. Any other code ends what was begun.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ..errors import MailboxMissing, ServerRefused

OF_COMMAND = frozenset({"command_refused", "refused", "unknown"})
OF_MAILBOX = OF_COMMAND | {"mailbox_missing", "mailbox_forbidden"}
OF_SEARCH = OF_COMMAND | {"mailbox_missing", "server_fault"}
OF_NOTIFY = OF_COMMAND | {"mailbox_missing", "mailbox_forbidden", "throttled", "server_fault"}
OF_MESSAGE = OF_COMMAND | {"message_unreadable", "server_fault"}


def missing(error: ServerRefused) -> MailboxMissing:
    """Return the error of a mailbox that cannot be opened: it is gone, or not for this user."""
    forbidden = error.code == "mailbox_forbidden"
    return MailboxMissing(error.detail, code=error.code if forbidden else None)


@contextlib.contextmanager
def none_of(codes: frozenset[str]) -> Iterator[None]:
    """Let a refusal with one of these codes pass: what was asked for is not there."""
    try:
        yield
    except ServerRefused as error:
        if error.code not in codes:
            raise
