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
        """
        if not (msg_vals or {}).get("mail_sync_exact"):
            return super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        blind = msg_vals.get("mail_sync_bcc_ids") or []
        named = list(dict.fromkeys([*msg_vals["partner_ids"], *blind]))
        found = super()._notify_get_recipients(
            message, msg_vals={**msg_vals, "partner_ids": named}, **kwargs
        )
        return [
            self._mail_sync_addressed(one) if one["id"] in named else one
            for one in found
            if one["id"] in named or not one["share"]
        ]

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
