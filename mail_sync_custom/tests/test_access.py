from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import MailSyncCase, mail


@tagged("post_install", "-at_install")
class TestAccess(MailSyncCase):
    def setUp(self):
        super().setUp()
        self.deliver(mail("lena@customer.example", "ann@company.example"))
        self.sync()

    def test_a_colleague_sees_neither_the_account_nor_its_data(self):
        ben = self.salesperson("ben")
        for model in ("account", "mailbox", "message", "log"):
            self.assertFalse(self.env[f"mail.sync.{model}"].with_user(ben).search([]), model)

    def test_an_owner_can_read_but_not_write_their_account(self):
        own = self.account.with_user(self.ann)
        self.assertEqual(own.state, "enabled")
        for values in ({"state": "error"}, {"imap_secret": "x"}, {"user_id": 1}):
            with self.assertRaises(AccessError):
                own.write(values)

    def test_an_administrator_sees_status_and_not_whom_a_colleague_writes_to(self):
        admin = self.salesperson("boss", groups="base.group_system")
        self.assertEqual(self.account.with_user(admin).state, "enabled")
        self.assertFalse(self.env["mail.sync.message"].with_user(admin).search([]))

    def test_nobody_reads_a_secret(self):
        admin = self.salesperson("boss", groups="base.group_system")
        for user in (self.ann, admin):
            account = self.account.with_user(user)
            for name in ("imap_secret", "smtp_secret", "lease_token"):
                with self.assertRaises(AccessError):
                    account.read([name])
                self.assertNotIn(name, account.fields_get())
            with self.assertRaises(AccessError):
                account.search([("imap_secret", "like", "g")])

    def test_only_the_owner_presses_the_buttons(self):
        admin = self.salesperson("boss", groups="base.group_system")
        for button in ("action_sync_now", "action_reconnect", "action_retry_failed"):
            with self.assertRaises(AccessError):
                getattr(self.account.with_user(admin), button)()

    def test_every_record_can_be_looked_for_by_its_name(self):
        own = self.env["ir.model"].search([("model", "=like", "mail.sync.%")])
        for name in own.filtered(lambda model: not model.abstract).mapped("model"):
            with self.subTest(name):
                self.assertEqual(self.env[name].name_search("nothing has this name"), [])

    def test_a_portal_user_has_no_mail_sync(self):
        portal = self.salesperson("portal", groups="base.group_portal")
        with self.assertRaises(AccessError):
            self.env["mail.sync.account"].with_user(portal).search([])

    def test_a_lead_shows_its_mail_to_everyone_who_can_read_it(self):
        ben = self.salesperson("ben", groups="sales_team.group_sale_salesman")
        entry = self.entries()
        self.assertTrue(entry.with_user(self.ann).body)
        with self.assertRaises(AccessError):
            entry.with_user(ben).read(["body"])
