from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_datetime

from ...engine import allowance


class MailSyncAccount(models.Model):
    """How many mails the provider takes from the mailbox, and how many it has been given.

    What somebody sends from their mail program counts at the provider, too, and is not known here.
    If the provider refuses a mail for that reason, it waits like any mail refused for now.
    """

    _inherit = "mail.sync.account"

    sent_words = fields.Char(
        "Sent from Here",
        compute="_compute_sent_words",
        compute_sudo=True,
        help="Mails handed to your provider in the last 24 hours, by recipient, and how many it "
        "accepts. Mails above the limit wait, and are sent automatically later.",
    )

    # Nothing to depend on: mails are handed over in transactions of their own.
    @api.depends_context("lang", "tz", "uid")
    def _compute_sent_words(self):
        for account in self:
            sent, limit = account._sent_in_a_day(), account._send_limits().per_day
            values = {"sent": sent, "limit": limit}
            words = (
                self.env._("%(sent)s of %(limit)s in 24 hours", **values)
                if limit
                else self.env._("%(sent)s in 24 hours", sent=sent)
            )
            if waiting := account.user_id == self.env.user and account._waiting_for_a_slot():
                words = self.env._(
                    "%(sent)s. Waiting: %(count)s, the next until %(time)s",
                    sent=words,
                    count=len(waiting),
                    time=format_datetime(
                        self.env, min(waiting.mapped("scheduled_date")), dt_format="short"
                    ),
                )
            account.sent_words = words

    def _send_limits(self):
        """Return the :class:`~..engine.allowance.Limits` of the mailbox's provider.

        For the minute Odoo has one for all personal servers; the lower one holds.
        """
        self.ensure_one()
        odoos = self.env["ir.mail_server"]._get_personal_mail_servers_limit()
        provider = self.provider_id
        return allowance.Limits(
            min(filter(None, (odoos, provider.send_per_minute))), provider.send_per_day or None
        )

    def _handed_over(self, since):
        """Return ``(time, number of recipients)`` of what was handed over, the oldest first."""
        outgoing = self.env["mail.sync.outgoing"]._fields
        return self.env.execute_query(
            SQL(
                """
                SELECT handed_at, COALESCE(cardinality(string_to_array(recipients, ', ')), 0)
                FROM mail_sync_outgoing WHERE account_id = %s AND handed_at > %s
                ORDER BY handed_at
                """,
                self.id,
                since,
                to_flush=[outgoing[name] for name in ("account_id", "handed_at", "recipients")],
            )
        )

    def _sent_in_a_day(self):
        """Return how many recipients the mails of the last 24 hours had."""
        since = fields.Datetime.now() - allowance.DAY
        return sum(count for _at, count in self._handed_over(since))

    def _send_slots(self, sizes):
        """Return an engine :class:`~..engine.allowance.Slot` for each mail that is to leave now."""
        self.ensure_one()
        limits = self._send_limits()
        now = fields.Datetime.now()
        window = allowance.DAY if limits.per_day else allowance.MINUTE
        since = now - window - allowance.MARGIN
        return allowance.slots(now, self._handed_over(since), sizes, limits)

    def _slot_words(self, slot):
        """Return why a mail waits, and until when."""
        limits = self._send_limits()
        time = format_datetime(self.env, slot.at, tz=self.user_id.tz or "UTC", dt_format="short")
        if slot.cause == "day":
            return self.env._(
                "Your provider's limit for 24 hours is reached (%(limit)s). This mail is sent "
                "automatically: %(time)s.",
                limit=limits.per_day,
                time=time,
            )
        return self.env._(
            "Your provider's limit for one minute is reached (%(limit)s). This mail is sent "
            "automatically: %(time)s.",
            limit=limits.per_minute,
            time=time,
        )

    def _waiting_for_a_slot(self):
        """Return the owner's mails, as superuser, that wait until the provider takes them."""
        # sudo: their own mails, in a queue that only administrators can read
        return (
            self.env["mail.mail"]
            .sudo()
            .search(
                [
                    ("state", "=", "outgoing"),
                    ("failure_reason", "!=", False),
                    ("mail_message_id.create_uid", "=", self.user_id.id),
                    ("scheduled_date", ">", fields.Datetime.now()),
                ]
            )
        )

    @api.model
    def _check_may_send_smart_mail(self):
        """Raise UserError if the user has no mailbox that is connected."""
        if not self._of_writer():
            raise UserError(self._no_mailbox_words())

    @api.model
    def _no_mailbox_words(self):
        """Return where a user connects the mailbox that a Smart Mail leaves from."""
        return self.env._(
            "You have no mailbox connected. A Smart Mail leaves from your own mailbox, never from "
            "the company's mail server: connect yours with Mail Sync, in the menu under your name."
        )
