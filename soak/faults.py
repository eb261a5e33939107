"""An SMTP server that fails at a chosen point in a chosen way, and remembers what it accepted."""

from __future__ import annotations

import email
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field

#: What can go wrong at each point. *partly*: the second recipient is refused, the first is not.
#: Before or after: whether the mail has been accepted when the answer to its end does not come.
FAULTS = {
    "connect": ("refused", "cut"),
    "greeting": ("cut", "4xx", "5xx"),
    "EHLO": ("cut", "4xx", "5xx"),
    "AUTH": ("cut", "4xx", "5xx"),
    "MAIL": ("cut", "4xx", "5xx"),
    "RCPT": ("cut", "4xx", "5xx", "partly 4xx", "partly 5xx"),
    "DATA": ("cut", "4xx", "5xx", "partly, then cut", "partly, then 4xx"),
    "end": ("cut before", "cut after", "4xx", "5xx", "partly, then cut after", "partly, then 5xx"),
}
#: Each makes its sender wait until its patience is over.
SILENCES = dict.fromkeys(FAULTS, ("silence",)) | {"end": ("silence before", "silence after")}

_REPLIES = {
    ("greeting", "4xx"): "421 4.3.2 Service not available, closing transmission channel",
    ("greeting", "5xx"): "554 5.7.1 No SMTP service here",
    ("EHLO", "4xx"): "421 4.3.2 Too busy",
    ("EHLO", "5xx"): "502 5.5.1 Not implemented",
    ("AUTH", "4xx"): "454 4.7.0 Temporary authentication failure",
    ("AUTH", "5xx"): "535 5.7.8 Authentication credentials invalid",
    ("MAIL", "4xx"): "451 4.3.0 Try again later",
    ("MAIL", "5xx"): "550 5.7.60 Not permitted to send as this sender",
    ("RCPT", "4xx"): "450 4.2.1 Mailbox busy, try again later",
    ("RCPT", "5xx"): "550 5.1.1 User unknown",
    ("DATA", "4xx"): "451 4.3.0 Try again later",
    ("DATA", "5xx"): "554 5.5.1 No valid recipients",
    ("end", "4xx"): "451 4.3.0 Queue is full, try again later",
    ("end", "5xx"): "554 5.7.1 Message rejected as spam",
}
#: A second recipient's address begins so.
SECOND = "second"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, and where."""

    point: str
    kind: str

    @property
    def reply(self) -> str | None:
        """The reply to give, or None if it is no reply that goes wrong."""
        return _REPLIES.get((self.point, self.kind.rpartition(" ")[2]))


@dataclass(frozen=True, slots=True)
class Accepted:
    """A mail that the server has accepted, for one recipient."""

    message_id: str
    recipient: str


class _Over(Exception):
    """The connection is over."""


@dataclass
class Host:
    """One mail server on a port of its own: `with Host() as host: host.fault = Fault(…)`."""

    fault: Fault | None = None
    accepted: list[Accepted] = field(default_factory=list)
    met: int = 0

    def __post_init__(self) -> None:
        self._guard, self._full = threading.Lock(), []
        self._open_since = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._open_since.getsockname()
        self._waiting: set[socket.socket] = set()
        self._accept()

    def settings(self) -> dict[str, object]:
        """Return what to enter in the wizard to send through here."""
        where = {"smtp_host": self.host, "smtp_port": self.port}
        return {**where, "smtp_ssl": False, "smtp_plain_allowed": True}

    def begin(self, fault: Fault) -> None:
        """Have this go wrong from now on."""
        self.met, self.fault = 0, fault
        if fault.point == "connect" and fault.kind != "cut":
            self._close()
            if fault.kind == "silence":
                # A backlog that is full: the kernel drops whoever else knocks.
                self._open_since = self._listening(backlog=0)
                for _ in range(3):
                    filler = socket.socket()
                    filler.setblocking(False)
                    with suppress(BlockingIOError):
                        filler.connect((self.host, self.port))
                    self._full.append(filler)

    def end(self) -> None:
        """Let everything work again."""
        fault, self.fault = self.fault, None
        with self._guard:
            waiting, self._waiting = self._waiting, set()
        for client in waiting:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        if fault and fault.point == "connect" and fault.kind != "cut":
            for filler in self._full:
                filler.close()
            self._full = []
            self._close()
            self._open_since = self._listening(backlog=20)
            self._accept()

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self._close()

    def _listening(self, backlog: int) -> socket.socket:
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((self.host, self.port))
        made.listen(backlog)
        return made

    def _close(self) -> None:
        with suppress(OSError):
            self._open_since.shutdown(socket.SHUT_RDWR)
        self._open_since.close()

    def _accept(self) -> None:
        def accept(listening: socket.socket) -> None:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

        threading.Thread(target=accept, args=(self._open_since,), daemon=True).start()

    # -- a conversation ---------------------------------------------------------------------------

    def _serve(self, client: socket.socket) -> None:
        with suppress(_Over, OSError, ValueError), client:
            _Talk(self, client).hold()

    def wait(self, client: socket.socket) -> None:
        """Be silent until the client leaves, or all is well again."""
        with self._guard:
            self._waiting.add(client)
        with suppress(OSError):
            while client.recv(65536):
                pass


class _Talk:
    """One client's conversation."""

    def __init__(self, host: Host, client: socket.socket):
        self.host, self.client, self.reads = host, client, client.makefile("rb")
        self.recipients: list[str] = []

    def hold(self) -> None:
        self._fail("connect")
        self._fail("greeting")
        self._say("220 localhost ESMTP")
        while line := self.reads.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            getattr(self, f"_{verb.lower()}", self._unknown)(rest)

    def _say(self, *lines: str) -> None:
        self.client.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def _fail(self, point: str) -> bool:
        """Do what goes wrong here; return whether the step has been answered with a refusal."""
        fault = self.host.fault
        if not fault or fault.point != point or fault.kind.startswith("partly"):
            return False
        self.host.met += 1
        return self._break(fault)

    def _break(self, fault: Fault) -> bool:
        if "silence" in fault.kind:
            self.host.wait(self.client)
            raise _Over
        if "cut" in fault.kind:
            # A reset, not a farewell.
            linger = struct.pack("ii", 1, 0)
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            raise _Over
        self._say(fault.reply)
        if fault.reply.startswith(("421", "554 5.7.1 No SMTP")):
            raise _Over
        return True

    def _unknown(self, _rest: str) -> None:
        self._say("502 5.5.2 Unknown command")

    def _ehlo(self, _rest: str) -> None:
        if not self._fail("EHLO"):
            self._say("250-localhost", "250-8BITMIME", "250-SMTPUTF8", "250 AUTH PLAIN")

    def _auth(self, _rest: str) -> None:
        if not self._fail("AUTH"):
            self._say("235 2.7.0 Welcome")

    def _mail(self, _rest: str) -> None:
        self.recipients = []
        if not self._fail("MAIL"):
            self._say("250 2.1.0 Ok")

    def _rcpt(self, rest: str) -> None:
        address = rest.partition("<")[2].partition(">")[0]
        fault = self.host.fault
        if fault and fault.kind.startswith("partly") and address.startswith(SECOND):
            self.host.met += 1
            kind = fault.kind.rpartition(" ")[2] if fault.point == "RCPT" else "5xx"
            self._say(Fault("RCPT", kind).reply)
        elif not self._fail("RCPT"):
            self.recipients.append(address)
            self._say("250 2.1.5 Ok")

    def _data(self, _rest: str) -> None:
        if self._fail("DATA") or self._partly("DATA"):
            return
        if not self.recipients:
            self._say("554 5.5.1 No valid recipients")
            return
        self._say("354 Go ahead")
        text = b""
        while (line := self.reads.readline()) != b".\r\n":
            if not line:
                raise _Over
            text += line
        if self._is_after():
            self._accepted(text)
        if not (self._fail("end") or self._partly("end")):
            self._accepted(text)
            self._say("250 2.0.0 Ok: queued")

    def _partly(self, point: str) -> bool:
        fault = self.host.fault
        here = bool(fault) and fault.point == point and fault.kind.startswith("partly")
        return here and self._break(fault)

    def _is_after(self) -> bool:
        fault = self.host.fault
        return bool(fault) and fault.point == "end" and fault.kind.endswith("after")

    def _accepted(self, text: bytes) -> None:
        message_id = email.message_from_bytes(text)["Message-ID"]
        self.host.accepted += [Accepted(message_id, one) for one in self.recipients]

    def _rset(self, _rest: str) -> None:
        self.recipients = []
        self._say("250 2.0.0 Ok")

    def _noop(self, _rest: str) -> None:
        self._say("250 2.0.0 Ok")

    def _quit(self, _rest: str) -> None:
        self._say("221 2.0.0 Bye")
        raise _Over
