"""What the web client receives about a recorded mail, to show it on the record."""

from odoo.addons.mail.tools.discuss import Store
from odoo.tests import new_test_user

from .common import MailSyncCase, mail


class TestChatter(MailSyncCase):
    def told(self, messages, user=None):
        """Return what a user's web client receives about messages, by subject."""
        messages = messages.with_user(user or self.ann)
        data = Store().add(messages).get_result()["mail.message"]
        return {message["subject"]: message.get("mail_sync") for message in data}

    def test_a_recorded_mail_says_which_way_it_went_and_why_it_is_here(self):
        self.deliver(mail("lena@customer.example", self.ann.email, "Question"))
        self.sync()
        told = self.told(self.entries())["Question"]
        self.assertEqual(told["direction"], "in")
        self.assertIn("lena@customer.example is an address of this record", told["because"])
        self.assertEqual(told["mailboxes"], [self.ann.name])

    def test_a_message_written_in_odoo_has_no_badge(self):
        note = self.lead.message_post(body="Called her.", subject="Note")
        self.assertEqual(self.told(note), {"Note": None})

    def test_a_colleague_who_may_read_the_lead_is_told_the_same_and_cannot_remove_it(self):
        self.deliver(mail("lena@customer.example", self.ann.email, "Question"))
        self.sync()
        recorded = self.entries()
        bob = new_test_user(self.env, "bob", groups="sales_team.group_sale_salesman_all_leads")
        told = self.told(recorded)
        self.assertTrue(told["Question"]["removable"])
        told["Question"]["removable"] = False
        self.assertEqual(self.told(recorded, bob), told)

    def test_the_query_count_does_not_grow_with_the_conversation(self):
        for number in range(20):
            self.deliver(mail("lena@customer.example", self.ann.email, f"Question {number}"))
        self.sync()
        recorded = self.entries()
        self.assertEqual(len(recorded), 20)

        def queries(messages):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.told(messages)
            return self.env.cr.sql_log_count - before

        queries(recorded)  # what is read once per process
        self.assertEqual(queries(recorded), queries(recorded[:2]))
