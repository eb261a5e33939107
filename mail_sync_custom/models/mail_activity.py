"""*Remind me if there is no answer*: Odoo's own activity, which an answer closes."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from .timeline_conditions import direction, is_mail


class MailActivity(models.Model):
    _inherit = "mail.activity"

    # The sent mail whose answer closes it.
    mail_sync_message_id = fields.Many2one(
        "mail.message", "Waits for an answer to", readonly=True, copy=False, ondelete="set null"
    )
    # The later one of its date and the lead's last mail when the user asked: what is there is seen.
    mail_sync_waits_since = fields.Datetime(readonly=True, copy=False)

    _mail_sync_waiting_idx = models.Index("(res_id) WHERE mail_sync_waits_since IS NOT NULL")
    _mail_sync_message_idx = models.Index(
        "(mail_sync_message_id) WHERE mail_sync_message_id IS NOT NULL"
    )

    def _mail_sync_follow(self, message):
        """Take these reminders to the record of the message that their mail is now.

        Those of users who may not open that record end, and so do second ones. Runs as superuser.
        """
        record = self.env[message.model].browse(message.res_id)
        there = self.search([("mail_sync_message_id", "=", message.id)]) - self
        stay = self.filtered(
            lambda one: (
                "activity_ids" in record
                and one.user_id not in there.user_id
                and record.with_user(one.user_id).has_access("read")
            )
        )
        (self - stay).unlink()
        stay.write(
            {
                "res_model_id": self.env["ir.model"]._get_id(record._name),
                "res_id": record.id,
                "mail_sync_message_id": message.id,
            }
        )
        if record._name == "crm.lead":
            record._mail_sync_answered()


class MailMessage(models.Model):
    _inherit = "mail.message"

    def action_mail_sync_open_remind(self):
        """Ask when to remind the user if a sent mail has no answer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_sync_custom.mail_sync_reminder_action"
        )
        return {**action, "context": {"default_mail_message_id": self.id}}

    def _mail_sync_reminders(self):
        """Return the activities of whoever waits for an answer to these mails."""
        return self.env["mail.activity"].search([("mail_sync_message_id", "in", self.ids)])

    def _mail_sync_remind(self, date):
        """Have the user reminded on a date of these sent mails, unless they are answered before.

        A second reminder of the same mail replaces the first. Raises UserError for what is no sent
        mail on a lead, and AccessError for those who may not read it or write on the lead.
        """
        self.check_access("read")
        if self - self._mail_sync_sent_to_leads():
            raise UserError(self.env._("Choose a mail that was sent to a lead or an opportunity."))
        for message in self:
            message._mail_sync_remind_on_lead(date)

    def _mail_sync_sent_to_leads(self):
        """Return those of the messages that are mails to a lead, sent or about to be."""
        self.env.flush_all()
        table = SQL.identifier("message")
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM mail_message message
                WHERE id = ANY(%s) AND model = 'crm.lead' AND %s AND %s = 'out'
                """,
                self.ids,
                is_mail(table),
                direction(table),
            )
        )
        return self.browse(id_ for [id_] in rows)

    def _mail_sync_remind_on_lead(self, date):
        lead = self.env[self.model].browse(self.res_id)
        lead.check_access("write")
        activities = self.env["mail.activity"]
        before = activities.search(
            [("mail_sync_message_id", "=", self.id), ("user_id", "=", self.env.uid)]
        )
        if before:
            before.date_deadline = date
            return
        day = fields.Datetime.context_timestamp(self, self.date).date()
        # No subject: colleagues who see the activity might not be allowed to read the mail.
        lead.activity_schedule(
            "mail.mail_activity_data_email",
            date,
            self.env._("No answer to the mail of %s", format_date(self.env, day)),
            user_id=self.env.uid,
            mail_sync_message_id=self.id,
            mail_sync_waits_since=max(self.date, lead.mail_sync_last_in_at or self.date),
        )


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _mail_sync_answered(self):
        """Close the reminders on leads that have written since their users asked for them.

        Nobody is notified, as by all of recording. Runs as superuser.
        """
        if not self:
            return
        waiting = self.env["mail.activity"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("mail_sync_waits_since", "!=", False),
            ]
        )
        leads = {lead.id: lead for lead in self} if waiting else {}
        for activity in waiting:
            last_in_at = leads[activity.res_id].mail_sync_last_in_at
            if last_in_at and last_in_at > activity.mail_sync_waits_since:
                env = activity.with_context(lang=activity.user_id.lang).env
                activity.write({"active": False, "feedback": env._("An answer has come.")})
