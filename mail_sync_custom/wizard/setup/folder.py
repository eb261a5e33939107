from odoo import fields, models

from ...fields import BigInteger


class MailSyncAccountSetupFolder(models.TransientModel):
    """A folder that the server showed in the first step."""

    _name = "mail.sync.account.setup.folder"
    _description = "Folder to Synchronise"
    _order = "special_use, name"

    setup_id = fields.Many2one("mail.sync.account.setup", required=True, ondelete="cascade")
    name = fields.Char("Folder", required=True, readonly=True)
    special_use = fields.Selection([("inbox", "Inbox"), ("sent", "Sent")], "Use", readonly=True)
    use = fields.Boolean("Include")
    # Where the folder stood when it was looked at, for who reads from now on.
    uidvalidity = BigInteger(readonly=True)
    uidnext = BigInteger(readonly=True)
