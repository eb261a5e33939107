from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..engine.smtp import handover
from .common import MailSyncCase
from .test_send_again import SmtpConnection


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

    def test_the_server_cannot_be_deleted_while_the_mailbox_is_connected(self):
        with self.assertRaisesRegex(UserError, "Disable Mail Sync"):
            self.account.mail_server_id.unlink()

    def test_the_server_holds_no_password(self):
        self.assertFalse(self.account.mail_server_id.smtp_pass)

    def why_it_waits(self, state):
        """Send a mail while the mailbox is in a state in which none leaves; return its reason."""
        self.account.state = state
        mail = self.env["mail.mail"].create(
            {"mail_message_id": self.smart_mail().id, "recipient_ids": [Command.clear()]}
        )
        mail.send()
        self.assertEqual(mail.state, "outgoing")
        return mail.failure_reason

    def test_without_a_working_mailbox_the_mail_waits_and_says_so(self):
        reason = self.why_it_waits("error")
        self.assertIn("ann@company.example cannot send at the moment", reason)

    def test_a_mail_of_a_mailbox_that_waits_for_a_place_says_what_it_waits_for(self):
        self.assertIn("mailbox limit", self.why_it_waits("pending"))

    def test_the_address_that_odoo_sends_from_is_refused(self):
        self.env["mail.alias.domain"].create({"name": "company.example", "default_from": "crm"})
        with self.assertRaisesRegex(UserError, "Odoo itself sends from"):
            self.env["mail.sync.account"]._check_alias_domains("crm@company.example")


class Recording(SmtpConnection):
    """Keeps the mails that it accepts, not only their recipients."""

    def __init__(self, mails, answers):
        super().__init__([], answers)
        self.mails = mails

    def send_message(self, message, smtp_from, smtp_to_list):
        """Keep the mail as its recipients receive it, and to whom of the envelope it goes."""
        result = super().send_message(message, smtp_from, smtp_to_list)
        message.recipients = set(smtp_to_list) - self.answers.keys()
        message.delivered = message.as_bytes()
        self.mails.append(message)
        return result


class SendingCase(MailSyncCase):
    """What leaves through its writer's mailbox is in ``self.left``.

    ``self.answers`` has what the server says to a recipient whom it refuses.
    """

    def setUp(self):
        super().setUp()
        self.left, self.answers = [], {}
        Server = type(self.env["ir.mail_server"])
        for where, name, instead in (
            (handover, "connect", lambda *_, **__: Recording(self.left, self.answers)),
            (Server, "_disable_send", lambda _: False),
        ):
            replaced = patch.object(where, name, instead)
            replaced.start()
            self.addCleanup(replaced.stop)
        self.enterContext(self.enter_registry_test_mode())
        self.companys = self.env["ir.mail_server"].create(
            {"name": "The company's", "smtp_host": "mail.company.example", "sequence": 1}
        )
        self.lena = self.env["res.partner"].create(
            {"name": "Lena", "email": "lena@customer.example"}
        )


@tagged("post_install", "-at_install")
class TestWhoseMailbox(SendingCase):
    """What leaves through its writer's mailbox, and what goes Odoo's own way."""

    def write_to(self, *partners, record=None, user=None, send=True, **values):
        """Write as the composer does, without running the queue; return what is in it."""
        Mail = type(self.env["mail.mail"])
        values = {"subtype_xmlid": "mail.mt_comment", "message_type": "comment", **values}
        with patch.object(Mail, "send_after_commit", lambda _mails: None):
            message = (
                (record or self.lead)
                .with_user(user or self.ann)
                .message_post(
                    body="Here is the offer.",
                    subject="Offer",
                    partner_ids=[partner.id for partner in partners],
                    **values,
                )
            )
        return self.env["mail.mail"].search([("mail_message_id", "=", message.id)])

    def assertMailbox(self, mails, address="ann@company.example"):
        """These leave through the mailbox of this address, which is in From and Reply-To."""
        mails.send()
        self.assertEqual(len(self.left), 1)
        for header in ("From", "Reply-To"):
            self.assertIn(f"<{address}>", self.left[0][header])

    def assertOdoosWay(self, mails):
        """These use the company's server, and do not wait for a mailbox."""
        self.assertTrue(mails)
        self.assertFalse(mails._mail_sync_own())
        for server_id, *_rest in mails._split_by_mail_configuration():
            self.assertEqual(server_id, self.companys.id)

    def test_a_waiting_mail_is_sent_through_the_current_mailbox(self):
        self.account.state = "error"
        waiting = self.write_to(self.lena)
        waiting.send()
        self.assertEqual(waiting.state, "outgoing")
        self.connect(self.ann, email="ann@new.example")
        self.assertMailbox(waiting, "ann@new.example")

    def test_the_reason_for_waiting_is_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"]._load_module_terms(["mail_sync_custom"], ["de_DE"])
        self.account.state = "error"
        waiting = self.write_to(self.lena)
        waiting.send()
        message = waiting.mail_message_id
        self.assertIn("cannot send at the moment", message.mail_sync_delivery_reason)
        german = message.with_context(lang="de_DE").mail_sync_delivery_reason
        self.assertIn("ann@company.example", german)
        self.assertNotIn("cannot send", german)

    def test_a_mail_waiting_for_a_failed_mailbox_says_what_to_do(self):
        self.account.write({"state": "error", "sending_state": "connection"})
        self.account.sending_error_code = "login_refused"
        waiting = self.write_to(self.lena)
        waiting.send()
        self.assertIn("Reconnect it", waiting.mail_message_id.mail_sync_delivery_reason)

    def test_another_sender_in_the_composer_does_not_use_the_companys_server(self):
        self.assertMailbox(self.write_to(self.lena, email_from="Sales <sales@company.example>"))

    def test_the_company_as_the_sender_of_a_template_is_not_one_either(self):
        company = self.env.company.partner_id
        values = {"author_id": company.id, "email_from": "info@company.example"}
        self.assertMailbox(self.write_to(self.lena, **values))

    def test_another_server_in_a_template_is_not_used_either(self):
        self.assertMailbox(self.write_to(self.lena, mail_server_id=self.companys.id))

    def test_a_mail_on_a_contact_is_sent_through_the_mailbox(self):
        self.assertMailbox(self.write_to(self.lena, record=self.lena, email_from="x@y.example"))

    def test_a_mail_of_a_user_without_a_mailbox_goes_odoos_way(self):
        self.assertOdoosWay(self.write_to(self.lena, user=self.salesperson("ben")))

    def test_a_mail_on_somebody_elses_behalf_goes_odoos_way(self):
        other = self.salesperson("ben").partner_id
        values = {"author_id": other.id, "email_from": other.email_formatted}
        self.assertOdoosWay(self.write_to(self.lena, **values))

    def test_notifications_to_colleagues_go_odoos_way(self):
        ben = self.salesperson("ben", notification_type="email").partner_id
        note = {"subtype_xmlid": "mail.mt_note", "email_from": "crm@company.example"}
        self.assertOdoosWay(self.write_to(ben, **note))

    def test_automatic_mails_go_odoos_way(self):
        values = {"message_type": "auto_comment", "email_from": "crm@company.example"}
        self.assertOdoosWay(self.write_to(self.lena, **values))

    def test_a_mailing_goes_odoos_way(self):
        mails = (
            self.env["mail.mail"]
            .with_user(self.ann)
            .sudo()
            .create(
                {
                    "model": "crm.lead",
                    "res_id": self.lead.id,
                    "author_id": self.ann.partner_id.id,
                    "email_from": "news@company.example",
                    "email_to": "lena@customer.example",
                }
            )
        )
        self.assertOdoosWay(mails)

    def test_a_mail_on_another_kind_of_record_goes_odoos_way(self):
        self.ann.group_ids += self.env.ref("sales_team.group_sale_manager")
        team = self.env["crm.team"].create({"name": "Sales"})
        self.assertOdoosWay(self.write_to(self.lena, record=team, email_from="crm@company.example"))
