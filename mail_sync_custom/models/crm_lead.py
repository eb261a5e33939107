from odoo import api, fields, models

from ..bridge import addressing
from ..engine.addresses import keys

#: What a lead's addresses come from.
_ADDRESSED_BY = {"email_from", "partner_id"}
#: What closes a lead, or opens it again. A change of team can change its stage.
_CLOSED_BY = {"active", "probability", "stage_id", "team_id"}


class CrmLead(models.Model):
    _inherit = "crm.lead"

    mail_sync_keys = fields.Text(
        compute="_compute_mail_sync_keys", store=True, exportable=False, prefetch=False
    )

    # Looked up for every header that is read; Odoo's own index on the field serves only ILIKE.
    _mail_sync_email_idx = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")
    _mail_sync_keys_idx = models.Index(addressing.INDEX)

    def _auto_init(self):
        addressing.make_column(self, "email_from")
        return super()._auto_init()

    @api.depends("email_from", "email_normalized")
    def _compute_mail_sync_keys(self):
        for lead in self:
            lead.mail_sync_keys = addressing.stored(lead.email_from, lead.email_normalized)

    # -- a lead that is new or open again, or has a new address, gets its past mails --------------

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        self.env["mail.sync.latecomer"]._welcome(leads, {})
        return leads

    def write(self, vals):
        addressed = self if _ADDRESSED_BY & vals.keys() else self.browse()
        closed = self._mail_sync_closed() if _CLOSED_BY & vals.keys() else self.browse()
        if not addressed and not closed:
            return super().write(vals)
        before = {lead.id: lead._mail_sync_emails() for lead in addressed}
        result = super().write(vals)
        # While it was closed, new mail went to its contact only, so all its addresses are new.
        reopened = closed - closed._mail_sync_closed()
        for lead in reopened:
            before.pop(lead.id, None)
        if late := addressed | reopened:
            self.env["mail.sync.latecomer"]._welcome(late, before)
        return result

    def _mail_sync_closed(self):
        """Return those of the leads that are won, lost or archived: no new mail goes to them."""
        # sudo: whoever writes on a lead may give it to somebody else by that
        leads_sudo = self.sudo().filtered(
            lambda lead: not lead.active or lead.won_status in ("won", "lost")
        )
        return leads_sudo.with_env(self.env)

    def _mail_sync_emails(self):
        """Return the addresses of a lead and of its contact."""
        self.ensure_one()
        # sudo: the address counts even if the contact belongs to another company, or the lead to
        # somebody else now
        lead_sudo = self.sudo()
        return {*keys(lead_sudo.email_from or ""), *keys(lead_sudo.partner_id.email or "")}

    def _merge_dependences_history(self, opportunities):
        """Keep one entry of a mail that several of the merged leads have."""
        # sudo: as Odoo moves the messages here, whoever may read them
        entries_sudo = self.env["mail.sync.entry"].sudo()
        entries_sudo._unite(self | opportunities)
        return super()._merge_dependences_history(opportunities)

    # -- sending ---------------------------------------------------------------------------------

    def _notify_get_reply_to(self, default=None, author_id=False):
        """Send answers to the mailbox of the author, where they are synchronised.

        In Odoo the team's alias or the catchall wins, and the answer would never reach the inbox
        that the customer saw as the sender (odoo/odoo#48541).
        """
        return self._mail_sync_reply_to(author_id) or super()._notify_get_reply_to(
            default=default, author_id=author_id
        )
