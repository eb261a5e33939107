"""Internal mails, exclusions on what is recorded already, and what is kept of a person."""

import base64
import io
import json
import zipfile

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import mail
from .test_entry_actions import ANN, BOB, LENA, EntryCase


@tagged("post_install", "-at_install")
class TestInternal(EntryCase):
    def setUp(self):
        super().setUp()
        self.colleagues = self.env["crm.lead"].create(
            {"name": "A colleague's own order", "email_from": "bob@company.example"}
        )

    def test_mails_between_colleagues_are_recorded_only_if_the_company_says_so(self):
        self.deliver(mail(BOB, ANN, "Lunch"))
        self.sync()
        self.assertTimeline(record=self.colleagues)
        self.account.company_id.mail_sync_record_internal = True
        self.deliver(mail(BOB, ANN, "Order"))
        self.sync()
        self.assertTimeline("Order", record=self.colleagues)


@tagged("post_install", "-at_install")
class TestExclusionOfThePast(EntryCase):
    def never(self, pattern, **owner):
        owner = owner or {"user_id": self.ann.id}
        exclusion = self.env["mail.sync.exclusion"].create({"pattern": pattern, **owner})
        return self.env["mail.sync.exclusion.apply"].create({"exclusion_id": exclusion.id})

    def as_ann(self, wizard):
        return wizard.with_user(self.ann).create({"exclusion_id": wizard.exclusion_id.id})

    def test_it_is_counted_first_and_stays_unless_asked(self):
        wizard = self.never("lena@customer.example")
        self.assertEqual(
            (wizard.removed_count, wizard.record_count, wizard.shared_count), (1, 1, 0)
        )
        self.assertTimeline("Offer")

    def test_it_goes_and_does_not_come_back_even_when_the_exclusion_does(self):
        wizard = self.as_ann(self.never("customer.example"))
        wizard.action_remove()
        self.assertTimeline()
        wizard.exclusion_id.unlink()
        self.reconnect()
        self.assertTimeline()

    def test_another_address_stays(self):
        self.never("customer.example.org").action_remove()
        self.never("na@customer.example").action_remove()
        self.never("tomer.example").action_remove()
        self.assertTimeline("Offer")

    def test_other_spellings_count_by_the_rules_of_the_company(self):
        self.deliver(mail(LENA, ANN, "Tagged", Cc="lena+shop@law.example"))
        self.sync()
        wizard = self.never("lena@law.example")
        self.assertEqual(wizard.removed_count, 0)
        self.account.company_id.mail_sync_plus_tags = True
        wizard.action_remove()
        self.assertTimeline("Offer")

    def test_an_address_in_copy_counts(self):
        self.deliver(mail(LENA, ANN, "With the lawyer", Cc="Ruth <RUTH@law.example>"))
        self.sync()
        self.never("law.example").action_remove()
        self.assertTimeline("Offer")

    def test_what_a_colleague_holds_too_stays_for_them(self):
        self.bob_gets()
        wizard = self.never("lena@customer.example")
        self.assertEqual((wizard.removed_count, wizard.shared_count), (0, 1))
        wizard.action_remove()
        self.assertTimeline("Offer")
        self.assertEqual(self.entries()._mail_sync_owners(), self.bob)

    def test_the_companys_takes_it_from_all_of_its_mailboxes(self):
        self.bob_gets()
        self.never("lena@customer.example", company_id=self.ann.company_id.id).action_remove()
        self.assertTimeline()
        self.sync(self.bobs)
        self.assertTimeline()

    def test_nobody_applies_a_list_that_they_may_not_change(self):
        wizard = self.never("lena@customer.example", company_id=self.ann.company_id.id)
        with self.assertRaises(AccessError):
            self.as_ann(wizard).action_remove()
        own = self.never("lena@customer.example")
        with self.assertRaises(AccessError):
            self.env["mail.sync.exclusion.apply"].with_user(self.bob).create(
                {"exclusion_id": own.exclusion_id.id}
            ).action_remove()
        self.assertTimeline("Offer")


@tagged("post_install", "-at_install")
class TestPerson(EntryCase):
    def setUp(self):
        super().setUp()
        self.administrator = self.salesperson(
            "root", "base.group_system,mail_sync_custom.group_mail_sync_administrator"
        )

    def ask(self, user=None, **values):
        wizards = self.env["mail.sync.erasure"].with_user(user or self.administrator)
        wizards = wizards.with_context(active_model="crm.lead", active_ids=self.lead.ids)
        return wizards.create(values)

    def archive(self):
        wizard = self.ask()
        wizard.action_export()
        data = io.BytesIO(base64.b64decode(wizard.archive))
        with zipfile.ZipFile(data) as archive:
            return {name: archive.read(name).decode() for name in archive.namelist()}

    def test_it_begins_with_the_addresses_of_the_record_and_counts(self):
        wizard = self.ask()
        self.assertEqual(wizard.addresses, "lena@customer.example")
        self.assertEqual((wizard.mail_count, wizard.record_count), (1, 1))

    def test_the_export_has_each_mail_and_a_list(self):
        files = self.archive()
        self.assertIn("Subject: Offer", files["mails/00001.eml"])
        [line] = json.loads(files["stored.json"])["mails"]
        self.assertEqual((line["subject"], line["direction"]), ("Offer", "in"))
        self.assertEqual(line["mailboxes"], [self.ann.name])

    def test_the_export_shows_no_private_mail(self):
        self.entry.with_user(self.ann).action_mail_sync_make_private()
        self.env.invalidate_all()
        files = self.archive()
        self.assertEqual(list(files), ["stored.json"])
        self.assertNotIn("Offer", files["stored.json"])
        [line] = json.loads(files["stored.json"])["mails"]
        self.assertEqual((line["private"], line["ask"]), (True, [self.ann.name]))

    def test_what_is_erased_leaves_a_hash_and_does_not_come_back(self):
        self.bob_gets()
        self.ask().action_erase()
        self.assertTimeline()
        self.assertFalse(self.env["mail.sync.message"].search([]))
        [stone] = self.env["mail.sync.tombstone"].search([])
        self.assertNotIn("@", stone.hash)
        self.sync()
        self.sync(self.bobs)
        self.reconnect()
        self.assertTimeline()

    def test_private_mails_are_erased_as_well(self):
        self.entry.with_user(self.ann).action_mail_sync_make_private()
        wizard = self.ask()
        self.assertEqual((wizard.mail_count, wizard.private_count), (1, 1))
        wizard.action_erase()
        self.assertFalse(self.entry.exists())

    def test_mails_of_others_stay(self):
        max_ = self.env["crm.lead"].create({"name": "Max", "email_from": "max@customer.example"})
        self.deliver(mail("max@customer.example", ANN, "From Max"))
        self.sync()
        self.ask().action_erase()
        self.assertTimeline("From Max", record=max_)

    def test_new_mail_is_recorded_again_unless_the_address_is_put_on_the_list(self):
        self.ask().action_erase()
        self.deliver(mail(LENA, ANN, "New"))
        self.sync()
        self.assertTimeline("New")
        self.ask(never_again=True).action_erase()
        self.deliver(mail(LENA, ANN, "Newer"))
        self.sync()
        self.assertTimeline()

    def test_traces_besides_the_mails_are_erased(self):
        log = self.env["mail.sync.log"].create(
            {
                "account_id": self.account.id,
                "code": "recipient_refused",
                "detail": "550 <Lena@customer.example>: unknown",
            }
        )
        self.ask().action_erase()
        self.assertFalse(log.exists())

    def test_only_administrators_export_or_erase(self):
        boss = self.salesperson("boss", "mail_sync_custom.group_mail_sync_company_manager")
        for user in (self.ann, boss):
            with self.assertRaises(AccessError):
                self.ask(user, addresses="lena@customer.example")
