"""Which messages the timeline shows, a page at a time: filters, search, a date, conversations."""

from datetime import UTC, datetime, time, timedelta

from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine.addresses import keys, shown
from ..engine.conversations import Link, conversations
from ..engine.mime import answering
from . import timeline_search as search
from .timeline_conditions import direction, is_first_copy, is_mail, is_of, where

#: Entries that one request may ask for.
MAX_PAGE = 100
#: Mails that are counted; beyond that there are "more than".
MAX_COUNT = 1_000
#: Of more mails, only the first are put into conversations.
MAX_THREADED = 5_000
#: Mails of a conversation that are shown at first.
OPEN = 3
#: Entries before the date that was jumped to.
BEFORE_DATE = 3
#: Leads of one contact whose mails are shown on it, the latest first.
MAX_LEADS = 1_000


class MailMessage(models.Model):
    _inherit = "mail.message"

    # A page is read along it, however many messages the record has.
    _mail_sync_timeline_idx = models.Index(
        "(model, res_id, date, id) WHERE model IN ('crm.lead', 'res.partner')"
    )


class MailSyncTimeline(models.AbstractModel):
    _inherit = "mail.sync.timeline"

    def mail_sync_timeline(self, offset=0, limit=20, filters=None):
        """Return a page of the record's communication, and whether there is more of it.

        ``filters``: ``show`` (``mails``, ``in``, ``out`` or ``all``), ``mailbox`` (the id of the
        user whose mailbox it is), ``search`` (words), ``oldest_first``, and ``conversations``: then
        offset and limit count those, and the page has the beginning of each. With a ``date``
        (``2026-03-02``, in the user's time zone) the page is the one around it: ``offset`` is where
        it begins, ``found`` the entry of that date, or the one before it.
        """
        self.ensure_one()
        self._mail_sync_check_timeline()
        filters = filters or {}
        offset, limit = max(0, int(offset)), min(max(1, int(limit)), MAX_PAGE)
        self.env.flush_all()
        domain = self._mail_sync_timeline_domain(filters)
        found = False
        if filters.get("date"):
            offset, found = self._mail_sync_at_date(domain, filters)
        if filters.get("conversations"):
            page = self._mail_sync_conversations(domain, filters, offset, limit, found)
        else:
            page = self._mail_sync_plain(domain, filters, offset, limit)
        page = {"offset": offset, "found": found, **page}
        return page if offset and not found else {**page, **self._mail_sync_timeline_head()}

    def mail_sync_timeline_entries(self, ids=()):
        """Return those of the messages that stand on the record's timeline, up to 100 of them."""
        self.ensure_one()
        self._mail_sync_check_timeline()
        self.env.flush_all()
        domain = self._mail_sync_timeline_domain({"show": "all"})
        domain &= Domain("id", "in", [int(id_) for id_ in ids][:MAX_PAGE])
        return self._mail_sync_entries(self._mail_sync_found({}, domain).sudo(False))

    def mail_sync_timeline_count(self):
        """Return how many mails the record has, up to 1,000."""
        self.ensure_one()
        self._mail_sync_check_timeline()
        self.env.flush_all()
        # sudo: the domain has the user's own rule
        messages_sudo = self.env["mail.message"].sudo()
        return messages_sudo.search_count(self._mail_sync_timeline_domain({}), limit=MAX_COUNT)

    def _mail_sync_check_timeline(self):
        """Raise AccessError unless the user is a colleague who may read the record."""
        if not self.env.user._is_internal():
            raise AccessError(self.env._("This is for colleagues only."))
        self.check_access("read")

    # -- selection ---------------------------------------------------------------------------

    def _mail_sync_scope(self):
        """Return the messages that stand on this record's timeline, as a domain."""
        return Domain([("model", "=", self._name), ("res_id", "=", self.id)])

    def _mail_sync_timeline_domain(self, filters):
        """Return the messages that these filters leave, as far as the user may know of them."""
        messages = self.env["mail.message"]
        domain = self._mail_sync_scope() & Domain("message_type", "!=", "user_notification")
        show = filters.get("show") or "mails"
        if show != "all" or filters.get("mailbox"):
            domain &= where(is_mail)
        if show in ("in", "out"):
            domain &= where(lambda message: SQL("%s = %s", direction(message), show))
        if mailbox := filters.get("mailbox"):
            # sudo: only to compare with the author of a mail that the user may read
            user_sudo = self.env["res.users"].sudo().browse(int(mailbox)).exists()
            domain &= where(lambda message: is_of(message, user_sudo))
        if words := search.words(filters.get("search")):
            # Whoever may only know that there was a mail must not find it by its words.
            domain &= messages._mail_sync_readable_domain()
            return domain & where(lambda message: search.has_words(self.env, message, words))
        return domain & messages._mail_sync_shown_domain()

    def _mail_sync_found(self, filters, domain, offset=0, limit=None):
        """Return the messages of a domain in the page's order, as superuser."""
        order = "date, id" if filters.get("oldest_first") else "date desc, id desc"
        # sudo: the page has its place for a private mail, of which no more is shown than that
        messages_sudo = self.env["mail.message"].sudo()
        return messages_sudo.search(domain, offset=offset, limit=limit, order=order)

    def _mail_sync_plain(self, domain, filters, offset, limit):
        found_sudo = self._mail_sync_found(filters, domain, offset, limit + 1)
        return {
            "entries": self._mail_sync_entries(found_sudo[:limit].sudo(False)),
            "more": len(found_sudo) > limit,
        }

    # -- a date ------------------------------------------------------------------------------

    def _mail_sync_at_date(self, domain, filters):
        """Return where the page around a date begins, and the entry that it is about."""
        day = fields.Date.to_date(filters["date"])
        if filters.get("oldest_first"):
            before = Domain("date", "<", self._mail_sync_midnight(day))
        else:
            before = Domain("date", ">=", self._mail_sync_midnight(day + timedelta(days=1)))
        # sudo: the domain has the user's own rule
        place = self.env["mail.message"].sudo().search_count(domain & before)
        # Beyond the last one, the last one is the nearest.
        found = self._mail_sync_found(filters, domain, place, 1)
        if not found and place:
            place -= 1
            found = self._mail_sync_found(filters, domain, place, 1)
        return max(0, place - BEFORE_DATE), found.id

    def _mail_sync_midnight(self, day):
        """Return the beginning of a day in the user's time zone, naive in UTC."""
        local = self.env.tz.localize(datetime.combine(day, time.min))
        return local.astimezone(UTC).replace(tzinfo=None)

    # -- conversations -----------------------------------------------------------------------

    def _mail_sync_conversations(self, domain, filters, offset, limit, found):
        """Return a page of conversations, each with its first mails in the page's order.

        All mails of the record say what belongs together, whatever the filters leave of them.
        """
        matching = set(self._mail_sync_found(filters, domain, limit=MAX_THREADED).ids)
        everything = self._mail_sync_timeline_domain(
            {"show": filters.get("show") == "all" and "all"}
        )
        links = self._mail_sync_links(everything, filters)
        groups = [
            (len(group), [id_ for id_ in group if id_ in matching])
            for group in conversations(links)
        ]
        groups = [(count, ids) for count, ids in groups if ids]
        if found:
            at = next((n for n, (_count, ids) in enumerate(groups) if found in ids), 0)
            offset = max(0, at - 1)
        page = groups[offset : offset + limit]
        opened = [id_ for _count, ids in page for id_ in {*ids[:OPEN], *({found} & set(ids))}]
        # sudo: they are out of the same domain
        shown_sudo = self.env["mail.message"].sudo().browse(sorted(opened, key=_place(links)))
        return {
            "offset": offset,
            "entries": self._mail_sync_entries(shown_sudo.sudo(False)),
            "conversations": [{"id": min(ids), "ids": ids, "count": count} for count, ids in page],
            "more": len(groups) > offset + limit,
            "partly": len(links) == MAX_THREADED,
        }

    def _mail_sync_links(self, domain, filters):
        """Return what ties the mails of a domain to each other, in the page's order.

        A private mail stands alone for those who may not read it.
        """
        # sudo: the domain has the user's own rule
        messages_sudo = self.env["mail.message"].sudo()
        order = "date, id" if filters.get("oldest_first") else "date desc, id desc"
        query = messages_sudo._search(domain, limit=MAX_THREADED, order=order)
        message = SQL.identifier(query.table)
        rows = self.env.execute_query(
            query.select(
                SQL.identifier(query.table, "id"),
                SQL("btrim(%s, '<>')", SQL.identifier(query.table, "message_id")),
                SQL.identifier(query.table, "parent_id"),
                SQL("(SELECT answers FROM mail_sync_entry WHERE mail_message_id = %s.id)", message),
                SQL.identifier(query.table, "subject"),
                messages_sudo.sudo(False)._mail_sync_readable(message),
            )
        )
        hidden = {id_ for id_, *_tied, readable in rows if not readable}
        return [
            Link(id_)
            if id_ in hidden
            else Link(
                id_,
                message_id or "",
                0 if parent in hidden else parent or 0,
                answers or "",
                answering.subject(subject or ""),
            )
            for id_, message_id, parent, answers, subject, _readable in rows
        ]

    # -- above the entries -------------------------------------------------------------------

    def _mail_sync_timeline_head(self):
        """Return what is shown above the entries, or instead of them if there are none."""
        messages = self.env["mail.message"]
        scope = self._mail_sync_scope() & messages._mail_sync_readable_domain()
        # sudo: the scope has the user's own rule; whoever can read a mail may know whose
        # mailboxes it came from
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT account.user_id
                FROM mail_sync_message_mail_message_rel rel
                JOIN mail_sync_message link ON link.id = rel.mail_sync_message_id
                JOIN mail_sync_account account ON account.id = link.account_id
                WHERE rel.mail_message_id IN %s AND link.outcome = 'recorded'
                """,
                messages.sudo()._search(scope).subselect(),
            )
        )
        users_sudo = self.env["res.users"].sudo().browse(id_ for [id_] in rows)
        account_sudo = self.env["mail.sync.account"].sudo()._of_user(self.env.user)
        return {
            "mailboxes": [
                {"id": user.id, "name": user.name}
                for user in users_sudo.sorted(lambda user: (user != self.env.user, user.name))
            ],
            "addresses": self._mail_sync_addresses(),
            "account_state": account_sudo.state or False,
            "may_write": self.has_access("write"),
        }

    def _mail_sync_addresses(self):
        """Return the addresses whose mails are recorded on this record."""
        texts = [self[self._primary_email], "partner_id" in self and self.partner_id.email]
        found = (shown(email) for text in texts for email in keys(text or ""))
        return list(dict.fromkeys(found))


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "mail.sync.timeline"]


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "mail.sync.timeline"]

    def _mail_sync_scope(self):
        """All of a person's mail: on the contact, and on those of their leads that one may open.

        The same mail on several of them is there once.
        """
        own, leads = super()._mail_sync_scope(), self._mail_sync_leads()
        if not leads:
            return own
        on_leads = Domain([("model", "=", "crm.lead"), ("res_id", "in", leads.ids)])
        copies = where(lambda message: is_first_copy(message, self.id, leads.ids))
        return (own | (on_leads & where(is_mail))) & copies

    def _mail_sync_leads(self):
        """Return the leads of this contact, or with its address, that the user may open."""
        leads = self.env["crm.lead"].with_context(active_test=False)
        if not leads.has_access("read"):
            return leads
        theirs = Domain("partner_id", "=", self.id)
        if self.email_normalized:
            theirs |= Domain("email_normalized", "=", self.email_normalized)
        return leads.search(theirs, limit=MAX_LEADS, order="id desc")


def _place(links):
    """Return a key that sorts numbers as the links are sorted."""
    places = {link.number: place for place, link in enumerate(links)}
    return places.__getitem__
