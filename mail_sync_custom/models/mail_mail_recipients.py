"""One mail for all recipients, with To and Cc in its header and Bcc in its envelope alone.

Odoo sends a mail of its own to each contact. A mail program sends one, so that everybody sees who
else has it, and a provider that files what it sends has one copy (RFC 5322 §3.6.3).
"""

from odoo import models
from odoo.tools import formataddr
from odoo.tools.mail import email_normalize_all

from ..engine.addresses import keys
from ..engine.mime import answering


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        results = super()._prepare_outgoing_list(
            mail_server=mail_server, doc_to_followers=doc_to_followers
        )
        if results and self._mail_sync_is_exact():
            results = [self._mail_sync_one(results)]
        if results and self.failure_reason and self._mail_sync_concerned():
            self._mail_sync_leave_out(results)
        return results

    def _mail_sync_leave_out(self, results):
        """Have a mail that waits for one of its recipients go to that one, and to no other again.

        Its header still names all of them.
        """
        settled = self.env["mail.sync.outgoing"]._settled(self.message_id)
        for values in results if settled else ():
            to = values["email_to_normalized"]
            values["email_to_normalized"] = [
                one for one in to if settled.isdisjoint(keys(one))
            ] or to

    def _mail_sync_is_exact(self):
        """Whether this is the mail to those in To, Cc and Bcc, not a copy for a follower."""
        message = self.mail_message_id
        if not message.mail_sync_exact:
            return False
        named = message.partner_ids | message.mail_sync_bcc_ids
        return not self.recipient_ids or bool(self.recipient_ids & named)

    def _mail_sync_one(self, results):
        """Return the mail that all of these are."""
        message = self.mail_message_id
        cc, bcc = message.mail_sync_cc_ids, message.mail_sync_bcc_ids
        ids, answered = message._mail_sync_thread()
        headers = {
            name: value
            for name, value in results[0]["headers"].items()
            if name.lower() != "x-msg-to-add"
        }
        if answered:
            headers["In-Reply-To"] = answered
            if message.mail_sync_forwarded:
                headers["X-Forwarded-Message-Id"] = answered  # as Thunderbird
        if bcc:
            headers["Bcc"] = ", ".join(_formatted(bcc))
        return {
            **results[0],
            "headers": headers,
            "references": answering.references(ids),
            "email_to": _formatted(message.partner_ids - cc - bcc),
            "email_cc": _formatted(cc),
            # The envelope: of all these, who has not got it yet.
            "email_to_normalized": [one for each in results for one in each["email_to_normalized"]],
            "partner_id": self.recipient_ids,
        }

    def _postprocess_sent_message(self, success_pids, success_emails, **kwargs):
        """All recipients of one mail have it, not one of them."""
        every = [partner for partners in success_pids for partner in partners]
        return super()._postprocess_sent_message(
            success_pids=every, success_emails=success_emails, **kwargs
        )


def _formatted(partners):
    """Return the addresses of contacts as a header has them."""
    return [
        formataddr((one.name or "", email))
        for one in partners
        for email in email_normalize_all(one.email or "")
    ]
