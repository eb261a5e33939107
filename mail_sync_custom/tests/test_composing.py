"""A Smart Mail as it leaves: header by header, what a good mail program would have sent.

Each assertion asks for what Thunderbird and mutt do: a Message-ID in the sender's own domain,
a Date in the sender's zone, quoted-printable text, In-Reply-To and References of the conversation
alone (RFC 5322 §3.6.4), files as parts, pictures as parts that the HTML names by `cid:`.
"""

import base64
from email import message_from_bytes, policy

from odoo.tests import tagged

from .common import mail
from .test_sending import SendingCase

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
#: All headers that a new mail may have.
HEADERS = {
    *("date", "message-id", "subject", "from", "reply-to", "to", "mime-version", "content-type"),
    "x-mail-sync-id",
}
ANSWERS = {"in-reply-to", "references"}


@tagged("post_install", "-at_install")
class TestComposing(SendingCase):
    def leave(self, body="Here is the offer.", subject="Offer", user=None, **values):
        """Write to Lena and return what her server gets, parsed from its bytes."""
        values = {"subtype_xmlid": "mail.mt_comment", "message_type": "comment", **values}
        lead = self.lead.with_user(user or self.ann)
        self.message = lead.message_post(
            body=body, subject=subject, partner_ids=self.lena.ids, **values
        )
        mails = self.env["mail.mail"].search([("mail_message_id", "=", self.message.id)])
        mails.send()
        self.assertTrue(self.left, mails.failure_reason)
        self.raw = self.left[-1].as_bytes()
        return message_from_bytes(self.raw, policy=policy.default)

    def sync(self, account=None):
        """Read the mailbox; `setUp` has entered the registry's test mode already."""
        self.account.with_user(self.ann).action_sync_now()

    def body(self, received, subtype="plain"):
        return received.get_body((subtype,)).get_content().replace("\r\n", "\n")

    def html(self, markup):
        """Return a body as the composer hands it over."""
        return self.env["mail.message"]._fields["body"].convert_to_record(markup, self.lead)

    def assertHeaders(self, received, *more):
        found = [name.lower() for name in received]
        self.assertEqual(set(found), HEADERS | set(more))
        self.assertEqual(len(found), len(set(found)), "No header is there twice.")

    def test_a_new_mail(self):
        self.ann.tz = "Asia/Tokyo"
        received = self.leave()
        self.assertHeaders(received)
        self.assertRegex(received["Message-ID"], r"^<[0-9a-f-]{36}@company\.example>$")
        self.assertEqual(received["Message-ID"], self.message.message_id)
        self.assertEqual(received["To"], "Lena <lena@customer.example>")
        self.assertRegex(received["Date"], r"\+0900$")
        self.assertEqual(received["Subject"], "Offer")
        self.assertEqual(received.get_content_type(), "multipart/alternative")
        plain, html = received.iter_parts()
        self.assertEqual(plain.get_content_charset(), "utf-8")
        for part in (plain, html):
            self.assertIn(part["Content-Transfer-Encoding"], ("7bit", "quoted-printable"))
            self.assertNotIn("MIME-Version", part)

    def test_its_two_texts_say_what_was_written_and_nothing_else(self):
        self.ann.signature = False
        received = self.leave()
        self.assertEqual(self.body(received), "Here is the offer.\n")
        html = self.body(received, "html")
        for odoos in ("display:none", "display: none", "&zwnj;", "o_signature", "<table"):
            self.assertNotIn(odoos, html)
        for odoos in (b"Odoo", b"odoo", b"View", b"/mail/", b"Solar roof", b"openerp", b"crm.lead"):
            self.assertNotIn(odoos, self.raw)

    def test_its_language_is_the_writers(self):
        self.env["res.lang"]._activate_lang("fr_BE")
        self.ann.lang = "fr_BE"
        self.assertIn('<html lang="fr-BE">', self.body(self.leave(), "html"))

    def test_no_line_is_longer_than_a_mail_program_writes_it(self):
        received = self.leave(body="Grüße aus Köln, " * 40, subject="Das Angebot für Köln " * 8)
        self.assertLessEqual(max(map(len, self.raw.split(b"\r\n"))), 76)
        self.assertEqual(received["Subject"].split(), ("Das Angebot für Köln " * 8).split())
        self.assertEqual(self.body(received).split()[:3], ["Grüße", "aus", "Köln,"])

    def test_the_signature_is_below_it_once(self):
        self.ann.signature = "<p>Ann of Sales</p>"
        for body in ("Hello.", self.html("<p>Hello.</p><p>Ann of Sales</p>")):
            with self.subTest(body=body):
                self.assertEqual(self.body(self.leave(body=body)).count("Ann of Sales"), 1)
        self.assertIn("\n-- \nAnn of Sales", self.body(self.leave()).replace("\n\n", "\n"))

    def test_a_template_is_signed_as_well(self):
        self.ann.signature = "<p>Ann of Sales</p>"
        template = self.env["mail.template"].create(
            {
                "name": "Offer",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "subject": "Our offer",
                "body_html": "<p>As we said.</p>",
            }
        )
        composer = (
            self.env["mail.compose.message"]
            .with_user(self.ann)
            .with_context(default_model="crm.lead", default_res_ids=self.lead.ids)
            .create({"template_id": template.id, "partner_ids": self.lena.ids})
        )
        composer.action_send_mail()
        received = message_from_bytes(self.sent_bytes(), policy=policy.default)
        self.assertHeaders(received)
        self.assertEqual(received["Subject"], "Our offer")
        self.assertEqual(
            self.body(received).replace("\n\n", "\n"), "As we said.\n-- \nAnn of Sales\n"
        )

    def sent_bytes(self):
        """Send what waits; return the bytes of the last mail that left."""
        self.env["mail.mail"].search([("state", "=", "outgoing")]).send()
        return self.left[-1].as_bytes()

    def test_an_answer_names_the_conversation_and_nothing_else(self):
        self.lead.message_post(body="Nobody outside knows this.")
        self.deliver(mail("lena@customer.example", "ann@company.example", "AW: Roof"))
        answer = mail("lena@customer.example", "ann@company.example", "Re: AW: Roof")
        self.deliver(mail_with(answer, "second", answers="AWRoof@example.com"))
        self.sync()
        received = self.leave(subject=False)
        self.assertHeaders(received, *ANSWERS)
        self.assertEqual(received["Subject"], "Re: Roof")
        self.assertEqual(received["In-Reply-To"], "<second@example.com>")
        self.assertEqual(received["References"], "<AWRoof@example.com> <second@example.com>")
        self.assertEqual(self.message.parent_id.message_id, "<second@example.com>")

    def composer(self, **defaults):
        """Open the composer on the lead, as the chatter's buttons do."""
        context = {f"default_{name}": value for name, value in defaults.items()}
        return (
            self.env["mail.compose.message"]
            .with_user(self.ann)
            .with_context(default_model="crm.lead", default_res_ids=self.lead.ids, **context)
            .create({"partner_ids": self.lena.ids})
        )

    def test_reply_all_of_the_chatter_answers_the_mail_that_it_was_pressed_on(self):
        for subject in ("Roof", "Something else"):
            self.deliver(mail("lena@customer.example", "ann@company.example", subject))
        self.sync()
        self.composer(
            composition_comment_option="reply_all", subject="Roof", body="<p>Yes.</p>"
        ).action_send_mail()
        received = message_from_bytes(self.sent_bytes(), policy=policy.default)
        self.assertHeaders(received, *ANSWERS)
        self.assertEqual(received["Subject"], "Re: Roof")
        self.assertEqual(received["In-Reply-To"], "<Roof@example.com>")

    def test_forward_of_the_chatter_says_so_and_answers_nothing(self):
        self.deliver(mail("lena@customer.example", "ann@company.example", "Re: Roof"))
        self.sync()
        self.composer(
            composition_comment_option="forward", subject="Re: Roof", body="<p>See.</p>"
        ).action_send_mail()
        received = message_from_bytes(self.sent_bytes(), policy=policy.default)
        self.assertHeaders(received)
        self.assertEqual(received["Subject"], "Fwd: Roof")

    def test_the_composer_shows_no_deals_name(self):
        self.assertFalse(self.composer().subject)

    def test_a_long_id_is_named_as_it_is(self):
        long = "PAXPR02MB" + "7" * 80 + "@eurprd02.prod.outlook.example"
        sent = mail("lena@customer.example", "ann@company.example", "Roof", message_id=long)
        self.deliver(sent)
        self.sync()
        self.leave(subject=False)
        self.assertIn(f"In-Reply-To: <{long}>\r\n".encode(), self.raw.replace(b":\r\n ", b": "))

    def test_a_mail_about_something_else_answers_nothing(self):
        self.deliver(mail("lena@customer.example", "ann@company.example", "Roof"))
        self.sync()
        self.assertHeaders(self.leave(subject="A new thing"))

    def test_the_name_of_the_deal_is_no_subject(self):
        for subject in (False, "Solar roof"):
            with self.subTest(subject=subject):
                received = self.leave(subject=subject)
                self.assertIn(self.ann.name, received["Subject"])
                self.assertNotIn("Solar", received["Subject"])

    def test_files_leave_as_files_however_large(self):
        large = bytes(range(256)) * 4 * 1024 * 12  # 12 MiB; Odoo links to more than 10
        received = self.leave(attachments=[("Größe.pdf", large), ("note.txt", b"A note.")])
        self.assertHeaders(received)
        self.assertEqual(received.get_content_type(), "multipart/mixed")
        files = [
            (part.get_filename(), part.get_payload(decode=True))
            for part in received.iter_attachments()
        ]
        self.assertEqual(files, [("Größe.pdf", large), ("note.txt", b"A note.")])
        self.assertNotIn("access_token", self.body(received, "html"))

    def test_pictures_are_inside(self):
        own = self.env["ir.attachment"].create({"name": "roof.png", "raw": PIXEL})
        own.generate_access_token()
        image = f'<img src="/web/image/{own.id}?access_token={own.access_token}" alt="Roof"/>'
        received = self.leave(body=self.html(f"<p>See {image}</p>"))
        [picture] = [p for p in received.walk() if p.get_content_type() == "image/png"]
        self.assertEqual(picture.get_payload(decode=True), PIXEL)
        self.assertEqual(picture.get_content_disposition(), "inline")
        cid = picture["Content-ID"].strip("<>")
        self.assertIn(f'src="cid:{cid}"', self.body(received, "html"))
        self.assertIn("See [Roof]", self.body(received))

    def test_a_picture_that_its_writer_may_not_see_is_not_sent(self):
        secret = self.env["ir.attachment"].create({"name": "plan.png", "raw": PIXEL})
        received = self.leave(body=self.html(f'<p>x <img src="/web/image/{secret.id}"/></p>'))
        self.assertFalse([p for p in received.walk() if p.get_content_maintype() == "image"])

    def test_to_names_all_recipients(self):
        max_ = self.env["res.partner"].create({"name": "Max", "email": "max@customer.example"})
        self.lead.with_user(self.ann).message_post(
            body="Hello.",
            subject="Offer",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=(self.lena + max_).ids,
        )
        self.sent_bytes()
        self.assertEqual(len(self.left), 2)
        for one in self.left:
            received = message_from_bytes(one.as_bytes(), policy=policy.default)
            self.assertHeaders(received)
            addresses = sorted(address.addr_spec for address in received["To"].addresses)
            self.assertEqual(addresses, ["lena@customer.example", "max@customer.example"])

    def test_a_mail_of_somebody_without_a_mailbox_stays_odoos(self):
        bob = self.salesperson("bob")
        message = self.lead.with_user(bob).message_post(
            body="Hello.", message_type="comment", partner_ids=self.lena.ids
        )
        self.assertIn("-openerp-", message.message_id)
        values = self.env["mail.mail"].search([("mail_message_id", "=", message.id)])
        [prepared] = values._prepare_outgoing_list()
        self.assertIn("X-Odoo-Objects", prepared["headers"])
        self.assertIn(message.message_id, prepared["references"])


def mail_with(message, name, answers):
    """Return a mail with another Message-ID, as an answer."""
    del message["Message-ID"]
    message["Message-ID"] = f"<{name}@example.com>"
    message["In-Reply-To"] = message["References"] = f"<{answers}>"
    return message
