from odoo.exceptions import UserError
from odoo.tests import tagged

from .. import vault
from ..engine.memory.server import MemoryServer
from .common import MailSyncCase, mail

SETUP = "mail.sync.account.setup"
ARCHIVE, BY_HAND = "Archive", "Written by me"


@tagged("post_install", "-at_install")
class TestChangeSettings(MailSyncCase):
    """*Change settings* begins with what is saved, and saves what was changed."""

    def wizard(self, **values):
        return self.env[SETUP].with_user(self.ann).create(values)

    def shown(self, **changes):
        """Return what the form shows when it opens and after each of these changes."""
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

    def test_a_separate_address_is_shown_and_kept(self):
        account = self.finish(self.wizard(email="sales@company.example"))
        self.assertEqual(account.email, "sales@company.example")
        self.assertEqual(self.shown()["email"], "sales@company.example")
        self.assertEqual(self.finish(self.wizard()).email, "sales@company.example")
        account = self.finish(self.wizard(**self.another_mailbox(), email="sales@company.example"))
        self.assertEqual(account.email, "sales@company.example")

    def test_a_username_that_is_not_an_address_is_not_used_as_one(self):
        with self.assertRaisesRegex(UserError, "not a mail address: sales"):
            self.finish(self.wizard(email="sales"))

    def test_the_second_step_follows_another_username(self):
        details = self.another_mailbox()
        wizard = self.wizard(imap_username=details["imap_username"], imap_password="another")
        wizard.action_next()
        self.assertEqual(wizard.smtp_username, "new@company.example")
        self.assertEqual(wizard.smtp_password_hint, "The same as for IMAP")

    def test_after_a_move_the_old_server_does_not_get_the_new_password(self):
        self.account.write({"imap_host": "imap.old.example", "smtp_host": "smtp.old.example"})
        wizard = self.wizard(imap_host="imap.new.example", imap_password="the new one")
        wizard.action_next()
        self.assertEqual(wizard.smtp_host, "smtp.new.example")
        self.assertEqual(vault.decrypt(wizard.sudo().smtp_secret), "the new one")
        self.assertEqual(wizard.smtp_password_hint, "The same as for IMAP")

    def test_after_a_move_the_new_server_does_not_get_the_old_password(self):
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

    def test_the_cursor_of_one_mailbox_does_not_apply_to_another(self):
        for number in range(3):
            self.deliver(mail("lena@customer.example", self.ann.email, f"Old {number}"))
        self.sync()
        details = self.another_mailbox()
        new = self.servers["new@company.example"]
        self.deliver(mail("lena@customer.example", "new@company.example", "New"), server=new)
        # Two servers may use the same numbers.
        new["INBOX"].renumber(self.server["INBOX"].uidvalidity)

        self.finish(self.wizard(**details))

        self.assertEqual(sum(self.account.mailbox_ids.mapped("seen_count")), 0)
        self.sync()
        self.assertEqual(sum(self.account.mailbox_ids.mapped("seen_count")), 1)
        subjects = set(self.entries().mapped("subject"))
        self.assertEqual(subjects, {"Old 0", "Old 1", "Old 2", "New"})

    def test_messages_set_aside_in_one_mailbox_are_not_searched_for_in_another(self):
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

    def test_a_preset_does_not_replace_saved_settings(self):
        self.account.provider_id = self.env["mail.sync.provider"].search([("code", "=", "godaddy")])
        shown = self.shown()
        self.assertEqual(shown["imap_host"], "mail.company.example")
        self.assertEqual(shown["smtp_host"], "mail.company.example")

    # -- the folders

    def folders(self):
        return {box.name: box.special_use for box in self.account.mailbox_ids}

    def picked(self):
        """Choose Sent by hand, and switch on one more folder."""
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

    def test_the_picked_folders_stay_after_going_back_a_step(self):
        self.server.create(ARCHIVE)
        wizard = self.wizard()
        wizard.action_next()
        wizard.folder_ids.grouped("name")[ARCHIVE].use = True
        wizard.action_back()
        self.finish(wizard)
        self.assertEqual(self.folders(), {"INBOX": "inbox", "Sent": "sent", ARCHIVE: False})

    def test_a_missing_folder_is_named_and_left_out(self):
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
