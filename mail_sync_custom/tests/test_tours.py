"""The web client as a salesperson uses it, in a browser, against real mail servers.

The servers are those that ``.dev/services.json`` describes, or ``MAIL_SYNC_SERVICES`` names.
"""

import json
import os
import smtplib
import uuid
from pathlib import Path

from odoo.tests import HttpCase, new_test_user, tagged

from .common import mail

ROOT = Path(__file__).resolve().parents[2]


@tagged("post_install", "-at_install")
class TestTours(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        described = Path(os.environ.get("MAIL_SYNC_SERVICES") or ROOT / ".dev" / "services.json")
        if not described.exists():
            cls.skipTest(cls, f"No mail servers: {described} is missing.")
        cls.services = json.loads(described.read_text())

    def setUp(self):
        super().setUp()
        # A mailbox that nobody had before: any name is a user of the mail server.
        self.email = f"ann-{uuid.uuid4().hex[:8]}@company.example"
        self.ann = new_test_user(
            self.env,
            "ann",
            password="ann-in-odoo",
            groups="sales_team.group_sale_salesman_all_leads",
            email=self.email,
        )
        self.lead = self.env["crm.lead"].create(
            {"name": "Solar roof", "email_from": "lena@customer.example"}
        )

    def tour(self, name, path="/odoo"):
        settings = {
            "email": self.email,
            "password": self.services["password"],
            "host": self.services["hosts"]["self_signed"],
            "imap_port": self.services["imaps_port"],
            "smtp_port": self.services["smtps_port"],
        }
        self.start_tour(
            path,
            name,
            login="ann",
            # The steps of a tour are built when it is asked whether it is ready.
            ready=f"window.mailSyncTour = {json.dumps(settings)}; odoo.isTourReady({name!r})",
        )
        self.env.invalidate_all()

    def deliver(self, message):
        host, port = self.services["hosts"]["self_signed"], self.services["lmtp_port"]
        with smtplib.LMTP(host, port) as lmtp:
            lmtp.send_message(message, from_addr="sender@example.com", to_addrs=[self.email])

    def test_a_mailbox_is_connected_step_by_step_and_synchronised(self):
        self.deliver(mail("lena@customer.example", self.email, "When can you come?"))
        self.deliver(mail("news@trade.example", self.email, "This week"))
        self.tour("mail_sync_connect")
        account = self.env["mail.sync.account"].search([("user_id", "=", self.ann.id)])
        self.assertEqual(account.email, self.email)
        self.assertEqual(account.state, "enabled")
        self.assertIn("When can you come?", self.lead.message_ids.mapped("subject"))
        self.assertNotIn(self.services["password"], account.imap_secret)

    def test_a_wrong_password_names_the_step_the_cause_and_the_fix(self):
        self.tour("mail_sync_refused")
        self.assertFalse(self.env["mail.sync.account"].search([("user_id", "=", self.ann.id)]))

    def test_an_account_that_fails_says_what_to_do(self):
        self.connect("the former password")
        self.tour("mail_sync_page_in_error")

    def test_a_recorded_mail_says_why_it_is_there_and_can_be_removed(self):
        self.deliver(mail("lena@customer.example", self.email, "Visit", "When can you come?"))
        account = self.connect(self.services["password"])
        self.lead.message_post(body="Called her.")
        with self.enter_registry_test_mode():
            account.with_user(self.ann).action_sync_now()
        self.assertIn("Visit", self.lead.message_ids.mapped("subject"))
        self.tour("mail_sync_lead", f"/odoo/crm/{self.lead.id}")
        self.assertNotIn("Visit", self.lead.message_ids.mapped("subject"))

    def connect(self, password):
        """Return an account of Ann's as the wizard would have made it with this password."""
        Account = self.env["mail.sync.account"]
        settings = {
            f"{protocol}_{name}": value
            for protocol in ("imap", "smtp")
            for name, value in {
                "host": self.services["hosts"]["self_signed"],
                "port": self.services[f"{protocol}s_port"],
                "ssl": True,
                "self_signed": True,
                "username": self.email,
                "secret": Account._encrypt(password),
            }.items()
        }
        folders = [{"name": "INBOX", "special_use": "inbox", "uidvalidity": 0, "uidnext": 0}]
        return Account._set_up(
            self.ann, {**settings, "email": self.email, "history": "all", "folders": folders}
        )
