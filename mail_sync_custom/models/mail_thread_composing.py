"""A conversation on a lead or contact: its Message-IDs, its subject, what answers what."""

from odoo import api, models
from odoo.fields import Domain

from ..bridge import standing
from ..engine.mime import answering, compose

#: The latest mails with a person among which the answered one is searched for by subject.
LOOKED_AT = 20


class MailMessage(models.Model):
    _inherit = "mail.message"

    @api.model
    def _get_message_id(self, values):
        """A mail from a user with a mailbox has an id in its domain, like all mail from there."""
        account_sudo = self.env["mail.sync.account"]._of_writer()
        written = values.get("message_type", "comment") == "comment"
        if account_sudo and written and values.get("model") in standing.models(self.env):
            return compose.message_id(account_sudo._mail_domain())
        return super()._get_message_id(values)

    @api.model
    def _mail_sync_answered_subject(self, subject, prefix="Re:"):
        """Return a subject with exactly one *Re:* or *Fwd:* before it."""
        return answering.subject(subject, prefix)


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    #: In place of the answered message's id: a mail that answers none, whoever writes it.
    _mail_sync_answers_none = -1

    def _message_compute_parent_id(self, parent_id):
        """A mail from a user with a mailbox answers the mail that was chosen, or none.

        Odoo would make it answer whatever was written last.
        """
        if parent_id == self._mail_sync_answers_none:
            return False
        chosen = parent_id or self._name not in standing.models(self.env)
        if not chosen and self.env["mail.sync.account"]._of_writer():
            return False
        return super()._message_compute_parent_id(parent_id)

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Take up the conversation before anybody is told: it may be a private one."""
        recipients_data = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        self._mail_sync_take_up(message, recipients_data)
        return recipients_data

    def _mail_sync_take_up(self, message, recipients_data):
        """Give a mail without a subject the subject of the conversation that it continues.

        The name of the record is internal to the company.
        """
        if self._name not in standing.models(self.env) or message.message_type != "comment":
            return
        if not self.env["mail.sync.account"]._of_writer():
            return
        people = [one for one in recipients_data if one["share"]]
        if not people or message.subtype_id.internal:
            return
        given = (message.subject or "").strip()
        before = message.parent_id or self._mail_sync_mails_with(message, people)
        # sudo: as in Odoo, where it gives a message the subject of its mail
        message_sudo = message.sudo()
        if given in ("", self.display_name):
            last = before[:1]
            told = last - last.sudo(False)._mail_sync_withheld()
            message_sudo.subject = (
                answering.subject(told.subject)
                if told.subject
                else self.env._("Message from %s", self.env.user.name)
            )
            message_sudo.parent_id = last
        elif not message.parent_id:
            same = before.filtered(lambda mail: answering.subject(mail.subject) == given)
            message_sudo.parent_id = same[:1]
        message_sudo._mail_sync_follow_parent()

    def _mail_sync_mails_with(self, message, people):
        """Return the last mails on the record from or to any of these people, the latest first.

        Only those that the writer can read: the web client posts as superuser.
        """
        ids = [one["id"] for one in people if one["id"]]
        emails = [one["email_normalized"] for one in people if one["email_normalized"]]
        theirs = Domain("author_id", "in", ids) | Domain("partner_ids", "in", ids)
        theirs |= Domain.OR(Domain("email_from", "ilike", email) for email in emails)
        domain = theirs & Domain(
            [
                ("model", "=", self._name),
                ("res_id", "=", self.id),
                ("id", "!=", message.id),
                ("subject", "!=", False),
                ("message_type", "in", ("email", "comment")),
                "|",
                ("message_type", "=", "email"),
                ("subtype_id.internal", "=", False),
            ]
        )
        messages = self.env["mail.message"].sudo(False)
        return messages.search(domain, order="date desc, id desc", limit=LOOKED_AT)
