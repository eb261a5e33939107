"""A mail that was written here and has not gone: it waits, was refused, came back, or who knows.

It is seen where the mail is seen, in the chatter and in the Life of the Lead, and there its author
says what is to become of it.
"""

from odoo import api, fields, models
from odoo.addons.mail.tools.discuss import Store
from odoo.exceptions import AccessError

from ..bridge import standing


class MailMessage(models.Model):
    _inherit = "mail.message"

    mail_sync_delivery = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("unknown", "Perhaps Sent"),
            ("refused", "Refused"),
            ("returned", "Came Back"),
        ],
        "Delivery",
        # sudo: whoever can read a mail may know whether it has gone
        compute="_compute_mail_sync_delivery",
        compute_sudo=True,
        help="Empty for a mail that has gone, and for what is no mail.",
    )
    mail_sync_delivery_reason = fields.Text(
        "Reason", compute="_compute_mail_sync_delivery", compute_sudo=True
    )
    mail_sync_repeatable = fields.Boolean(
        "Can Be Sent Again", compute="_compute_mail_sync_delivery", compute_sudo=True
    )

    # No `depends`: it would have Odoo look up the message of each mail and each notification that
    # is written. Their `write` calls `_mail_sync_forget_delivery` instead.
    @api.depends_context("lang")
    def _compute_mail_sync_delivery(self):
        """Say what keeps a mail from its recipients: the worst of it, where there is more.

        Followers of the record who are colleagues get a copy as well; it is not about those.
        """
        returned, queued = self._mail_sync_returned(), self._mail_sync_queued()
        found = {**returned, **queued}
        for message in self:
            state, reason = found.get(message.id, (False, False))
            message.mail_sync_delivery = state
            message.mail_sync_delivery_reason = reason
            # What came back is not kept to be sent; whoever writes anew says so to the recipient.
            message.mail_sync_repeatable = message.id in queued and state != "waiting"

    @api.model
    def _mail_sync_forget_delivery(self):
        """Have it computed anew: a mail or a notification is no longer what it was."""
        names = ("mail_sync_delivery", "mail_sync_delivery_reason", "mail_sync_repeatable")
        self.invalidate_model(names, flush=False)

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
        failed = mails.filtered(lambda mail: mail.state == "exception")
        in_doubt = self.env["mail.sync.outgoing"]._in_doubt(failed.mapped("message_id"))

        def state(mail):
            if mail.state == "outgoing":
                return "waiting"
            return "unknown" if mail.message_id in in_doubt else "refused"

        return {
            mail.mail_message_id.id: (state(mail), mail._mail_sync_reason())
            for mail in mails.sorted(lambda mail: mail.state == "exception")
            if not mail.recipient_ids or any(mail.recipient_ids.mapped("partner_share"))
        }

    def _mail_sync_returned(self):
        """Return state and reason for the messages that did not reach one of their recipients."""
        return {
            one.mail_message_id.id: (
                "returned" if one.notification_status == "bounce" else "refused",
                one.failure_reason or one.format_failure_reason(),
            )
            # Not searched: to show a message Odoo reads its notifications anyway.
            for one in self.notification_ids
            if one.notification_type == "email"
            and one.notification_status in ("bounce", "exception")
            and (not one.res_partner_id or one.res_partner_id.partner_share)
        }

    def _to_store_defaults(self, target: Store.Target):
        defaults = super()._to_store_defaults(target)
        if target.is_internal(self.env):
            defaults.append(
                Store.Attr(
                    "mail_sync_delivery",
                    lambda message: message._mail_sync_delivery_to_store(),
                    predicate=lambda message: message._mail_sync_was_written(),
                )
            )
        return defaults

    def _message_notifications_to_store(self, store: Store):
        """Tell with what became of a mail's notifications what became of the mail."""
        result = super()._message_notifications_to_store(store)
        store.add(
            self,
            [
                Store.Attr(
                    "mail_sync_delivery",
                    lambda message: message._mail_sync_delivery_to_store(),
                    predicate=lambda message: message._mail_sync_was_written(),
                )
            ],
        )
        return result

    def _mail_sync_was_written(self):
        """Whether it was written here, on a lead or a contact: what was received has arrived."""
        return self.model in standing.MODELS and self.message_type != "email"

    def _mail_sync_delivery_to_store(self):
        """Return what keeps the mail, and who may say what becomes of it; False if nothing does."""
        if not self.mail_sync_delivery:
            return False
        return {
            "state": self.mail_sync_delivery,
            "reason": self.mail_sync_delivery_reason or "",
            "repeatable": self.mail_sync_repeatable,
            # sudo: whoever can read a mail may know who wrote it
            "writer": self.sudo().create_uid.id,
        }

    # -- what its author decides ---------------------------------------------------------------

    def mail_sync_before_sending_again(self):
        """Return whom a mail would go to once more, ``to``, and by which server, ``route``.

        Raises AccessError for anybody but its author and administrators.
        """
        self.ensure_one()
        mails_sudo = self._mail_sync_failed_sudo()
        return {
            "to": sorted(mails_sudo._mail_sync_repeated()),
            "route": mails_sudo._mail_sync_route() if mails_sudo else "",
        }

    def action_mail_sync_send_again(self):
        """Send a mail once more, to those alone who were refused or of whom nobody knows.

        Returns what then keeps it, as the web client shows it. Pressed twice it is sent once: the
        second time it is in the queue already. Raises AccessError for anybody but its author and
        administrators.
        """
        self.ensure_one()
        self._mail_sync_failed_sudo()._mail_sync_send_again()
        return self._mail_sync_answered()

    def action_mail_sync_was_sent(self):
        """Believe the author that a mail was sent of which nobody knew.

        Nothing is sent. Returns and raises as :meth:`action_mail_sync_send_again`.
        """
        self.ensure_one()
        self._mail_sync_failed_sudo()._mail_sync_confirm()
        return self._mail_sync_answered()

    def _mail_sync_failed_sudo(self):
        """Return the mails of a message that were not sent, as superuser, for whom they belong to.

        The right it stands in for is an author's to decide on their own mail, whose queue only
        administrators can change. They are locked, and whoever comes second gets none.
        """
        self.check_access("read")
        # An author can read what they wrote also where they can no longer read the record.
        for record in self._record_by_message().values():
            record.check_access("read")
        user = self.env.user
        # sudo: whoever can read a mail may know who wrote it
        if self.sudo().create_uid != user and not user._is_system():
            raise AccessError(
                self.env._("Only who wrote this mail can say what is to become of it.")
            )
        domain = [("mail_message_id", "=", self.id), ("state", "=", "exception")]
        # sudo: as said above
        return self.env["mail.mail"].sudo().search(domain).try_lock_for_update()

    def _mail_sync_answered(self):
        """Show everywhere what has become of the mail, and return it."""
        self._notify_message_notification_update()
        return self._mail_sync_delivery_to_store()
