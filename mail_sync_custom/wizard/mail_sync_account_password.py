from odoo import api, fields, models
from odoo.exceptions import UserError


class MailSyncAccountPassword(models.TransientModel):
    """One field for a password that was changed at the provider.

    As in the set-up, it is encrypted on input and never shown.
    """

    _name = "mail.sync.account.password"
    _description = "Change the Password of a Mailbox"

    account_id = fields.Many2one(
        "mail.sync.account", required=True, readonly=True, ondelete="cascade"
    )
    email = fields.Char(related="account_id.email")
    one_password = fields.Boolean(compute="_compute_one_password")
    used_for = fields.Selection(
        [("both", "Reading and sending"), ("imap", "Reading (IMAP)"), ("smtp", "Sending (SMTP)")],
        "Used for",
        compute="_compute_used_for",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
    )
    password = fields.Char(
        "New password",
        compute="_compute_password",
        inverse="_inverse_password",
        help="Some providers want an app password here instead of the one you log in with.",
    )
    secret = fields.Char(groups=fields.NO_ACCESS, copy=False)

    @api.depends("account_id")
    def _compute_one_password(self):
        """Tell whether reading and sending share a password: then there is no choice to make."""
        for wizard in self:
            # sudo: reveals only whether two secrets are equal, and only to their owner
            account = wizard.account_id
            wizard.one_password = account and account._owned_sudo()._has_one_password()

    @api.depends("account_id")
    def _compute_used_for(self):
        """Default to what fails."""
        for wizard in self:
            account = wizard.account_id
            sending = account.sending_error_code and not account.error_code
            one = "smtp" if sending else "imap"
            wizard.used_for = "both" if wizard.one_password else one

    def _compute_password(self):
        """Encrypt a password on input, and never show it."""
        self.password = False

    def _inverse_password(self):
        for wizard in self.filtered("password"):
            token = self.env["mail.sync.account"]._encrypt(wizard.password)
            # sudo: nobody may read or write secrets, not even the users who entered them
            wizard.sudo().secret = token

    def action_change_password(self):
        """Try the new password where it is used; if it works, save it and sync at once."""
        self.ensure_one()
        account_sudo = self.account_id._owned_sudo()
        # sudo: nobody may read it, and it is passed on encrypted
        secret = self.sudo().secret
        if not secret:
            raise UserError(self.env._("Enter the new password."))
        protocols = ("imap", "smtp") if self.used_for == "both" else (self.used_for,)
        account_sudo._change_password(secret, protocols)
        # sudo: the wizard is its user's own, and must not keep the secret
        self.sudo().unlink()
        said = account_sudo._notification(
            self.env._("The new password works. Your mailbox is being synchronised."), "success"
        )
        said["params"]["next"] = {"type": "ir.actions.act_window_close"}
        return said
