"""Memory of a watched mailbox: KB that the watcher grows for each.

The resident memory of a watcher with a few mailboxes, and with 200 more, each after its first
turn. The peer is a process that has as many IMAPClients in IDLE, and nothing else.
"""

from __future__ import annotations

import re
import ssl
from pathlib import Path

import imapclient

from .kit import figure, servers
from .kit.watched import Company, company
from .memory import in_child

FEW, MORE = 200, 200
KB = 1024


def main() -> None:
    """Measure the figure."""
    with company(FEW + MORE) as (watched, watcher):
        watched.watch(FEW)
        before = resident(watcher.pid)
        watched.watch(FEW + MORE)
        ours = resident(watcher.pid) - before
        figure.note(f"the watcher with {FEW} mailboxes: {before / KB / KB:.0f} MB")
        peer = in_child(grown_by_clients, *watched.people)
        still_watched(watched)
    figure.show("push_memory", ours / MORE / KB, peer / MORE / KB, "KB an account")


def resident(pid: int | str = "self") -> int:
    """Return the resident memory of a process in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)[1]) * KB


def grown_by_clients(*people: str) -> int:
    """Return the bytes by which IMAPClients in IDLE grow this process."""
    context = ssl.create_default_context(cafile=servers.CA)
    clients = [idling(person, context) for person in people[:FEW]]
    before = resident()
    clients += [idling(person, context) for person in people[FEW:]]
    return resident() - before


def idling(person: str, context: ssl.SSLContext) -> imapclient.IMAPClient:
    """Return a client in IDLE on a user's inbox."""
    host, port = servers.imaps()
    client = imapclient.IMAPClient(host, port, ssl_context=context)
    client.login(person, servers.PASSWORD)
    client.select_folder("INBOX", readonly=True)
    client.idle()
    return client


def still_watched(watched: Company) -> None:
    """Raise unless the measured situation was the intended one."""
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = ANY(%s::oid[])"
    if watched.sql(held, list(watched.accounts)) != [(FEW + MORE,)]:
        raise RuntimeError("Not all of the mailboxes are watched.")


if __name__ == "__main__":
    main()
