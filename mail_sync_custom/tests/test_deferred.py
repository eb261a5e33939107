"""One mail to several people, of whom the server refuses some for now, or for good."""

from odoo.tests import tagged

from .common import mail
from .test_answering import ANN, LENA, AnsweringCase

NOT_NOW = (451, b"4.7.1 greylisted, try again later")
NEVER = (550, b"5.1.1 no such user")
LENAS, MIAS, JOES = "lena@customer.example", "mia@customer.example", "joe@b.example"


@tagged("post_install", "-at_install")
class TestDeferred(AnsweringCase):
    def answer_everyone(self, **answers):
        """Answer Lena, with Mia and Joe in Cc; return the message as Ann sees it."""
        asked = self.recorded(mail(LENA, ANN, "Roof", cc=f"Mia <{MIAS}>, Joe <{JOES}>"))
        people = {"lena": LENAS, "mia": MIAS, "joe": JOES}
        self.answers.update({people[name]: answer for name, answer in answers.items()})
        form = self.press(asked, "reply_all")
        before = self.env["mail.message"].search([], order="id desc", limit=1)
        form.save().action_send_mail()
        found = self.env["mail.message"].search([("id", ">", before.id)])
        self.message = found.filtered(lambda one: one.mail_sync_exact)
        return self.message.with_user(self.ann)

    def queue_runs(self, **answers):
        """Let the pause pass, and have Odoo send what is due."""
        self.answers.clear()
        self.answers.update(answers)
        mails = self.env["mail.mail"].search(
            [("mail_message_id", "=", self.message.id), ("state", "=", "outgoing")]
        )
        mails.scheduled_date = False
        # Odoo sends no more than thirty in a minute.
        self.account.mail_server_id.owner_limit_count = 0
        mails.send()
        self.env.invalidate_all()

    def sent_to(self):
        return [sorted(one.recipients) for one in self.left]

    def test_who_was_refused_for_now_gets_it_later_and_nobody_twice(self):
        message = self.answer_everyone(mia=NOT_NOW)
        self.assertEqual(self.sent_to(), [[JOES, LENAS]])
        self.assertEqual(message.mail_sync_delivery, "waiting")
        self.assertRegex(message.mail_sync_delivery_reason, f"^{MIAS}: .*try again later")
        self.assertFalse(message.mail_sync_repeatable)
        found = {one.res_partner_id.email: one for one in message.sudo().notification_ids}
        self.assertEqual(found[MIAS].notification_status, "ready")
        self.assertEqual(found[LENAS].notification_status, "sent")
        self.queue_runs()
        self.assertEqual(self.sent_to(), [[JOES, LENAS], [MIAS]])
        self.assertFalse(message.mail_sync_delivery)
        first, second = self.left
        for name in ("To", "Cc", "Message-ID", "Subject"):
            self.assertEqual(first[name], second[name])
        self.queue_runs()
        self.assertEqual(len(self.left), 2)

    def test_two_are_deferred_and_come_at_different_times(self):
        message = self.answer_everyone(mia=NOT_NOW, joe=NOT_NOW)
        self.queue_runs(**{JOES: NOT_NOW})
        self.assertEqual(message.mail_sync_delivery, "waiting")
        self.assertRegex(message.mail_sync_delivery_reason, f"^{JOES}: ")
        self.queue_runs(**{JOES: NOT_NOW})
        self.queue_runs()
        self.assertEqual(self.sent_to(), [[LENAS], [MIAS], [JOES]])
        self.assertFalse(message.mail_sync_delivery)

    def test_all_are_deferred_at_first(self):
        message = self.answer_everyone(lena=NOT_NOW, mia=NOT_NOW, joe=NOT_NOW)
        self.assertEqual(message.mail_sync_delivery, "waiting")
        self.queue_runs(**{MIAS: NOT_NOW})
        self.queue_runs()
        self.assertEqual(self.sent_to(), [[JOES, LENAS], [MIAS]])
        self.sync()
        self.assertEqual(len(self.server["Sent"].messages), 1)

    def test_one_is_refused_for_good_and_one_for_now(self):
        message = self.answer_everyone(mia=NOT_NOW, joe=NEVER)
        self.queue_runs(**{JOES: NEVER})
        self.assertEqual(self.sent_to(), [[LENAS], [MIAS]])
        self.assertEqual(message.mail_sync_delivery, "refused")
        self.assertIn(JOES, message.mail_sync_delivery_reason)
        self.assertEqual(message.mail_sync_before_sending_again()["to"], [JOES])
        message.action_mail_sync_send_again()
        self.queue_runs()
        self.assertEqual(self.sent_to(), [[LENAS], [MIAS], [JOES]])
        self.assertFalse(message.mail_sync_delivery)

    def test_after_a_day_of_refusals_its_writer_decides(self):
        message = self.answer_everyone(mia=NOT_NOW)
        for _ in range(20):
            self.queue_runs(**{MIAS: NOT_NOW})
        self.assertEqual(message.mail_sync_delivery, "refused")
        self.assertEqual(message.mail_sync_before_sending_again()["to"], [MIAS])
        self.assertEqual(self.sent_to(), [[JOES, LENAS]])
