"""A plan's daily number of mails, with the clock moved."""

from datetime import datetime

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import MailSyncCase, mail

MONDAY = "2025-03-03 09:00:00"


@tagged("post_install", "-at_install")
class TestPlans(MailSyncCase):
    def setUp(self):
        super().setUp()
        self.ann.tz = "UTC"
        self.free = self.env.ref("mail_sync_custom.plan_free_crm")
        self.company = self.ann.company_id
        self.company.mail_sync_plan_id = self.free

    def deliver_many(self, count, sender="lena@customer.example", server=None, to=None):
        to = to or "ann@company.example"
        for number in range(count):
            self.deliver(mail(sender, to, f"Mail {number + 1:03} to {to}"), server=server)

    def recorded(self, account=None):
        return self.env["mail.sync.message"].search_count(
            [("account_id", "=", (account or self.account).id), ("outcome", "=", "recorded")]
        )

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("mail_sync_custom.ir_cron_mail_sync").method_direct_trigger()

    # -- the plans ---------------------------------------------------------------------------

    def test_four_plans_have_no_daily_limit_and_the_legacy_one_has_a_hundred(self):
        limits = {plan.name: plan.daily_limit for plan in self.env["mail.sync.plan"].search([])}
        self.assertEqual(
            limits,
            {
                **dict.fromkeys(("Trial", "Essential", "Advanced", "Ultimate"), 0),
                "Free CRM (legacy)": 100,
            },
        )

    def test_a_company_begins_with_trial(self):
        company = self.env["res.company"].create({"name": "New"})
        self.assertEqual(company.mail_sync_plan_id, self.env.ref("mail_sync_custom.plan_trial"))
        self.assertFalse(company.mail_sync_account_limit)

    def test_only_administrators_see_and_set_plan_and_limit(self):
        manager = self.salesperson("manager", groups="sales_team.group_sale_manager")
        for name in ("mail_sync_plan_id", "mail_sync_account_limit"):
            with self.assertRaises(AccessError):
                self.company.with_user(manager).read([name])
        with self.assertRaises(AccessError):
            self.env["mail.sync.plan"].with_user(manager).search([])

    def test_the_settings_page_saves_plan_limits_and_attachment_size(self):
        admin = self.salesperson("boss", groups="base.group_system")
        page = Form(self.env["res.config.settings"].with_user(admin))
        self.assertEqual(page.mail_sync_attachment_limit_mb, 20)
        page.mail_sync_plan_id = self.env.ref("mail_sync_custom.plan_advanced")
        page.mail_sync_account_limit = 7
        page.mail_sync_attachment_limit_mb = 3
        page.save().execute()
        self.assertEqual(self.company.mail_sync_plan_id.name, "Advanced")
        self.assertEqual(self.company.mail_sync_account_limit, 7)
        self.assertEqual(self.account._limits().attachment_bytes, 3 * 1024 * 1024)

    def test_an_attachment_limit_is_a_size(self):
        settings = self.env["res.config.settings"]
        for megabytes in (-1, 1000):
            with self.assertRaisesRegex(ValidationError, "from 1 to 100"):
                settings.create({"mail_sync_attachment_limit_mb": megabytes})

    def test_a_limit_is_not_negative(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
        ):
            self.company.mail_sync_account_limit = -1
            self.env.flush_all()

    # -- the daily limit ---------------------------------------------------------------------

    def test_of_101_mails_100_are_recorded_today_and_one_tomorrow(self):
        with freeze_time(MONDAY):
            self.deliver_many(101)
            said = self.sync()
            self.assertEqual(self.recorded(), 100)
            self.assertIn("100", said)
            self.assertIn("plan", said)
            self.assertEqual(self.account.paused_until, datetime(2025, 3, 4))
            self.assertEqual(self.account.next_sync_at, datetime(2025, 3, 4))
            self.assertEqual(self.account.state, "enabled")
        with freeze_time("2025-03-03 23:59:00"):
            self.sync()
            self.run_cron()
            self.assertEqual(self.recorded(), 100)
        with freeze_time("2025-03-04 00:00:00"):
            self.assertFalse(self.account.paused_until)
            self.run_cron()
            self.assertEqual(self.recorded(), 101)
            self.assertEqual(len(self.entries()), 101)
            self.assertEqual(self.account.recorded_count, 101)
            self.assertEqual(self.account.seen_count, 101)

    def test_sync_now_says_that_the_quota_is_used_up(self):
        self.free.daily_limit = 1
        self.deliver_many(2)
        with freeze_time(MONDAY):
            self.assertIn("Recorded: 1.", self.sync())
            said = self.sync()
        self.assertIn("used up", said)
        self.assertNotIn("Recorded:", said)

    def test_new_mail_waits_in_order_and_unrelated_mail_is_not_counted(self):
        self.free.daily_limit = 2
        with freeze_time(MONDAY):
            self.sync()
        self.deliver_many(3, sender="stranger@elsewhere.example")
        self.deliver_many(5)
        for day, recorded in ((3, 2), (4, 4), (5, 5)):
            with freeze_time(f"2025-03-0{day} 12:00:00"):
                self.sync()
                self.assertEqual(self.recorded(), recorded)
                self.assertEqual(bool(self.account.paused_until), recorded < 5)
        self.assertEqual(
            self.entries().mapped("subject"),
            [f"Mail {number:03} to ann@company.example" for number in range(1, 6)],
        )
        self.assertEqual(self.account.seen_count, 8)

    def test_the_day_follows_the_users_time_zone(self):
        self.free.daily_limit = 1
        self.ann.tz = "Asia/Tokyo"
        self.deliver_many(2)
        with freeze_time("2025-03-03 14:59:00"):
            self.sync()
            self.assertEqual(self.account.paused_until, datetime(2025, 3, 3, 15))
            viewer = self.account.with_context(tz="America/New_York")
            self.assertEqual(viewer.paused_until, datetime(2025, 3, 3, 15))
        with freeze_time("2025-03-03 15:00:00"):
            self.sync()
            self.assertEqual(self.recorded(), 2)

    def test_mail_recorded_by_a_colleague_is_free(self):
        self.free.daily_limit = 1
        ben = self.salesperson("ben", tz="UTC")
        bens, server = self.connect(ben)
        with freeze_time(MONDAY):
            both = mail("lena@customer.example", "ann@company.example, ben@company.example", "Both")
            self.deliver(both)
            self.sync()
            self.assertTrue(self.account.paused_until)
            self.deliver(both, server=server)
            self.sync(bens)
            self.assertEqual(self.recorded(bens), 1)
            self.assertFalse(bens.paused_until)
            self.deliver_many(1, server=server, to="ben@company.example")
            self.sync(bens)
            self.assertEqual(self.recorded(bens), 2)
            self.assertTrue(bens.paused_until)

    def test_a_limit_applies_to_each_user_separately(self):
        self.free.daily_limit = 1
        ben = self.salesperson("ben", tz="UTC")
        bens, server = self.connect(ben)
        with freeze_time(MONDAY):
            self.deliver_many(2)
            self.deliver_many(1, server=server, to="ben@company.example")
            self.sync()
            self.sync(bens)
            self.assertEqual((self.recorded(), self.recorded(bens)), (1, 1))

    def test_another_company_has_its_own_plan(self):
        self.free.daily_limit = 1
        other = self.env["res.company"].create({"name": "Other"})
        cleo = self.salesperson("cleo", company_id=other.id, company_ids=[(6, 0, other.ids)])
        cleos, server = self.connect(cleo)
        self.deliver_many(3, server=server, to="cleo@company.example")
        self.lead.company_id = False
        self.sync(cleos)
        self.assertEqual(self.recorded(cleos), 3)

    def test_after_an_upgrade_of_the_plan_recording_continues_at_once(self):
        self.free.daily_limit = 1
        with freeze_time(MONDAY):
            self.deliver_many(3)
            self.sync()
            self.company.mail_sync_plan_id = self.env.ref("mail_sync_custom.plan_essential")
            self.assertFalse(self.account.paused_until)
            self.run_cron()
            self.assertEqual(self.recorded(), 3)

    def test_after_the_plans_limit_is_raised_recording_continues_at_once(self):
        self.free.daily_limit = 1
        with freeze_time(MONDAY):
            self.deliver_many(3)
            self.sync()
            self.free.daily_limit = 3
            self.run_cron()
            self.assertEqual(self.recorded(), 3)

    def test_removing_an_entry_does_not_restore_the_quota(self):
        self.free.daily_limit = 1
        with freeze_time(MONDAY):
            self.deliver_many(2)
            self.sync()
            self.env["mail.sync.message"].search([]).outcome = "removed"
            self.sync()
            self.assertEqual(self.recorded(), 0)
            self.assertTrue(self.account.paused_until)
