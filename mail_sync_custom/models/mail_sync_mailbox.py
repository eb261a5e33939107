from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.completeness import MISSING, Checked, Found
from ..engine.imap import sequence
from ..engine.values import MailboxState, Review
from ..fields import BigInteger
from ..words import completeness


class MailSyncMailbox(models.Model):
    _name = "mail.sync.mailbox"
    _description = "Folder of a Synchronised Mailbox"
    _order = "special_use, name"

    account_id = fields.Many2one(
        "mail.sync.account", required=True, index=True, ondelete="cascade", readonly=True
    )
    name = fields.Char("Folder", required=True, readonly=True)
    special_use = fields.Selection([("inbox", "Inbox"), ("sent", "Sent")], "Use", readonly=True)
    # The cursor: every UID in uid_low <= uid < uid_high has an outcome. -1: never looked at.
    uidvalidity = BigInteger("UIDVALIDITY", default=-1, readonly=True)
    uid_low = BigInteger("Read back to UID", readonly=True)
    uid_high = BigInteger("Next UID", readonly=True)
    uid_floor = BigInteger("Read back until UID", readonly=True)
    # After the server has dropped the connection during a batch, batches are small; 0: as usual.
    at_once = fields.Integer("Messages Read Together", readonly=True)
    # UIDs whose correspondents a server-side search may miss, as a sequence set (RFC 9051 §9).
    # NULL: not determined yet.
    odd_uids = fields.Text("UIDs Always Read Again", readonly=True, prefetch=False)
    # Read again for latecomers up to this number, from this UID upwards.
    review_number = BigInteger("Looked Back For", readonly=True)
    review_uid = BigInteger("Looked Back to UID", readonly=True)
    # Some of its reports may be about mails that were recorded since.
    reports_due = fields.Boolean(readonly=True)
    last_mail_at = fields.Datetime("Last Mail Seen", readonly=True)
    exists_count = fields.Integer(
        "On the server",
        readonly=True,
        help="How many mails the folder had when it was last opened. Mails that are older than you "
        "chose to read back to are among them; mails that were deleted since are not.",
    )
    seen_count = fields.Integer("Looked at", readonly=True)
    excluded_count = fields.Integer("Excluded", readonly=True)
    remaining_count = fields.Integer("Still to look at", readonly=True)
    recorded_count = fields.Integer("Recorded", compute="_compute_counts")
    failed_count = fields.Integer("Set aside", compute="_compute_counts")
    other_count = fields.Integer(
        "Other",
        compute="_compute_counts",
        help="Not exchanged with a lead, a second copy, or removed on purpose.",
    )
    # How far the folder has been compared with the server, and what was found: `Checked`.
    check_result = fields.Json(readonly=True)
    checked_count = fields.Integer("Compared", compute="_compute_check")
    missing_count = fields.Integer("Missing", compute="_compute_check")
    check_words = fields.Char("Result", compute="_compute_check")

    _name_unique = models.UniqueIndex("(account_id, name)", "A folder is read once.")

    @api.depends("seen_count", "excluded_count", "uidvalidity", "uid_low", "uid_high")
    def _compute_counts(self):
        """Count what is stored; of the others only their number is known.

        Each message that was looked at counts once, under the numbering that holds now: a mail that
        is in two folders, or has left this one, counts where it was found last.
        """
        self.flush_recordset()
        self.env["mail.sync.message"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT b.id, COUNT(*) FILTER (WHERE m.outcome = 'recorded'),
                       COUNT(*) FILTER (WHERE m.outcome = 'failed')
                FROM mail_sync_mailbox b
                JOIN mail_sync_message m ON m.mailbox_id = b.id AND m.uidvalidity = b.uidvalidity
                 AND m.uid >= b.uid_low AND m.uid < b.uid_high
                WHERE b.id = ANY(%s) GROUP BY b.id
                """,
                self.ids,
            )
        )
        counts = {id_: found for id_, *found in rows}
        for box in self:
            box.recorded_count, box.failed_count = counts.get(box.id, (0, 0))
            known = box.recorded_count + box.failed_count + box.excluded_count
            box.other_count = max(box.seen_count - known, 0)

    @api.depends("check_result", "account_id.missing_ids")
    @api.depends_context("lang")
    def _compute_check(self):
        for box in self:
            tally = (box.check_result or {}).get("tally", {})
            box.checked_count = sum(tally.values())
            box.missing_count = sum(tally.get(found, 0) for found in MISSING)
            box.check_words = completeness.words(self.env, tally) if box.check_result else ""

    def _review(self):
        """Return how far it was read again, as the engine's :class:`Review`."""
        self.ensure_one()
        return Review(self.review_number, self.review_uid) if self.review_number else None

    def _state(self):
        """Return the saved cursor as the engine's :class:`MailboxState`."""
        self.ensure_one()
        if self.uidvalidity < 0:
            return MailboxState(at_once=self.at_once)
        if self.odd_uids is False:
            odd = ((self.uid_low, self.uid_high - 1),) if self.uid_low < self.uid_high else ()
        else:
            odd = tuple(sequence.ranges(self.odd_uids.encode()))
        return MailboxState(
            self.uidvalidity, self.uid_low, self.uid_high, self.uid_floor, self.at_once, odd
        )

    def _checked(self):
        """Return how far it has been compared, as the engine's :class:`Checked`, or None."""
        self.ensure_one()
        if not (result := self.check_result):
            return None
        tally = {Found(name): count for name, count in result["tally"].items()}
        return Checked(result["uidvalidity"], result["uid"], result["exists"], tally)

    def _set_checked(self, checked):
        """Save how far it has been compared."""
        tally = {str(found): count for found, count in checked.tally.items() if count}
        self.exists_count = checked.exists
        self.check_result = {
            "uidvalidity": checked.uidvalidity,
            "uid": checked.uid,
            "exists": checked.exists,
            "tally": tally,
        }

    def _recount_excluded(self):
        """Count anew what is left out on purpose; only the check knows it by today's lists."""
        for box in self:
            if box.check_result and box.check_result["uidvalidity"] == box.uidvalidity:
                tally = box.check_result["tally"]
                kinds = (Found.OLD, Found.LISTED, Found.INTERNAL)
                box.excluded_count = sum(tally.get(found, 0) for found in kinds)
