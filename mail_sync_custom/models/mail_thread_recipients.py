"""A mail with To, Cc and Bcc: it goes to these people, as one mail, and to no other customer."""

from odoo import models


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _get_message_create_valid_field_names(self):
        return super()._get_message_create_valid_field_names() | {
            "mail_sync_exact",
            "mail_sync_forwarded",
            "mail_sync_cc_ids",
            "mail_sync_bcc_ids",
        }

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Send to those in To, Cc and Bcc, and to no other follower outside the company.

        Each of them gets the mail itself, a colleague as well who reads notifications in Odoo.
        Of a private mail no other colleague is told.
        """
        # sudo: whom it goes to, as Odoo reads it here
        message_sudo = message.sudo()
        if not message_sudo.mail_sync_exact:
            found = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        else:
            named = message_sudo._mail_sync_named()
            msg_vals = {**(msg_vals or {}), "partner_ids": named}
            found = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
            found = [
                self._mail_sync_addressed(one) if one["id"] in named else one
                for one in found
                if one["id"] in named or not one["share"]
            ]
        if message_sudo.mail_sync_private:
            named = message_sudo._mail_sync_named()
            found = [one for one in found if one["share"] or one["id"] in named]
        return found

    def _mail_sync_addressed(self, recipient):
        """Return a recipient like any other of the mail: Odoo would make a mail for each kind."""
        same = {"notif": "email", "type": "customer", "lang": self.env.user.lang}
        return {**recipient, **same, "is_follower": False, "groups": set(), "uid": False}

    def _notify_by_email_get_base_mail_values(
        self, message, recipients_data, additional_values=None
    ):
        """Name nobody in Bcc to those who follow the record and get a copy of their own."""
        # sudo: whom it goes to, as Odoo reads it here
        if (message_sudo := message.sudo()).mail_sync_exact:
            blind = message_sudo.mail_sync_bcc_ids.ids
            recipients_data = [one for one in recipients_data if one["id"] not in blind]
        return super()._notify_by_email_get_base_mail_values(
            message, recipients_data, additional_values=additional_values
        )


class MailMessage(models.Model):
    _inherit = "mail.message"

    def _mail_sync_named(self):
        """Return the ids of the contacts to whom a message is addressed, those in Bcc last."""
        return list(dict.fromkeys([*self.partner_ids.ids, *self.mail_sync_bcc_ids.ids]))
