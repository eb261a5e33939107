"""The Life of the Lead: all communication of a record, in chronological order.

The chatter sorts by id, so history recorded today appears above yesterday's notes. Here the order
is by date, whenever and however a message was recorded.
"""

import re
import textwrap
from collections import defaultdict

from markupsafe import Markup
from odoo import fields, models
from odoo.tools import SQL
from odoo.tools.mail import email_split_tuples, html_to_inner_content

from .timeline_conditions import direction, is_mail

#: How much of a body is read to show its beginning.
BODY_START = 20_000
PREVIEW = 280
#: What a one-line preview does not show: pictures, links, lists, quotes, a second line.
_MORE = re.compile(
    r"<(?:a|blockquote|br|hr|img|li|table)\b|</(?:div|p)>\s*<(?:div|p)\b|\S\n+[^\s<]"
)
#: What an entry of a private mail tells nobody.
_UNTOLD = {
    **dict.fromkeys(("author_id", "answers", "mine", "gateway", "delivery", "answered"), False),
    **dict.fromkeys(("automatic", "forwarded", "record", "remindable"), False),
    **dict.fromkeys(("because", "omitted", "subject", "label", "preview", "unfiled"), ""),
    **dict.fromkeys(("to", "cc", "bcc", "changes", "attachments"), ()),
    "sender": {"name": "", "email": ""},
    "whole": True,
}


class MailSyncTimeline(models.AbstractModel):
    """For records whose communication is shown in chronological order."""

    _name = "mail.sync.timeline"
    _description = "Life of the Lead"

    # -- display of each message -------------------------------------------------------------

    def _mail_sync_entries(self, messages):
        """Return messages in the web client's form, and of private mails only that they exist."""
        readable = messages._filtered_access("read")
        entries = {entry["id"]: entry for entry in self._mail_sync_open_entries(readable)}
        # sudo: colleagues may know that there was a mail
        hidden_sudo = (messages - readable).sudo().filtered("mail_sync_private")
        entries |= {one["id"]: one for one in self._mail_sync_private_entries(hidden_sudo)}
        return [entries[id_] for id_ in messages.ids if id_ in entries]

    def _mail_sync_private_entries(self, hidden_sudo):
        """Return what colleagues see of private mails: when, which way, and whose."""
        facts = _facts(hidden_sudo) if hidden_sudo else {}
        return [
            {
                **_UNTOLD,
                "id": message_sudo.id,
                "date": fields.Datetime.to_string(message_sudo.date),
                "direction": facts[message_sudo.id]["direction"],
                "sender": {"name": _writer(message_sudo), "email": ""},
                "mailboxes": message_sudo._mail_sync_owners().sorted("name").mapped("name"),
                "private": True,
                "hidden": True,
                "own": False,
                "movable": False,
                "removable": message_sudo._mail_sync_may_remove(self.env.user),
            }
            for message_sudo in hidden_sudo
        ]

    def _mail_sync_open_entries(self, messages):
        """Return messages, which the user may read, in the web client's form."""
        # sudo: a user who can read a message may know its correspondents, its attachments, why it
        # is here, through whose mailbox, and its delivery status
        messages_sudo = messages.sudo()
        facts = _facts(messages)
        changes = self._mail_sync_changes(messages_sudo)
        _fetch(messages_sudo)
        withheld = messages_sudo.parent_id.sudo(False)._mail_sync_withheld()
        answered = messages_sudo._mail_sync_answers()
        unfiled = self.env["mail.sync.outgoing"].sudo()._unfiled_words(messages_sudo)
        return [
            {
                **_correspondence(message_sudo),
                **_provenance(message_sudo, self.env.user, withheld),
                "id": message_sudo.id,
                "date": fields.Datetime.to_string(message_sudo.date),
                "subject": message_sudo.subject or "",
                "label": _label(message_sudo, facts[message_sudo.id]["is_mail"]),
                "direction": facts[message_sudo.id]["direction"],
                **_preview(facts[message_sudo.id]["body_start"]),
                "changes": changes[message_sudo.id],
                "attachments": _attachments(message_sudo, facts[message_sudo.id]["body_start"]),
                "delivery": message_sudo._mail_sync_delivery_to_store(),
                "answered": answered.get(message_sudo.id, False),
                "unfiled": unfiled.get(message_sudo.message_id, ""),
                "private": message_sudo.mail_sync_private,
                "hidden": False,
                "own": facts[message_sudo.id]["is_mail"]
                and message_sudo._mail_sync_is_own(self.env.user),
                "movable": bool(message_sudo.mail_sync_entry_ids),
                "removable": bool(message_sudo.mail_sync_entry_ids)
                and message_sudo._mail_sync_may_remove(self.env.user),
                "record": self._mail_sync_elsewhere(message_sudo),
                "remindable": message_sudo.model == "crm.lead"
                and facts[message_sudo.id]["direction"] == "out"
                and message_sudo.id not in answered,
            }
            for message_sudo in messages_sudo
        ]

    def _mail_sync_elsewhere(self, message_sudo):
        """Return the other record that a message stands on, which the user may read, or False."""
        model, res_id = message_sudo.model, message_sudo.res_id
        if (model, res_id) == (self._name, self.id):
            return False
        return {"model": model, "id": res_id, "name": message_sudo.record_name or ""}

    def _mail_sync_changes(self, messages_sudo):
        """Return the field changes that each message reports and that the user may see."""
        values_sudo = messages_sudo.tracking_value_ids._filter_has_field_access(self.env)
        values_sudo = self._track_filter_for_display(values_sudo)
        message_of = {value.id: value.mail_message_id.id for value in values_sudo}
        found = defaultdict(list)
        for change in values_sudo._tracking_value_format():
            old, new = change["oldValue"], change["newValue"]
            found[message_of[change["id"]]].append(
                {"field": change["fieldInfo"]["changedField"], "old": old or "", "new": new or ""}
            )
        return found


def _facts(messages):
    """Return the beginning of each message's body, whether it is a mail, and its direction.

    Bodies can be megabytes, and only their beginnings are shown.
    """
    table = SQL.identifier("message")
    rows = messages.env.execute_query_dict(
        SQL(
            """
            SELECT id, left(body, %(start)s) AS body_start, %(is_mail)s AS is_mail,
                   CASE WHEN %(is_mail)s THEN %(direction)s END AS direction
            FROM mail_message message WHERE id = ANY(%(ids)s)
            """,
            start=BODY_START,
            is_mail=is_mail(table),
            direction=direction(table),
            ids=messages.ids,
        )
    )
    return {row["id"]: row for row in rows}


# --- display of one message -------------------------------------------------------------------


def _fetch(messages_sudo):
    """Read what a page shows in one go, without the bodies."""
    own = "date subject message_type email_from author_id subtype_id mail_activity_type_id"
    recipients = "incoming_email_to incoming_email_cc outgoing_email_to"
    messages_sudo.fetch([*own.split(), *recipients.split(), "parent_id"])
    messages_sudo.parent_id.fetch(["date", "subject"])
    messages_sudo.mail_sync_entry_ids.fetch(["reason", "because", "omitted", "automatic"])


def _correspondence(message_sudo):
    """Return the sender and the recipients: To, Cc, and Bcc of what was written here."""
    sender = next(iter(_people(message_sudo.email_from)), {"name": "", "email": ""})
    name = message_sudo.author_id.name or sender["name"]
    return {
        "sender": {"name": name or sender["email"], "email": sender["email"]},
        "author_id": message_sudo.author_id.id,
        "to": _people(message_sudo.incoming_email_to) or _written_to(message_sudo),
        "cc": _people(message_sudo.incoming_email_cc) or _partners(message_sudo.mail_sync_cc_ids),
        "bcc": _partners(message_sudo.mail_sync_bcc_ids),
    }


def _writer(message_sudo):
    """Return the name of the colleague who wrote a mail here; empty for a recorded one."""
    return "" if message_sudo.message_type == "email" else message_sudo.author_id.name or ""


def _people(addresses):
    """Return the people in a header as ``{"name", "email"}``."""
    return [{"name": name, "email": email} for name, email in email_split_tuples(addresses or "")]


def _partners(partners_sudo):
    return [{"name": one.name or "", "email": one.email or ""} for one in partners_sudo]


def _written_to(message_sudo):
    """Return those in To of a mail that was written here."""
    if message_sudo.mail_sync_exact:
        return _partners(message_sudo.partner_ids - message_sudo.mail_sync_cc_ids)
    return _notified(message_sudo)


def _notified(message_sudo):
    """Return those outside the company who were sent a mail that was written here."""
    people = {}
    for notification in message_sudo.notification_ids:
        partner = notification.res_partner_id
        if notification.notification_type == "email" and (not partner or partner.partner_share):
            email = partner.email or notification.mail_email_address or ""
            people[email] = {"name": partner.name or "", "email": email}
    return list(people.values()) or _people(message_sudo.outgoing_email_to)


def _provenance(message_sudo, user, withheld):
    """Return how it came here, whose mailbox has it, and what it answers.

    Nothing is revealed about an answered mail that is ``withheld`` from the user.
    """
    entry_sudo = message_sudo.mail_sync_entry_ids[:1]
    links_sudo = message_sudo.mail_sync_link_ids.filtered(lambda link: link.outcome == "recorded")
    owners = links_sudo.account_id.user_id
    return {
        "because": entry_sudo._words() if entry_sudo else "",
        "omitted": entry_sudo._omitted_words(),
        "automatic": entry_sudo.automatic,
        "mailboxes": owners.sorted("name").mapped("name"),
        "mine": user in owners,
        "gateway": message_sudo.message_type == "email" and not entry_sudo,
        # Odoo attaches posts to the first message of a record: they do not answer it.
        "forwarded": message_sudo.mail_sync_forwarded,
        "answers": _answered(message_sudo.parent_id - withheld)
        if entry_sudo or message_sudo.mail_sync_exact
        else False,
    }


def _answered(parent_sudo):
    """Return the mail that another one answers, if it is recorded here."""
    return bool(parent_sudo) and {
        "id": parent_sudo.id,
        "subject": parent_sudo.subject or "",
        "date": fields.Datetime.to_string(parent_sudo.date),
    }


def _label(message_sudo, is_mail):
    """Return the kind of message; nothing for a mail, which is described by its direction."""
    env = message_sudo.env
    if is_mail:
        return ""
    if message_sudo.mail_activity_type_id:
        return message_sudo.mail_activity_type_id.name
    if message_sudo.tracking_value_ids:
        return env._("Change")
    if message_sudo.subtype_id.description:
        return message_sudo.subtype_id.description
    if message_sudo.subtype_id == env.ref("mail.mt_comment"):
        return env._("Message")
    return env._("Note")


def _preview(body_start):
    """Return the beginning of a message as one line of text, and whether that is all of it."""
    start = body_start or ""
    if start.rfind("<") > start.rfind(">"):
        start = start[: start.rfind("<")]  # cut inside a tag
    text = html_to_inner_content(Markup(start))  # noqa: S704 - nothing but its text is kept
    preview = textwrap.shorten(text, PREVIEW, placeholder=" …")
    whole = len(start) < BODY_START and not preview.endswith(" …") and not _MORE.search(start)
    return {"preview": preview, "whole": whole}


def _attachments(message_sudo, body_start):
    """Return the attachments, without the pictures that are shown in the text."""
    return [
        {"id": file.id, "name": file.name, "mimetype": file.mimetype, "size": file.file_size}
        for file in message_sudo.attachment_ids
        if f"/web/image/{file.id}?" not in (body_start or "")
    ]
