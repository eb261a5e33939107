from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..bridge.store import OdooStore
from ..engine.errors import LeaseLost
from ..turns.lease import claim, due
from .common import mail
from .disable_case import ANN, LENA, DisableCase


@tagged("post_install", "-at_install")
class TestDisable(DisableCase):
    def test_keep_leaves_everything_where_it_is(self):
        self.deliver(mail(LENA, ANN, "Question"))
        self.deliver(mail(ANN, LENA, "Answer"), "Sent")
        self.sync()
        self.disable("keep")
        self.assertEqual(len(self.entries()), 2)
        self.assertEqual(set(self.links().mapped("outcome")), {"recorded"})

    def test_remove_takes_them_from_leads_opportunities_and_contacts(self):
        contact = self.env["res.partner"].create({"name": "Lena", "email": "lena@customer.example"})
        lead = self.lead.copy({"type": "lead", "partner_id": contact.id})
        self.deliver(mail(LENA, ANN, "Question"))
        self.sync()
        for record in (self.lead, lead, contact):
            self.assertTimeline("Question", record=record)
        self.disable("remove")
        for record in (self.lead, lead, contact):
            self.assertTimeline(record=record)
        self.assertEqual(self.links().mapped("outcome"), ["removed"])
        self.assertFalse(self.env["mail.sync.entry"].search([]))

    def test_nothing_of_a_password_or_a_server_is_left(self):
        server = self.account.mail_server_id
        for policy in ("keep", "remove"):
            self.account, _ = self.connect(self.ann)
            server = self.account.mail_server_id
            self.disable(policy)
            self.env.cr.execute(
                "SELECT active, state, imap_secret, smtp_secret, lease_token, next_sync_at, "
                "mail_server_id FROM mail_sync_account WHERE id = %s",
                [self.account.id],
            )
            self.assertEqual(self.env.cr.fetchone(), (False, *[None] * 6))
            self.assertFalse(server.exists())
            self.assertFalse(self.account.mailbox_ids)

    def test_the_owner_is_without_a_mailbox_and_it_is_not_billed(self):
        self.disable("keep")
        self.assertFalse(self.ann.mail_sync_account_id)
        self.assertFalse(self.ann.mail_sync_state)
        self.assertFalse(self.account.billable)
        self.assertFalse(self.env["mail.sync.account"].search([("user_id", "=", self.ann.id)]))
        action = self.env["mail.sync.account"].with_user(self.ann).action_open_mine()
        self.assertEqual(action["res_model"], "res.users")

    def test_a_disabled_mailbox_gets_no_turn(self):
        self.disable("keep")
        with self.enter_registry_test_mode():
            self.assertFalse(claim(self.env.cr.dbname, 5))
            self.assertFalse(claim(self.env.cr.dbname, 1, self.account.id))
        self.assertEqual(due(self.env), (0, 0.0, None))

    def test_its_buttons_say_that_it_is_disabled(self):
        self.disable("keep")
        own = self.account.with_user(self.ann)
        for button in ("sync_now", "reconnect", "test_connection", "change_password"):
            with self.assertRaisesRegex(UserError, "disabled"):
                getattr(own, f"action_{button}")()

    def test_its_page_says_who_disabled_it_and_what_is_left(self):
        own = self.account.with_user(self.ann)
        self.disable("keep")
        self.assertIn("You disabled", own.disabled_words)
        self.assertIn("stays where it is", own.disabled_words)
        boss = self.salesperson("boss", groups="base.group_system")
        self.connect(self.ann)
        self.assertFalse(own.disabled_words)
        self.disable("remove", by=boss)
        self.assertIn(boss.name, own.disabled_words)
        self.assertIn("removed", own.disabled_words)

    def test_a_running_sync_writes_nothing_more(self):
        with self.enter_registry_test_mode():
            [(account_id, token)] = claim(self.env.cr.dbname, 1, self.account.id)
            store = OdooStore(self.env.cr.dbname, account_id, token)
            with store.transaction() as env:
                store.hold(env)
            self.forget()
            self.disable("keep")
            with self.assertRaises(LeaseLost), store.transaction() as env:
                store.hold(env)

    def test_disabled_while_it_is_read_records_nothing(self):
        self.deliver(mail(LENA, ANN))
        deliver = self.server.connect

        def connect():
            self.forget()
            self.account._disable("keep")
            self.env.flush_all()
            return deliver()

        self.server.connect = connect
        self.sync()
        self.forget()
        self.assertTimeline()
        self.assertFalse(self.account.active)

    def test_the_sender_is_the_same_as_without_a_mailbox(self):
        self.disable("keep")
        self.ann.email = "other@company.example"
        message = self.lead.with_user(self.ann).message_post(body="Hello", message_type="comment")
        self.assertIn("other@company.example", message.email_from)

    def test_a_waiting_mail_is_not_silently_sent_another_way(self):
        contact = self.env["res.partner"].create({"name": "Lena", "email": "lena@customer.example"})
        message = self.lead.with_user(self.ann).message_post(
            body="Offer", message_type="comment", partner_ids=contact.ids
        )
        waiting = self.env["mail.mail"].create(
            {"mail_message_id": message.id, "recipient_ids": [Command.link(contact.id)]}
        )
        self.disable("keep")
        self.assertEqual(waiting.state, "exception")
        self.assertIn("disabled before", waiting.failure_reason)

    def test_a_mailbox_is_disabled_once(self):
        wizard = self.question()
        self.disable("keep")
        with self.assertRaisesRegex(UserError, "already"):
            wizard.action_disable()


@tagged("post_install", "-at_install")
class TestCounts(DisableCase):
    def test_it_shows_the_numbers_before_anything_is_done(self):
        second = self.lead.copy({"email_from": "max@customer.example"})
        for number in range(3):
            self.deliver(mail(LENA, ANN, f"Mail {number}"))
        self.deliver(mail(f"Max <{second.email_from}>", ANN, "From Max"))
        self.sync()
        self.shared()
        wizard = self.question()
        self.assertEqual((wizard.kept_mail_count, wizard.kept_record_count), (5, 2))
        self.assertEqual((wizard.removed_mail_count, wizard.removed_record_count), (4, 2))
        self.assertEqual(wizard.shared_mail_count, 1)
        self.assertIn("stays where it is", wizard.consequence)
        wizard.policy = "remove"
        self.assertIn("cannot be undone", wizard.consequence)
        self.assertTrue(self.account.active)
        wizard.action_disable()
        self.assertTimeline("To both")

    def test_a_mailbox_that_brought_nothing_says_so(self):
        wizard = self.question()
        self.assertIn("not brought any", wizard.consequence)
        wizard.policy = "remove"
        self.assertIn("nothing to remove", wizard.consequence)

    def test_it_says_what_becomes_of_scheduled_mails(self):
        values = {
            "model": "crm.lead",
            "res_id": self.lead.id,
            "author_id": self.ann.partner_id.id,
            "scheduled_date": "2099-01-01 08:00:00",
            "subject": "Later",
            "body": "<p>Later</p>",
        }
        account = self.account.with_user(self.ann)
        wizard = self.env["mail.sync.account.disable"].with_user(self.ann)
        self.assertNotIn("Scheduled", wizard.create({"account_id": account.id}).consequence)
        self.env["mail.scheduled.message"].with_user(self.ann).create(values)
        for policy in ("keep", "remove"):
            asked = wizard.create({"account_id": account.id, "policy": policy})
            self.assertIn("Scheduled mails: 1.", asked.consequence)
            self.assertIn("the company's mail server", asked.consequence)

    def test_a_mail_on_a_lead_and_its_contact_is_one_mail_on_two_records(self):
        self.lead.partner_id = self.env["res.partner"].create(
            {"name": "Lena", "email": self.lead.email_from}
        )
        self.deliver(mail(LENA, ANN, "Question"))
        self.sync()
        wizard = self.question()
        self.assertEqual(self.account.recorded_count, 1)
        self.assertEqual((wizard.kept_mail_count, wizard.kept_record_count), (1, 2))
        self.assertEqual((wizard.removed_mail_count, wizard.removed_record_count), (1, 2))

    def test_a_merged_lead_counts_as_one(self):
        other = self.lead.copy({"email_from": "max@customer.example"})
        self.deliver(mail(LENA, ANN, "From Lena"))
        self.deliver(mail("max@customer.example", ANN, "From Max"))
        self.sync()
        (self.lead | other).merge_opportunity(auto_unlink=False)
        wizard = self.question()
        self.assertEqual((wizard.kept_mail_count, wizard.kept_record_count), (2, 1))


@tagged("post_install", "-at_install")
class TestWhoMay(DisableCase):
    def test_a_colleague_may_not(self):
        ben = self.salesperson("ben")
        with self.assertRaises(AccessError):
            self.account.with_user(ben).action_open_disable()
        self.assertTrue(self.account.with_user(self.ann).may_disable)
        wizard = self.env["mail.sync.account.disable"].with_user(ben)
        with self.assertRaises(AccessError):
            wizard.create({"account_id": self.account.id}).action_disable()
        self.assertTrue(self.account.active)

    def test_an_administrator_may_and_the_owner_is_told(self):
        self.deliver(mail(LENA, ANN))
        self.sync()
        admin = self.salesperson(
            "boss", groups="base.group_system,sales_team.group_sale_salesman_all_leads"
        )
        self.disable("remove", by=admin)
        self.assertFalse(self.account.active)
        self.assertTimeline()
        told = self.env["mail.message"].search(
            [
                ("message_type", "=", "user_notification"),
                ("partner_ids", "in", self.ann.partner_id.ids),
                ("subject", "like", "disabled"),
            ]
        )
        self.assertIn("boss", told.body)

    def test_archiving_a_user_disables_with_keep(self):
        self.deliver(mail(LENA, ANN))
        self.sync()
        self.ann.active = False
        self.forget()
        self.assertFalse(self.account.active)
        self.assertFalse(self.account.imap_secret)
        self.assertTimeline("Hello")
        self.ann.active = True
        self.assertFalse(self.account.active)

    def test_a_deleted_user_leaves_what_was_recorded_and_no_server(self):
        self.deliver(mail(LENA, ANN))
        self.sync()
        server = self.account.mail_server_id
        self.ann.unlink()
        self.forget()
        self.assertFalse(self.account.exists() | self.account.search([]))
        self.assertFalse(server.exists())
        self.assertTimeline("Hello")
