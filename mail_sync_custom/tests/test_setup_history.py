from odoo.exceptions import UserError
from odoo.tests import tagged

from ..engine.memory.server import MemoryServer
from .common import MailSyncCase

SETUP = "mail.sync.account.setup"
ARCHIVE, BY_HAND = "Archive", "Written by me"


@tagged("post_install", "-at_install")
class TestHowFarBack(MailSyncCase):
    """The administrator's limit: what is offered, and what is enforced."""

    def setUp(self):
        super().setUp()
        self.new = self.salesperson("new")
        self.servers[self.new.email] = MemoryServer()

    def limit(self, history):
        settings = self.env["res.config.settings"].create({"mail_sync_history_limit": history})
        settings.execute()

    def offered(self, user):
        described = self.env[SETUP].with_user(user).fields_get(["history"], ["selection"])
        return [value for value, _label in described["history"]["selection"]]

    def test_everything_by_default(self):
        self.assertEqual(self.offered(self.new), ["now", "1m", "3m", "12m", "all"])
        self.assertEqual(self.env[SETUP].with_user(self.new).create({}).history, "3m")

    def test_no_more_is_offered_than_is_allowed(self):
        for limit, offered, default in (
            ("12m", ["now", "1m", "3m", "12m"], "3m"),
            ("1m", ["now", "1m"], "1m"),
            ("now", ["now"], "now"),
        ):
            with self.subTest(limit=limit):
                self.limit(limit)
                self.assertEqual(self.offered(self.new), offered)
                wizard = self.env[SETUP].with_user(self.new).create({})
                self.assertEqual(wizard.history, default)

    def test_no_more_is_allowed_than_is_offered(self):
        self.limit("3m")
        with self.assertRaisesRegex(UserError, "no further than: The last 3 months"):
            self.connect(self.new, history="12m")
        wizard = (
            self.env[SETUP]
            .with_user(self.new)
            .create(
                {"history": "12m", "imap_password": "secret", "imap_host": "mail.company.example"}
            )
        )
        with self.assertRaisesRegex(UserError, "no further than: The last 3 months"):
            wizard.action_next()
        account, _ = self.connect(self.new, history="3m")
        self.assertEqual(account.history, "3m")

    def test_a_user_connected_before_keeps_their_choice(self):
        self.limit("1m")
        self.assertEqual(self.offered(self.ann), ["now", "1m", "all"])
        account, _ = self.connect(self.ann, history="all")
        self.assertEqual(account.history, "all")
        self.assertFalse(account.history_from)

    def test_but_not_for_another_mailbox_nor_for_another_choice_above_the_limit(self):
        self.limit("1m")
        with self.assertRaises(UserError):
            self.connect(self.ann, history="all", imap_username="other@company.example")
        with self.assertRaises(UserError):
            self.connect(self.ann, history="12m")

    def test_a_disabled_user_starts_afresh_within_the_limit(self):
        self.limit("1m")
        self.account._disable("keep")
        self.assertEqual(self.offered(self.ann), ["now", "1m"])
        self.assertEqual(self.env[SETUP].with_user(self.ann).create({}).history, "1m")
