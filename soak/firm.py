"""A company for the long tests: salespeople with mailboxes, and the customers they write to."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from dev import connecting, postgres, services
from dev.client import Client
from dev.database import OdooServer
from dev.demo import LOGIN_PASSWORD
from dev.passwords import PASSWORD

from .letters import Address
from .mailboxes import opened, quoted, said

#: Further folders that are read, and one that is not.
PROJECTS, ABROAD, UNREAD = "Projects", "Projects/Nord &- S&APw-d", "Attic"
FOLDERS = (PROJECTS, ABROAD, UNREAD)


@dataclass
class Firm:
    """A company. ``customers`` have leads, ``strangers`` have none."""

    server: OdooServer
    mark: str = field(default_factory=lambda: secrets.token_hex(3))
    people: list[Address] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)
    customers: list[Address] = field(default_factory=list)
    strangers: list[Address] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.db = self.server.db
        # What a killed backend had committed must have survived it: the oracle relies on it.
        database = postgres.sql.Identifier(self.db)
        statement = postgres.sql.SQL("ALTER DATABASE {} SET synchronous_commit = on")
        postgres.execute(statement.format(database))
        # A sequence of a copied database is not in the log of changes until a checkpoint: without
        # one, PostgreSQL would give its numbers again after a crash.
        postgres.execute("CHECKPOINT")
        # The setting holds for new connections.
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        postgres.execute(others, (self.db,))
        self.admin = Client(self.server.url, self.db, "admin", "admin")
        self.strangers = [Address(f"Stranger {n}", f"{n}@strange.example") for n in range(5)]

    def sql(self, query: str, *values: object) -> list[tuple]:
        """Run a statement in a transaction of its own."""
        return postgres.execute(query, values, db=self.db)

    def hire(self, count: int, smtp: Sequence[dict] = ()) -> None:
        """Add salespeople who have connected their mailboxes.

        ``smtp`` are settings of the set-up wizard, one for each of them.
        """
        for number in range(count):
            person = Address(f"Söller {number}", f"seller{number}.{self.mark}@sales.example")
            connecting.hire(self.admin, person, LOGIN_PASSWORD, notification_type="inbox")
            self.people.append(person)
            self.clients.append(Client(self.server.url, self.db, person.email, LOGIN_PASSWORD))
            _connect(self.clients[-1], person, smtp[number] if smtp else {})

    def win(self, count: int) -> None:
        """Add customers: of five one has two leads, and one has a lead with a contact."""
        for number in range(len(self.customers), len(self.customers) + count):
            customer = Address(f"Kunde {number}", f"buyer{number}.{self.mark}@client.example")
            values = {"name": customer.name, "type": "opportunity", "email_from": customer.email}
            if number % 5 == 1:
                self.admin.create("crm.lead", **values, user_id=self.clients[0].uid)
            if number % 5 == 2:
                contact = {"name": customer.name, "email": customer.email}
                values["partner_id"] = self.admin.create("res.partner", **contact)
            self.admin.create("crm.lead", **values, user_id=self.clients[0].uid)
            self.customers.append(customer)


def _connect(client: Client, person: Address, changes: dict) -> None:
    """Make the folders, and connect with the wizard; all of them are read but one."""
    with opened(person.email) as imap:
        for name in FOLDERS:
            said(imap.create(quoted(name)))
    host = services.describe()
    values = {
        "history": "all",
        "imap_username": person.email,
        "imap_password": PASSWORD,
        "imap_host": host.hosts.trusted,
        "imap_port": host.imaps_port,
        "imap_ssl": True,
        "smtp_username": person.email,
        "smtp_password": PASSWORD,
        "smtp_host": host.hosts.trusted,
        "smtp_port": host.smtps_port,
        "smtp_ssl": True,
        **changes,
    }
    model = "mail.sync.account.setup"
    wizard = client.create(model, **values)
    client.call(model, "action_next", [wizard])
    [shown] = client.call(model, "read", [wizard], ["folder_ids"])
    folders = client.call(f"{model}.folder", "read", shown["folder_ids"], ["name"])
    chosen = [one["id"] for one in folders if one["name"].startswith(PROJECTS)]
    client.call(
        model, "write", [wizard], {"folder_ids": [(1, id_, {"use": True}) for id_ in chosen]}
    )
    connecting.go_through(client, wizard)
