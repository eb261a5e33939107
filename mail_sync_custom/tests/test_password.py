from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.tests import tagged
from odoo.tools import file_open

from .. import vault
from ..engine.errors import ConnectionTimeout, LoginRefused
from ..engine.imap import session
from ..engine.smtp import check as smtp
from ..engine.values import Connected, Security
from ..turns import lease, turn
from .common import MailSyncCase, mail

LENA = "Lena Park <lena@customer.example>"
ANN = "Ann <ann@company.example>"


class PasswordCase(MailSyncCase):
    """Ann's provider knows one password, ``self.provider``; it keeps those that were tried."""

    def setUp(self):
        super().setUp()
        self.provider = {"imap": "correct horse", "smtp": "correct horse"}
        self.tried = []
        self.meanwhile = None
        for module, name, door in (
            (session, "connect", self._log_in_imap),
            (smtp, "check", self._log_in_smtp),
        ):
            replaced = patch.object(module, name, door)
            replaced.start()
            self.addCleanup(replaced.stop)

    def _log_in(self, protocol, credentials):
        self.tried.append((protocol, credentials.password))
        if self.meanwhile:
            self.meanwhile()
            self.env.flush_all()
        if credentials.password != self.provider[protocol]:
            raise LoginRefused("no")

    def _log_in_imap(self, endpoint, credentials, **budgets):
        self._log_in("imap", credentials)
        return self._connect(endpoint, credentials, **budgets)

    def _log_in_smtp(self, endpoint, credentials, **budgets):
        self._log_in("smtp", credentials)
        return Connected(Security.IMPLICIT_TLS, "ab" * 32)

    def wizard(self, **values):
        action = self.account.with_user(self.ann).action_change_password()
        Wizard = self.env[action["res_model"]].with_user(self.ann)
        return Wizard.with_context(**action["context"]).create(values)

    def change(self, password, **values):
        wizard = self.wizard(password=password, **values)
        with self.enter_registry_test_mode():
            return wizard.action_change_password()

    def saved(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return tuple(vault.decrypt(self.account[f"{p}_secret"]) for p in ("imap", "smtp"))

    def press(self, *buttons, times=1):
        """Press buttons as the owner, and run what is due; return the last message."""
        for button in buttons * times:
            with self.enter_registry_test_mode():
                said = getattr(self.account.with_user(self.ann), f"action_{button}")()
                self.env.flush_all()
                for account_id, token in lease.claim(self.env.cr.dbname, 1):
                    turn.take(self.env.cr.dbname, account_id, token, 1)
            self.env.invalidate_all()
        return said and self.words(said)

    def words(self, said):
        """Return what a notification or the dialog of *Test connection* says."""
        if said["type"] == "ir.actions.client":
            return said["params"]["message"]
        dialog = self.env[said["res_model"]].with_user(self.ann).browse(said["res_id"])
        problems = (dialog.imap_problem, dialog.smtp_problem)
        return "\n".join(problem or "Works." for problem in problems)


@tagged("post_install", "-at_install")
class TestPassword(PasswordCase):
    def test_one_field_is_enough_and_nothing_is_lost(self):
        self.deliver(mail(LENA, ANN, "Before"))
        self.sync()
        before = self.account.mailbox_ids.read(["name", "uid_high", "uidvalidity"])
        self.provider = dict.fromkeys(self.provider, "new é密")
        self.deliver(mail(LENA, ANN, "Meanwhile"))
        self.sync()
        self.assertEqual((self.account.state, self.account.error_code), ("error", "login_refused"))
        said = self.change("new é密")
        self.assertIn("works", said["params"]["message"])
        self.assertEqual(self.saved(), ("new é密", "new é密"))
        self.assertEqual(self.account.state, "enabled")
        self.assertFalse(self.account.error_code)
        self.assertLessEqual(self.account.next_sync_at, fields.Datetime.now())
        self.assertEqual(self.account.mailbox_ids.read(["name", "uid_high", "uidvalidity"]), before)
        self.sync()
        self.assertCountEqual(self.entries().mapped("subject"), ["Before", "Meanwhile"])

    def test_a_password_that_is_refused_is_not_saved_and_the_step_is_named(self):
        for wrong, named in (("imap", r"Reading \(IMAP\)"), ("smtp", r"Sending \(SMTP\)")):
            self.provider = dict.fromkeys(self.provider, "new") | {wrong: "something else"}
            with self.assertRaisesRegex(UserError, named):
                self.change("new")
            self.assertEqual(self.saved(), ("correct horse", "correct horse"))

    def test_a_separate_password_for_sending_is_not_changed(self):
        self.account.smtp_secret = vault.encrypt("for sending")
        wizard = self.wizard()
        self.assertFalse(wizard.one_password)
        self.assertEqual(wizard.used_for, "imap")
        self.provider["imap"] = "new"
        self.change("new")
        self.assertEqual(self.saved(), ("new", "for sending"))
        self.assertEqual(self.tried, [("imap", "new")])
        self.provider["smtp"] = "newer"
        self.change("newer", used_for="smtp")
        self.assertEqual(self.saved(), ("new", "newer"))

    def test_it_ends_a_run_that_uses_the_old_one(self):
        self.account.write(
            {"lease_token": "x", "lease_until": fields.Datetime.add(fields.Datetime.now(), hours=1)}
        )
        self.provider = dict.fromkeys(self.provider, "new")
        self.change("new")
        self.assertFalse(self.account.lease_token)

    def test_an_account_disabled_meanwhile_gets_no_password(self):
        self.meanwhile = lambda: self.account._disable("keep")
        self.assertIn("disabled", str(self.end_of_change("correct horse")))
        self.assertFalse(self.account.imap_secret or self.account.smtp_secret)

    def test_a_server_changed_meanwhile_does_not_get_a_password_accepted_by_another(self):
        self.meanwhile = lambda: self.account.write({"imap_host": "imap.new.example"})
        self.provider = dict.fromkeys(self.provider, "new")
        self.assertIsInstance(self.end_of_change("new"), ConcurrencyError)
        self.assertEqual(self.saved(), ("correct horse", "correct horse"))

    def end_of_change(self, password):
        """Return the error that it ends with. Not by assertRaises, which undoes what is saved."""
        try:
            self.change(password)
        except (UserError, ConcurrencyError) as error:
            return error
        return self.fail("It was saved.")

    def test_an_account_waiting_for_a_place_keeps_waiting(self):
        self.account.write({"state": "pending", "next_sync_at": False})
        self.provider = dict.fromkeys(self.provider, "new")
        self.change("new")
        self.assertEqual(self.account.state, "pending")
        self.assertFalse(self.account.next_sync_at)

    def test_an_account_that_was_given_up_starts_again(self):
        self.account.write({"state": "connection", "error_code": "login_refused"})
        self.provider = dict.fromkeys(self.provider, "new")
        self.change("new")
        self.assertEqual(self.account.state, "enabled")

    def test_a_password_goes_in_and_never_comes_out(self):
        wizard = self.wizard(password="hunter2")
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(wizard.password)
        self.assertNotIn("hunter2", str(wizard.read()))
        with self.assertRaises(AccessError):
            wizard.read(["secret"])
        self.assertEqual(vault.decrypt(wizard.sudo().secret), "hunter2")

    def test_the_wizard_is_gone_once_it_is_done(self):
        wizard = self.wizard(password="correct horse")
        with self.enter_registry_test_mode():
            wizard.action_change_password()
        self.assertFalse(wizard.exists())

    def test_an_empty_password_is_asked_for(self):
        with self.assertRaisesRegex(UserError, "Enter the new password"):
            self.wizard().action_change_password()

    def test_nobody_else_changes_it(self):
        for user in (self.salesperson("ben"), self.salesperson("boss", groups="base.group_system")):
            with self.assertRaises(AccessError):
                self.account.with_user(user).action_change_password()
            with self.assertRaises(AccessError):
                self.env["mail.sync.account.password"].with_user(user).create(
                    {"account_id": self.account.id, "password": "x"}
                ).action_change_password()

    # -- testing the connection --------------------------------------------------------------

    def test_connection_reports_in_one_line_that_both_work(self):
        said = self.account.with_user(self.ann).action_test_connection()
        self.assertEqual(self.words(said), "Reading and sending work.")
        self.assertCountEqual([protocol for protocol, _ in self.tried], ["imap", "smtp"])

    def test_connection_says_what_fails_and_changes_nothing(self):
        self.env.flush_all()
        before = self.account.read()
        with patch.object(session, "connect", side_effect=ConnectionTimeout()):
            said = self.account.with_user(self.ann).action_test_connection()
        dialog = self.env[said["res_model"]].with_user(self.ann).browse(said["res_id"])
        self.assertIn("answer", dialog.imap_problem)
        self.assertFalse(dialog.smtp_problem)
        self.env.invalidate_all()
        self.assertEqual(self.account.read(), before)
        self.assertFalse(self.account.log_ids)

    def test_connection_leads_to_the_fix(self):
        self.provider["imap"] = "changed"
        said = self.account.with_user(self.ann).action_test_connection()
        dialog = self.env[said["res_model"]].with_user(self.ann).browse(said["res_id"])
        password, setup = dialog.action_change_password(), dialog.action_open_setup()
        self.assertEqual(password["res_model"], "mail.sync.account.password")
        self.assertEqual(password["context"], {"default_account_id": self.account.id})
        self.assertEqual(setup["res_model"], "mail.sync.account.setup")

    def test_connection_is_not_tried_on_a_neutralized_copy(self):
        with file_open("mail_sync_custom/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertIn("copy for testing", self.press("test_connection"))
        said = self.press("reconnect", "sync_now")
        self.assertIn("copy for testing", said)
        self.assertNotIn("mail_sync.key", said)
        self.assertFalse(self.tried)

    # -- a password that is refused again and again --------------------------------------------

    def refusals(self, protocol):
        return [tried for tried, secret in self.tried if secret != self.provider[tried]].count(
            protocol
        )

    def test_a_refused_password_is_an_error_at_once_even_if_only_tested(self):
        self.provider["imap"] = "changed"
        said = self.account.with_user(self.ann).action_test_connection()
        imap, _, smtp_ = self.words(said).rpartition("\n")
        self.assertIn("password", imap)
        self.assertIn("Not tried", smtp_)
        self.assertEqual(self.tried, [("imap", "correct horse")])
        self.assertEqual(self.account.state, "error")
        self.assertEqual(self.account.log_ids.code, "login_refused")

    def test_however_often_a_button_is_pressed_a_password_is_refused_at_most_three_times_an_hour(
        self,
    ):
        for button in ("test_connection", "reconnect", "sync_now"):
            with self.subTest(button):
                self.account.log_ids.unlink()
                self.tried.clear()
                self.provider = dict.fromkeys(self.provider, "changed")
                said = self.press(button, times=8)
                self.assertEqual(self.tried, [("imap", "correct horse")] * 3)
                self.assertIn("not sent again before", said)
                self.assertIn("Change password", said)

    def test_the_wizard_sends_the_saved_password_no_more_often(self):
        self.provider = dict.fromkeys(self.provider, "changed")
        wizard = self.env["mail.sync.account.setup"].with_user(self.ann).create({})
        said = [self.refused_by(wizard) for _ in range(8)]
        self.assertEqual(self.tried, [("imap", "correct horse")] * 3)
        self.assertEqual(self.account.state, "error")
        self.assertIn("Signing in", said[2])
        self.assertIn("not sent again before", said[3])
        wizard.imap_password = "changed"
        wizard.action_next()
        self.assertEqual(wizard.step, "smtp")

    def refused_by(self, wizard):
        """Press *Next*; return what it says. Not by assertRaises, which undoes what is saved."""
        with self.enter_registry_test_mode():
            try:
                wizard.action_next()
            except UserError as error:
                return str(error)
        return self.fail("The server let us in.")

    def test_sending_is_not_tried_endlessly_either(self):
        self.provider["smtp"] = "changed"
        self.press("test_connection", times=8)
        self.assertEqual(self.refusals("smtp"), 3)
        self.assertEqual(self.refusals("imap"), 0)
        self.assertEqual(self.press("sync_now"), "Nothing new.")

    def test_ten_refusals_are_enough_for_a_day(self):
        self.provider = dict.fromkeys(self.provider, "changed")
        self.press("sync_now")
        now = fields.Datetime.now()
        for hours in range(2, 11):
            self.account.log_ids[0].copy({"date": now - timedelta(hours=hours)})
        self.tried.clear()
        self.press("reconnect", "test_connection", "sync_now")
        self.assertEqual(self.tried, [])

    def test_a_new_password_is_tried_at_once_whatever_happened_before(self):
        self.provider = dict.fromkeys(self.provider, "new")
        self.press("sync_now", times=4)
        with self.assertRaises(UserError):
            self.change("a guess")
        self.change("new")
        self.assertEqual(self.account.state, "enabled")
        self.assertEqual(self.press("sync_now"), "Nothing new.")

    def test_after_the_provider_unlocks_the_account_one_click_is_enough(self):
        right = dict(self.provider)
        self.provider = dict.fromkeys(self.provider, "locked")
        self.press("sync_now")
        self.provider = right
        self.press("sync_now")
        self.assertEqual(self.account.state, "enabled")

    def test_connection_of_a_colleague_is_not_tested(self):
        admin = self.salesperson("boss", groups="base.group_system")
        with self.assertRaises(AccessError):
            self.account.with_user(admin).action_test_connection()
        self.assertFalse(self.tried)
