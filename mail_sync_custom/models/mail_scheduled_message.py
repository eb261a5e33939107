"""*Send Later*: a mail keeps its Cc, its Bcc and what it answers, and is as private as that.

Its reminder begins when it leaves.
"""

import json

from odoo import api, fields, models


class MailScheduledMessage(models.Model):
    _inherit = "mail.scheduled.message"

    # Whoever may write on the record can read what is scheduled there, but not this.
    mail_sync_private = fields.Boolean("Private", readonly=True)
    mail_sync_remind_on = fields.Date("Remind me on")

    def _notification_parameters_whitelist(self):
        return super()._notification_parameters_whitelist() | {
            "parent_id",
            "notify_author_mention",
            "mail_sync_exact",
            "mail_sync_forwarded",
            "mail_sync_cc_ids",
            "mail_sync_bcc_ids",
        }

    def _message_created_hook(self, message):
        """Plan the reminder now that there is a mail to answer; not for a day that has passed."""
        if self.mail_sync_remind_on:
            day = max(self.mail_sync_remind_on, fields.Date.context_today(message))
            message._mail_sync_sent_to_leads()._mail_sync_remind(day)
        return super()._message_created_hook(message)

    @api.model
    def _mail_sync_mark(self, messages, private):
        """Note on what is to answer these messages later whether they are private."""
        scheduled = self.search([("res_id", "in", messages.mapped("res_id"))])
        scheduled.filtered(
            lambda one: one._mail_sync_answered_id() in messages.ids
        ).mail_sync_private = private

    def _mail_sync_answered_id(self):
        """Return the id of the message that this will answer; None if it answers none."""
        named = json.loads(self.notification_parameters or "{}").get("parent_id")
        return named if type(named) is int else None  # the composer says False
