"""The Life of the Lead: which entries, in what order, for whom, and at what cost."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..bridge import live
from .common import MailSyncCase, mail

LENA = "lena@customer.example"


def days_ago(days):
    return datetime.now(UTC) - timedelta(days=days)


class TimelineCase(MailSyncCase):
    def timeline(self, user=None, record=None, offset=0, limit=20, **filters):
        """Return a page as a user's web client receives it."""
        record = (record or self.lead).with_user(user or self.ann)
        return record.mail_sync_timeline(offset, limit, filters)

    def subjects(self, *args, **kwargs):
        return [entry["subject"] for entry in self.timeline(*args, **kwargs)["entries"]]

    def entry(self, subject, **kwargs):
        """Return the entry with a subject."""
        entries = self.timeline(**kwargs)["entries"]
        return next(entry for entry in entries if entry["subject"] == subject)

    def exchange(self):
        """Lena asks, Ann answers from her mail program; the answer is read first."""
        own = self.ann.email
        question = mail(LENA, own, "Question", date=days_ago(5), message_id="q@example.com")
        answer = mail(own, LENA, "Re: Question", date=days_ago(4), answers="q@example.com")
        self.deliver(answer, "Sent")
        self.sync()
        self.deliver(question)
        self.sync()

    def smart_mail(self, subject="Offer", user=None):
        """Write to Lena as the composer does; return the message."""
        lena = self.env["res.partner"].search([("email", "=", LENA)], limit=1)
        lena = lena or self.env["res.partner"].create({"name": "Lena Park", "email": LENA})
        return self.lead.with_user(user or self.ann).message_post(
            body="Here is the offer.",
            subject=subject,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=lena.ids,
        )

    def queued(self, message):
        """Return the mail in the queue that a message became, as if its sending had not begun."""
        queue = self.env["mail.mail"].sudo()
        queued = queue.search([("mail_message_id", "=", message.id)])
        return queued or queue.create(
            {"mail_message_id": message.id, "recipient_ids": [Command.clear()]}
        )


@tagged("post_install", "-at_install")
class TestTimeline(TimelineCase):
    def test_the_order_is_chronological_not_by_arrival(self):
        self.exchange()
        self.assertEqual(self.subjects(), ["Re: Question", "Question"])
        self.assertEqual(self.subjects(oldest_first=True), ["Question", "Re: Question"])

    def test_a_mail_written_here_appears_among_those_of_the_mailbox(self):
        self.exchange()
        self.smart_mail()
        self.deliver(mail(LENA, self.ann.email, "Thanks", date=days_ago(-0.01)))
        self.sync()
        self.assertEqual(self.subjects(), ["Thanks", "Offer", "Re: Question", "Question"])

    def test_an_entry_says_who_wrote_to_whom_and_whose_mailbox_brought_it(self):
        self.deliver(mail(f"Lena Park <{LENA}>", self.ann.email, "Question", cc="jon@park.example"))
        self.sync()
        entry = self.entry("Question")
        self.assertEqual(entry["direction"], "in")
        self.assertEqual(entry["sender"], {"name": "Lena Park", "email": LENA})
        self.assertEqual(entry["to"], [{"name": "", "email": self.ann.email}])
        self.assertEqual(entry["cc"], [{"name": "", "email": "jon@park.example"}])
        self.assertEqual(entry["mailboxes"], [self.ann.name])
        self.assertTrue(entry["mine"])
        self.assertIn(f"{LENA} is an address of this record", entry["because"])
        self.assertEqual(entry["preview"], "Hello.")

    def test_a_mail_written_here_says_so(self):
        self.smart_mail()
        entry = self.entry("Offer")
        self.assertEqual(entry["direction"], "out")
        self.assertEqual(entry["to"], [{"name": "Lena Park", "email": LENA}])
        self.assertEqual((entry["because"], entry["mailboxes"]), ("", []))
        self.assertFalse(entry["answers"])

    def test_an_answer_says_what_it_answers(self):
        self.exchange()
        self.assertEqual(self.entry("Re: Question")["answers"]["subject"], "Question")
        self.assertFalse(self.entry("Question")["answers"])

    def test_attachments_can_be_downloaded(self):
        message = mail(LENA, self.ann.email, "Plans")
        message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="plan.pdf")
        self.deliver(message)
        self.sync()
        [file] = self.entry("Plans")["attachments"]
        self.assertEqual((file["name"], file["size"]), ("plan.pdf", 4))
        self.assertTrue(self.env["ir.attachment"].with_user(self.ann).browse(file["id"]).raw)

    def test_a_long_text_is_cut_and_a_huge_one_is_not_read_whole(self):
        self.deliver(mail(LENA, self.ann.email, "Long", text="word " * 40_000))
        self.sync()
        preview = self.entry("Long")["preview"]
        self.assertLess(len(preview), 300)
        self.assertTrue(preview.startswith("word word") and preview.endswith("…"))

    def change_revenue(self):
        """Let Ann change a field that is tracked."""
        self.env.cr.flush()  # the message about the lead's creation
        self.lead.with_user(self.ann).expected_revenue = 500
        self.env.cr.flush()

    def test_a_text_that_is_shown_whole_says_so(self):
        self.deliver(mail(LENA, self.ann.email, "Short", text="Yes, please."))
        self.deliver(mail(LENA, self.ann.email, "Two lines", text="Yes.\nPlease."))
        self.sync()
        self.assertTrue(self.entry("Short")["whole"])
        self.assertFalse(self.entry("Two lines")["whole"])

    # -- filters -----------------------------------------------------------------------------

    def test_received_and_sent(self):
        self.exchange()
        self.smart_mail()
        self.assertEqual(self.subjects(show="in"), ["Question"])
        self.assertEqual(self.subjects(show="out"), ["Offer", "Re: Question"])

    def test_a_mail_of_the_gateway_is_received(self):
        self.lead.message_post(
            message_type="email", email_from=LENA, subject="By the alias", body="Hello"
        )
        self.assertEqual(self.subjects(show="in"), ["By the alias"])
        self.assertTrue(self.entry("By the alias")["gateway"])

    def test_notes_calls_and_changes_only_when_chosen(self):
        self.exchange()
        self.lead.with_user(self.ann).message_post(
            body="Called her.", subject="Note", message_type="comment"
        )
        self.lead.activity_schedule("mail.mail_activity_data_call", user_id=self.ann.id)
        self.lead.activity_ids.with_user(self.ann).action_feedback("She is glad.")
        self.change_revenue()
        self.assertEqual(self.subjects(), ["Re: Question", "Question"])
        entries = self.timeline(show="all")["entries"]
        labels = [entry["label"] for entry in entries]
        self.assertIn("Note", labels)
        self.assertIn("Call", labels)
        changed = [change["field"] for entry in entries for change in entry["changes"]]
        self.assertIn("Expected Revenue", changed)

    def test_a_message_among_colleagues_is_not_a_mail(self):
        ben = self.salesperson("ben")
        self.lead.with_user(self.ann).message_post(
            body="Have a look", subject="Ben?", partner_ids=ben.partner_id.ids
        )
        self.assertEqual(self.subjects(), [])
        self.assertIn("Ben?", self.subjects(show="all"))

    def test_whose_mailbox(self):
        ben = self.salesperson("ben")
        account, server = self.connect(ben)
        both = mail(LENA, f"{self.ann.email}, {ben.email}", "To both", date=days_ago(3))
        self.deliver(both)
        self.deliver(both, server=server)
        self.deliver(mail(LENA, ben.email, "To Ben", date=days_ago(2)), server=server)
        self.deliver(mail(LENA, self.ann.email, "To Ann", date=days_ago(1)))
        self.sync()
        self.sync(account)
        self.smart_mail()
        mine, his = self.timeline()["mailboxes"]
        self.assertEqual((mine["id"], his["id"]), (self.ann.id, ben.id))
        self.assertEqual(self.subjects(mailbox=ben.id), ["To Ben", "To both"])
        self.assertEqual(self.subjects(mailbox=self.ann.id), ["Offer", "To Ann", "To both"])
        self.assertEqual(self.entry("To both")["mailboxes"], [self.ann.name, ben.name])

    def test_pages_follow_each_other_without_gap_or_repetition(self):
        for number in range(7):
            self.deliver(mail(LENA, self.ann.email, f"Mail {number}", date=days_ago(number + 1)))
        self.sync()
        first, last = self.timeline(limit=5), self.timeline(offset=5, limit=5)
        self.assertTrue(first["more"])
        self.assertFalse(last["more"])
        found = [entry["subject"] for page in (first, last) for entry in page["entries"]]
        self.assertEqual(found, [f"Mail {number}" for number in range(7)])

    # -- the contact -------------------------------------------------------------------------

    def test_the_contact_has_its_own(self):
        lena = self.env["res.partner"].create({"name": "Lena Park", "email": LENA})
        self.lead.partner_id = lena
        self.exchange()
        self.assertEqual(self.subjects(record=lena), ["Re: Question", "Question"])
        self.assertEqual(self.timeline(record=lena)["addresses"], [LENA])

    # -- rights ------------------------------------------------------------------------------

    def test_who_cannot_read_the_lead_is_refused(self):
        self.exchange()
        other = self.salesperson("own_only", groups="sales_team.group_sale_salesman")
        nobody = new_test_user(self.env, "nobody", groups="base.group_user")
        for user in (other, nobody):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.timeline(user=user)

    def test_a_customer_in_the_portal_is_refused_on_their_own_contact_as_well(self):
        customer = new_test_user(self.env, "lena", groups="base.group_portal", email=LENA)
        self.lead.partner_id = customer.partner_id
        self.exchange()
        customer.partner_id.with_user(customer).check_access("read")
        for record in (self.lead, customer.partner_id):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                self.timeline(user=customer, record=record)

    def test_a_colleague_who_may_read_the_lead_sees_the_same(self):
        self.exchange()
        ben = self.salesperson("ben")
        self.assertEqual(self.subjects(user=ben), self.subjects())
        self.assertFalse(self.entry("Question", user=ben)["mine"])

    def test_a_change_of_a_hidden_field_is_not_shown(self):
        self.change_revenue()
        field = self.env["crm.lead"]._fields["expected_revenue"]
        with patch.object(field, "groups", "base.group_system"):
            entries = self.timeline(show="all")["entries"]
        changed = [change["field"] for entry in entries for change in entry["changes"]]
        self.assertNotIn("Expected Revenue", changed)

    # -- the price ---------------------------------------------------------------------------

    def queries(self, **kwargs):
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.timeline(**kwargs)
        return self.env.cr.sql_log_count - before

    def test_a_page_of_twenty_costs_as_many_queries_as_one_of_two(self):
        for number in range(20):
            message = mail(LENA, self.ann.email, f"Mail {number}", date=days_ago(30 - number))
            message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
            self.deliver(message)
        self.sync()
        self.smart_mail("Offer 1")
        self.smart_mail("Offer 2")
        self.queries()  # what is read once per process
        # The newest are the same in both: mails that were written here.
        self.assertLessEqual(self.queries(limit=22), self.queries(limit=3) + 2)
        self.assertLessEqual(self.queries(limit=22), 45)

    # -- what has not gone -------------------------------------------------------------------

    def test_a_waiting_mail_says_what_it_waits_for(self):
        message = self.smart_mail()
        self.account.state = "error"
        queued = self.queued(message)
        queued.send()
        entry = self.entry("Offer")
        self.assertEqual(entry["delivery"]["state"], "waiting")
        self.assertIn("cannot send at the moment", entry["delivery"]["reason"])

    def test_a_mail_that_was_refused_says_why(self):
        message = self.smart_mail()
        self.queued(message).write({"state": "exception", "failure_reason": "No such user."})
        delivery = self.entry("Offer")["delivery"]
        self.assertEqual((delivery["state"], delivery["reason"]), ("refused", "No such user."))

    def test_a_mail_that_came_back_says_why(self):
        message = self.smart_mail()
        self.queued(message).unlink()
        message.sudo().notification_ids.write(
            {"notification_status": "bounce", "failure_reason": "Mailbox full."}
        )
        delivery = self.entry("Offer")["delivery"]
        self.assertEqual((delivery["state"], delivery["reason"]), ("returned", "Mailbox full."))

    def test_a_failed_delivery_to_a_colleague_is_not_the_customers(self):
        self.lead.message_subscribe(self.env.ref("base.partner_admin").ids)
        message = self.smart_mail()
        self.queued(message).unlink()
        copies = message.sudo().notification_ids.filtered(
            lambda one: not one.res_partner_id.partner_share
        )
        copies |= copies.create(
            {
                "mail_message_id": message.id,
                "res_partner_id": self.ann.partner_id.id,
                "notification_type": "email",
            }
        )
        copies.write({"notification_status": "exception", "failure_reason": "No address."})
        self.assertFalse(self.entry("Offer")["delivery"])

    def test_a_sent_mail_says_nothing(self):
        message = self.smart_mail()
        queued = self.queued(message)
        queued.write({"state": "outgoing", "failure_reason": "Not now."})
        self.assertEqual(message.mail_sync_delivery, "waiting")
        queued.write({"state": "sent", "failure_reason": False})
        self.assertFalse(message.mail_sync_delivery)
        self.assertFalse(self.entry("Offer")["delivery"])


@tagged("post_install", "-at_install")
class TestLive(TimelineCase):
    """What the owner's open pages receive about a run."""

    def told(self, sync=True):
        """Return what one run sends, as ``[(to whom, what, figures)]``."""
        found = []

        def bus_send(users, what, figures, **_kwargs):
            found.extend((user, what, figures) for user in users)

        with patch.object(type(self.env["res.users"]), "_bus_send", bus_send):
            self.sync()
        return found

    def test_a_run_that_finds_mail_reports_its_progress_and_its_end(self):
        for number in range(3):
            self.deliver(mail(LENA, self.ann.email, f"Mail {number}"))
        told = [figures for _, what, figures in self.told() if what == "mail_sync/progress"]
        self.assertTrue(told[0]["syncing"])
        last = told[-1]
        self.assertEqual(last["id"], self.account.id)
        self.assertFalse(last["syncing"])
        self.assertEqual((last["seen_count"], last["remaining_count"]), (3, 0))

    def test_the_open_lead_is_notified_of_new_mail(self):
        ben = self.salesperson("ben")
        self.lead.user_id = ben
        self.deliver(mail(LENA, self.ann.email, "Question"))
        recorded = {user: ids for user, what, ids in self.told() if what == "mail_sync/recorded"}
        self.assertEqual(set(recorded), {self.ann, ben})
        self.assertEqual(recorded[ben], {"crm.lead": self.lead.ids})

    def test_a_run_that_finds_nothing_reports_nothing(self):
        self.deliver(mail(LENA, self.ann.email, "Question"))
        self.sync()
        self.assertEqual(self.told(), [])

    def test_it_reports_about_once_a_second(self):
        for number in range(400):
            self.deliver(mail("news@trade.example", self.ann.email, f"News {number}"))
        with patch.object(live, "PAUSE", 3600):
            told = self.told()
        progress = [figures for _, what, figures in told if what == "mail_sync/progress"]
        self.assertEqual([figures["syncing"] for figures in progress], [True, False])

    def test_notifications_are_on_the_bus_when_the_transaction_commits(self):
        self.deliver(mail(LENA, self.ann.email, "Question"))
        self.sync()
        rows = self.env["bus.bus"].sudo().search([("message", "like", "mail_sync/progress")])
        self.assertTrue(rows)
        self.assertTrue(all(f'"res.partner",{self.ann.partner_id.id}' in r.channel for r in rows))
