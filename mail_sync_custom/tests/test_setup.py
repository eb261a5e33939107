from odoo.exceptions import UserError
from odoo.tests import tagged

from .. import vault
from .common import MailSyncCase


@tagged("post_install", "-at_install")
class TestSetup(MailSyncCase):
    def test_a_gmail_address_suggests_its_servers(self):
        wizard = self.env["mail.sync.account.setup"].with_user(self.salesperson("new"))
        gmail = self.env["mail.sync.provider"].search([("code", "=", "gmail")])
        suggested = wizard.onchange(
            {"imap_username": "someone@gmail.com", "imap_host": False, "provider_id": False},
            ["imap_username"],
            {name: {} for name in ("imap_username", "imap_host", "imap_port", "smtp_host")}
            | {"provider_id": {"fields": {}}},
        )["value"]
        self.assertEqual(suggested["imap_host"], "imap.gmail.com")
        self.assertEqual(suggested["provider_id"]["id"], gmail.id)

    def test_the_four_given_providers_are_as_given(self):
        providers = {p.code: p for p in self.env["mail.sync.provider"].search([])}
        given = {
            "gmail": ("imap.gmail.com", 993, True),
            "godaddy": ("imap.secureserver.net", 143, False),
            "123reg": ("imap.123-reg.co.uk", 993, True),
        }
        for code, settings in given.items():
            p = providers[code]
            self.assertEqual((p.imap_host, p.imap_port, p.imap_ssl), settings)
        self.assertIn("inconsistent", providers["godaddy"].note)
        self.assertEqual(
            providers["bluehost"]._settings("me@shop.example")["imap_host"], "mail.shop.example"
        )

    def test_a_password_goes_in_and_never_comes_out(self):
        user = self.salesperson("new")
        wizard = (
            self.env["mail.sync.account.setup"]
            .with_user(user)
            .create({"imap_username": "new@company.example", "imap_password": "hunter2 é密"})
        )
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(wizard.imap_password)
        self.assertNotIn("hunter2", str(wizard.read()))
        self.assertEqual(vault.decrypt(wizard.sudo().imap_secret), "hunter2 é密")

    def test_nothing_is_finished_that_has_not_been_tried(self):
        wizard = self.env["mail.sync.account.setup"].with_user(self.salesperson("new")).create({})
        with self.assertRaisesRegex(UserError, "first"):
            wizard.action_finish()

    def test_what_is_missing_is_named(self):
        wizard = (
            self.env["mail.sync.account.setup"]
            .with_user(self.salesperson("new"))
            .create({"imap_username": "new@company.example"})
        )
        with self.assertRaisesRegex(UserError, "Hostname.*Password"):
            wizard.action_next()

    def test_new_details_keep_what_was_read_of_the_same_mailbox(self):
        self.sync()
        before = self.account.mailbox_ids.read(["name", "uid_high", "uidvalidity"])
        self.account.error_code = "login_refused"
        self.account, _ = self.connect(self.ann)
        self.assertEqual(self.account.mailbox_ids.read(["name", "uid_high", "uidvalidity"]), before)
        self.assertFalse(self.account.error_code)

    def test_a_saved_password_goes_to_no_other_server(self):
        wizard = self.env["mail.sync.account.setup"].with_user(self.ann).create({})
        self.assertTrue(wizard._secret("imap"))
        wizard.imap_host = "evil.example"
        self.assertFalse(wizard._secret("imap"))

    def test_a_new_password_in_step_one_is_used_for_sending_too(self):
        wizard = (
            self.env["mail.sync.account.setup"]
            .with_user(self.ann)
            .create({"imap_password": "the new one"})
        )
        secret = wizard._smtp_defaults()["smtp_secret"]
        self.assertEqual(vault.decrypt(secret), "the new one")

    def test_a_password_changed_after_it_was_tried_is_tried_again(self):
        wizard = self.env["mail.sync.account.setup"].with_user(self.ann).create({"step": "ready"})
        wizard.smtp_password = "another"
        self.assertEqual(wizard.step, "smtp")
