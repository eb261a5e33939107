"""*Remind me if there is no answer*: an activity, which an answer closes without a sound."""

from datetime import date, timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import mail
from .waiting_case import ANN, WaitingCase, days_ago


@tagged("post_install", "-at_install")
class TestReminders(WaitingCase):
    def remind(self, entry, user=None, day=None):
        wizard = self.env["mail.sync.reminder"].with_user(user or self.ann)
        wizard = wizard.with_context(default_mail_message_id=entry.id).create({})
        if day:
            wizard.date = day
        wizard.action_remind()
        return self.activities()

    def activities(self):
        self.settle()
        return (
            self.env["mail.activity"]
            .with_context(active_test=False)
            .search([("res_model", "=", "crm.lead"), ("res_id", "=", self.lead.id)])
        )

    def test_it_is_an_activity_of_its_user_that_an_answer_closes(self):
        activity = self.remind(self.answer(4))
        self.assertEqual(
            (activity.user_id, activity.active, activity.date_deadline),
            (self.ann, True, date.today() + timedelta(days=3)),
        )
        before = self.env["mail.mail"].search_count([])
        messages = self.lead.message_ids
        self.receive(1)
        self.assertEqual((activity.active, activity.state), (False, "done"))
        self.assertEqual(self.env["mail.mail"].search_count([]), before)
        self.assertEqual(
            (self.lead.message_ids - messages).mapped("subject"), ["In 1"], "it posts nothing"
        )

    def test_neither_an_older_mail_nor_a_program_closes_it(self):
        activity = self.remind(self.answer(4))
        self.receive(6)
        self.receive(2, **{"Auto-Submitted": "auto-replied"})
        self.assertTrue(self.activities().active)
        self.assertEqual(len(activity), 1)

    def test_its_words_do_not_tell_what_a_private_mail_is_about(self):
        activity = self.remind(self.answer(4, "Secret offer"))
        self.assertNotIn("Secret", f"{activity.summary} {activity.note}")

    def test_asking_twice_changes_the_date(self):
        entry = self.answer(4)
        self.remind(entry)
        activity = self.remind(entry, day=date.today() + timedelta(days=9))
        self.assertEqual(activity.date_deadline, date.today() + timedelta(days=9))

    def test_only_a_sent_mail_can_be_waited_for(self):
        with self.assertRaises(UserError):
            self.remind(self.receive(4))
        with self.assertRaises(UserError):
            self.remind(self.lead.message_post(body="Note"))

    def test_who_may_not_open_the_lead_is_reminded_of_nothing(self):
        entry = self.answer(4)
        junior = self.salesperson("junior", "sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            self.remind(entry, junior)

    def test_the_timeline_offers_it_on_sent_mails_without_an_answer(self):
        question = self.answer(6)
        self.receive(5, answers="Out6@example.com")
        self.answer(4)
        entries = self.lead.with_user(self.ann).mail_sync_timeline()["entries"]
        offered = {entry["subject"]: entry["remindable"] for entry in entries}
        self.assertEqual(offered, {"Out 6": False, "In 5": False, "Out 4": True})
        self.assertTrue(question)

    def composer(self):
        """Return the composer with a mail, and a reminder in five days."""
        contact = self.env["res.partner"].create({"name": "Lena", "email": "lena@customer.example"})
        composer = Form(
            self.env["mail.compose.message"]
            .with_user(self.ann)
            .with_context(
                default_composition_mode="comment",
                default_model="crm.lead",
                default_res_ids=self.lead.ids,
                default_partner_ids=[Command.set(contact.ids)],
                default_subject="Offer",
                default_body="<p>Hello</p>",
            )
        )
        composer.mail_sync_remind_on = date.today() + timedelta(days=5)
        return composer

    def test_the_composer_reminds_of_what_it_sends(self):
        self.composer().save().action_send_mail()
        activity = self.activities()
        self.assertEqual(activity.date_deadline, date.today() + timedelta(days=5))
        self.assertEqual(activity.mail_sync_message_id.subject, "Offer")

    def schedule(self):
        """Write a mail that leaves tomorrow, with a reminder; return what waits."""
        composer = self.composer().save()
        composer.scheduled_date = fields.Datetime.to_string(
            fields.Datetime.now() + timedelta(days=1)
        )
        composer.action_schedule_message()
        self.assertFalse(self.activities(), "there is nothing to answer yet")
        return self.env["mail.scheduled.message"].search([("res_id", "=", self.lead.id)])

    def leave(self, scheduled):
        """Have the time of a scheduled mail come."""
        self.env.cr.execute(
            "UPDATE mail_scheduled_message SET scheduled_date = %s WHERE id = %s",
            (fields.Datetime.now() - timedelta(seconds=1), scheduled.id),
        )
        self.env.invalidate_all()
        scheduled._post_messages_cron()
        self.assertIn("Offer", self.lead.message_ids.mapped("subject"))
        return self.activities()

    def test_what_is_sent_later_is_reminded_of_when_it_leaves(self):
        activity = self.leave(self.schedule())
        self.assertEqual(activity.date_deadline, date.today() + timedelta(days=5))
        self.assertEqual(activity.user_id, self.ann)
        self.assertEqual(activity.mail_sync_message_id.subject, "Offer")

    def test_a_reminder_for_a_day_that_passed_before_it_left_is_for_that_day(self):
        scheduled = self.schedule()
        scheduled.mail_sync_remind_on = date.today() - timedelta(days=2)
        self.assertEqual(self.leave(scheduled).date_deadline, date.today())

    # -- moved mails ---------------------------------------------------------------------------

    def other_lead(self, **values):
        return self.env["crm.lead"].create(
            {"name": "Other", "type": "opportunity", "user_id": self.ann.id, **values}
        )

    def test_it_follows_its_mail_to_another_lead_and_an_answer_there_closes_it(self):
        activity = self.remind(entry := self.answer(4))
        other = self.other_lead()
        entry.with_user(self.ann)._mail_sync_move(other)
        self.assertFalse(self.activities())
        self.assertEqual((activity.res_model, activity.res_id), ("crm.lead", other.id))
        self.receive(3)
        self.assertTrue(activity.active, "the lead that has the mail no more has written")
        other.email_from = "kim@customer.example"
        self.deliver(mail("Kim <kim@customer.example>", ANN, "Yes", date=days_ago(2)))
        self.sync()
        self.settle()
        self.assertFalse(activity.active)

    def test_it_ends_if_the_other_lead_has_answered_already(self):
        other = self.other_lead(email_from="kim@customer.example")
        self.deliver(mail("Kim <kim@customer.example>", ANN, "Yes", date=days_ago(2)))
        self.sync()
        self.settle()
        activity = self.remind(entry := self.answer(4))
        entry.with_user(self.ann)._mail_sync_move(other)
        self.settle()
        self.assertFalse(activity.active)

    def test_it_ends_for_those_who_may_not_open_the_other_lead(self):
        entry = self.answer(4)
        junior = self.salesperson("junior", "sales_team.group_sale_salesman")
        self.lead.user_id = junior
        theirs, own = self.remind(entry, junior), self.remind(entry)
        own -= theirs
        entry.with_user(self.ann)._mail_sync_move(self.other_lead())
        self.assertEqual((theirs | own).exists(), own)

    def test_it_follows_its_mail_to_a_contact(self):
        activity = self.remind(entry := self.answer(4))
        contact = self.env["res.partner"].create({"name": "Lena"})
        entry.with_user(self.ann)._mail_sync_move(contact)
        self.assertEqual((activity.res_model, activity.res_id), ("res.partner", contact.id))
