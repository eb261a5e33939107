from odoo import api, fields, models


class MailSyncExclusionApply(models.TransientModel):
    """Asks whether an exclusion also applies to what was recorded before it."""

    _name = "mail.sync.exclusion.apply"
    _description = "Remove What Was Recorded Before"

    exclusion_id = fields.Many2one(
        "mail.sync.exclusion", required=True, readonly=True, ondelete="cascade"
    )
    pattern = fields.Char(related="exclusion_id.pattern")
    whose = fields.Selection(related="exclusion_id.whose")
    removed_count = fields.Integer("Mails to be removed", compute="_compute_counts")
    record_count = fields.Integer(
        "Leads, opportunities and contacts that they are on", compute="_compute_counts"
    )
    shared_count = fields.Integer(
        "Mails that stay, as another mailbox has them too", compute="_compute_counts"
    )

    @api.depends("exclusion_id")
    def _compute_counts(self):
        """Count each mail once, even if it is on both a lead and its contact."""
        for wizard in self:
            mails_sudo, accounts_sudo = wizard.exclusion_id._recorded_sudo()
            users_sudo = accounts_sudo.user_id
            shared_sudo = mails_sudo.filtered(
                lambda mail, users=users_sudo: (
                    mail.mail_sync_entry_ids.kept or mail._mail_sync_owners() - users
                )
            )
            alone_sudo = mails_sudo - shared_sudo
            wizard.removed_count = len({mail._mail_sync_key() for mail in alone_sudo})
            wizard.record_count = len({(mail.model, mail.res_id) for mail in alone_sudo})
            wizard.shared_count = len({mail._mail_sync_key() for mail in shared_sudo})

    def action_remove(self):
        """Remove them; they do not come back."""
        self.ensure_one()
        self.exclusion_id._apply()
        return {"type": "ir.actions.act_window_close"}
