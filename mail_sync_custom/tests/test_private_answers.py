"""What follows a private mail: answers and forwards written here, and the answers to those."""

from datetime import UTC, datetime, timedelta

from odoo import Command
from odoo.addons.mail.tools.discuss import Store
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import mail
from .test_answering import ANN, LENA, AnsweringCase


class PrivateCase(AnsweringCase):
    """Ben and Cem can open the lead and follow it; Ben reads notifications in Odoo."""

    def setUp(self):
        super().setUp()
        self.ben = self.salesperson("ben", notification_type="inbox")
        self.cem = self.salesperson("cem")
        self.lead.message_subscribe([self.ben.partner_id.id, self.cem.partner_id.id])

    def private(self, subject="Offer", **values):
        """Return a mail of Lena's that Ann has made private."""
        question = mail(LENA, ANN, subject, **values)
        question.add_attachment(b"%PDF-1", maintype="application", subtype="pdf", filename="o.pdf")
        entry = self.recorded(question)
        entry.with_user(self.ann).action_mail_sync_make_private()
        return entry

    def reads(self, user, message):
        self.env.flush_all()
        self.env.invalidate_all()
        return message.with_user(user).has_access("read")

    def assertAnns(self, message):
        """Only Ann reads a message and its files, and no colleague was told of it."""
        self.assertTrue(message.mail_sync_private)
        self.assertTrue(self.reads(self.ann, message))
        for user in (self.ben, self.cem):
            self.assertFalse(self.reads(user, message))
            for file in message.attachment_ids:
                self.assertFalse(file.with_user(user).has_access("read"))
        colleagues = (self.ben | self.cem).partner_id
        self.assertFalse(message.notification_ids.res_partner_id & colleagues)
        told = self.env["bus.bus"].search([]).mapped("message")
        self.assertFalse([one for one in told if "Secret" in one])


@tagged("post_install", "-at_install")
class TestPrivateAnswers(PrivateCase):
    def test_an_answer_is_private_and_no_follower_is_told(self):
        form = self.press(self.private(), "reply")
        form.body = "<p>Secret</p>"
        self.env["bus.bus"].search([]).unlink()
        self.send(form)
        self.env.cr.precommit.run()
        self.assertAnns(self.message)
        self.assertEqual([one.recipients for one in self.left], [{"lena@customer.example"}])
        page = self.lead.with_user(self.cem).mail_sync_timeline()["entries"]
        self.assertEqual([(one["hidden"], one["subject"]) for one in page], [(True, "")] * 2)
        self.assertEqual(page[0]["mailboxes"], [self.ann.name])

    def test_a_forward_is_private_with_its_files(self):
        form = self.press(self.private(), "forward")
        form.partner_ids.add(self.lena)
        self.send(form)
        self.assertTrue(self.message.attachment_ids)
        self.assertAnns(self.message)

    def test_a_colleague_to_whom_it_is_forwarded_gets_the_mail_itself(self):
        form = self.press(self.private(), "forward")
        form.partner_ids.add(self.ben.partner_id)
        self.send(form)
        self.assertEqual([one.recipients for one in self.left], [{"ben@company.example"}])
        self.assertFalse(self.reads(self.ben, self.message))

    def test_a_mail_that_takes_up_the_conversation_is_private(self):
        self.private()
        self.lena.email = "lena@customer.example"
        message = self.lead.with_user(self.ann).message_post(
            body="One more thing.",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.lena.ids,
        )
        self.assertEqual(message.subject, "Re: Offer")
        self.assertAnns(message.sudo())

    def test_what_was_written_before_becomes_private_with_the_mail(self):
        asked = self.recorded(mail(LENA, ANN, "Offer"))
        self.send(self.press(asked, "reply"))
        answer = self.message
        self.assertTrue(self.reads(self.cem, answer))
        asked.with_user(self.ann).action_mail_sync_make_private()
        self.assertFalse(self.reads(self.cem, answer))

    def test_the_answer_to_a_private_answer_is_private(self):
        received = self.send(self.press(self.private(), "reply"))
        self.deliver(mail(LENA, ANN, "Re: Re: Offer", answers=received["Message-ID"][1:-1]))
        self.sync()
        [back] = self.entries().filtered(lambda one: one.subject == "Re: Re: Offer")
        self.assertTrue(self.reads(self.ann, back))
        self.assertFalse(self.reads(self.cem, back))

    def test_its_writer_shows_it_again(self):
        self.send(self.press(self.private(), "reply"))
        self.message.with_user(self.ann).action_mail_sync_show()
        self.assertTrue(self.reads(self.cem, self.message))

    def test_a_new_mail_with_a_copy_answers_nothing_whoever_writes_it(self):
        self.private()
        composer = self.env["mail.compose.message"].with_user(self.cem)
        composer = composer.with_context(default_model="crm.lead", default_res_ids=self.lead.ids)
        composer.create(
            {
                "subject": "Another matter",
                "body": "Hello",
                "subtype_id": self.env.ref("mail.mt_comment").id,
                "partner_ids": [Command.set(self.lena.ids)],
                "mail_sync_bcc_ids": [Command.set(self.ben.partner_id.ids)],
            }
        ).action_send_mail()
        message = self.env["mail.message"].search([("subject", "=", "Another matter")])
        self.assertFalse(message.parent_id)
        self.assertFalse(message.mail_sync_private)
        self.assertTrue(self.reads(self.ann, message))

    def test_an_answer_for_later_is_its_writers_until_it_is_sent_and_private_then(self):
        form = self.press(self.private(cc="joe@b.example"), "reply_all")
        form.body = "<p>Secret</p>"
        composer = form.save()
        composer.scheduled_date = "2999-01-01 00:00:00"
        composer.action_schedule_message()
        scheduled = self.env["mail.scheduled.message"].search([("res_id", "=", self.lead.id)])
        self.env.flush_all()
        for user, count in ((self.ann, 1), (self.cem, 0)):
            mine = scheduled.with_user(user)
            self.assertEqual(mine.search_count([("body", "ilike", "Secret")]), count)
        with self.assertRaises(AccessError):
            scheduled.with_user(self.cem).read(["body"])
        scheduled.with_user(self.ann).post_message()
        message = self.env["mail.message"].search([("body", "ilike", "Secret")])
        self.assertAnns(message)
        self.assertEqual(message.mail_sync_cc_ids.email, "joe@b.example")
        self.assertEqual(message.parent_id.subject, "Offer")


@tagged("post_install", "-at_install")
class TestPrivateInChatter(AnsweringCase):
    """A colleague's chatter has a place for a private mail, as the timeline does."""

    def setUp(self):
        super().setUp()
        self.day = datetime.now(UTC) - timedelta(days=9)
        self.cem = self.salesperson("cem")

    def chatter(self, user, **params):
        """Return what the web client shows: subject and time of each message, or whose it is."""
        messages = self.env["mail.message"].with_user(user)
        found = messages._message_fetch(None, thread=self.lead.with_user(user), **params)
        data = Store().add(found["messages"]).get_result().get("mail.message", [])
        shown = {one["id"]: one for one in data}
        self.told = str(data)
        return [
            shown[id_].get("mail_sync_hidden") or shown[id_]["subject"]
            for id_ in found["messages"].ids
        ]

    def three(self):
        """Record three mails, the latest first, as a first sync does."""
        for days, subject in ((3, "Third"), (2, "Second"), (1, "First")):
            self.recorded(mail(LENA, ANN, subject, date=self.day + timedelta(days=days)))
        second = self.entries().filtered(lambda one: one.subject == "Second")
        self.env["mail.message"].search(
            [("model", "=", "crm.lead"), ("res_id", "=", self.lead.id)]
        ).filtered(lambda one: one.message_type != "email").unlink()
        return second

    def test_when_and_whose_not_what(self):
        self.three().with_user(self.ann).action_mail_sync_make_private()
        self.env.flush_all()
        self.env.invalidate_all()
        hidden = {"direction": "in", "writer": "", "mailboxes": [self.ann.name]}
        self.assertEqual(self.chatter(self.cem), ["First", hidden, "Third"])
        day = str(self.day + timedelta(days=2))[:10]
        self.assertIn(day, self.told)
        self.assertNotIn("Second", self.told)
        self.assertEqual(self.chatter(self.ann), ["First", "Second", "Third"])
        self.assertEqual(self.chatter(self.cem, search_term="Second"), [])

    def test_by_date_a_page_at_a_time(self):
        self.three()
        self.assertEqual(self.chatter(self.ann), ["First", "Second", "Third"])
        by_date = {"mail_sync_by_date": True, "limit": 2}
        self.assertEqual(self.chatter(self.ann, **by_date), ["Third", "Second"])
        ids = {one.subject: one.id for one in self.entries()}
        self.assertEqual(self.chatter(self.ann, before=ids["Second"], **by_date), ["First"])
        self.assertEqual(self.chatter(self.ann, after=ids["First"], **by_date), ["Third", "Second"])
        self.assertEqual(
            self.chatter(self.ann, around=ids["Second"], mail_sync_by_date=True, limit=4),
            ["Third", "Second", "First"],
        )

    def test_a_page_is_as_long_with_private_mails_in_it(self):
        self.three().with_user(self.ann).action_mail_sync_make_private()
        for params in ({}, {"mail_sync_by_date": True}):
            self.assertEqual(len(self.chatter(self.cem, limit=2, **params)), 2)
