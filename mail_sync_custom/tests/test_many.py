"""Many mailboxes on one server: short turns, the server's limits, and what its failure means."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..engine.errors import ConnectionTimeout, Kind, ServerRefused, Step
from ..turns import crew
from .common import MailSyncCase, mail

#: Where all of these mailboxes are.
HOST = "mail.company.example:993"


@tagged("post_install", "-at_install")
class TestMany(MailSyncCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleagues = [cls.salesperson(f"ben{number}") for number in range(5)]

    def setUp(self):
        super().setUp()
        self.accounts = self.account
        for colleague in self.colleagues:
            self.accounts |= self.connect(colleague)[0]
        self.run_cron()
        # A process that knows nothing of this host yet.
        self.patch(crew, "_crews", {})

    def run_cron(self, accounts=None):
        """Make accounts due, and run the scheduled action; return those that were read."""
        accounts = self.accounts if accounts is None else accounts
        accounts.write(
            {
                "next_sync_at": fields.Datetime.now() - timedelta(seconds=5),
                "last_sync_at": "2020-01-01",
            }
        )
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("mail_sync_custom.ir_cron_mail_sync").method_direct_trigger()
        self.env.invalidate_all()
        return accounts.filtered(lambda account: account.last_sync_at.year > 2020)

    def fails(self, error):
        """Have all servers refuse connections; return the list of those that were asked."""
        asked = []

        def refuse(user):
            def connect():
                asked.append(user)
                raise error

            return connect

        for user, server in self.servers.items():
            server.connect = refuse(user)
        return asked

    def known(self):
        return self.env["mail.sync.host"].search([("host", "=", HOST)])

    def test_a_mailbox_without_news_is_asked_for_its_status_only(self):
        del self.server.commands[:]
        self.assertEqual(self.run_cron(), self.accounts)
        self.assertEqual({name for name, *_ in self.server.commands}, {"STATUS"})

    def test_new_mail_is_recorded(self):
        self.deliver(mail("lena@customer.example", self.ann.email))
        self.assertEqual(self.run_cron(), self.accounts)
        self.assertTimeline("Hello")

    def test_connections_a_minute(self):
        self.env["mail.sync.host"].create({"host": f" {HOST.upper()}", "a_minute": 2})
        self.assertEqual(len(self.run_cron()), 2)
        self.assertFalse(self.run_cron())

    def test_connections_at_once_leave_nobody_out(self):
        self.env["mail.sync.host"].create({"host": HOST, "at_once": 1})
        self.assertEqual(self.run_cron(), self.accounts)

    def test_a_host_that_does_not_answer_is_tried_by_a_few_and_known_to_all(self):
        asked = self.fails(ConnectionTimeout())
        self.assertFalse(self.run_cron())
        self.assertLess(len(asked), len(self.accounts))
        self.assertEqual(self.accounts.mapped("error_code"), ["timeout"] * len(self.accounts))
        self.assertTrue(self.known().failures)
        # From now on one account at a time tries.
        del asked[:]
        self.run_cron()
        self.assertEqual(len(asked), 1)

    def test_it_is_forgotten_when_the_host_answers(self):
        self.fails(ConnectionTimeout())
        self.run_cron()
        for server in self.servers.values():
            del server.connect
        self.assertEqual(self.run_cron(), self.accounts)
        self.assertFalse(self.known().failures)
        self.assertFalse(any(self.accounts.mapped("error_code")))

    def test_a_crowded_host_is_left_alone(self):
        asked = self.fails(
            ServerRefused(code="too_many_connections", kind=Kind.LIMIT, step=Step.LOGIN)
        )
        self.run_cron()
        self.assertGreater(self.known().paused_until, fields.Datetime.now())
        del asked[:]
        self.run_cron()
        self.assertFalse(asked)

    def test_a_bug_in_one_turn_is_that_accounts_alone(self):
        def broken():
            raise RuntimeError("a bug")

        self.server.connect = broken
        with self.assertLogs("odoo.addons.mail_sync_custom", "ERROR"):
            self.assertEqual(self.run_cron(), self.accounts - self.account)
        self.assertEqual(set((self.accounts - self.account).mapped("state")), {"enabled"})
        self.assertFalse(self.account.lease_token)
