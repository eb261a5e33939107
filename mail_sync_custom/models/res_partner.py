from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    _mail_sync_email_idx = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")

    def _notify_get_reply_to(self, default=None, author_id=False):
        """As on a lead: the answer goes to the mailbox that the mail was seen to come from."""
        return self._mail_sync_reply_to(author_id) or super()._notify_get_reply_to(
            default=default, author_id=author_id
        )
