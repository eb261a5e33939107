from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import MailSyncCase


@tagged("post_install", "-at_install")
class TestSending(MailSyncCase):
    def smart_mail(self, user=None):
        """Write to the lead as the composer does, and return the message."""
        return self.lead.with_user(user or self.ann).message_post(
            body="Here is the offer.",
            subject="Offer",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.env["res.partner"]
            .create({"name": "Lena", "email": "lena@customer.example"})
            .ids,
        )

    def test_from_and_reply_to_are_the_mailbox(self):
        self.env["mail.alias.domain"].create({"name": "company.example"})
        message = self.smart_mail()
        self.assertIn("ann@company.example", message.email_from)
        self.assertIn("ann@company.example", message.reply_to)

    def test_from_is_the_mailbox_even_if_the_user_has_another_address(self):
        self.ann.email = "other@company.example"
        message = self.smart_mail()
        self.assertIn("ann@company.example", message.email_from)
        self.assertEqual(message.author_id, self.ann.partner_id)

    def test_a_colleague_without_a_mailbox_sends_as_before(self):
        ben = self.salesperson("ben")
        message = self.smart_mail(ben)
        self.assertIn("ben@company.example", message.email_from)
        self.assertNotIn("ann@company.example", message.reply_to or "")

    def test_the_nightly_clean_up_keeps_the_server(self):
        server = self.account.mail_server_id
        self.assertTrue(server)
        self.env["res.users"]._gc_personal_mail_servers()
        self.assertTrue(server.exists())

    def test_the_nightly_clean_up_keeps_it_for_another_name_and_address(self):
        server = self.account.mail_server_id
        server.smtp_user = "ann-the-log-in"
        self.ann.email = "other@company.example"
        self.env.invalidate_all()
        self.env["res.users"]._gc_personal_mail_servers()
        self.assertTrue(server.exists())
        self.assertEqual(self.ann.outgoing_mail_server_id, server)

    def test_the_server_is_not_deleted_behind_the_owners_back(self):
        with self.assertRaisesRegex(UserError, "Disable Mail Sync"):
            self.account.mail_server_id.unlink()

    def test_the_server_holds_no_password(self):
        self.assertFalse(self.account.mail_server_id.smtp_pass)

    def test_without_a_working_mailbox_the_mail_waits_and_says_so(self):
        self.account.state = "error"
        mail = self.env["mail.mail"].create(
            {"mail_message_id": self.smart_mail().id, "recipient_ids": [Command.clear()]}
        )
        mail.send()
        self.assertEqual(mail.state, "outgoing")
        self.assertIn("ann@company.example cannot send at the moment", mail.failure_reason)

    def test_the_address_that_odoo_sends_from_is_refused(self):
        self.env["mail.alias.domain"].create({"name": "company.example", "default_from": "crm"})
        with self.assertRaisesRegex(UserError, "Odoo itself sends from"):
            self.env["mail.sync.account"]._check_alias_domains("crm@company.example")
