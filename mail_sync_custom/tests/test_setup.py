from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .. import vault
from ..engine.errors import Kind, ServerRefused, Step
from ..engine.imap import session
from ..engine.memory.server import MemoryServer
from .common import MailSyncCase, mail

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

    def test_the_way_back_from_the_first_step_leads_nowhere(self):
        wizard = self.env[SETUP].with_user(self.salesperson("new")).create({})
        wizard.action_back()
        self.assertEqual(wizard.step, "imap")

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

    def test_a_refusal_says_what_this_provider_wants(self):
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

    def test_a_password_changed_after_it_was_tried_is_tried_again(self):
        wizard = self.env["mail.sync.account.setup"].with_user(self.ann).create({"step": "ready"})
        wizard.smtp_password = "another"
        self.assertEqual(wizard.step, "smtp")


@tagged("post_install", "-at_install")
class TestChangeSettings(MailSyncCase):
    """*Change settings* begins with what is saved, and saves what was changed."""

    def wizard(self, **values):
        return self.env[SETUP].with_user(self.ann).create(values)

    def shown(self, **changes):
        """Return what the form shows when it opens, and after these changes, one by one."""
        form = self.env[SETUP].with_user(self.ann)
        names = ("provider_id", "imap_username", "email", "imap_host", "smtp_host", "imap_port")
        spec = {name: {} for name in names} | {"provider_id": {"fields": {}}}
        shown = form.onchange({}, [], spec)["value"]
        for name, value in changes.items():
            shown[name] = value
            provider = shown["provider_id"]
            values = {**shown, "provider_id": isinstance(provider, dict) and provider["id"]}
            shown |= form.onchange(values | {name: value}, [name], spec)["value"]
        return shown

    def finish(self, wizard):
        """Save the account, as if sending had been tried as well."""
        wizard.action_next()
        wizard.step = "ready"
        wizard.action_finish()
        return self.account

    def another_mailbox(self, username="new@company.example"):
        self.servers[username] = MemoryServer()
        self.servers[username].create("Sent", "\\Sent")
        return {
            "imap_username": username,
            "smtp_username": username,
            "imap_password": "another",
            "smtp_password": "another",
        }

    # -- the address

    def test_another_username_is_another_address(self):
        account = self.finish(self.wizard(**self.another_mailbox()))
        self.assertEqual(account.email, "new@company.example")
        self.assertEqual(account.mail_server_id.from_filter, "new@company.example")

    def test_the_address_follows_the_username_in_the_form(self):
        self.account.write({"imap_username": "ann", "email": "ann@company.example"})
        self.assertEqual(self.shown()["email"], "ann@company.example")
        self.assertFalse(self.shown(imap_username="new@company.example")["email"])
        self.assertFalse(self.shown(imap_username="ben")["email"], "It is Ann's.")

    def test_an_address_of_ones_own_is_shown_and_kept(self):
        account = self.finish(self.wizard(email="sales@company.example"))
        self.assertEqual(account.email, "sales@company.example")
        self.assertEqual(self.shown()["email"], "sales@company.example")
        self.assertEqual(self.finish(self.wizard()).email, "sales@company.example")
        account = self.finish(self.wizard(**self.another_mailbox(), email="sales@company.example"))
        self.assertEqual(account.email, "sales@company.example")

    def test_what_is_no_address_is_not_taken_for_one(self):
        with self.assertRaisesRegex(UserError, "not a mail address: sales"):
            self.finish(self.wizard(email="sales"))

    def test_the_second_step_follows_another_username(self):
        details = self.another_mailbox()
        wizard = self.wizard(imap_username=details["imap_username"], imap_password="another")
        wizard.action_next()
        self.assertEqual(wizard.smtp_username, "new@company.example")
        self.assertEqual(wizard.smtp_password_hint, "The same as for IMAP")

    def test_who_moves_to_another_server_does_not_give_the_old_one_the_new_password(self):
        self.account.write({"imap_host": "imap.old.example", "smtp_host": "smtp.old.example"})
        wizard = self.wizard(imap_host="imap.new.example", imap_password="the new one")
        wizard.action_next()
        self.assertEqual(wizard.smtp_host, "smtp.new.example")
        self.assertEqual(vault.decrypt(wizard.sudo().smtp_secret), "the new one")
        self.assertEqual(wizard.smtp_password_hint, "The same as for IMAP")

    def test_who_moves_takes_no_password_of_the_old_server_along(self):
        self.account.write(
            {
                "imap_host": "imap.old.example",
                "smtp_host": "relay.old.example",
                "smtp_username": "relay",
            }
        )
        wizard = self.wizard(imap_host="imap.new.example", imap_password="new")
        wizard.smtp_password = "entered for the relay"
        wizard.action_next()
        self.assertEqual(wizard.smtp_host, "smtp.new.example")
        self.assertEqual(vault.decrypt(wizard.sudo().smtp_secret), "new")

    def test_a_server_for_sending_that_was_entered_with_the_new_one_stays(self):
        self.account.write({"imap_host": "imap.old.example", "smtp_host": "smtp.old.example"})
        wizard = self.wizard(
            imap_host="imap.new.example", smtp_host="out.new.example", imap_password="the new one"
        )
        wizard.action_next()
        self.assertEqual(wizard.smtp_host, "out.new.example")

    def test_the_same_server_by_its_usual_name_takes_the_new_password(self):
        self.account.write({"imap_host": "mail.old.example", "smtp_host": "smtp.old.example"})
        wizard = self.wizard(imap_host="imap.old.example", imap_password="the new one")
        wizard.action_next()
        self.assertEqual(wizard.smtp_host, "smtp.old.example")
        self.assertEqual(vault.decrypt(wizard.sudo().smtp_secret), "the new one")

    def test_how_far_one_mailbox_was_read_says_nothing_of_another(self):
        for number in range(3):
            self.deliver(mail("lena@customer.example", self.ann.email, f"Old {number}"))
        self.sync()
        details = self.another_mailbox()
        new = self.servers["new@company.example"]
        self.deliver(mail("lena@customer.example", "new@company.example", "New"), server=new)
        # As two servers may number alike.
        new["INBOX"].renumber(self.server["INBOX"].uidvalidity)

        self.finish(self.wizard(**details))

        self.assertEqual(self.account.seen_count, 0)
        self.sync()
        self.assertEqual(self.account.seen_count, 1)
        subjects = set(self.entries().mapped("subject"))
        self.assertEqual(subjects, {"Old 0", "Old 1", "Old 2", "New"})

    def test_what_was_set_aside_in_one_mailbox_is_not_looked_for_in_another(self):
        self.env["mail.sync.message"].create(
            {
                "account_id": self.account.id,
                "mailbox_id": self.account.mailbox_ids[0].id,
                "message_id": "odd@example.com",
                "uid": 1,
                "uidvalidity": 1,
                "outcome": "failed",
            }
        )
        self.finish(self.wizard(**self.another_mailbox()))
        self.assertFalse(self.account.failed_ids)

    def test_a_preset_does_not_take_the_place_of_what_is_saved(self):
        self.account.provider_id = self.env["mail.sync.provider"].search([("code", "=", "godaddy")])
        shown = self.shown()
        self.assertEqual(shown["imap_host"], "mail.company.example")
        self.assertEqual(shown["smtp_host"], "mail.company.example")

    # -- the folders

    def folders(self):
        return {box.name: box.special_use for box in self.account.mailbox_ids}

    def picked(self):
        """Pick Sent by hand, and switch on one more folder."""
        for name in (ARCHIVE, BY_HAND):
            self.server.create(name)
        wizard = self.wizard()
        wizard.action_next()
        by_name = wizard.folder_ids.grouped("name")
        by_name[ARCHIVE].use, by_name["Sent"].use = True, False
        wizard.sent_folder_id = by_name[BY_HAND]
        wizard.step = "ready"
        wizard.action_finish()

    def test_the_folders_that_were_picked_stay(self):
        self.picked()
        picked = {"INBOX": "inbox", BY_HAND: "sent", ARCHIVE: False}
        self.assertEqual(self.folders(), picked)
        self.server.create("Later")
        self.finish(self.wizard())
        self.assertEqual(self.folders(), picked)

    def test_the_folders_that_were_picked_stay_when_one_goes_back_a_step(self):
        self.server.create(ARCHIVE)
        wizard = self.wizard()
        wizard.action_next()
        wizard.folder_ids.grouped("name")[ARCHIVE].use = True
        wizard.action_back()
        self.finish(wizard)
        self.assertEqual(self.folders(), {"INBOX": "inbox", "Sent": "sent", ARCHIVE: False})

    def test_a_folder_that_is_gone_is_named_and_left_out(self):
        self.picked()
        for name in (ARCHIVE, BY_HAND):
            self.server.delete(name)
        wizard = self.wizard()
        wizard.action_next()
        self.assertEqual(set(wizard.missing_folders.split(", ")), {ARCHIVE, BY_HAND})
        self.assertEqual(wizard.sent_folder_id.name, "Sent")
        self.finish(wizard)
        self.assertEqual(self.folders(), {"INBOX": "inbox", "Sent": "sent"})

    def test_the_folders_of_another_mailbox_are_its_own(self):
        self.picked()
        details = self.another_mailbox()
        self.servers["new@company.example"].create(ARCHIVE)
        wizard = self.wizard()
        wizard.action_next()
        wizard.write(details)
        self.finish(wizard)
        self.assertEqual(self.folders(), {"INBOX": "inbox", "Sent": "sent"})

    def test_a_mailbox_without_a_folder_of_sent_mail_can_be_connected(self):
        self.server.delete("Sent")
        self.account.mailbox_ids.filtered(lambda box: box.name == "Sent").unlink()
        wizard = self.wizard()
        wizard.action_next()
        self.assertFalse(wizard.sent_folder_id)
        self.finish(wizard)
        self.assertEqual(self.folders(), {"INBOX": "inbox"})
        self.deliver(mail("lena@customer.example", self.ann.email, "Still recorded"))
        self.sync()
        self.assertTimeline("Still recorded")


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

    def test_who_was_connected_before_keeps_what_they_chose(self):
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

    def test_who_was_disabled_begins_anew_within_the_limit(self):
        self.limit("1m")
        self.account._disable("keep")
        self.assertEqual(self.offered(self.ann), ["now", "1m"])
        self.assertEqual(self.env[SETUP].with_user(self.ann).create({}).history, "1m")


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
                shown = self.chosen("other", **self.provider(code)._settings(self.new.email))
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

    def test_what_is_no_port_is_named_with_the_usual_ones(self):
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

    def test_letters_or_a_huge_number_are_no_port_either(self):
        wizard = self.env[SETUP].with_user(self.new).create({})
        for port in ("IMAP", 99999999999):
            for protocol, usual in (("imap", "993 .* 143 "), ("smtp", "465 .* 587 ")):
                entered = {f"{protocol}_port": port}
                with self.subTest(entered):
                    with self.assertRaisesRegex(UserError, f"port {port}:.*\n.*{usual}"):
                        wizard.create(entered)
                    with self.assertRaisesRegex(UserError, f"port {port}:.*\n.*{usual}"):
                        wizard.write(entered)

    def test_what_is_no_hostname_is_named(self):
        for host in ("..", "imap..example.com", "x" * 64 + ".example.com", "a." * 200 + "com"):
            with self.subTest(host):
                said = self.refused(imap_host=host)
                self.assertIn(f"not a hostname: {host[:60]}", said)
                self.assertNotIn("server said", said)
