from odoo import models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    # Every header looked at asks this question; Odoo's own index on the field serves ILIKE only.
    _mail_sync_email_idx = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")

    def _notify_get_reply_to(self, default=None, author_id=False):
        """Answers to a salesperson with a mailbox go to that mailbox, and come back by the sync.

        The team's alias and the catchall win in Odoo; there the answer would never reach the
        inbox that the customer saw the mail come from (odoo/odoo#48541).
        """
        return self._mail_sync_reply_to(author_id) or super()._notify_get_reply_to(
            default=default, author_id=author_id
        )
