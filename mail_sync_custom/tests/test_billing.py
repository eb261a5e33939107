"""What is billed: each mailbox, for each day on which it was Enabled or in Error."""

from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from ..engine.errors import LoginRefused
from .common import MailSyncCase


@tagged("post_install", "-at_install")
class TestBilling(MailSyncCase):
    def setUp(self):
        super().setUp()
        self.env["mail.sync.usage"].search([]).unlink()
        self.ann.tz = "UTC"

    def count(self):
        self.env["mail.sync.usage"]._cron_count()

    def days(self, user=None):
        days = self.env["mail.sync.usage"].search([("user_id", "=", (user or self.ann).id)])
        return sorted(days.mapped("date"))

    def test_each_day_is_counted_once_however_often_the_cron_runs(self):
        for moment in ("03 01:00", "03 13:00", "04 01:00"):
            with freeze_time(f"2025-03-{moment}:00"):
                self.count()
        self.assertEqual(self.days(), [date(2025, 3, 3), date(2025, 3, 4)])
        self.assertEqual(sum(self.env["mail.sync.usage"].search([]).mapped("days")), 2)

    def test_two_days_of_failure_end_in_connection_which_is_neither_tried_nor_billed(self):
        self.server.connect = self._refuse
        self.account.next_sync_at = "2025-03-03 00:00:00"
        moments = [f"2025-03-{day:02} {hour:02}:00:00" for day in (3, 4, 5) for hour in range(24)]
        for moment in moments:
            with freeze_time(moment):
                with self.enter_registry_test_mode():
                    self.env.ref("mail_sync_custom.ir_cron_mail_sync").method_direct_trigger()
                self.count()
        self.assertEqual(self.account.state, "connection")
        tried = self.tried
        self.assertGreater(tried, 2)
        for day in (6, 7):
            with freeze_time(f"2025-03-{day:02} 12:00:00"):
                with self.enter_registry_test_mode():
                    self.env.ref("mail_sync_custom.ir_cron_mail_sync").method_direct_trigger()
                self.count()
        self.assertEqual(self.tried, tried)
        self.assertFalse(self.account.billable)
        # The last attempt was on the fifth: it was in Error on that day, too.
        self.assertEqual(self.days(), [date(2025, 3, day) for day in (3, 4, 5)])

    tried = 0

    def _refuse(self):
        self.tried += 1
        raise LoginRefused()

    def test_pending_is_not_billed_and_the_day_of_its_start_is(self):
        self.ann.company_id.mail_sync_account_limit = 1
        ben = self.salesperson("ben", tz="UTC")
        with freeze_time("2025-03-03 09:00:00"):
            self.connect(ben)
            self.count()
        with freeze_time("2025-03-04 23:59:00"):
            self.ann.company_id.mail_sync_account_limit = 2
        self.assertEqual(self.days(ben), [date(2025, 3, 4)])

    def test_the_last_day_is_billed_and_the_next_is_not(self):
        with freeze_time("2025-03-03 09:00:00"):
            self.account._disable("keep")
        with freeze_time("2025-03-04 09:00:00"):
            self.count()
        self.assertEqual(self.days(), [date(2025, 3, 3)])

    def test_the_day_follows_the_users_time_zone(self):
        self.ann.tz = "Asia/Tokyo"
        with freeze_time("2025-03-03 15:00:00"):
            self.count()
        self.assertEqual(self.days(), [date(2025, 3, 4)])

    def test_usage_stays_when_account_and_user_are_deleted(self):
        ben = self.salesperson("ben", tz="UTC")
        with freeze_time("2025-03-03 09:00:00"):
            account, _ = self.connect(ben)
            usage = self.env["mail.sync.usage"].search([("user_id", "=", ben.id)])
            account.unlink()
            self.connect(ben)
            self.assertEqual(self.days(ben), [date(2025, 3, 3)])
        ben.unlink()
        usage.invalidate_recordset()
        self.assertFalse(usage.account_id or usage.user_id)
        self.assertEqual(usage.email, "ben@company.example")

    def test_the_report_is_by_company_and_month(self):
        other = self.env["res.company"].create({"name": "Other"})
        dan = self.salesperson("dan", company_id=other.id, company_ids=[(6, 0, other.ids)])
        with freeze_time("2025-03-31 12:00:00"):
            self.connect(dan)
            self.count()
        with freeze_time("2025-04-01 12:00:00"):
            self.count()
        rows = self.env["mail.sync.usage"].formatted_read_group(
            [("company_id", "=", other.id)], ["company_id", "date:month"], ["days:sum"]
        )
        self.assertEqual([row["days:sum"] for row in rows], [1, 1])

    def test_a_manager_sees_the_usage_of_their_companies_and_a_salesperson_none(self):
        other = self.env["res.company"].create({"name": "Other"})
        dan = self.salesperson("dan", company_id=other.id, company_ids=[(6, 0, other.ids)])
        self.connect(dan)
        self.count()
        manager = self.salesperson(
            "manager", groups="mail_sync_custom.group_mail_sync_company_manager"
        )
        usage = self.env["mail.sync.usage"]
        self.assertEqual(usage.with_user(manager).search([]).user_id, self.ann)
        with self.assertRaises(AccessError):
            usage.with_user(manager).search([]).unlink()
        with self.assertRaises(AccessError):
            usage.with_user(self.ann).search([])
