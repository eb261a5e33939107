import time

from odoo import api, fields, models
from odoo.tools import SQL

from ..fields import BigInteger

#: Entries removed per batch.
REMOVE = 500


class MailSyncMessage(models.Model):
    """An account's link to a mail, and the outcome of that mail.

    Two accounts may link the same ``mail.message``. ``removed`` is a tombstone: the mail was
    recorded once and must not come back.
    """

    _name = "mail.sync.message"
    _description = "Synchronised Mail"
    _rec_name = "message_id"
    _order = "id desc"

    account_id = fields.Many2one(
        "mail.sync.account", required=True, ondelete="cascade", readonly=True
    )
    message_id = fields.Char("Message-ID", required=True, readonly=True)
    # Distinguishes two mails with the same Message-ID; 0 for the first.
    variant = fields.Integer(default=0, required=True, readonly=True)
    # The Message-ID with which a provider replaced ours.
    alias = fields.Char("Rewritten Message-ID", index="btree_not_null", readonly=True)
    # Recipients of the owner's mail that are in no other header of it, as keys.
    bcc = fields.Char(readonly=True)
    date = fields.Datetime(readonly=True)
    mailbox_id = fields.Many2one(
        "mail.sync.mailbox", "Folder", index=True, ondelete="set null", readonly=True
    )
    uid = BigInteger("UID", readonly=True)
    uidvalidity = BigInteger("UIDVALIDITY", readonly=True)
    direction = fields.Selection([("in", "Received"), ("out", "Sent")], readonly=True)
    origin = fields.Selection(
        [("synced", "Mailbox"), ("crm", "CRM")],
        default="synced",
        readonly=True,
        help="Mailbox: Mail Sync brought it to its records. CRM: it was there already.",
    )
    outcome = fields.Selection(
        [("recorded", "Recorded"), ("failed", "Set aside"), ("removed", "Removed")],
        required=True,
        readonly=True,
    )
    everywhere = fields.Boolean(
        "Settled for Everyone",
        readonly=True,
        help="The mail itself was removed or moved by hand: no mailbox, not even a colleague's, "
        "brings it to a record again.",
    )
    private = fields.Boolean(
        readonly=True, help="The owner of this mailbox wants nobody else to read the mail."
    )
    # The records that have had it, for `bridge.places`: what is deleted leaves no other trace.
    places = fields.Text(readonly=True, prefetch=False)
    # What its owner recognises a mail by that is set aside.
    aside_from = fields.Char(readonly=True)
    aside_subject = fields.Char(readonly=True)
    error_code = fields.Char(readonly=True)
    detail = fields.Char("The server's reply", readonly=True)
    attempts = fields.Integer(readonly=True)
    retry_at = fields.Datetime("Next try", readonly=True)
    # When it last added the mail to a record; empty if it was already there.
    brought_at = fields.Datetime(readonly=True)
    mail_message_ids = fields.Many2many(
        "mail.message", "mail_sync_message_mail_message_rel", string="Entries", readonly=True
    )
    # One of its entries; the database empties it when that is deleted, in whatever way. Whoever
    # looks for mails without an entry looks at these few, and not through a large table.
    entry_id = fields.Many2one(
        "mail.message", ondelete="set null", index="btree_not_null", readonly=True
    )

    _key_unique = models.UniqueIndex(
        "(account_id, message_id, variant)", "A mail is linked only once to each account."
    )
    _failed_idx = models.Index("(mailbox_id, retry_at) WHERE outcome = 'failed'")
    _private_idx = models.Index("(message_id) WHERE private")
    # Few among millions of links: what is to be removed is looked for while a user waits.
    _removed_idx = models.Index("(id) WHERE outcome = 'removed'")
    _message_id_idx = models.Index("(message_id)")
    # The page counts an account's mails. In a large table each row is on a page of its own.
    _count_idx = models.Index("(account_id, outcome, id)")
    _without_entry_idx = models.Index(
        "(account_id) WHERE outcome = 'recorded' AND entry_id IS NULL"
    )
    _brought_idx = models.Index("(account_id, brought_at) WHERE brought_at IS NOT NULL")

    # -- removing ----------------------------------------------------------------------------

    @api.model
    def _unheld(self, limit):
        """Return entries that an account has released and that no other account holds."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT r.mail_message_id
                FROM mail_sync_message l
                JOIN mail_sync_message_mail_message_rel r ON r.mail_sync_message_id = l.id
                JOIN mail_sync_entry e ON e.mail_message_id = r.mail_message_id
                WHERE l.outcome = 'removed' AND e.kept IS NOT TRUE
                  AND NOT EXISTS (
                    SELECT FROM mail_sync_message_mail_message_rel other
                    JOIN mail_sync_message o ON o.id = other.mail_sync_message_id
                    WHERE other.mail_message_id = r.mail_message_id AND o.outcome = 'recorded'
                  )
                LIMIT %s
                """,
                limit,
            )
        )
        return self.env["mail.message"].browse(id_ for [id_] in rows)

    @api.model
    def _remove_unheld(self, seconds):
        """Remove entries that nobody holds, for up to ``seconds``; return whether any are left."""
        until = time.monotonic() + seconds
        self.env.flush_all()
        while unheld := self._unheld(REMOVE):
            if time.monotonic() >= until:
                return True
            unheld._mail_sync_recount_leads()
            unheld.unlink()
        return False

    @api.model
    def _cron_remove(self):
        """Remove the rest of what could not be removed while the user waited."""
        while unheld := self._unheld(REMOVE):
            unheld._mail_sync_recount_leads()
            unheld.unlink()
            remaining = len(self._unheld(1))
            if not self.env["ir.cron"]._commit_progress(len(unheld), remaining=remaining):
                break
