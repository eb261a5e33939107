from datetime import UTC, datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import MailSyncCase, mail

ANN = "Ann <ann@company.example>"
LENA = "Lena Park <lena@customer.example>"
RUTH = "Mother <ruth@family.example>"
COUNTS = ("seen_count", "recorded_count", "other_count", "excluded_count", "failed_count")


@tagged("post_install", "-at_install")
class TestCompleteness(MailSyncCase):
    """What the page says is what is on the server and in the database, and it can be checked."""

    def setUp(self):
        super().setUp()
        self.page = self.account.with_user(self.ann)
        self.day = datetime.now(UTC).replace(microsecond=0) - timedelta(days=20)

    def deliver_one(self, subject, sender=LENA, to=ANN, mailbox="INBOX", **headers):
        self.day += timedelta(hours=1)
        return self.deliver(mail(sender, to, subject, date=self.day, **headers), mailbox)

    def refuse(self, subject):
        """Have the database refuse a mail, as it does a text that it cannot hold."""
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE data_exception USING MESSAGE = 'refused'; END $$;
            """
        )
        self.env.cr.execute(
            f"CREATE TRIGGER refuse BEFORE INSERT ON mail_message FOR EACH ROW"
            f" WHEN (NEW.subject = '{subject}') EXECUTE FUNCTION refuse()"
        )

    def accept(self):
        self.env.cr.execute("DROP TRIGGER refuse ON mail_message")

    def delete(self, *subjects):
        """Delete entries behind the addon's back."""
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM mail_message WHERE subject = ANY(%s)", [list(subjects)])
        self.env.invalidate_all()

    def press(self, button):
        with self.enter_registry_test_mode():
            said = getattr(self.page, button)()
        self.env.invalidate_all()
        return said["params"]["message"]

    def check(self):
        """Check completeness; return what is missing: subject and reason."""
        self.press("action_check_completeness")
        self.assertEqual(self.page.check_state, "checking")
        self.sync()
        self.assertEqual(self.page.check_state, "done")
        return {one.subject: one.found for one in self.page.missing_ids}

    def assertAddsUp(self):
        """Each mail that was looked at is counted in one of the others, in each folder too."""
        for one in (self.page, *self.page.mailbox_ids):
            seen, *others = (one[name] for name in COUNTS)
            self.assertEqual(seen, sum(others))

    # -- checking, and fetching ----------------------------------------------------------------

    def test_thirty_mails_of_which_some_are_deleted_set_aside_or_excluded(self):
        self.env["mail.sync.exclusion"].create({"pattern": "quiet.example", "user_id": self.ann.id})
        for number in range(24):
            self.deliver_one(f"In {number}")
        for number in range(3):
            self.deliver_one(f"Out {number}", ANN, LENA, "Sent")
        self.deliver_one("Broken")
        self.deliver_one("Quiet", cc="Q <q@quiet.example>")
        self.deliver_one("Sunday", RUTH)
        self.refuse("Broken")
        self.sync()
        self.assertEqual([self.page[name] for name in COUNTS], [30, 27, 1, 1, 1])
        self.assertAddsUp()
        gone = ["In 0", "In 11", "In 23", "Out 1", "Out 2"]
        self.delete(*gone)
        self.assertEqual(self.check(), dict.fromkeys(gone, "deleted"))
        inbox, sent = self.page.mailbox_ids.sorted("name")
        self.assertEqual((inbox.missing_count, sent.missing_count), (3, 2))
        self.assertEqual((inbox.exists_count, sent.exists_count), (27, 3))
        self.assertEqual((inbox.checked_count, sent.checked_count), (27, 3))
        self.assertEqual(
            inbox.check_words,
            "On their leads: 21. Concerning no lead: 1. Left out, with an address that is never "
            "recorded: 1. Set aside: 1. Missing, deleted in the CRM: 3.",
        )
        one = self.page.missing_ids.filtered(lambda each: each.subject == "Out 1")
        self.assertEqual((one.email_from, one.direction), ('"Ann" <ann@company.example>', "out"))
        self.assertEqual(len(self.entries()), 22, "A check changes nothing")
        self.accept()
        self.press("action_fetch_missing")
        self.sync()
        self.assertEqual(self.page.check_state, "done")
        self.assertFalse(self.page.missing_ids)
        self.assertEqual(self.page.missing_count, 0)
        self.assertEqual(len(self.entries()), 28)
        self.assertEqual([self.page[name] for name in COUNTS], [30, 28, 1, 1, 0])
        self.assertAddsUp()

    def test_a_mail_on_lead_and_contact_is_missing_where_it_was_deleted(self):
        contact = self.env["res.partner"].create({"name": "Lena", "email": LENA})
        self.lead.partner_id = contact
        self.deliver_one("On both")
        self.sync()
        self.env.cr.execute("DELETE FROM mail_message WHERE id = %s", self.entries(contact).ids)
        self.env.invalidate_all()
        self.assertEqual(self.check(), {"On both": "deleted"})
        self.press("action_fetch_missing")
        self.sync()
        self.assertTimeline("On both", record=contact)
        self.assertTimeline("On both")

    def test_what_went_with_its_lead_is_missing_once_the_address_is_a_leads_again(self):
        self.deliver_one("Of a lead")
        self.sync()
        values = {"name": "Again", "email_from": LENA, "user_id": self.ann.id}
        self.lead.unlink()
        self.assertEqual(self.check(), {})
        lead = self.env["crm.lead"].create(values)
        self.env["mail.sync.latecomer"].search([]).unlink()
        self.assertEqual(self.check(), {"Of a lead": "lead_deleted"})
        self.press("action_fetch_missing")
        self.sync()
        self.assertTimeline("Of a lead", record=lead)

    def test_what_came_while_it_was_excluded(self):
        never = self.env["mail.sync.exclusion"].create(
            {"pattern": "customer.example", "company_id": self.ann.company_id.id}
        )
        self.deliver_one("Kept out")
        self.sync()
        self.assertEqual(self.check(), {})
        never.unlink()
        self.assertEqual(self.check(), {"Kept out": "left_out"})
        self.assertAddsUp()
        self.press("action_fetch_missing")
        self.sync()
        self.assertTimeline("Kept out")
        self.assertAddsUp()

    def test_what_was_removed_on_purpose_is_not_missing_and_stays_removed(self):
        self.deliver_one("Removed")
        self.deliver_one("Moved")
        self.sync()
        removed, moved = self.entries()
        removed.with_user(self.ann).action_mail_sync_remove()
        moved.with_user(self.ann)._mail_sync_move(self.lead.copy({"email_from": False}))
        self.assertEqual(self.check(), {})
        self.assertIn("Removed on purpose: 1.", self.page.mailbox_ids[0].check_words)
        self.press("action_fetch_missing")
        self.sync()
        self.assertTimeline()

    def test_a_private_mail_that_is_fetched_is_private_again(self):
        self.deliver_one("Private")
        self.sync()
        self.entries().with_user(self.ann).action_mail_sync_make_private()
        self.delete("Private")
        self.assertEqual(self.check(), {"Private": "deleted"})
        self.press("action_fetch_missing")
        self.sync()
        self.assertTrue(self.entries().mail_sync_private)

    def test_only_the_owner_sees_what_is_missing_and_may_check(self):
        self.deliver_one("Mine")
        self.sync()
        self.delete("Mine")
        self.check()
        admin = new_test_user(
            self.env, "boss", groups="base.group_system,sales_team.group_sale_manager"
        )
        self.assertFalse(self.env["mail.sync.missing"].with_user(admin).search([]))
        with self.assertRaises(AccessError):
            self.page.missing_ids.with_user(admin).read(["subject"])
        with self.assertRaises(UserError):
            self.account.with_user(admin).action_check_completeness()

    def test_a_mailbox_that_is_not_read_cannot_be_checked(self):
        self.account.state = "connection"
        with self.assertRaisesRegex(UserError, "Reconnect it first"):
            self.page.action_check_completeness()

    def test_what_is_known_of_a_person_is_erased_from_the_list_too(self):
        self.deliver_one("Erased")
        self.sync()
        self.delete("Erased")
        self.check()
        person = self.env["mail.sync.person"]
        self.assertEqual(
            person._traces(["lena@customer.example"])["not_recorded"],
            [{"date": self.day.replace(tzinfo=None), "list": "missing"}],
        )
        person._erase_traces(["lena@customer.example"])
        self.assertFalse(self.page.missing_ids)

    # -- counts --------------------------------------------------------------------------------

    def test_the_counts_are_true_after_reconnecting(self):
        for number in range(3):
            self.deliver_one(f"Mail {number}")
        self.deliver_one("Sunday", RUTH)
        self.sync()
        before = [self.page[name] for name in COUNTS]
        self.assertEqual(before, [4, 3, 1, 0, 0])
        self.account._disable("keep")
        account, _server = self.connect(self.ann)
        self.servers[self.ann.email] = self.server
        self.assertEqual(account, self.account)
        self.sync()
        self.assertEqual([self.page[name] for name in COUNTS], before)
        self.assertEqual(self.page.mailbox_ids.sorted("name")[0].recorded_count, 3)
        self.assertAddsUp()

    def test_the_counts_are_true_after_a_new_uidvalidity(self):
        uids = [self.deliver_one(f"Mail {number}") for number in range(3)]
        self.deliver_one("Sunday", RUTH)
        self.sync()
        self.server["INBOX"].expunge(uids[0])
        self.server["INBOX"].renumber()
        self.sync()
        inbox = self.page.mailbox_ids.sorted("name")[0]
        self.assertEqual([inbox[name] for name in COUNTS], [3, 2, 1, 0, 0])
        self.assertEqual([self.page[name] for name in COUNTS], [4, 3, 1, 0, 0])
        self.assertEqual(self.page.moved_count, 1)
        self.assertAddsUp()

    def test_a_mail_in_two_folders_counts_as_recorded_once(self):
        self.deliver_one("Copy", ANN, f"{LENA}, {ANN}", "Sent")
        self.day -= timedelta(hours=1)
        self.deliver_one("Copy", ANN, f"{LENA}, {ANN}")
        self.sync()
        self.assertEqual([self.page[name] for name in COUNTS], [2, 1, 1, 0, 0])
        self.assertAddsUp()

    # -- lists ---------------------------------------------------------------------------------

    def test_the_list_behind_recorded_has_as_many_mails_as_the_number_says(self):
        contact = self.env["res.partner"].create({"name": "Lena", "email": LENA})
        self.lead.partner_id = contact
        self.deliver_one("First")
        self.deliver_one("Second")
        self.sync()
        action = self.page.action_open_recorded()
        found = self.env[action["res_model"]].with_user(self.ann).search(action["domain"])
        self.assertEqual(len(found), self.page.recorded_count)
        self.assertEqual(found.sorted("date").mapped("subject"), ["First", "Second"])
        self.assertEqual(set(found.mapped("email_from")), {'"Lena Park" <lena@customer.example>'})
        self.assertEqual(found[0].record_name, f"{self.lead.display_name}, {contact.display_name}")
        self.assertEqual(found.search([("subject", "ilike", "sec")]).subject, "Second")
        self.assertEqual(found[0].action_open()["res_id"], self.lead.id)

    def test_what_was_deleted_by_hand_is_counted_as_such(self):
        self.deliver_one("First")
        self.deliver_one("Second")
        self.sync()
        self.assertFalse(self.page.deleted_count)
        self.entries().filtered(lambda entry: entry.subject == "First").unlink()
        self.env.invalidate_all()
        self.assertEqual((self.page.recorded_count, self.page.deleted_count), (2, 1))
        self.assertIn(
            "Deleted from the CRM", self.env["mail.sync.message"].search([]).mapped("record_name")
        )

    def test_a_mail_is_counted_as_deleted_only_without_any_entry(self):
        contact = self.env["res.partner"].create({"name": "Lena", "email": LENA})
        self.lead.partner_id = contact
        self.deliver_one("First")
        self.sync()
        self.entries().filtered(lambda entry: entry.model == "crm.lead").unlink()
        self.assertFalse(self.page.deleted_count)
        contact.unlink()
        self.env.invalidate_all()
        self.assertEqual((self.page.recorded_count, self.page.deleted_count), (1, 1))

    def test_what_comes_back_with_a_new_lead_is_no_longer_counted_as_deleted(self):
        self.deliver_one("First")
        self.sync()
        self.lead.unlink()
        self.env.invalidate_all()
        self.assertEqual(self.page.deleted_count, 1)
        self.env["crm.lead"].create({"name": "Again", "email_from": LENA, "user_id": self.ann.id})
        self.sync()
        self.env.invalidate_all()
        self.assertEqual((self.page.recorded_count, self.page.deleted_count), (1, 0))

    def test_it_says_nothing_of_a_record_that_its_reader_may_not_open(self):
        junior = self.salesperson("junior", groups="sales_team.group_sale_salesman")
        account, server = self.connect(junior)
        self.deliver(mail(LENA, "junior@company.example", "Confidential"), server=server)
        self.sync(account)
        link = self.env["mail.sync.message"].with_user(junior).search([])
        self.assertEqual(link.outcome, "recorded")
        self.assertFalse(link.subject)
        self.assertEqual(link.record_name, "On a record that you may not open")
        self.assertFalse(link.search([("subject", "ilike", "Confid")]))
        with self.assertRaises(UserError):
            link.action_open()

    def test_what_is_set_aside_says_what_it_is_and_trying_again_says_what_came_of_it(self):
        self.deliver_one("Broken")
        self.refuse("Broken")
        self.sync()
        action = self.page.action_open_failed()
        failed = self.env[action["res_model"]].with_user(self.ann).search(action["domain"])
        self.assertEqual(failed.email_from, '"Lena Park" <lena@customer.example>')
        self.assertEqual(failed.subject, "Broken")
        self.assertEqual(failed.date, self.day.replace(tzinfo=None))
        self.assertTrue(failed.why)

        def retry():
            with self.enter_registry_test_mode():
                said = failed.action_retry()
            self.env.invalidate_all()
            return said["params"]["message"]

        self.assertEqual(retry(), f"Still set aside: {failed.why}")
        self.assertEqual(failed.attempts, 1)
        self.accept()
        self.assertEqual(retry(), "Recorded.")
        self.assertTimeline("Broken")
        self.assertFalse(failed.aside_subject)

    def test_trying_again_says_when_a_mail_has_gone(self):
        uid = self.deliver_one("Broken")
        self.refuse("Broken")
        self.sync()
        failed = self.page.failed_ids
        self.server["INBOX"].expunge(uid)
        with self.enter_registry_test_mode():
            said = failed.with_user(self.ann).action_retry()
        self.assertIn("no longer on the server", said["params"]["message"])
