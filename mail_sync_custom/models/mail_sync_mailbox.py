from odoo import fields, models

from ..engine.imap import sequence
from ..engine.values import MailboxState, Review
from ..fields import BigInteger


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
    seen_count = fields.Integer("Looked at", readonly=True)
    recorded_count = fields.Integer("Recorded", readonly=True)
    excluded_count = fields.Integer("Excluded", readonly=True)
    remaining_count = fields.Integer("Still to look at", readonly=True)
    failed_count = fields.Integer("Set aside", compute="_compute_failed_count")

    _name_unique = models.UniqueIndex("(account_id, name)", "A folder is read once.")

    def _compute_failed_count(self):
        counts = dict(
            self.env["mail.sync.message"]._read_group(
                [("mailbox_id", "in", self.ids), ("outcome", "=", "failed")],
                ["mailbox_id"],
                ["__count"],
            )
        )
        for mailbox in self:
            mailbox.failed_count = counts.get(mailbox, 0)

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
