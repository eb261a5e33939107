"""What became of a mail: it waits, was refused, came back, is late, was read, or is in doubt.

The chatter and the Life of the Lead show this with the mail, and its author decides there what to
do about it.
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
            ("delayed", "Delayed"),
            ("read", "Read"),
            ("deleted", "Deleted Unread"),
            ("delivered", "Arrived"),
            ("expanded", "Handed On to a List"),
            ("relayed", "Handed On"),
        ],
        "Delivery",
        # sudo: whoever can read a mail may know whether it has gone
        compute="_compute_mail_sync_delivery",
        compute_sudo=True,
        help="Empty for a sent mail of which nothing was reported, and for anything that is not a "
        "mail.",
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
        """Say what keeps a mail from its recipients; with several reasons, the worst one.

        Copies to colleagues who follow the record do not count.
        """
        queued = self._mail_sync_queued()
        found = {**self._mail_sync_found_out(), **queued}
        for message in self:
            state, reason = found.get(message.id, (False, False))
            message.mail_sync_delivery = state
            message.mail_sync_delivery_reason = reason
            # A bounced mail is no longer in the queue: its author writes a new one.
            message.mail_sync_repeatable = message.id in queued and state != "waiting"

    @api.model
    def _mail_sync_forget_delivery(self):
        """Have the delivery computed again, because a mail or a notification has changed."""
        names = ("mail_sync_delivery", "mail_sync_delivery_reason", "mail_sync_repeatable")
        self.invalidate_model(names, flush=False)

    def _mail_sync_queued(self):
        """Return state and reason for the messages whose mails are still in the queue."""
        # A mail without a reason is about to be sent. Refusals come last, so they win.
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

    def _mail_sync_found_out(self):
        """Return state and reason for the messages of which more is known than that they went."""
        deliveries = self._mail_sync_deliveries()
        found = {id_: one._summary() for id_, one in deliveries.items()}
        for id_, (state, reason) in self._mail_sync_returned(deliveries).items():
            reported, words = found.get(id_, ("", ""))
            if reported == "returned":
                found[id_] = (reported, f"{words}\n{reason}")
            else:
                found[id_] = (state, reason)
        return found

    def _mail_sync_deliveries(self):
        """Return what was reported about the messages that were sent from a mailbox."""
        # sudo: whoever can read a mail may know what became of it
        deliveries_sudo = self.env["mail.sync.delivery"].sudo()
        # No query for what nobody with a mailbox has sent.
        writers = self.env["mail.sync.account"]._owners()
        return deliveries_sudo._by_message(
            self.filtered(
                lambda message: (
                    message.model in standing.models(self.env)
                    and (message.message_type == "email" or message.create_uid.id in writers)
                )
            )
        )

    def _mail_sync_returned(self, deliveries):
        """Return state and reason for the messages that did not reach one of their recipients.

        What ``deliveries`` know is left to them: they have it in the reader's language.
        """
        known = {
            (id_, address) for id_, found in deliveries.items() for address in found._failed_for()
        }
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
            and not any((one.mail_message_id.id, a) in known for a in one._mail_sync_addresses())
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
        """Send what became of a mail along with what became of its notifications."""
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
        """Return whether this was written, here or in a mail program, and not received."""
        if self.model not in standing.models(self.env):
            return False
        # sudo: whoever can read a mail may know which way it went
        return self.message_type != "email" or self.sudo().mail_sync_entry_ids.direction == "out"

    def _mail_sync_delivery_to_store(self):
        """Return what became of a mail and who may decide about it; False if nothing is known."""
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
        """Return whom a mail would be sent to again, ``to``, and through which server, ``route``.

        Raises AccessError for anybody but its author and administrators.
        """
        self.ensure_one()
        mails_sudo = self._mail_sync_failed_sudo()
        return {
            "to": sorted(mails_sudo._mail_sync_repeated()),
            "route": mails_sudo._mail_sync_route() if mails_sudo else "",
        }

    def action_mail_sync_send_again(self):
        """Send a mail again, only to recipients that were refused or are in doubt.

        Returns what keeps it then, as the web client shows it. Pressing the button twice sends it
        once: the second time it is already in the queue. Raises AccessError for anybody but its
        author and administrators.
        """
        self.ensure_one()
        self._mail_sync_failed_sudo()._mail_sync_send_again()
        return self._mail_sync_answered()

    def action_mail_sync_was_sent(self):
        """Take the author's word that a mail of unknown outcome was sent.

        Nothing is sent. Returns and raises as :meth:`action_mail_sync_send_again`.
        """
        self.ensure_one()
        self._mail_sync_failed_sudo()._mail_sync_confirm()
        return self._mail_sync_answered()

    def _mail_sync_failed_sudo(self):
        """Return, as superuser, the mails of a message that were not sent, for its author.

        This replaces the right of authors to decide about their own mails, in a queue that only
        administrators can change. The mails are locked; a second caller gets none.
        """
        self.check_access("read")
        # Authors can read what they wrote even where they can no longer read the record.
        for record in self._record_by_message().values():
            record.check_access("read")
        user = self.env.user
        # sudo: whoever can read a mail may know who wrote it
        if self.sudo().create_uid != user and not user._is_system():
            raise AccessError(
                self.env._("Only the person who wrote this mail can decide what happens to it.")
            )
        domain = [("mail_message_id", "=", self.id), ("state", "=", "exception")]
        # sudo: as said above
        return self.env["mail.mail"].sudo().search(domain).try_lock_for_update()

    def _mail_sync_answered(self):
        """Show what has become of the mail on all open pages, and return it."""
        self._notify_message_notification_update()
        return self._mail_sync_delivery_to_store()
