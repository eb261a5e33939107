"""What is stored of a person, as an archive that they can be given."""

import io
import json
import re
import zipfile
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime

from odoo import api, models

_UNSAFE = re.compile(r"[\r\n\0]+")


class MailSyncPerson(models.AbstractModel):
    _inherit = "mail.sync.person"

    @api.model
    def _archive(self, emails, mails, hidden):
        """Return the bytes of a zip archive: ``stored.json``, and each mail in a file of its own.

        ``hidden`` are those of the mails of which it only says that they exist.
        """
        lines, buffer = [], io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, copies in enumerate(_one_by_one(mails), 1):
                if not (shown := copies - hidden):
                    lines.append(_hidden_line(copies[0]))
                    continue
                name = f"mails/{number:05}.eml"
                archive.writestr(name, _as_file(shown[0]))
                lines.append({"file": name, **_line(shown)})
            stored = {"addresses": emails, "mails": lines, **self._traces(emails)}
            text = json.dumps(stored, indent=2, default=str, ensure_ascii=False)
            archive.writestr("stored.json", text)
        return buffer.getvalue()

    @api.model
    def _traces(self, emails):
        """Return what else is stored. Users' own lists are theirs alone, and not in here."""
        logs = self.env["mail.sync.log"].search([("detail", "!=", False)])
        deliveries = self.env["mail.sync.delivery"].search([("address", "in", emails)])
        lists = self.env["mail.sync.exclusion"].search(
            [("company_id", "!=", False), ("pattern", "in", emails)]
        )
        return {
            "errors": [
                {"date": log.date, "words": log.detail}
                for log in logs
                if any(email in log.detail.lower() for email in emails)
            ],
            "deliveries": [
                {"address": one.address, "state": one.state, "date": one.date} for one in deliveries
            ],
            "never_recorded": lists.mapped("pattern"),
            "not_recorded": self._unrecorded(emails),
        }

    @api.model
    def _unrecorded(self, emails):
        """Return that there are mails which are set aside or missing: only their owner reads more.

        One of them may have been private before its entry was deleted.
        """
        missing, aside = self.env["mail.sync.missing"], self.env["mail.sync.message"]
        found = []
        for email in emails:
            people = ["|", ("email_from", "ilike", email), ("email_to", "ilike", email)]
            found += [{"date": one.date, "list": "missing"} for one in missing.search(people)]
            failed = aside.search([("aside_from", "ilike", email)])
            found += [{"date": one.date, "list": "set aside"} for one in failed]
        return found


def _one_by_one(mails):
    """Return each mail once, with its copies on all records, in the order of the mails."""
    found = {}
    for mail in mails:
        key = mail._mail_sync_key()
        found[key] = found.get(key, mails.browse()) | mail
    return list(found.values())


def _hidden_line(mail):
    return {
        "date": mail.date,
        "direction": mail.mail_sync_entry_ids.direction,
        "private": True,
        "ask": mail._mail_sync_owners().mapped("name"),
    }


def _line(copies):
    mail = copies[0]
    return {
        "date": mail.date,
        "direction": mail.mail_sync_entry_ids.direction,
        "from": mail.email_from,
        "to": mail.incoming_email_to,
        "cc": mail.incoming_email_cc,
        "subject": mail.subject,
        "message_id": mail.message_id,
        "files": mail.attachment_ids.mapped("name"),
        "mailboxes": copies._mail_sync_owners().mapped("name"),
        "recorded": [
            {
                "on": _name(copy),
                "at": copy.create_date,
                "because": copy.mail_sync_entry_ids._words(),
            }
            for copy in copies
        ],
    }


def _name(mail):
    record = mail.env[mail.model].browse(mail.res_id).exists()
    return f"{record._description}: {record.display_name}"


def _as_file(mail):
    """Return what is recorded of a mail as a message; it is not the original, byte for byte."""
    message = MIMEMultipart()
    headers = {
        "From": mail.email_from,
        "To": mail.incoming_email_to,
        "Cc": mail.incoming_email_cc,
        "Subject": mail.subject,
        "Message-ID": mail.message_id,
    }
    for name, value in headers.items():
        if value:
            word = _UNSAFE.sub(" ", value)
            message[name] = word if word.isascii() else Header(word, "utf-8")
    message["Date"] = format_datetime(mail.date)
    message.attach(MIMEText(str(mail.body or ""), "html", "utf-8"))
    for file in mail.attachment_ids:
        part = MIMEApplication(file.raw or b"")
        part.add_header("Content-Disposition", "attachment", filename=_UNSAFE.sub(" ", file.name))
        message.attach(part)
    return message.as_bytes()
