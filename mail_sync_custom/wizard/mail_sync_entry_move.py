from odoo import api, fields, models
from odoo.exceptions import UserError


class MailSyncEntryMove(models.TransientModel):
    """Asks to which record a recorded mail moves."""

    _name = "mail.sync.entry.move"
    _description = "Move a Mail"

    mail_message_id = fields.Many2one(
        "mail.message", "Mail", required=True, readonly=True, ondelete="cascade"
    )
    target_kind = fields.Selection(
        [("crm.lead", "A lead or an opportunity"), ("res.partner", "A contact")],
        "Move to",
        required=True,
        default="crm.lead",
    )
    lead_id = fields.Many2one("crm.lead", "Lead or Opportunity")
    partner_id = fields.Many2one("res.partner", "Contact")
    subject = fields.Char(compute="_compute_subject")

    @api.depends("mail_message_id")
    @api.depends_context("uid")
    def _compute_subject(self):
        for wizard in self:
            wizard.mail_message_id.check_access("read")
            wizard.subject = wizard.mail_message_id.subject

    def action_move(self):
        """Move the mail; return what says where it is now."""
        self.ensure_one()
        target = self.lead_id if self.target_kind == "crm.lead" else self.partner_id
        if not target:
            raise UserError(self.env._("Choose where the mail belongs."))
        self.mail_message_id._mail_sync_move(target)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The mail is on %s now.", target.display_name),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
