"""Mails on the records of other addons' models: one line for each model.

class ProjectTask(models.Model):
    _name = "project.task"
    _inherit = ["project.task", "mail.sync.addressed"]
    _mail_sync_address_fields = ("partner_id.email",)
"""

from odoo import api, fields, models
from odoo.fields import Domain

from ..bridge import addressing
from ..engine.addresses import shown


class MailSyncAddressed(models.AbstractModel):
    """For records, besides leads and contacts, on which the mails of an address are recorded.

    The model inherits ``mail.thread`` as well. Mails are recorded, shown, kept private, answered
    and removed there as on a lead. Only leads get past mails when they come late.
    """

    _name = "mail.sync.addressed"
    _inherit = ["mail.sync.timeline"]
    _description = "Record With Mails"

    #: The fields with the addresses, as paths.
    _mail_sync_address_fields = ()

    mail_sync_keys = fields.Text(
        compute="_compute_mail_sync_keys", store=True, exportable=False, prefetch=False
    )

    _mail_sync_keys_idx = models.Index(addressing.INDEX)

    @api.depends(lambda self: self._mail_sync_address_fields)
    def _compute_mail_sync_keys(self):
        for record in self:
            # sudo: the address counts, whoever may read the contact that it is of
            values = (record.sudo().mapped(path) for path in self._mail_sync_address_fields)
            text = ", ".join(value for found in values for value in found if value)
            record.mail_sync_keys = addressing.stored(text, None)

    def _mail_sync_takers(self, companies):
        """Return those of the records that take new mails: active ones of the companies.

        For addons to narrow down, to what is still open.
        """
        domain = Domain("id", "in", self.ids)
        if "company_id" in self._fields:
            domain &= Domain("company_id", "in", [False, *companies])
        return self.search(domain)

    def _mail_sync_addresses(self):
        keys = addressing.found_keys(None, self.mail_sync_keys)
        return [shown(key) for key in keys if not key.startswith("~")]

    def _notify_get_reply_to(self, default=None, author_id=False):
        """Send answers to the mailbox that the mail came from, as on a lead."""
        return self._mail_sync_reply_to(author_id) or super()._notify_get_reply_to(
            default=default, author_id=author_id
        )
