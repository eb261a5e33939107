"""Salespeople whose mailboxes on our Dovecot are watched, and the mail they receive."""

from __future__ import annotations

import contextlib
import secrets
import smtplib
import time
from collections.abc import Callable, Iterator, Sequence

import psycopg2

from dev import postgres, services
from dev.passwords import PASSWORD
from dev.watcher import Watcher

from . import crm, mails, servers

#: Seconds to wait for anything.
PATIENCE = 120


class Company:
    """A company with a watcher process for some of its mailboxes."""

    def __init__(self, world: crm.Crm, people: Sequence[str], accounts: Sequence[int]):
        self.world = world
        self.people, self.accounts = people, accounts
        self._connection = psycopg2.connect(**postgres.connection(), dbname=world.db)
        self._connection.autocommit = True

    def sql(self, query: str, *values: object) -> list[tuple]:
        """Connect to the database, to see what is committed."""
        with self._connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        """Disconnect from the database."""
        self._connection.close()

    def watch(self, count: int) -> None:
        """Have that many mailboxes watched; wait until each has had its first turn."""
        chosen = list(self.accounts[:count])
        self.sql(
            "UPDATE mail_sync_account SET next_sync_at = now() AT TIME ZONE 'UTC'"
            " WHERE id = ANY(%s) AND next_sync_at IS NULL",
            chosen,
        )
        waiting = (
            "SELECT count(*) FROM mail_sync_account WHERE id = ANY(%s)"
            " AND last_sync_at IS NOT NULL AND lease_token IS NULL"
        )
        until(lambda: self.sql(waiting, chosen) == [(count,)], f"{count} mailboxes are watched")

    def deliver(self, number: int, person: str) -> str:
        """Deliver a mail from a lead to someone; return its Message-ID once it is accepted."""
        message_id = f"<{number}.{secrets.token_hex(6)}@client.example>"
        raw = (
            f"From: Buyer <{mails.lead_address(0)}>\r\nTo: {person}\r\nSubject: Mail {number}\r\n"
            f"Message-ID: {message_id}\r\nDate: Mon, 1 Jun 2026 12:00:00 +0000\r\n\r\nHello\r\n"
        )
        with smtplib.LMTP("127.0.0.1", services.describe().lmtp_port) as server:
            server.sendmail(mails.lead_address(0), [person], raw.encode())
        return message_id

    def is_recorded(self, message_id: str) -> bool:
        """Return whether a mail is on the lead and committed."""
        return bool(self.sql("SELECT 1 FROM mail_message WHERE message_id = %s", message_id))


def until(true: Callable[[], object], what: str, pause: float = 0.1) -> None:
    """Wait until a condition is true."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not within {PATIENCE} s")
        time.sleep(pause)


@contextlib.contextmanager
def company(size: int) -> Iterator[tuple[Company, Watcher]]:
    """Yield a company of that many people with a watcher of their mailboxes."""
    mark = secrets.token_hex(4)
    people = [f"watched.{number}.{mark}@sales.example" for number in range(size)]
    with crm.opened(f"nobody.{mark}@sales.example", leads=1) as world:
        made = Company(world, people, _accounts(world, people))
        with contextlib.closing(made), Watcher(world.db) as watcher:
            yield made, watcher


def _accounts(world: crm.Crm, people: Sequence[str]) -> list[int]:
    host, port = servers.imaps()
    with world.transaction() as env:
        env["ir.config_parameter"].set_param("mail_sync_custom.idle", True)
        users = env["res.users"].create(
            [
                {"name": one, "login": one, "email": one, "notification_type": "inbox"}
                for one in people
            ]
        )
        accounts = env["mail.sync.account"].create(
            [
                {
                    "user_id": user.id,
                    "company_id": user.company_id.id,
                    "email": user.email,
                    "history": "all",
                    "imap_host": host,
                    "imap_port": port,
                    "imap_ssl": True,
                    "imap_username": user.email,
                    "imap_secret": env["mail.sync.account"]._encrypt(PASSWORD),
                }
                for user in users
            ]
        )
        env["mail.sync.mailbox"].create(
            [
                {"account_id": account.id, "name": name, "special_use": use}
                for account in accounts
                for name, use in (("INBOX", "inbox"), ("Sent", "sent"))
            ]
        )
        return accounts.ids
