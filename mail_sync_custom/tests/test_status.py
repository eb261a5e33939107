from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools import html2plaintext

from ..engine.errors import ConnectionTimeout, LoginRefused
from .common import MailSyncCase, mail


@tagged("post_install", "-at_install")
class TestStatus(MailSyncCase):
    def fail(self, error):
        self.server.away = error
        said = self.sync()
        self.server.away = None
        return said

    def test_a_refused_login_is_an_error_at_once_with_its_fix(self):
        said = self.fail(LoginRefused("[AUTHENTICATIONFAILED] no"))
        self.assertEqual(self.account.state, "error")
        self.assertIn("password", said)
        self.assertEqual(self.account.log_ids.code, "login_refused")
        self.assertTrue(self.account.log_ids.remedy)
        self.assertGreater(self.account.next_sync_at, fields.Datetime.now() + timedelta(minutes=19))

    def test_a_short_network_failure_is_logged_but_not_shown(self):
        self.fail(ConnectionTimeout())
        self.assertEqual(self.account.state, "enabled")
        self.assertEqual(self.account.log_ids.code, "timeout")

    def last_told(self):
        """Return the owner's latest notification."""
        said = self.env["mail.message"].search(
            [
                ("message_type", "=", "user_notification"),
                ("partner_ids", "in", self.ann.partner_id.ids),
            ],
            order="id desc",
            limit=1,
        )
        return html2plaintext(said.body)

    def test_what_happened_and_what_to_do_are_sentences_of_their_own(self):
        self.fail(LoginRefused())
        self.assertIn("or the password. Check the user name", self.last_told())

    def test_afterwards_missed_mail_is_recorded_and_the_notice_says_so(self):
        self.fail(LoginRefused())
        self.deliver(mail("lena@customer.example", "ann@company.example"))
        self.sync()
        self.assertTimeline("Hello")
        self.assertIn("What has arrived in the meantime is recorded too", self.last_told())

    def test_the_notice_does_not_claim_missed_mail_is_recorded_if_the_quota_is_used_up(self):
        plan = self.env.ref("mail_sync_custom.plan_free_crm")
        plan.daily_limit = 1
        self.ann.company_id.mail_sync_plan_id = plan
        self.fail(LoginRefused())
        for subject in ("One", "Two"):
            self.deliver(mail("lena@customer.example", "ann@company.example", subject))
        self.sync()
        self.assertEqual(len(self.entries()), 1)
        self.assertIn("recorded then", self.last_told())

    def test_the_owner_is_told_once_when_it_begins_and_once_when_it_is_over(self):
        def told():
            return self.env["mail.message"].search_count(
                [
                    ("message_type", "=", "user_notification"),
                    ("partner_ids", "in", self.ann.partner_id.ids),
                    ("subject", "like", "Mail Sync"),
                ]
            )

        for _ in range(2):
            self.fail(LoginRefused())
        self.assertEqual(told(), 1)
        self.sync()
        self.assertEqual(self.account.state, "enabled")
        self.assertEqual(told(), 2)
        self.assertFalse(self.account.error_code)

    def test_two_days_of_failure_end_the_attempts_and_reconnect_begins_again(self):
        self.fail(LoginRefused())
        self.account.error_since = fields.Datetime.now() - timedelta(days=2, minutes=1)
        self.fail(LoginRefused())
        self.assertEqual(self.account.state, "connection")
        self.assertFalse(self.account.next_sync_at)
        self.assertFalse(self.account.billable)
        self.deliver(mail("lena@customer.example", "ann@company.example", "Meanwhile"))
        self.account.with_user(self.ann).action_reconnect()
        self.sync()
        self.assertEqual(self.account.state, "enabled")
        self.assertTimeline("Meanwhile")

    def test_changed_settings_end_the_run_that_uses_the_old_ones(self):
        self.deliver(mail("lena@customer.example", "ann@company.example"))
        deliver = self.server.connect

        def connect():
            self.account.imap_port = 143
            self.env.flush_all()
            return deliver()

        self.server.connect = connect
        self.sync()
        self.assertTimeline()
        self.server.connect = deliver
        self.sync()
        self.assertTimeline("Hello")

    def test_a_folder_that_is_gone_is_an_error_and_the_others_are_read(self):
        self.server.delete("Sent")
        self.deliver(mail("lena@customer.example", "ann@company.example"))
        self.sync()
        self.assertTimeline("Hello")
        self.assertEqual(self.account.log_ids.code, "mailbox_missing")
        self.assertEqual(self.account.state, "error")

    def test_the_log_forgets_after_ninety_days(self):
        self.fail(LoginRefused())
        old = self.account.log_ids.copy({"date": fields.Datetime.now() - timedelta(days=91)})
        self.env["mail.sync.log"]._gc_old()
        self.assertFalse(old.exists())
        self.assertEqual(len(self.account.log_ids), 1)

    def test_a_copied_database_reads_and_sends_nothing(self):
        from odoo.tools import file_open

        parameters = self.env["ir.config_parameter"]
        parameters.set_param("mail_sync_custom.idle", True)
        self.env.flush_all()
        with file_open("mail_sync_custom/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.assertFalse(parameters.get_param("mail_sync_custom.idle"))
        self.assertEqual(self.account.state, "connection")
        self.assertFalse(self.account.sudo().imap_secret)
        self.assertFalse(self.account.next_sync_at)
