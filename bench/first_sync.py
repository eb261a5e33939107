"""The first sync of 20,000 mails, one in twenty concerning a lead, against `mbsync`.

Ours goes from log-in to log-out: 1,000 mails stand on the timelines of their leads, the others
were looked through. The peer copies the mailbox into a fresh Maildir on the same disk, as it does
by itself. Both go over TLS. The development PostgreSQL does not wait for the disk and mbsync does,
for each mail: a note says what it takes without that, and into memory.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from dev import dovecot, machine
from dev.paths import STATE

from .kit import crm, figure, servers

MAILS, LEADS, EVERY = 20_000, 200, 20

MBSYNC = """\
FSync {fsync}

IMAPStore far
Host {host}
Port {port}
User {user}
Pass {password}
SSLType IMAPS
CertificateFile {certificate}

MaildirStore near
Path {folder}/
Inbox {folder}/inbox

Channel all
Far :far:
Near :near:
Patterns INBOX
Create Near
Sync Pull
SyncState *
"""


def main() -> None:
    """Measure the figure."""
    machine.need(["isync"], lambda: machine.find("mbsync"))
    user = servers.filled(MAILS, leads=LEADS, every=EVERY)
    with Copy(user, STATE) as copy, crm.opened(user, LEADS) as world:
        ours, peer = figure.seconds(
            world.sync, copy.make, before_ours=world.forget, before_peer=copy.remove
        )
        if (recorded := world.recorded()) != MAILS // EVERY or world.seen() != MAILS:
            raise RuntimeError(f"{recorded} mails of {world.seen()} were recorded.")
    figure.show("first_sync", ours, peer, "s")
    if in_memory := into_memory(user):
        figure.show("first_sync_memory", ours, in_memory, "s")


class Copy:
    """A copy of a user's inbox, made by mbsync in a folder below ``parent``."""

    def __init__(self, user: str, parent: Path, fsync: str = "yes"):
        self.folder = Path(tempfile.mkdtemp(dir=parent, prefix="bench."))
        self.maildir = self.folder / "mail"
        self.config = self.folder / "mbsyncrc"
        host, port = servers.imaps()
        self.config.write_text(
            MBSYNC.format(
                fsync=fsync,
                host=host,
                port=port,
                user=user,
                password=servers.PASSWORD,
                # The server's own name, so that mbsync has no reason to refuse it.
                certificate=dovecot.CERTIFICATES[host] / "certificate.pem",
                folder=self.maildir,
            )
        )

    def make(self) -> None:
        """Run mbsync, and check that it copied everything."""
        self.maildir.mkdir()
        subprocess.run(["mbsync", "-q", "-c", self.config, "all"], check=True)
        if (copied := sum(1 for _ in self.maildir.glob("inbox/*/*"))) != MAILS:
            raise RuntimeError(f"mbsync copied {copied} mails.")

    def remove(self) -> None:
        """Remove the copy."""
        shutil.rmtree(self.maildir, ignore_errors=True)

    def __enter__(self) -> Copy:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder)


def into_memory(user: str) -> float:
    """Return the seconds that the peer takes in memory; 0 if this machine has no folder there."""
    memory = Path("/dev/shm")
    if not memory.is_dir():
        return 0.0
    with Copy(user, memory, fsync="no") as copy:
        return min(figure.time_of(copy.make, copy.remove) for _ in range(figure.ROUNDS))


if __name__ == "__main__":
    main()
