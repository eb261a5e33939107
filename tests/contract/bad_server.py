"""An IMAP server that does one thing wrong, and an account that is read from it repeatedly.

The server is small and correct, except for what a :class:`Case` changes. It is read by the real
session over a loopback socket, the real driver, and a CRM in memory.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.errors import MailError
from engine.imap import session
from engine.memory.crm import MemoryDatabase
from engine.memory.store import MemoryStore
from engine.sync.run import run
from engine.values import Credentials, Endpoint, SpecialUse
from tests.contract.scripted import LOOPBACK, Client, Gone
from tests.engine.world import ANN, EVE, LEA, NOON, mail

#: Turns in which an account must recover.
TURNS = 8
#: Seconds of a turn. A case's ``patience`` is how much of them a silent server may use up.
SECONDS = 20

#: Answers a command: the client, the command's tag and arguments, and how to answer it well.
Answer = Callable[["Play", bytes, bytes, Callable[[], None]], None]
#: Answers for one message: the client, its UID, and the line that would be right.
Say = Callable[["Play", int, bytes], None]


@dataclass(frozen=True)
class Case:
    """A server that does something wrong, where that was observed, and the expected result.

    ``on`` answers commands, by name or by name and mailbox; ``header`` and ``body`` answer for
    messages of INBOX, by UID. ``lost`` are the mailboxes that cannot be read at all, ``aside`` the
    UIDs of INBOX that must be set aside, ``code`` the error code expected in the end.
    """

    name: str
    source: str
    on: Mapping[str, Answer] = field(default_factory=dict)
    header: Mapping[int, Say] = field(default_factory=dict)
    body: Mapping[int, Say] = field(default_factory=dict)
    greeting: bytes = b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello"
    capabilities: bytes = b"IMAP4rev1"
    lost: frozenset[str] = frozenset()
    aside: frozenset[int] = frozenset()
    code: str = ""
    patience: float = 3.0
    uids: tuple[int, ...] = tuple(range(1, 13))
    greet: Callable[[Play], None] | None = None
    plain_allowed: bool = True


@dataclass
class Box:
    """A mailbox of the server: raw messages by UID."""

    name: str
    messages: dict[int, bytes]
    uidvalidity: int = 7

    @property
    def uidnext(self) -> int:
        return max(self.messages, default=0) + 1


def _id(box: str, uid: int) -> str:
    return f"{box.lower()}-{uid}@mail.example"


class BadServer:
    """The server of a case. ``heal`` repairs it."""

    def __init__(self, case: Case):
        self.case = case
        # Every second one in the inbox is Lea's.
        inbox = {
            uid: mail(EVE if number % 2 else LEA, ANN, message_id=_id("INBOX", uid))
            for number, uid in enumerate(case.uids)
        }
        sent = {uid: mail(ANN, LEA, message_id=_id("Sent", uid)) for uid in (1, 2, 3, 4)}
        self.boxes = {
            name: Box(name, {uid: raw.replace(b"\n", b"\r\n") for uid, raw in messages.items()})
            for name, messages in (("INBOX", inbox), ("Sent", sent))
        }
        self.connections = 0
        self.failure: Exception | None = None  # of the script
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def endpoint(self) -> Endpoint:
        port = self.listener.getsockname()[1]
        return Endpoint(
            "127.0.0.1", port, implicit_tls=False, plain_allowed=self.case.plain_allowed
        )

    def heal(self) -> None:
        self.case = Case(self.case.name, self.case.source, uids=self.case.uids)

    def leas(self, name: str) -> set[str]:
        """The ids of Lea's mails in a mailbox."""
        box = self.boxes[name]
        return {_id(name, uid) for uid, raw in box.messages.items() if LEA.encode() in raw}

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self._play, args=(sock,), daemon=True).start()

    def _play(self, sock):
        sock.settimeout(10)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with sock, contextlib.suppress(Gone, OSError):
            try:
                Play(self, sock).run()
            except Exception as error:
                if not isinstance(error, Gone | OSError):
                    self.failure = error
                raise

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Play(Client):
    """One client, and the answers to it."""

    def __init__(self, server: BadServer, sock):
        super().__init__(sock)
        self.server = server
        self.number = server.connections
        self.answers = 0
        self.box: Box | None = None

    @property
    def case(self) -> Case:
        return self.server.case

    def run(self):
        if self.case.greet:
            self.case.greet(self)
        self.say(self.case.greeting)
        while True:
            tag, line = self.hear()
            name, _, arguments = line.removeprefix(b"UID ").partition(b" ")
            self.answer(tag, name.decode().upper(), arguments)

    def answer(self, tag: bytes, name: str, arguments: bytes):
        """Answer a command as the case says, or correctly."""

        command = getattr(self, f"do_{name.lower()}")

        def well():
            command(tag, arguments)

        box = self._box_of(name, arguments)
        if name == "FETCH":
            name = "FETCH HEADER" if b"HEADER.FIELDS" in arguments else "FETCH BODY"
        special = self.case.on.get(f"{name} {box.name}" if box else name) or self.case.on.get(name)
        if special:
            special(self, tag, arguments, well)
        else:
            well()

    def _box_of(self, name: str, arguments: bytes) -> Box | None:
        if name in ("STATUS", "EXAMINE"):
            return self.server.boxes.get(arguments.split()[0].strip(b'"').decode())
        return self.box

    def ok(self, tag: bytes, *untagged: bytes):
        self.say(*untagged, tag + b" OK done")

    # the commands

    def do_capability(self, tag, _):
        self.ok(tag, b"* CAPABILITY " + self.case.capabilities)

    def do_authenticate(self, tag, _):
        self.say(tag + b" OK [CAPABILITY " + self.case.capabilities + b"] in")

    do_login = do_authenticate

    def do_starttls(self, tag, _):
        raise Gone  # there is no TLS here

    def do_id(self, tag, _):
        self.ok(tag, b"* ID NIL")

    def do_logout(self, tag, _):
        raise Gone

    def do_noop(self, tag, _):
        self.ok(tag)

    def do_status(self, tag, arguments):
        box = self._box_of("STATUS", arguments)
        name = box.name.encode()
        told = b'* STATUS "%b" (UIDNEXT %d UIDVALIDITY %d)' % (name, box.uidnext, box.uidvalidity)
        self.ok(tag, told)

    def do_examine(self, tag, arguments):
        self.box = box = self._box_of("EXAMINE", arguments)
        self.ok(
            tag,
            b"* %d EXISTS" % len(box.messages),
            b"* OK [UIDVALIDITY %d] ." % box.uidvalidity,
            b"* OK [UIDNEXT %d] ." % box.uidnext,
        )

    def do_search(self, tag, arguments):
        self.ok(tag, b"* SEARCH" + b"".join(b" %d" % uid for uid in self.found(arguments)))

    def do_fetch(self, tag, arguments):
        uids, part = self.asked(arguments)
        special = getattr(self.case, part) if self.box.name == "INBOX" else {}
        for uid in uids:
            line = self.line(uid, part, arguments)
            if uid in special:
                special[uid](self, uid, line)
            else:
                self.raw(line)
            self.answers += 1
        self.ok(tag)

    # what they are about

    def found(self, arguments: bytes) -> list[int]:
        """The UIDs that a SEARCH finds: by UID, and by any addresses that it names."""
        [asked] = re.findall(rb"UID ([\d:,]+)", arguments) or [b"1:4294967295"]
        emails = re.findall(rb'"([^"]+@[^"]+)"', arguments)
        return [
            uid
            for uid, raw in sorted(self.box.messages.items())
            if _covers(asked, uid) and (not emails or any(email in raw for email in emails))
        ]

    def asked(self, arguments: bytes) -> tuple[list[int], str]:
        """The UIDs that a FETCH requests, and which part of them."""
        uids = [uid for uid in sorted(self.box.messages) if _covers(arguments.split()[0], uid)]
        return uids, "header" if b"HEADER.FIELDS" in arguments else "body"

    def line(self, uid: int, part: str, arguments: bytes = b"") -> bytes:
        """The correct answer for a message."""
        raw = self.box.messages[uid]
        section = b"BODY[]"
        content = raw
        if part == "header":
            section, content = b"BODY[HEADER.FIELDS (FROM)]", raw.partition(b"\r\n\r\n")[0]
            content += b"\r\n\r\n"
        elif limit := re.search(rb"<0\.(\d+)>", arguments):
            section, content = b"BODY[]<0>", raw[: int(limit[1])]
        number = sorted(self.box.messages).index(uid) + 1
        return b'* %d FETCH (UID %d RFC822.SIZE %d INTERNALDATE "%b" %b {%d}\r\n%b)\r\n' % (
            number,
            uid,
            len(raw),
            f"{NOON:%d-%b-%Y %H:%M:%S +0000}".encode(),
            section,
            len(content),
            content,
        )


def _covers(asked: bytes, uid: int) -> bool:
    for part in asked.split(b","):
        lo, _, hi = part.partition(b":")
        if int(lo) <= uid <= int(hi or lo):
            return True
    return False


# -- the result for an account that is read from it ----------------------------------------------


@dataclass
class Result:
    """The result. ``crashed`` is anything but a MailError."""

    case: Case
    crashed: BaseException | None = None
    turns: int = 0
    recorded: set[str] = field(default_factory=set)
    wanted: set[str] = field(default_factory=set)
    aside: set[int] = field(default_factory=set)
    codes: list[str] = field(default_factory=list)
    most_connections: int = 0
    after: list[str] = field(default_factory=list)
    all_of_them: set[str] = field(default_factory=set)

    @property
    def survived(self) -> bool:
        return self.crashed is None

    @property
    def stuck(self) -> bool:
        """Whether a mail that the server would deliver was not read, turn after turn."""
        return not self.recorded >= self.wanted

    @property
    def became(self) -> str:
        """The result, in a few words."""
        said = [f"{len(self.recorded)} of {len(self.all_of_them)} mails in {self.turns} turns"]
        if self.aside:
            said.append("set aside: INBOX " + ", ".join(map(str, sorted(self.aside))))
        if self.codes:
            said.append(f"says {self.codes[-1]}")
        return "; ".join(said)


class Account:
    """Ann's account on the server of a case."""

    def __init__(self, server: BadServer):
        self.server = server
        self.database = MemoryDatabase()
        self.lead = self.database.add_lead(LEA)
        self.store = MemoryStore(self.database, ANN)
        self.store.read("INBOX", SpecialUse.INBOX)
        self.store.read("Sent", SpecialUse.SENT)
        self.store.patient = True

    def connect(self) -> session.ImapSession:
        patience = self.server.case.patience
        return session.connect(
            self.server.endpoint,
            Credentials(ANN, "secret"),
            budget=patience,
            patience=patience,
            policy=LOOPBACK,
        )

    def turn(self) -> str:
        """Take a turn; return the code of the error reported, or nothing."""
        try:
            with self.connect() as connection:
                report = run(connection, self.store, seconds=SECONDS, reconnect=self.connect)
        except MailError as error:
            return error.code
        return report.problems[0][1].code if report.problems else ""

    @property
    def recorded(self) -> list[str]:
        return [entry.message_id for entry in self.database.timeline(self.lead)]

    @property
    def aside(self) -> set[int]:
        """The UIDs of INBOX that are set aside."""
        return {a.failure.uid for a in self.store.set_aside.values() if a.mailbox == 1}


def play(case: Case) -> Result:
    """Read an account from a server as far as possible, then again once it is healed."""
    server = BadServer(case)
    account, result = Account(server), Result(case)
    readable = [server.leas(name) for name in server.boxes if name not in case.lost]
    result.wanted = set().union(*readable) - {_id("INBOX", uid) for uid in case.aside}
    result.all_of_them = set().union(*map(server.leas, server.boxes))
    try:
        while result.turns < TURNS and (result.turns < 2 or result.stuck):
            before = server.connections
            result.codes.append(account.turn())
            result.turns += 1
            result.recorded = set(account.recorded)
            opened = server.connections - before
            result.most_connections = max(result.most_connections, opened)
        result.aside = account.aside
        result.codes = [code for code in result.codes[-1:] if code]
        server.heal()
        account.store.patient = False
        for _ in range(4):
            account.turn()
        result.after = account.recorded
        result.crashed = server.failure
    except Exception as error:  # the test is about exactly these
        result.crashed = error
    finally:
        server.close()
    return result
