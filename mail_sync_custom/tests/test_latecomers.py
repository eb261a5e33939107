from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from odoo.tests import freeze_time, tagged

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
        self.assertIn("on new leads: 2", said)
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

    # -- a lead that is opened again -------------------------------------------------------------

    def close(self, how):
        """Close Lena's lead, have mails exchanged meanwhile, and return what opens it again."""
        stages = self.env["crm.stage"]
        new = stages.create({"name": "Talking", "sequence": 1})
        won = stages.create({"name": "Signed", "sequence": 99, "is_won": True})
        self.contact = self.env["res.partner"].create({"name": "Lena", "email": LENA})
        self.lead.write({"partner_id": self.contact.id, "stage_id": new.id})
        day = datetime.now(UTC) - timedelta(days=5)
        self.deliver(mail(LENA, ANN, "Before", date=day))
        self.sync()
        lead = self.lead.with_user(self.ann)
        close, reopen = {
            "lost, then restored": (lead.action_set_lost, lead.action_restore),
            "lost, then unarchived": (lead.action_set_lost, lead.action_unarchive),
            "lost, then active": (lead.action_set_lost, lambda: lead.write({"active": True})),
            "archived": (lead.action_archive, lead.action_unarchive),
            "won, then in another stage": (
                lambda: lead.write({"stage_id": won.id}),
                lambda: lead.write({"stage_id": new.id}),
            ),
            "in a stage that counted as won": (
                lambda: lead.write({"stage_id": won.id}),
                lambda: won.write({"is_won": False}),
            ),
        }[how]
        close()
        self.deliver(mail(LENA, ANN, "Meanwhile", date=day + timedelta(days=1)))
        self.deliver(mail(ANN, LENA, "Our answer", date=day + timedelta(days=2)), "Sent")
        self.sync()
        self.assertTimeline("Before")
        self.assertTimeline("Before", "Meanwhile", "Our answer", record=self.contact)
        return reopen

    def assertReopened(self, how):
        reopen = self.close(how)
        reopen()
        self.assertIn("on new leads: 2", self.sync())
        for record in (self.lead, self.contact):
            self.assertTimeline("Before", "Meanwhile", "Our answer", record=record)
        self.server.commands.clear()
        self.assertEqual(self.sync(), "Nothing new.")
        self.assertEqual({name for name, *_ in self.server.commands}, {"STATUS"})

    def test_a_lost_lead_that_is_restored(self):
        self.assertReopened("lost, then restored")

    def test_a_lost_lead_that_is_unarchived(self):
        self.assertReopened("lost, then unarchived")

    def test_a_lost_lead_that_is_made_active(self):
        self.assertReopened("lost, then active")

    def test_an_archived_lead_that_is_unarchived(self):
        self.assertReopened("archived")

    def test_a_won_lead_that_goes_back_to_another_stage(self):
        self.assertReopened("won, then in another stage")

    def test_a_lead_whose_stage_no_longer_counts_as_won(self):
        self.assertReopened("in a stage that counted as won")

    def test_a_lead_without_a_contact_that_is_opened_again(self):
        other = self.new_lead(LENA)
        self.lead.action_set_lost()
        self.deliver(mail(LENA, ANN, "Meanwhile"))
        self.sync()
        self.assertTimeline("Meanwhile", record=other)
        other.action_set_lost()
        self.lead.action_restore()
        self.sync()
        self.assertTimeline("Meanwhile")

    def test_what_belongs_to_another_open_lead_stays_there_when_one_is_opened_again(self):
        reopen = self.close("lost, then restored")
        other = self.new_lead(LENA, partner_id=self.contact.id)
        self.sync()
        reopen()
        self.sync()
        self.assertTimeline("Before")
        self.assertTimeline("Before", "Meanwhile", "Our answer", record=other)

    def test_what_was_removed_moved_or_deleted_does_not_come_back_to_a_lead_opened_again(self):
        reopen = self.close("lost, then restored")
        contact = self.env["res.partner"].create({"name": "Elsewhere"})
        entries = {entry.subject: entry for entry in self.entries(self.contact)}
        entries["Meanwhile"].with_user(self.ann).action_mail_sync_remove()
        entries["Our answer"].with_user(self.ann)._mail_sync_move(contact.with_user(self.ann))
        self.entries().unlink()
        reopen()
        self.sync()
        self.assertTimeline(record=self.lead)

    def test_a_lead_that_changes_and_stays_open_or_closed_is_not_searched_for(self):
        reopen = self.close("won, then in another stage")
        latecomers = self.env["mail.sync.latecomer"].search([])
        latecomers.unlink()
        self.lead.write({"probability": 100, "active": True})
        self.assertFalse(latecomers.search([]))
        reopen()
        self.lead.active = True
        self.assertEqual(latecomers.search([]).lead_id, self.lead)
        latecomers.search([]).unlink()
        self.lead.write({"probability": 30, "active": True})
        self.lead.stage_id = self.env["crm.stage"].create({"name": "Next"})
        self.assertFalse(latecomers.search([]))

    def test_many_leads_that_are_opened_at_once(self):
        leads = self.env["crm.lead"].create(
            [{"name": str(n), "email_from": f"eve{n}@elsewhere.example"} for n in range(20)]
        )
        contact = self.env["res.partner"].create({"name": "3", "email": "eve3@elsewhere.example"})
        leads[3].partner_id = contact
        self.sync()
        self.env["mail.sync.latecomer"].search([]).unlink()
        leads[:15].action_archive()
        self.deliver(mail("eve3@elsewhere.example", ANN, "Three"))
        self.sync()
        self.assertTimeline(record=leads[3])
        leads.write({"active": True})
        self.assertEqual(self.env["mail.sync.latecomer"].search([]).lead_id, leads[:15])
        self.sync()
        self.assertTimeline("Three", record=leads[3])

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
        self.assertIn("Recorded: 3. These are the last of the 3 mails", said)

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

    def past_mails(self, lead):
        # All tests of a class are one transaction, at whose beginning all records are created.
        with freeze_time(self.env.cr.now()):
            return lead.mail_sync_past_mails()

    def test_the_page_of_a_lead_says_that_past_mails_are_looked_for_and_how_many_there_are(self):
        old = self.lead.with_user(self.ann)
        self.assertEqual(
            self.past_mails(self.lead.copy({"email_from": False})),
            {"looking": False, "recent": False, "found": 0},
        )
        lead = self.new_lead(user_id=self.ann.id).with_user(self.ann)
        self.assertEqual(self.past_mails(lead), {"looking": True, "recent": True, "found": 0})
        self.sync()
        self.assertEqual(self.past_mails(lead), {"looking": False, "recent": True, "found": 2})
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
