"""What was sent → the copy of it in the Sent mailbox, exactly once.

Many providers file one themselves, and a run may have been killed after it had filed one: the
mailbox is asked before anything is put there.
"""

import logging
from datetime import UTC, timedelta

from odoo import fields

from ..engine.errors import Kind, MailboxMissing, MailError, ServerRefused

_logger = logging.getLogger(__name__)

#: The header that keeps our id where a provider puts its own in the place of Message-ID.
STAMP = "X-Mail-Sync-Id"
#: A provider that files sent mail itself gets so long to do it before we do.
PROVIDER_FILES = timedelta(minutes=10)


def file_sent(store, connection):
    """File a copy of what was sent into the Sent mailbox, once each. Returns how many were filed.

    Many providers do that themselves, and a run may have been killed after it had: the mailbox is
    asked first. A copy that is refused is logged; the mail has been sent all the same.
    """
    with store.transaction() as env:
        account = env["mail.sync.account"].browse(store.account_id)
        sent = account._sent_mailbox().name
        waits = fields.Datetime.now() - PROVIDER_FILES
        due = [
            (message_id, mails.ids, mails[0].write_date, mails._copy())
            for message_id, mails in env["mail.sync.outgoing"]._to_file(account).items()
        ]
        provider_files = account.provider_id.files_sent_copy
    filed = 0
    for message_id, ids, when, raw in due if sent else ():
        try:
            there = is_in(connection, sent, message_id)
        except (MailboxMissing, ServerRefused) as error:
            if error.kind is Kind.LIMIT:
                raise
            # What is to be filed waits; that Sent is gone is said where it is to be read.
            _logger.info("Mail Sync: nothing can be filed in Sent: %s", error)
            return filed
        if not there and provider_files and when > waits:
            continue
        if not there and raw:
            filed += _append(store, connection, sent, raw, when)
        with store.transaction() as env:
            env["mail.sync.outgoing"].browse(ids).write({"filed": True, "raw": False})
    return filed


def is_in(connection, mailbox, message_id):
    """Whether a mail of ours lies in a mailbox, under our id or under the one that replaced it."""
    headers = (("Message-ID", f"<{message_id}>"), (STAMP, f"<{message_id}>"))
    return any(connection.find(mailbox, name, value) for name, value in headers)


def _append(store, connection, mailbox, raw, when):
    """File one copy. Returns 1, or 0 where the server refuses this one for good."""
    try:
        connection.append(mailbox, raw, when.replace(tzinfo=UTC))
    except MailError as error:
        if error.kind not in (Kind.MSG, Kind.SETUP):
            raise
        _logger.info("Mail Sync: no copy in Sent: %s", error)
        with store.transaction() as env:
            env["mail.sync.account"].browse(store.account_id)._log(error)
        return 0
    return 1
