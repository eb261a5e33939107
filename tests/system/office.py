"""A company at work: an Odoo on its own database, its salespeople, their leads, their mail.

Everything uses the same paths as people and mail programs: the calls of the web client, IMAP,
SMTP. Only what a person cannot see from there is looked up in the database.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from email.message import EmailMessage
from typing import Any

import psycopg2

from dev import connecting, database, demo, dovecot, postgres, services
from dev.client import Client, Refused
from dev.demo import Person
from dev.passwords import PASSWORD

#: Seconds within which an expected condition must become true.
PATIENCE = 30


def somebody(word: str, domain: str = "customer.example") -> Person:
    """Return a new person, with a name never used before and so an empty mailbox."""
    mark = secrets.token_hex(4)
    return Person(f"{word.title()} {mark}", f"{word}-{mark}@{domain}")


def wait_until(true: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Return the first true value of a condition, as soon as it has one."""
    until = time.monotonic() + patience
    while not (value := true()):
        assert time.monotonic() < until, f"{what}: not within {patience} s"
        time.sleep(0.05)
    return value


def meanwhile(act: Callable[[], Any]) -> Future:
    """Start something that may never be answered."""
    future: Future = Future()

    def run() -> None:
        try:
            future.set_result(act())
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


class Office:
    """One company: `with office() as company: ann = company.salesperson("ann")`."""

    def __init__(self, server: database.OdooServer):
        self.server = server
        self.db = server.db
        self.admin = self.client("admin", "admin")

    def client(self, login: str, password: str = demo.LOGIN_PASSWORD) -> Client:
        """Log somebody in."""
        return Client(self.server.url, self.db, login, password)

    def salesperson(self, word: str = "ann", *, login: str = "") -> Salesperson:
        """Hire a user who sees all leads, and has a mailbox."""
        person = somebody(word, "sales.example")
        login = login or person.email
        connecting.hire(self.admin, person, demo.LOGIN_PASSWORD, login=login)
        return Salesperson(self, person, self.client(login))

    def lead(self, customer: Person, owner: Salesperson | None = None) -> Lead:
        """Create an opportunity for a customer."""
        partner = self.admin.create("res.partner", name=customer.name, email=customer.email)
        lead = self.admin.create(
            "crm.lead",
            name=f"Something for {customer.name}",
            type="opportunity",
            partner_id=partner,
            email_from=customer.email,
            user_id=owner.client.uid if owner else False,
        )
        return Lead(self, lead, partner, customer)

    def sql(self, query: str, *values: object) -> list[tuple]:
        """Query the database."""
        return postgres.execute(query, values, db=self.db)

    def mails_made(self) -> int:
        """Return how many outgoing mails Odoo has ever created, including deleted ones."""
        return self.sql("SELECT last_value FROM mail_mail_id_seq")[0][0]

    def run_cron(self, module: str, name: str) -> None:
        """Run one of Odoo's scheduled actions now, once it is not running by itself."""
        ref = self.admin.call("ir.model.data", "check_object_reference", module, name)[1]

        def ran() -> bool:
            try:
                self.admin.call("ir.cron", "method_direct_trigger", [ref])
            except Refused as refused:
                if "already executing" not in str(refused):
                    raise
                return False
            return True

        wait_until(ran, f"a run of {name}")

    def send_queue(self) -> None:
        """Run the job in which Odoo sends waiting mails."""
        self.run_cron("mail", "ir_cron_mail_scheduler_action")

    def the_night(self) -> None:
        """Run Odoo's daily job."""
        self.run_cron("base", "autovacuum_job")

    def let_time_pass(self, *people: Salesperson) -> None:
        """Make the accounts of these people due, and run all due accounts."""
        for person in people:
            self.sql(
                "UPDATE mail_sync_account SET next_sync_at ="
                " now() AT TIME ZONE 'UTC' - interval '1 s' WHERE id = %s",
                person.account_id(),
            )
        self.run_cron("mail_sync_custom", "ir_cron_mail_sync")


class Salesperson:
    """A user with a login to Odoo, and a mailbox."""

    def __init__(self, office: Office, person: Person, client: Client):
        self.office, self.person, self.client = office, person, client
        self.email = person.email

    # -- the mailbox --------------------------------------------------------------------------

    def connect(self, **changes: Any) -> None:
        """Go through the set-up wizard: Next, Connect SMTP, Finish."""
        wizard = self.client.create("mail.sync.account.setup", **{**self.settings(), **changes})
        connecting.go_through(self.client, wizard)

    def settings(self, *, ssl: bool = True) -> dict[str, Any]:
        """Return what to enter in the wizard, for a server with a valid certificate."""
        host = services.describe()
        return {
            "history": "all",
            "imap_username": self.email,
            "imap_password": PASSWORD,
            "imap_host": host.hosts.trusted,
            "imap_port": host.imaps_port if ssl else host.imap_port,
            "imap_ssl": ssl,
            "smtp_username": self.email,
            "smtp_password": PASSWORD,
            "smtp_host": host.hosts.trusted,
            "smtp_port": host.smtps_port if ssl else host.smtp_port,
            "smtp_ssl": ssl,
        }

    def account_id(self) -> int:
        return connecting.account_of(self.client)

    def account(self, *names: str) -> dict[str, Any]:
        """Return what the Mail Sync page shows."""
        return self.client.read("mail.sync.account", self.account_id(), *names)

    def sync(self) -> str:
        """Press *Sync now*; return what it says."""
        return connecting.sync(self.client)

    def log(self) -> list[dict[str, Any]]:
        """Return the error log, latest first."""
        return self.client.call(
            "mail.sync.log", "search_read", [], ["date", "code", "step", "headline", "remedy"]
        )

    def has(self, *mails: EmailMessage, mailbox: str = "INBOX") -> None:
        """Put mails into a mailbox."""
        for mail in mails:
            demo.put(self.person, mailbox, mail)

    def receives(self, *mails: EmailMessage) -> None:
        """Put mails into the inbox, and read them."""
        self.has(*mails)
        self.sync()

    # -- writing ------------------------------------------------------------------------------

    def write(self, lead: Lead, subject: str, body: str = "<p>Hello</p>") -> None:
        """Write to a lead's contact, as the composer does."""
        composer = self.client.call(
            "mail.compose.message",
            "create",
            [
                {
                    "model": "crm.lead",
                    "res_ids": repr([lead.id]),
                    "composition_mode": "comment",
                    "subject": subject,
                    "body": body,
                    "partner_ids": [(6, 0, [lead.partner])],
                }
            ],
            context={"default_model": "crm.lead", "default_res_ids": [lead.id]},
        )
        self.client.call("mail.compose.message", "action_send_mail", composer)

    def answer(self, lead: Lead, subject: str, kind: str, text: str, **values: Any) -> None:
        """Press *Reply*, *Reply all* or *Forward* on a mail, write above what it quotes, send."""
        [asked] = [entry["id"] for entry in lead.entries() if entry["subject"] == subject]
        context = self.client.call("mail.message", "action_mail_sync_answer", [asked], kind)[
            "context"
        ]
        body = context["default_body"].replace("<br>", text, 1)
        composer = self.client.call(
            "mail.compose.message", "create", [{"body": body, **values}], context=context
        )
        self.client.call("mail.compose.message", "action_send_mail", composer)

    def sent(self, subject: str) -> list[EmailMessage]:
        """Return the copies of a mail in Sent."""
        return with_subject(self.person, "Sent", subject)


class Lead:
    """An opportunity, its contact, and the customer behind them."""

    def __init__(self, office: Office, id_: int, partner: int, customer: Person):
        self.office, self.id, self.partner, self.customer = office, id_, partner, customer

    def entries(self, reader: Client | None = None) -> list[dict[str, Any]]:
        """Return the mails on the lead in chronological order, as a user reads them."""
        return (reader or self.office.admin).call(
            "mail.message",
            "search_read",
            [
                ("model", "=", "crm.lead"),
                ("res_id", "=", self.id),
                ("message_type", "in", ("email", "comment")),
            ],
            [
                "date",
                "subject",
                "body",
                "email_from",
                "parent_id",
                "mail_sync_direction",
                "attachment_ids",
            ],
            order="date, id",
        )

    def subjects(self) -> list[str]:
        """Return the subjects of the mails on the lead, in chronological order."""
        return [entry["subject"] for entry in self.entries()]

    def inbox(self, subject: str) -> list[EmailMessage]:
        """Return the mails with a subject that reached the customer."""
        return with_subject(self.customer, "INBOX", subject)

    def receives(self, subject: str) -> EmailMessage:
        """Wait for a mail with a subject, and return it."""
        return wait_until(lambda: self.inbox(subject), f"{subject!r} in the customer's inbox")[0]


def with_subject(owner: Person, mailbox: str, subject: str) -> list[EmailMessage]:
    return [mail for mail in demo.mailbox(owner, mailbox) if mail["Subject"] == subject]


def raw(mail: EmailMessage) -> bytes:
    """Return a mail as it goes over the wire."""
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))


def numbered(sender: Person, to: Person, numbers: Sequence[int]) -> list[bytes]:
    """Return many mails, an hour apart, the highest number the latest."""
    last = max(numbers, default=0)
    return [
        raw(demo.mail(sender, to, f"Mail {n}", f"Number {n}", days_ago=1 + (last - n) / 24))
        for n in numbers
    ]


def import_mails(owner: Person, mailbox: str, mails: Sequence[bytes]) -> None:
    """Put many mails into a mailbox."""
    dovecot.import_mail(owner.email, mailbox, mails)


@contextlib.contextmanager
def office(name: str, *args: str) -> Iterator[Office]:
    """Give a company with a copy of the template database and an Odoo process of its own."""
    with database.copy(f"system_{name}") as db, database.OdooServer(db, *args) as server:
        yield Office(server)


class Barrier:
    """A point in the database at which a process stops until released.

    A trigger there waits for a lock that this connection holds: to the stopped process it looks
    like a slow database, and nothing of the addon is changed.
    """

    KEY = 4_815_162_342

    def __init__(self, office: Office, table: str, event: str, when: str, *, at_commit: bool):
        self.office, self.table = office, table
        self._connection = psycopg2.connect(**postgres.connection(), dbname=office.db)
        self._connection.autocommit = True
        kind = "CONSTRAINT TRIGGER" if at_commit else "TRIGGER"
        moment = "AFTER" if at_commit else "BEFORE"
        deferred = "DEFERRABLE INITIALLY DEFERRED" if at_commit else ""
        self._run(f"SELECT pg_advisory_lock({self.KEY})")
        self._run(
            f"""
            CREATE OR REPLACE FUNCTION barrier() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM pg_advisory_xact_lock_shared({self.KEY});
                RETURN COALESCE(NEW, OLD);
            END $$
            """
        )
        self._run(
            f"CREATE {kind} barrier {moment} {event} ON {table} {deferred} "
            f"FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION barrier()"
        )

    def _run(self, statement: str) -> list[tuple]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def reached(self) -> None:
        """Wait until a process has stopped there."""
        waiting = (
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        wait_until(lambda: self._run(waiting), f"Nobody got as far as {self.table}")

    def take_down(self) -> None:
        """Release everybody; wait until the connections of a dead process are gone."""
        self._run(f"SELECT pg_advisory_unlock({self.KEY})")
        others = (
            "SELECT 1 FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
            f" AND application_name = 'odoo-{self.office.server.pid}'"
        )
        if not self.office.server.is_running():
            wait_until(lambda: not self._run(others), "PostgreSQL notices that Odoo is gone")
        self._run(f"DROP TRIGGER barrier ON {self.table}")
        self._connection.close()


@contextlib.contextmanager
def barrier(
    office: Office, table: str, event: str, when: str = "true", *, at_commit: bool = False
) -> Iterator[Barrier]:
    """Stop all writers of a table, as long as this lasts."""
    made = Barrier(office, table, event, when, at_commit=at_commit)
    try:
        yield made
    finally:
        made.take_down()


def killed_at(place: Barrier, act: Callable[[], Any]) -> None:
    """Start something, and kill Odoo with SIGKILL when it has reached a point."""
    begun = meanwhile(act)
    place.reached()
    place.office.server.kill()
    with contextlib.suppress(Exception):
        begun.result(timeout=PATIENCE)


def start_again(office: Office) -> None:
    """Start Odoo immediately after a crash: accounts that the dead process was reading are free."""
    office.server.start()
