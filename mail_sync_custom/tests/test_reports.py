"""Bounces and receipts in the mailbox: marks on the sent mails, and nothing else anywhere."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from odoo.tests import tagged

from .common import mail
from .test_timeline import TimelineCase

LENA = "lena@customer.example"
MAX = "max@customer.example"
DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.company.example>"


def report(kind, fields, about="", sender=DAEMON, minutes=0):
    """A report by RFC 3464 or RFC 8098 about the mail with the id ``about``."""
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes))
    returned = (
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{about}>\nSubject: Offer\n\n"
    )
    text = (
        f"From: {sender}\nTo: ann@company.example\nDate: {date}\n"
        f"Subject: Undelivered Mail Returned to Sender\nMessage-ID: <report-{minutes}@mx.example>\n"
        f"MIME-Version: 1.0\n"
        f"Content-Type: multipart/report; report-type={kind}; boundary=b\n\n"
        f"--b\n\nWords for people.\n--b\nContent-Type: message/{kind}\n\n"
        f"{fields}\n{returned if about else ''}--b--\n"
    )
    return text.replace("\n", "\r\n").encode()


def bounce(
    about, *recipients, action="failed", status="5.1.1", said="550 5.1.1 User unknown", minutes=0
):
    groups = [
        f"Final-Recipient: rfc822; {one}\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {said}\n"
        for one in recipients or (LENA,)
    ]
    fields = "\n".join(["Reporting-MTA: dns; mx.company.example\n", *groups])
    return report("delivery-status", fields, about, minutes=minutes)


def receipt(about, disposition="displayed", minutes=0):
    fields = (
        f"Final-Recipient: rfc822; {LENA}\nOriginal-Message-ID: <{about}>\n"
        f"Disposition: manual-action/MDN-sent-manually; {disposition}\n"
    )
    return report("disposition-notification", fields, sender=LENA, minutes=minutes)


@tagged("post_install", "-at_install")
class TestReports(TimelineCase):
    def send(self, to=LENA, message_id="offer@company.example", **headers):
        """Ann writes from her mail program."""
        date = datetime.now(UTC) - timedelta(hours=2)
        message = mail(self.ann.email, to, "Offer", message_id=message_id, date=date, **headers)
        self.deliver(message, "Sent")
        return message_id

    def delivery(self, subject="Offer"):
        return self.entry(subject)["delivery"] or {"state": "", "reason": ""}

    def assertDelivery(self, state, *words, subject="Offer"):
        delivery = self.delivery(subject)
        self.assertEqual(delivery["state"], state)
        for each in words:
            self.assertIn(each, delivery["reason"])

    def test_a_bounce_marks_a_mail_from_another_program_and_is_no_received_mail(self):
        about = self.send()
        self.deliver(bounce(about))
        self.assertEqual(self.sync(), "New mails looked at: 2. Recorded: 1.")
        self.assertEqual(self.subjects(), ["Offer"])
        self.assertDelivery(
            "returned", f"{LENA}: There is no such recipient", "Check the address", "550 5.1.1"
        )
        self.assertFalse(self.delivery()["repeatable"])

    def test_a_bounce_marks_a_mail_written_here_and_odoos_own_notification(self):
        message = self.smart_mail()
        self.link(message)
        self.deliver(bounce(message.message_id.strip("<>")))
        self.sync()
        self.env.invalidate_all()
        self.assertDelivery("returned", "There is no such recipient")
        notification = message.notification_ids
        self.assertEqual(notification.notification_status, "bounce")
        self.assertIn("There is no such recipient", notification.failure_reason)
        self.assertEqual(self.delivery()["reason"].count("There is no such"), 1)

    def link(self, message):
        """Have a mail accepted by Ann's server."""
        headers = {
            "account_id": self.account.id,
            "message_id": message.message_id.strip("<>"),
            "recipients_hash": "x",
            "to_header": LENA,
            "state": "sent",
        }
        self.env["mail.sync.outgoing"].create(headers)._link()

    def test_one_of_three_came_back(self):
        about = self.send(to=f"{LENA}, {MAX}, zoe@customer.example")
        self.deliver(bounce(about, MAX, status="5.2.2", said="552 5.2.2 mailbox full"))
        self.sync()
        self.assertDelivery("returned", f"{MAX}: The recipient's mailbox is full")
        self.assertNotIn(LENA, self.delivery()["reason"])
        self.assertNotIn("zoe", self.delivery()["reason"])

    def test_a_hidden_recipient_is_one_the_mail_had(self):
        about = self.send(to="zoe@customer.example", bcc=LENA)
        self.deliver(bounce(about))
        self.sync()
        self.assertDelivery("returned", f"{LENA}: There is no such recipient")

    def test_a_sending_limit_that_comes_as_a_bounce_is_in_the_log_too(self):
        said = "You have reached a limit for sending mail. Your message was not sent."
        self.deliver(bounce(self.send(), status="5.4.5", said=said))
        self.sync()
        self.sync()
        self.assertDelivery("returned", "sending limit is reached", said)
        self.assertEqual(self.account.log_ids.mapped("code"), ["sending_limit"])

    def test_a_report_about_another_mail_or_another_recipient_leaves_no_trace(self):
        about = self.send()
        self.deliver(bounce("never-sent@company.example", minutes=1))
        self.deliver(bounce(about, "stranger@elsewhere.example", minutes=2))
        self.sync()
        self.assertDelivery("")
        self.assertFalse(self.env["mail.sync.delivery"].search([]))
        self.assertEqual(self.subjects(), ["Offer"])
        kept = self.env["mail.sync.report"].search([])
        self.assertNotIn("stranger", str(kept.read()))
        self.assertTrue(all(len(one.key) == 8 for one in kept))

    def test_a_delay_is_no_failure_and_what_follows_replaces_it(self):
        about = self.send()
        late = bounce(about, action="delayed", status="4.4.1", said="Connection timed out")
        self.deliver(late)
        self.sync()
        self.assertDelivery("delayed", "keeps trying", "cannot be reached")
        self.deliver(bounce(about, action="delivered", status="2.0.0", said="250 OK", minutes=1))
        self.sync()
        self.assertDelivery("delivered", LENA)
        self.deliver(late)
        self.sync()
        self.assertDelivery("delivered", LENA)

    def test_a_read_receipt_is_a_mark_and_no_entry(self):
        about = self.send()
        self.deliver(receipt(about))
        self.sync()
        self.assertEqual(self.subjects(), ["Offer"])
        self.assertDelivery("read", "Read on ", LENA)
        self.assertFalse(self.entry("Offer")["answered"])

    def test_a_mail_deleted_unread(self):
        self.deliver(receipt(self.send(), "deleted"))
        self.sync()
        self.assertDelivery("deleted", "Deleted unread on ")

    def test_an_automatic_answer_is_no_answer(self):
        about = self.send()
        auto = mail(LENA, self.ann.email, "Automatic reply: Offer", answers=about)
        auto["Auto-Submitted"] = "auto-replied"
        self.deliver(auto)
        self.sync()
        self.assertTrue(self.entry("Automatic reply: Offer")["automatic"])
        self.assertFalse(self.entry("Offer")["answered"])
        answer = mail(LENA, self.ann.email, "Re: Offer", answers=about, date=datetime.now(UTC))
        self.deliver(answer)
        self.sync()
        entry = self.entry("Re: Offer")
        self.assertFalse(entry["automatic"])
        self.assertEqual(self.entry("Offer")["answered"]["id"], entry["id"])

    def test_an_answer_from_another_program_is_seen_on_the_question(self):
        self.exchange()
        answer = self.entry("Re: Question")
        self.assertEqual(self.entry("Question")["answered"]["id"], answer["id"])
        self.assertFalse(answer["answered"])

    def test_an_answer_written_here_is_seen_on_the_question_once_it_was_sent(self):
        self.deliver(mail(LENA, self.ann.email, "Question"))
        self.sync()
        question = self.entries()
        lena = self.env["res.partner"].create({"name": "Lena Park", "email": LENA})
        answer = self.lead.with_user(self.ann).message_post(
            body="Yes.",
            subject="Re: Question",
            parent_id=question.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=lena.ids,
        )
        self.assertFalse(self.entry("Question")["answered"])
        self.link(answer)
        self.assertEqual(self.entry("Question")["answered"]["id"], answer.id)

    def test_nothing_is_ever_answered(self):
        before = self.env["mail.mail"].search_count([])
        about = self.send()
        for message in (bounce(about), receipt(about, minutes=1), bounce("x@y.example", minutes=2)):
            self.deliver(message)
        self.sync()
        self.assertEqual(self.env["mail.mail"].search_count([]), before)
        self.assertEqual(len(self.entries()), 1)

    def test_a_bounce_that_was_there_before_the_mail_marks_it_too(self):
        self.deliver(bounce("offer@company.example"))
        self.sync()
        self.assertTrue(self.env["mail.sync.report"].search_count([]))
        self.send()
        self.sync()
        self.assertDelivery("returned")
        self.assertFalse(self.env["mail.sync.report"].search_count([]))
        self.assertFalse(self.account.mailbox_ids.filtered("reports_due"))

    def test_a_bounce_in_a_colleagues_account_of_the_same_mailbox(self):
        ben = self.salesperson("ben")
        account, server = self.connect(ben)
        account.email = self.account.email
        about = self.send()
        self.sync()
        self.deliver(bounce(about), server=server)
        self.sync(account)
        self.assertDelivery("returned")

    def test_a_bounce_in_another_persons_mailbox_says_nothing_about_my_mail(self):
        ben = self.salesperson("ben")
        account, server = self.connect(ben)
        about = self.send()
        self.sync()
        self.deliver(bounce(about), server=server)
        self.sync(account)
        self.assertDelivery("")

    def test_what_was_removed_takes_its_marks_along(self):
        about = self.send()
        self.deliver(bounce(about))
        self.sync()
        self.entries().with_user(self.ann).action_mail_sync_remove()
        self.assertFalse(self.env["mail.sync.delivery"].search([]))

    def test_the_reason_is_in_the_language_of_the_reader(self):
        self.deliver(bounce(self.send()))
        self.sync()
        self.env["res.lang"]._activate_lang("de_DE")
        english, german = (
            self.entries().with_context(lang=lang).mail_sync_delivery_reason
            for lang in ("en_US", "de_DE")
        )
        self.assertIn(LENA, german)
        self.assertIn("There is no such recipient", english)

    def test_the_text_of_a_bounce_is_stored_nowhere(self):
        message = EmailMessage()
        message["From"], message["To"] = DAEMON, self.ann.email
        message["Subject"] = "Mail delivery failed: returning message to sender"
        message.set_content(
            "A message that you sent could not be delivered:\n\n  doctor@clinic.example\n"
            "    550 unknown user\n\n------ This is a copy of the message. ------\n\n"
            "Message-ID: <private@company.example>\nSubject: My health\n\nSecret.\n"
        )
        self.deliver(message)
        self.sync()
        self.assertFalse(self.env["mail.message"].search([("body", "ilike", "Secret")]))
        self.assertFalse(self.env["mail.sync.message"].search([]))
