from odoo import api, fields, models

from ..bridge import addressing


class ResPartner(models.Model):
    _inherit = "res.partner"

    mail_sync_keys = fields.Text(
        compute="_compute_mail_sync_keys", store=True, exportable=False, prefetch=False
    )

    _mail_sync_email_idx = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")
    _mail_sync_keys_idx = models.Index(addressing.INDEX)

    def _auto_init(self):
        addressing.make_column(self, "email")
        return super()._auto_init()

    @api.depends("email", "email_normalized")
    def _compute_mail_sync_keys(self):
        for partner in self:
            partner.mail_sync_keys = addressing.stored(partner.email, partner.email_normalized)

    def write(self, vals):
        if "email" not in vals:
            return super().write(vals)
        # sudo: all leads of the contact get its past mails, even those the user cannot open
        leads_sudo = self.env["crm.lead"].sudo().search([("partner_id", "in", self.ids)])
        before = {lead.id: lead._mail_sync_emails() for lead in leads_sudo}
        result = super().write(vals)
        self.env["mail.sync.latecomer"]._welcome(leads_sudo, before)
        return result

    def _notify_get_reply_to(self, default=None, author_id=False):
        """Send answers to the mailbox that the mail came from, as on a lead."""
        return self._mail_sync_reply_to(author_id) or super()._notify_get_reply_to(
            default=default, author_id=author_id
        )
