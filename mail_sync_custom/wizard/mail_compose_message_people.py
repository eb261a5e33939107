"""People who are no contacts yet: they become some when the mail is sent, and not before."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, formataddr
from odoo.tools.mail import email_split_tuples
from odoo.tools.misc import clean_context


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    mail_sync_to_emails = fields.Char("Also To", help="They become contacts when you send.")
    mail_sync_cc_emails = fields.Char("Also Cc", help="They become contacts when you send.")

    def _mail_sync_new_people(self):
        """Return the contacts of the addresses in *Also To* and *Also Cc*, new ones if need be."""
        return tuple(
            self._mail_sync_contacts_of(self[name] or "")
            for name in ("mail_sync_to_emails", "mail_sync_cc_emails")
        )

    def _mail_sync_contacts_of(self, text):
        people = email_split_tuples(text)
        left = text
        for name, email in people:
            left = left.replace(email, "").replace(name, "")
        if left.strip(" ,;<>\"'") or not all(email_normalize(email) for _name, email in people):
            raise UserError(self.env._("This is not a list of mail addresses: %s", text))
        # What the composer starts from is not what a contact starts from.
        env = self.env(context=clean_context(self.env.context))
        record = self._mail_sync_record().with_env(env)
        return record._partner_find_from_emails_single([formataddr(one) for one in people])
