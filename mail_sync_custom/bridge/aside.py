"""Messages that could not be recorded: set aside with their reason, and tried again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from odoo import api, fields

from ..engine.errors import MailError, Step, safe_text
from ..engine.sync.protocols import UNREAD, Commit, Failure
from .addressing import formatted
from .recording import naive

#: Pauses before a message that was set aside is retried. After the last it waits for its user; a
#: message that the server withholds is requested every day, as long as it exists.
RETRY_PAUSES = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))


def fail(
    env: api.Environment, account_id: int, commit: Commit, failures: Sequence[Failure]
) -> None:
    """Set messages aside, with the time of the next retry; drop those that need none any more."""
    Message = env["mail.sync.message"]
    asked = [failure.message_id for failure in failures]
    before = Message.search(
        [
            ("account_id", "=", account_id),
            "|",
            ("message_id", "in", asked),
            "&",
            ("mailbox_id", "=", commit.mailbox.ref),
            ("outcome", "=", "failed"),
        ]
    )
    known = {(message.message_id, message.variant): message for message in before}
    now = fields.Datetime.now()
    kept_back: dict[str, list[int]] = defaultdict(list)
    for failure in failures:
        message = known.pop((failure.message_id, failure.variant), Message)
        if message.outcome == "recorded":
            _note_unreadable(message, failure)
            continue
        values = {
            "mailbox_id": commit.mailbox.ref,
            "uid": failure.uid,
            "uidvalidity": commit.state.uidvalidity,
            "direction": failure.direction,
            "error_code": failure.code,
            "detail": failure.detail,
            "attempts": message.attempts + 1,
            **_shown(failure),
            "retry_at": _retry_at(now, message.attempts, failure.kept_back),
        }
        if message:
            message.write(values)
        else:
            key = {"message_id": failure.message_id, "variant": failure.variant}
            Message.create({**values, **key, "account_id": account_id, "outcome": "failed"})
        if failure.kept_back and not message:
            kept_back[failure.detail].append(failure.uid)
    Message.browse([m.id for m in known.values() if _is_over(m, commit)]).unlink()
    account = env["mail.sync.account"].browse(account_id)
    for words, uids in kept_back.items():
        place = f"{commit.mailbox.name}, UID {', '.join(map(str, uids))}"
        detail = safe_text(f"{place}: {words}" if words else place)
        account._log(MailError(detail, code="message_not_delivered", step=Step.READING))


def _shown(failure: Failure) -> dict[str, str | datetime | bool]:
    """Return what its owner recognises a mail by that is set aside, if its headers arrived."""
    if not (envelope := failure.envelope):
        return {}
    return {
        "aside_from": formatted(envelope.sender) or False,
        "aside_subject": envelope.subject or False,
        "date": naive(envelope.date),
    }


def _note_unreadable(message, failure: Failure) -> None:
    """Note that a mail recorded elsewhere could not be added to a latecomer as well."""
    message.write({"error_code": failure.code, "detail": failure.detail})
    message.account_id._log(MailError(failure.detail, code=failure.code, step=Step.READING))


def _is_over(message, commit: Commit) -> bool:
    """Whether a message that is set aside need not be retried.

    One that was just tried and not recorded was no lead's after all, or has vanished from the
    server. One of an older numbering is found again while the window is reread; any that are left
    after that have vanished too.
    """
    if message.mailbox_id.id != commit.mailbox.ref or message.outcome != "failed":
        return False
    if message.uidvalidity == commit.state.uidvalidity:
        return message.uid in commit.retried
    return commit.state.complete or message.message_id.endswith(UNREAD)


def _retry_at(now: datetime, attempts: int, for_ever: bool) -> datetime | bool:
    """Return when to retry after this many attempts, or False for never."""
    last = len(RETRY_PAUSES) - 1
    return now + RETRY_PAUSES[min(attempts, last)] if for_ever or attempts <= last else False
