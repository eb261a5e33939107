from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class MailSyncAccount(models.Model):
    """Access to a mailbox: its owner, and those who manage it for them."""

    _inherit = "mail.sync.account"

    may_disable = fields.Boolean(compute="_compute_may_disable")

    @api.depends("active", "user_id")
    @api.depends_context("uid")
    def _compute_may_disable(self):
        """Show the button to those who may press it."""
        for account in self:
            own = account.user_id == self.env.user
            account.may_disable = account.active and (own or account._may_manage())

    def _owned_sudo(self):
        """Return the account as superuser, for its owner only.

        It stands in for an owner's right to run their own account, which they cannot write.
        """
        self.ensure_one()
        self.check_access("read")
        if self.user_id != self.env.user and not self.env.su:
            raise AccessError(self.env._("Only the owner of a mailbox can do this."))
        if not self.active:
            raise UserError(self.env._("This mailbox is disabled. Connect it again to use it."))
        return self.sudo()

    def _managed_sudo(self):
        """Return the account as superuser for its owner and for those who may disable it."""
        self.ensure_one()
        self.check_access("read")
        if not (self.env.su or self.user_id == self.env.user or self._may_manage()):
            raise AccessError(
                self.env._("Only the owner of a mailbox or an administrator can disable it.")
            )
        # sudo: the owner's right to end what they started, and an administrator's to end it for
        # them; neither can write accounts
        return self.sudo()

    def _may_manage(self):
        """Whether the current user manages this mailbox of another user.

        Administrators and Company Managers do, in their own companies.
        """
        managers = ("base.group_system", "mail_sync_custom.group_mail_sync_company_manager")
        return self.company_id in self.env.companies and any(map(self.env.user.has_group, managers))
