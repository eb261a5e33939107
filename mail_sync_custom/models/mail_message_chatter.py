"""The chatter of leads and contacts: without mails, or by date; with a place for a private one."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..bridge import standing
from .timeline_conditions import is_mail, where

#: Messages of one page at most, as on the timeline.
MAX_PAGE = 100


class MailMessage(models.Model):
    _inherit = "mail.message"

    # -- which messages, in which order -----------------------------------------------------------

    @api.model
    def _message_fetch(
        self, domain, *, thread=None, mail_sync_mails=True, mail_sync_by_date=False, **kwargs
    ):
        """Return the messages of a lead or contact as the web client asks for them.

        Without ``mail_sync_mails`` they come without mails. With ``mail_sync_by_date`` they are
        sorted by date, and before, after and around refer to the date of the message that they
        name. Colleagues get a private mail that they may not read in its place: see
        :meth:`_to_store`.
        """
        if not thread or thread._name not in standing.models(self.env):
            return super()._message_fetch(domain, thread=thread, **kwargs)
        domain = Domain(True if domain is None else domain)
        if not mail_sync_mails:
            domain &= where(lambda message: SQL("NOT %s", is_mail(message)))
            return super()._message_fetch(domain, thread=thread, **kwargs)
        is_search = kwargs.get("search_term") or self.env.su
        if is_search or not self.env.user._is_internal() or not thread.has_access("read"):
            return super()._message_fetch(domain, thread=thread, **kwargs)
        domain &= self._mail_sync_shown_domain()
        # sudo: the user may read the record, and the domain has the rule for its mails
        messages_sudo = self.sudo()
        if mail_sync_by_date:
            found = messages_sudo._mail_sync_fetch_by_date(domain, thread, **kwargs)
        else:
            found = super(MailMessage, messages_sudo)._message_fetch(
                domain, thread=thread, **kwargs
            )
        return {**found, "messages": found["messages"].sudo(False)}

    @api.model
    def _mail_sync_fetch_by_date(
        self, domain, thread, before=None, after=None, around=None, limit=30, **_kwargs
    ):
        """Return a page of a record's messages by date, the latest first."""
        domain &= Domain(
            [
                ("model", "=", thread._name),
                ("res_id", "=", thread.id),
                ("message_type", "!=", "user_notification"),
            ]
        )
        limit = min(max(1, int(limit)), MAX_PAGE)
        if around is not None:
            half = limit // 2
            older = self._mail_sync_by_date(domain, "<=", around, half)
            newer = self._mail_sync_by_date(domain, ">", around, half)
            return {"messages": newer[::-1] + older}
        if after:
            return {"messages": self._mail_sync_by_date(domain, ">", after, limit)[::-1]}
        return {"messages": self._mail_sync_by_date(domain, "<", before, limit)}

    @api.model
    def _mail_sync_by_date(self, domain, operator, message_id, limit):
        """Return the messages next to one, the nearest first; without one, the latest."""
        anchor = self.browse(int(message_id or 0)).exists()
        if anchor:
            domain &= where(
                lambda message: SQL(
                    "(%s.date, %s.id) %s (%s, %s)",
                    message,
                    message,
                    SQL(operator),
                    anchor.date,
                    anchor.id,
                )
            )
        order = "date, id" if operator == ">" else "date desc, id desc"
        return self.search(domain, limit=limit, order=order)

    # -- the place of a private mail --------------------------------------------------------------

    def _to_store(self, store, fields, **kwargs):
        """Tell colleagues of a private mail as much as the timeline does: when, which way, whose.

        Nothing else of it is read, whatever is asked for.
        """
        hidden = self._mail_sync_hidden() if "message_format" in fields else self.browse()
        for values in hidden._mail_sync_places_in_chatter():
            store.add_model_values("mail.message", values)
        others = self - hidden
        return super(MailMessage, others)._to_store(store, fields, **kwargs)

    def _mail_sync_hidden(self):
        """Return the private mails among these that the user may not read."""
        # sudo: only whether they are private
        private_sudo = self.sudo().filtered("mail_sync_private")
        return private_sudo.sudo(False)._mail_sync_withheld() if private_sudo else self.browse()

    def _mail_sync_places_in_chatter(self):
        """Return what the web client is told about private mails."""
        # sudo: colleagues may know that there was a mail
        timeline_sudo = self.env["mail.sync.timeline"].sudo()
        told = {one["id"]: one for one in timeline_sudo._mail_sync_private_entries(self.sudo())}
        return [
            {
                "id": message_sudo.id,
                "thread": {"model": message_sudo.model, "id": message_sudo.res_id},
                "message_type": "email",
                "date": fields.Datetime.to_string(message_sudo.date),
                "body": "",
                "mail_sync_hidden": {
                    "direction": told[message_sudo.id]["direction"],
                    "writer": told[message_sudo.id]["sender"]["name"],
                    "mailboxes": told[message_sudo.id]["mailboxes"],
                },
            }
            for message_sudo in self.sudo()
        ]
