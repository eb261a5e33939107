"""The chatter beside the timeline: what the timeline does not show."""

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..bridge import standing
from .timeline_conditions import is_mail, where


class MailMessage(models.Model):
    _inherit = "mail.message"

    @api.model
    def _message_fetch(self, domain, *, thread=None, mail_sync_mails=True, **kwargs):
        """Leave out mails, if the web client asks for that, on leads and contacts."""
        if thread and not mail_sync_mails and thread._name in standing.MODELS:
            domain = Domain(True if domain is None else domain)
            domain &= where(lambda message: SQL("NOT %s", is_mail(message)))
        return super()._message_fetch(domain, thread=thread, **kwargs)
