"""Files a copy of what was sent in the Sent mailbox, exactly once.

Many providers file one themselves, and a worker may have been killed after filing one, so the
mailbox is searched before anything is added. The mail itself has been sent: a copy that cannot be
filed is postponed, with growing pauses, and delays neither reading nor the other copies.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from odoo import fields

from ..bridge.store import OdooStore
from ..engine.errors import Kind, MailboxMissing, MailError, ServerRefused
from ..engine.sync.protocols import Session
from ..transactions import again

_logger = logging.getLogger(__name__)

#: The header that keeps our id when a provider replaces Message-ID.
STAMP = "X-Mail-Sync-Id"
#: How long a provider that files sent mail itself has to do so before we do.
PROVIDER_FILES = timedelta(minutes=10)


@dataclass(frozen=True)
class Copy:
    """A copy to file: the ``mail.sync.outgoing`` rows that it belongs to, and its bytes.

    ``raw`` is None if they are no longer known, as for a mail that the user says was sent.
    """

    ids: tuple[int, ...]
    message_id: str
    sent_at: datetime
    raw: bytes | None


def file_sent(store: OdooStore, connection: Session) -> tuple[int, MailError | None]:
    """File what was sent, each copy once. Returns how many were filed, and why any were not.

    A copy that the server refuses is postponed alone. If the mailbox, a limit or the connection is
    the cause, the copies after it are postponed as well: they would fail the same way.
    Raises psycopg2.Error.
    """
    with store.transaction() as env:
        account = env["mail.sync.account"].browse(store.account_id)
        mailbox = account._sent_mailbox().name
        provider_files = account.provider_id.files_sent_copy
        copies = list(_due(account)) if mailbox else []
    filed, problem = 0, None
    while copies:
        copy = copies.pop(0)
        try:
            done, appended = _file(connection, mailbox, copy, provider_files=provider_files)
        except MailError as error:
            problem = problem or error
            put_off = [copy] if _is_about_one_copy(error) else [copy, *copies]
            _put_off(store, put_off, error)
            copies = [other for other in copies if other not in put_off]
            continue
        filed += appended
        if done:
            with store.transaction() as env:
                env["mail.sync.outgoing"].browse(copy.ids)._filed()
    return filed, problem


def _due(account) -> Iterator[Copy]:
    for message_id, sent in account.env["mail.sync.outgoing"]._to_file(account).items():
        sent_at = sent[0].sent_at or sent[0].create_date
        yield Copy(tuple(sent.ids), message_id, sent_at.replace(tzinfo=UTC), sent._copy())


def _file(
    connection: Session, mailbox: str, copy: Copy, *, provider_files: bool
) -> tuple[bool, bool]:
    """Return whether a copy is settled, and whether we filed it. Raises MailError."""
    if is_in(connection, mailbox, copy.message_id):
        return True, False
    if provider_files and datetime.now(UTC) - copy.sent_at < PROVIDER_FILES:
        return False, False
    if not copy.raw:
        return True, False
    connection.append(mailbox, copy.raw, copy.sent_at)
    return True, True


def is_in(connection: Session, mailbox: str, message_id: str) -> bool:
    """Whether a mail of ours is in a mailbox, under our id or the one that replaced it."""
    headers = (("Message-ID", f"<{message_id}>"), (STAMP, f"<{message_id}>"))
    return any(connection.find(mailbox, name, value) for name, value in headers)


def _is_about_one_copy(error: MailError) -> bool:
    """Whether other copies may be filed although this one cannot."""
    refused = isinstance(error, ServerRefused) and not isinstance(error, MailboxMissing)
    return refused and error.kind is not Kind.LIMIT


def _put_off(store: OdooStore, copies: list[Copy], error: MailError) -> None:
    _logger.info("Mail Sync: account %s: no copy in Sent: %s", store.account_id, error)

    def save() -> None:
        with store.transaction() as env:
            now = fields.Datetime.now()
            for copy in copies:
                env["mail.sync.outgoing"].browse(copy.ids)._put_off_filing(error, now)
            env["mail.sync.account"].browse(store.account_id)._log(error)

    again(save)
