from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_reference_fields(self, src_partners, dst_partner):
        """Keep a mail that is on several of them only once on the merged one.

        Odoo moves their messages here, however the merge was requested.
        """
        # sudo: as Odoo does with messages here, whoever may read them
        entries_sudo = self.env["mail.sync.entry"].sudo()
        entries_sudo._unite(dst_partner | src_partners)
        return super()._update_reference_fields(src_partners, dst_partner)
