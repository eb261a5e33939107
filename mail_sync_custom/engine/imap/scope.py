"""What a NO applies to: the one mailbox, message or search requested, or everything.

As far as is known, a code listed here says nothing about the server or the account as a whole, so
the session continues without that one item. Any other code ends the operation.
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
    """Return the error for a mailbox that cannot be opened: it is gone, or access is denied."""
    forbidden = error.code == "mailbox_forbidden"
    return MailboxMissing(error.detail, code=error.code if forbidden else None)


@contextlib.contextmanager
def none_of(codes: frozenset[str]) -> Iterator[None]:
    """Suppress a refusal with one of these codes: what was requested is not there."""
    try:
        yield
    except ServerRefused as error:
        if error.code not in codes:
            raise
