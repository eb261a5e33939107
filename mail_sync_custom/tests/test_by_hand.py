"""*Log a mail by hand*: what becomes of a file that is dropped on a lead, and who may drop it."""

import base64
from datetime import UTC, datetime
from email.policy import SMTP
from email.utils import format_datetime
from textwrap import dedent

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import mail
from .test_timeline import LENA, TimelineCase, days_ago


@tagged("post_install", "-at_install")
class TestByHand(TimelineCase):
    def log(self, message, user=None, record=None):
        """Drop a mail, or the bytes of a file, on a record; return the entry."""
        raw = message if isinstance(message, bytes) else message.as_bytes(policy=SMTP)
        record = (record or self.lead).with_user(user or self.ann)
        done = record.mail_sync_log_mail(base64.b64encode(raw).decode())
        return self.env["mail.message"].browse(done["id"])

    def question(self, **values):
        message = mail("Lena Park <lena@home.example>", self.ann.email, "Question", **values)
        message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="plan.pdf")
        return message

    # -- the entry -------------------------------------------------------------------------------

    def test_a_mail_of_nobody_known_is_on_the_lead_that_it_was_dropped_on(self):
        self.log(self.question(date=days_ago(5), text="<b>Hello</b> there."))
        entry = self.entry("Question")
        self.assertEqual(entry["direction"], "in")
        self.assertEqual(entry["sender"], {"name": "Lena Park", "email": "lena@home.example"})
        self.assertEqual(entry["because"], f"Logged by hand by {self.ann.name}.")
        self.assertEqual([file["name"] for file in entry["attachments"]], ["plan.pdf"])
        self.assertEqual(entry["date"][:10], days_ago(5).strftime("%Y-%m-%d"))
        self.assertEqual(entry["mailboxes"], [])

    def test_its_html_is_made_safe(self):
        message = mail(LENA, self.ann.email, "HTML")
        message.set_content("<p onclick='x()'>Yes<script>alert(1)</script></p>", subtype="html")
        body = self.log(message).body
        self.assertIn("Yes", body)
        self.assertNotIn("script", body)
        self.assertNotIn("onclick", body)

    def test_what_the_user_or_a_colleague_wrote_was_sent(self):
        ben = self.salesperson("ben")
        for sender, to, way in (
            (self.ann.email, LENA, "out"),
            (f"Ann <{self.ann.email.upper()}>", LENA, "out"),
            (ben.email, LENA, "out"),
            (LENA, ben.email, "in"),
            (ben.email, self.ann.email, "in"),
        ):
            with self.subTest(sender=sender, to=to):
                subject = f"{sender.partition('@')[0]} to {to}"
                self.log(mail(sender, to, subject, message_id=f"{len(subject)}{way}@x.example"))
                self.assertEqual(self.entry(subject)["direction"], way)

    def test_it_stands_under_the_mail_that_it_answers(self):
        self.log(mail(LENA, self.ann.email, "Question", message_id="q@example.com"))
        self.log(mail(self.ann.email, LENA, "Re: Question", answers="q@example.com"))
        self.assertEqual(self.entry("Re: Question")["answers"]["subject"], "Question")

    def test_it_notifies_nobody_and_customers_in_the_portal_do_not_see_it(self):
        customer = new_test_user(self.env, "lena", groups="base.group_portal", email=LENA)
        self.lead.message_subscribe((customer.partner_id | self.ann.partner_id).ids)
        queue, notified = self.env["mail.mail"].search_count([]), self.notifications()
        message = self.log(self.question())
        self.assertEqual(self.env["mail.mail"].search_count([]), queue)
        self.assertEqual(self.notifications(), notified)
        self.assertFalse(message.with_user(customer).has_access("read"))

    def notifications(self):
        return self.env["mail.notification"].search_count([])

    # -- what a program wrote --------------------------------------------------------------------

    def test_an_automatic_answer_is_marked_as_one(self):
        away = mail(LENA, self.ann.email, "Away", **{"Auto-Submitted": "auto-replied"})
        self.assertTrue(self.log(away).mail_sync_entry_ids.automatic)
        self.assertFalse(self.log(self.question()).mail_sync_entry_ids.automatic)

    def bounce(self, message_id):
        """Return a delivery status notification (RFC 3464) about a mail to Lena."""
        return dedent(
            f"""\
            Return-Path: <>
            From: MAILER-DAEMON@mx.example
            To: {self.ann.email}
            Subject: Undelivered
            Date: {format_datetime(datetime.now(UTC))}
            Message-ID: <report@mx.example>
            MIME-Version: 1.0
            Content-Type: multipart/report; report-type=delivery-status; boundary=b

            --b

            Sorry.
            --b
            Content-Type: message/delivery-status

            Reporting-MTA: dns; mx.example

            Final-Recipient: rfc822; {LENA}
            Action: failed
            Status: 5.1.1

            --b
            Content-Type: text/rfc822-headers

            Message-ID: <{message_id}>
            Subject: Offer

            --b--
            """
        ).encode()

    def test_a_bounce_marks_the_mail_that_it_is_about_and_is_no_entry(self):
        self.deliver(mail(self.ann.email, LENA, "Offer", message_id="o@example.com"), "Sent")
        self.sync()
        before = self.entries()
        done = self.log(self.bounce("o@example.com"))
        self.assertEqual(self.entries(), before)
        self.assertEqual(done, before)
        self.assertEqual(self.entry("Offer")["delivery"]["state"], "returned")

    def test_a_bounce_about_an_unknown_mail_is_an_entry_that_nobody_answers(self):
        entry = self.log(self.bounce("unknown@example.com"))
        self.assertEqual(entry.subject, "Undelivered")
        self.assertTrue(entry.mail_sync_entry_ids.automatic)

    # -- once ------------------------------------------------------------------------------------

    def test_the_same_mail_again_is_refused_and_changes_nothing(self):
        self.log(self.question())
        with self.assertRaisesRegex(UserError, "here already"):
            self.log(self.question(), user=self.salesperson("ben"))
        self.assertTimeline("Question")

    def test_what_the_mailbox_has_recorded_is_here_already(self):
        message = mail(LENA, self.ann.email, "Question")
        self.deliver(message)
        self.sync()
        with self.assertRaisesRegex(UserError, "here already"):
            self.log(message)

    def test_what_was_logged_is_not_recorded_again_and_stays_when_the_mailbox_goes(self):
        message = mail(LENA, self.ann.email, "Question")
        self.log(message)
        self.deliver(message)
        self.sync()
        self.assertTimeline("Question")
        self.account._disable("remove")
        self.env["mail.sync.message"]._remove_unheld(60)
        self.assertTimeline("Question")

    def test_a_mail_can_be_logged_on_two_records(self):
        other = self.lead.copy({"user_id": self.ann.id})
        self.log(self.question())
        self.log(self.question(), record=other)
        self.assertTimeline("Question")
        self.assertTimeline("Question", record=other)

    def test_another_mail_with_the_same_id_is_another_mail(self):
        self.log(mail(LENA, self.ann.email, "One", message_id="same@x.example", date=days_ago(3)))
        self.log(mail(LENA, self.ann.email, "Two", message_id="same@x.example", date=days_ago(2)))
        self.assertTimeline("One", "Two")

    # -- what is no mail -------------------------------------------------------------------------

    def test_what_cannot_be_logged_says_why(self):
        bomb = b"From: a@b.example\r\nTo: c@d.example\r\n" + b"X-A: " + b"x" * 300_000
        for data, words in (
            (b"", "empty"),
            (b"%PDF-1.7\n%%EOF", "not a mail"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "Outlook"),
            (bomb, "unsafe"),
        ):
            with self.subTest(words=words), self.assertRaisesRegex(UserError, words):
                self.log(data)
        self.assertTimeline()

    def test_a_file_that_is_too_large_says_how_large_it_may_be(self):
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("mail_sync_custom.attachment_limit_mb", "1")
        raw = self.question().as_bytes(policy=SMTP) + b"x" * 3 * 1024 * 1024
        with self.assertRaisesRegex(UserError, r"3\.0 MB.*up to 2\.5 MB"):
            self.log(raw)

    def test_nonsense_instead_of_base64_is_no_mail(self):
        with self.assertRaisesRegex(UserError, "not a mail"):
            self.lead.with_user(self.ann).mail_sync_log_mail("not base64!")

    def test_an_address_on_a_list_never_recorded_keeps_it_out(self):
        self.env["mail.sync.exclusion"].create(
            {"pattern": "home.example", "company_id": self.env.company.id}
        )
        with self.assertRaisesRegex(UserError, "Never Record"):
            self.log(self.question())

    # -- who -------------------------------------------------------------------------------------

    def test_only_who_may_write_on_the_lead(self):
        own_only = self.salesperson("own_only", groups="sales_team.group_sale_salesman")
        nobody = new_test_user(self.env, "nobody", groups="base.group_user")
        portal = new_test_user(self.env, "portal", groups="base.group_portal")
        for user in (own_only, nobody, portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.log(self.question(), user=user)
        self.assertTimeline()

    def test_on_a_contact(self):
        lena = self.env["res.partner"].create({"name": "Lena", "email": LENA})
        self.lead.partner_id = lena
        self.log(self.question(), record=lena)
        self.assertEqual(self.subjects(record=lena), ["Question"])

    def test_on_a_contact_without_a_lead_it_is_for_the_one_who_logged_it(self):
        jon = self.env["res.partner"].create({"name": "Jon", "email": "jon@home.example"})
        self.log(self.question(), record=jon)
        self.assertEqual(self.subjects(record=jon), ["Question"])
        self.assertEqual(self.subjects(record=jon, user=self.salesperson("ben")), [])

    def test_whoever_has_no_mailbox_can_log_a_mail(self):
        ben = self.salesperson("ben")
        self.log(mail(ben.email, LENA, "Offer"), user=ben)
        self.assertEqual(self.entry("Offer", user=ben)["direction"], "out")
