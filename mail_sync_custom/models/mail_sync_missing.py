from odoo import api, fields, models

from ..fields import BigInteger


class MailSyncMissing(models.Model):
    """A mail that *Check completeness* found on the server, and that should be on a lead.

    It goes when it is fetched, with the next check, and with its mailbox.
    """

    _name = "mail.sync.missing"
    _description = "Missing Mail"
    _order = "date desc, id desc"
    _rec_name = "subject"

    account_id = fields.Many2one(
        "mail.sync.account", required=True, ondelete="cascade", readonly=True
    )
    mailbox_id = fields.Many2one(
        "mail.sync.mailbox", "Folder", required=True, index=True, ondelete="cascade", readonly=True
    )
    uid = BigInteger("UID", required=True, readonly=True)
    uidvalidity = BigInteger("UIDVALIDITY", required=True, readonly=True)
    message_id = fields.Char("Message-ID", required=True, readonly=True)
    variant = fields.Integer(required=True, readonly=True)
    date = fields.Datetime(readonly=True)
    email_from = fields.Char("From", readonly=True)
    email_to = fields.Char("To", readonly=True)
    subject = fields.Char(readonly=True)
    direction = fields.Selection([("in", "Received"), ("out", "Sent")], readonly=True)
    found = fields.Selection(
        [
            ("deleted", "It was recorded. Its entry has been deleted in the CRM since."),
            ("lead_deleted", "It was recorded on a lead that has been deleted since."),
            (
                "left_out",
                "When it was read it was excluded, or no lead's. Today it would be recorded.",
            ),
        ],
        "Why",
        readonly=True,
    )

    _key_unique = models.UniqueIndex(
        "(account_id, message_id, variant)", "A mail is missing only once in each mailbox."
    )

    @api.autovacuum
    def _gc_old(self):
        """Delete what a check found a month ago: mails of leads are not kept beside them."""
        month_ago = fields.Datetime.subtract(fields.Datetime.now(), months=1)
        self.search([("create_date", "<", month_ago)]).unlink()
