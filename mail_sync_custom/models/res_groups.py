from odoo import api, models


class ResGroups(models.Model):
    _inherit = "res.groups"

    @api.model
    def _get_view_group_hierarchy(self):
        """Describe the choice of a role in the reader's language.

        Odoo translates the name of a privilege, and neither its placeholder nor its description.
        """
        hierarchy = super()._get_view_group_hierarchy()
        ours = self.env.ref("mail_sync_custom.privilege_mail_sync", raise_if_not_found=False)
        if not ours or ours.id not in hierarchy["privileges"]:
            return hierarchy
        # The hierarchy is cached, so this returns a changed copy.
        own = {
            **hierarchy["privileges"][ours.id],
            "placeholder": self.env._("Own mailbox only"),
            "description": self.env._(
                "What a user sees of the mailboxes that are connected to the CRM. Everybody "
                "connects and sees their own."
            ),
        }
        return {**hierarchy, "privileges": {**hierarchy["privileges"], ours.id: own}}
