"""A salesperson, their mailbox and their CRM, all in memory, in domain terms."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count

from engine.errors import ConnectionLost, ConnectionTimeout, ProtocolViolation
from engine.memory.crm import MemoryDatabase
from engine.memory.server import MemoryServer
from engine.memory.store import MemoryStore
from engine.sync.protocols import Report
from engine.sync.run import run
from engine.values import SpecialUse

ANN = "ann@corp.example"  # whose mailbox it is
BOB = "bob@corp.example"  # a colleague
LEA = "lea@client.example"  # the address of a lead
EVE = "eve@elsewhere.example"  # nobody we know

NOON = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

#: The batch sizes of a small world, and numbers of mails around them.
CHUNK, BATCH, SLICE = 4, 8, 3
SIZES = sorted(
    {n * size + edge for size in (SLICE, CHUNK, BATCH) for n in (1, 2) for edge in (-1, 0, 1)}
    | {0, 1}
)

_numbers = count(1)


def mail(
    sender: str = LEA,
    to: str = ANN,
    *,
    message_id: str | None = "",
    subject: str = "Hello",
    date: datetime | None = NOON,
    body: str = "Good day.",
    **headers: str,
) -> bytes:
    """Return a message. Headers beyond the usual are given as ``in_reply_to="<1@x>"``.

    Each has a unique id unless given; ``None`` omits Message-ID.
    """
    if message_id == "":
        message_id = f"{next(_numbers)}@mail.example"
    fields = {
        "From": sender,
        "To": to,
        "Subject": subject,
        "Date": date and f"{date:%d %b %Y %H:%M:%S +0000}",
        "Message-ID": message_id and f"<{message_id}>",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\n" for name, value in fields.items() if value)
    return f"{head}\n{body}\n".encode()


class Clock:
    """A clock that advances by one second each time it is read."""

    def __init__(self):
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


class World:
    """Ann's mailbox with INBOX and Sent, and a CRM that has one lead, Lea."""

    def __init__(self, **settings):
        self.server = MemoryServer()
        self.server.create("Sent", "\\Sent")
        self.database = MemoryDatabase()
        self.lead = self.database.add_lead(LEA)
        self.store = self.account(ANN, **settings)

    def account(self, *emails: str, **settings) -> MemoryStore:
        """Connect a mailbox with INBOX and Sent to the CRM."""
        store = MemoryStore(self.database, *emails, **settings)
        store.read("INBOX", SpecialUse.INBOX)
        store.read("Sent", SpecialUse.SENT)
        return store

    def deliver(self, mailbox: str = "INBOX", *, at: datetime | None = NOON, **fields) -> str:
        """Deliver a mail to one of Ann's mailboxes; return its id."""
        message_id = fields.setdefault("message_id", f"{next(_numbers)}@mail.example")
        self.server.deliver(mailbox, mail(**fields), at)
        return message_id

    def send(self, **fields) -> str:
        """Let Ann write to Lea from her own mail program."""
        return self.deliver("Sent", **{"sender": ANN, "to": LEA} | fields)

    def sync(
        self, store: MemoryStore | None = None, server=None, again: bool = False, **settings
    ) -> Report:
        """Take a turn. ``again`` lets the run reconnect if the server drops the connection."""
        server = server or self.server
        reconnect = server.connect if again else None
        with server.connect() as session:
            return run(session, store or self.store, reconnect=reconnect, **settings)

    def timeline(self, target=None) -> list[str]:
        """Return the ids of the mails on a record, in order of arrival."""
        return [entry.message_id for entry in self.database.timeline(target or self.lead)]

    def entry(self, message_id: str, target=None):
        """Return the one entry of a mail on a record."""
        (found,) = [
            entry
            for entry in self.database.timeline(target or self.lead)
            if entry.message_id == message_id
        ]
        return found

    def commands(self, *names: str) -> list[tuple]:
        return [each for each in self.server.commands if not names or each[0] in names]


def kept_up(**settings):
    """A world whose mailboxes have been read, without any mail so far."""
    world = World(**settings)
    world.sync()
    world.server.commands.clear()
    world.store.saved.clear()
    return world


def synced(world, **settings):
    """Sync until a run succeeds; return how many it took."""
    for number in range(1, 40):
        with suppress(ConnectionLost, ConnectionTimeout, ProtocolViolation):
            report = world.sync(**settings)
            if not report.problems and not report.beside:
                return number
    raise AssertionError("The mailbox is never read to its end.")


def deliver_many(world, count, **fields):
    """Every second one is Lea's. Return the ids of hers."""
    return [world.deliver(**fields) for _ in range(count) if world.deliver(sender=EVE, **fields)]


def bomb(**fields):
    """A mail that no parser should have to read to its end."""
    parts = "--b\n\nx\n" * 1500
    return {"content_type": "multipart/mixed; boundary=b", "body": f"{parts}--b--", **fields}
