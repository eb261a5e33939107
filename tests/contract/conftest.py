"""The servers that the contract is tested on: one in memory, and a real Dovecot.

Both are driven by the same methods, those of ``MemoryServer``. Dovecot is filled by IMAPClient,
not by the session under test.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
from datetime import UTC, datetime

import pytest
from imapclient import IMAPClient

from dev.paths import SERVICES
from engine.imap import session
from engine.memory.server import MemoryServer, MemorySession
from engine.values import Credentials, Endpoint
from tests.contract.loopback import LOOPBACK
from tests.contract.scripted import Scripted

NOON = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)

_numbers = itertools.count(1)


def mail(subject="Hello", **fields):
    """Return a mail with these header fields; ``_`` stands for ``-`` in a name."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\n".join([*lines, "From: a@example.com", f"Subject: {subject}", "", "Body\n"]).encode()


class Services(dict):
    """`.dev/services.json`, and what to connect to there."""

    def __init__(self):
        if not SERVICES.exists():
            raise pytest.UsageError("The mail server is not running: python3 -m dev up")
        super().__init__(json.loads(SERVICES.read_text()))
        self.hosts = self["hosts"]

    def imaps(self, host: str = "trusted", **settings) -> Endpoint:
        return Endpoint(self.hosts[host], self["imaps_port"], **settings)

    def imap(self, host: str = "trusted", **settings) -> Endpoint:
        return Endpoint(self.hosts[host], self["imap_port"], implicit_tls=False, **settings)

    def smtps(self, host: str = "trusted", **settings) -> Endpoint:
        return Endpoint(self.hosts[host], self["smtps_port"], **settings)

    def smtp(self, host: str = "trusted", **settings) -> Endpoint:
        return Endpoint(self.hosts[host], self["smtp_port"], implicit_tls=False, **settings)

    def credentials(self, user: str = "") -> Credentials:
        return Credentials(user or new_user(), self["password"])


def new_user() -> str:
    """An address that has never had a mail."""
    stamp = datetime.now(UTC).strftime("%m%d%H%M%S%f")
    return f"contract-{os.getpid()}-{stamp}-{next(_numbers)}@example.com"


class Memory:
    """The server in memory."""

    def __init__(self):
        self.server = MemoryServer()
        self.create = self.server.create
        self.rename = self.server.rename
        self.delete = self.server.delete

    def create_sent(self):
        self.create("Sent", "\\Sent")

    def deliver(self, mailbox, raw, internaldate=NOON, flags=()):
        return self.server.deliver(mailbox, raw, internaldate, frozenset(flags))

    def deliver_many(self, mailbox, raws):
        return [self.deliver(mailbox, raw) for raw in raws]

    def expunge(self, mailbox, *uids):
        self.server[mailbox].expunge(*uids)

    def skip_to(self, mailbox, uidnext):
        self.server[mailbox].skip_to(uidnext)

    def flag(self, mailbox, uid, flag):
        pass  # flags of a MemoryMessage never change

    def flags(self, mailbox):
        return {uid: message.flags for uid, message in self.server[mailbox].messages.items()}

    def connect(self) -> MemorySession:
        return self.server.connect()

    def close(self):
        assert self.server.open == 0, "a session was not logged out"


class Dovecot:
    """A new user of the real server."""

    def __init__(self, services: Services):
        self.services = services
        self.user = new_user()
        self.client = IMAPClient(services.hosts["plain"], services["imap_port"], ssl=False)
        self.client.login(self.user, services["password"])
        self.sessions = []

    def create(self, name):
        self.client.create_folder(name)

    def create_sent(self):
        pass  # exists from the start

    def rename(self, old, new):
        self.client.rename_folder(old, new)

    def delete(self, name):
        self.client.delete_folder(name)

    def deliver(self, mailbox, raw, internaldate=NOON, flags=()):
        answer = self.client.append(mailbox, raw.replace(b"\n", b"\r\n"), flags, internaldate)
        return _uids(answer)[0]

    def deliver_many(self, mailbox, raws):
        wired = [raw.replace(b"\n", b"\r\n") for raw in raws]
        _, (answer,) = self.client.multiappend(mailbox, wired)
        return _uids(answer)

    @contextlib.contextmanager
    def _selected(self, mailbox, readonly):
        self.client.select_folder(mailbox, readonly)
        yield self.client
        self.client.unselect_folder()

    def expunge(self, mailbox, *uids):
        with self._selected(mailbox, False) as client:
            client.delete_messages(uids)
            client.expunge(uids)

    def skip_to(self, mailbox, uidnext):
        command = ["mailbox", "update", "-u", self.user, "--min-next-uid", str(uidnext), mailbox]
        subprocess.run([*self.services["doveadm"], *command], check=True)

    def flag(self, mailbox, uid, flag):
        with self._selected(mailbox, False) as client:
            client.add_flags([uid], [flag])

    def flags(self, mailbox):
        """The flags, as Dovecot has them; \\Recent belongs to a session, not to a message."""
        with self._selected(mailbox, True) as client:
            fetched = client.fetch(client.search(), ["FLAGS"])
        return {
            uid: frozenset(flag.decode() for flag in items[b"FLAGS"]) - {"\\Recent"}
            for uid, items in fetched.items()
        }

    def connect(self) -> session.ImapSession:
        credentials = Credentials(self.user, self.services["password"])
        self.sessions.append(
            session.connect(self.services.imaps(), credentials, patience=10, policy=LOOPBACK)
        )
        return self.sessions[-1]

    def close(self):
        self.client.logout()
        assert all(each.wire.sock.fileno() == -1 for each in self.sessions), "left open"


def _uids(answer: bytes) -> list[int]:
    """`[APPENDUID 1700000000 5:7] Append completed.` → 5, 6, 7"""
    first, _, last = answer.split()[2].rstrip(b"]").partition(b":")
    return list(range(int(first), int(last or first) + 1))


@pytest.fixture(scope="session")
def services():
    found = Services()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", found["ca_bundle"])
        yield found


@pytest.fixture(params=["memory", "dovecot"])
def server(request):
    real = request.param == "dovecot"
    made = Dovecot(request.getfixturevalue("services")) if real else Memory()
    yield made
    made.close()


@pytest.fixture
def dovecot(services):
    made = Dovecot(services)
    yield made
    made.close()


@pytest.fixture
def scripted():
    made = []

    def make(script) -> Scripted:
        made.append(Scripted(script))
        return made[-1]

    yield make
    for server in made:
        server.close()
        assert server.failure is None
