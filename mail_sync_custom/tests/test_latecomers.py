from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from odoo.tests import tagged

from .common import MailSyncCase, mail

ANN = "Ann <ann@company.example>"
EVE = "Eve Moss <eve@elsewhere.example>"
LENA = "Lena Park <lena@customer.example>"


@tagged("post_install", "-at_install")
class TestLatecomers(MailSyncCase):
    """A lead created later, or given an address later, gets its past mails."""

    def setUp(self):
        super().setUp()
        day = datetime.now(UTC) - timedelta(days=9)
        self.deliver(mail(EVE, ANN, "Question", date=day))
        self.deliver(mail(ANN, EVE, "Answer", date=day + timedelta(hours=1)), "Sent")
        self.deliver(mail("Mother <ruth@family.example>", ANN, "Sunday"))
        self.sync()
        self.server.commands.clear()

    def new_lead(self, email="eve@elsewhere.example", **values):
        values = {"name": "Late", "type": "opportunity", "email_from": email, **values}
        return self.env["crm.lead"].create(values)

    def test_a_lead_that_is_created_later(self):
        lead = self.new_lead()
        said = self.sync()
        self.assertTimeline("Question", "Answer", record=lead)
        self.assertEqual(self.entries(lead).mapped("mail_sync_direction"), ["in", "out"])
        self.assertIn("leads that are new: 2", said)
        self.assertEqual(self.account.recorded_count, 2)
        self.assertEqual(self.account.seen_count, 3)

    def test_its_past_mail_is_searched_for_once(self):
        lead = self.new_lead()
        self.sync()
        self.server.commands.clear()
        self.assertEqual(self.sync(), "Nothing new.")
        self.assertEqual({name for name, *_ in self.server.commands}, {"STATUS"})
        self.assertTimeline("Question", "Answer", record=lead)

    def test_a_lead_that_is_given_an_address_later(self):
        lead = self.new_lead(email=False)
        self.sync()
        self.assertTimeline(record=lead)
        lead.email_from = "Eve.Moss@Elsewhere.example"
        lead.email_from = "Eve@Elsewhere.example"
        self.sync()
        self.assertTimeline("Question", "Answer", record=lead)

    def test_a_lead_that_is_given_a_contact_later(self):
        lead = self.new_lead(email=False)
        self.sync()
        contact = self.env["res.partner"].create({"name": "Eve", "email": EVE})
        lead.partner_id = contact
        self.sync()
        self.assertTimeline("Question", "Answer", record=lead)
        self.assertTimeline("Question", "Answer", record=contact)

    def test_a_lead_whose_contact_is_given_an_address_later(self):
        contact = self.env["res.partner"].create({"name": "Eve"})
        lead = self.new_lead(email=False, partner_id=contact.id)
        self.sync()
        contact.with_user(self.ann).email = EVE
        self.sync()
        self.assertTimeline("Question", "Answer", record=lead)

    def test_a_lead_that_is_given_another_address_keeps_its_mails(self):
        lead = self.new_lead()
        self.sync()
        lead.email_from = LENA
        self.deliver(mail(LENA, ANN, "From Lena"))
        self.sync()
        self.assertTimeline("Question", "Answer", "From Lena", record=lead)

    def test_what_belongs_to_an_open_lead_stays_there(self):
        self.deliver(mail(LENA, ANN, "Roof"))
        self.sync()
        second = self.new_lead(LENA)
        self.sync()
        self.assertTimeline("Roof")
        self.assertTimeline(record=second)

    def test_a_new_lead_after_a_lost_one_gets_the_past_mails(self):
        self.deliver(mail(LENA, ANN, "Roof"))
        self.sync()
        self.lead.action_set_lost()
        new = self.new_lead(LENA)
        self.sync()
        self.assertTimeline("Roof", record=new)
        self.assertTimeline("Roof")
        self.assertEqual(self.account.recorded_count, 1)
        links = self.env["mail.sync.message"].search([("message_id", "=", "Roof@example.com")])
        self.assertEqual(links.mail_message_ids, self.entries() | self.entries(new))

    def test_removed_mail_stays_removed(self):
        self.deliver(mail(LENA, ANN, "Roof"))
        self.sync()
        self.entries().with_user(self.ann).action_mail_sync_remove()
        self.lead.action_set_lost()
        new = self.new_lead(LENA)
        self.sync()
        self.assertTimeline(record=new)

    def test_mail_removed_only_from_the_lead_does_not_come_back_another_way(self):
        contact = self.env["res.partner"].create({"name": "Lena", "email": LENA})
        self.lead.partner_id = contact
        ben = self.salesperson("ben")
        account, server = self.connect(ben)
        copy = mail(LENA, f"{ANN}, ben@company.example", "Roof")
        self.deliver(copy)
        self.sync()
        self.entries().with_user(self.ann).action_mail_sync_remove()
        self.assertTimeline(record=self.lead)
        self.deliver(copy, server=server)
        self.sync(account)
        self.lead.action_set_lost()
        new = self.new_lead(LENA, partner_id=contact.id)
        self.sync()
        self.sync(account)
        self.assertTimeline(record=self.lead)
        self.assertTimeline(record=new)
        self.assertTimeline("Roof", record=contact)

    def test_a_lead_of_a_company_that_the_owner_does_not_work_in_gets_nothing(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        lead = self.new_lead(company_id=other.id)
        self.sync()
        self.assertTimeline(record=lead)

    def test_many_leads_at_once(self):
        leads = self.env["crm.lead"].create(
            [{"name": f"Lead {n}", "email_from": f"eve{n}@elsewhere.example"} for n in range(120)]
        )
        for number in (3, 77, 119):
            self.deliver(mail(f"eve{number}@elsewhere.example", ANN, f"Mail {number}"))
        # One that was read before they were known.
        late = self.new_lead()
        self.sync()
        self.assertTimeline("Question", "Answer", record=late)
        for number in (3, 77, 119):
            self.assertTimeline(f"Mail {number}", record=leads[number])

    def test_a_mailbox_that_is_connected_later_has_nothing_to_look_back_for(self):
        self.new_lead()
        self.sync()
        ben = self.salesperson("ben")
        account, server = self.connect(ben)
        self.deliver(mail(EVE, "ben@company.example", "To Ben"), server=server)
        self.sync(account)
        self.assertNotIn("SEARCH ADDRESS", {name for name, *_ in server.commands})

    def test_the_daily_limit_of_the_plan_counts_them(self):
        plan = self.env["mail.sync.plan"].create({"name": "Three", "daily_limit": 3})
        self.account.company_id.mail_sync_plan_id = plan
        self.deliver(mail(LENA, ANN, "Roof"))
        self.deliver(mail(LENA, ANN, "Door"))
        lead = self.new_lead()
        said = self.sync()
        self.assertEqual(len(self.entries()), 2)
        self.assertEqual(len(self.entries(lead)), 1)
        self.assertIn("3 recorded. That is the last of the 3 mails", said)

    def test_a_merged_lead_has_each_mail_once(self):
        second = self.new_lead(LENA)
        self.deliver(mail(LENA, ANN, "To both", date=datetime.now(UTC) - timedelta(days=2)))
        answer = mail(ANN, LENA, "Answer to both", answers="Toboth@example.com")
        self.deliver(answer, "Sent")
        self.sync()
        self.assertTimeline("To both", "Answer to both", record=second)
        merged = (self.lead | second).merge_opportunity(auto_unlink=False)
        self.assertTimeline("To both", "Answer to both", record=merged)
        question, answer = self.entries(merged)
        self.assertEqual(answer.parent_id, question)
        self.assertEqual(self.sync(), "Nothing new.")

    def test_a_merged_lead_keeps_what_a_colleagues_mailbox_holds(self):
        ben = self.salesperson("ben")
        account, server = self.connect(ben)
        copy = mail(LENA, f"{ANN}, ben@company.example", "To us")
        self.deliver(copy)
        self.sync()
        second = self.new_lead(LENA)
        self.deliver(copy, server=server)
        self.sync(account)
        self.assertTimeline("To us", record=second)
        merged = (self.lead | second).merge_opportunity(auto_unlink=False)
        self.account._disable("remove")
        self.assertTimeline("To us", record=merged)

    def test_a_crm_mail_is_not_duplicated_by_its_copy(self):
        written = self.lead.with_user(self.ann).message_post(
            body="Our offer",
            subject="Offer",
            message_type="comment",
        )
        self.lead.action_set_lost()
        second = self.new_lead(LENA)
        copy = mail(ANN, LENA, "Offer", message_id=written.message_id.strip("<>"))
        self.deliver(copy, "Sent")
        self.sync()
        merged = (self.lead | second).merge_opportunity(auto_unlink=False)
        same = self.env["mail.message"].search(
            [("res_id", "=", merged.id), ("message_id", "=", written.message_id)]
        )
        self.assertEqual(same, written)

    def test_latecomers_that_every_mailbox_searched_for_are_deleted(self):
        self.new_lead()
        self.sync()
        self.env["mail.sync.latecomer"]._gc_looked_for()
        self.assertFalse(self.env["mail.sync.latecomer"].search([]))

    def test_a_latecomer_that_a_mailbox_has_yet_to_search_for_is_kept(self):
        self.connect(self.salesperson("ben"))
        lead = self.new_lead()
        self.sync()
        self.env["mail.sync.latecomer"]._gc_looked_for()
        self.assertEqual(self.env["mail.sync.latecomer"].search([]).lead_id, lead)

    # -- what the lead's page says ---------------------------------------------------------------

    def test_the_page_of_a_lead_says_that_past_mails_are_looked_for_and_how_many_there_are(self):
        old = self.lead.with_user(self.ann)
        self.assertEqual(
            self.lead.copy({"email_from": False}).mail_sync_past_mails(),
            {"looking": False, "recent": False, "found": 0},
        )
        lead = self.new_lead(user_id=self.ann.id).with_user(self.ann)
        self.assertEqual(lead.mail_sync_past_mails(), {"looking": True, "recent": True, "found": 0})
        self.sync()
        self.assertEqual(
            lead.mail_sync_past_mails(), {"looking": False, "recent": True, "found": 2}
        )
        old.email_from = "ruth@family.example"
        self.assertTrue(old.mail_sync_past_mails()["looking"])

    def test_it_waits_for_no_mailbox_that_is_not_read(self):
        self.account.state = "connection"
        lead = self.new_lead(user_id=self.ann.id).with_user(self.ann)
        self.assertFalse(lead.mail_sync_past_mails()["looking"])

    def test_its_salesperson_is_told_when_the_search_is_over(self):
        lead = self.new_lead(user_id=self.ann.id)
        with patch.object(type(self.ann), "_bus_send", autospec=True) as sent:
            self.sync()
        told = [call.args[2] for call in sent.call_args_list if "looked_back" in call.args[1]]
        self.assertEqual(told, [{"ids": [lead.id]}])
