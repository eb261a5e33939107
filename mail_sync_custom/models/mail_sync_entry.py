from odoo import Command, api, fields, models
from odoo.tools import SQL, ormcache

from ..words import left_out


class MailSyncEntry(models.Model):
    """What is known about one recorded mail on one record, besides its ``mail.message``.

    ``model`` and ``res_id`` say where it was recorded first, or moved by hand: when records are
    merged, ``mail.message.res_id`` moves and this does not. The unique index over them ensures
    that a mail is recorded *once*, however many workers and mailboxes bring it at the same time.
    """

    _name = "mail.sync.entry"
    _description = "Recorded Mail"
    _rec_name = "message_id"

    mail_message_id = fields.Many2one(
        "mail.message", required=True, ondelete="cascade", readonly=True
    )
    message_id = fields.Char("Message-ID", required=True, readonly=True)
    variant = fields.Integer(default=0, required=True, readonly=True)
    model = fields.Char(required=True, readonly=True)
    res_id = fields.Integer(required=True, readonly=True)
    direction = fields.Selection([("in", "Received"), ("out", "Sent")], readonly=True)
    reason = fields.Selection(
        [
            ("thread", "It belongs to a conversation that is recorded here"),
            ("answer", "It answers a mail that was written here"),
            ("address", "A correspondent has an address of this record"),
            ("hand", "Somebody logged it by hand"),
            ("before", "It was recorded here before, and was fetched again"),
        ],
        "Recorded here because",
        readonly=True,
    )
    because = fields.Char(readonly=True)
    # The nearest mail that it answers, in case that mail is recorded later.
    answers = fields.Char(index="btree_not_null", readonly=True)
    # What an answer to it needs besides, from headers of these names.
    references_header = fields.Char("References", readonly=True)
    followup_to_header = fields.Char("Mail-Followup-To", readonly=True)
    list_post_header = fields.Char("List-Post", readonly=True)
    omitted = fields.Json("Left out", readonly=True)
    # A program answered, and not a person.
    automatic = fields.Boolean(readonly=True)
    # Its holder no longer exists and cannot remove it.
    kept = fields.Boolean(readonly=True)

    _mail_message_unique = models.UniqueIndex("(mail_message_id)")
    _once = models.UniqueIndex("(message_id, variant, model, res_id)")
    # Incomplete entries are rare, and the page counts them.
    _omitted_idx = models.Index("(mail_message_id) WHERE omitted IS NOT NULL")

    @api.model
    @ormcache()
    def _can_use_lz4(self):
        """Return whether PostgreSQL can compress with LZ4: version 14 and newer, as a rule."""
        return bool(
            self.env.execute_query(
                SQL(
                    "SELECT 1 FROM pg_settings"
                    " WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)"
                )
            )
        )

    @api.model
    def _use_lz4(self):
        """Compress what this transaction stores with LZ4; PostgreSQL's own way takes longer."""
        if self._can_use_lz4():
            self.env.cr.execute(SQL("SET LOCAL default_toast_compression = 'lz4'"))

    @api.model
    def _unite(self, records):
        """Leave each mail that is on several records about to be merged on one of them only.

        On the first; but a mail written in the CRM or received by the gateway stays where it is.
        The accounts that hold a removed copy hold the remaining one instead.
        """
        entries = self.search(
            [
                ("mail_message_id.model", "=", records._name),
                ("mail_message_id.res_id", "in", records.ids),
            ]
        )
        order = {record_id: number for number, record_id in enumerate(records.ids)}
        others = self.env["mail.message"].search(
            [
                ("model", "=", records._name),
                ("res_id", "in", records.ids),
                ("message_id", "in", entries.mapped("mail_message_id.message_id")),
                ("mail_sync_entry_ids", "=", False),
            ]
        )
        stays = {(message.message_id, 0): message for message in others}
        for entry in entries.sorted(lambda entry: order[entry.mail_message_id.res_id]):
            message = entry.mail_message_id
            left = stays.setdefault((message.message_id, entry.variant), message)
            if left != message:
                entry._give_way_to(left)

    def _give_way_to(self, message):
        """Replace this copy of a mail by another one."""
        own = self.mail_message_id
        own.mail_sync_link_ids.write({"mail_message_ids": [Command.link(message.id)]})
        own.child_ids.write({"parent_id": message.id})
        if self.kept:
            message.mail_sync_entry_ids.kept = True
        if own.mail_sync_private:
            message._mail_sync_mark(True)
        own.unlink()

    def _omitted_words(self):
        """Return what was left out of the mail, and why: one line for each."""
        return "\n".join(left_out.words(self.env, one) for one in self.omitted or ())

    def _words(self):
        """Return why this mail is recorded on this record, as a sentence."""
        self.ensure_one()
        if self.reason == "hand":
            return self.env._("Logged by hand by %s.", self.create_uid.name)
        if self.reason == "address" and self.because:
            return self.env._(
                "Recorded here because %s is an address of this record.", self.because
            )
        if self.reason == "before":
            return self.env._(
                "Recorded here because it was recorded here before, and was fetched again."
            )
        if self.reason == "answer":
            return self.env._("Recorded here because it answers a mail that was written here.")
        return self.env._(
            "Recorded here because it belongs to a conversation that is recorded here already."
        )
