"""The main job on real servers, as a salesperson does it; then the web client.

Two salespeople connect their mailboxes, which already contain mail with two leads; a third signs in
at a provider, without a password. One of them writes a Smart Mail in the CRM, and the lead answers
it from a mail program. Nothing here imports
the addon: everything goes through the calls of Odoo's web client, IMAP and SMTP.
"""

from __future__ import annotations

import email
import email.policy
import json
import os
import smtplib
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from . import certificates, connecting, dovecot, oidc, services, signing_in
from .client import Client
from .console import Failure, say, step
from .database import OdooServer, fresh
from .passwords import PASSWORD

DATABASE = "demo"
LOGIN_PASSWORD = "demo"

#: Seconds within which a mail must arrive.
PATIENCE = 60


@dataclass(frozen=True)
class Person:
    """Somebody with a mailbox."""

    name: str
    email: str

    @property
    def formatted(self) -> str:
        return f"{self.name} <{self.email}>"


ANN = Person("Ann Meyer", "ann@sales.example")
BEN = Person("Ben Ortiz", "ben@sales.example")
CARA = Person("Cara Lind", "cara@signin.example")
LENA = Person("Lena Park", "lena@greenhill.example")
TOM = Person("Tom Reed", "tom@reedworks.example")
MOTHER = Person("Ruth Meyer", "ruth@family.example")
NEWS = Person("Trade News", "news@trade.example")
PEOPLE = (ANN, BEN, CARA, LENA, TOM, MOTHER, NEWS)


def run(*_args: str) -> int:
    """Run the demo, then serve the result unless `CHECK=1`; return the exit code."""
    with step("Preparing sample mailboxes and a database"):
        fresh(DATABASE)
        fill_mailboxes()
        oidc.configure(reset=True)
    with OdooServer(DATABASE) as server:
        story = Story(server)
        story.tell()
        failed = story.check()
        if os.environ.get("CHECK"):
            return 1 if failed else 0
        say(f"\nThe web client (Ctrl+C ends it): {server.url}")
        for login in ("admin", ANN.email, BEN.email, CARA.email):
            say(f"  {login:20} password: {'admin' if login == 'admin' else LOGIN_PASSWORD}")
        server.wait()
    return 0


# --- mail, as mail programs write it --------------------------------------------------------


def mail(
    sender: Person,
    to: Person,
    subject: str,
    text: str,
    *,
    days_ago: float = 0,
    message_id: str = "",
    answers: str = "",
    cc: Person | None = None,
) -> EmailMessage:
    """Return a mail as a desktop mail program writes it."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender.formatted, to.formatted, subject
    if cc:
        message["Cc"] = cc.formatted
    message["Date"] = format_datetime(datetime.now(UTC) - timedelta(days=days_ago))
    domain = sender.email.partition("@")[2]
    message["Message-ID"] = f"<{message_id or f'{time.time_ns()}@{domain}'}>"
    if answers:
        message["In-Reply-To"] = message["References"] = answers
    message.set_content(text)
    return message


def fill_mailboxes() -> None:
    """Empty all mailboxes, and put in the mail that was there before Mail Sync."""
    for person in PEOPLE:
        for mailbox in ("INBOX", "Sent"):
            dovecot.doveadm("expunge", "-u", person.email, "mailbox", mailbox, "all")
    question = mail(
        LENA,
        ANN,
        "Solar roof",
        "Can you cover 400 m²?",
        days_ago=6,
        message_id="q1@greenhill.example",
    )
    answer = mail(
        ANN,
        LENA,
        "Re: Solar roof",
        "We can. I will send you the offer.",
        days_ago=5,
        message_id="a1@sales.example",
        answers="<q1@greenhill.example>",
        cc=BEN,
    )
    put(ANN, "INBOX", question)
    put(ANN, "Sent", answer)
    # Ben's copy of the same mail: one entry on the lead, not two.
    put(BEN, "INBOX", answer)
    put(BEN, "INBOX", mail(TOM, BEN, "Delivery date", "When can you deliver?", days_ago=3))
    put(BEN, "Sent", mail(BEN, TOM, "Re: Delivery date", "In May.", days_ago=2.5))
    put(CARA, "INBOX", mail(TOM, CARA, "Guarantee", "How long does it last?", days_ago=1.5))
    put(ANN, "INBOX", mail(MOTHER, ANN, "Sunday", "Are you coming for lunch?", days_ago=2))
    put(ANN, "INBOX", mail(NEWS, ANN, "This week", "Prices fall again.", days_ago=1))


def put(owner: Person, mailbox: str, message: EmailMessage) -> None:
    """Put a mail directly into a mailbox."""
    dovecot.save_mail(owner.email, mailbox, message.as_bytes(policy=email.policy.SMTP))


def mailbox(owner: Person, name: str) -> list[EmailMessage]:
    """Return the mails in a mailbox, as a mail program sees them."""
    found = dovecot.doveadm(
        "-f", "json", "fetch", "-u", owner.email, "text", "mailbox", name, "all"
    )
    return [
        email.message_from_string(one["text"], policy=email.policy.default)
        for one in json.loads(found)
    ]


def flags(owner: Person) -> set[str]:
    """Return mailbox, UID and flags of every message of an owner, byte for byte."""
    found = dovecot.doveadm("-f", "tab", "fetch", "-u", owner.email, "mailbox uid flags", "all")
    return set(found.splitlines())


def send(sender: Person, message: EmailMessage) -> None:
    """Send a mail as the sender's own mail program does."""
    mail_host = services.describe()
    context = ssl.create_default_context(cafile=certificates.BUNDLE)
    with smtplib.SMTP(mail_host.hosts.trusted, mail_host.smtp_port) as smtp:
        smtp.starttls(context=context)
        smtp.login(sender.email, PASSWORD)
        smtp.send_message(message)


def wait_for(what: str, found: Callable[[], object]) -> object:
    """Return what `found` returns, as soon as it is true. Raises Failure after PATIENCE."""
    until = time.monotonic() + PATIENCE
    while not (value := found()):
        if time.monotonic() > until:
            raise Failure(f"{what}: not within {PATIENCE} s.", "Read .dev/log/.")
        time.sleep(0.1)
    return value


# --- the story ------------------------------------------------------------------------------


class Story:
    """What they do, and what must be true afterwards."""

    def __init__(self, server: OdooServer):
        self.server = server
        self.admin = Client(server.url, server.db, "admin", "admin")
        self.failed: list[str] = []

    def tell(self) -> None:
        with step("Three salespeople, a contact, two leads"):
            self.people()
        with step("Ann and Ben connect their mailboxes"):
            mail_host = services.describe()
            self.before = flags(ANN)
            # Odoo's own digest may be due just now.
            digests = self.admin.call("digest.digest", "search", [])
            self.admin.call("digest.digest", "write", digests, {"state": "deactivated"})
            self.queued = self.queue()
            connecting.connect(self.ann, ANN, mail_host.imaps_port, mail_host.smtps_port, ssl=True)
            connecting.connect(self.ben, BEN, mail_host.imap_port, mail_host.smtp_port, ssl=False)
        with step("Cara signs in at the provider"):
            signing_in.register(self.admin, CARA.email.partition("@")[2])
            self.signed_in = signing_in.SignIn(self.cara, CARA.email).complete()
        with step("The mailboxes are synchronised"):
            for client in (self.ann, self.ben, self.cara):
                connecting.sync(client)
            self.queued_by_sync = self.queue() - self.queued
        with step("Ann writes a Smart Mail to Lena"):
            self.smart_mail()
        with step("Lena answers from her own mail program"):
            self.answer()

    def people(self) -> None:
        for person in (ANN, BEN, CARA):
            connecting.hire(self.admin, person, LOGIN_PASSWORD)
        self.ann, self.ben, self.cara = (
            Client(self.server.url, self.server.db, person.email, LOGIN_PASSWORD)
            for person in (ANN, BEN, CARA)
        )
        self.lena = self.admin.create("res.partner", name=LENA.name, email=LENA.email)
        self.lead_lena = self.admin.create(
            "crm.lead",
            name="Solar roof for Greenhill",
            type="opportunity",
            partner_id=self.lena,
            email_from=LENA.email,
            user_id=self.ann.uid,
        )
        self.lead_tom = self.admin.create(
            "crm.lead",
            name="Panels for Reedworks",
            type="lead",
            contact_name=TOM.name,
            email_from=TOM.email,
            user_id=self.ben.uid,
        )

    def queue(self) -> int:
        """Return how many outgoing mails Odoo has ever created."""
        return self.admin.call("mail.mail", "search_count", [])

    def smart_mail(self) -> None:
        """Write to the lead as the composer does."""
        composer = self.ann.call(
            "mail.compose.message",
            "create",
            [
                {
                    "model": "crm.lead",
                    "res_ids": repr([self.lead_lena]),
                    "composition_mode": "comment",
                    "subject": "Your offer",
                    "body": "<p>Dear Lena, here is the offer. Regards, Ann</p>",
                    "partner_ids": [(6, 0, [self.lena])],
                }
            ],
            context={"default_model": "crm.lead", "default_res_ids": [self.lead_lena]},
        )
        self.ann.call("mail.compose.message", "action_send_mail", composer)

        def arrived() -> EmailMessage | None:
            found = [m for m in mailbox(LENA, "INBOX") if m["Subject"] == "Your offer"]
            return found[0] if found else None

        self.received = wait_for("The Smart Mail in Lena's inbox", arrived)

    def answer(self) -> None:
        message_id = self.received["Message-ID"]
        answer = mail(LENA, ANN, "Re: Your offer", "We accept. Please begin.", answers=message_id)
        send(LENA, answer)
        wait_for(
            "The answer in Ann's inbox",
            lambda: [m for m in mailbox(ANN, "INBOX") if m["Subject"] == "Re: Your offer"],
        )
        connecting.sync(self.ann)

    # -- what must be true ----------------------------------------------------------------

    def check(self) -> int:
        """Print the timelines and each check; return how many checks failed."""
        lena, tom = (self.timeline(lead) for lead in (self.lead_lena, self.lead_tom))
        say()
        self.must("Lena's question, sent before, is on her opportunity", "Solar roof" in lena)
        self.must("Ann's answer from Sent is there once", list(lena).count("Re: Solar roof") == 1)
        self.must("It is below the question", under(lena, "Re: Solar roof", "Solar roof"))
        self.must(
            "Tom's mail and Ben's answer are on his lead",
            {"Delivery date", "Re: Delivery date"} <= set(tom),
        )
        self.must("Tom's question to Cara is there, too", "Guarantee" in tom)
        self.must("Cara signed in without a password", self.signed_in.connected)
        self.must(
            "Lena received the Smart Mail from Ann's address", ANN.email in self.received["From"]
        )
        self.must("Its Reply-To is Ann's address", ANN.email in (self.received["Reply-To"] or ""))
        self.must(
            "Its envelope sender is Ann's address",
            ANN.email in (self.received["Return-Path"] or ""),
        )
        copies = [m for m in mailbox(ANN, "Sent") if m["Subject"] == "Your offer"]
        self.must("One copy of it is in Ann's Sent folder", len(copies) == 1)
        self.must("Lena's answer is on the opportunity", "Re: Your offer" in lena)
        self.must("It is below the Smart Mail", under(lena, "Re: Your offer", "Your offer"))
        private = {"Sunday", "This week"}
        self.must(
            "No private mail is in the CRM",
            not self.admin.call("mail.message", "search_count", [("subject", "in", list(private))]),
        )
        self.must("The flags in the mailbox are unchanged", self.before <= flags(ANN))
        self.must("Recording sent no mail", self.queued_by_sync == 0)
        self.must(
            "All accounts are Enabled",
            all(
                client.read("mail.sync.account", connecting.account_of(client), "state")["state"]
                == "enabled"
                for client in (self.ann, self.ben, self.cara)
            ),
        )
        say("\nAll checks passed." if not self.failed else f"\nFailed: {'; '.join(self.failed)}")
        return len(self.failed)

    def must(self, what: str, is_true: object) -> None:
        say(f"  {'yes' if is_true else 'NO '}  {what}")
        if not is_true:
            self.failed.append(what)

    def timeline(self, lead: int) -> dict[str, dict]:
        """Print the mails on a lead in chronological order; return them by subject."""
        name = self.admin.read("crm.lead", lead, "name")["name"]
        entries = self.admin.call(
            "mail.message",
            "search_read",
            [
                ("model", "=", "crm.lead"),
                ("res_id", "=", lead),
                ("message_type", "in", ("email", "comment")),
            ],
            ["date", "subject", "email_from", "parent_id", "mail_sync_direction"],
            order="date, id",
        )
        say(f"\n{name}")
        for entry in entries:
            way = {"in": "received", "out": "sent"}.get(entry["mail_sync_direction"], "")
            answers = f"   (answers: {entry['parent_id'][1]})" if entry["parent_id"] else ""
            say(
                f"  {entry['date']}  {way:8}  {entry['email_from']:40}  {entry['subject']}{answers}"
            )
        return {entry["subject"]: entry for entry in entries}


def under(timeline: dict[str, dict], child: str, parent: str) -> bool:
    """Return whether one entry is below another."""
    if child not in timeline or parent not in timeline:
        return False
    found = timeline[child]["parent_id"]
    return bool(found) and found[0] == timeline[parent]["id"]
