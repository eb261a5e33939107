from odoo import api, fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    mail_sync_account_ids = fields.One2many("mail.sync.account", "user_id")
    mail_sync_account_id = fields.Many2one(
        "mail.sync.account",
        "Mail Sync",
        compute="_compute_mail_sync_account_id",
        search="_search_mail_sync_account_id",
    )
    mail_sync_state = fields.Selection(
        related="mail_sync_account_id.state", string="Mail Sync Status"
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return [
            *super().SELF_READABLE_FIELDS,
            "mail_sync_account_ids",
            "mail_sync_account_id",
            "mail_sync_state",
        ]

    @api.depends("mail_sync_account_ids.active")
    def _compute_mail_sync_account_id(self):
        for user in self:
            user.mail_sync_account_id = user.mail_sync_account_ids[:1]

    def _search_mail_sync_account_id(self, operator, value):
        return [("mail_sync_account_ids", operator, value)]

    def _compute_outgoing_mail_server_id(self):
        """A synced user's server is the one of their account, whatever its log-in name is.

        Odoo knows a personal server by the user's own address, and every night deletes those that
        it does not know: one with another name or address would be lost.
        """
        super()._compute_outgoing_mail_server_id()
        # sudo: as in the method extended, which server it is is no secret
        accounts_sudo = self.env["mail.sync.account"].sudo().search([("user_id", "in", self.ids)])
        for account in accounts_sudo.filtered("mail_server_id"):
            user = account.user_id.with_env(self.env)
            user.outgoing_mail_server_id = account.mail_server_id
            user.outgoing_mail_server_type = "default"

    def action_open_mail_sync(self):
        """Open the Mail Sync page from the preferences."""
        return self.env["mail.sync.account"].action_open_mine()
    def write(self, vals):
        """A user who is archived has their mailbox disabled; what was recorded stays."""
        result = super().write(vals)
        if "active" in vals and not vals["active"]:
            # sudo: whoever may archive a user may end what runs in their name
            self.sudo().mail_sync_account_ids._disable("keep")
        return result

    def unlink(self):
        """As for an archived user. Their account goes with them; what it held is held for them."""
        self.check_access("unlink")
        # sudo: as above
        accounts_sudo = self.sudo().with_context(active_test=False).mail_sync_account_ids
        accounts_sudo._disable("keep")
        accounts_sudo._leave_for_good()
        return super().unlink()

