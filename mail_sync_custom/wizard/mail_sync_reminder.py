from datetime import timedelta

from odoo import api, fields, models

#: Days after which one is usually reminded.
USUAL = 3


class MailSyncReminder(models.TransientModel):
    """Asks when to remind the user of a sent mail that nobody has answered."""

    _name = "mail.sync.reminder"
    _description = "Remind Me if There Is No Answer"

    mail_message_id = fields.Many2one(
        "mail.message", "Mail", required=True, readonly=True, ondelete="cascade"
    )
    date = fields.Date("Remind me on", required=True, default=lambda self: self._default_date())

    @api.model
    def _default_date(self):
        return fields.Date.context_today(self) + timedelta(days=USUAL)

    def action_remind(self):
        """Plan the activity; return what says so."""
        self.ensure_one()
        self.mail_message_id._mail_sync_remind(self.date)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("You will be reminded if there is no answer by then."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
