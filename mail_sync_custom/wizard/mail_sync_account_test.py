from odoo import api, fields, models


class MailSyncAccountTest(models.TransientModel):
    """*Test connection*: the result for reading and sending, and what to do if one fails."""

    _name = "mail.sync.account.test"
    _description = "What a Test of the Connection Showed"

    account_id = fields.Many2one(
        "mail.sync.account", required=True, readonly=True, ondelete="cascade"
    )
    email = fields.Char(related="account_id.email")
    imap_problem = fields.Text("Reading (IMAP)", readonly=True, help="Empty where it works.")
    smtp_problem = fields.Text("Sending (SMTP)", readonly=True, help="Empty where it works.")

    @api.model
    def _show(self, account, errors):
        """Return the action that shows the errors of ``imap`` and ``smtp`` (None: it works)."""
        problems = {
            f"{protocol}_problem": str(error) for protocol, error in errors.items() if error
        }
        test = self.create({"account_id": account.id, **problems})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Test connection"),
            "res_model": self._name,
            "res_id": test.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_change_password(self):
        """Open the dialog for a new password."""
        return self.account_id.action_change_password()

    def action_open_setup(self):
        """Open the settings."""
        return self.account_id.action_open_setup()
