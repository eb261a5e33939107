"""Who may do what with what, for every role and every model of ours: one table, and its test.

The table is the specification's words (roles, privacy), not what the rules happen to say. A model
without a line in it fails the test, and so does a line without a model.
"""

from collections import namedtuple
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools.translate import code_translations

from ..hooks import post_init_hook

#: The people of the test, in the order of the tables' columns.
WHO = (
    "portal",
    "public",
    "employee",  # an internal user without a role, and without Odoo's sales groups
    "jr_salesperson",
    "salesperson",
    "marketing_manager",
    "sales_manager",
    "company_manager",
    "administrator",
)

#: Whose a record is, seen from who reaches for it, and how far that is from them.
OWN = {"own"}
TEAM = OWN | {"led"}  # of the teams that they lead
COMPANY = TEAM | {"mate", "other"}  # of the same team, led by somebody else; of another team
SHARED = COMPANY | {"foreign"}  # of another company: nobody's in particular
NOBODY = set()

_ = NOBODY
NOT_INTERNAL = (_, _)
Access = namedtuple("Access", "read write create unlink")


def nobody():
    """What nobody does by hand: Mail Sync itself does it."""
    return (_,) * len(WHO)


def own():
    """What every internal user does with what is their own."""
    return (*NOT_INTERNAL, *(OWN,) * 7)


def shared(*, administrators=False):
    """What every internal user may do, or administrators alone, with what belongs to nobody."""
    return (*NOT_INTERNAL, *((_,) * 6 if administrators else (SHARED,) * 6), SHARED)


#                   portal public employee  jr   sales  marketing  sales m.  company m.  admin.
STATUS_AND_LOG = (*NOT_INTERNAL, OWN, OWN, OWN, OWN, TEAM, COMPANY, COMPANY)
FOLDERS = (*NOT_INTERNAL, OWN, OWN, OWN, OWN, OWN, OWN, COMPANY)

EXPECTED = {
    # -- what a mailbox is, and how it is doing. It is changed by its buttons alone.
    "mail.sync.account": Access(STATUS_AND_LOG, nobody(), nobody(), nobody()),
    "mail.sync.log": Access(STATUS_AND_LOG, nobody(), nobody(), nobody()),
    "mail.sync.mailbox": Access(FOLDERS, nobody(), nobody(), nobody()),
    # -- whom somebody writes to is theirs, for an administrator too
    "mail.sync.message": Access(own(), nobody(), nobody(), nobody()),
    # -- read through the mail that it is about, by who may read that
    "mail.sync.entry": Access(nobody(), nobody(), nobody(), nobody()),
    # -- who is never recorded: somebody's own list is theirs, for an administrator too
    "mail.sync.exclusion": Access(own(), own(), own(), own()),
    # -- what mailboxes have to look for
    "mail.sync.latecomer": Access(nobody(), nobody(), nobody(), nobody()),
    # -- holds mails that wait to be sent
    "mail.sync.outgoing": Access(nobody(), nobody(), nobody(), nobody()),
    # -- the same for everyone, and an administrator's to change
    "mail.sync.provider": Access(
        shared(),
        shared(administrators=True),
        shared(administrators=True),
        shared(administrators=True),
    ),
    # -- wizards are their user's own
    "mail.sync.account.setup": Access(own(), own(), own(), own()),
    "mail.sync.account.setup.folder": Access(own(), own(), own(), own()),
    "mail.sync.account.disable": Access(own(), own(), own(), nobody()),
    "mail.sync.account.password": Access(own(), own(), own(), nobody()),
    "mail.sync.account.test": Access(own(), nobody(), own(), nobody()),
}

EXPECTED |= {
    # -- what is allowed, and what is billed: an administrator's; a Company Manager sees the bill
    "mail.sync.plan": Access(*(shared(administrators=True),) * 4),
    "mail.sync.usage": Access(
        (*NOT_INTERNAL, _, _, _, _, _, COMPANY, COMPANY), nobody(), nobody(), nobody()
    ),
}

#: Which entries somebody reads: those on the records that they can open.
NOBODYS = {"own lead", "own opportunity", "nobody's lead", "nobody's opportunity"}
LEADS = NOBODYS | {"a colleague's lead"}
DOCUMENTS = LEADS | {"a colleague's opportunity"}
CHATTER = dict(
    zip(WHO, (_, _, _, NOBODYS, LEADS, LEADS, DOCUMENTS, DOCUMENTS, DOCUMENTS), strict=True)
)

#: The menus of ours that somebody sees, beside *Mail Sync* under their name.
MENUS = {
    "mail_sync_account_menu_crm": {"sales_manager", "company_manager", "administrator"},
    "mail_sync_account_menu": {"administrator"},
    "mail_sync_report_menu": {"company_manager", "administrator"},
    "mail_sync_exclusion_menu": {"company_manager", "administrator"},
    "mail_sync_usage_menu": {"company_manager", "administrator"},
}


class Roles(TransactionCase):
    """One user of each role, and for each of them an own record, and those of colleagues."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.elsewhere = cls.env["res.company"].create({"name": "Another company"})
        cls.people = {who: cls.person(who, cls.group_of(who)) for who in WHO[:2] + WHO[2:]}
        salesperson = "sales_team.group_sale_salesman"
        cls.mate = cls.person("mate", salesperson)
        cls.other = cls.person("other", salesperson)
        cls.foreign = cls.person(
            "foreign",
            salesperson,
            company_id=cls.elsewhere.id,
            company_ids=[Command.set(cls.elsewhere.ids)],
        )
        internal = [user for user in cls.people.values() if not user.share]
        # All are in a team of which none of them is the leader.
        cls.env["crm.team"].create(
            {
                "name": "Everybody",
                "user_id": cls.other.id,
                "member_ids": [Command.set([cls.mate.id, *(user.id for user in internal)])],
            }
        )
        cls.led = {user: cls.leads_a_team(user) for user in internal}

    @classmethod
    def person(cls, login, groups, **values):
        return new_test_user(cls.env, f"{login}@roles.example", groups=groups, name=login, **values)

    @staticmethod
    def group_of(who):
        plain = {"employee": "user", "portal": "portal", "public": "public"}
        if who in plain:
            return f"base.group_{plain[who]}"
        return f"mail_sync_custom.group_mail_sync_{who}"

    @classmethod
    def leads_a_team(cls, user):
        """Return the one member of a team that a user leads."""
        member = cls.person(f"led-by-{user.name}", "sales_team.group_sale_salesman")
        cls.env["crm.team"].create(
            {"name": user.name, "user_id": user.id, "member_ids": [Command.set(member.ids)]}
        )
        return member

    def whose(self, user):
        """Return the owners of the records that a user reaches for, by what they are to them."""
        return {
            "own": user,
            "led": self.led.get(user, self.mate),
            "mate": self.mate,
            "other": self.other,
            "foreign": self.foreign,
        }


@tagged("post_install", "-at_install")
class TestModels(Roles):
    def make(self, model, owner):
        """Return a record of a model that belongs to an owner, as Mail Sync itself makes it."""
        model_as_owner = self.env[model].with_user(owner).sudo()
        return model_as_owner.create(getattr(self, f"_{model.replace('.', '_')}")(owner))

    def _mail_sync_account(self, owner):
        return {"user_id": owner.id, "company_id": owner.company_id.id, "email": owner.login}

    def account(self, owner):
        found = self.env["mail.sync.account"].search([("user_id", "=", owner.id)])
        return found or self.make("mail.sync.account", owner)

    def _mail_sync_mailbox(self, owner):
        return {"account_id": self.account(owner).id, "name": "Family"}

    def _mail_sync_log(self, owner):
        return {"account_id": self.account(owner).id, "code": "timeout"}

    def _mail_sync_message(self, owner):
        return {
            "account_id": self.account(owner).id,
            "message_id": "one@example.com",
            "outcome": "recorded",
        }

    def _mail_sync_entry(self, owner):
        message = self.env["mail.message"].create({"body": owner.name})
        return {
            "mail_message_id": message.id,
            "message_id": f"{owner.id}@example.com",
            "model": "crm.lead",
            "res_id": owner.id,
        }

    def _mail_sync_latecomer(self, owner):
        lead = self.env["crm.lead"].create({"name": owner.name})
        return {"lead_id": lead.id, "email": f"{owner.id}@example.com"}

    def _mail_sync_exclusion(self, owner):
        return {"pattern": "ex.example", "user_id": owner.id}

    def _mail_sync_outgoing(self, owner):
        return {
            "account_id": self.account(owner).id,
            "message_id": f"{owner.id}@example.com",
            "recipients_hash": "0",
            "state": "sent",
        }

    def _mail_sync_provider(self, owner):
        return {"name": owner.name, "code": f"for-{owner.id}"}

    def _mail_sync_plan(self, owner):
        return {"name": owner.name}

    def _mail_sync_usage(self, owner):
        return {
            "date": "2020-02-29",
            "user_id": owner.id,
            "email": owner.login,
            "company_id": owner.company_id.id,
        }

    def _mail_sync_account_setup(self, _owner):
        return {}

    def _mail_sync_account_setup_folder(self, owner):
        return {"setup_id": self.make("mail.sync.account.setup", owner).id, "name": "INBOX"}

    def _mail_sync_account_disable(self, owner):
        return {"account_id": self.account(owner).id}

    def _mail_sync_account_password(self, owner):
        return {"account_id": self.account(owner).id, "used_for": "both"}

    def _mail_sync_account_test(self, owner):
        return {"account_id": self.account(owner).id, "imap_problem": "It does not answer."}

    # -- the table --------------------------------------------------------------------------

    def test_every_model_of_ours_has_its_line(self):
        ours = {
            name
            for name, model in self.env.items()
            if name.startswith("mail.sync.") and not model._abstract
        }
        self.assertEqual(ours, set(EXPECTED))

    def test_who_may_do_what_with_whose(self):
        wrong = [
            difference
            for model, access in EXPECTED.items()
            if model in self.env
            for difference in self.differences(model, access)
        ]
        self.assertFalse(wrong, "\n".join(["", *wrong]))

    def differences(self, model, access):
        """Yield what somebody may do and should not, or should and may not."""
        everybody = {owner for user in self.people.values() for owner in self.whose(user).values()}
        records = {owner: self.make(model, owner) for owner in everybody}
        self.env.flush_all()
        for column, who in enumerate(WHO):
            user = self.people[who]
            for operation, columns in access._asdict().items():
                may = {
                    whose
                    for whose, owner in self.whose(user).items()
                    if records[owner].with_user(user).has_access(operation)
                }
                if may != columns[column]:
                    yield f"{who} may {operation} {model}: {may}, and not {columns[column]}"
            if (found := self.found(model, user, records)) != access.read[column]:
                yield f"{who} finds {model}: {found}, and not {access.read[column]}"

    def found(self, model, user, records):
        """Return whose records a user's own search brings."""
        try:
            found = self.env[model].with_user(user).search([])
        except AccessError:
            return set()
        return {
            whose
            for whose, owner in self.whose(user).items()
            if records[owner].sudo() in found.sudo()
        }

    def test_nobody_reads_a_secret(self):
        for who in WHO:
            user = self.people[who]
            account = self.account(user).with_user(user)
            for name in ("imap_secret", "smtp_secret", "lease_token"):
                with self.subTest(who=who, secret=name), self.assertRaises(AccessError):
                    account.read([name])

    def test_who_disables_the_mailbox_of_another(self):
        may = {"company_manager": COMPANY, "administrator": COMPANY}
        for who in WHO[2:]:
            user = self.people[who]
            for whose, owner in self.whose(user).items():
                account = self.account(owner).with_user(user)
                with self.subTest(who=who, whose=whose):
                    try:
                        account.action_open_disable()
                        allowed = True
                    except AccessError:
                        allowed = False
                    self.assertEqual(allowed, whose in may.get(who, OWN))

    def test_a_team_that_is_led_no_more(self):
        leader = self.people["sales_manager"]
        account = self.account(self.led[leader]).with_user(leader)
        self.assertTrue(account.has_access("read"))
        team = self.env["crm.team"].search([("user_id", "=", leader.id)])
        team.crm_team_member_ids.action_archive()
        self.assertFalse(account.has_access("read"))
        team.crm_team_member_all_ids.action_unarchive()
        self.assertTrue(account.has_access("read"))
        team.action_archive()
        self.assertFalse(account.has_access("read"))

    def test_how_many_is_status_and_in_which_folder_is_not(self):
        leader = self.people["sales_manager"]
        account = self.account(self.led[leader])
        self.make("mail.sync.mailbox", account.user_id).seen_count = 7
        self.env.flush_all()
        self.env.invalidate_all()
        account = account.with_user(leader)
        self.assertEqual(account.seen_count, 7)
        self.assertFalse(account.mailbox_ids)


class Recorded(Roles):
    """Leads, and mails that are recorded on them and on their contacts."""

    def entry(self, record, message_id="one@example.com"):
        """Return a mail as it is recorded on a record, with a file."""
        file = self.env["ir.attachment"].create(
            {"name": "offer.txt", "raw": b"1", "res_model": record._name, "res_id": record.id}
        )
        message = self.env["mail.message"].create(
            {
                "model": record._name,
                "res_id": record.id,
                "message_type": "email",
                "subtype_id": self.env.ref("mail_sync_custom.mt_synced_mail").id,
                "is_internal": True,
                "message_id": f"<{message_id}>",
                "subject": "Recorded",
                "body": "Recorded",
                "attachment_ids": file.ids,
            }
        )
        self.env["mail.sync.entry"].create(
            {
                "mail_message_id": message.id,
                "message_id": message_id,
                "model": record._name,
                "res_id": record.id,
            }
        )
        return message

    def hold(self, user, entry):
        """Have a mail in a user's own mailbox."""
        account = self.env["mail.sync.account"].create(
            {"user_id": user.id, "company_id": user.company_id.id, "email": user.login}
        )
        return self.env["mail.sync.message"].create(
            {
                "account_id": account.id,
                "message_id": entry.mail_sync_entry_ids.message_id,
                "outcome": "recorded",
                "mail_message_ids": entry.ids,
            }
        )

    def records(self, user):
        """Return the leads and opportunities whose entries somebody reaches for."""
        owners = {"own": user, "nobody's": self.env["res.users"], "a colleague's": self.mate}
        made = {
            f"{whose} {kind}": {"type": kind, "user_id": owner.id, "company_id": self.company.id}
            for whose, owner in owners.items()
            for kind in ("lead", "opportunity")
            if not owner.share
        }
        made["another company's lead"] = {
            "type": "lead",
            "user_id": self.foreign.id,
            "company_id": self.elsewhere.id,
        }
        leads = self.env["crm.lead"]
        return {name: leads.create({"name": name, **values}) for name, values in made.items()}

    def contact(self, leads=(), **values):
        """Return a contact that every colleague can open, and that leads are given."""
        contact = self.env["res.partner"].create({"name": "Ella", "company_id": False, **values})
        for lead in leads:
            lead.partner_id = contact
        return contact

    # -- the ways to a mail and to its file ------------------------------------------------------

    def reads(self, entry, user):
        """Tell whether a user can read an entry, and its file; by each way alike."""
        self.env.flush_all()
        ways = {}
        for name, way in self.ways(entry, entry.attachment_ids, user).items():
            self.env.invalidate_all()
            try:
                ways[name] = bool(way())
            except AccessError:
                ways[name] = False
        self.assertEqual(len(set(ways.values())), 1, f"{user.login}: {ways}")
        return ways["its number"]

    def ways(self, entry, file, user):
        """Return, by name, the ways by which somebody may come to a mail and to its file."""
        mails, files = (
            self.env[name].with_user(user) for name in ("mail.message", "ir.attachment")
        )
        record = self.env[entry.model].browse(entry.res_id).with_user(user)
        mail, file = entry.with_user(user), file.with_user(user)
        here = [("model", "=", entry.model), ("res_id", "=", entry.res_id)]
        hung = [("res_model", "=", entry.model), ("res_id", "=", entry.res_id)]
        body = [("id", "=", entry.id), ("body", "like", "Record")]
        return {
            "its number": lambda: mail.has_access("read"),
            "read": lambda: mail.read(["subject", "body"]),
            "a search by number": lambda: mails.search([("id", "=", mail.id)]),
            "a search on the record": lambda: mail & mails.search(here),
            "a search for its words": lambda: mails.search_count(body),
            "groups": lambda: mails.formatted_read_group(body, [], ["__count"])[0]["__count"],
            "the record's messages": lambda: mail & record.message_ids,
            "the record, by words": lambda: record.search_count(
                [("id", "=", record.id), ("message_ids", "any", body)]
            ),
            "the chatter": lambda: (
                record.check_access("read")
                or mail & mails._message_fetch(None, thread=record)["messages"]
            ),
            "the chatter's search": lambda: (
                record.check_access("read")
                or mail & mails._message_fetch(None, thread=record, search_term="Rec")["messages"]
            ),
            "the Life of the Lead": lambda: (
                mail.id in [shown["id"] for shown in record.mail_sync_timeline()["entries"]]
            ),
            "the file's number": lambda: file.has_access("read"),
            "the file's content": lambda: file.read(["raw"]),
            "the record's files": lambda: file & files.search(hung),
            "a search for files": lambda: files.search([("id", "=", file.id)]),
            "files by name": lambda: files.search_count(
                [("id", "=", file.id), ("name", "=", "offer.txt")]
            ),
        }


@tagged("post_install", "-at_install")
class TestChatter(Recorded):
    def test_who_reads_the_mails_on_which_record(self):
        for who in WHO:
            user = self.people[who]
            for name, record in self.records(user).items():
                entry = self.entry(record)
                with self.subTest(who=who, record=name):
                    self.assertEqual(self.reads(entry, user), name in CHATTER[who])

    def test_who_reads_the_mails_on_whose_contact(self):
        for who in WHO:
            user = self.people[who]
            for number, (name, lead) in enumerate(self.records(user).items()):
                self.entry(lead, f"{who}-{number}@example.com")
                entry = self.entry(self.contact([lead]), f"{who}-{number}@example.com")
                with self.subTest(who=who, contact_of=name):
                    self.assertEqual(self.reads(entry, user), name in CHATTER[who])

    def test_what_odoos_own_groups_read_is_as_it_was(self):
        plain = self.person("plain", "sales_team.group_sale_salesman")
        every = self.person("every", "sales_team.group_sale_salesman_all_leads")
        for user, expected in ((plain, NOBODYS), (every, DOCUMENTS)):
            readable = {
                name
                for name, record in self.records(user).items()
                if self.reads(self.entry(record), user)
            }
            self.assertEqual(readable, expected)


@tagged("post_install", "-at_install")
class TestContact(Recorded):
    """Who reads the mails on a contact, beyond whose lead it is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.jr = cls.people["jr_salesperson"]
        cls.employee = cls.people["employee"]

    def lead(self, owner, **values):
        values = {"name": "Roof", "type": "opportunity", "user_id": owner.id, **values}
        return self.env["crm.lead"].create(values)

    def test_a_mail_in_ones_own_mailbox_is_read_without_any_lead(self):
        for who in WHO[2:]:
            user = self.people[who]
            entry = self.entry(self.contact(), f"{who}@example.com")
            self.assertFalse(self.reads(entry, user), who)
            self.hold(user, entry)
            self.assertTrue(self.reads(entry, user), who)

    def test_a_mail_that_was_removed_from_ones_mailbox_is_not_read(self):
        entry = self.entry(self.contact([self.lead(self.mate)]))
        self.hold(self.jr, entry).outcome = "removed"
        self.assertFalse(self.reads(entry, self.jr))

    def test_a_mail_that_a_colleagues_mailbox_brought_to_ones_own_lead(self):
        own, others = self.lead(self.jr), self.lead(self.mate)
        contact = self.contact([own, others])
        self.entry(own)
        self.entry(others)
        entry = self.entry(contact)
        self.hold(self.mate, entry)
        self.assertTrue(self.reads(entry, self.jr))

    def test_a_mail_on_a_colleagues_lead_of_a_contact_that_is_ones_own_lead_as_well(self):
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

    def test_a_mail_that_was_written_on_ones_lead_and_stands_on_the_contact_too(self):
        own = self.lead(self.jr)
        written = own.message_post(body="Recorded", subject="Recorded")
        entry = self.entry(self.contact([own]), written.message_id.strip("<>"))
        self.assertTrue(self.reads(entry, self.jr))
        self.assertFalse(self.reads(entry, self.employee))

    def test_a_mail_that_stands_on_no_lead_any_more(self):
        gone = self.lead(self.mate)
        contact = self.contact([gone])
        self.entry(gone)
        entry = self.entry(contact)
        gone.unlink()
        self.assertFalse(self.reads(entry, self.jr))
        self.lead(self.jr, partner_id=contact.id)
        self.assertTrue(self.reads(entry, self.jr))
        self.assertFalse(self.reads(entry, self.employee))

    def test_a_lead_that_is_lost_is_ones_own_all_the_same(self):
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

    def test_a_company_that_is_not_looked_at_just_now(self):
        user = self.people["company_manager"]
        user.company_ids |= self.elsewhere
        lead = self.lead(self.foreign, company_id=self.elsewhere.id)
        self.entry(lead)
        entry = self.entry(self.contact([lead])).with_user(user)
        here = entry.with_context(allowed_company_ids=self.company.ids)
        both = entry.with_context(allowed_company_ids=(self.company | self.elsewhere).ids)
        self.assertFalse(here.has_access("read"))
        self.assertTrue(both.has_access("read"))

    def test_who_follows_a_contact_reads_what_is_posted_there_and_no_more_mails(self):
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
        (entry | note).with_user(self.jr).unlink()
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

    def test_a_page_of_a_contact_is_full_though_others_mails_lie_between(self):
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

    def test_a_contact_with_many_mails_costs_no_query_a_mail(self):
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

        queries(entries)  # what is read once a process
        self.assertEqual(queries(entries), queries(entries[:2]))


@tagged("post_install", "-at_install")
class TestMenus(Roles):
    def test_the_menus_that_each_role_sees(self):
        ours = self.env["ir.model.data"].search(
            [("module", "=", "mail_sync_custom"), ("model", "=", "ir.ui.menu")]
        )
        self.assertEqual(set(ours.mapped("name")), set(MENUS))
        for who in WHO[2:]:
            visible = self.env["ir.ui.menu"].with_user(self.people[who])._visible_menu_ids()
            seen = {menu.name for menu in ours if menu.res_id in visible}
            with self.subTest(who=who):
                self.assertEqual(seen, {name for name, roles in MENUS.items() if who in roles})


@tagged("post_install", "-at_install")
class TestInstallation(Roles):
    #: The groups somebody has in Odoo, and the role that goes with them.
    GIVEN = {
        "base.group_user": None,
        "base.group_portal": None,
        "sales_team.group_sale_salesman": "jr_salesperson",
        "sales_team.group_sale_salesman_all_leads": "sales_manager",
        "sales_team.group_sale_manager": "company_manager",
        "sales_team.group_sale_manager,base.group_system": "administrator",
        "sales_team.group_sale_salesman,base.group_system": "jr_salesperson",
        "base.group_system": None,
    }

    def roles(self, user):
        privilege = self.env.ref("mail_sync_custom.privilege_mail_sync")
        return user.group_ids & privilege.group_ids

    def test_who_is_there_already_gets_the_role_of_what_they_can_do(self):
        users = {
            groups: self.person(f"person-{number}", groups)
            for number, groups in enumerate(self.GIVEN)
        }
        archived = self.person("archived", "sales_team.group_sale_manager")
        archived.active = False
        before = {user: user.all_group_ids for user in users.values()}
        post_init_hook(self.env)
        ours = self.env.ref("mail_sync_custom.privilege_mail_sync").group_ids
        for groups, role in self.GIVEN.items():
            user = users[groups]
            with self.subTest(groups=groups):
                expected = self.env["res.groups"]
                if role:
                    expected = self.env.ref(f"mail_sync_custom.group_mail_sync_{role}")
                self.assertEqual(self.roles(user), expected)
                self.assertEqual(user.all_group_ids - ours, before[user], "more than before")
        self.assertTrue(self.roles(archived))

    def test_the_administrator_of_the_database_is_one_here(self):
        role = self.env.ref("mail_sync_custom.group_mail_sync_administrator")
        self.assertIn(role, self.env.ref("base.user_admin").all_group_ids)

    def test_all_may_have_a_mailbox_who_work_here(self):
        group = "mail_sync_custom.group_mail_sync_user"
        for who in WHO:
            self.assertEqual(self.people[who].has_group(group), who not in WHO[:2], who)

    def test_the_choice_of_a_role_is_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        words = {"Own mailbox only": "Nur das eigene Postfach"}
        translations = {("mail_sync_custom", "de_DE"): words}
        with patch.dict(code_translations.python_translations, translations):
            Groups = self.env["res.groups"]
            shown = [
                Groups.with_context(lang=lang)._get_view_group_hierarchy()["privileges"]
                for lang in ("de_DE", "en_US")
            ]
        privilege = self.env.ref("mail_sync_custom.privilege_mail_sync").id
        self.assertEqual(
            [privileges[privilege]["placeholder"] for privileges in shown],
            ["Nur das eigene Postfach", "Own mailbox only"],
        )
