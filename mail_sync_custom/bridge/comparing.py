"""The part of the Store that compares a mailbox with what is recorded of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from odoo import fields
from odoo.tools import SQL

from ..engine.completeness import Checked, Gap, Marked, Order
from ..engine.sync.protocols import Mailbox
from ..transactions import again
from .addressing import formatted
from .recording import naive

#: Missing mails of a mailbox that are named. More are counted; fetching those makes room.
MAX_NAMED = 500


class Comparing:
    """For a Store that has ``transaction``, ``hold``, ``account_id`` and ``live``."""

    def order(self) -> Order | None:
        with self.transaction() as env:
            account = env["mail.sync.account"].browse(self.account_id)
            if account.check_state not in ("checking", "fetching"):
                return None
            wanted: defaultdict[int, list[int]] = defaultdict(list)
            for one in account.missing_ids:
                if one.uidvalidity == one.mailbox_id.uidvalidity:
                    wanted[one.mailbox_id.id].append(one.uid)
            checked = {box.id: done for box in account.mailbox_ids if (done := box._checked())}
            return Order(account.check_state == "fetching", dict(wanted), checked)

    def marked(self, mailbox: Mailbox) -> Marked:
        with self.transaction() as env:
            rows = env.execute_query(
                SQL(
                    """
                    SELECT m.uid, m.outcome FROM mail_sync_message m
                    WHERE m.mailbox_id = %s AND m.uidvalidity = %s AND (
                        m.outcome = 'failed'
                        OR m.outcome = 'recorded' AND m.everywhere IS NOT TRUE
                       AND (SELECT COUNT(*) FROM mail_sync_message_mail_message_rel r
                            WHERE r.mail_sync_message_id = m.id)
                         < GREATEST(1, cardinality(string_to_array(m.places, E'\\n'))))
                    """,
                    mailbox.ref,
                    mailbox.state.uidvalidity,
                )
            )
        gone = frozenset(uid for uid, outcome in rows if outcome == "recorded")
        return Marked(gone, frozenset(uid for uid, outcome in rows if outcome == "failed"))

    def fetched(self) -> None:
        def save() -> None:
            with self.transaction() as env:
                self.hold(env)
                env["mail.sync.account"].browse(self.account_id)._begin_check()

        again(save)

    def compared(self, mailbox: Mailbox, checked: Checked, gaps: Sequence[Gap]) -> None:
        def save() -> None:
            with self.transaction() as env:
                self.hold(env)
                env["mail.sync.mailbox"].browse(mailbox.ref)._set_checked(checked)
                account = env["mail.sync.account"].browse(self.account_id)
                _name(account, mailbox, checked, gaps)
                env.flush_all()
                self.live.compared(account)

        again(save)

    def completed(self) -> None:
        def save() -> None:
            with self.transaction() as env:
                self.hold(env)
                account = env["mail.sync.account"].browse(self.account_id)
                account.mailbox_ids._recount_excluded()
                account.write({"check_state": "done", "checked_at": fields.Datetime.now()})
                self.live.compared(account, over=True)

        again(save)


def _name(account, mailbox: Mailbox, checked: Checked, gaps: Sequence[Gap]) -> None:
    """Save who wrote each missing mail to whom, about what and when, for its owner alone."""
    Missing = account.env["mail.sync.missing"]
    if not gaps:
        return
    before = Missing.search([("account_id", "=", account.id)])
    known = {(one.message_id, one.variant) for one in before}
    values = []
    for gap in gaps:
        key = gap.verdict.message_id, gap.verdict.variant
        if key in known or len(known) >= MAX_NAMED:
            continue
        known.add(key)
        envelope = gap.envelope
        values.append(
            {
                "account_id": account.id,
                "mailbox_id": mailbox.ref,
                "uid": gap.uid,
                "uidvalidity": checked.uidvalidity,
                "message_id": key[0],
                "variant": key[1],
                "date": naive(envelope.date or gap.internaldate),
                "email_from": formatted(envelope.sender),
                "email_to": formatted(*envelope.to),
                "subject": envelope.subject,
                "direction": gap.verdict.direction,
                "found": gap.found,
            }
        )
    Missing.create(values)
