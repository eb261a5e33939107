"""Mailboxes per second that two processes read, each with new mail of leads, against one process.

Both read the same accounts again from the beginning. A note says how much CPU was used and by
whom: with two cores for readers, PostgreSQL and Dovecot together, that is the limit.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from .kit import figure, servers
from .kit.mails import OWNER, Mail, mailbox
from .kit.many import Crowd, Worker, crowd_of

ACCOUNTS, MAILS, LEADS = 120, 20, 30


def main() -> None:
    """Measure the figure."""
    with crowd_of(ACCOUNTS, leads=LEADS) as many, ExitStack() as stack:
        for number, person in enumerate(many.people):
            servers.fill(person, inbox(number, person))
        workers = [stack.enter_context(Worker(many.world.db)) for _ in range(2)]
        ours, peer = figure.seconds(
            lambda: read(many, workers),
            lambda: read(many, workers[:1]),
            before_ours=lambda: forget(many),
            before_peer=lambda: forget(many),
        )
    figure.show("workers", ACCOUNTS / ours, ACCOUNTS / peer, "mailboxes/s")


def inbox(number: int, person: str) -> Iterator[Mail]:
    """Yield the mails of somebody's inbox, which nobody else has; each is from a lead."""
    for mail in mailbox(MAILS, leads=LEADS, every=1):
        head, _, rest = mail.raw.partition(b"\r\n")
        raw = head + b"\r\n" + rest.replace(b"Message-ID: <", f"Message-ID: <{number}.".encode(), 1)
        yield replace(mail, raw=raw.replace(OWNER.encode(), person.encode()))


def forget(many: Crowd) -> None:
    """Restore the state before the first sync of all accounts."""
    many.world.forget()
    many.sql("DELETE FROM mail_sync_message")
    many.sql(
        "UPDATE mail_sync_mailbox SET uidvalidity = -1, uid_low = 0, uid_high = 0, uid_floor = 0,"
        " odd_uids = NULL, seen_count = 0"
    )
    many.due(many.accounts)


def read(many: Crowd, workers: Sequence[Worker]) -> None:
    """Have these processes read everything; raises unless each mail is there once."""
    before, start = busy(), time.perf_counter()
    for worker in workers:
        worker.begin()
    own = [worker.ended() for worker in workers]
    took, cpu = time.perf_counter() - start, busy() - before
    figure.note(
        f"{len(workers)}: {took:.1f} s; CPU {cpu:.1f} s of {took * os.cpu_count():.1f}, readers "
        + " and ".join(f"{one:.1f}" for one in own)
    )
    mails = "FROM mail_message WHERE model = 'crm.lead' AND message_type = 'email'"
    recorded = many.sql(f"SELECT count(*), count(DISTINCT message_id) {mails}")
    if recorded != [(MAILS * ACCOUNTS, MAILS * ACCOUNTS)]:
        raise RuntimeError(f"Not each mail once: {recorded}")


def busy() -> float:
    """Return the seconds of CPU that this machine has used since it started."""
    user, nice, system, *_ = Path("/proc/stat").read_text().split()[1:]
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
