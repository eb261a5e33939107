"""Reports in a mailbox → marks on the mails that were sent from it.

A report about any other mail is not stored, only where it is: see ``engine.reports.pending``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from odoo import models
from odoo.tools import SQL

from ..engine.addresses import keys, shown
from ..engine.errors import Kind, ServerRefused, Step
from ..engine.reports import pending
from ..engine.reports.attribution import PATIENCE, SKEW, attribute
from ..engine.reports.report import Report, Sent
from ..engine.sync.protocols import Commit, Record
from ..engine.values import Direction
from . import standing

#: Mails of the days before a report that are compared with it if it names no known id.
MAX_COMPARED = 500
#: Reasons that stop the next mail as well.
_OF_THE_MAILBOX = ("sending_limit", "too_many_bounces", "sending_blocked")


def mark(account: models.BaseModel, commit: Commit) -> models.BaseModel:
    """Mark the mails that the reports of a commit are about; return their messages.

    ``account`` is a superuser's. What is about no mail of this mailbox is remembered by its place.
    """
    marks = []
    unknown = {}
    for notice in commit.notices:
        found = _attributed(account, notice.report)
        marks += found
        if not found and notice.report.fates:
            unknown[notice.uid] = pending.keys_of(notice.report)
    _remember(account.env, commit.mailbox.ref, unknown, commit.reread)
    links = account.env["mail.sync.delivery"]._mark(marks)
    _log_limits(account, (one for one in marks if one.sent.ref in links.ids))
    messages = links.mail_message_ids
    if messages:
        _show(account.env, messages, marks)
        # What came back was no answer, and what arrived after all was one.
        messages._mail_sync_recount_leads()
    return messages


def mark_from_file(account: models.BaseModel, report: Report) -> models.BaseModel:
    """Mark the mails that a report in a file is about; return their messages, even if known.

    ``account`` is a superuser's.
    """
    marks = _attributed(account, report)
    account.env["mail.sync.delivery"]._mark(marks)
    links = account.env["mail.sync.message"].browse({mark.sent.ref for mark in marks})
    if messages := links.mail_message_ids:
        _show(account.env, messages, marks)
    return messages


def _log_limits(account, marks: Iterable) -> None:
    """Log what concerns the mailbox, and not this mail or its recipient."""
    for one in {one.code: one for one in marks if one.code in _OF_THE_MAILBOX}.values():
        kind = Kind.LIMIT
        account._log(ServerRefused(one.words, code=one.code, kind=kind, step=Step.SENDING), "smtp")


def _attributed(account, report: Report) -> tuple:
    if not report.fates:
        return ()
    marks = attribute(report, _sent(account, _with_ids(account, report.ids)))
    if not marks and report.subject and report.date:
        marks = attribute(report, _sent(account, _of_the_days_before(account, report)))
    return marks


def _own(account) -> list[str]:
    """Return the addresses of the mailbox, as accounts have them."""
    emails = account._own_emails()
    return [*emails, *map(shown, emails), account.email]


def _with_ids(account, ids: Collection[str]) -> models.BaseModel:
    """Return the links to the mails with these ids that were sent from this mailbox.

    Several accounts may have one mailbox. A mail whose hand-over ended without an answer was sent,
    if there is a report about it.
    """
    env = account.env
    links = _links(
        account,
        SQL("(l.message_id = ANY(%(ids)s) OR l.alias = ANY(%(ids)s))", ids=list(ids)),
    )
    handed_over = env["mail.sync.outgoing"].search(
        [("account_id", "=", account.id), ("message_id", "in", list(ids))]
    )
    if unlinked := handed_over.filtered(
        lambda one: one.message_id not in links.mapped("message_id")
    ):
        for outgoing in unlinked:
            outgoing._link()
        env.flush_all()
        links = _links(account, SQL("l.message_id = ANY(%s)", list(ids)))
    return links


def _of_the_days_before(account, report: Report) -> models.BaseModel:
    date = report.date.replace(tzinfo=None)
    return _links(
        account,
        SQL("l.date >= %s AND l.date <= %s", date - PATIENCE, date + SKEW),
    )


def _links(account, condition: SQL) -> models.BaseModel:
    rows = account.env.execute_query(
        SQL(
            """
            SELECT l.id FROM mail_sync_message l
            JOIN mail_sync_account a ON a.id = l.account_id
            WHERE l.direction = 'out' AND l.outcome = 'recorded'
              AND (l.account_id = %(account)s OR a.email = ANY(%(emails)s)) AND %(condition)s
            ORDER BY l.date DESC LIMIT %(limit)s
            """,
            account=account.id,
            emails=_own(account),
            condition=condition,
            limit=MAX_COMPARED,
        )
    )
    return account.env["mail.sync.message"].browse(id_ for [id_] in rows)


def _sent(account, links: models.BaseModel) -> list[Sent]:
    """Return mails that were sent, with all of their recipients but the owner."""
    own = account._own_emails()
    by_id = defaultdict(frozenset)
    handed_over = account.env["mail.sync.outgoing"].search(
        [("message_id", "in", links.mapped("message_id"))]
    )
    for message_id, outgoing in handed_over.grouped("message_id").items():
        by_id[message_id] = outgoing._addresses()
    return [
        Sent(
            ref=link.id,
            ids=frozenset(filter(None, (link.message_id, link.alias))),
            recipients=(_recipients(link) | by_id[link.message_id]) - own,
            subject=link.mail_message_ids[:1].subject or "",
            date=standing.aware(link.date),
        )
        for link in links
    ]


def _recipients(link: models.BaseModel) -> frozenset[str]:
    messages = link.mail_message_ids
    names = ("incoming_email_to", "incoming_email_cc", "outgoing_email_to")
    texts = [message[name] for message in messages for name in names]
    notified = messages.notification_ids.filtered(lambda one: one.notification_type == "email")
    found = {address for text in texts for address in keys(text or "")}
    return notified._mail_sync_addresses() | found | {*(link.bcc or "").split()}


def _show(env, messages: models.BaseModel, marks: Iterable) -> None:
    """Show on Odoo's own notifications, and on open pages, what was reported."""
    refs = defaultdict(list)
    for one in marks:
        refs[one.sent.ref].append(one)
    for ref, found in refs.items():
        link = env["mail.sync.message"].browse(ref)
        for notification in link.mail_message_ids.notification_ids:
            own = notification._mail_sync_addresses()
            for one in found:
                if one.address in own and notification.notification_type == "email":
                    notification._mail_sync_reported(one.state, one.code, one.words)
    env["mail.message"]._mail_sync_forget_delivery()
    written = messages.filtered(lambda message: message.message_type != "email")
    written._notify_message_notification_update()


# -- what is remembered of the others ---------------------------------------------------------


def _remember(
    env, mailbox_id: int, unknown: Mapping[int, Sequence[str]], reread: Sequence[int]
) -> None:
    """Save where reports about unknown mails are, the latest of a mailbox."""
    reports = env["mail.sync.report"]
    mailbox = env["mail.sync.mailbox"].browse(mailbox_id)
    again = [*unknown, *reread]
    if again:
        reports.search([("mailbox_id", "=", mailbox_id), ("uid", "in", again)]).unlink()
    if unknown:
        reports.create(
            [
                {"mailbox_id": mailbox_id, "uid": uid, "key": one}
                for uid, found in unknown.items()
                for one in found
            ]
        )
        uids = sorted({one.uid for one in reports.search([("mailbox_id", "=", mailbox_id)])})
        if beyond := uids[: -pending.MAX_PENDING]:
            reports.search([("mailbox_id", "=", mailbox_id), ("uid", "in", beyond)]).unlink()
    if reread and mailbox.reports_due:
        left = reports.search_count([("mailbox_id", "=", mailbox_id), ("due", "=", True)])
        mailbox.reports_due = bool(left)


def remind(account: models.BaseModel, records: Sequence[Record]) -> None:
    """Have the reports read again that may be about mails that have just been recorded."""
    found: list[str] = []
    for record in records:
        if record.verdict.direction is not Direction.OUT:
            continue
        envelope = record.envelope
        people = (*envelope.to, *envelope.cc, *envelope.bcc)
        ids = {record.verdict.message_id, envelope.message_id} - {""}
        found += pending.keys(ids, {one.email for one in people})
    if not found:
        return
    rows = account.env.execute_query(
        SQL(
            """
            UPDATE mail_sync_report r SET due = TRUE
            FROM mail_sync_mailbox b, mail_sync_account a
            WHERE r.key = ANY(%(keys)s) AND r.due IS NOT TRUE
              AND b.id = r.mailbox_id AND a.id = b.account_id
              AND (a.id = %(account)s OR a.email = ANY(%(emails)s))
            RETURNING r.mailbox_id
            """,
            keys=found,
            account=account.id,
            emails=_own(account),
        )
    )
    if rows:
        account.env["mail.sync.report"].invalidate_model(["due"])
        account.env["mail.sync.mailbox"].browse({id_ for [id_] in rows}).reports_due = True


def due(account: models.BaseModel) -> dict[int, list[int]]:
    """Return the UIDs of the reports to be read again, by mailbox."""
    found = defaultdict(set)
    for one in account.env["mail.sync.report"].search(
        [("mailbox_id", "in", account.mailbox_ids.ids), ("due", "=", True)]
    ):
        found[one.mailbox_id.id].add(one.uid)
    return {mailbox_id: sorted(uids) for mailbox_id, uids in found.items()}
