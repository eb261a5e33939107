"""Sending has a password of its own, which is changed at the provider: reading goes on."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import vault
from ..engine.smtp import handover
from .common import mail
from .test_password import ANN, LENA, PasswordCase
from .test_send_again import SmtpConnection


@tagged("post_install", "-at_install")
class TestSendingFails(PasswordCase):
    def setUp(self):
        super().setUp()
        self.account.smtp_secret = vault.encrypt("for sending")
        self.provider["smtp"] = "for sending"
        self.delivered = []
        for where, name, instead in (
            (handover, "connect", self._connect_to_send),
            (type(self.env["ir.mail_server"]), "_disable_send", lambda _: False),
        ):
            replaced = patch.object(where, name, instead)
            replaced.start()
            self.addCleanup(replaced.stop)

    def _connect_to_send(self, _endpoint, credentials, **_budgets):
        self._log_in("smtp", credentials)
        return SmtpConnection(self.delivered, {})

    def changed_at_the_provider(self):
        """Change the password for sending at the provider, and have that noticed."""
        self.provider["smtp"] = "changed"
        self.press("test_connection")

    def mended_at_the_provider(self):
        self.provider["smtp"] = "for sending"

    def time_passes(self, hours=0, days=0):
        """Move the clock past the pauses."""
        ago = timedelta(hours=hours, days=days)
        account = self.account
        account.sending_retry_at = account.sending_retry_at and fields.Datetime.now()
        if account.sending_error_since:
            account.sending_error_since -= ago
        for log in account.log_ids:
            log.date -= ago
        self.sending_is_tried()

    def sending_is_tried(self):
        """Run the scheduled action."""
        with self.enter_registry_test_mode():
            self.env.ref("mail_sync_custom.ir_cron_mail_sync_sending").method_direct_trigger()
        self.env.invalidate_all()

    def reading_is_faster(self, times=1):
        """Let a reading turn change the account just before the outcome of sending is saved.

        PostgreSQL really refuses; nothing is simulated.
        """
        Account = type(self.env["mail.sync.account"])
        save, refused = Account._set_sending_health, []

        def race(account, health):
            if len(refused) < times:
                refused.append(health)
                account.env.cr.execute(
                    "DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"  # serialization_failure
                )
            save(account, health)

        self.enterContext(mute_logger("odoo.sql_db"))
        self.enterContext(patch.object(Account, "_set_sending_health", race))

    def waiting_mail(self):
        """Write to the lead, and let Odoo send what it has."""
        message = self.lead.with_user(self.ann).message_post(
            body="Here is the offer.",
            subject="Offer",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.env["res.partner"]
            .create({"name": "Lena", "email": "lena@customer.example"})
            .ids,
        )
        self.mails_are_sent()
        return message

    def mails_are_sent(self):
        """Let Odoo send what is in its queue."""
        with self.enter_registry_test_mode():
            self.env["mail.mail"].search([("state", "=", "outgoing")]).send()
        self.env.invalidate_all()

    def told(self):
        """Return Ann's notifications, the latest first."""
        return self.env["mail.message"].search(
            [
                ("message_type", "=", "user_notification"),
                ("partner_ids", "in", self.ann.partner_id.ids),
                ("subject", "like", "mailbox ann@"),
            ],
            order="id desc",
        )

    def test_the_error_says_that_it_concerns_sending(self):
        self.changed_at_the_provider()
        self.assertEqual(self.account.state, "error")
        self.assertRegex(self.account.headline, "^Sending: The server refused")
        self.assertEqual(self.account.log_ids.step_name, "Sending: Signing in")
        self.assertRegex(self.told().subject, "^Mails cannot be sent from")
        self.assertIn("the password. Check", self.told().body)
        self.assertIn("still recorded", self.told().body)

    def test_her_notice_is_sent_by_odoo_and_not_through_the_failing_mailbox(self):
        self.changed_at_the_provider()
        self.assertEqual(self.told().author_id, self.env.ref("base.partner_root"))
        self.assertNotIn("ann@company.example", self.told().email_from)

    def test_reading_continues_without_clearing_the_error(self):
        self.changed_at_the_provider()
        self.deliver(mail(LENA, ANN, "Meanwhile"))
        self.assertIn("Recorded: 1.", self.press("sync_now"))
        self.assertTimeline("Meanwhile")
        self.assertEqual(self.account.state, "error")
        self.assertTrue(self.account.billable)

    def test_after_a_fix_at_the_provider_test_connection_recovers(self):
        self.changed_at_the_provider()
        waiting = self.waiting_mail()
        self.assertEqual(waiting.mail_sync_delivery, "waiting")
        self.mended_at_the_provider()
        self.press("test_connection")
        self.assertEqual(self.account.state, "enabled")
        self.assertFalse(self.account.headline)
        self.assertRegex(self.told()[0].subject, "^Mails can be sent again from")
        self.mails_are_sent()
        self.assertFalse(waiting.mail_sync_delivery)
        self.assertEqual(self.delivered, ["lena@customer.example"])

    def test_after_a_fix_at_the_provider_reconnect_recovers(self):
        self.changed_at_the_provider()
        waiting = self.waiting_mail()
        self.mended_at_the_provider()
        self.press("reconnect")
        self.sending_is_tried()
        self.assertEqual(self.account.state, "enabled")
        self.mails_are_sent()
        self.assertFalse(waiting.mail_sync_delivery)
        self.assertEqual(self.delivered, ["lena@customer.example"])

    def test_after_a_fix_at_the_provider_it_recovers_by_itself_without_a_mail(self):
        self.changed_at_the_provider()
        due = self.account.sending_retry_at
        self.assertGreater(due, fields.Datetime.now() + timedelta(minutes=19))
        self.sending_is_tried()
        self.assertEqual(len(self.account.log_ids), 1, "It is not tried before its time.")
        self.time_passes(hours=1)
        self.assertEqual(len(self.account.log_ids), 2)
        self.mended_at_the_provider()
        self.time_passes(hours=1)
        self.assertEqual(self.account.state, "enabled")
        self.assertFalse(self.account.sending_retry_at)

    def test_fixed_during_a_sync_it_recovers_at_the_first_attempt(self):
        self.changed_at_the_provider()
        self.mended_at_the_provider()
        self.tried.clear()
        self.reading_is_faster()
        self.time_passes(hours=1)
        self.assertEqual(self.account.state, "enabled")
        self.assertEqual(self.tried, [("smtp", "for sending")], "It logs in but once.")

    def test_a_failure_met_with_a_mail_while_the_mailbox_is_read_is_saved(self):
        self.provider["smtp"] = "changed"
        self.reading_is_faster()
        waiting = self.waiting_mail()
        self.assertEqual(waiting.mail_sync_delivery, "waiting")
        self.assertEqual(self.account.state, "error")
        self.assertEqual(len(self.account.log_ids), 1)

    def test_an_attempt_that_could_not_be_saved_is_repeated_soon(self):
        self.changed_at_the_provider()
        self.mended_at_the_provider()
        cron = self.env.ref("mail_sync_custom.ir_cron_mail_sync_sending")
        self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]).unlink()
        self.reading_is_faster(times=100)
        self.account.sending_retry_at = fields.Datetime.now()
        with mute_logger("odoo.addons.base.models.ir_cron"):
            self.sending_is_tried()
        self.assertEqual(self.account.state, "error")
        due = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]).call_at
        self.assertLessEqual(due, fields.Datetime.now() + timedelta(minutes=2))

    def test_the_new_password_is_requested_for_sending_and_fixes_it(self):
        self.changed_at_the_provider()
        waiting = self.waiting_mail()
        self.assertEqual(self.wizard().used_for, "smtp")
        self.change("changed")
        self.assertEqual(self.account.state, "enabled")
        self.assertEqual(self.saved(), ("correct horse", "changed"))
        self.mails_are_sent()
        self.assertFalse(waiting.mail_sync_delivery)
        self.assertEqual(self.delivered, ["lena@customer.example"])

    def test_after_two_days_it_is_no_longer_tried_and_mails_are_still_recorded(self):
        self.changed_at_the_provider()
        self.time_passes(days=2)
        self.assertEqual((self.account.state, self.account.sending_state), ("error", "connection"))
        self.assertFalse(self.account.sending_retry_at)
        self.assertTrue(self.account.billable)
        self.tried.clear()
        self.time_passes(hours=5)
        self.assertEqual(self.tried, [])
        self.deliver(mail(LENA, ANN, "Still recorded"))
        self.press("sync_now")
        self.assertTimeline("Still recorded")

    def test_after_giving_up_reconnect_starts_again(self):
        self.changed_at_the_provider()
        self.time_passes(days=2)
        self.mended_at_the_provider()
        self.press("reconnect")
        self.sending_is_tried()
        self.assertEqual(self.account.state, "enabled")

    def test_after_giving_up_a_successful_test_recovers(self):
        self.changed_at_the_provider()
        self.time_passes(days=2)
        self.mended_at_the_provider()
        self.press("test_connection")
        self.assertEqual(self.account.state, "enabled")

    def test_a_short_reading_failure_does_not_clear_a_sending_error(self):
        self.changed_at_the_provider()
        self.provider["imap"] = "changed"
        self.press("sync_now")
        self.assertRegex(self.account.headline, "^The server refused")
        self.provider["imap"] = "correct horse"
        self.press("sync_now")
        self.assertEqual(self.account.state, "error")
        self.assertRegex(self.account.headline, "^Sending: ")
        self.assertFalse(self.account._can_send())

    def test_sending_is_not_tried_while_reading_fails_and_soon_after(self):
        self.changed_at_the_provider()
        self.provider["imap"] = "changed"
        self.press("sync_now")
        self.mended_at_the_provider()
        self.tried.clear()
        self.time_passes(hours=1)
        self.assertEqual(self.tried, [])
        self.provider["imap"] = "correct horse"
        self.press("sync_now")
        self.sending_is_tried()
        self.assertEqual(self.account.state, "enabled")

    def test_however_often_reconnect_is_pressed_the_password_is_refused_at_most_three_times_an_hour(
        self,
    ):
        self.changed_at_the_provider()
        for _ in range(8):
            said = self.press("reconnect")
            self.sending_is_tried()
        self.assertEqual(self.tried.count(("smtp", "for sending")), 3)
        self.assertIn("not sent again before", said)

    def test_a_new_set_up_ends_it_and_says_so(self):
        self.changed_at_the_provider()
        self.mended_at_the_provider()
        self.connect(self.ann)
        self.assertEqual(self.account.state, "enabled")
        self.assertRegex(self.told()[0].subject, "^Mails can be sent again from")

    def test_administrators_are_told_after_a_day(self):
        boss = self.salesperson("boss", groups="base.group_system")
        self.changed_at_the_provider()
        self.time_passes(days=1)
        self.assertIn(
            boss.partner_id,
            self.env["mail.message"]
            .search([("subject", "like", "Mails cannot be sent from")])
            .partner_ids,
        )

    def test_each_reads_it_in_their_own_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"]._load_module_terms(["mail_sync_custom"], ["de_DE"])
        self.ann.lang = "de_DE"
        self.provider["imap"] = "changed"
        self.press("sync_now")
        notice = self.env["mail.message"].search(
            [
                ("message_type", "=", "user_notification"),
                ("partner_ids", "in", self.ann.partner_id.ids),
            ],
            order="id desc",
            limit=1,
        )
        self.assertIn("Mail Sync", notice.subject)
        self.assertNotIn("has stopped", notice.subject)
        self.assertNotIn("The server refused", notice.body)
