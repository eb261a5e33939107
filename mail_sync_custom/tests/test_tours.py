"""The web client as a salesperson uses it, in a browser, against real mail servers.

The servers are those that ``.dev/services.json`` describes, or ``MAIL_SYNC_SERVICES`` names.
"""

import hashlib
import json
import os
import smtplib
import ssl
import uuid
from pathlib import Path

from odoo import fields
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
        pem = Path(cls.services["self_signed_certificate"]).read_text()
        cls.fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()

    def setUp(self):
        super().setUp()
        # A new mailbox: the mail server accepts any name.
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

    def tour(self, name, path="/odoo", login="ann"):
        settings = {
            "email": self.email,
            "password": self.services["password"],
            "host": self.services["hosts"]["self_signed"],
            "imap_port": self.services["imaps_port"],
            "imap_starttls_port": self.services["imap_port"],
            "smtp_port": self.services["smtps_port"],
        }
        self.start_tour(
            path,
            name,
            login=login,
            # The steps of a tour are built when its readiness is checked.
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

    def test_a_preset_is_a_suggestion(self):
        self.tour("mail_sync_preset")
        account = self.env["mail.sync.account"].search([("user_id", "=", self.ann.id)])
        self.assertEqual(account.provider_id.code, "godaddy")
        self.assertEqual(account.imap_host, self.services["hosts"]["self_signed"])
        self.assertEqual(account.imap_port, self.services["imap_port"])
        self.assertFalse(account.imap_ssl)
        self.assertTrue(account.imap_starttls)

    def test_a_wrong_password_names_the_step_the_cause_and_the_fix(self):
        self.tour("mail_sync_refused")
        account = self.env["mail.sync.account"].search([("user_id", "=", self.ann.id)])
        self.assertEqual(account.state, "enabled")

    def test_an_account_that_fails_says_what_to_do(self):
        self.connect("the former password")
        self.tour("mail_sync_page_in_error")

    def test_a_changed_password_is_changed_in_one_field(self):
        account = self.connect("the former password")
        self.tour("mail_sync_change_password")
        self.assertEqual(account.state, "enabled")

    def test_disabling_keeps_what_was_recorded(self):
        account = self.recorded()
        self.tour("mail_sync_disable_keep")
        self.assertFalse(account.active)
        self.assertFalse(account.imap_secret)
        self.assertIn("Visit", self.lead.message_ids.mapped("subject"))

    def test_disabling_removes_what_was_recorded(self):
        account = self.recorded()
        self.tour("mail_sync_disable_remove")
        self.assertFalse(account.active)
        self.assertNotIn("Visit", self.lead.message_ids.mapped("subject"))

    def test_an_administrator_sees_every_status_and_disables_a_mailbox(self):
        accounts = self.of_every_status()
        self.tour("mail_sync_administrator", "/odoo/mail-sync", login="admin")
        self.assertFalse(accounts["error"].active)
        self.assertEqual(accounts["pending"].state, "enabled")

    def test_an_administrator_sets_plan_and_limits(self):
        self.tour("mail_sync_settings", "/odoo/settings", login="admin")
        company = self.env.ref("base.user_admin").company_id
        self.assertEqual(company.mail_sync_plan_id, self.env.ref("mail_sync_custom.plan_free_crm"))
        self.assertEqual(company.mail_sync_account_limit, 3)
        parameter = self.env["ir.config_parameter"].get_param
        self.assertEqual(parameter("mail_sync_custom.attachment_limit_mb"), "5")

    def test_a_recorded_mail_says_why_it_is_there_and_can_be_removed(self):
        self.deliver(mail("lena@customer.example", self.email, "Visit", "When can you come?"))
        account = self.connect(self.services["password"])
        self.lead.message_post(body="Called her.")
        with self.enter_registry_test_mode():
            account.with_user(self.ann).action_sync_now()
        self.assertIn("Visit", self.lead.message_ids.mapped("subject"))
        self.tour("mail_sync_lead", f"/odoo/crm/{self.lead.id}")
        self.assertNotIn("Visit", self.lead.message_ids.mapped("subject"))

    def recorded(self):
        """Return an account of Ann's that has recorded a mail and its answer on her opportunity."""
        self.lead.write({"type": "opportunity", "user_id": self.ann.id})
        for sender, to, subject in (
            ("lena@customer.example", self.email, "Visit"),
            (self.email, "lena@customer.example", "Re: Visit"),
        ):
            self.deliver(mail(sender, to, subject, "When can you come?"))
        account = self.connect(self.services["password"])
        self.lead.message_post(body="Called her.")
        with self.enter_registry_test_mode():
            account.with_user(self.ann).action_sync_now()
        return account

    def of_every_status(self):
        """Return an account of each status, the last place taken and one waiting for it."""
        people = {"enabled": "Enid", "error": "Errol", "connection": "Conny", "pending": "Petra"}
        accounts = {}
        for state, name in people.items():
            user = new_test_user(
                self.env, name.lower(), name=name, groups="sales_team.group_sale_salesman"
            )
            if state == "pending":
                user.company_id.mail_sync_account_limit = 3
            accounts[state] = self.connect("any password", user)
        failed = {"error_code": "login_refused", "error_since": fields.Datetime.now()}
        for state in ("error", "connection"):
            accounts[state].write({**failed, "state": state})
        return accounts

    def connect(self, password, user=None):
        """Return an account, Ann's or another's, as the wizard makes it with this password."""
        user = user or self.ann
        email = self.email if user == self.ann else f"{user.login}@company.example"
        Account = self.env["mail.sync.account"]
        settings = {
            f"{protocol}_{name}": value
            for protocol in ("imap", "smtp")
            for name, value in {
                "host": self.services["hosts"]["self_signed"],
                "port": self.services[f"{protocol}s_port"],
                "ssl": True,
                "self_signed": True,
                "fingerprint": self.fingerprint,
                "username": email,
                "secret": Account._encrypt(password),
            }.items()
        }
        folders = [{"name": "INBOX", "special_use": "inbox", "uidvalidity": 0, "uidnext": 0}]
        return Account._set_up(
            user, {**settings, "email": email, "history": "all", "folders": folders}
        )
