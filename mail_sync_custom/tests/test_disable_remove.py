from contextlib import contextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage
from unittest.mock import patch

from odoo.tests import tagged

from ..bridge.store import OdooStore
from ..models import mail_sync_message
from ..models.account import disable as mail_sync_account_disable
from .common import mail
from .disable_case import ANN, BEN, LENA, DisableCase


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

    def test_mail_held_by_a_deleted_colleague_stays(self):
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

    def test_what_cannot_be_removed_at_once_is_removed_later(self):
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
        """Ben has seen that it is on the lead, and not fetched it; then Ann removes hers."""
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
        """Undo what is done inside."""
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

    def test_a_failing_account_starts_afresh(self):
        self.account.write({"state": "connection", "error_code": "timeout", "failure_count": 9})
        self.disable("keep")
        account = self.connect_again()
        self.assertEqual((account.state, account.failure_count), ("enabled", 0))
        self.assertFalse(account.error_code)

    def test_the_wizard_starts_with_everything_entered_except_the_password(self):
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
