from odoo import api, models


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    @api.depends("model")
    def _compute_authorship(self):
        """Show the mailbox's address instead of the user's own as the sender."""
        super()._compute_authorship()
        account_sudo = self.env["mail.sync.account"]._of_author(self.env.user.partner_id.id)
        if not account_sudo:
            return
        for composer in self.filtered(lambda c: c.model in ("crm.lead", "res.partner")):
            if composer.email_from == self.env.user.email_formatted:
                composer.email_from = account_sudo._formatted_email()
