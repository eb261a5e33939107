"""Hire salespeople, and connect and read their mailboxes by the calls of the web client."""

from __future__ import annotations

from typing import Protocol

from . import services
from .client import Client
from .passwords import PASSWORD


class HasEmail(Protocol):
    """A person, as far as their mailbox is concerned."""

    @property
    def email(self) -> str: ...


class IsNamed(HasEmail, Protocol):
    """A person with a name."""

    @property
    def name(self) -> str: ...


def hire(admin: Client, person: IsNamed, password: str, **values: object) -> int:
    """Create a user who sees all leads; return its id. ``values`` are further fields."""
    group = admin.call(
        "ir.model.data", "check_object_reference", "sales_team", "group_sale_salesman_all_leads"
    )[1]
    user = {"name": person.name, "login": person.email, "email": person.email}
    return admin.create(
        "res.users", **{**user, "password": password, "group_ids": [(4, group)], **values}
    )


def connect(client: Client, person: HasEmail, imap_port: int, smtp_port: int, *, ssl: bool) -> None:
    """Go through the set-up wizard: Next, Connect SMTP, Finish."""
    host = services.describe().hosts.self_signed
    wizard = client.create(
        "mail.sync.account.setup",
        history="all",
        imap_username=person.email,
        imap_password=PASSWORD,
        imap_host=host,
        imap_port=imap_port,
        imap_ssl=ssl,
        imap_self_signed=True,
        smtp_username=person.email,
        smtp_password=PASSWORD,
        smtp_host=host,
        smtp_port=smtp_port,
        smtp_ssl=ssl,
        smtp_self_signed=True,
    )
    go_through(client, wizard)


def go_through(client: Client, wizard: int) -> None:
    """Press the buttons of the set-up wizard, and confirm each certificate that it shows."""
    model = "mail.sync.account.setup"
    for protocol, button in (("imap", "action_next"), ("smtp", "action_connect_smtp")):
        client.call(model, button, [wizard])
        met = f"{protocol}_fingerprint_met"
        if client.read(model, wizard, met)[met]:
            client.call(model, "write", [wizard], {f"{protocol}_fingerprint_accepted": True})
            client.call(model, button, [wizard])
    client.call(model, "action_finish", [wizard])


def account_of(client: Client) -> int:
    """Return the account of the user who is logged in."""
    return client.call("mail.sync.account", "search", [("user_id", "=", client.uid)])[0]


def sync(client: Client) -> str:
    """Press *Sync now*; return what it said."""
    said = client.call("mail.sync.account", "action_sync_now", [account_of(client)])
    return said["params"]["message"]
