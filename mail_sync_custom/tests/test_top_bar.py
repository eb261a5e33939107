"""What the top bar receives with the session and afterwards; and the list of users."""

import json

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from ..engine.errors import LoginRefused
from .common import MailSyncCase


@tagged("post_install", "-at_install")
class TestTopBar(MailSyncCase):
    def told(self, user):
        """Return what a user's open tabs have received, in order, and clear it."""
        self.env.cr.precommit.run()
        sent = self.env["bus.bus"].search(
            [("channel", "like", f'"res.partner",{user.partner_id.id}')]
        )
        messages = [json.loads(message) for message in sent.sorted("id").mapped("message")]
        sent.unlink()
        return [m["payload"] for m in messages if m["type"] == "mail_sync_custom/status"]

    def test_a_new_account_is_shown_at_once_and_only_to_its_owner(self):
        new = self.salesperson("new")
        self.told(self.ann)
        self.assertFalse(self.env["mail.sync.account"]._top_bar(new)["configured"])
        self.connect(new)
        self.assertEqual(self.told(new)[-1]["configured"], True)
        self.assertFalse(self.told(self.ann))

    def test_an_error_is_told_when_it_begins_and_when_it_is_over(self):
        self.told(self.ann)
        for _ in range(2):
            self.server.fail_after(0, LoginRefused("[AUTHENTICATIONFAILED] no"))
            self.sync()
        [failing] = self.told(self.ann)
        self.assertEqual(failing["state"], "error")
        self.assertTrue(failing["headline"])
        self.sync()
        [well] = self.told(self.ann)
        self.assertEqual(well, {"configured": True, "state": "enabled", "headline": False})

    def test_a_disabled_or_deleted_account_counts_as_not_configured(self):
        self.told(self.ann)
        self.account._disable("keep")
        self.assertFalse(self.told(self.ann)[-1]["configured"])
        self.account.unlink()
        self.assertFalse(self.told(self.ann)[-1]["configured"])


@tagged("post_install", "-at_install")
class TestUserList(MailSyncCase):
    def setUp(self):
        super().setUp()
        self.admin = self.salesperson("boss", groups="base.group_system")
        self.ben = self.salesperson("ben")
        self.connect(self.ben)
        self.server.fail_after(0, LoginRefused("[AUTHENTICATIONFAILED] no"))
        self.sync()
        self.everyone = [("id", "in", (self.ann | self.ben | self.admin).ids)]
        self.users = self.env["res.users"].with_user(self.admin)

    def test_an_administrator_finds_users_by_status(self):
        for state, user in (("error", self.ann), ("enabled", self.ben), (False, self.admin)):
            found = self.users.search([*self.everyone, ("mail_sync_state", "=", state)])
            self.assertEqual(found, user.with_user(self.admin))
        self.assertEqual(
            self.users.search_count([*self.everyone, ("mail_sync_state", "!=", False)]), 2
        )
        self.assertEqual(
            self.users.search_count([*self.everyone, ("mail_sync_state", "!=", "error")]), 2
        )

    def test_an_administrator_groups_users_by_status(self):
        groups = self.users.formatted_read_group(
            self.everyone, ["mail_sync_state"], ["__count"], order="mail_sync_state"
        )
        self.assertEqual(
            {group["mail_sync_state"]: group["__count"] for group in groups},
            {"error": 1, "enabled": 1, False: 1},
        )
        for group in groups:
            self.assertEqual(self.users.search_count([*self.everyone, *group["__extra_domain"]]), 1)
        self.assertTrue(self.users.fields_get(["mail_sync_state"])["mail_sync_state"]["groupable"])

    def test_a_disabled_mailbox_is_none(self):
        self.account._disable("keep")
        missing = self.users.search([*self.everyone, ("mail_sync_state", "=", False)])
        self.assertEqual(missing, (self.ann | self.admin).with_user(self.admin))
        self.assertFalse(self.ann.with_user(self.admin).mail_sync_state)

    def test_last_sync_and_error_are_in_the_list(self):
        ann, ben = self.ann.with_user(self.admin), self.ben.with_user(self.admin)
        self.assertTrue(ann.mail_sync_headline)
        self.assertFalse(ben.mail_sync_headline)
        self.sync(ben.sudo().mail_sync_account_id)
        self.assertLessEqual(ben.mail_sync_last_sync_at, fields.Datetime.now())

    def test_the_list_shows_it_to_administrators_and_to_no_colleague(self):
        names = {"mail_sync_state", "mail_sync_headline", "mail_sync_last_sync_at"}
        view = self.env.ref("base.view_users_tree").id
        seen = self.env["res.users"].with_user(self.admin).get_view(view, "list")["arch"]
        hidden = self.env["res.users"].with_user(self.ben).get_view(view, "list")["arch"]
        for name in names:
            self.assertIn(name, seen)
            self.assertNotIn(name, hidden)
            self.ben.with_user(self.ben).read([name])
            with self.assertRaises(AccessError):
                self.ann.with_user(self.ben).read([name])
        with self.assertRaises(AccessError):
            self.env["res.users"].with_user(self.ben).search([("mail_sync_state", "=", "error")])

    def test_disable_from_the_list(self):
        action = self.ann.with_user(self.admin).action_open_mail_sync_disable()
        self.assertEqual(action["res_model"], "mail.sync.account.disable")
        with self.assertRaises(UserError):
            self.ann.with_user(self.ben).action_open_mail_sync_disable()


@tagged("post_install", "-at_install")
class TestSession(HttpCase):
    def test_the_session_contains_it_except_for_a_customer(self):
        self.authenticate("admin", "admin")
        info = self.make_jsonrpc_request("/web/session/get_session_info")
        self.assertEqual(info["mail_sync"]["configured"], False)
