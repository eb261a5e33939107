import os
from datetime import timedelta
from unittest.mock import patch

from cryptography.fernet import Fernet
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import config

from .. import vault
from .common import MailSyncCase
from .roles_case import WHO, Roles

OLD, NEW, LOST = (Fernet.generate_key().decode() for _ in range(3))
KEY_FIELDS = ("mail_sync_key_source", "mail_sync_key_place", "mail_sync_readable_count")


@tagged("post_install", "-at_install")
class TestKey(MailSyncCase, HttpCase):
    """The key of the saved passwords: where it comes from, what it opens, and a new one."""

    def setUp(self):
        self.use_keys(OLD)
        super().setUp()

    def use_keys(self, *keys):
        """Start Odoo with these keys in its environment, from now on."""
        environment = patch.dict(os.environ, {"MAIL_SYNC_KEY": ",".join(keys)})
        environment.start()
        self.addCleanup(environment.stop)

    def settings(self):
        return self.env["res.config.settings"].create({})

    def counts(self):
        """Return how many passwords can be read, how many by an older key, and how many not."""
        settings = self.settings()
        return tuple(
            settings[f"mail_sync_{name}_count"] for name in ("readable", "older", "unreadable")
        )

    def encrypt_anew(self):
        """Press *Re-encrypt*; return what it says."""
        with self.enter_registry_test_mode():
            said = self.settings().action_mail_sync_encrypt_anew()
        return said["params"]["message"]

    def password(self):
        return vault.decrypt(self.account.imap_secret), vault.decrypt(self.account.smtp_secret)

    # -- where it comes from -----------------------------------------------------------------

    def test_it_says_where_the_key_comes_from(self):
        settings = self.settings()
        self.assertEqual(settings.mail_sync_key_source, "environment")
        self.assertEqual(settings.mail_sync_key_place, "MAIL_SYNC_KEY")
        with patch.dict(config._runtime_options, {"mail_sync_key": OLD}):
            settings = self.settings()
            self.assertEqual(settings.mail_sync_key_source, "config")
            self.assertEqual(settings.mail_sync_key_place, config["config"])
        self.use_keys()
        settings = self.settings()
        self.assertEqual(settings.mail_sync_key_source, "file")
        self.assertEqual(os.path.basename(settings.mail_sync_key_place), "mail_sync.key")

    def test_the_key_is_shown_nowhere(self):
        self.use_keys(NEW, OLD)
        settings = self.settings()
        shown = str(settings.read()) + str(settings.fields_get()) + self.encrypt_anew()
        for key in (OLD, NEW):
            self.assertNotIn(key, shown)

    def test_an_invalid_key_is_reported_and_not_shown(self):
        self.use_keys("a-slip-of-the-pen", OLD)
        settings = self.settings()
        self.assertFalse(settings.mail_sync_key_is_usable)
        self.assertEqual(self.counts(), (0, 0, 2))
        with self.assertRaises(UserError) as refused:
            self.encrypt_anew()
        self.assertNotIn("a-slip", str(settings.read()) + str(refused.exception))
        self.assertIn("The saved password cannot be read", self.sync())
        self.env.invalidate_all()
        self.assertEqual(self.account.error_code, "secret_unreadable")

    def test_without_a_usable_key_a_password_is_not_taken_and_it_says_whom_to_ask(self):
        self.use_keys("a-slip-of-the-pen")
        wizards = self.env["mail.sync.account.setup"].with_user(self.salesperson("new"))
        with self.assertRaisesRegex(UserError, "Ask an administrator"):
            wizards.create({"imap_username": "new@company.example", "imap_password": "hunter2"})

    # -- what it opens -----------------------------------------------------------------------

    def test_it_says_how_many_passwords_the_keys_open(self):
        self.assertEqual(self.counts(), (2, 0, 0))
        self.use_keys(NEW, OLD)
        self.assertEqual(self.counts(), (2, 2, 0))
        self.use_keys(NEW)
        self.assertEqual(self.counts(), (0, 0, 2))

    def test_a_disabled_mailbox_has_no_password(self):
        self.account._disable("keep")
        self.assertEqual(self.counts(), (0, 0, 0))

    # -- a new one ---------------------------------------------------------------------------

    def test_after_re_encryption_the_older_key_is_no_longer_needed(self):
        self.use_keys(NEW, OLD)
        self.assertEqual(self.encrypt_anew(), "Passwords re-encrypted with the first key: 2.")
        self.assertEqual(self.counts(), (2, 0, 0))
        self.use_keys(NEW)
        self.assertEqual(self.password(), ("correct horse", "correct horse"))
        self.assertEqual(self.sync(), "Nothing new.")

    def test_an_administrator_does_it_in_the_settings(self):
        self.use_keys(NEW, OLD)
        self.start_tour("/odoo/settings", "mail_sync_key", login="admin")
        self.assertEqual(self.counts(), (2, 0, 0))

    def test_once_more_there_is_nothing_to_do(self):
        before = self.account.imap_secret
        self.assertEqual(self.encrypt_anew(), "Passwords re-encrypted with the first key: 0.")
        self.assertEqual(self.account.imap_secret, before)

    def test_re_encryption_neither_ends_nor_starts_a_run(self):
        changed = fields.Datetime.now() - timedelta(days=3)
        self.account.write({"details_changed_at": changed, "lease_token": "a dead worker's"})
        self.account.lease_until = fields.Datetime.now() - timedelta(minutes=1)
        due = self.account.next_sync_at
        self.use_keys(NEW, OLD)
        self.encrypt_anew()
        self.assertEqual(self.counts(), (2, 0, 0))
        self.assertEqual(self.account.details_changed_at, changed)
        self.assertEqual(self.account.lease_token, "a dead worker's")
        self.assertEqual(self.account.next_sync_at, due)

    def test_a_mailbox_that_is_being_read_is_left_to_its_run_and_named(self):
        _, _ = self.connect(self.salesperson("ben"))
        until = fields.Datetime.now() + timedelta(minutes=5)
        self.account.write({"lease_token": "running", "lease_until": until})
        before = self.account.imap_secret
        self.use_keys(NEW, OLD)
        with self.enter_registry_test_mode():
            renewal = self.env["mail.sync.account"]._encrypt_anew(seconds=0)
        self.assertEqual((renewal.passwords, renewal.waiting), (2, 1))
        self.assertEqual(self.account.imap_secret, before)
        self.assertEqual((self.account.lease_token, self.account.lease_until), ("running", until))
        words, kind = self.settings()._mail_sync_renewal_words(renewal, 0)
        self.assertIn("being read right now: 1.", words)
        self.assertEqual(kind, "warning")

    def test_passwords_that_no_key_opens_are_left_and_counted(self):
        self.use_keys(LOST)
        lost, _ = self.connect(self.salesperson("ben"))
        before = lost.imap_secret
        self.use_keys(NEW, OLD)
        said = self.encrypt_anew()
        self.assertIn("re-encrypted with the first key: 2.", said)
        self.assertIn("left as they are: 2.", said)
        self.assertEqual(lost.imap_secret, before)
        self.use_keys(LOST)
        self.assertEqual(vault.decrypt(lost.imap_secret), "correct horse")


@tagged("post_install", "-at_install")
class TestWhoLooksAfterTheKey(Roles):
    def test_an_administrator_and_nobody_else(self):
        for who in WHO:
            settings = self.env["res.config.settings"].with_user(self.people[who])
            ways = {
                "open": lambda settings=settings: settings.create({}).read(KEY_FIELDS),
                "unsaved": lambda settings=settings: settings.onchange(
                    {}, [], {name: {} for name in KEY_FIELDS}
                )["value"]["mail_sync_key_place"],
                "press": settings.action_mail_sync_encrypt_anew,
            }
            for way, go in ways.items():
                with self.subTest(who=who, way=way), self.enter_registry_test_mode():
                    if who == "administrator":
                        self.assertTrue(go())
                    else:
                        with self.assertRaises(AccessError):
                            go()
