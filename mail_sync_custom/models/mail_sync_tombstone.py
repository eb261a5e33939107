from odoo import api, fields, models

from ..bridge.tombstones import hash_of


class MailSyncTombstone(models.Model):
    """A mail that no mailbox may bring again, known by nothing but a hash of its Message-ID.

    Links to the mail are tombstones as well, but they go with their account, and they say more
    than may be kept of somebody who was erased.
    """

    _name = "mail.sync.tombstone"
    _description = "Mail That Does Not Come Back"
    _rec_name = "hash"

    hash = fields.Char("SHA-256", required=True, readonly=True)
    variant = fields.Integer(default=0, required=True, readonly=True)

    _once = models.UniqueIndex("(hash, variant)")

    @api.model
    def _bury(self, mails):
        """Save tombstones of mails, each given by its Message-ID without brackets, and variant."""
        wanted = {(hash_of(message_id), variant) for message_id, variant in mails}
        known = self.search([("hash", "in", [value for value, _ in wanted])])
        new = wanted - {(one.hash, one.variant) for one in known}
        self.create([{"hash": value, "variant": variant} for value, variant in sorted(new)])
