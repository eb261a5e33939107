"""The engine's Store over Odoo's database: the only bridge between the two.

Every method is one short transaction on its own cursor, so that none is open while waiting for a
mail server. Everything runs as the superuser, under the right that the owner of the account gave
when they connected it: that what they exchange with the leads of their companies is recorded there,
whoever the leads are assigned to.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import UTC, timedelta
from functools import cached_property

import psycopg2
from lxml import etree
from odoo import api, fields
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine.addresses import Rules
from ..engine.errors import LeaseLost, safe_text
from ..engine.imap import sequence
from ..engine.matching import Known
from ..engine.people import Latecomers, Owner
from ..engine.sync.protocols import Commit, Failure, Mailbox, Record, Stale
from ..engine.values import MailboxState, Outcome, SpecialUse
from ..transactions import RACES, as_superuser
from . import aside, authors, hook, known, recording, reports, standing
from .comparing import Comparing
from .live import Live

_logger = logging.getLogger(__name__)

#: A worker that has not committed for this long is presumed dead, and its account is free again.
LEASE = timedelta(minutes=5)
#: Errors that a mail's own content can cause in a write, be it by a fault of ours. The mail is set
#: aside; the others continue.
_CONTENT_ERRORS = (
    psycopg2.DataError,
    UserError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    etree.LxmlError,
)


class OdooStore(Comparing):
    """One account's records. ``token`` is the lease under which this run may write."""

    def __init__(self, dbname: str, account_id: int, token: str):
        self.dbname = dbname
        self.account_id = account_id
        self.token = token
        self.live = Live()

    def transaction(self) -> AbstractContextManager[api.Environment]:
        """Return a transaction of its own: see :func:`~..transactions.as_superuser`."""
        return as_superuser(self.dbname)

    # -- what is to be read -------------------------------------------------------------------

    def owner(self) -> Owner:
        with self.transaction() as env:
            account = env["mail.sync.account"].browse(self.account_id)
            since = account.history_from
            return Owner(
                emails=account._own_emails(),
                since=since.replace(tzinfo=UTC) if since else None,
                record_internal=account.company_id.mail_sync_record_internal,
                rules=account._address_rules(),
            )

    @cached_property
    def _rules(self) -> Rules:
        """When two addresses are one; a store serves a single turn, so they stay as they were."""
        return self.owner().rules

    def mailboxes(self) -> list[Mailbox]:
        with self.transaction() as env:
            boxes = env["mail.sync.account"].browse(self.account_id).mailbox_ids
            aside = _aside(boxes)
            return [
                Mailbox(
                    box.id,
                    box.name,
                    SpecialUse(box.special_use) if box.special_use else None,
                    box._state(),
                    aside[box.id, box.uidvalidity],
                    box._review(),
                    box.reports_due,
                )
                for box in boxes
            ]

    # -- whose is it --------------------------------------------------------------------------

    def sift(self, emails: Collection[str], message_ids: Collection[str]) -> frozenset[str]:
        if not emails and not message_ids:
            return frozenset()
        rules = self._rules
        with self.transaction() as env:
            return known.sift(env, rules, emails, message_ids)

    def known(self, emails: Collection[str], message_ids: Collection[str]) -> Known:
        with self.transaction() as env:
            account = env["mail.sync.account"].browse(self.account_id)
            return known.known(account, emails, message_ids)

    # -- who came late -------------------------------------------------------------------------

    def latecomers(self) -> Latecomers:
        # A race means that another worker has numbered them, which is all there was to do.
        with suppress(*RACES), self.transaction() as env:
            env["mail.sync.latecomer"]._count()
        with self.transaction() as env:
            return known.latecomers(env["mail.sync.account"].browse(self.account_id))

    def caught_up(self, number: int) -> None:
        with self.transaction() as env:
            self.hold(env)
            account = env["mail.sync.account"].browse(self.account_id)
            latecomers = env["mail.sync.latecomer"]
            latecomers._tell_found(account, account.caught_up_to, number)
            account.caught_up_to = number

    # -- what was reported of sent mails -----------------------------------------------------

    def reports_due(self) -> dict[int, list[int]]:
        with self.transaction() as env:
            return reports.due(env["mail.sync.account"].browse(self.account_id))

    # -- one transaction for outcomes and cursor ----------------------------------------------

    def commit(self, commit: Commit) -> tuple[Failure, ...]:
        try:
            with self.transaction() as env:
                self.hold(env)
                failures = self._record(env, commit)
                aside.fail(env, self.account_id, commit, (*commit.failures, *failures))
                _meet(env, self.account_id, commit)
                _advance(env, commit)
                account = env["mail.sync.account"].browse(self.account_id)
                _correct_authors(account, commit)
                self.live.note(account, commit, _report(account, commit))
                return failures
        except RACES as race:
            raise Stale from race

    def hold(self, env: api.Environment) -> None:
        """Prolong the lease, or raise LeaseLost: someone else has it, or the settings changed."""
        held = env.execute_query(
            SQL(
                """
                UPDATE mail_sync_account SET lease_until = %(until)s
                WHERE id = %(id)s AND lease_token = %(token)s RETURNING id
                """,
                until=fields.Datetime.now() + LEASE,
                id=self.account_id,
                token=self.token,
            )
        )
        if not held:
            raise LeaseLost()

    def _record(self, env: api.Environment, commit: Commit) -> tuple[Failure, ...]:
        """Save the records together or, if one of them fails, one by one."""
        records = commit.records
        if not records:
            return ()
        _lock_targets(env, records)
        _check_standing(env, records)
        account = env["mail.sync.account"].browse(self.account_id)
        try:
            with env.cr.savepoint():
                messages = recording.record(account, commit, records)
            hook.tell(messages)
            return ()
        except _CONTENT_ERRORS:
            env.invalidate_all(flush=False)
        failures = []
        messages = env["mail.message"]
        for record in records:
            try:
                with env.cr.savepoint():
                    messages += recording.record(account, commit, [record])
            except _CONTENT_ERRORS as error:
                env.invalidate_all(flush=False)
                _logger.info("Mail set aside: %s", record.verdict.message_id, exc_info=True)
                failures.append(_as_failure(record, error))
        hook.tell(messages)
        return tuple(failures)


def _aside(boxes) -> dict[tuple[int, int], dict[int, bool]]:
    """Return what is set aside in some mailboxes, by id and UIDVALIDITY: UID → due again."""
    now = fields.Datetime.now()
    found: dict[tuple[int, int], dict[int, bool]] = defaultdict(dict)
    for message in boxes.env["mail.sync.message"].search_read(
        [("mailbox_id", "in", boxes.ids), ("outcome", "=", "failed")],
        ["mailbox_id", "uidvalidity", "uid", "retry_at"],
        load=None,
    ):
        place = (message["mailbox_id"], message["uidvalidity"])
        retry_at = message["retry_at"]
        found[place][message["uid"]] = bool(retry_at and retry_at <= now)
    return found


def _report(account, commit: Commit):
    """Mark the mails that reports are about; return their messages.

    A report that cannot be saved is left out: it is not worth the mails beside it.
    """
    marked = account.env["mail.message"]
    if commit.notices or commit.reread:
        try:
            with account.env.cr.savepoint():
                marked = reports.mark(account, commit)
                account.env.flush_all()
        except _CONTENT_ERRORS:
            account.env.invalidate_all(flush=False)
            _logger.info("Mail Sync: account %s: a report was left out", account.id, exc_info=True)
    return marked


def _correct_authors(account, commit: Commit) -> None:
    """Name the owner as the author where a list stood; an entry that refuses stays as it is."""
    sent = commit.sent_before
    if not sent:
        return
    try:
        with account.env.cr.savepoint():
            authors.correct(account, sent)
            account.env.flush_all()
    except _CONTENT_ERRORS:
        account.env.invalidate_all(flush=False)
        _logger.info("Mail Sync: account %s: an author stays", account.id, exc_info=True)


def _lock_targets(env: api.Environment, records: Sequence[Record]) -> None:
    """Keep the records from being deleted or merged away until the commit. Raises Stale if gone."""
    wanted = defaultdict(set)
    for record in records:
        for target in record.verdict.missing:
            wanted[target.model].add(target.res_id)
    for model, ids in wanted.items():
        rows = env.execute_query(
            SQL(
                "SELECT id FROM %s WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE",
                SQL.identifier(env[model]._table),
                list(ids),
            )
        )
        if len(rows) < len(ids):
            raise Stale


def _check_standing(env: api.Environment, records: Sequence[Record]) -> None:
    """Raise Stale if a mail was removed since it was seen on its records.

    Its body was not fetched for those, so the link would point to nothing.
    """
    seen = {
        record.verdict: set(record.verdict.targets) - set(record.verdict.missing)
        for record in records
    }
    ids = [verdict.message_id for verdict, targets in seen.items() if targets]
    found = standing.rows(env, ids)
    for verdict, targets in seen.items():
        there = {
            row.standing.target
            for row in found.get(verdict.message_id, ())
            if row.standing.variant == verdict.variant
        }
        if not targets <= there:
            raise Stale


def _as_failure(record: Record, error: Exception) -> Failure:
    words = safe_text(str(error) or type(error).__name__)
    verdict = record.verdict
    return Failure(
        record.uid,
        verdict.message_id,
        "not_recordable",
        words,
        verdict.direction,
        verdict.variant,
        envelope=record.envelope,
    )


def _meet(env: api.Environment, account_id: int, commit: Commit) -> None:
    """Note where mails are now that were recorded under another numbering, or before a reconnect.

    A copy in a second folder does not move a mail that still has its place.
    """
    if not commit.met:
        return
    env.execute_query(
        SQL(
            """
            UPDATE mail_sync_message m
            SET mailbox_id = %(box)s, uidvalidity = %(uidvalidity)s, uid = met.uid
            FROM unnest(%(uids)s::int8[], %(ids)s, %(variants)s::int[])
                 AS met(uid, message_id, variant)
            WHERE m.account_id = %(account)s AND m.outcome = 'recorded'
              AND m.message_id = met.message_id AND m.variant = met.variant
              AND (m.mailbox_id IS NULL
                   OR m.mailbox_id = %(box)s
                  AND (m.uidvalidity IS DISTINCT FROM %(uidvalidity)s
                       OR m.uid NOT BETWEEN %(low)s AND %(high)s - 1))
            RETURNING m.id
            """,
            box=commit.mailbox.ref,
            account=account_id,
            uidvalidity=commit.state.uidvalidity,
            low=commit.state.low,
            high=commit.state.high,
            uids=[met.uid for met in commit.met],
            ids=[met.message_id for met in commit.met],
            variants=[met.variant for met in commit.met],
        )
    )
    env["mail.sync.message"].invalidate_model(["mailbox_id", "uid", "uidvalidity"])


def _advance(env: api.Environment, commit: Commit) -> None:
    """Save the cursor, and the counts that nothing else remembers of what it now covers."""
    state: MailboxState = commit.state
    tally = commit.tally
    box = env["mail.sync.mailbox"].browse(commit.mailbox.ref)
    values = {
        "uidvalidity": -1 if state.uidvalidity is None else state.uidvalidity,
        "uid_low": state.low,
        "uid_high": state.high,
        "uid_floor": state.floor,
        "at_once": state.at_once,
        "odd_uids": sequence.encode(state.odd).decode(),
        "remaining_count": commit.remaining if commit.capped or not state.complete else 0,
    }
    latest = commit.latest and commit.latest.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    if latest and (not box.last_mail_at or latest > box.last_mail_at):
        values["last_mail_at"] = latest
    if commit.review:
        values |= {"review_number": commit.review.number, "review_uid": commit.review.uid}
    elif box.uidvalidity != values["uidvalidity"]:
        # It is read from the beginning: what was counted is read, and counted, again.
        values |= {"review_number": 0, "seen_count": 0, "excluded_count": 0, "reports_due": False}
        env["mail.sync.report"].search([("mailbox_id", "=", box.id)]).unlink()
    else:
        excluded = box.excluded_count + tally.get(Outcome.EXCLUDED, 0)
        seen = box.seen_count + (0 if commit.retried else sum(tally.values()))
        values |= {"seen_count": seen, "excluded_count": excluded}
    if commit.exists is not None:
        values["exists_count"] = commit.exists
    box.write({name: value for name, value in values.items() if box[name] != value})
