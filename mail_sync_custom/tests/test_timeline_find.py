"""Finding one's way on the timeline: search, a date, conversations, the number of mails."""

from datetime import UTC, datetime

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from ..models import mail_sync_timeline_page as page
from .common import mail
from .test_timeline import LENA, TimelineCase, days_ago


@tagged("post_install", "-at_install")
class TestSearch(TimelineCase):
    def setUp(self):
        super().setUp()
        plan = mail(f"Lena Park <{LENA}>", self.ann.email, "The roof", cc="jon@park.example")
        plan.add_attachment(
            b"%PDF", maintype="application", subtype="pdf", filename="Grundriß_2.pdf"
        )
        letter = mail(self.ann.email, LENA, "Offer", date=days_ago(2))
        letter.set_content(
            "<div title='hidden treasure'><p>Müller &amp; Söhne</p><p>100 % <b>f</b>ree of"
            " <i>charge</i></p><!-- secret --></div>",
            subtype="html",
        )
        self.deliver(plan)
        self.deliver(letter, "Sent")
        self.sync()

    def test_what_is_found(self):
        for words, found in (
            ("roof", ["The roof"]),
            ("ROOF", ["The roof"]),
            ("lena", ["The roof", "Offer"]),  # she wrote one, and was sent the other
            ("jon@park", ["The roof"]),
            ("grundriß", ["The roof"]),
            ("Müller & Söhne", ["Offer"]),
            ('"Söhne 100 %"', ["Offer"]),
            ("free charge", ["Offer"]),
            ("charge free lena", ["Offer"]),
            ("roof charge", []),
            ("100 %", ["Offer"]),
            ("1_0", []),
            ("ohne", []),
            ('"of charge', ["Offer"]),
            ("   ", ["The roof", "Offer"]),
        ):
            with self.subTest(words=words):
                self.assertEqual(self.subjects(search=words), found)

    def test_what_is_not_to_be_seen_is_not_found(self):
        for words in ("treasure", "secret", "title", "div", "amp;", "<p>", "data-o-mail"):
            with self.subTest(words=words):
                self.assertEqual(self.subjects(search=words), [])

    def test_it_is_searched_within_the_other_filters(self):
        self.assertEqual(self.subjects(search="lena", show="in"), ["The roof"])
        self.lead.with_user(self.ann).message_post(body="Called Lena.", subject="Note")
        self.assertEqual(self.subjects(search="called"), [])
        self.assertEqual(self.subjects(search="called", show="all"), ["Note"])

    def test_a_mail_written_here_is_found_by_its_recipient(self):
        self.smart_mail("Second offer")
        self.assertIn("Second offer", self.subjects(search="park second"))

    def test_nobody_finds_a_private_mail_by_its_words(self):
        ben = self.salesperson("ben")
        recorded = self.entries().filtered(lambda one: one.subject == "Offer")
        recorded.mail_sync_private = True
        self.env.flush_all()
        for words in ("offer", "charge", LENA):
            with self.subTest(words=words):
                self.assertIn("Offer", self.subjects(search=words))
                self.assertNotIn("Offer", self.subjects(search=words, user=ben))
                hidden = [one["hidden"] for one in self.timeline(ben, search=words)["entries"]]
                self.assertFalse(any(hidden))
        self.assertEqual(len(self.timeline(ben)["entries"]), 2)

    def test_very_many_words_are_cut(self):
        self.assertEqual(self.subjects(search="roof " * 1000), ["The roof"])


@tagged("post_install", "-at_install")
class TestDate(TimelineCase):
    def setUp(self):
        super().setUp()
        for day in range(1, 11):
            date = datetime(2026, 3, day, 12, tzinfo=UTC)
            self.deliver(mail(LENA, self.ann.email, f"Day {day}", date=date))
        self.sync()

    def at(self, date, **filters):
        """Return the subjects of a page around a date, and the subject found."""
        page = self.timeline(limit=5, date=date, **filters)
        subjects = [entry["subject"] for entry in page["entries"]]
        [found] = [one["subject"] for one in page["entries"] if one["id"] == page["found"]]
        self.assertEqual(
            self.timeline(offset=page["offset"], limit=5, **filters)["entries"], page["entries"]
        )
        return subjects, found

    def test_the_page_around_a_date(self):
        days = ["Day 8", "Day 7", "Day 6", "Day 5", "Day 4"]
        self.assertEqual(self.at("2026-03-05"), (days, "Day 5"))

    def test_oldest_first(self):
        days = ["Day 2", "Day 3", "Day 4", "Day 5", "Day 6"]
        self.assertEqual(self.at("2026-03-05", oldest_first=True), (days, "Day 5"))

    def test_before_the_first_and_after_the_last(self):
        self.assertEqual(self.at("2026-01-01")[1], "Day 1")
        self.assertEqual(self.at("2026-12-31")[1], "Day 10")
        self.assertEqual(self.at("2026-12-31", oldest_first=True)[1], "Day 10")

    def test_a_day_is_the_users(self):
        self.ann.tz = "Asia/Tokyo"
        late = datetime(2026, 3, 5, 20, tzinfo=UTC)  # there, the 6th has begun
        self.deliver(mail(LENA, self.ann.email, "Late", date=late))
        self.sync()
        self.assertEqual(self.at("2026-03-05")[1], "Day 5")
        self.assertEqual(self.at("2026-03-06", oldest_first=True)[1], "Late")

    def test_a_date_of_a_lead_without_mail(self):
        lead = self.lead.copy({"user_id": self.ann.id})
        self.assertEqual(self.timeline(record=lead, date="2026-03-05")["entries"], [])


@tagged("post_install", "-at_install")
class TestConversations(TimelineCase):
    def receive(self, subject, days, **values):
        self.deliver(mail(LENA, self.ann.email, subject, date=days_ago(days), **values))

    def grouped(self, **filters):
        """Return the subjects of each conversation, and how many mails it has."""
        page = self.timeline(conversations=True, **filters)
        subjects = {entry["id"]: entry["subject"] for entry in page["entries"]}
        return [
            ([subjects[id_] for id_ in group["ids"] if id_ in subjects], group["count"])
            for group in page["conversations"]
        ]

    def two(self):
        self.receive("Roof", 9, message_id="r1@x.example")
        self.receive("Invoice", 8, message_id="i1@x.example")
        self.receive("Re: Roof", 7, message_id="r2@x.example", answers="r1@x.example")
        self.receive("Re: Invoice", 6, message_id="i2@x.example", answers="i1@x.example")
        self.receive("Re: Re: Roof", 5, message_id="r3@x.example", answers="r2@x.example")
        self.sync()

    def test_mails_stand_with_those_that_they_answer(self):
        self.two()
        roof, invoice = ["Re: Re: Roof", "Re: Roof", "Roof"], ["Re: Invoice", "Invoice"]
        self.assertEqual(self.grouped(), [(roof, 3), (invoice, 2)])
        self.assertEqual(self.grouped(oldest_first=True), [(roof[::-1], 3), (invoice[::-1], 2)])

    def test_an_answer_written_here_stands_in_its_conversation(self):
        self.two()
        question = self.entries().filtered(lambda one: one.subject == "Roof")
        lena = self.env["res.partner"].create({"name": "Lena", "email": LENA})
        self.lead.with_user(self.ann).message_post(
            body="Yes.",
            subject="Re: Roof",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=lena.ids,
            parent_id=question.id,
        )
        self.assertEqual([count for _subjects, count in self.grouped()], [4, 2])

    def test_only_the_beginning_of_a_long_one_is_there_and_the_rest_can_be_asked_for(self):
        self.two()
        for number in range(4):
            self.receive(f"Re: Roof {number}", 4 - number / 9, answers="r1@x.example")
        self.sync()
        [roof, _invoice] = self.timeline(conversations=True)["conversations"]
        [(shown, count), _invoice] = self.grouped()
        self.assertEqual((len(shown), count, len(roof["ids"])), (page.OPEN, 7, 7))
        rest = self.lead.with_user(self.ann).mail_sync_timeline_entries(roof["ids"][page.OPEN :])
        subjects = ["Re: Roof 0", "Re: Re: Roof", "Re: Roof", "Roof"]
        self.assertEqual([entry["subject"] for entry in rest], subjects)

    def test_filters_leave_a_part_of_each_conversation(self):
        self.two()
        self.assertEqual(self.grouped(search="invoice"), [(["Re: Invoice", "Invoice"], 2)])
        self.assertEqual(self.grouped(search='"re: re"'), [(["Re: Re: Roof"], 3)])
        self.assertEqual(self.grouped(show="out"), [])

    def test_a_date_opens_the_conversation_of_its_mail(self):
        self.two()
        date = days_ago(8).strftime("%Y-%m-%d")
        found = self.timeline(conversations=True, date=date)
        [invoice] = [one for one in found["entries"] if one["id"] == found["found"]]
        self.assertEqual(invoice["subject"], "Invoice")

    def test_conversations_come_in_pages(self):
        self.two()
        first = self.timeline(conversations=True, limit=1)
        last = self.timeline(conversations=True, offset=1, limit=1)
        self.assertEqual((first["more"], last["more"]), (True, False))
        self.assertFalse(
            {one["id"] for one in first["entries"] + last["entries"]} ^ set(self.entries().ids)
        )

    def test_a_private_mail_tells_others_no_conversation(self):
        self.two()
        ben = self.salesperson("ben")
        self.entries().filtered(lambda one: one.subject == "Re: Roof").mail_sync_private = True
        self.env.flush_all()
        counts = sorted(count for _subjects, count in self.grouped(user=ben))
        self.assertEqual(counts, [1, 1, 1, 2])

    def test_entries_of_another_record_are_not_given_out(self):
        self.two()
        other = self.lead.copy({"user_id": self.ann.id}).with_user(self.ann)
        self.assertEqual(other.mail_sync_timeline_entries(self.entries().ids), [])


@tagged("post_install", "-at_install")
class TestCount(TimelineCase):
    def count(self, user=None, record=None):
        return (record or self.lead).with_user(user or self.ann).mail_sync_timeline_count()

    def test_it_counts_mails_and_no_notes(self):
        self.assertEqual(self.count(), 0)
        self.exchange()
        self.lead.message_post(body="A note.")
        self.smart_mail()
        self.assertEqual(self.count(), 3)

    def test_it_is_for_those_who_may_read_the_lead(self):
        with self.assertRaises(AccessError):
            self.count(new_test_user(self.env, "nobody", groups="base.group_user"))


@tagged("post_install", "-at_install")
class TestSpeed(TimelineCase):
    def test_a_page_is_read_along_an_index_however_many_mails_there_are(self):
        self.env.cr.execute(
            """
            INSERT INTO mail_message (model, res_id, message_type, date, message_id, subject, body)
            SELECT 'crm.lead', %s, 'email', now() - n * interval '1 hour',
                   '<' || n || '@many.example>', 'Mail ' || n, '<p>Hello</p>'
            FROM generate_series(1, 20000) n
            """,
            [self.lead.id],
        )
        self.env.cr.execute("ANALYZE mail_message")
        lead = self.lead.with_user(self.ann)
        messages = self.env["mail.message"].sudo()
        for order in ("date desc, id desc", "date, id"):
            query = messages._search(lead._mail_sync_timeline_domain({}), limit=21, order=order)
            rows = self.env.execute_query(SQL("EXPLAIN %s", query.select()))
            plan = "\n".join(line for [line] in rows)
            self.assertIn("_mail_sync_timeline_idx", plan)
            self.assertNotIn("Sort", plan)
        self.assertEqual(lead.mail_sync_timeline_count(), page.MAX_COUNT)
        found = self.timeline(search="mail 19999")["entries"]
        self.assertEqual([entry["subject"] for entry in found], ["Mail 19999"])
        groups = self.timeline(conversations=True)
        self.assertTrue(groups["partly"])


@tagged("post_install", "-at_install")
class TestContact(TimelineCase):
    """The contact's page: all of a person's mail."""

    def setUp(self):
        super().setUp()
        self.lena = self.env["res.partner"].create({"name": "Lena Park", "email": LENA})
        self.lead.partner_id = self.lena

    def test_the_same_mail_on_the_contact_and_on_two_leads_is_there_once(self):
        self.lead.copy({"user_id": self.ann.id})
        self.exchange()
        copies = self.env["mail.message"].search_count([("message_id", "=", "<q@example.com>")])
        self.assertEqual(copies, 3)
        self.assertEqual(self.subjects(record=self.lena), ["Re: Question", "Question"])
        self.assertEqual(self.lena.with_user(self.ann).mail_sync_timeline_count(), 2)

    def test_what_was_written_on_a_lead_or_on_the_contact_is_there(self):
        self.smart_mail("Offer")
        self.lena.with_user(self.ann).message_post(
            body="Hello.",
            subject="Hello",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.lena.ids,
        )
        self.assertEqual(set(self.subjects(record=self.lena)), {"Offer", "Hello"})
        entry = self.entry("Offer", record=self.lena)
        self.assertEqual(entry["record"]["id"], self.lead.id)
        self.assertEqual(entry["record"]["name"], "Solar roof")
        self.assertFalse(self.entry("Hello", record=self.lena)["record"])

    def test_notes_and_changes_of_a_lead_stay_there(self):
        self.lead.with_user(self.ann).message_post(body="A note.", subject="Note")
        self.assertNotIn("Note", self.subjects(record=self.lena, show="all"))

    def test_a_lead_without_the_contact_but_with_its_address_counts(self):
        self.lead.partner_id = False
        self.assertEqual(self.lead.email_from, LENA)
        self.exchange()
        self.assertEqual(self.subjects(record=self.lena), ["Re: Question", "Question"])

    def test_only_leads_that_the_reader_may_open(self):
        self.smart_mail("Offer")
        other = self.salesperson("own_only", groups="sales_team.group_sale_salesman")
        self.assertEqual(self.subjects(record=self.lena, user=other), [])
        self.assertEqual(self.lena.with_user(other).mail_sync_timeline_count(), 0)
        self.lead.user_id = other
        self.assertEqual(self.subjects(record=self.lena, user=other), ["Offer"])

    def test_search_a_date_and_conversations_work_there_as_well(self):
        self.exchange()
        self.smart_mail("Offer")
        self.assertEqual(self.subjects(record=self.lena, search="question")[-1], "Question")
        found = self.timeline(record=self.lena, date=days_ago(5).strftime("%Y-%m-%d"))
        [question] = [one for one in found["entries"] if one["id"] == found["found"]]
        self.assertEqual(question["subject"], "Question")
        groups = self.timeline(record=self.lena, conversations=True)["conversations"]
        self.assertEqual([group["count"] for group in groups], [1, 2])

    def test_the_query_count_does_not_grow_with_the_leads(self):
        def queries():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.timeline(record=self.lena)
            return self.env.cr.sql_log_count - before

        self.exchange()
        queries()
        few = queries()
        self.env["crm.lead"].create(
            [
                {"name": f"{n}", "partner_id": self.lena.id, "user_id": self.ann.id}
                for n in range(20)
            ]
        )
        self.env.flush_all()
        self.assertLessEqual(queries(), few)


@tagged("post_install", "-at_install")
class TestBesideIt(TimelineCase):
    """What stands beside the timeline, and what it leads to."""

    def chatter(self, record=None, **asked):
        record = (record or self.lead).with_user(self.ann)
        messages = record.env["mail.message"]._message_fetch(None, thread=record, **asked)
        return messages["messages"].mapped("subject")

    def test_the_chatter_leaves_out_mails_when_it_is_asked_to(self):
        self.exchange()
        self.smart_mail()
        self.lead.with_user(self.ann).message_post(body="Called her.", subject="Note")
        for subject in ("Question", "Offer", "Note"):
            self.assertIn(subject, self.chatter())
        self.assertEqual([one for one in self.chatter(mail_sync_mails=False) if one], ["Note"])
        self.assertEqual(self.chatter(mail_sync_mails=False, search_term="roof"), [])

    def test_the_chatter_of_another_record_is_as_ever(self):
        team = self.env["crm.team"].create({"name": "North"})
        team.message_post(body="Hello", subject="Hello", message_type="email")
        self.assertIn("Hello", self.chatter(team.sudo(), mail_sync_mails=False))

    def test_write_opens_the_composer_for_the_people_of_the_lead(self):
        lena = self.env["res.partner"].create({"name": "Lena", "email": LENA})
        self.lead.partner_id = lena
        action = self.lead.with_user(self.ann).action_mail_sync_write()
        self.assertEqual(action["res_model"], "mail.compose.message")
        self.assertEqual(action["context"]["default_partner_ids"], lena.ids)
        self.assertEqual(action["context"]["default_res_ids"], self.lead.ids)

    def test_write_is_for_those_who_may_write_on_the_lead(self):
        nobody = new_test_user(self.env, "nobody", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.lead.with_user(nobody).action_mail_sync_write()
