"""Mail servers on a loopback port that play a script to each client."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
import time
from typing import Any

import pytest

from dev import certificates
from engine.imap import session
from engine.net import tls
from engine.values import Credentials, Endpoint
from tests.contract.loopback import LOOPBACK

BUDGET = 0.6
#: A client that keeps to its budget has ended by then, on a busy machine too.
WITHIN = 10 * BUDGET

GREETING = b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello\r\n"
SECRET = 'p4ss\\w"ord'
CREDENTIALS = Credentials("me@example.com", SECRET)

# A literal of four billion bytes, as an answer to any command.
HUGE = 4 * 1024**3


class Gone(Exception):
    """The client has closed the connection."""


class Client:
    """What a scripted server sees of its client."""

    def __init__(self, sock):
        self.sock = sock
        self.heard = b""

    def say(self, *lines: bytes):
        try:
            self.sock.sendall(b"".join(line + b"\r\n" for line in lines))
        except OSError:
            raise Gone from None

    def raw(self, data: bytes):
        try:
            self.sock.sendall(data)
        except OSError:
            raise Gone from None

    def hear(self) -> tuple[bytes, bytes]:
        """Return the tag and the rest of the next line."""
        line = bytearray()
        while not line.endswith(b"\r\n"):
            try:
                byte = self.sock.recv(1)
            except OSError:
                raise Gone from None
            if not byte:
                raise Gone
            line += byte
        self.heard += line
        tag, _, rest = bytes(line[:-2]).partition(b" ")
        return tag, rest

    def hear_bytes(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            data += self.sock.recv(count - len(data))
        self.heard += data
        return data

    def accept(self, *untagged: bytes, ok: bytes = b"OK done") -> bytes:
        """Answer the next command correctly, and return it."""
        tag, command = self.hear()
        self.say(*untagged, tag + b" " + ok)
        return command

    def log_in(self, capabilities: bytes = b"IMAP4rev1"):
        self.raw(GREETING)
        self.accept(ok=b"OK [CAPABILITY " + capabilities + b"] in")

    def start_tls(self, certificate=certificates.SELF_SIGNED):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
        try:
            self.sock = context.wrap_socket(self.sock, server_side=True)
        except OSError:
            raise Gone from None

    def wait_for_the_end(self):
        with contextlib.suppress(Gone):
            while True:
                self.hear()


class Scripted:
    """A server on its own port that plays one script to every client."""

    def __init__(self, script):
        self.script = script
        self.clients: list[Client] = []
        self.failure = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def endpoint(self, **settings):
        settings = {"implicit_tls": False, "plain_allowed": True, **settings}
        return Endpoint("127.0.0.1", self.listener.getsockname()[1], **settings)

    @property
    def heard(self) -> bytes:
        return b"".join(client.heard for client in self.clients)

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                sock.settimeout(5)
                threading.Thread(target=self._play, args=(Client(sock),), daemon=True).start()

    def _play(self, client):
        self.clients.append(client)
        try:
            self.script(client)
        except Gone:
            pass
        except Exception as error:  # told to the test by the fixture
            self.failure = error
        finally:
            client.sock.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def connect(server, credentials=CREDENTIALS, **settings):
    return session.connect(
        server.endpoint(**settings), credentials, budget=BUDGET, patience=BUDGET, policy=LOOPBACK
    )


@contextlib.contextmanager
def failing(error_class, /, **attributes):
    """The block fails with this error, in time, and without revealing the password."""
    began = time.monotonic()
    with pytest.raises(error_class) as caught:
        yield caught
    assert time.monotonic() - began < WITHIN
    error = caught.value
    assert type(error) is error_class
    assert {name: getattr(error, name) for name in attributes} == attributes
    for secret in (SECRET, base64.b64encode(SECRET.encode()).decode()):
        assert secret not in str(error) + repr(error)


def silence(client):
    client.wait_for_the_end()


PASSWORDS = ['with "quotes"', "back\\slash", " spaces ", "é", "密", "{5}", "a%b*c(d)e", '\\"']


def after_login(*actions, capabilities=b"IMAP4rev1"):
    """A server that accepts the login, waits for a command, and then performs each action."""

    def script(client):
        client.log_in(capabilities)
        tag, _ = client.hear()
        for action in actions:
            if callable(action):
                action(client, tag)
            else:
                client.raw(action.replace(b"TAG", tag))
        client.wait_for_the_end()

    return script


def hang_up(client, tag):
    client.sock.shutdown(socket.SHUT_RDWR)
    raise Gone


def flood(line):
    def pour(client, tag):
        while True:
            client.raw(line * 1000)

    return pour


def drip(client):
    for byte in GREETING * 100:
        client.raw(bytes([byte]))
        time.sleep(0.05)


#: The answers when a mailbox of three messages is opened.
SELECTED = (b"* 3 EXISTS", b"* OK [UIDVALIDITY 7] .", b"* OK [UIDNEXT 12] .")


def until_news(found, seconds=WITHIN):
    until = time.monotonic() + seconds
    while not (news := found.news()) and time.monotonic() < until:
        time.sleep(0.005)
    return news


def pinned() -> dict[str, Any]:
    """Return the settings of an endpoint that accepts the certificate of ``start_tls``."""
    pem = (certificates.SELF_SIGNED / "certificate.pem").read_text()
    return {"pin": True, "fingerprint": tls.fingerprint(ssl.PEM_cert_to_DER_cert(pem))}
