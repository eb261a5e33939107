"""`make mails DIR=…`: every mail of a folder through Dovecot, a sync and the CRM.

Each mail is alone: a lead of its own, an inbox with nothing else in it, and nothing left of the
mails before it. So any folder will do, also one with many mails of one sender or of one
Message-ID. What is expected stands on top of each file (`dev/mail_file.py`); of a mail without
that, what stands on its lead is printed.
"""

from __future__ import annotations

import datetime
import email.header
import email.utils
import hashlib
import imaplib
import secrets
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from . import connecting, database, demo, dovecot, mail_file, postgres, visible
from .client import Client, Refused
from .console import Failure, say, step
from .demo import Person
from .mail_file import MailFile, Stored
from .passwords import PASSWORD

#: How much of a text is printed.
SHOWN = 300


def run(*args: str) -> int:
    """Put the mails of a folder through; return 1 if one differs from what is expected of it."""
    files = mails_of(args[0] if args else "")
    begun = time.monotonic()
    with (
        database.copy("mails") as db,
        database.OdooServer(db, "--max-cron-threads=0") as server,
    ):
        with step("A salesperson with a mailbox"):
            desk = Desk(server)
        failed = [file.name for file in files if not report(file, desk)]
    seconds = time.monotonic() - begun
    checked = sum(file.is_checked for file in files)
    say(f"\n{checked - len(failed)} of {checked} mails as expected, {seconds:.0f} s.")
    if unchecked := len(files) - checked:
        say(f"{unchecked} more without X-Expect headers.")
    for name in failed:
        say(f"  differs: {name}")
    return 1 if failed else 0


def mails_of(folder: str) -> list[MailFile]:
    """Return the mails of a folder, by name."""
    files = sorted(Path(folder).expanduser().glob("*.eml")) if folder else []
    if not files:
        raise Failure(f"No .eml files in {folder or 'no folder'}.", "Say `make mails DIR=folder`.")
    try:
        return [mail_file.read(file) for file in files]
    except ValueError as error:
        raise Failure(str(error), "The headers are in dev/mail_file.py.") from error


def report(file: MailFile, desk: Desk) -> bool:
    """Put a mail through and print what came of it; tell whether it is as expected."""
    try:
        stored, why = desk.receive(file)[0].entry()
    except (Refused, OSError, imaplib.IMAP4.error) as error:
        say(f"FAIL  {file.name}\n      {type(error).__name__}: {error}")
        desk.clear()
        return False
    if not file.is_checked:
        say(f"----  {file.name}")
        describe(stored, why)
        return True
    differences = file.differences(stored, why)
    say(f"{'FAIL' if differences else 'pass'}  {file.name}")
    for what, expected, actual in differences:
        say(f"      {what}: expected {shortened(expected)!r}")
        say(f"      {'':{len(what)}}  actual   {shortened(actual)!r}")
    return not differences


def describe(stored: Stored | None, why: str) -> None:
    """Print the entry on the lead."""
    if not stored:
        say(f"      not recorded {why}".rstrip())
        return
    say(f"      subject:  {stored.subject}")
    say(f"      from:     {stored.sender}")
    say(f"      date:     {stored.date}")
    say(f"      text:     {shortened(stored.text)}")
    say(f"      files:    {', '.join(stored.files)}")
    say(f"      pictures: {stored.pictures}")
    say(f"      left out: {'; '.join(stored.omitted)}")


def shortened(text: str) -> str:
    """Return the beginning of a long text."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)} characters)"


class Desk:
    """A salesperson's log-in and mailbox, through which the mails go."""

    def __init__(self, server: database.OdooServer):
        self.url, self.db = server.url, server.db
        self.admin = Client(server.url, server.db, "admin", "admin")
        person = Person("Desk", f"desk-{secrets.token_hex(4)}@desk.example")
        group = self.admin.call(
            "ir.model.data", "check_object_reference", "sales_team", "group_sale_salesman_all_leads"
        )[1]
        self.admin.create(
            "res.users",
            name=person.name,
            login=person.email,
            email=person.email,
            password=demo.LOGIN_PASSWORD,
            group_ids=[(4, group)],
        )
        self.client = Client(server.url, server.db, person.email, demo.LOGIN_PASSWORD)
        connecting.connect(
            self.client,
            person,
            dovecot.listening()["imaps"],
            demo.services.describe().smtps_port,
            ssl=True,
        )
        connecting.sync(self.client)
        self.inbox = Inbox(person)

    def receive(self, *files: MailFile) -> list[Received]:
        """Deliver mails; return the way to the entry on the lead of each.

        Mails that are delivered together must have nothing in common, neither a correspondent nor
        a Message-ID.
        """
        self.clear()
        leads = {file.name: self.lead(file) for file in files if not file.comes_first}
        dates = [self.inbox.put(file.raw) for file in files]
        said = connecting.sync(self.client)
        if late := [file for file in files if file.comes_first]:
            leads |= {file.name: self.lead(file) for file in late}
            said = connecting.sync(self.client)
        return [
            Received(self, leads[file.name], date, said)
            for file, date in zip(files, dates, strict=True)
        ]

    def lead(self, file: MailFile) -> int:
        """Make the lead that a mail is about, or a lead of the contact that it is about."""
        values = {"name": file.name, "type": "opportunity", "user_id": self.client.uid}
        if contact := file.first("x-contact-email"):
            partner = self.admin.create("res.partner", name=file.name, email=contact)
            return self.admin.create("crm.lead", **values, partner_id=partner)
        return self.admin.create("crm.lead", **values, email_from=file.lead_email)

    def entries(self, lead: int) -> list[dict]:
        """Return the mails on a lead, with all that a reader sees."""
        return self.admin.call(
            "mail.message",
            "search_read",
            [("model", "=", "crm.lead"), ("res_id", "=", lead), ("message_type", "=", "email")],
            ["date", "subject", "body", "email_from", "attachment_ids"],
        )

    def stored(self, entry: dict, server_date: str) -> Stored:
        """Return what a reader of the lead sees of a mail."""
        files = self.admin.call("ir.attachment", "read", entry["attachment_ids"], ["name"])
        body = entry["body"] or ""
        return Stored(
            subject=entry["subject"] or "",
            sender=display_name(entry["email_from"] or ""),
            date=f"{entry['date'].replace(' ', 'T')}Z",
            text=visible.text(body),
            files=tuple(file["name"] for file in files),
            pictures=sum(self.is_shown(src, entry) for src in visible.pictures(body)),
            omitted=tuple(self.left_out(entry["id"])),
            server_date=server_date,
        )

    def is_shown(self, src: str, entry: dict) -> bool:
        """Whether a picture is one of the mail's own files, and a browser gets it."""
        parts = src.split("?")[0].split("/")
        if parts[:3] != ["", "web", "image"] or int(parts[3]) not in entry["attachment_ids"]:
            return False
        [file] = self.admin.call("ir.attachment", "read", [int(parts[3])], ["checksum"])
        try:
            with urllib.request.urlopen(self.url + src, timeout=60) as answer:
                # Odoo shows a picture of its own in the place of one that may not be seen.
                return hashlib.sha1(answer.read()).hexdigest() == file["checksum"]
        except urllib.error.URLError:
            return False

    def left_out(self, message: int) -> list[str]:
        """Return what an entry says was left out."""
        rows = self.sql("SELECT omitted FROM mail_sync_entry WHERE mail_message_id = %s", message)
        return [
            f"{one['why']} {one['name']}".strip() for [omitted] in rows for one in omitted or ()
        ]

    def reason(self) -> str:
        """Return why a mail was set aside, if it was."""
        rows = self.sql("SELECT outcome, error_code, detail FROM mail_sync_message")
        return "; ".join(" ".join(filter(None, row)) for row in rows)

    def clear(self) -> None:
        """Leave nothing of the mails before: neither in the mailbox nor in the database."""
        self.inbox.clear()
        for model in ("crm.lead", "res.partner"):
            own = [("create_uid", "=", self.admin.uid), ("name", "ilike", ".eml")]
            if found := self.admin.call(model, "search", own, context={"active_test": False}):
                self.admin.call(model, "unlink", found)
        for table in ("mail_sync_entry", "mail_sync_message"):
            self.sql(f"DELETE FROM {table}")

    def sql(self, query: str, *values: object) -> list[tuple]:
        return postgres.execute(query, values, db=self.db)


@dataclass(frozen=True)
class Received:
    """A mail that was delivered and read, and the lead on which it should stand."""

    desk: Desk
    lead: int
    server_date: str
    said: str

    def entry(self) -> tuple[Stored | None, str]:
        """Return its entry on the lead, or why there is none."""
        entries = self.desk.entries(self.lead)
        if not entries:
            return None, self.desk.reason() or self.said
        if len(entries) > 1:
            raise Refused(f"it stands on the lead {len(entries)} times")
        return self.desk.stored(entries[0], self.server_date), ""


class Inbox:
    """A mailbox on the embedded Dovecot that takes a mail byte for byte, and tells its date."""

    def __init__(self, owner: Person):
        self.imap = imaplib.IMAP4(dovecot.SELF_SIGNED, dovecot.listening()["imap"])
        self.imap.login(owner.email, PASSWORD)
        self.imap.select("INBOX")

    def put(self, raw: bytes) -> str:
        """Let a mail lie in the inbox; return its INTERNALDATE in UTC, as RFC 3339."""
        # `imaplib.append` would mend the ends of its lines.
        self.imap.literal = raw
        self.answer(self.imap._simple_command("APPEND", "INBOX"))
        self.answer(self.imap.noop())
        [line, *_] = self.answer(self.imap.fetch("*", "(INTERNALDATE)"))
        moment = datetime.datetime.fromtimestamp(
            time.mktime(imaplib.Internaldate2tuple(line)), datetime.UTC
        )
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def clear(self) -> None:
        """Let nothing lie there."""
        self.answer(self.imap.noop())
        if self.answer(self.imap.search(None, "ALL"))[0]:
            self.answer(self.imap.store("1:*", "+FLAGS.SILENT", r"(\Deleted)"))
            self.answer(self.imap.expunge())

    @staticmethod
    def answer(reply: tuple[str, list]) -> list:
        """Return what an answer says. Raises imaplib.IMAP4.error where it is not OK."""
        status, data = reply
        if status != "OK":
            raise imaplib.IMAP4.error(f"{status} {data}")
        return data


def display_name(sender: str) -> str:
    """Return the name of a sender as Odoo has stored it."""
    name = email.utils.parseaddr(sender)[0]
    return str(email.header.make_header(email.header.decode_header(name))) if "=?" in name else name
