from odoo import api, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    # Every header looked at asks this question; Odoo's own index on the field serves ILIKE only.
    _mail_sync_email_idx = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")

    # -- a lead that comes late gets its past mails ----------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        self.env["mail.sync.latecomer"]._welcome(leads, {})
        return leads

    def write(self, vals):
        if vals.keys().isdisjoint(("email_from", "partner_id")):
            return super().write(vals)
        before = {lead.id: lead._mail_sync_emails() for lead in self}
        result = super().write(vals)
        self.env["mail.sync.latecomer"]._welcome(self, before)
        return result

    def _mail_sync_emails(self):
        """Return the addresses of a lead and of the contact that it belongs to."""
        self.ensure_one()
        # sudo: the address of a contact of another company decides where a mail goes, too
        emails = (self.email_normalized, self.sudo().partner_id.email_normalized)
        return set(filter(None, emails))

    def _merge_dependences_history(self, opportunities):
        """A mail that stands on several of them stands on the merged one once."""
        # sudo: as Odoo does with messages here, whoever may read them
        entries_sudo = self.env["mail.sync.entry"].sudo()
        entries_sudo._unite(self | opportunities)
        return super()._merge_dependences_history(opportunities)

    # -- sending ---------------------------------------------------------------------------------

    def _notify_get_reply_to(self, default=None, author_id=False):
        """Answers to a salesperson with a mailbox go to that mailbox, and come back by the sync.

        The team's alias and the catchall win in Odoo; there the answer would never reach the
        inbox that the customer saw the mail come from (odoo/odoo#48541).
        """
        return self._mail_sync_reply_to(author_id) or super()._notify_get_reply_to(
            default=default, author_id=author_id
        )
