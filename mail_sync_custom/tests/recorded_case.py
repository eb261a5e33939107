"""A mail recorded on a record, and every way by which somebody may reach it."""

from odoo.exceptions import AccessError

from .roles_case import Roles


class Recorded(Roles):
    """Leads, and mails recorded on them and on their contacts."""

    def entry(self, record, message_id="one@example.com"):
        """Return a mail as it is recorded on a record, with a file."""
        file = self.env["ir.attachment"].create(
            {"name": "offer.txt", "raw": b"1", "res_model": record._name, "res_id": record.id}
        )
        message = self.env["mail.message"].create(
            {
                "model": record._name,
                "res_id": record.id,
                "message_type": "email",
                "subtype_id": self.env.ref("mail_sync_custom.mt_synced_mail").id,
                "is_internal": True,
                "message_id": f"<{message_id}>",
                "subject": "Recorded",
                "body": "Recorded",
                "attachment_ids": file.ids,
            }
        )
        self.env["mail.sync.entry"].create(
            {
                "mail_message_id": message.id,
                "message_id": message_id,
                "model": record._name,
                "res_id": record.id,
            }
        )
        return message

    def hold(self, user, entry):
        """Put a mail into a user's own mailbox."""
        account = self.env["mail.sync.account"].create(
            {"user_id": user.id, "company_id": user.company_id.id, "email": user.login}
        )
        return self.env["mail.sync.message"].create(
            {
                "account_id": account.id,
                "message_id": entry.mail_sync_entry_ids.message_id,
                "outcome": "recorded",
                "mail_message_ids": entry.ids,
            }
        )

    def records(self, user):
        """Return the leads and opportunities whose entries are asked for."""
        owners = {"own": user, "nobody's": self.env["res.users"], "a colleague's": self.mate}
        made = {
            f"{whose} {kind}": {"type": kind, "user_id": owner.id, "company_id": self.company.id}
            for whose, owner in owners.items()
            for kind in ("lead", "opportunity")
            if not owner.share
        }
        made["another company's lead"] = {
            "type": "lead",
            "user_id": self.foreign.id,
            "company_id": self.elsewhere.id,
        }
        leads = self.env["crm.lead"]
        return {name: leads.create({"name": name, **values}) for name, values in made.items()}

    def contact(self, leads=(), **values):
        """Return a contact that every colleague can open, for leads to belong to."""
        contact = self.env["res.partner"].create({"name": "Ella", "company_id": False, **values})
        for lead in leads:
            lead.partner_id = contact
        return contact

    # -- the ways to a mail and to its file ------------------------------------------------------

    def reads(self, entry, user):
        """Return whether a user can read an entry and its file; every way has to agree."""
        self.env.flush_all()
        ways = {}
        for name, way in self.ways(entry, entry.attachment_ids, user).items():
            self.env.invalidate_all()
            try:
                ways[name] = bool(way())
            except AccessError:
                ways[name] = False
        self.assertEqual(len(set(ways.values())), 1, f"{user.login}: {ways}")
        return ways["its number"]

    def ways(self, entry, file, user):
        """Return, by name, the ways in which somebody may reach a mail and its file."""
        mails, files = (
            self.env[name].with_user(user) for name in ("mail.message", "ir.attachment")
        )
        record = self.env[entry.model].browse(entry.res_id).with_user(user)
        mail, file = entry.with_user(user), file.with_user(user)
        here = [("model", "=", entry.model), ("res_id", "=", entry.res_id)]
        hung = [("res_model", "=", entry.model), ("res_id", "=", entry.res_id)]
        body = [("id", "=", entry.id), ("body", "like", "Record")]
        return {
            "its number": lambda: mail.has_access("read"),
            "read": lambda: mail.read(["subject", "body"]),
            "a search by number": lambda: mails.search([("id", "=", mail.id)]),
            "a search on the record": lambda: mail & mails.search(here),
            "a search for its words": lambda: mails.search_count(body),
            "groups": lambda: mails.formatted_read_group(body, [], ["__count"])[0]["__count"],
            "the record's messages": lambda: mail & record.message_ids,
            "the record, by words": lambda: record.search_count(
                [("id", "=", record.id), ("message_ids", "any", body)]
            ),
            "the chatter": lambda: (
                record.check_access("read")
                or mail & mails._message_fetch(None, thread=record)["messages"]
            ),
            "the chatter's search": lambda: (
                record.check_access("read")
                or mail & mails._message_fetch(None, thread=record, search_term="Rec")["messages"]
            ),
            "the Life of the Lead": lambda: (
                mail.id
                in [
                    shown["id"]
                    for shown in record.mail_sync_timeline()["entries"]
                    if not shown["hidden"]
                ]
            ),
            "the file's number": lambda: file.has_access("read"),
            "the file's content": lambda: file.read(["raw"]),
            "the record's files": lambda: file & files.search(hung),
            "a search for files": lambda: files.search([("id", "=", file.id)]),
            "files by name": lambda: files.search_count(
                [("id", "=", file.id), ("name", "=", "offer.txt")]
            ),
        }
