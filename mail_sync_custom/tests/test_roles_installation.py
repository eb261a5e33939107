"""Which menus each role sees, and who gets which role on installation."""

from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools.translate import code_translations

from ..hooks import post_init_hook
from .roles_case import WHO, Roles

ROLES = set(WHO[3:])
#: Our menus that each role sees, besides *Mail Sync* in the user menu.
MENUS = {
    "mail_sync_traffic_menu": ROLES,
    "mail_sync_no_contact_menu": ROLES,
    "mail_sync_account_menu_crm": {"sales_manager", "company_manager", "administrator"},
    "mail_sync_account_menu": {"administrator"},
    "mail_sync_host_menu": {"administrator"},
    "mail_sync_report_menu": {"company_manager", "administrator"},
    "mail_sync_exclusion_menu": {"company_manager", "administrator"},
    "mail_sync_usage_menu": {"company_manager", "administrator"},
    "mail_sync_smart_menu": {"marketing_manager", "company_manager", "administrator"},
    "mail_sync_provider_menu": {"administrator"},
}


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
    #: A user's groups in Odoo, and the role that goes with them.
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

    def test_existing_users_get_the_role_that_matches_their_rights(self):
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

    def test_the_database_administrator_is_an_administrator_here(self):
        role = self.env.ref("mail_sync_custom.group_mail_sync_administrator")
        self.assertIn(role, self.env.ref("base.user_admin").all_group_ids)

    def test_every_internal_user_may_have_a_mailbox(self):
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
