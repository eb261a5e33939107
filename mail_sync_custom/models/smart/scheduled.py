"""Mails that are written now and leave later: as they were written, once, and never elsewhere."""

from odoo import fields, models

#: What Odoo leaves out of a mail when its time has come: whom it answers, and who else gets it.
_KEPT = {
    "mail_sync_bcc_ids",
    "mail_sync_cc_ids",
    "mail_sync_exact",
    "mail_sync_forwarded",
    "mail_sync_template_id",
    "parent_id",
}


class MailScheduledMessage(models.Model):
    _inherit = "mail.scheduled.message"

    mail_sync_template_id = fields.Many2one(
        "mail.template", "Smart Mail", index="btree_not_null", ondelete="set null"
    )

    def _notification_parameters_whitelist(self):
        return super()._notification_parameters_whitelist() | _KEPT

    def _message_created_hook(self, message):
        """Forget what was planned in the transaction that posts it.

        Odoo forgets all of a batch after the last one: killed in between, it would post them again.
        """
        result = super()._message_created_hook(message)
        self.unlink()
        return result

    def unlink(self):
        return super(MailScheduledMessage, self.exists()).unlink()
