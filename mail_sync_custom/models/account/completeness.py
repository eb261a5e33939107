from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine import status


class MailSyncAccount(models.Model):
    """*Check completeness*: what is on the server, against what is recorded.

    The comparison is part of a turn (``engine.sync.checking``) and records nothing. *Fetch what is
    missing* records what it found, and compares again.
    """

    _inherit = "mail.sync.account"

    check_state = fields.Selection(
        [("checking", "Comparing"), ("fetching", "Fetching"), ("done", "Compared")],
        "Completeness",
        readonly=True,
        copy=False,
    )
    checked_at = fields.Datetime("Compared at", readonly=True, copy=False)
    missing_ids = fields.One2many("mail.sync.missing", "account_id", readonly=True)
    missing_count = fields.Integer(compute="_compute_check_counts", compute_sudo=True)
    checked_count = fields.Integer(compute="_compute_check_counts", compute_sudo=True)
    check_total = fields.Integer(compute="_compute_check_counts", compute_sudo=True)
    unchecked_count = fields.Integer(
        "Folders Not Compared", compute="_compute_check_counts", compute_sudo=True
    )

    @api.depends("mailbox_ids.check_result")
    def _compute_check_counts(self):
        # By a search: mailbox_ids would stay cached for a reader who must not see the folders.
        mailboxes = self.env["mail.sync.mailbox"].search([("account_id", "in", self.ids)])
        by_account = mailboxes.grouped("account_id")
        for account in self:
            own = by_account.get(account, mailboxes.browse())
            account.missing_count = sum(own.mapped("missing_count"))
            account.checked_count = sum(own.mapped("checked_count"))
            account.unchecked_count = len(own) - len(own.filtered("check_result"))
            account.check_total = max(account.checked_count, sum(own.mapped("seen_count")))

    def action_check_completeness(self):
        """Compare the mailbox with what is recorded, in its next turn, which begins now."""
        account_sudo = self._checkable_sudo()
        account_sudo._begin_check()
        account_sudo._schedule_now()
        words = self.env._(
            "Your mailbox is being compared with the CRM. The result appears on this page, and "
            "nothing is changed."
        )
        return self._notification(words, "info")

    def action_fetch_missing(self):
        """Record what the last check found missing, retry what is set aside, and check again."""
        account_sudo = self._checkable_sudo()
        account_sudo.check_state = "fetching"
        account_sudo.failed_ids._make_due()
        account_sudo._schedule_now()
        words = self.env._(
            "What is missing is being fetched. Then your mailbox is compared once more."
        )
        return self._notification(words, "info")

    def _checkable_sudo(self):
        """Return the user's own account; raise UserError if nothing is read from it now."""
        account_sudo = self._owned_sudo()
        if account_sudo.state == "pending":
            raise UserError(account_sudo._waiting_words())
        if not account_sudo.active or not status.State(account_sudo.state).attempts:
            raise UserError(
                self.env._("This mailbox is not being synchronised. Reconnect it first.")
            )
        return account_sudo

    def _begin_check(self):
        """Forget the last comparison, and have everything compared."""
        self.missing_ids.unlink()
        self.mailbox_ids.check_result = False
        self.check_state = "checking"

    def _forget_check(self):
        self.missing_ids.unlink()
        self.write({"check_state": False, "checked_at": False})
