from odoo import api, fields, models
from odoo.exceptions import UserError

from ... import vault

#: What only another sign-in mends.
MENDED_BY_SIGN_IN = ("sign_in_again", "token_refused", "scope_missing", "secret_unreadable")


class MailSyncAccount(models.Model):
    """An account whose owner signed in at the provider, in place of a password."""

    _inherit = "mail.sync.account"

    oauth_grant_id = fields.Many2one(
        "mail.sync.oauth.grant",
        groups=fields.NO_ACCESS,
        copy=False,
        ondelete="set null",
        index=True,
    )
    signed_in = fields.Boolean(compute="_compute_signed_in", compute_sudo=True)
    # Reading, or sending, fails in a way that only *Sign in again* mends.
    wants_sign_in = fields.Boolean(compute="_compute_signed_in", compute_sudo=True)
    sending_wants_sign_in = fields.Boolean(compute="_compute_signed_in", compute_sudo=True)

    @api.depends("oauth_grant_id", "error_code", "sending_error_code")
    def _compute_signed_in(self):
        for account in self:
            account.signed_in = bool(account.oauth_grant_id)
            for name, code in (
                ("wants_sign_in", account.error_code),
                ("sending_wants_sign_in", account.sending_error_code),
            ):
                account[name] = account.signed_in and code in MENDED_BY_SIGN_IN

    def action_sign_in_again(self):
        """Send the owner to the provider's page; everything else stays as it is."""
        account_sudo = self._owned_sudo()
        if not account_sudo.oauth_grant_id:
            raise UserError(self.env._("This mailbox is connected with a password."))
        # sudo: which registration the account uses is no secret to the wizard, which runs as owner
        client = account_sudo.oauth_grant_id.client_id
        setup = self.env["mail.sync.account.setup"].create({})
        return setup._send_to(client)

    def _replace_grant(self, grant):
        """Let go of a permission that another one, or a password, replaces."""
        self.oauth_grant_id.filtered(lambda old: old != grant)._withdraw()

    @api.model
    def _decrypt(self, secret):
        """Return a saved secret; "" for none. Raises vault.SecretUnreadable."""
        return vault.decrypt(secret) if secret else ""
