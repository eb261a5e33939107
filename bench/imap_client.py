"""Our wire and dialogue beside IMAPClient's: CPU, round trips, and memory under a hostile literal.

Both ask the same Dovecot for the same things, without TLS, which is OpenSSL's work for either:
log in, STATUS of two mailboxes, open the inbox, the headers of 10,000 mails, log out. The hostile
server announces a literal of 1 GB and sends 128 MB of it. These are the figures of
``docs/decisions/0001-imapclient.md``.
"""

from __future__ import annotations

import contextlib
import gc
import socket
import sys
import threading
import time
from collections.abc import Callable

import imapclient

from dev.paths import ROOT

from .headers import CHUNK, ITEMS
from .kit import figure, servers
from .kit.proxy import CountingProxy
from .memory import MB, Growth, in_child

# The engine alone, with no Odoo near: as the pure tests have it.
sys.path.insert(0, str(ROOT / "mail_sync_custom"))

from engine.errors import MailError
from engine.imap import session
from engine.net import policy
from engine.values import Credentials, Endpoint

MAILS = 10_000
ANNOUNCED = 1024 * MB
SENT = 128 * MB


def main() -> None:
    """Take the three figures."""
    user = servers.filled(MAILS)
    host, port = servers.plain()
    sides = (read_ours, read_peer)
    cpu = [min(cpu_of(side, user, host, port) for _ in range(figure.ROUNDS)) for side in sides]
    figure.show("imap_cpu", *cpu, "s")
    with CountingProxy(host, port) as proxy:
        trips = [trips_of(proxy, side, user, host) for side in sides]
    figure.show("imap_trips", *trips, "round trips")
    memory = [in_child(under_attack, side.__name__) / MB for side in sides]
    figure.show("imap_memory", *memory, "MB")


def cpu_of(side: Callable[[str, str, int], int], user: str, host: str, port: int) -> float:
    """Return the seconds of CPU that this process spends on the work."""
    gc.collect()
    began = time.process_time()
    if (found := side(user, host, port)) != MAILS:
        raise RuntimeError(f"{side.__name__}: {found} of {MAILS} headers came.")
    return time.process_time() - began


def trips_of(
    proxy: CountingProxy, side: Callable[[str, str, int], int], user: str, host: str
) -> int:
    """Return the round trips of the work, as a proxy in between counts them."""
    side(user, host, proxy.port)
    return proxy.take()[0]


def read_ours(user: str, host: str, port: int) -> int:
    """Do the work with our session; return how many headers came."""
    endpoint = Endpoint(host, port, implicit_tls=False, plain_allowed=True)
    loopback = policy.parse("127.0.0.0/8:*")
    with session.connect(endpoint, Credentials(user, servers.PASSWORD), policy=loopback) as found:
        found.status(["INBOX", "Sent"])
        told = found.examine("INBOX")
        return sum(1 for _ in found.headers([(1, (told.uidnext or 1) - 1)]))


def read_peer(user: str, host: str, port: int) -> int:
    """Do the work with IMAPClient; return how many headers came."""
    with imapclient.IMAPClient(host, port, ssl=False) as client:
        client.login(user, servers.PASSWORD)
        for name in ("INBOX", "Sent"):
            client.folder_status(name, ["UIDNEXT", "UIDVALIDITY"])
        client.select_folder("INBOX", readonly=True)
        uids = client.search()
        return sum(
            len(client.fetch(uids[start : start + CHUNK], ITEMS))
            for start in range(0, len(uids), CHUNK)
        )


def under_attack(side: str) -> int:
    """Return the bytes by which this process grows when a side is answered by the hostile server.

    Runs in a process of its own, which has done nothing yet.
    """
    host, port = hostile()
    growth = Growth()
    with contextlib.suppress(MailError, imapclient.IMAPClient.Error, OSError):
        {"read_ours": read_ours, "read_peer": read_peer}[side]("somebody", host, port)
    return growth.bytes


def hostile() -> tuple[str, int]:
    """Begin a server that answers every STATUS with a literal without end; return its address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        sock, _ = listener.accept()
        with sock, sock.makefile("rb") as lines, contextlib.suppress(OSError):
            sock.sendall(b"* OK [CAPABILITY IMAP4rev1] hello\r\n")
            for line in lines:
                tag, command, *_ = line.split()
                if command.upper() == b"STATUS":
                    sock.sendall(b"* STATUS {%d}\r\n" % ANNOUNCED)
                    for _ in range(SENT // MB):
                        sock.sendall(bytes(MB))
                    return
                sock.sendall(tag + b" OK done\r\n")

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[:2]


if __name__ == "__main__":
    main()
