"""The company's mailbox limit, and the queue of those who wait for a place."""

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import MailSyncCase, mail


@tagged("post_install", "-at_install")
class TestPlaces(MailSyncCase):
    def setUp(self):
        super().setUp()
        self.company = self.ann.company_id
        self.company.mail_sync_account_limit = 1
        self.ben = self.salesperson("ben")
        self.cleo = self.salesperson("cleo")

    def states(self, *accounts):
        return [account.state for account in accounts]

    def test_a_user_beyond_the_limit_waits_and_nothing_is_attempted(self):
        account, server = self.connect(self.ben)
        self.assertEqual(account.state, "pending")
        self.assertFalse(account.next_sync_at)
        self.assertFalse(account.billable)
        self.deliver(mail("lena@customer.example", "ben@company.example"), server=server)
        with self.enter_registry_test_mode():
            self.env.ref("mail_sync_custom.ir_cron_mail_sync").method_direct_trigger()
        self.assertFalse(server.commands)
        with self.assertRaisesRegex(UserError, "mailbox limit"):
            self.sync(account)

    def test_a_raised_limit_starts_the_next_at_once_in_order_of_arrival(self):
        second, _ = self.connect(self.cleo)
        third, server = self.connect(self.ben)
        self.assertEqual((second.queue_position, third.queue_position), (1, 2))
        self.company.mail_sync_account_limit = 2
        self.assertEqual(self.states(second, third), ["enabled", "pending"])
        third.invalidate_recordset(["queue_position"])
        self.assertEqual(third.queue_position, 1)
        self.company.mail_sync_account_limit = 3
        self.assertEqual(self.states(second, third), ["enabled", "enabled"])
        self.assertTrue(third.next_sync_at)
        self.deliver(mail("lena@customer.example", "ben@company.example"), server=server)
        self.sync(third)
        self.assertTimeline("Hello")

    def test_no_limit_starts_all(self):
        waiting = [self.connect(user)[0] for user in (self.ben, self.cleo)]
        self.company.mail_sync_account_limit = 0
        self.assertEqual(self.states(*waiting), ["enabled", "enabled"])

    def test_a_lower_limit_disconnects_nobody(self):
        self.company.mail_sync_account_limit = 2
        second, _ = self.connect(self.ben)
        third, _ = self.connect(self.cleo)
        self.company.mail_sync_account_limit = 1
        self.assertEqual(self.states(self.account, second, third), ["enabled"] * 2 + ["pending"])
        second._disable("keep")
        self.assertEqual(third.state, "pending")

    def test_a_colleague_who_disconnects_frees_their_place(self):
        second, _ = self.connect(self.ben)
        self.account._disable("keep")
        self.assertEqual(second.state, "enabled")
        self.assertTrue(second.next_sync_at)

    def test_archiving_or_deleting_a_colleague_frees_their_place(self):
        second, _ = self.connect(self.ben)
        third, _ = self.connect(self.cleo)
        self.ann.active = False
        self.assertEqual(self.states(second, third), ["enabled", "pending"])
        second.unlink()
        self.assertEqual(third.state, "enabled")

    def test_a_mailbox_in_connection_keeps_its_place(self):
        self.account.state = "connection"
        second, _ = self.connect(self.ben)
        self.assertEqual(second.state, "pending")

    def test_a_returning_user_joins_the_end_of_the_queue(self):
        with freeze_time("2025-03-03 09:00:00"):
            second, _ = self.connect(self.ben)
        with freeze_time("2025-03-03 10:00:00"):
            third, _ = self.connect(self.cleo)
            self.account._disable("keep")
        self.assertEqual(self.states(second, third), ["enabled", "pending"])
        with freeze_time("2025-03-03 11:00:00"):
            again, _ = self.connect(self.ann)
            self.assertEqual(again, self.account)
            self.assertEqual(again.state, "pending")
            second._disable("keep")
        self.assertEqual(self.states(third, again), ["enabled", "pending"])

    def test_new_details_while_waiting_keep_the_place_in_the_queue(self):
        with freeze_time("2025-03-03 09:00:00"):
            self.connect(self.ben)
        with freeze_time("2025-03-03 10:00:00"):
            third, _ = self.connect(self.cleo)
        with freeze_time("2025-03-03 11:00:00"):
            again, _ = self.connect(self.ben)
        self.assertEqual(self.states(again, third), ["pending", "pending"])
        self.assertEqual((again.queue_position, third.queue_position), (1, 2))

    def test_new_details_of_a_running_account_need_no_place(self):
        self.connect(self.ben)
        self.company.mail_sync_account_limit = 1
        again, _ = self.connect(self.ann)
        self.assertEqual(again.state, "enabled")

    def test_a_limit_applies_to_one_company(self):
        other = self.env["res.company"].create({"name": "Other", "mail_sync_account_limit": 1})
        dan = self.salesperson("dan", company_id=other.id, company_ids=[(6, 0, other.ids)])
        second, _ = self.connect(self.ben)
        theirs, _ = self.connect(dan)
        self.assertEqual(self.states(second, theirs), ["pending", "enabled"])
        theirs._disable("keep")
        self.assertEqual(second.state, "pending")

    def test_a_user_who_moves_to_another_company_frees_their_place(self):
        other = self.env["res.company"].create({"name": "Other", "mail_sync_account_limit": 1})
        second, _ = self.connect(self.ben)
        self.ann.write({"company_ids": [(4, other.id)], "company_id": other.id})
        self.assertEqual(self.account.company_id, other)
        self.assertEqual(self.states(self.account, second), ["enabled", "enabled"])

    def test_a_user_who_moves_while_waiting_joins_the_end_of_the_other_queue(self):
        with freeze_time("2026-03-02"):
            moving, _ = self.connect(self.ben)
        other = self.env["res.company"].create({"name": "Other", "mail_sync_account_limit": 1})
        staff = [
            self.salesperson(login, company_id=other.id, company_ids=[(6, 0, other.ids)])
            for login in ("dan", "eva")
        ]
        with freeze_time("2026-03-03"):
            _, waiting = [self.connect(user)[0] for user in staff]
        with freeze_time("2026-03-04"):
            self.ben.write({"company_ids": [(4, other.id)], "company_id": other.id})
        self.assertEqual((waiting.queue_position, moving.queue_position), (1, 2))

    def test_the_owner_is_told_that_it_has_started(self):
        self.connect(self.ben)
        self.company.mail_sync_account_limit = 2
        told = self.env["mail.message"].search(
            [("partner_ids", "in", self.ben.partner_id.ids), ("subject", "like", "has started")]
        )
        self.assertEqual(len(told), 1)

    def test_the_wizards_last_message_says_that_it_waits_and_why(self):
        account, _ = self.connect(self.ben)
        wizard = self.env["mail.sync.account.setup"].with_user(self.cleo).create({})
        self.assertTrue(wizard.waits)
        said = account.with_user(self.ben)._say_waiting({"type": "ir.actions.act_window"})
        self.assertIn("mailbox limit", said["params"]["message"])
        self.assertIn("number 1", said["params"]["message"])
        self.company.mail_sync_account_limit = 0
        self.assertFalse(self.env["mail.sync.account.setup"].with_user(self.cleo).create({}).waits)
