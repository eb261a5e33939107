import re

from odoo.tests import tagged

from ..bridge import addressing
from ..engine import plan
from .common import MailSyncCase, mail

ANN = "Ann <ann@company.example>"


@tagged("post_install", "-at_install")
class TestAddresses(MailSyncCase):
    """A lead or contact is found by any form of its address on a mail."""

    #: The contents of a field, and an address on a mail that means the same.
    SAME = (
        ("info@müller.example", "info@xn--mller-kva.example"),
        ("info@xn--mller-kva.example", "info@müller.example"),
        ("INFO@MÜLLER.EXAMPLE", "info@müller.example"),
        ("Jörg@c.example", "Jörg@c.example"),
        ("jo\u0308rg@c.example", "JÖRG@c.example"),
        ('"lena.park"@c.example', "lena.park@c.example"),
        ("a@c.example, b@d.example", "b@d.example"),
        ("a@c.example; b@d.example", "b@d.example"),
        ("A <a@c.example>, B <b@d.example>", "b@d.example"),
        ("a@c.example, info@müller.example", "info@xn--mller-kva.example"),
    )

    #: What other programs make of a header.
    MALFORMED = (
        ("lena@m.example", "Lena Park lena@m.example"),
        ("lena@n.example", "Lena <<lena@n.example>>"),
        ("lena@o.example", "Lena <lena@o.example"),
        ("lena@p.example", "<SMTP:lena@p.example>"),
    )

    def raw(self, sender, subject):
        """Return a mail with its sender unencoded, in UTF-8."""
        head = mail("SENDER", ANN, subject).as_bytes().replace(b"SENDER", sender.encode())
        return head.replace(b"\n", b"\r\n")

    def recorded(self, sender, subject="Hello"):
        self.deliver(self.raw(sender, subject))
        return self.sync()

    def test_a_lead_is_found(self):
        for number, (text, sender) in enumerate(self.SAME):
            with self.subTest(text):
                lead = self.lead.copy({"email_from": text, "partner_id": False})
                self.recorded(sender, f"Mail {number}")
                self.assertIn(f"Mail {number}", self.entries(lead).mapped("subject"))
                lead.unlink()

    def test_a_lead_that_comes_later_gets_the_same_mails(self):
        for few in (plan.FEW, 0):
            self.patch(plan, "FEW", few)
            for number, (text, sender) in enumerate((*self.SAME, *self.MALFORMED)):
                with self.subTest(text, few=few):
                    subject = f"Mail {number} {few}"
                    self.recorded(sender, subject)
                    lead = self.lead.copy({"email_from": text, "partner_id": False})
                    self.sync()
                    self.assertIn(subject, self.entries(lead).mapped("subject"))
                    lead.unlink()

    def test_the_mails_that_a_server_may_not_find_are_kept_in_mind_by_their_uid_alone(self):
        inbox = self.account.mailbox_ids.filtered(lambda box: box.special_use == "inbox")
        self.recorded("Eve <eve@c.example>")
        self.assertEqual(inbox.odd_uids, "")
        self.recorded("Eve eve@c.example")
        self.recorded("Eve <<eve@c.example>>")
        self.assertEqual(inbox.odd_uids, "2:3")

    def test_a_mailbox_of_which_they_are_not_known_is_looked_through_once(self):
        self.patch(plan, "FEW", 0)
        inbox = self.account.mailbox_ids.filtered(lambda box: box.special_use == "inbox")
        for sender in ("Bob <bob@c.example>", "Eve eve@c.example", "Bob <bob@c.example>"):
            self.recorded(sender, f"From {sender[:3]}")
        inbox.odd_uids = False
        lead = self.lead.copy({"email_from": "eve@c.example", "partner_id": False})
        self.sync()
        self.assertTimeline("From Eve", record=lead)
        self.assertEqual(inbox.odd_uids, "2")

    def test_a_contact_is_found_and_is_the_author(self):
        for number, (text, sender) in enumerate(self.SAME):
            with self.subTest(text):
                contact = self.env["res.partner"].create({"name": "Lena", "email": text})
                lead = self.lead.copy({"email_from": False, "partner_id": contact.id})
                subject = f"Mail {number}"
                self.recorded(sender, subject)
                for record in (lead, contact):
                    found = self.entries(record).filtered_domain([("subject", "=", subject)])
                    self.assertEqual(found.author_id, contact)
                lead.unlink()
                contact.unlink()

    def test_a_removed_address_is_no_longer_found(self):
        lead = self.lead.copy({"email_from": "a@c.example, b@d.example", "partner_id": False})
        lead.email_from = "a@c.example"
        self.recorded("b@d.example")
        self.assertTimeline(record=lead)

    def test_the_address_of_a_contact_that_changes_is_found(self):
        contact = self.env["res.partner"].create({"name": "Lena", "email": "a@c.example"})
        lead = self.lead.copy({"email_from": False, "partner_id": contact.id})
        contact.email = "info@müller.example"
        self.recorded("info@xn--mller-kva.example")
        self.assertTimeline("Hello", record=lead)

    def test_plus_tags_and_dots_count_unless_the_company_says_otherwise(self):
        company = self.account.company_id
        cases = (
            ("lena@c.example", "lena+shop@c.example", "mail_sync_plus_tags"),
            ("lena+crm@c.example", "lena@c.example", "mail_sync_plus_tags"),
            ("lena+a@c.example", "lena+b@c.example", "mail_sync_plus_tags"),
            ("le.na@gmail.com", "lena@gmail.com", "mail_sync_gmail_dots"),
            ("lena@gmail.com", "l.ena@googlemail.com", "mail_sync_gmail_dots"),
        )
        switches = {"mail_sync_plus_tags": False, "mail_sync_gmail_dots": False}
        for number, (text, sender, name) in enumerate(cases):
            # Each is somebody else, so the mails so far are not a latecomer's.
            text, sender = (re.sub(r"na(?=[+@])", f"na{number}", one) for one in (text, sender))
            with self.subTest(text):
                lead = self.lead.copy({"email_from": text, "partner_id": False})
                for switched_on in ({}, dict.fromkeys(switches.keys() - {name}, True)):
                    company.write(switches | switched_on)
                    self.recorded(sender, f"Off {number} {len(switched_on)}")
                    self.assertTimeline(record=lead)
                company.write(switches | {name: True})
                self.recorded(sender, f"On {number}")
                self.assertTimeline(f"On {number}", record=lead)
                lead.unlink()

    def test_plus_tags_and_dots_count_for_a_lead_that_comes_later(self):
        self.account.company_id.write({"mail_sync_plus_tags": True, "mail_sync_gmail_dots": True})
        cases = (
            ("lena@c.example", "lena+shop@c.example"),
            ("mia+crm@c.example", "mia@c.example"),
            ("zoe+a@c.example", "zoe+b@c.example"),
            ("le.na@gmail.com", "lena@googlemail.com"),
        )
        for few in (plan.FEW, 0):
            self.patch(plan, "FEW", few)
            for text, sender in cases:
                with self.subTest(text, few=few):
                    subject = f"{sender} {few}"
                    self.recorded(sender, subject)
                    lead = self.lead.copy({"email_from": text, "partner_id": False})
                    self.sync()
                    self.assertIn(subject, self.entries(lead).mapped("subject"))
                    lead.unlink()

    def test_plus_tags_count_for_the_owner(self):
        sent = "Ann <ann+crm@company.example>"
        self.account.company_id.mail_sync_plus_tags = True
        self.deliver(mail(sent, self.lead.email_from, "Answer"))
        self.sync()
        self.assertEqual(self.entries().mail_sync_direction, "out")
        self.assertEqual(self.entries().author_id, self.ann.partner_id)

    def test_the_few_records_that_need_keys_are_found_when_the_addon_is_installed(self):
        usual = ["lena@c.example", "", "no address", "lena@gmail.com", "info@xn--mller-kva.example"]
        texts = [text for text, _ in self.SAME if text not in usual]
        texts += ["le.na@gmail.com", "lena+x@c.example"]
        leads = [self.lead.copy({"email_from": one, "partner_id": False}) for one in texts + usual]
        expected = [lead.mail_sync_keys for lead in leads]
        self.assertTrue(all(expected[: len(texts)]))
        self.assertFalse(any(expected[len(texts) :]))
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET mail_sync_keys = NULL")
        addressing.fill_column(self.env["crm.lead"], "email_from")
        self.env.invalidate_all()
        self.assertEqual([lead.mail_sync_keys or False for lead in leads], expected)
