from datetime import UTC, datetime, timedelta

from odoo import Command
from odoo.tests import tagged

from .common import MailSyncCase, mail

ANN = "Ann <ann@company.example>"
ELLA = "Ella Reed <ella@customer.example>"


@tagged("post_install", "-at_install")
class TestMergedContacts(MailSyncCase):
    """There are two contacts of Ella's, each with a lead."""

    def setUp(self):
        super().setUp()
        self.ann.group_ids |= self.env.ref("base.group_partner_manager")
        self.first, self.second = self.contacts = self.env["res.partner"].create(
            [{"name": name, "email": "ella@customer.example"} for name in ("Ella", "E. Reed")]
        )
        self.leads = self.env["crm.lead"].create(
            [
                {"name": "Roof", "partner_id": contact.id, "user_id": self.ann.id}
                for contact in self.contacts
            ]
        )

    def merge(self, into):
        """Merge the two as a salesperson does, in the list of contacts."""
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(self.ann)
        chosen = {"partner_ids": [Command.set(self.contacts.ids)], "dst_partner_id": into.id}
        wizard.create({"state": "selection", **chosen}).action_merge()
        self.assertEqual(self.contacts.exists(), into)

    def assertOnce(self, into):
        """A mail and its answer that are on both are on the merged contact once."""
        self.deliver(mail(ELLA, ANN, "To Ann", date=datetime.now(UTC) - timedelta(days=2)))
        self.deliver(mail(ANN, ELLA, "To Ella", answers="ToAnn@example.com"), "Sent")
        self.sync()
        for contact in self.contacts:
            self.assertTimeline("To Ann", "To Ella", record=contact)
        self.merge(into)
        self.assertTimeline("To Ann", "To Ella", record=into)
        question, answer = self.entries(into)
        self.assertEqual(answer.parent_id, question)
        self.assertEqual(self.sync(), "Nothing new.")

    def test_the_second_is_merged_into_the_first(self):
        self.assertOnce(self.first)

    def test_the_first_is_merged_into_the_second(self):
        self.assertOnce(self.second)

    def test_its_file_is_there_once(self):
        offer = mail(ELLA, ANN, "Plan")
        offer.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="plan.pdf")
        self.deliver(offer)
        self.sync()
        self.merge(self.first)
        files = self.env["ir.attachment"].search(
            [("res_model", "=", "res.partner"), ("res_id", "=", self.first.id)]
        )
        self.assertEqual(files.mapped("name"), ["plan.pdf"])
        self.assertEqual(self.entries(self.first).attachment_ids, files)

    def test_mail_held_by_a_colleagues_mailbox_stays_when_the_other_is_disabled(self):
        ben = self.salesperson("ben")
        account, server = self.connect(ben)
        copy = mail(ELLA, f"{ANN}, ben@company.example", "To us")
        self.deliver(copy)
        self.deliver(copy, server=server)
        self.sync()
        self.sync(account)
        self.merge(self.first)
        self.account._disable("remove")
        self.assertTimeline("To us", record=self.first)
        account._disable("remove")
        self.assertTimeline(record=self.first)

    def test_users_who_can_read_a_lead_of_the_merged_contact_can_read_its_mails(self):
        jr = self.salesperson("jr", groups="mail_sync_custom.group_mail_sync_jr_salesperson")
        self.deliver(mail(ELLA, ANN, "To Ann"))
        self.sync()
        self.merge(self.first)
        entry = self.entries(self.first).with_user(jr)
        self.assertFalse(entry.has_access("read"))
        self.leads[1].user_id = jr
        self.assertTrue(entry.has_access("read"))
