from datetime import UTC, datetime, timedelta

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import MailSyncCase, mail

ANN = "Ann <ann@company.example>"
LENA = "Lena Park <lena@customer.example>"
LAWYER = "Ruth <Ruth@Law.example>"


@tagged("post_install", "-at_install")
class TestExclusion(MailSyncCase):
    """Whose mails are never recorded: a company's list, and each user's own."""

    def never(self, pattern, user=None, company=None):
        """Put an address or a domain on the list of a user or, by its manager, of a company."""
        if company:
            return self.env["mail.sync.exclusion"].create(
                {"pattern": pattern, "company_id": company.id}
            )
        user = user or self.ann
        lists = self.env["mail.sync.exclusion"].with_user(user)
        return lists.create({"pattern": pattern, "user_id": user.id})

    # -- what it does ------------------------------------------------------------------------

    def test_one_address_in_copy_keeps_a_leads_mail_out_and_it_is_counted_as_excluded(self):
        self.never("ruth@law.example")
        self.deliver(mail(LENA, ANN, "With the lawyer", Cc=LAWYER))
        self.deliver(mail(LENA, ANN, "Without"))
        self.assertEqual(self.sync(), "New mails looked at: 2. Recorded: 1.")
        self.assertTimeline("Without")
        self.assertEqual(self.account.excluded_count, 1)

    def test_a_domain_covers_itself_and_its_subdomains_only(self):
        self.never("law.example")
        self.deliver(mail(LENA, ANN, "Below", Cc="ruth@mail.law.example"))
        self.deliver(mail(LENA, ANN, "Beside", Cc="ruth@outlaw.example"))
        self.sync()
        self.assertTimeline("Beside")

    def test_the_list_can_be_filled_before_a_mailbox_is_connected(self):
        new = self.salesperson("new")
        self.never("ruth@law.example", user=new)
        account, server = self.connect(new)
        self.deliver(mail(LENA, new.email, "With the lawyer", Cc=LAWYER), server=server)
        self.sync(account)
        self.assertTimeline()

    def test_the_page_leads_to_the_list_before_a_mailbox_is_connected(self):
        page = self.env["mail.sync.account"].with_user(self.salesperson("new")).action_open_mine()
        shown = self.env[page["res_model"]].get_view(page["view_id"][0], "form")["arch"]
        action = self.env.ref("mail_sync_custom.mail_sync_exclusion_action_own")
        self.assertIn(f'name="{action.id}"', shown)

    def test_the_owners_domain_excludes_colleagues_and_does_not_stop_everything(self):
        self.never("company.example")
        self.deliver(mail(LENA, ANN, "To me"))
        self.deliver(mail(LENA, ANN, "To us", Cc="boss@company.example"))
        self.sync()
        self.assertTimeline("To me")

    def test_the_companys_list_applies_to_all_its_mailboxes_and_a_users_to_theirs(self):
        ben = self.salesperson("ben")
        account, server = self.connect(ben)
        self.never("ruth@law.example", company=self.env.company)
        self.never("lena@customer.example")
        for target in (self.server, server):
            self.deliver(mail(LENA, "ben@company.example", "Private", Cc=LAWYER), server=target)
            self.deliver(mail(LENA, "ben@company.example", "For Ben"), server=target)
        self.sync()
        self.assertTimeline()
        self.sync(account)
        self.assertTimeline("For Ben")

    def test_each_company_of_the_owner_counts_and_no_other(self):
        second, foreign = self.env["res.company"].create([{"name": "Second"}, {"name": "Foreign"}])
        self.ann.company_ids = [Command.link(second.id)]
        self.never("ruth@law.example", company=second)
        self.never("lena@customer.example", company=foreign)
        self.deliver(mail(LENA, ANN, "With the lawyer", Cc=LAWYER))
        self.deliver(mail(LENA, ANN, "Without"))
        self.sync()
        self.assertTimeline("Without")

    def test_an_answer_to_a_mail_from_the_crm_is_kept_out_as_well(self):
        self.never("ruth@law.example")
        self.lead.message_post(message_id="<offer@crm.example>", subject="Offer", body="Offer")
        self.deliver(mail(LENA, ANN, "Re: Offer", answers="offer@crm.example", Cc=LAWYER))
        self.sync()
        self.assertTimeline()
        self.assertEqual(self.account.excluded_count, 1)

    def test_mail_recorded_before_stays(self):
        self.deliver(mail(LENA, ANN, "Before"))
        self.sync()
        self.never("lena@customer.example")
        self.deliver(mail(LENA, ANN, "After"))
        self.sync()
        self.assertTimeline("Before")

    def test_past_mails_are_not_added_to_a_lead_created_later(self):
        self.deliver(mail("eve@law.example", ANN, "Past"))
        self.sync()
        self.never("law.example")
        late = self.env["crm.lead"].create({"name": "Late", "email_from": "eve@law.example"})
        self.sync()
        self.assertTimeline(record=late)

    def test_a_mail_set_aside_is_dropped_when_it_is_retried(self):
        uid = self.deliver(mail(LENA, ANN, "Broken"))
        self.server["INBOX"].nil.add(uid)
        self.sync()
        self.never("lena@customer.example")
        self.server["INBOX"].nil.clear()
        with self.enter_registry_test_mode():
            self.account.failed_ids.with_user(self.ann).action_retry()
        self.assertTimeline()
        self.assertFalse(self.account.failed_ids)

    def test_after_removal_from_the_list_its_mails_are_recorded_again(self):
        entry = self.never("lena@customer.example")
        self.deliver(mail(LENA, ANN, "Meanwhile", date=datetime.now(UTC) - timedelta(days=2)))
        self.sync()
        entry.action_remove()
        self.deliver(mail(LENA, ANN, "Again"))
        self.sync()
        self.assertTimeline("Again")

    # -- what can be entered -----------------------------------------------------------------

    def test_it_is_stored_in_the_form_that_mails_carry(self):
        entry = self.never(" Ruth@Müller.Example ")
        self.assertEqual(entry.pattern, "ruth@xn--mller-kva.example")
        self.assertEqual((entry.kind, entry.whose), ("address", "own"))
        entry.pattern = "@Law.example"
        self.assertEqual((entry.pattern, entry.kind), ("law.example", "domain"))

    def test_an_invalid_entry_is_refused_with_what_to_enter(self):
        refused = {
            "  ": "Enter a mail address, or a domain.",
            "@": "neither a mail address nor a domain",
            "lena": "neither a mail address nor a domain",
            "lena@customer": "no dot after the @",
            "lena@customer.example, ruth@law.example": "one address or domain in each line",
            "Lena <lena@customer.example>": "no space in it",
            "https://law.example": "not a domain",
            "<lena>@customer.example": "not a mail address",
        }
        for entered, words in refused.items():
            with self.subTest(entered=entered), self.assertRaisesRegex(ValidationError, words):
                self.never(entered)

    @mute_logger("odoo.sql_db")
    def test_it_is_unique_on_a_list_but_may_be_on_several(self):
        self.never("law.example")
        self.never("law.example", user=self.salesperson("ben"))
        self.never("law.example", company=self.env.company)
        for again in ({}, {"company": self.env.company}):
            with self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self.never("LAW.example", **again)

    @mute_logger("odoo.sql_db")
    def test_an_entry_belongs_to_exactly_one_list(self):
        values = {"pattern": "law.example"}
        both = {"user_id": self.ann.id, "company_id": self.env.company.id}
        for lists in ({}, both):
            with self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self.env["mail.sync.exclusion"].create({**values, **lists})

    # -- whose it is -------------------------------------------------------------------------

    def test_a_users_exclusions_are_private(self):
        self.never("secret.example")
        everybody = "mail_sync_custom.group_mail_sync_administrator"
        for reader in (self.salesperson("ben"), self.salesperson("boss", groups=everybody)):
            lists = self.env["mail.sync.exclusion"].with_user(reader)
            self.assertFalse(lists.search([("pattern", "=", "secret.example")]))

    def test_everybody_reads_the_companys_list_and_its_managers_change_it(self):
        entry = self.never("law.example", company=self.env.company)
        role = "mail_sync_custom.group_mail_sync_{}"
        manager = self.salesperson("manager", groups=role.format("company_manager"))
        leader = self.salesperson("leader", groups=role.format("sales_manager"))
        administrator = self.salesperson("boss", groups="base.group_system")
        for reader in (self.ann, leader, manager, administrator):
            self.assertEqual(entry.with_user(reader).whose, "company")
        for reader in (self.ann, leader):
            for change in ({"note": "mine"}, {"user_id": reader.id, "company_id": False}):
                with self.assertRaises(AccessError):
                    entry.with_user(reader).write(change)
            with self.assertRaises(AccessError):
                entry.with_user(reader).action_remove()
        for writer in (manager, administrator):
            entry.with_user(writer).note = f"by {writer.login}"
        self.assertEqual(entry.note, "by boss")
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"}).ids
        companies = {"company_id": elsewhere[0], "company_ids": [Command.set(elsewhere)]}
        stranger = self.salesperson("stranger", groups=role.format("administrator"), **companies)
        self.assertFalse(entry.with_user(stranger).has_access("read"))

    def test_no_entry_can_be_added_to_another_users_or_the_companys_list(self):
        ben = self.salesperson("ben")
        own = self.never("law.example")
        lists = self.env["mail.sync.exclusion"].with_user(self.ann)
        elsewhere = (
            {"user_id": ben.id, "company_id": False},
            {"user_id": False, "company_id": self.env.company.id},
        )
        for other in elsewhere:
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                own.write(other)
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                lists.create({"pattern": "other.example", **other})
        self.assertEqual(own.user_id, self.ann)


@tagged("post_install", "-at_install")
class TestExclusionTour(MailSyncCase, HttpCase):
    def test_the_users_own_list_is_edited_in_place_beside_the_companys(self):
        lists = self.env["mail.sync.exclusion"]
        lists.create({"pattern": "bank.example", "company_id": self.env.company.id})
        lists.create({"pattern": "school.example", "user_id": self.ann.id})
        self.start_tour("/odoo", "mail_sync_never_record", login="ann")
        own = lists.search([("user_id", "=", self.ann.id)])
        self.assertEqual(own.mapped("pattern"), ["ruth@family.example"])
        self.assertEqual(lists.search([("company_id", "!=", False)]).pattern, "bank.example")

    def test_a_company_manager_finds_the_companys_list_in_the_crm(self):
        role = "mail_sync_custom.group_mail_sync_company_manager"
        manager = self.salesperson("manager", groups=role)
        self.start_tour("/odoo/crm", "mail_sync_never_record_company", login="manager")
        entry = self.env["mail.sync.exclusion"].search([])
        self.assertEqual((entry.pattern, entry.company_id), ("bank.example", manager.company_id))
