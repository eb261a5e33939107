"""Who reads the recorded mails on a contact."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .recorded_case import Recorded
from .roles_case import WHO


@tagged("post_install", "-at_install")
class TestContact(Recorded):
    """Who reads the mails on a contact, beyond the salespeople of its leads."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.jr = cls.people["jr_salesperson"]
        cls.employee = cls.people["employee"]

    def lead(self, owner, **values):
        values = {"name": "Roof", "type": "opportunity", "user_id": owner.id, **values}
        return self.env["crm.lead"].create(values)

    def test_mail_in_the_users_own_mailbox_is_readable_without_a_lead(self):
        for who in WHO[2:]:
            user = self.people[who]
            entry = self.entry(self.contact(), f"{who}@example.com")
            self.assertFalse(self.reads(entry, user), who)
            self.hold(user, entry)
            self.assertTrue(self.reads(entry, user), who)

    def test_mail_removed_from_the_users_mailbox_is_not_readable(self):
        entry = self.entry(self.contact([self.lead(self.mate)]))
        self.hold(self.jr, entry).outcome = "removed"
        self.assertFalse(self.reads(entry, self.jr))

    def test_mail_recorded_by_a_colleagues_mailbox_on_the_users_lead(self):
        own, others = self.lead(self.jr), self.lead(self.mate)
        contact = self.contact([own, others])
        self.entry(own)
        self.entry(others)
        entry = self.entry(contact)
        self.hold(self.mate, entry)
        self.assertTrue(self.reads(entry, self.jr))

    def test_mail_on_a_colleagues_lead_of_a_contact_that_also_has_the_users_lead(self):
        own, others = self.lead(self.jr), self.lead(self.mate)
        contact = self.contact([own, others])
        self.entry(others, "theirs@example.com")
        self.entry(own, "mine@example.com")
        theirs = self.entry(contact, "theirs@example.com")
        mine = self.entry(contact, "mine@example.com")
        self.assertFalse(self.reads(theirs, self.jr))
        self.assertTrue(self.reads(mine, self.jr))

    def test_another_mail_with_the_same_id_is_another_mail(self):
        own, others = self.lead(self.jr), self.lead(self.mate)
        contact = self.contact([own, others])
        self.entry(own)
        self.entry(others).mail_sync_entry_ids.variant = 1
        entry = self.entry(contact)
        entry.mail_sync_entry_ids.variant = 1
        self.assertFalse(self.reads(entry, self.jr))

    def test_mail_written_on_the_users_lead_that_is_also_on_the_contact(self):
        own = self.lead(self.jr)
        written = own.message_post(body="Recorded", subject="Recorded")
        entry = self.entry(self.contact([own]), written.message_id.strip("<>"))
        self.assertTrue(self.reads(entry, self.jr))
        self.assertFalse(self.reads(entry, self.employee))

    def test_mail_that_is_no_longer_on_any_lead(self):
        gone = self.lead(self.mate)
        contact = self.contact([gone])
        self.entry(gone)
        entry = self.entry(contact)
        gone.unlink()
        self.assertFalse(self.reads(entry, self.jr))
        self.lead(self.jr, partner_id=contact.id)
        self.assertTrue(self.reads(entry, self.jr))
        self.assertFalse(self.reads(entry, self.employee))

    def test_a_lost_lead_still_belongs_to_its_user(self):
        own = self.lead(self.jr)
        self.entry(own)
        entry = self.entry(self.contact([own]))
        own.action_set_lost()
        self.assertFalse(own.active)
        self.assertTrue(self.reads(entry, self.jr))

    def test_a_lead_that_is_given_to_somebody_else_takes_its_mails_along(self):
        own = self.lead(self.jr)
        self.entry(own)
        entry = self.entry(self.contact([own]))
        self.assertTrue(self.reads(entry, self.jr))
        own.user_id = self.mate
        self.assertFalse(self.reads(entry, self.jr))
        self.assertTrue(self.reads(entry, self.mate))

    def test_a_company_that_is_not_selected(self):
        user = self.people["company_manager"]
        user.company_ids |= self.elsewhere
        lead = self.lead(self.foreign, company_id=self.elsewhere.id)
        self.entry(lead)
        entry = self.entry(self.contact([lead])).with_user(user)
        here = entry.with_context(allowed_company_ids=self.company.ids)
        both = entry.with_context(allowed_company_ids=(self.company | self.elsewhere).ids)
        self.assertFalse(here.has_access("read"))
        self.assertTrue(both.has_access("read"))

    def test_a_follower_of_a_contact_reads_its_posts_but_no_more_mails(self):
        lead = self.lead(self.mate)
        contact = self.contact([lead])
        self.entry(lead)
        entry = self.entry(contact)
        for follower in (self.employee, self.mate):
            contact.message_subscribe(follower.partner_id.ids)
        note = contact.message_post(body="Moved to Bath", attachments=[("map.txt", b"1")])
        for user in (self.employee, self.mate):
            self.assertTrue(note.with_user(user).has_access("read"))
            self.assertTrue(note.attachment_ids.with_user(user).has_access("read"))
        self.assertFalse(self.reads(entry, self.employee))
        self.assertTrue(self.reads(entry, self.mate))

    def test_nobody_changes_or_deletes_a_mail_that_they_cannot_read(self):
        lead = self.lead(self.mate)
        contact = self.contact([lead])
        self.entry(lead)
        entry = self.entry(contact)
        maker = self.person("maker", "base.group_user,base.group_partner_manager")
        self.assertTrue(contact.with_user(maker).has_access("write"))
        for operation in ("write", "unlink"):
            self.assertFalse(entry.with_user(maker).has_access(operation), operation)
            self.assertFalse(entry.attachment_ids.with_user(maker).has_access(operation))
        with self.assertRaises(AccessError):
            entry.with_user(maker).write({"partner_ids": maker.partner_id.ids})

    def test_a_mail_that_is_deleted_leaves_no_file_behind(self):
        own = self.lead(self.jr)
        self.jr.group_ids |= self.env.ref("base.group_partner_manager")
        self.entry(own)
        contact = self.contact([own])
        entry, note = self.entry(contact), contact.message_post(body="x", attachments=[("a", b"1")])
        file, other = entry.attachment_ids, note.attachment_ids
        with self.assertRaises(UserError):
            entry.with_user(self.jr).unlink()
        note.with_user(self.jr).unlink()
        entry.with_user(self.env.ref("base.user_admin")).unlink()
        self.assertFalse(file.exists())
        self.assertTrue(other.exists(), "Odoo's own rule for what was not recorded")

    def test_the_routes_of_the_web_client(self):
        lead = self.lead(self.mate)
        self.entry(lead)
        entry = self.entry(self.contact([lead]))
        for user, found in ((self.mate, entry), (self.jr, entry.browse())):
            for mode in ("read", "create"):
                messages = self.env["mail.message"].with_user(user)
                self.assertEqual(messages._get_with_access(entry.id, mode=mode), found)

    def test_a_customer_reads_no_mails_on_their_own_contact(self):
        portal = self.people["portal"]
        self.assertTrue(portal.partner_id.with_user(portal).has_access("read"))
        self.assertFalse(self.reads(self.entry(portal.partner_id), portal))

    def test_an_administrator_exports_what_they_can_read(self):
        boss = self.person("boss", "base.group_system")
        entry = self.entry(self.contact([self.lead(self.mate)])).with_user(boss)
        with self.assertRaises(AccessError):
            entry.export_data(["body"])

    def test_a_page_of_a_contact_is_full_despite_hidden_mails(self):
        own, others = self.lead(self.jr), self.lead(self.mate)
        contact = self.contact([own, others])
        for number in range(12):
            message_id = f"{number}@example.com"
            self.entry(own if number % 3 == 0 else others, message_id)
            self.entry(contact, message_id).subject = f"Mail {number}"
        self.env.flush_all()
        contact = contact.with_user(self.jr)

        def page(offset):
            shown = contact.mail_sync_timeline(offset=offset, limit=2)
            return [entry["subject"] for entry in shown["entries"]], shown["more"]

        self.assertEqual(page(0), (["Mail 9", "Mail 6"], True))
        self.assertEqual(page(2), (["Mail 3", "Mail 0"], False))
        fetched = contact.env["mail.message"]._message_fetch(None, thread=contact, limit=3)
        self.assertEqual(len(fetched["messages"]), 3)

    def test_the_contacts_page_names_no_mailbox_whose_mails_are_hidden(self):
        own, others = self.lead(self.jr), self.lead(self.mate)
        contact = self.contact([own, others])
        self.entry(others)
        self.hold(self.mate, self.entry(contact))
        self.assertFalse(contact.with_user(self.jr).mail_sync_timeline()["mailboxes"])
        shown = contact.with_user(self.mate).mail_sync_timeline()["mailboxes"]
        self.assertEqual([mailbox["name"] for mailbox in shown], ["mate"])

    def test_an_answer_does_not_show_the_hidden_mail_that_it_answers(self):
        own, others = self.lead(self.jr), self.lead(self.mate)
        contact = self.contact([own, others])
        self.entry(others, "question@example.com")
        self.entry(own, "answer@example.com")
        question = self.entry(contact, "question@example.com")
        self.entry(contact, "answer@example.com").parent_id = question
        self.env.flush_all()
        [shown] = contact.with_user(self.jr).mail_sync_timeline()["entries"]
        self.assertFalse(shown["answers"])
        shown = contact.with_user(self.people["sales_manager"]).mail_sync_timeline()["entries"]
        self.assertTrue(any(entry["answers"] for entry in shown))

    def test_the_query_count_does_not_grow_with_a_contacts_mails(self):
        own = self.lead(self.jr)
        contact = self.contact([own])
        for number in range(20):
            self.entry(own, f"{number}@example.com")
            self.entry(contact, f"{number}@example.com")
        self.env.flush_all()
        entries = contact.message_ids.filtered("mail_sync_entry_ids")
        self.assertEqual(len(entries), 20)

        def queries(messages):
            self.env.invalidate_all()
            messages = messages.with_user(self.jr)
            files = messages.sudo().attachment_ids.sudo(False)
            before = self.env.cr.sql_log_count
            self.assertEqual(messages.search([("id", "in", messages.ids)]), messages)
            messages.check_access("read")
            files.check_access("read")
            return self.env.cr.sql_log_count - before

        queries(entries)  # what is read once per process
        self.assertEqual(queries(entries), queries(entries[:2]))
