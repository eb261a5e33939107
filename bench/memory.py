"""How much memory a process grows while it syncs 50,000 headers and a message of 50 MB.

Growth of the peak of resident memory, each side in a child process that has read a small mailbox
before, so that what is loaded once is not counted. The message is a lead's, so that ours records
it, without what makes it large. The peer is IMAPClient, which fetches the same headers 500 at a
time and the message whole, and has Python's `email` read it.
"""

from __future__ import annotations

import email
import email.policy
import multiprocessing
import re
import ssl
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import imapclient

from .headers import CHUNK, ITEMS
from .kit import crm, figure, mails, servers

MAILS = 50_000
WARM = 1000
HUGE = 50 * 1024 * 1024
MB = 1024 * 1024


def main() -> None:
    """Measure the figure."""
    small = servers.filled(WARM)
    large = servers.filled_with(f"memory.{MAILS}.{HUGE}", MAILS + 1, mailbox)
    ours, peer = in_child(read_ours, small, large), in_child(read_peer, small, large)
    figure.show("memory", ours / MB, peer / MB, "MB")


def mailbox() -> Iterator[mails.Mail]:
    """Yield 50,000 short mails that concern no lead, then the large one, which does."""
    for mail in mails.mailbox(MAILS, leads=1, every=0):
        yield mails.Mail(mail.raw[:2000], mail.date, None)
    yield mails.huge(HUGE, lead=0)


def in_child(work: Callable[[str, str], int], *args: str) -> int:
    """Run a function in a new process and return its result."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    child = context.Process(target=_run, args=(sending, work, *args))
    child.start()
    sending.close()
    try:
        return receiving.recv()
    finally:
        child.join()


def _run(sending: Connection, work: Callable[..., int], *args: str) -> None:
    sending.send(work(*args))


def read_ours(small: str, large: str) -> int:
    """Return the bytes by which our sync of the large mailbox grows a process."""
    with crm.opened(small, leads=1) as world:
        world.sync()
        world.turn_to(large)
        growth = Growth()
        world.sync()
        grown = growth.bytes
        if (found := world.seen(), world.recorded()) != (MAILS + 1, 1):
            raise RuntimeError(f"(looked at, recorded): {found}")
        return grown


def read_peer(small: str, large: str) -> int:
    """Return the bytes by which IMAPClient and `email` grow a process."""
    _fetch(small)
    growth = Growth()
    _fetch(large)
    return growth.bytes


def _fetch(user: str) -> None:
    host, port = servers.imaps()
    context = ssl.create_default_context(cafile=servers.CA)
    with imapclient.IMAPClient(host, port, ssl_context=context) as client:
        client.login(user, servers.PASSWORD)
        client.select_folder("INBOX", readonly=True)
        uids = client.search()
        for start in range(0, len(uids), CHUNK):
            client.fetch(uids[start : start + CHUNK], ITEMS)
        message = client.fetch(uids[-1:], ["BODY.PEEK[]"])[uids[-1]][b"BODY[]"]
        parsed = email.message_from_bytes(message, policy=email.policy.SMTP)
        for part in parsed.walk():
            part.get_payload(decode=True)


class Growth:
    """The peak growth of this process's resident memory since this object was created."""

    def __init__(self) -> None:
        # Reset the peak (proc(5), clear_refs).
        Path("/proc/self/clear_refs").write_text("5")
        self.before = _status("VmRSS")

    @property
    def bytes(self) -> int:
        return _status("VmHWM") - self.before


def _status(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(found[1]) * 1024


if __name__ == "__main__":
    main()
