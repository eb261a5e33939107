"""The limits of a provider: what is beyond waits, says so, and goes by itself."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .smart_case import SmartCase


@tagged("post_install", "-at_install")
class TestLimits(SmartCase):
    def test_a_minute_is_used_up_and_goes_on(self):
        self.limit(send_per_minute=2)
        self.quick_send(self.leads)
        self.send_queue()
        self.assertEqual(self.to(), [{"lena@customer.example"}, {"jon@customer.example"}])
        [waiting] = self.queued()
        self.assertIn(
            "Your provider's limit for one minute is reached (2).", waiting.failure_reason
        )
        self.assertEqual(waiting.mail_message_id.mail_sync_delivery, "waiting")
        soon = fields.Datetime.now() + timedelta(seconds=75)
        self.assertLess(fields.Datetime.now(), waiting.scheduled_date)
        self.assertLess(waiting.scheduled_date, soon)
        cron = self.env.ref("mail.ir_cron_mail_scheduler_action")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertIn(waiting.scheduled_date, triggers.mapped("call_at"))
        self.assertIn("2 in 24 hours. Waiting: 1", self.account.with_user(self.ann).sent_words)
        self.send_queue()
        self.assertEqual(len(self.left), 2, "not before its time")
        self.time_passes(seconds=80)
        self.send_queue()
        self.assertEqual(len(self.left), 3)
        self.assertFalse(self.queued())

    def test_a_day_is_used_up_and_the_page_says_how_many_went(self):
        self.limit(send_per_day=2)
        self.quick_send(self.leads)
        self.send_queue()
        self.assertEqual(len(self.left), 2)
        [waiting] = self.queued()
        self.assertIn("Your provider's limit for 24 hours is reached (2).", waiting.failure_reason)
        in_a_day = fields.Datetime.now() + timedelta(hours=24)
        self.assertAlmostEqual(waiting.scheduled_date, in_a_day, delta=timedelta(seconds=30))
        self.assertEqual(self.account.sent_words, "2 of 2 in 24 hours")
        self.time_passes(hours=24, seconds=30)
        self.assertEqual(self.account.sent_words, "0 of 2 in 24 hours")
        self.send_queue()
        self.assertEqual(len(self.left), 3)

    def test_another_process_takes_the_last_place(self):
        """It had not been handed over yet when this one looked for what may leave."""
        self.limit(send_per_minute=1)
        self.quick_send(self.leads[:2])
        first, second = self.queued()
        self.patch(
            type(first), "_split_by_delayed_batch", lambda mails, _server: mails.sorted("id")
        )
        (first | second).send()
        self.assertEqual(self.to(), [{"lena@customer.example"}])
        self.assertEqual((first.exists().state or "sent", second.state), ("sent", "outgoing"))
        said = "Your provider's limit for one minute is reached (1)."
        self.assertIn(said, second.failure_reason)
        self.time_passes(seconds=80)
        self.send_queue()
        self.assertEqual(len(self.left), 2)

    def test_odoos_own_limit_of_a_minute_holds_for_every_mailbox(self):
        self.env["ir.config_parameter"].set_param("mail.server.personal.limit.minutes", 2)
        self.quick_send(self.leads)
        self.send_queue()
        self.assertEqual((len(self.left), len(self.queued())), (2, 1))

    def test_an_update_keeps_the_limits_that_an_administrator_has_entered(self):
        gmail = self.env["mail.sync.provider"].search([("code", "=", "gmail")])
        self.assertEqual((gmail.send_per_minute, gmail.send_per_day), (0, 500))
        gmail.send_per_day = 2000
        gmail.smtp_port = 1
        self.env["mail.sync.provider"]._load_presets()
        self.assertEqual((gmail.send_per_day, gmail.smtp_port), (2000, 465))
