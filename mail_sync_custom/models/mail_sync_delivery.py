"""What mail systems and recipients have reported about a mail that was sent from a mailbox."""

from datetime import UTC

from odoo import api, fields, models
from odoo.tools import SQL, format_datetime

from ..engine.addresses import shown
from ..engine.reports.attribution import replaces
from ..engine.reports.report import Mark, State
from ..fields import BigInteger
from ..words import reports

#: The state that a message shows, where it has another name.
_SHOWN = {"failed": "returned"}
#: What is shown if recipients fared differently: the first of these that anyone did.
WORST_FIRST = ("failed", "delayed", "read", "deleted", "delivered", "expanded", "relayed")


class MailSyncDelivery(models.Model):
    """The fate of one mail for one recipient; with a receipt, a second one for what they did.

    It hangs on the account's link to the mail, so all copies of the mail on all records show it,
    and it goes when the mail is removed.
    """

    _name = "mail.sync.delivery"
    _description = "Fate of a Sent Mail"
    _rec_name = "address"

    link_id = fields.Many2one("mail.sync.message", required=True, ondelete="cascade", readonly=True)
    address = fields.Char(required=True, readonly=True)
    # What the recipient did, and not a mail server.
    is_disposition = fields.Boolean(required=True, default=False, readonly=True)
    state = fields.Selection([(state.value, state.value) for state in State], required=True)
    status = fields.Char("Enhanced Status Code", readonly=True)
    code = fields.Char(readonly=True)
    detail = fields.Char(readonly=True)
    date = fields.Datetime(readonly=True)

    _once = models.UniqueIndex("(link_id, address, is_disposition)")

    @api.model
    def _mark(self, marks):
        """Save marks, whose mails are links; return the links of which something has changed."""
        links = self.env["mail.sync.message"].browse({mark.sent.ref for mark in marks})
        before = {
            (one.link_id.id, one.address, one.is_disposition): one
            for one in self.search([("link_id", "in", links.ids)])
        }
        changed = links.browse()
        for mark in marks:
            place = (mark.sent.ref, mark.address, mark.state.is_disposition)
            old = before.get(place)
            values = _values(mark)
            if old and (not replaces(mark, old._as_mark()) or old._is(values)):
                continue
            if old:
                old.write(values)
            else:
                key = dict(zip(("link_id", "address", "is_disposition"), place, strict=True))
                before[place] = self.create({**key, **values})
            changed |= links.browse(mark.sent.ref)
        return changed

    def _as_mark(self):
        date = self.date and self.date.replace(tzinfo=UTC)
        state = State(self.state)
        return Mark(None, self.address, state, self.status, self.detail, self.code, date)

    def _is(self, values):
        return all((self[name] or False) == (value or False) for name, value in values.items())

    @api.model
    def _forget(self):
        """Delete what is known of mails that no longer stand on any record."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                DELETE FROM mail_sync_delivery d USING mail_sync_message l
                WHERE l.id = d.link_id AND l.outcome = 'removed' RETURNING d.id
                """
            )
        )
        self.invalidate_model()

    # -- what a message shows of it ------------------------------------------------------------

    @api.model
    def _by_message(self, messages):
        """Return what was reported about messages, by the id of the message."""
        if not messages:
            return {}
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT rel.mail_message_id, d.id
                FROM mail_sync_message_mail_message_rel rel
                JOIN mail_sync_message l ON l.id = rel.mail_sync_message_id
                JOIN mail_sync_delivery d ON d.link_id = l.id
                WHERE rel.mail_message_id = ANY(%s) AND l.outcome = 'recorded'
                ORDER BY rel.mail_message_id, d.id
                """,
                messages.ids,
            )
        )
        found = {}
        for message_id, id_ in rows:
            found[message_id] = found.get(message_id, self.browse()) | self.browse(id_)
        return found

    def _summary(self):
        """Return the state that a message shows, and why: a paragraph for each group of recipients.

        Two accounts with one address may have the same report; each recipient counts once.
        """
        state = next(state for state in WORST_FIRST if state in self.mapped("state"))
        groups = {}
        for one in self.filtered(lambda one: one.state == state):
            # Whoever fared alike shares a paragraph; receipts have a time of their own.
            what = one.date if one.is_disposition else (one.code, one.detail)
            groups.setdefault(what, {})[one.address] = one
        words = [
            next(iter(group.values()))._words(", ".join(map(shown, group)))
            for group in groups.values()
        ]
        return _SHOWN.get(state, state), "\n".join(words)

    def _failed_for(self):
        """Return the addresses that the mail did not reach."""
        return {one.address for one in self if one.state == "failed"}

    def _words(self, who):
        """Return what became of the mail for these recipients, in the reader's language."""
        provider = self.link_id.account_id.provider_id.code
        when = format_datetime(self.env, self.date) if self.date else ""
        return reports.words(
            self.env, self.state, who, self.code, self.detail, when=when, provider=provider
        )


def _values(mark):
    return {
        "state": mark.state,
        "status": mark.status,
        "code": mark.code,
        "detail": mark.words,
        "date": mark.date and mark.date.astimezone(UTC).replace(tzinfo=None, microsecond=0),
    }


class MailSyncReport(models.Model):
    """Where a report about an unknown mail is, in case that mail is recorded later.

    Nothing of its content is stored, but a few bits of a hash: see ``engine.reports.pending``.
    """

    _name = "mail.sync.report"
    _description = "Report About an Unknown Mail"
    _rec_name = "uid"

    mailbox_id = fields.Many2one(
        "mail.sync.mailbox", required=True, index=True, ondelete="cascade", readonly=True
    )
    uid = BigInteger("UID", required=True, readonly=True)
    key = fields.Char(required=True, index=True, readonly=True)
    due = fields.Boolean(readonly=True)
