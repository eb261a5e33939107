"""When a mail is private, for whom, and for how long."""

from datetime import UTC, datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import MailSyncCase, mail

LENA, ANN, BOB = (
    "Lena <lena@customer.example>",
    "Ann <ann@company.example>",
    "Bob <bob@company.example>",
)


@tagged("post_install", "-at_install")
class TestPrivateRule(MailSyncCase):
    """Ann and Bob have mailboxes, and both can open the lead; so can Cem, who has none."""

    def setUp(self):
        super().setUp()
        self.day = datetime.now(UTC) - timedelta(days=9)
        self.bob, self.cem = self.salesperson("bob"), self.salesperson("cem")
        self.bobs, self.bobs_server = self.connect(self.bob)

    def receive(self, subject="Offer", bob=False, **values):
        """Have a mail of Lena's in Ann's mailbox, and in Bob's if it was sent to both."""
        message = mail(LENA, f"{ANN}, {BOB}" if bob else ANN, subject, **values)
        self.deliver(message)
        self.sync()
        if bob:
            self.deliver(message, server=self.bobs_server)
            self.sync(self.bobs)
        return self.entries()[-1:]

    def make_private(self, entry, user=None):
        return entry.with_user(user or self.ann).action_mail_sync_make_private()

    def reads(self, user, entry):
        self.env.flush_all()
        self.env.invalidate_all()
        return entry.with_user(user).has_access("read")

    def assertReaders(self, entry, *readers):
        users = (self.ann, self.bob, self.cem)
        self.assertEqual([user.login for user in users if self.reads(user, entry)], list(readers))

    def timeline(self, user, record=None):
        entries = (record or self.lead).with_user(user).mail_sync_timeline()["entries"]
        return [(entry["subject"], entry["hidden"]) for entry in entries]

    def test_only_its_owner_reads_it(self):
        entry = self.receive()
        self.assertReaders(entry, "ann", "bob", "cem")
        self.make_private(entry)
        self.assertReaders(entry, "ann")

    def test_colleagues_see_that_there_was_a_mail_when_and_in_whose_mailbox(self):
        self.receive("First", date=self.day)
        entry = self.receive("Second", date=self.day + timedelta(days=1))
        self.receive("Third", date=self.day + timedelta(days=2))
        self.make_private(entry)
        self.assertEqual(self.timeline(self.cem), [("Third", False), ("", True), ("First", False)])
        third, hidden, _first = self.lead.with_user(self.cem).mail_sync_timeline()["entries"]
        # The page asks every entry for the same things.
        self.assertEqual(set(hidden), set(third))
        self.assertEqual((hidden["direction"], hidden["mailboxes"]), ("in", [self.ann.name]))
        self.assertEqual(hidden["date"][:10], str(self.day + timedelta(days=1))[:10])
        self.assertEqual(
            self.timeline(self.ann), [("Third", False), ("Second", False), ("First", False)]
        )

    def test_a_page_is_as_long_with_private_mails_in_it(self):
        for number in range(5):
            entry = self.receive(f"Mail {number}", date=self.day + timedelta(hours=number))
        self.make_private(entry)
        lead = self.lead.with_user(self.cem)
        first = lead.mail_sync_timeline(limit=3)
        second = lead.mail_sync_timeline(offset=3, limit=3)
        self.assertEqual([len(first["entries"]), len(second["entries"])], [3, 2])
        self.assertEqual([first["more"], second["more"]], [True, False])

    def test_every_holder_reads_it_and_may_make_it_private(self):
        entry = self.receive(bob=True)
        self.make_private(entry, self.bob)
        self.assertReaders(entry, "ann", "bob")

    def test_nobody_else_may_make_it_private(self):
        entry = self.receive()
        with self.assertRaises(AccessError):
            self.make_private(entry, self.cem)
        administrator = self.salesperson("root", "base.group_system")
        with self.assertRaises(AccessError):
            self.make_private(entry, administrator)

    def test_a_mailbox_that_gets_it_later_reads_it_too(self):
        message = mail(LENA, f"{ANN}, {BOB}", "Offer")
        self.deliver(message)
        self.sync()
        entry = self.entries()
        self.make_private(entry)
        self.assertReaders(entry, "ann")
        self.deliver(message, server=self.bobs_server)
        self.sync(self.bobs)
        self.assertReaders(entry, "ann", "bob")

    def test_its_owner_shows_it_again(self):
        entry = self.receive()
        self.make_private(entry)
        entry.with_user(self.ann).action_mail_sync_show()
        self.assertReaders(entry, "ann", "bob", "cem")

    def test_it_stays_private_while_one_of_two_owners_keeps_it_so(self):
        entry = self.receive(bob=True)
        self.make_private(entry, self.ann)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            entry.with_user(self.bob).action_mail_sync_show()
        self.make_private(entry, self.bob)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            entry.with_user(self.ann).action_mail_sync_show()
        self.assertReaders(entry, "ann", "bob")

    def test_it_is_private_on_all_records_that_have_it(self):
        contact = self.env["res.partner"].create({"name": "Lena", "email": "lena@customer.example"})
        self.lead.partner_id = contact
        self.make_private(self.receive())
        self.assertReaders(self.entries(), "ann")
        self.assertReaders(self.entries(contact), "ann")
        self.assertEqual(self.timeline(self.cem, contact), [("", True)])

    def test_it_is_private_on_a_record_that_gets_it_later(self):
        self.make_private(self.receive())
        self.lead.action_set_lost()
        later = self.env["crm.lead"].create(
            {"name": "Later", "email_from": "lena@customer.example", "user_id": self.bob.id}
        )
        self.sync()
        self.assertTimeline("Offer", record=later)
        self.assertReaders(self.entries(later), "ann")

    def test_the_answers_recorded_later_are_private(self):
        entry = self.receive("Offer")
        self.make_private(entry)
        answer = self.receive("Re: Offer", bob=True, answers="Offer@example.com")
        self.assertEqual(answer.subject, "Re: Offer")
        self.assertReaders(answer, "ann", "bob")
        after = self.receive("Re: Re: Offer", answers="ReOffer@example.com")
        self.assertReaders(after, "ann")

    def test_the_answers_recorded_before_become_private_with_it(self):
        entry = self.receive("Offer", date=self.day)
        answer = self.receive("Re: Offer", answers="Offer@example.com")
        other = self.receive("Another matter")
        self.make_private(entry)
        self.assertReaders(answer, "ann")
        self.assertReaders(other, "ann", "bob", "cem")

    def test_the_mail_that_it_answers_is_named_to_nobody_else(self):
        entry = self.receive("Offer", date=self.day)
        answer = self.receive("Re: Offer", answers="Offer@example.com")
        self.make_private(entry)
        answer.with_user(self.ann).action_mail_sync_show()
        page = self.lead.with_user(self.cem).mail_sync_timeline()["entries"]
        [shown] = [one for one in page if not one["hidden"]]
        self.assertEqual((shown["subject"], shown["answers"]), ("Re: Offer", False))

    def test_an_owner_who_disables_and_keeps_still_reads_it(self):
        entry = self.receive()
        self.make_private(entry)
        self.account._disable("keep")
        self.assertReaders(entry, "ann")

    def test_it_stays_private_when_its_owner_disables_and_removes(self):
        entry = self.receive(bob=True)
        self.make_private(entry)
        self.account._disable("remove")
        self.assertReaders(entry, "bob")
        entry.with_user(self.bob).action_mail_sync_show()
        self.assertReaders(entry, "ann", "bob", "cem")

    def test_it_stays_private_when_its_owner_is_archived(self):
        entry = self.receive()
        self.make_private(entry)
        self.ann.active = False
        self.assertReaders(entry, "ann")

    def test_nobody_reads_it_when_its_owner_is_deleted(self):
        entry = self.receive()
        self.make_private(entry)
        self.env["mail.message"].search([("author_id", "=", self.ann.partner_id.id)]).unlink()
        self.ann.unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertTrue(entry.exists())
        self.assertFalse(self.reads(self.bob, entry) or self.reads(self.cem, entry))
        self.assertEqual(self.timeline(self.cem), [("", True)])

    def test_it_is_private_on_a_merged_lead(self):
        self.make_private(self.receive())
        other = self.env["crm.lead"].create(
            {"name": "Other", "type": "opportunity", "user_id": self.cem.id}
        )
        entry = self.entries()
        (other | self.lead)._merge_opportunity(user_id=self.cem.id)
        self.assertReaders(entry, "ann")

    def test_what_runs_in_the_background_still_reads_it(self):
        entry = self.receive()
        self.make_private(entry)
        self.env.invalidate_all()
        self.assertEqual(entry.sudo().subject, "Offer")
        self.assertEqual(self.env["mail.message"].search([("subject", "=", "Offer")]), entry)

    def test_open_pages_of_colleagues_forget_it(self):
        self.lead.user_id = self.cem
        entry = self.receive()
        self.env["bus.bus"].search([]).unlink()
        self.make_private(entry)
        self.env.cr.precommit.run()
        told = self.env["bus.bus"].search([]).mapped("message")
        self.assertTrue(any("mail.message/delete" in one for one in told))
        self.assertFalse([one for one in told if "Offer" in one or "Hello." in one])
