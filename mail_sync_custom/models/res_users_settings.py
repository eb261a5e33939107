from odoo import fields, models


class ResUsersSettings(models.Model):
    _inherit = "res.users.settings"

    mail_sync_invitation_closed = fields.Boolean(
        help="The user has been told where to connect their mailbox, and is not told again."
    )
