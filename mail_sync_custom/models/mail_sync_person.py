from collections.abc import Collection

from odoo import api, models
from odoo.tools import SQL
from odoo.tools.mail import email_split

from ..engine import exclusion
from ..engine.addresses import STRICT, Rules, key, keys, shown

#: The columns of a message that have addresses in them.
_COLUMNS = ("email_from", "reply_to", "incoming_email_to", "incoming_email_cc")


class MailSyncPerson(models.AbstractModel):
    """What is recorded of some people, given by patterns: addresses, or domains.

    Everything here is for the superuser; whoever calls it has checked the right to do so.
    """

    _name = "mail.sync.person"
    _description = "Recorded Mail of a Person"

    @api.model
    def _emails(self, text):
        """Return the addresses in a text, as keys, each once."""
        return list(keys(text))

    @api.model
    def _mails(self, patterns: Collection[str], accounts=None):
        """Return the recorded messages with a covered address on them, the oldest first.

        With ``accounts``, only those that one of these holds.
        """
        Message = self.env["mail.message"]
        if not patterns:
            return Message
        company = self.env.company
        rules = Rules(company.mail_sync_plus_tags, company.mail_sync_gmail_dots)
        words = [f"%{word}%" for one in patterns for word in _words(one, rules)]
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT m.id, concat_ws(', ', %(columns)s)
                FROM mail_sync_entry e JOIN mail_message m ON m.id = e.mail_message_id
                WHERE concat_ws(', ', %(columns)s) ILIKE ANY(%(words)s) AND %(held)s
                ORDER BY m.date, m.id
                """,
                columns=SQL(", ").join(SQL.identifier("m", name) for name in _COLUMNS),
                words=words,
                held=_held(accounts),
            )
        )
        return Message.browse(id_ for id_, people in rows if _is_covered(people, patterns, rules))

    @api.model
    def _release(self, messages, accounts):
        """Have accounts let go of mails: what nobody else holds is removed, and stays so."""
        links = messages.mail_sync_link_ids
        links = links.filtered(lambda one: one.account_id in accounts)
        links.filtered(lambda one: one.outcome == "recorded").outcome = "removed"
        messages.filtered(lambda one: not one.mail_sync_entry_ids.kept)._mail_sync_drop_unheld()

    @api.model
    def _erase(self, messages):
        """Remove mails for good: all that is left is a hash that keeps them from coming back."""
        entries = messages.mail_sync_entry_ids
        keys = {(entry.message_id, entry.variant) for entry in entries}
        links = self.env["mail.sync.message"].search(
            [("message_id", "in", [message_id for message_id, _ in keys])]
        )
        self.env["mail.sync.tombstone"]._bury(keys)
        links = links.filtered(lambda link: (link.message_id, link.variant) in keys)
        written = links.mail_message_ids - messages
        self.env["mail.sync.outgoing"].search(
            [("message_id", "in", [f"<{message_id}>" for message_id, _ in keys])]
        ).unlink()
        messages._mail_sync_recount_leads()
        messages.unlink()
        # A link that still shows where a mail of the CRM is stays: it is that mail's.
        links.filtered(lambda link: not (link.mail_message_ids & written)).unlink()

    @api.model
    def _erase_traces(self, emails: Collection[str]):
        """Erase addresses from what is kept besides the mails."""
        delivery, latecomer = self.env["mail.sync.delivery"], self.env["mail.sync.latecomer"]
        delivery.search([("address", "in", list(emails))]).unlink()
        latecomer.search([("email", "in", list(emails))]).unlink()
        for email in emails:
            self._erase_unrecorded(_literal(email))
            self.env["mail.sync.log"].search([("detail", "ilike", _literal(email))]).unlink()
            failed = self.env["mail.sync.outgoing"].search(
                [
                    "|",
                    ("to_header", "ilike", _literal(email)),
                    ("cc_header", "ilike", _literal(email)),
                ]
            )
            failed.write({"to_header": False, "cc_header": False, "raw": False, "detail": False})

    @api.model
    def _erase_unrecorded(self, literal):
        """Erase an address from the lists of what is missing and of what is set aside."""
        people = ["|", ("email_from", "ilike", literal), ("email_to", "ilike", literal)]
        self.env["mail.sync.missing"].search(people).unlink()
        aside = self.env["mail.sync.message"].search([("aside_from", "ilike", literal)])
        aside.write({"aside_from": False, "aside_subject": False})


class MailMessage(models.Model):
    _inherit = "mail.message"

    def _mail_sync_drop_unheld(self):
        """Remove those of these entries that no mailbox holds."""
        unheld = self.filtered(lambda message: not message._mail_sync_owners())
        unheld._mail_sync_recount_leads()
        unheld.unlink()


def _held(accounts):
    if accounts is None:
        return SQL("TRUE")
    return SQL(
        """
        EXISTS (SELECT FROM mail_sync_message_mail_message_rel r
                JOIN mail_sync_message l ON l.id = r.mail_sync_message_id
                WHERE r.mail_message_id = m.id AND l.outcome = 'recorded'
                  AND l.account_id = ANY(%s))
        """,
        accounts.ids,
    )


def _is_covered(people: str, patterns: Collection[str], rules: Rules) -> bool:
    found = filter(None, map(key, email_split(people)))
    return any(not set(patterns).isdisjoint(exclusion.covering(one, rules)) for one in found)


def _words(pattern: str, rules: Rules) -> set[str]:
    """Return what a header has in it if a pattern covers it; a ``%`` or ``_`` matches more.

    Under rules other spellings count as well, so only the domain is certain.
    """
    local, _, domain = pattern.rpartition("@")
    if rules != STRICT and not domain.endswith(("gmail.com", "googlemail.com")):
        local = ""
    elif rules != STRICT:
        local, domain = "", "mail.com"
    return {
        one.removeprefix("x@") if not local else one
        for one in (f"{local or 'x'}@{domain}", shown(f"{local or 'x'}@{domain}"))
    }


def _literal(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
