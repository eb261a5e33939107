import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from odoo.tests import tagged

from .common import MailSyncCase, mail

LENA = "Lena Park <lena@customer.example>"
ANN = "Ann <ann@company.example>"
TEAM = "team@lists.example"


@tagged("post_install", "-at_install")
class TestRecording(MailSyncCase):
    def test_both_directions_are_on_the_lead_in_chronological_order(self):
        day = datetime.now(UTC) - timedelta(days=9)
        self.deliver(mail(ANN, LENA, "Answer", date=day + timedelta(days=1)), "Sent")
        self.deliver(mail(LENA, ANN, "Question", date=day))
        self.assertEqual(self.sync(), "New mails looked at: 2. Recorded: 2.")
        self.assertTimeline("Question", "Answer")
        self.assertEqual(self.entries().mapped("mail_sync_direction"), ["in", "out"])

    def test_a_second_run_finds_nothing(self):
        self.deliver(mail(LENA, ANN))
        self.sync()
        self.assertEqual(self.sync(), "Nothing new.")
        self.assertTimeline("Hello")

    def test_mail_of_strangers_leaves_no_trace(self):
        self.deliver(mail("Mother <ruth@family.example>", ANN, "Sunday"))
        before = self.env["mail.message"].search_count([])
        self.assertEqual(self.sync(), "New mails looked at: 1. Recorded: 0.")
        self.assertEqual(self.env["mail.message"].search_count([]), before)
        self.assertFalse(self.env["mail.sync.message"].search([]))
        self.assertEqual(self.account.seen_count, 1)

    def test_recording_notifies_nobody_and_sends_nothing(self):
        follower = self.salesperson("follower")
        self.lead.message_subscribe(follower.partner_id.ids)
        queued = self.env["mail.mail"].search_count([])
        notified = self.env["mail.notification"].search_count([])
        for number in range(30):
            self.deliver(mail(LENA, ANN, f"Mail {number}"))
        self.sync()
        self.assertEqual(len(self.entries()), 30)
        self.assertEqual(self.env["mail.mail"].search_count([]), queued)
        self.assertEqual(self.env["mail.notification"].search_count([]), notified)

    def test_a_mail_in_two_mailboxes_is_one_entry(self):
        ben = self.salesperson("ben")
        account, server = self.connect(ben)
        copy = mail(LENA, f"{ANN}, ben@company.example", "To both")
        self.deliver(copy)
        self.deliver(copy, server=server)
        self.sync()
        self.sync(account)
        self.assertTimeline("To both")
        links = self.env["mail.sync.message"].search([("message_id", "=", "Toboth@example.com")])
        self.assertEqual(links.account_id, self.account | account)
        self.assertEqual(links.mail_message_ids, self.entries())

    def test_the_copy_in_sent_says_who_wrote_what_a_list_brought_first(self):
        own = {"message_id": "list@company.example", "cc": TEAM}
        own["date"] = datetime.now(UTC) - timedelta(days=1)
        munged = mail(f'"Ann via Team" <{TEAM}>', LENA, "Offer [Team]", **own)
        ben, server = self.connect(self.salesperson("ben"))
        self.deliver(munged, server=server)
        self.sync(ben)
        self.deliver(munged)
        self.sync()
        entry = self.entries()
        self.assertEqual(entry.mail_sync_direction, "in")
        self.assertTrue(self.lead.mail_sync_last_in_at)
        self.deliver(mail(ANN, LENA, "Offer", **own), "Sent")
        self.sync()
        self.assertEqual(self.entries(), entry)
        self.assertEqual(entry.mail_sync_direction, "out")
        self.assertEqual(entry.author_id, self.account.user_id.partner_id)
        self.assertEqual(entry.email_from, '"Ann" <ann@company.example>')
        self.assertFalse(self.lead.mail_sync_last_in_at)
        self.assertEqual(self.lead.mail_sync_last_out_at, entry.date)
        link = entry.mail_sync_link_ids.filtered(lambda one: one.account_id == self.account)
        self.assertEqual(link.direction, "out")

    def test_the_author_of_a_sent_mail_is_not_the_list(self):
        own = {"message_id": "list@company.example", "cc": TEAM}
        self.deliver(mail(f'"Ann via Team" <{TEAM}>', LENA, "Offer", **{"Reply-To": ANN}, **own))
        self.sync()
        self.deliver(mail(ANN, LENA, "Offer", **own), "Sent")
        self.sync()
        self.assertEqual(self.entries().author_id, self.account.user_id.partner_id)

    def test_a_leads_mail_that_is_put_into_sent_stays_received(self):
        self.deliver(mail(LENA, ANN))
        self.sync()
        self.deliver(mail(LENA, ANN), "Sent")
        self.sync()
        self.assertEqual(self.entries().mail_sync_direction, "in")
        self.assertTrue(self.lead.mail_sync_last_in_at)

    def test_scans_without_an_id_and_a_date_are_as_many_mails_and_one_may_be_removed(self):
        scan = mail(LENA, ANN, "Scan")
        del scan["Message-ID"], scan["Date"]
        for minutes in (30, 20, 10):
            at = datetime.now(UTC) - timedelta(minutes=minutes)
            self.server.deliver("INBOX", scan.as_bytes(), at)
        self.sync()
        self.assertTimeline("Scan", "Scan", "Scan")
        self.entries()[1].action_mail_sync_remove()
        self.server["INBOX"].renumber()
        self.sync()
        self.assertTimeline("Scan", "Scan")
        self.server.deliver("INBOX", scan.as_bytes(), datetime.now(UTC))
        self.sync()
        self.assertTimeline("Scan", "Scan", "Scan")

    def test_a_mail_that_came_through_the_gateway_is_not_recorded_again(self):
        message = mail(LENA, ANN, "By the gateway")
        self.lead.message_post(
            message_type="email",
            message_id="<Bythegateway@example.com>",
            subject="By the gateway",
            body="Hello.",
            email_from=LENA,
            date=datetime.now() - timedelta(days=1),
        )
        self.deliver(message)
        self.sync()
        self.assertTimeline("By the gateway")

    def test_open_leads_and_the_contact_get_it_and_closed_ones_do_not(self):
        contact = self.env["res.partner"].create({"name": "Lena", "email": "lena@customer.example"})
        second = self.lead.copy({"partner_id": contact.id})
        lost = self.lead.copy({"name": "Lost"})
        lost.action_set_lost()
        self.deliver(mail(LENA, ANN))
        self.sync()
        self.assertTimeline("Hello")
        self.assertTimeline("Hello", record=second)
        self.assertTimeline("Hello", record=contact)
        self.assertTimeline(record=lost)

    def test_a_lead_of_a_company_that_is_not_the_users_gets_nothing(self):
        other = self.env["res.company"].create({"name": "Another"})
        self.lead.write({"user_id": False, "team_id": False, "company_id": other.id})
        self.deliver(mail(LENA, ANN))
        self.sync()
        self.assertTimeline()

    def test_an_answer_stays_on_the_opportunity_of_its_thread(self):
        self.deliver(mail(LENA, ANN, "Question", message_id="q@example.com"))
        self.sync()
        self.lead.copy({"name": "Another deal"})
        self.deliver(mail(ANN, LENA, "Re: Question", answers="q@example.com"), "Sent")
        self.sync()
        question, answer = self.entries()
        self.assertEqual(answer.parent_id, question)
        entry = self.env["mail.sync.entry"].search([("mail_message_id", "=", answer.id)])
        self.assertEqual((entry.reason, entry.because), ("thread", "q@example.com"))

    def test_a_question_found_after_its_answer_becomes_its_parent(self):
        self.deliver(mail(LENA, ANN, "Re: Question", answers="q@example.com"))
        self.sync()
        old = datetime.now(UTC) - timedelta(days=30)
        self.deliver(mail(ANN, LENA, "Question", message_id="q@example.com", date=old), "Sent")
        self.sync()
        question, answer = self.entries()
        self.assertEqual(answer.parent_id, question)

    def test_merged_and_converted_leads_keep_their_mails(self):
        self.deliver(mail(LENA, ANN, "First"))
        self.sync()
        other = self.lead.copy({"name": "The same deal again"})
        merged = (self.lead | other).merge_opportunity(auto_unlink=False)
        self.deliver(mail(LENA, ANN, "Second"))
        self.sync()
        self.assertIn("First", self.entries(merged).mapped("subject"))
        self.assertIn("Second", self.entries(merged).mapped("subject"))

    def test_mail_among_colleagues_is_not_recorded(self):
        ben = self.salesperson("ben")
        self.lead.email_from = ben.email
        self.deliver(mail(f"Ben <{ben.email}>", ANN, "Between us"))
        self.sync()
        self.assertTimeline()
        self.assertEqual(self.account.excluded_count, 1)

    def test_a_file_of_which_a_killed_process_has_left_a_part_is_recorded_whole(self):
        content = secrets.token_bytes(5_000)
        checksum = hashlib.sha1(content).hexdigest()
        part = Path(self.env["ir.attachment"]._full_path(f"{checksum[:2]}/{checksum}"))
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content[:1_000])
        self.addCleanup(part.unlink)
        message = mail(LENA, ANN)
        message.add_attachment(content, "application", "pdf", filename="plan.pdf")
        self.deliver(message)
        self.sync()
        self.assertEqual(self.entries().attachment_ids.raw, content)
        self.assertEqual(self.account.failed_count, 0)

    def test_attachments_and_inline_images_belong_to_the_entry(self):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = LENA, ANN, "Plans"
        message["Message-ID"] = "<plans@customer.example>"
        message.set_content("See the plan.")
        message.add_alternative('<p>See <img src="cid:logo"></p>', subtype="html")
        message.get_payload()[1].add_related(b"\x89PNG\r\n", "image", "png", cid="<logo>")
        message.add_attachment(b"%PDF-1.4 plan", "application", "pdf", filename="plan.pdf")
        self.deliver(message)
        self.sync()
        entry = self.entries()
        pdf = entry.attachment_ids.filtered(lambda a: a.name == "plan.pdf")
        self.assertEqual(pdf.raw, b"%PDF-1.4 plan")
        self.assertEqual((pdf.res_model, pdf.res_id), ("crm.lead", self.lead.id))
        self.assertRegex(entry.body, r'src="/web/image/\d+\?access_token=')
        self.assertNotIn("cid:", entry.body)

    def test_parts_that_are_too_large_are_named(self):
        self.env["ir.config_parameter"].set_param("mail_sync_custom.attachment_limit_mb", 1)
        message = mail(LENA, ANN, "Film")
        message.add_attachment(b"x" * 1_500_000, "video", "mp4", filename="roof.mp4")
        self.deliver(message)
        self.sync()
        self.assertTimeline("Film")
        self.assertFalse(self.entries().attachment_ids)
        [shown] = self.entries()._mail_sync_to_store()["omitted"].splitlines()
        self.assertEqual(shown, "roof.mp4 (1.4 MB; up to 1 MB are kept)")

    def test_parts_that_are_too_large_are_named_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.config_parameter"].set_param("mail_sync_custom.attachment_limit_mb", 1)
        message = mail(LENA, ANN, "Film")
        message.add_attachment(b"x" * 1_500_000, "video", "mp4", filename="roof.mp4")
        self.deliver(message)
        self.sync()
        german = self.entries().with_context(lang="de_DE")
        self.assertIn("1,4 MB", german._mail_sync_to_store()["omitted"])

    def test_a_body_neither_runs_nor_loads_anything(self):
        message = mail(LENA, ANN, "Evil")
        message.set_content(
            """<p onclick="steal()">Hello<script>steal()</script>
            <img src="https://tracker.example/seen.gif" alt="Roof">
            <a href="javascript:steal()">here</a><svg onload="steal()"></svg>
            <form action="https://phish.example"><input name="password"></form>
            <div style="background-image: url(https://tracker.example/css)">x</div>
            <meta http-equiv="refresh" content="0; url=https://phish.example">
            <link rel="stylesheet" href="https://tracker.example/style"></p>""",
            subtype="html",
        )
        self.deliver(message)
        self.sync()
        body = self.entries().body
        self.assertIn("Hello", body)
        for evil in ("steal", "tracker.example", "phish.example", "<form", "<meta", "javascript"):
            self.assertNotIn(evil, body)

    def test_a_customer_in_the_portal_does_not_see_it(self):
        portal = self.salesperson("portal", groups="base.group_portal")
        self.lead.message_subscribe(portal.partner_id.ids)
        self.deliver(mail(LENA, ANN))
        self.sync()
        self.assertTrue(self.entries())
        self.assertFalse(
            self.env["mail.message"].with_user(portal).search([("id", "in", self.entries().ids)])
        )

    def test_a_message_that_cannot_be_read_is_set_aside_and_the_others_are_recorded(self):
        self.deliver(mail(LENA, ANN, "Before"))
        uid = self.deliver(mail(LENA, ANN, "Broken", message_id="broken@example.com"))
        self.deliver(mail(LENA, ANN, "Behind"))
        self.server["INBOX"].nil.add(uid)
        self.sync()
        self.assertCountEqual(self.entries().mapped("subject"), ["Before", "Behind"])
        broken = self.account.failed_ids
        self.assertEqual(broken.message_id, "broken@example.com")
        self.assertTrue(broken.retry_at)
        self.server["INBOX"].nil.clear()
        with self.enter_registry_test_mode():
            broken.with_user(self.ann).action_retry()
        self.assertEqual(len(self.entries()), 3)
        self.assertFalse(self.account.failed_ids)

    def test_from_now_on_begins_at_the_log_in(self):
        account, server = self.connect(self.salesperson("now"), history="now")
        server.deliver("INBOX", mail(LENA, "now@company.example", "Old").as_bytes())
        account.mailbox_ids.unlink()
        account._set_folders(
            [
                {
                    "name": "INBOX",
                    "special_use": "inbox",
                    "uidvalidity": server["INBOX"].uidvalidity,
                    "uidnext": 2,
                }
            ],
            anew=True,
        )
        server.deliver("INBOX", mail(LENA, "now@company.example", "New").as_bytes())
        self.sync(account)
        self.assertTimeline("New")

    def test_the_page_accounts_for_every_mail_that_was_looked_at(self):
        now = datetime.now(UTC)
        self.server.deliver("INBOX", mail(LENA, ANN).as_bytes(), now - timedelta(days=3))
        stranger = mail("Mother <ruth@family.example>", ANN, "Sunday")
        self.server.deliver("INBOX", stranger.as_bytes(), now - timedelta(days=2))
        self.deliver(mail(ANN, "ben@company.example", "Among us"), "Sent")
        self.salesperson("ben")
        self.sync()
        counts = ("seen", "recorded", "other", "excluded", "failed", "partial")
        self.assertEqual([self.account[f"{name}_count"] for name in counts], [3, 1, 2, 0, 0, 0])
        self.assertAlmostEqual(
            self.account.mailbox_ids.filtered(lambda box: box.name == "INBOX").last_mail_at,
            (now - timedelta(days=2)).replace(tzinfo=None),
            delta=timedelta(seconds=1),
        )
        self.assertGreater(
            self.account.last_mail_at, (now - timedelta(days=1)).replace(tzinfo=None)
        )

    def test_the_page_says_how_many_mails_were_recorded_in_part(self):
        self.env["ir.config_parameter"].set_param("mail_sync_custom.attachment_limit_mb", "1")
        letter = mail(LENA, ANN, "Plans")
        letter.add_attachment(
            bytes(3 * 1024 * 1024), maintype="image", subtype="png", filename="a.png"
        )
        self.deliver(letter)
        self.deliver(mail(LENA, ANN, "Small"))
        self.sync()
        self.assertEqual((self.account.recorded_count, self.account.partial_count), (2, 1))

    def test_mail_read_again_is_not_counted_twice(self):
        self.deliver(mail(LENA, ANN))
        self.deliver(mail("Mother <ruth@family.example>", ANN, "Sunday"))
        self.sync()
        self.server["INBOX"].renumber()
        self.sync()
        self.assertEqual(self.account.seen_count, 2)
        self.assertEqual(self.account.recorded_count, 1)
        self.assertEqual(self.account.other_count, 1)
