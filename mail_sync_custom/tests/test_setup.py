from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .. import vault
from ..engine.errors import Kind, ServerRefused, Step
from ..engine.imap import session
from .common import MailSyncCase

SETUP = "mail.sync.account.setup"
ARCHIVE, BY_HAND = "Archive", "Written by me"


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

    def test_back_does_nothing_in_the_first_step(self):
        wizard = self.env[SETUP].with_user(self.salesperson("new")).create({})
        wizard.action_back()
        self.assertEqual(wizard.step, "imap")

    def test_the_four_specified_providers_are_as_specified(self):
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

    def test_untested_settings_cannot_be_finished(self):
        wizard = self.env["mail.sync.account.setup"].with_user(self.salesperson("new")).create({})
        with self.assertRaisesRegex(UserError, "first"):
            wizard.action_finish()

    def test_missing_fields_are_named(self):
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

    def refused_at(self, host):
        """Return what the wizard says when a server refuses the password for Gmail's settings."""
        wizard = (
            self.env[SETUP]
            .with_user(self.salesperson(host))
            .create({"imap_username": "new@gmail.com", "imap_password": "wrong"})
        )
        wizard.provider_id = self.env["mail.sync.provider"].search([("code", "=", "gmail")])
        wizard.imap_host = host
        refusal = ServerRefused(code="login_refused", kind=Kind.CRED, step=Step.LOGIN)
        with (
            patch.object(session, "connect", side_effect=refusal),
            self.assertRaises(UserError) as raised,
        ):
            wizard.action_next()
        return str(raised.exception)

    def test_a_refusal_says_what_this_provider_requires(self):
        self.assertIn("App passwords", self.refused_at("imap.gmail.com"))
        self.assertNotIn("Google", self.refused_at("imap.company.example"))

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

    def test_a_password_changed_after_the_test_is_tested_again(self):
        wizard = self.env["mail.sync.account.setup"].with_user(self.ann).create({"step": "ready"})
        wizard.smtp_password = "another"
        self.assertEqual(wizard.step, "smtp")


@tagged("post_install", "-at_install")
class TestEntered(MailSyncCase):
    """What is entered in the form: suggestions, and mistakes that need no server to be seen."""

    def setUp(self):
        super().setUp()
        self.new = self.salesperson("new")

    def provider(self, code):
        return self.env["mail.sync.provider"].search([("code", "=", code)])

    def chosen(self, code, **shown):
        """Return what the form shows once a provider was chosen."""
        form = self.env[SETUP].with_user(self.new)
        names = [f"{p}_{name}" for p in ("imap", "smtp") for name in ("host", "port", "ssl")]
        values = {"imap_username": self.new.email, **dict.fromkeys(names, False), **shown}
        values["provider_id"] = self.provider(code).id
        return shown | form.onchange(values, ["provider_id"], {key: {} for key in names})["value"]

    def test_other_is_found_without_a_search(self):
        shown = self.env["mail.sync.provider"].with_user(self.new).name_search("", limit=7)
        self.assertIn("Other", [name for _id, name in shown])
        self.assertEqual(
            [name for _id, name in shown][:4], ["Gmail", "GoDaddy", "123 Reg", "Bluehost"]
        )

    def test_other_takes_back_what_a_provider_has_filled_in(self):
        for code in ("godaddy", "bluehost"):
            with self.subTest(code):
                filled_in = self.provider(code)._settings(self.new.email)
                shown = self.chosen("other", **filled_in, suggested=filled_in)
                self.assertEqual((shown["imap_host"], shown["smtp_host"]), (False, False))
                self.assertEqual((shown["imap_port"], shown["imap_ssl"]), (993, True))

    def test_other_leaves_what_was_entered_by_hand(self):
        shown = self.chosen("other", imap_host="mail.company.example", imap_port=1993)
        self.assertEqual((shown["imap_host"], shown["imap_port"]), ("mail.company.example", 1993))

    def refused(self, **values):
        wizard = (
            self.env[SETUP]
            .with_user(self.new)
            .create(
                {
                    "imap_username": self.new.email,
                    "imap_password": "secret",
                    "imap_host": "mail.company.example",
                    **values,
                }
            )
        )
        with self.assertRaises(UserError) as told:
            wizard.action_connect_smtp() if wizard.step == "smtp" else wizard.action_next()
        return str(told.exception)

    def test_an_invalid_port_is_named_with_the_usual_ones(self):
        for port in (70000, 0, -1):
            with self.subTest(port):
                said = self.refused(imap_port=port)
                self.assertIn(f"port {port}:", said)
                self.assertRegex(said, "993 .* 143 ")
                said = self.refused(
                    step="smtp",
                    smtp_port=port,
                    smtp_host="mail.company.example",
                    smtp_username=self.new.email,
                    smtp_password="secret",
                )
                self.assertIn(f"port {port}:", said)
                self.assertRegex(said, "465 .* 587 ")

    def test_letters_or_a_huge_number_are_not_a_port(self):
        wizard = self.env[SETUP].with_user(self.new).create({})
        for port in ("IMAP", 99999999999):
            for protocol, usual in (("imap", "993 .* 143 "), ("smtp", "465 .* 587 ")):
                entered = {f"{protocol}_port": port}
                with self.subTest(entered):
                    with self.assertRaisesRegex(UserError, f"port {port}:.*\n.*{usual}"):
                        wizard.create(entered)
                    with self.assertRaisesRegex(UserError, f"port {port}:.*\n.*{usual}"):
                        wizard.write(entered)

    def test_an_invalid_hostname_is_named(self):
        for host in ("..", "imap..example.com", "x" * 64 + ".example.com", "a." * 200 + "com"):
            with self.subTest(host):
                said = self.refused(imap_host=host)
                self.assertIn(f"not a hostname: {host[:60]}", said)
                self.assertNotIn("server said", said)
