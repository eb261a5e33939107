import base64
from email.message import EmailMessage
from unittest.mock import patch

from lxml import html
from markupsafe import Markup
from odoo.tests import tagged

from ..engine.markup import body
from ..engine.mime.limits import TEXT_CUT
from .common import MailSyncCase, mail

LENA = "Lena Park <lena@customer.example>"
ANN = "Ann <ann@company.example>"
PIXEL = b"\x89PNG\r\n\x1a\n"


@tagged("post_install", "-at_install")
class TestBodies(MailSyncCase):
    """What a mail says is on the lead word for word."""

    def record(self, source):
        """Record a mail with some HTML; return its entry."""
        message = mail(LENA, ANN)
        message.set_content(source, subtype="html", cte="quoted-printable")
        self.deliver(message)
        self.sync()
        return self.entries()

    def words(self, source):
        return " ".join(
            html.fromstring(f"<div>{self.record(source).body}</div>").itertext()
        ).split()

    def test_two_documents_and_a_footer_are_all_there(self):
        source = "<html><body>One</body></html>\n<html><body>Two</body></html>\n<p>Footer</p>"
        self.assertEqual(self.words(source), ["One", "Two", "Footer"])

    def test_words_at_any_depth_are_there(self):
        deep = "".join(f"<blockquote>level{n} " for n in range(700))
        words = self.words(f"<p>Start</p>{deep}{'</blockquote>' * 700}<p>End</p>")
        self.assertEqual(words, ["Start", *(f"level{n}" for n in range(700)), "End"])

    def test_tables_in_tables_are_there(self):
        deep = "<table><tr><td>" * 200 + "cell" + "</td></tr></table>" * 200
        self.assertEqual(self.words(f"start {deep} end"), ["start", "cell", "end"])

    def test_line_break_opportunities_nest_nothing(self):
        self.assertEqual(self.words("a<wbr>b " * 400), ["ab"] * 400)

    def test_control_characters_cost_no_word(self):
        self.assertEqual(self.words("a\x0cb\n>c\x01\n d &#12;\n>e"), ["a", "b", ">c", "d", ">e"])

    def test_plain_text_with_a_form_feed_and_a_quote_is_there(self):
        self.deliver(mail(LENA, ANN, text="Page one\x0c\n> quoted\nanswer"))
        self.sync()
        words = html.fromstring(self.entries().body).text_content().split()
        self.assertEqual(words, ["Page", "one", ">", "quoted", "answer"])

    def test_a_text_that_was_cut_says_so(self):
        self.record("word " * 500_000)
        entry = self.env["mail.sync.entry"].search([("mail_message_id", "in", self.entries().ids)])
        self.assertEqual([one["why"] for one in entry.omitted], [TEXT_CUT])
        self.assertIn("the end of the text", entry._omitted_words())

    def test_a_fault_of_ours_sets_one_mail_aside_and_the_others_are_there(self):
        made = body.of

        def faulty(email):
            if "odd" in email.text:
                raise AttributeError("'NoneType' object has no attribute 'parent'")
            return made(email)

        for subject, text in (("One", "usual"), ("Two", "odd"), ("Three", "usual, too")):
            self.deliver(mail(LENA, ANN, subject, text))
        with patch.object(body, "of", faulty):
            self.sync()
        self.assertEqual(len(self.entries()), 2)
        aside = self.env["mail.sync.message"].search([("outcome", "=", "failed")])
        self.assertEqual(aside.error_code, "not_recordable")
        aside.retry_at = "2000-01-01"
        self.sync()
        self.assertEqual(len(self.entries()), 3)

    def test_a_picture_in_its_tag_becomes_a_file(self):
        pixel = base64.b64encode(PIXEL).decode()
        entry = self.record(f'<p>Look <img src="data:image/png;base64,{pixel}"></p>')
        self.assertEqual(entry.attachment_ids.raw, PIXEL)
        self.assertIn(f'src="/web/image/{entry.attachment_ids.id}?access_token=', entry.body)

    def test_the_body_is_html_in_which_quotes_are_marked(self):
        entry = self.record('<p>Unheard-of</p><div class="gmail_quote">Old</div>')
        self.assertIsInstance(entry.body, Markup)
        self.assertEqual(
            html.fromstring(entry.body).xpath("//*[@data-o-mail-quote]/text()"), ["Old"]
        )
        self.assertEqual(entry.preview, "Unheard-of Old")
        self.assertEqual(self.env["mail.message"].search([("body", "ilike", "unheard-of")]), entry)

    def test_each_picture_is_its_own_part(self):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = LENA, ANN, "Pictures"
        message["Message-ID"] = "<pictures@customer.example>"
        message.set_content(
            '<img src="cid:image1"><img src="CID:image10"><img src="cid:a%40b"><img src="c.png">',
            subtype="html",
        )
        for cid in ("image10", "image1", "a@b"):
            message.add_related(PIXEL + cid.encode(), "image", "png", cid=f"<{cid}>")
        message.add_related(PIXEL + b"c", "image", "png", headers=["Content-Location: c.png"])
        self.deliver(message)
        self.sync()
        entry = self.entries()
        shown = [
            self.env["ir.attachment"].browse(int(image.get("src").split("?")[0].split("/")[-1]))
            for image in html.fromstring(entry.body).iter("img")
        ]
        self.assertEqual(
            [attachment.raw.removeprefix(PIXEL) for attachment in shown],
            [b"image1", b"image10", b"a@b", b"c"],
        )
        for attachment in shown:
            self.assertIn(attachment.access_token, entry.body)
