from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Add the state of the user's mailbox for the top bar, which saves it a request."""
        info = super().session_info()
        if self.env.user._is_internal():
            account = self.env["mail.sync.account"]
            invited = account._invites(self.env.user)
            info["mail_sync"] = {**account._top_bar(self.env.user), "invited": invited}
        return info
