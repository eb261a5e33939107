"""*Write* at the top of the timeline: Odoo's composer, to the people of the record."""

from odoo import models


class MailSyncTimeline(models.AbstractModel):
    _inherit = "mail.sync.timeline"

    def action_mail_sync_write(self):
        """Return Odoo's composer for a new mail to those whom Odoo suggests for this record.

        Raises AccessError for those who may not write here.
        """
        self.ensure_one()
        self._mail_sync_check_timeline()
        self.check_access("write")
        may_create = self.env.user.has_group("base.group_partner_manager")
        suggested = self._message_get_suggested_recipients(no_create=not may_create)
        partner_ids = [one["partner_id"] for one in suggested if one["partner_id"]]
        return {
            "name": self.env._("New Mail"),
            "type": "ir.actions.act_window",
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_composition_mode": "comment",
                "default_model": self._name,
                "default_partner_ids": partner_ids,
                "default_res_ids": self.ids,
                "default_subtype_xmlid": "mail.mt_comment",
            },
        }
