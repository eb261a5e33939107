from contextlib import contextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..bridge.store import OdooStore
from ..engine.errors import LeaseLost
from ..models import mail_sync_message
from ..models.account import disable as mail_sync_account_disable
from ..turns.lease import claim
from .common import MailSyncCase, mail

LENA = "Lena Park <lena@customer.example>"
ANN = "Ann <ann@company.example>"
BEN = "Ben <ben@company.example>"


class DisableCase(MailSyncCase):
    def disable(self, policy, account=None, by=None):
        """Press *Disable Syncing*, choose, press *Disable Sync*: as the owner, or as another."""
        account = account or self.account
        wizard = self.question(account, by)
        wizard.policy = policy
        wizard.action_disable()
        self.forget()

    def question(self, account=None, by=None):
        account = (account or self.account).with_user(by or (account or self.account).user_id)
        action = account.action_open_disable()
        return account.env[action["res_model"]].with_context(**action["context"]).create({})

    def forget(self):
        """Read everything again from the database, as another session does."""
        self.env.flush_all()
        self.env.invalidate_all()

    def connect_again(self):
        """Enter the details anew, as the owner of the mailbox as it was; and read it."""
        server = self.server
        account, _ = self.connect(self.ann)
        self.servers[self.ann.email] = server
        self.forget()
        self.sync(account)
        self.forget()
        return account

    def shared(self, subject="To both"):
        """Return Ben's account, after both have read a mail that was written to both."""
        account, server = self.connect(self.salesperson("ben"))
        copy = mail(LENA, f"{ANN}, {BEN}", subject)
        self.deliver(copy)
        self.deliver(copy, server=server)
        self.sync()
        self.sync(account)
        return account

    def links(self, account=None):
        account = account or self.account
        return self.env["mail.sync.message"].search([("account_id", "=", account.id)])


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
        self.account._wake_when_due()

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

    def test_a_run_that_is_under_way_writes_no_more(self):
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

    def test_the_sender_is_as_without_a_mailbox(self):
        self.disable("keep")
        self.ann.email = "other@company.example"
        message = self.lead.with_user(self.ann).message_post(body="Hello", message_type="comment")
        self.assertIn("other@company.example", message.email_from)

    def test_a_mail_that_waits_is_not_sent_by_another_way_in_silence(self):
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
    def test_it_says_how_many_on_how_many_before_anything_is_done(self):
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
class TestRemove(DisableCase):
    def test_a_colleagues_mail_stays_and_goes_with_the_last_who_holds_it(self):
        for first in ("ann", "ben"):
            with self.subTest(first=first), self.undone():
                ben = self.shared()
                order = [self.account, ben] if first == "ann" else [ben, self.account]
                self.disable("remove", order[0])
                self.assertTimeline("To both")
                self.disable("remove", order[1])
                self.assertTimeline()

    def test_a_colleague_who_left_and_kept_it_still_holds_it(self):
        ben = self.shared()
        self.disable("keep", ben)
        self.disable("remove")
        self.assertTimeline("To both")

    def test_what_a_deleted_colleague_held_stays(self):
        ben = self.shared()
        ben.user_id.unlink()
        self.forget()
        self.assertFalse(ben.exists())
        self.disable("remove")
        self.assertTimeline("To both")

    def test_mail_written_in_the_crm_stays(self):
        written = self.lead.with_user(self.ann).message_post(
            body="Offer", subject="Offer", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        written.date = datetime.now() - timedelta(days=1)
        own_id = written.message_id.strip("<>")
        self.deliver(mail(ANN, LENA, "Offer", message_id=own_id), "Sent")
        self.deliver(mail(LENA, ANN, "Re: Offer", answers=own_id))
        self.sync()
        self.disable("remove")
        self.assertTrue(written.exists())
        self.assertTimeline()

    def test_mail_of_the_gateway_stays(self):
        came = self.lead.message_post(
            message_type="email",
            message_id="<gateway@example.com>",
            subject="By the gateway",
            body="Hello.",
            email_from=LENA,
            date=datetime.now() - timedelta(days=1),
        )
        self.deliver(mail(LENA, ANN, "By the gateway", message_id="gateway@example.com"))
        self.sync()
        self.assertTrue(self.links())
        self.disable("remove")
        self.assertTrue(came.exists())

    def test_attachments_and_inline_images_go_and_those_used_elsewhere_stay(self):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = LENA, ANN, "Plans"
        message["Message-ID"] = "<plans@customer.example>"
        message.set_content("See the plan.")
        message.add_alternative('<p>See <img src="cid:logo"></p>', subtype="html")
        message.get_payload()[1].add_related(b"\x89PNG\r\n", "image", "png", cid="<logo>")
        for name in ("plan.pdf", "forwarded.pdf"):
            message.add_attachment(name.encode(), "application", "pdf", filename=name)
        self.deliver(message)
        by_hand = self.env["ir.attachment"].create(
            {"name": "By hand", "res_model": "crm.lead", "res_id": self.lead.id}
        )
        self.sync()
        files = self.entries().attachment_ids
        forwarded = files.filtered(lambda file: file.name == "forwarded.pdf")
        self.assertEqual(len(files), 3)
        self.lead.message_post(body="See this.", attachment_ids=forwarded.ids)
        self.disable("remove")
        self.assertEqual(files.exists(), forwarded)
        self.assertTrue(by_hand.exists())

    def test_it_follows_leads_that_were_merged_converted_and_won(self):
        other = self.lead.copy({"email_from": "max@customer.example", "type": "lead"})
        self.deliver(mail(LENA, ANN, "From Lena"))
        self.deliver(mail("max@customer.example", ANN, "From Max"))
        self.sync()
        other.convert_opportunity(self.env["res.partner"])
        merged = (self.lead | other).merge_opportunity(auto_unlink=False)
        merged.action_set_won()
        self.assertEqual(len(self.entries(merged)), 2)
        self.disable("remove")
        self.assertTimeline(record=merged)

    def test_what_cannot_be_removed_at_once_is_removed_by_itself(self):
        for number in range(5):
            self.deliver(mail(LENA, ANN, f"Mail {number}"))
        self.sync()
        with (
            patch.object(mail_sync_account_disable, "PATIENCE_SECONDS", 0),
            patch.object(mail_sync_message, "REMOVE", 2),
        ):
            self.disable("remove")
            self.assertEqual(len(self.entries()), 5)
            cron = self.env.ref("mail_sync_custom.ir_cron_mail_sync_remove")
            self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]))
            with self.enter_registry_test_mode():
                cron.method_direct_trigger()
        self.assertTimeline()

    def test_a_mail_that_is_removed_while_a_colleague_finds_it_is_not_lost(self):
        """Ben has seen it stand on the lead, and did not fetch it; then Ann removes hers."""
        ben, server = self.connect(self.salesperson("ben"))
        copy = mail(LENA, f"{ANN}, {BEN}", "To both")
        self.deliver(copy)
        self.deliver(copy, server=server)
        self.sync()
        commit = OdooStore.commit

        def removed_just_before(store, decided):
            if decided.records and self.account.active:
                self.account._disable("remove")
                self.forget()
            return commit(store, decided)

        with patch.object(OdooStore, "commit", removed_just_before):
            self.sync(ben)
        self.forget()
        self.assertTimeline("To both")
        self.assertEqual(self.links(ben).mail_message_ids, self.entries())

    @contextmanager
    def undone(self):
        """Take back what is done within."""
        with self.env.cr.savepoint() as savepoint:
            yield
            savepoint.rollback()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestConnectedAgain(DisableCase):
    def test_after_keep_nothing_comes_twice(self):
        self.deliver(mail(LENA, ANN, "Before"))
        self.sync()
        self.disable("keep")
        self.deliver(mail(LENA, ANN, "Meanwhile"))
        account = self.connect_again()
        self.assertEqual(account, self.account)
        self.assertEqual(account.state, "enabled")
        self.assertTrue(account.mail_server_id)
        self.assertCountEqual(self.entries().mapped("subject"), ["Before", "Meanwhile"])

    def test_after_remove_nothing_comes_back_and_new_mail_comes(self):
        self.deliver(mail(LENA, ANN, "Before"))
        nameless = mail(LENA, ANN, "Without an id")
        del nameless["Message-ID"]
        self.deliver(nameless)
        self.sync()
        self.assertEqual(len(self.entries()), 2)
        self.disable("remove")
        self.deliver(mail(LENA, ANN, "Meanwhile"))
        self.connect_again()
        self.assertTimeline("Meanwhile")

    def test_removed_twice_stays_removed(self):
        self.deliver(mail(LENA, ANN, "Before"))
        self.sync()
        for _ in range(2):
            self.disable("remove")
            self.connect_again()
            self.assertTimeline()

    def test_an_account_that_was_failing_begins_anew(self):
        self.account.write({"state": "connection", "error_code": "timeout", "failure_count": 9})
        self.disable("keep")
        account = self.connect_again()
        self.assertEqual((account.state, account.failure_count), ("enabled", 0))
        self.assertFalse(account.error_code)

    def test_the_wizard_begins_with_what_was_entered_but_the_password(self):
        self.disable("keep")
        wizard = self.env["mail.sync.account.setup"].with_user(self.ann).create({})
        self.assertEqual(wizard.imap_host, "mail.company.example")
        self.assertFalse(wizard._secret("imap"))

    def test_from_now_on_means_now_and_not_when_it_was_disabled(self):
        self.disable("keep")
        self.deliver(mail(LENA, ANN, "Meanwhile"))
        server = self.server
        account, _ = self.connect(
            self.ann,
            history="now",
            folders=[
                {
                    "name": "INBOX",
                    "special_use": "inbox",
                    "uidvalidity": server["INBOX"].uidvalidity,
                    "uidnext": 2,
                }
            ],
        )
        self.servers[self.ann.email] = server
        self.deliver(mail(LENA, ANN, "After"))
        self.sync(account)
        self.assertTimeline("After")


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

    def test_an_archived_user_is_disabled_with_keep(self):
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

    def test_it_comes_back_by_no_colleague_who_has_it_or_gets_connected(self):
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

    def test_what_is_no_recorded_mail_is_not_removed(self):
        note = self.lead.message_post(body="A note.")
        with self.assertRaisesRegex(UserError, "not recorded"):
            note.with_user(self.ann).action_mail_sync_remove()
