from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Tell the top bar with the session how the user's mailbox is: no request of its own."""
        info = super().session_info()
        if self.env.user._is_internal():
            info["mail_sync"] = self.env["mail.sync.account"]._top_bar(self.env.user)
        return info
