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
    "menu_mail_sync_accounts_crm": {"sales_manager", "company_manager", "administrator"},
    "menu_mail_sync_accounts": {"administrator"},
    "menu_mail_sync_report": {"company_manager", "administrator"},
    "menu_mail_sync_exclusion": {"company_manager", "administrator"},
    "menu_mail_sync_usage": {"company_manager", "administrator"},
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


@tagged("post_install", "-at_install")
class TestChatter(Roles):
    def entry(self, record):
        """Return a mail as it is recorded on a record."""
        return self.env["mail.message"].create(
            {
                "model": record._name,
                "res_id": record.id,
                "message_type": "email",
                "subtype_id": self.env.ref("mail_sync_custom.mt_synced_mail").id,
                "body": "Recorded",
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

    def test_who_reads_the_mails_on_which_record(self):
        for who in WHO:
            user = self.people[who]
            for name, record in self.records(user).items():
                entry = self.entry(record)
                with self.subTest(who=who, record=name):
                    self.assertEqual(self.reads(entry, user), name in CHATTER[who])

    def reads(self, entry, user):
        """Tell whether a user can read an entry; by its number and by a search alike."""
        self.env.flush_all()
        self.env.invalidate_all()
        entry = entry.with_user(user)
        try:
            found = entry.search([("id", "=", entry.id)])
        except AccessError:
            found = entry.browse()
        self.assertEqual(bool(found), entry.has_access("read"))
        return bool(found)

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
