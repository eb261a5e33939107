"""A mail that was written here and has not gone: it waits, was refused, or came back.

It is seen where the mail is seen, in the chatter and in the Life of the Lead.
"""

from odoo import api, fields, models
from odoo.addons.mail.tools.discuss import Store


class MailMessage(models.Model):
    _inherit = "mail.message"

    mail_sync_delivery = fields.Selection(
        [("waiting", "Waiting"), ("refused", "Refused"), ("returned", "Came Back")],
        "Delivery",
        # sudo: whoever can read a mail may know whether it has gone
        compute="_compute_mail_sync_delivery",
        compute_sudo=True,
        help="Empty for a mail that has gone, and for what is no mail.",
    )
    mail_sync_delivery_reason = fields.Text(
        "Reason", compute="_compute_mail_sync_delivery", compute_sudo=True
    )

    @api.depends(
        "mail_ids.state",
        "mail_ids.failure_reason",
        "notification_ids.notification_status",
        "notification_ids.failure_reason",
    )
    def _compute_mail_sync_delivery(self):
        """Say what keeps a mail from its recipients: the worst of it, where there is more.

        Followers of the record who are colleagues get a copy as well; it is not about those.
        """
        found = {**self._mail_sync_returned(), **self._mail_sync_queued()}
        for message in self:
            state, reason = found.get(message.id, (False, False))
            message.mail_sync_delivery = state
            message.mail_sync_delivery_reason = reason

    def _mail_sync_queued(self):
        """Return state and reason for the messages whose mails are still in the queue."""
        # A mail without a reason is just about to be sent. A refusal is read last, and holds.
        mails = self.env["mail.mail"].search_fetch(
            [
                ("mail_message_id", "in", self.ids),
                ("state", "in", ("outgoing", "exception")),
                ("failure_reason", "!=", False),
            ],
            ["mail_message_id", "state", "failure_reason", "recipient_ids"],
        )
        states = {"outgoing": "waiting", "exception": "refused"}
        return {
            mail.mail_message_id.id: (states[mail.state], mail.failure_reason)
            for mail in mails.sorted(lambda mail: mail.state == "exception")
            if not mail.recipient_ids or any(mail.recipient_ids.mapped("partner_share"))
        }

    def _mail_sync_returned(self):
        """Return state and reason for the messages that did not reach one of their recipients."""
        notifications = self.env["mail.notification"].search_fetch(
            [
                ("mail_message_id", "in", self.ids),
                ("notification_type", "=", "email"),
                ("notification_status", "in", ("bounce", "exception")),
                "|",
                ("res_partner_id", "=", False),
                ("res_partner_id.partner_share", "=", True),
            ],
            ["mail_message_id", "notification_status", "failure_reason", "failure_type"],
        )
        return {
            one.mail_message_id.id: (
                "returned" if one.notification_status == "bounce" else "refused",
                one.failure_reason or one.format_failure_reason(),
            )
            for one in notifications
        }

    def _to_store_defaults(self, target: Store.Target):
        defaults = super()._to_store_defaults(target)
        if target.is_internal(self.env):
            defaults.append(
                Store.Attr(
                    "mail_sync_delivery",
                    lambda message: message._mail_sync_delivery_to_store(),
                    # What was received has been delivered.
                    predicate=lambda message: message.message_type != "email",
                )
            )
        return defaults

    def _message_notifications_to_store(self, store: Store):
        """Tell with what became of a mail's notifications what became of the mail."""
        super()._message_notifications_to_store(store)
        store.add(
            self,
            [
                Store.Attr(
                    "mail_sync_delivery", lambda message: message._mail_sync_delivery_to_store()
                )
            ],
        )

    def _mail_sync_delivery_to_store(self):
        state, reason = self.mail_sync_delivery, self.mail_sync_delivery_reason
        return {"state": state, "reason": reason or ""} if state else False


class MailMail(models.Model):
    _inherit = "mail.mail"

    def send(self, *args, **kwargs):
        """Show on the open pages of its author that a mail waits now, or waits no more."""
        waited = self.filtered("failure_reason").mail_message_id
        result = super().send(*args, **kwargs)
        waits = self.exists().filtered("failure_reason").mail_message_id
        if changed := (waited | waits).exists():
            changed._notify_message_notification_update()
        return result
