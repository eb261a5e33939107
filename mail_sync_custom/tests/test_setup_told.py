"""What those are told who have no mailbox, or no longer one."""

from odoo.tests import tagged

from .common import MailSyncCase, mail

MANAGER = "mail_sync_custom.group_mail_sync_sales_manager"


@tagged("post_install", "-at_install")
class TestTold(MailSyncCase):
    def invites(self, user):
        return self.env["mail.sync.account"]._invites(user)

    def test_a_salesperson_without_a_mailbox_is_told_until_they_close_it(self):
        new = self.salesperson("new")
        self.assertTrue(self.invites(new))
        settings = self.env["res.users.settings"].with_user(new)._find_or_create_for_user(new)
        settings.with_user(new).set_res_users_settings({"mail_sync_invitation_closed": True})
        self.assertFalse(self.invites(new))

    def test_others_are_not_told(self):
        self.assertFalse(self.invites(self.ann), "Ann is connected.")
        self.account._disable("keep")
        self.assertFalse(self.invites(self.ann), "She knows where it is.")
        self.assertFalse(self.invites(self.salesperson("clerk", groups="base.group_user")))
        administrator = "base.group_system,sales_team.group_sale_manager"
        self.assertFalse(self.invites(self.salesperson("boss", groups=administrator)))

    def words_after(self, policy):
        """Return what Ann reads after she has disabled her mailbox with two mails of two."""
        for number in range(2):
            self.deliver(mail("lena@customer.example", self.ann.email, f"Visit {number}"))
        self.sync()
        wizard = self.env["mail.sync.account.disable"].with_user(self.ann)
        wizard.create({"account_id": self.account.id, "policy": policy}).action_disable()
        return self.ann.with_user(self.ann).mail_sync_disabled_words

    def test_the_page_says_what_has_stayed(self):
        self.assertFalse(self.ann.with_user(self.ann).mail_sync_disabled_words)
        words = self.words_after("keep")
        self.assertIn("ann@company.example: You disabled this mailbox: ", words)
        self.assertIn("What it had recorded stays where it is. Mails: 2.", words)

    def test_the_page_says_what_was_removed_and_by_whom(self):
        self.assertIn(
            "What it alone had recorded was removed. Mails: 2.", self.words_after("remove")
        )
        self.account.disabled_by_id = self.salesperson("boss", name="Ida Berg").id
        self.ann.invalidate_recordset()
        words = self.ann.with_user(self.ann).mail_sync_disabled_words
        self.assertIn("Ida Berg disabled this mailbox", words)

    def test_a_colleague_does_not_learn_it(self):
        self.words_after("keep")
        ben = self.salesperson("ben")
        self.assertFalse(self.ann.with_user(ben).sudo().mail_sync_disabled_words)

    def test_an_empty_list_says_whose_mailboxes_it_lacks(self):
        Account = self.env["mail.sync.account"]

        def title(user):
            return str(Account.with_user(user).get_empty_list_help("help")).partition("</p>")[0]

        manager = self.salesperson("manager", groups=MANAGER)
        boss = self.salesperson("boss", groups="base.group_system")
        self.assertIn("in the teams that you lead", title(manager))
        self.assertIn("No mailbox matches", title(boss), "There is Ann's.")
        self.account._disable("keep")
        self.assertIn("Nobody has connected a mailbox yet", title(boss))

    def test_an_account_that_is_no_longer_tried_is_not_said_to_be(self):
        failing = {"error_code": "timeout", "sending_error_code": "timeout"}
        self.account.write({"state": "error", "sending_state": "error", **failing})
        self.assertIn("tries again by itself", self.account.remedy)
        self.account.state = "connection"
        self.assertNotIn("by itself", f"{self.account.remedy} {self.account.sending_remedy}")
        self.account.write({"state": "error", "sending_state": "connection"})
        self.assertNotIn("by itself", self.account.sending_remedy)
