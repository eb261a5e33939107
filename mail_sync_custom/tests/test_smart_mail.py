"""A Smart Mail, sent as it is or edited: what leaves, to whom, and who has it already."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .smart_case import SmartCase


@tagged("post_install", "-at_install")
class TestQuickSend(SmartCase):
    def test_each_of_a_selection_gets_a_mail_of_their_own(self):
        asked = self.quick_send(self.leads)
        self.assertEqual(asked.headline, "Everybody already has “Welcome”.")
        self.send_queue()
        self.assertEqual(
            self.to(), [{f"{name}@customer.example"} for name in ("lena", "jon", "kim")]
        )
        subjects = [mail["Subject"] for mail in self.left]
        self.assertEqual(subjects, ["Hello Lena", "Hello Jon", "Hello Kim"])
        self.assertEqual(len({mail["Message-Id"] for mail in self.left}), 3)
        for mail, lead in zip(self.left, self.leads, strict=True):
            self.assertIn("<ann@company.example>", mail["From"])
            self.assertNotIn("References", mail)
            self.assertNotIn("Bcc", mail)
            self.assertEqual(mail["To"].addresses[0].addr_spec, lead.email_from)
            self.assertEqual(lead.message_ids[0].mail_sync_template_id, self.welcome)

    def test_the_question_names_the_recipients_and_how_many_they_are(self):
        asked = self.opened(self.line(self.leads).action_quick_send())
        self.assertEqual(asked.headline, "Send “Welcome” to 3 people, one mail each?")
        self.assertEqual(
            asked.recipients.splitlines(),
            [f"{name} <{name.lower()}@customer.example>" for name in ("Lena", "Jon", "Kim")],
        )
        self.assertEqual((asked.subject, asked.preview_of), ("Hello Lena", "Lena"))
        self.assertIn("Dear Lena", asked.body)
        self.assertFalse(self.left + list(self.queued()), "nothing leaves before it is confirmed")
        asked = self.opened(self.line(self.leads[1]).action_quick_send())
        self.assertEqual(asked.headline, "Send “Welcome” to Jon?")

    def test_a_follower_outside_gets_no_copy(self):
        self.leads[0].message_subscribe(self.lena.copy({"email": "other@customer.example"}).ids)
        self.quick_send(self.leads[0])
        self.assertEqual(self.to(), [{"lena@customer.example"}])

    def test_on_contacts(self):
        news = self.smart_mail("News", "res.partner", subject="For {{ object.name }}")
        self.assertFalse(self.line(self.lena), "it is for leads")
        self.quick_send(self.lena, news)
        self.assertEqual(self.left[0]["Subject"], "For Lena")
        self.assertEqual(self.line(self.lena, news).mark, self.sent_today())

    def sent_today(self):
        self.env.invalidate_all()
        message = self.env["mail.message"].search([("mail_sync_template_id", "!=", False)])[:1]
        return f"Sent on {message.date:%-d %b} by {self.ann.name}"

    def test_who_is_left_out_and_why(self):
        none, unwanted, same = self.env["crm.lead"].create(
            [
                {"name": "Nobody", "user_id": self.ann.id},
                {"name": "Unwanted", "email_from": "no@x.example", "user_id": self.ann.id},
                {"name": "Same", "email_from": "Lena <LENA@customer.example>"},
            ]
        )
        self.env["mail.blacklist"].create({"email": "no@x.example"})
        same.user_id = self.ann
        dialog = self.choose(self.leads[0] | none | unwanted | same)
        self.assertEqual(dialog.recipients, "Lena <lena@customer.example>")
        self.assertEqual(
            dialog.left_out.splitlines(),
            [
                "Nobody has no mail address",
                "Unwanted does not want mails (on the blacklist)",
                "Same is the same person as Roof of Lena",
            ],
        )

    def test_who_already_has_it_is_marked_and_asked_about(self):
        self.quick_send(self.leads[0])
        self.assertEqual(self.line(self.leads[0]).mark, self.sent_today())
        self.assertEqual(self.line(self.leads).mark, "Sent to 1 of 3")
        self.quick_send(self.leads)
        self.send_queue()
        self.assertEqual(len(self.left), 3, "the first one has it and gets it no second time")
        asked = self.opened(self.line(self.leads[0]).action_quick_send())
        self.assertEqual(asked.have_it, f"Lena: {self.sent_today()}")
        with self.assertRaisesRegex(UserError, "Nobody gets it"):
            asked.action_send()
        asked.again = True
        self.assertEqual(asked.headline, "Send “Welcome” to Lena?")
        asked.action_send()
        self.assertEqual(self.to().count({"lena@customer.example"}), 2)

    def test_a_mail_on_another_record_of_the_same_person_counts(self):
        self.quick_send(self.leads[0])
        again = self.private_lead(self.ann)
        self.assertEqual(self.line(again).mark, self.sent_today())

    def test_a_mail_that_the_user_may_not_read_is_not_mentioned(self):
        ben = self.salesperson("ben", groups="sales_team.group_sale_salesman")
        self.connect(ben)
        self.quick_send(self.leads[0])
        theirs = self.private_lead(ben)
        self.assertFalse(self.line(theirs, user=ben).mark, "Ann's opportunity is not Ben's")
        self.leads[0].user_id = ben
        self.env.invalidate_all()
        self.assertTrue(self.line(theirs, user=ben).mark)
        message = self.leads[0].message_ids.filtered("mail_sync_template_id")
        message.with_user(self.ann).action_mail_sync_make_private()
        self.env.invalidate_all()
        self.assertFalse(self.line(theirs, user=ben).mark, "it is private")
        self.assertTrue(self.line(self.private_lead(self.ann)).mark, "her own")

    def test_what_was_refused_was_not_got(self):
        self.quick_send(self.leads[0])
        message = self.leads[0].message_ids.filtered("mail_sync_template_id")
        message.notification_ids.write({"notification_status": "bounce"})
        self.env.invalidate_all()
        line = self.line(self.leads[0])
        self.assertIn("Not delivered on", line.mark)
        self.assertFalse(line.had)
        self.quick_send(self.leads[1], scheduled_at=fields.Datetime.now() + timedelta(days=1))
        self.assertEqual(
            self.line(self.leads).mark, "Scheduled for 1 of 3, not delivered to 1 of 3"
        )

    def test_found_by_tag_and_by_words(self):
        offer, tag = self.smart_mail("Offer"), self.tag("Closing")
        offer.mail_sync_tag_ids = tag
        dialog = self.choose(self.leads)
        self.assertEqual(dialog.shown_ids.template_id, self.welcome | offer)
        dialog.tag_id = tag
        self.assertEqual(dialog.shown_ids.template_id, offer)
        dialog.write({"tag_id": False, "words": "hello WEL"})
        self.assertEqual(dialog.shown_ids.template_id, self.welcome)

    def test_a_personal_one_is_its_owners(self):
        self.smart_mail("Ben's", user_id=self.salesperson("ben").id)
        self.assertEqual(self.choose(self.leads).shown_ids.template_id, self.welcome)


@tagged("post_install", "-at_install")
class TestPersonalize(SmartCase):
    def test_it_is_edited_and_the_template_stays_as_it_is(self):
        before = self.welcome.read(["subject", "body_html"])
        composer = self.opened(self.line(self.leads[0]).action_personalize())
        self.assertEqual(composer.subject, "Hello Lena")
        self.assertIn("Dear Lena", composer.body)
        composer.write({"subject": "Hello again", "body": "<p>Only for you.</p>"})
        composer.action_send_mail()
        self.assertEqual(self.left[0]["Subject"], "Hello again")
        self.assertIn("Only for you.", self.left[0].get_body(("plain",)).get_content())
        self.assertEqual(self.welcome.read(["subject", "body_html"]), before)
        self.assertIn("Sent on", self.line(self.leads[0]).mark)

    def test_a_selection_is_written_to_one_after_the_other(self):
        action = self.line(self.leads).action_personalize()
        self.assertEqual(action["name"], "Personalize: Lena (1 of 3)")
        action = self.opened(action).action_send_mail()
        self.assertEqual(action["name"], "Personalize: Jon (2 of 3)")
        action = self.opened(action).action_mail_sync_skip()
        self.assertEqual(action["name"], "Personalize: Kim (3 of 3)")
        composer = self.opened(action)
        self.assertFalse(composer.mail_sync_has_next)
        self.assertEqual(composer.action_send_mail()["type"], "ir.actions.act_window_close")
        self.assertEqual(self.to(), [{"lena@customer.example"}, {"kim@customer.example"}])

    def told(self, lead):
        """Return what the composer says of what the person behind a lead has."""
        self.env.invalidate_all()
        return self.opened(self.line(lead).action_personalize()).mail_sync_had

    def test_who_already_has_it_is_told_in_the_composer(self):
        self.assertFalse(self.told(self.leads[0]))
        self.quick_send(self.leads[0])
        self.assertIn("already has this Smart Mail. Sent on", self.told(self.leads[0]))

    def test_what_did_not_arrive_is_not_said_to_be_there(self):
        self.quick_send(self.leads[0])
        message = self.leads[0].message_ids.filtered("mail_sync_template_id")
        message.notification_ids.write({"notification_status": "bounce"})
        told = self.told(self.leads[0])
        self.assertIn("did not reach this person. Not delivered on", told)
        self.assertNotIn("already", told)

    def test_what_is_scheduled_or_waits_is_not_said_to_be_there(self):
        self.quick_send(self.leads[0], scheduled_at=fields.Datetime.now() + timedelta(days=1))
        self.assertIn("already scheduled for this person", self.told(self.leads[0]))
        self.account.state = "error"
        self.quick_send(self.leads[1])
        self.assertIn("already waiting to be sent", self.told(self.leads[1]))


@tagged("post_install", "-at_install")
class TestLater(SmartCase):
    def run_planned(self):
        self.env.flush_all()
        self.env["mail.scheduled.message"]._post_messages_cron()
        self.env.invalidate_all()

    def test_scheduled_for_tomorrow(self):
        self.quick_send(self.leads[:2], scheduled_at=self.tomorrow())
        self.assertFalse(self.left)
        self.assertEqual(self.planned().mapped("subject"), ["Hello Lena", "Hello Jon"])
        self.assertIn("Scheduled for", self.line(self.leads[0]).mark)
        self.assertEqual(self.line(self.leads).mark, "Scheduled for 2 of 3")
        asked = self.opened(self.line(self.leads[:2]).action_quick_send())
        self.assertEqual(
            asked.headline, "“Welcome” has already been sent to everybody, or will be."
        )
        self.run_planned()
        self.assertFalse(self.left, "not yet")
        self.time_passes(days=1, seconds=1)
        self.run_planned()
        self.assertEqual(self.to(), [{"lena@customer.example"}, {"jon@customer.example"}])
        self.assertIn("<ann@company.example>", self.left[0]["From"])
        self.assertFalse(self.planned())
        self.assertIn("Sent on", self.line(self.leads[0]).mark)

    def test_a_time_in_the_past_is_refused(self):
        asked = self.opened(self.line(self.leads).action_quick_send())
        asked.scheduled_at = "2020-02-29 10:00:00"
        with self.assertRaisesRegex(UserError, "still to come"):
            asked.action_send()

    def test_a_scheduled_answer_keeps_its_thread_and_its_copies(self):
        asked = self.env["mail.message"].create(
            {
                "model": "crm.lead",
                "res_id": self.leads[0].id,
                "message_type": "email",
                "message_id": "<asked@customer.example>",
                "subject": "Roof",
            }
        )
        jon, kim = self.env["res.partner"].create(
            [{"name": name, "email": f"{name}@x.example"} for name in ("jon", "kim")]
        )
        composer = (
            self.leads[0]
            .with_user(self.ann)
            ._mail_sync_smart_composer(
                self.welcome,
                parent_id=asked.id,
                mail_sync_cc_ids=[Command.set(jon.ids)],
                mail_sync_bcc_ids=[Command.set(kim.ids)],
                scheduled_date=str(self.tomorrow()),
            )
        )
        composer.action_schedule_message()
        self.time_passes(days=1, seconds=1)
        self.run_planned()
        [mail] = self.left
        self.assertEqual(
            mail.recipients, {"lena@customer.example", "jon@x.example", "kim@x.example"}
        )
        self.assertIn("jon@x.example", mail["Cc"])
        self.assertEqual(mail["In-Reply-To"], "<asked@customer.example>")

    def test_what_was_posted_is_not_posted_again_if_the_rest_fails(self):
        self.quick_send(self.leads[:2], scheduled_at=self.tomorrow())
        self.time_passes(days=1, seconds=1)
        Scheduled, posted = type(self.env["mail.scheduled.message"]), []

        def killed(scheduled, message):
            hook(scheduled, message)
            posted.append(scheduled.exists())
            raise KeyboardInterrupt

        hook = Scheduled._message_created_hook
        with (
            patch.object(Scheduled, "_message_created_hook", killed),
            self.assertRaises(KeyboardInterrupt),
        ):
            self.run_planned()
        self.assertFalse(posted[0], "it goes in the transaction that posts it")

    def test_a_mailbox_that_was_disabled_meanwhile(self):
        self.quick_send(self.leads[0], scheduled_at=self.tomorrow())
        self.account._disable("keep")
        self.time_passes(days=1, seconds=1)
        self.run_planned()
        self.assertFalse(self.leads[0].message_ids.filtered("mail_sync_template_id"))
        told = self.env["mail.message"].search([("partner_ids", "in", self.ann.partner_id.ids)])
        self.assertIn("A scheduled message could not be sent", told.mapped("subject"))


@tagged("post_install", "-at_install")
class TestWithoutAMailbox(SmartCase):
    def test_it_is_said_where_to_connect_one_and_nothing_is_sent(self):
        ben = self.salesperson("ben")
        dialog = self.choose(self.leads, ben)
        self.assertIn("with Mail Sync, in the menu under your name", dialog.no_mailbox)
        self.assertEqual(dialog.action_connect()["res_id"], ben.id)
        for press in ("action_quick_send", "action_personalize"):
            with self.subTest(press), self.assertRaisesRegex(UserError, "no mailbox connected"):
                getattr(dialog.shown_ids, press)()
        with self.assertRaisesRegex(UserError, "no mailbox connected"):
            self.leads[0].with_user(ben)._mail_sync_smart_send(self.welcome)

    def test_a_mail_in_the_queue_waits_when_its_mailbox_is_disabled(self):
        self.quick_send(self.leads)
        waiting = self.queued()
        self.account._disable("keep")
        self.assertIn("No other server sends it", waiting[0]._mail_sync_route())
        waiting.mark_outgoing()  # Send again
        self.send_queue()
        self.assertFalse(self.left)
        self.assertEqual(self.queued(), waiting)
        self.assertIn("no mailbox is connected", waiting[0].failure_reason)
        self.connect(self.ann)
        self.send_queue()
        self.assertEqual(len(self.left), 3)

    def test_a_mailbox_that_fails(self):
        self.account.state = "error"
        asked = self.quick_send(self.leads[0])
        self.assertIn("cannot send at the moment", asked.route)
        self.assertFalse(self.left)
        self.assertIn("Waiting since", self.line(self.leads[0]).mark)

    def test_a_record_that_the_user_may_not_write_on(self):
        ben = self.salesperson("ben", groups="sales_team.group_sale_salesman")
        self.connect(ben)
        with self.assertRaises(AccessError):
            self.choose(self.leads, ben)
