from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import mail
from .disable_case import ANN, BEN, LENA, DisableCase


@tagged("post_install", "-at_install")
class TestOneEntry(DisableCase):
    def setUp(self):
        super().setUp()
        self.deliver(mail(LENA, ANN, "Private"))
        self.deliver(mail(LENA, ANN, "Business"))
        self.sync()
        self.entry = self.entries().filtered(lambda message: message.subject == "Private")

    def again(self):
        """Read the mailbox from its beginning."""
        self.account.mailbox_ids.write({"uidvalidity": -1})
        self.forget()
        self.sync()
        self.forget()

    def test_its_owner_removes_it_and_it_stays_removed(self):
        self.entry.with_user(self.ann).action_mail_sync_remove()
        self.again()
        self.assertTimeline("Business")

    def test_an_administrator_removes_it_too(self):
        admin = self.salesperson(
            "boss", groups="base.group_system,sales_team.group_sale_salesman_all_leads"
        )
        self.entry.with_user(admin).action_mail_sync_remove()
        self.again()
        self.assertTimeline("Business")

    def test_a_colleague_who_only_reads_it_does_not(self):
        with self.assertRaises(AccessError):
            self.entry.with_user(self.salesperson("ben")).action_mail_sync_remove()
        self.assertTrue(self.entry.exists())

    def test_it_does_not_come_back_through_a_colleagues_mailbox(self):
        ben = self.shared()
        entry = self.entries().filtered(lambda message: message.subject == "To both")
        entry.with_user(ben.user_id).action_mail_sync_remove()
        self.assertEqual(
            set((self.links() | self.links(ben)).filtered("everywhere").account_id.ids),
            {self.account.id, ben.id},
        )
        cleo, server = self.connect(self.salesperson("cleo"))
        self.deliver(mail(LENA, f"{ANN}, {BEN}", "To both"), server=server)
        self.again()
        self.sync(cleo)
        self.assertNotIn("To both", self.entries().mapped("subject"))

    def test_on_another_record_it_stays_and_on_this_one_it_does_not_come_back(self):
        contact = self.env["res.partner"].create({"name": "Lena", "email": "lena@customer.example"})
        self.lead.partner_id = contact
        self.deliver(mail(LENA, ANN, "On both"))
        self.sync()
        entry = self.entries().filtered(lambda message: message.subject == "On both")
        entry.with_user(self.ann).action_mail_sync_remove()
        self.again()
        self.assertNotIn("On both", self.entries().mapped("subject"))
        self.assertIn("On both", self.entries(contact).mapped("subject"))

    def test_deleted_by_hand_it_does_not_come_back_either(self):
        self.entry.unlink()
        self.again()
        self.assertTimeline("Business")

    def test_other_messages_are_not_removed(self):
        note = self.lead.message_post(body="A note.")
        with self.assertRaisesRegex(UserError, "not recorded"):
            note.with_user(self.ann).action_mail_sync_remove()
