"""*Reply*, *Reply all* and *Forward*, from the button to the bytes that leave."""

from email import message_from_bytes, policy

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import email_split

from .common import mail
from .test_composing import PIXEL
from .test_sending import SendingCase

LENA, ANN = "Lena Park <lena@customer.example>", "Ann <ann@company.example>"


class AnsweringCase(SendingCase):
    def setUp(self):
        super().setUp()
        self.ann.write({"tz": "Asia/Tokyo", "signature": "<p>Ann, Sales</p>"})

    def sync(self, account=None):
        """Read a mailbox; `setUp` has entered the registry's test mode already."""
        account = account or self.account
        account.with_user(account.user_id).action_sync_now()

    def recorded(self, message, **where):
        """Record a mail on the lead and return its entry."""
        self.deliver(message, **where)
        self.sync()
        [entry] = self.entries().filtered(lambda one: one.subject == message["Subject"])
        return entry

    def press(self, entry, kind, user=None):
        """Press a button; return the composer as it opens, like the web client."""
        action = entry.with_user(user or self.ann).action_mail_sync_answer(kind)
        composer = self.env[action["res_model"]].with_user(user or self.ann)
        return Form(composer.with_context(**action["context"]))

    def send(self, form):
        """Press *Send*; keep the message and return what left, as its recipients get it."""
        before = self.env["mail.message"].search([], order="id desc", limit=1)
        form.save().action_send_mail()
        self.message = self.env["mail.message"].search(
            [("id", ">", before.id), ("model", "=", "crm.lead"), ("message_type", "=", "comment")]
        )
        mails = self.env["mail.mail"].search([("mail_message_id", "=", self.message.id)])
        mails.send()
        self.assertTrue(self.left, mails.mapped("failure_reason"))
        return message_from_bytes(self.left[-1].as_bytes(), policy=policy.default)

    def to(self, form, name="partner_ids"):
        """Return the addresses in To or in Cc, of contacts and of others."""
        also = {"partner_ids": "mail_sync_to_emails", "mail_sync_cc_ids": "mail_sync_cc_emails"}
        return [partner.email for partner in form[name]] + email_split(form[also[name]])

    def text(self, received, subtype="plain"):
        return received.get_body((subtype,)).get_content().replace("\r\n", "\n")


@tagged("post_install", "-at_install")
class TestAnswering(AnsweringCase):
    def test_an_answer_to_the_sender(self):
        asked = self.recorded(mail(LENA, ANN, "AW: Roof", text="How much?"))
        form = self.press(asked, "reply")
        self.assertEqual(self.to(form), ["lena@customer.example"])
        self.assertEqual(self.to(form, "mail_sync_cc_ids"), [])
        self.assertEqual(form.subject, "Re: Roof")
        self.assertIn("ann@company.example", form.mail_sync_route)
        self.assertIn("from your own mailbox", form.mail_sync_route)
        received = self.send(form)
        self.assertEqual(received["In-Reply-To"], "<AWRoof@example.com>")
        self.assertEqual(received["References"], "<AWRoof@example.com>")
        self.assertEqual(received["Subject"], "Re: Roof")
        self.assertEqual(self.message.parent_id, asked)
        plain = self.text(received)
        self.assertRegex(plain, r"(?s)^\n*-- \nAnn, Sales\n.*On .*Lena Park wrote:\n+> How much\?")
        self.assertEqual(plain.count("Ann, Sales"), 1)
        self.assertIn("<blockquote", self.text(received, "html"))
        entry = self.lead.with_user(self.ann).mail_sync_timeline()["entries"][0]
        self.assertEqual(entry["answers"]["id"], asked.id)

    def test_references_are_those_of_the_answered_mail(self):
        question = mail(LENA, ANN, "Roof", References="<a@x.example> <b@x.example>")
        question["In-Reply-To"] = "<b@x.example>"
        received = self.send(self.press(self.recorded(question), "reply"))
        expected = "<a@x.example> <b@x.example> <Roof@example.com>"
        self.assertEqual(" ".join(received["References"].split()), expected)
        again = self.send(self.press(self.message, "reply"))
        self.assertEqual(again["In-Reply-To"], received["Message-ID"])
        self.assertEqual(
            " ".join(again["References"].split()), f"{expected} {received['Message-ID']}"
        )

    def test_a_mail_without_an_id_is_answered_without_naming_one(self):
        question = mail(LENA, ANN, "Roof", References="<a@x.example>")
        del question["Message-ID"]
        received = self.send(self.press(self.recorded(question), "reply"))
        self.assertNotIn("In-Reply-To", received)
        self.assertEqual(received["References"], "<a@x.example>")
        self.assertNotIn(b"no-message-id", self.left[-1].as_bytes())

    def test_an_answer_to_everyone_is_one_mail_that_shows_who_has_it(self):
        question = mail(
            LENA, f"{ANN}, Mia <mia@customer.example>", "Roof", cc="Joe <joe@b.example>"
        )
        form = self.press(self.recorded(question), "reply_all")
        self.assertEqual(self.to(form), ["lena@customer.example"])
        cc = {"mia@customer.example", "joe@b.example"}
        self.assertEqual(set(self.to(form, "mail_sync_cc_ids")), cc)
        received = self.send(form)
        self.assertEqual(len(self.left), 1)
        self.assertEqual(self.left[-1].recipients, {"lena@customer.example", *cc})
        self.assertEqual([one.addr_spec for one in received["To"].addresses], [LENA[11:-1]])
        self.assertEqual({one.addr_spec for one in received["Cc"].addresses}, cc)
        shown = self.lead.with_user(self.ann).mail_sync_timeline()["entries"][0]
        self.assertEqual([one["email"] for one in shown["to"]], ["lena@customer.example"])
        self.assertEqual({one["email"] for one in shown["cc"]}, cc)

    def test_bcc_is_in_the_envelope_and_in_the_senders_own_copy_alone(self):
        boss = self.env["res.partner"].create({"name": "Boss", "email": "boss@company.example"})
        form = self.press(self.recorded(mail(LENA, ANN, "Roof")), "reply")
        form.mail_sync_bcc_ids.add(boss)
        self.send(form)
        self.assertEqual(
            self.left[-1].recipients, {"lena@customer.example", "boss@company.example"}
        )
        self.assertNotIn(b"boss@", self.left[-1].delivered)
        self.assertNotIn(b"Bcc", self.left[-1].delivered)
        self.sync()
        [kept] = self.server["Sent"].messages.values()
        copy = message_from_bytes(kept.raw, policy=policy.default)
        self.assertIn("boss@company.example", copy["Bcc"])
        shown = self.lead.with_user(self.ann).mail_sync_timeline()["entries"][0]
        self.assertEqual([one["email"] for one in shown["bcc"]], ["boss@company.example"])
        self.assertNotIn("boss@", str(self.press(self.message, "reply_all").mail_sync_cc_ids))

    def test_a_mail_to_those_in_bcc_alone(self):
        form = self.press(self.recorded(mail(LENA, ANN, "Roof")), "reply")
        form.mail_sync_bcc_ids.add(form.partner_ids[:1])
        form.partner_ids.clear()
        received = self.send(form)
        self.assertEqual(received["To"], "undisclosed-recipients:;")
        self.assertEqual(self.left[-1].recipients, {"lena@customer.example"})

    def test_nobody_else_outside_gets_it_and_colleagues_do(self):
        follower = self.env["res.partner"].create({"name": "F", "email": "f@customer.example"})
        ben = self.salesperson("ben")
        self.lead.message_subscribe([follower.id, ben.partner_id.id])
        form = self.press(self.recorded(mail(LENA, ANN, "Roof")), "reply")
        self.send(form)
        everybody = set().union(*(one.recipients for one in self.left))
        self.assertEqual(everybody, {"lena@customer.example", "ben@company.example"})

    def test_who_is_no_contact_becomes_one_when_the_answer_is_sent(self):
        asked = self.recorded(
            mail("Zoe <zoe@new.example>", f"{ANN}, {LENA}", "Roof", cc="Joe <joe@b.example>")
        )
        before = self.env["res.partner"].search_count([])
        form = self.press(asked, "reply_all")
        self.assertEqual(self.to(form), ["zoe@new.example"])
        form.save()
        self.assertEqual(self.env["res.partner"].search_count([]), before)
        self.send(form)
        new = self.env["res.partner"].search(
            [("email", "in", ["zoe@new.example", "joe@b.example"])]
        )
        self.assertEqual(new.mapped("name"), ["Joe", "Zoe"])
        self.assertEqual(len(self.left[-1].recipients), 3)

    def test_an_address_that_is_none_is_named(self):
        asked = self.recorded(mail(LENA, ANN, "Roof", cc="Joe <joe@b.example>"))
        form = self.press(asked, "reply_all")
        form.mail_sync_cc_emails = "joe@b.example, everybody"
        with self.assertRaisesRegex(UserError, "joe@b.example, everybody"):
            form.save().action_send_mail()

    def test_an_answer_without_a_recipient_is_refused(self):
        form = self.press(self.recorded(mail(LENA, ANN, "Roof")), "reply")
        form.partner_ids.clear()
        with self.assertRaisesRegex(UserError, "at least one recipient"):
            form.save().action_send_mail()

    def test_forward_takes_files_and_pictures_along_to_a_colleague(self):
        question = mail(LENA, ANN, "Roof")
        question.add_alternative('<p>See <img src="cid:plan"></p>', subtype="html")
        question.get_payload()[1].add_related(PIXEL, "image", "png", cid="<plan>", filename="p.png")
        question.add_attachment(b"%PDF-1", maintype="application", subtype="pdf", filename="o.pdf")
        ben = self.salesperson("ben")
        asked = self.recorded(question)
        form = self.press(asked, "forward")
        self.assertEqual(self.to(form), [])
        form.partner_ids.add(ben.partner_id)
        received = self.send(form)
        self.assertEqual(self.left[-1].recipients, {"ben@company.example"})
        self.assertEqual(received["Subject"], "Fwd: Roof")
        for name in ("References", "In-Reply-To", "X-Forwarded-Message-Id"):
            self.assertEqual(received[name], "<Roof@example.com>")
        [file] = received.iter_attachments()
        self.assertEqual((file.get_filename(), file.get_content()), ("o.pdf", b"%PDF-1"))
        pictures = [one for one in received.walk() if one.get_content_maintype() == "image"]
        self.assertEqual([one.get_payload(decode=True) for one in pictures], [PIXEL])
        self.assertIn(f"cid:{pictures[0]['Content-ID'][1:-1]}", self.text(received, "html"))
        plain = self.text(received)
        for line in ("Forwarded message", "From: Lena Park <lena@customer.example>", "To: Ann"):
            self.assertIn(line, plain)
        shown = self.lead.with_user(self.ann).mail_sync_timeline()["entries"][0]
        self.assertEqual((shown["direction"], shown["answers"]["id"]), ("out", asked.id))
        self.assertTrue(shown["forwarded"])
        self.assertFalse(asked._mail_sync_answers())

    def test_ones_own_mail_is_answered_to_its_recipients(self):
        sent = mail(ANN, f"{LENA}, {ANN}", "Offer", cc="joe@b.example")
        form = self.press(self.recorded(sent, mailbox="Sent"), "reply_all")
        self.assertEqual(self.to(form), ["lena@customer.example"])
        self.assertEqual(self.to(form, "mail_sync_cc_ids"), ["joe@b.example"])

    def test_what_a_program_wrote_is_answered_to_nobody(self):
        bounce = mail("MAILER-DAEMON@mx.example", ANN, "Undelivered", cc=LENA)
        away = mail(LENA, ANN, "Away", **{"Auto-Submitted": "auto-replied"})
        for written in (bounce, away):
            form = self.press(self.recorded(written), "reply_all")
            self.assertEqual(self.to(form) + self.to(form, "mail_sync_cc_ids"), [])

    def test_reply_to_is_where_it_goes(self):
        question = mail(LENA, ANN, "Roof", **{"Reply-To": "office@customer.example"})
        form = self.press(self.recorded(question), "reply")
        self.assertEqual(self.to(form), ["office@customer.example"])

    def test_a_colleague_without_a_mailbox_answers_through_the_companys_server(self):
        asked = self.recorded(mail(LENA, ANN, "Roof", cc="joe@b.example"))
        ben = self.salesperson("ben")
        form = self.press(asked, "reply_all", ben)
        self.assertIn("no mailbox connected", form.mail_sync_route)
        self.assertIn("ben@company.example", form.mail_sync_route)
        cc = self.to(form, "mail_sync_cc_ids")
        self.assertEqual(set(cc), {"ann@company.example", "joe@b.example"})
        message_id = asked.message_id
        form.save().action_send_mail()
        queued = self.env["mail.mail"].search(
            [("mail_message_id.author_id", "=", ben.partner_id.id)]
        )
        [values] = queued._prepare_outgoing_list()
        self.assertEqual(values["headers"]["In-Reply-To"], message_id)
        self.assertEqual(values["references"], message_id)
        self.assertEqual(len(values["email_cc"]), 2)

    def test_who_cannot_read_a_mail_cannot_answer_it(self):
        asked = self.recorded(mail(LENA, ANN, "Roof"))
        junior = self.salesperson("jo", groups="sales_team.group_sale_salesman")
        portal = self.salesperson("po", groups="base.group_portal")
        for user in (junior, portal):
            with self.assertRaises(AccessError):
                asked.with_user(user).action_mail_sync_answer("reply")

    def test_a_post_to_colleagues_is_left_to_odoo(self):
        note = self.lead.message_post(body="A note.")
        self.assertFalse(note.with_user(self.ann).action_mail_sync_answer("reply"))

    def test_the_date_is_in_the_readers_language_and_zone(self):
        self.env["res.lang"]._activate_lang("fr_BE")
        self.ann.lang = "fr_BE"
        question = mail(LENA, ANN, "Roof")
        del question["Date"]
        question["Date"] = "Sun, 01 Mar 2026 20:30:00 +0000"
        body = self.press(self.recorded(question), "reply").body
        self.assertIn("2 mars 2026", body)
        self.assertIn("05:30", body)
