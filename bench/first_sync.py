"""The first sync of a mailbox of 20,000, one mail in twenty a lead's, against `mbsync` of it.

Ours goes from log-in to log-out: 1,000 mails stand on the timelines of their leads, the others
were looked through. The peer copies the mailbox into a fresh Maildir, which is what it is for.
Both go over TLS, and neither waits for the disk (PostgreSQL's fsync is off, and so is mbsync's).
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from dev import dovecot, machine

from .kit import crm, figure, servers

MAILS, LEADS, EVERY = 20_000, 200, 20

MBSYNC = """\
FSync no

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
    """Take the figure."""
    machine.need(["isync"], lambda: machine.find("mbsync"))
    user = servers.filled(MAILS, leads=LEADS, every=EVERY)
    with tempfile.TemporaryDirectory() as folder, crm.opened(user, LEADS) as world:
        maildir = Path(folder) / "mail"

        def empty() -> None:
            shutil.rmtree(maildir, ignore_errors=True)
            maildir.mkdir()

        config = Path(folder) / "mbsyncrc"
        config.write_text(mbsync(user, maildir))
        ours, peer = figure.seconds(
            world.sync,
            lambda: subprocess.run(["mbsync", "-q", "-c", config, "all"], check=True),
            before_ours=world.forget,
            before_peer=empty,
        )
        if (recorded := world.recorded()) != MAILS // EVERY or world.seen() != MAILS:
            raise RuntimeError(f"{recorded} mails of {world.seen()} were recorded.")
        if (copied := sum(1 for _ in maildir.glob("inbox/*/*"))) != MAILS:
            raise RuntimeError(f"mbsync copied {copied} mails.")
    figure.show("first_sync", ours, peer, "s")


def mbsync(user: str, folder: Path) -> str:
    """Return the configuration of mbsync for a user's inbox."""
    host, port = servers.imaps()
    return MBSYNC.format(
        host=host,
        port=port,
        user=user,
        password=servers.PASSWORD,
        # The server's own: with it there is nothing that mbsync has to ask of its name.
        certificate=dovecot.CERTIFICATES[host] / "certificate.pem",
        folder=folder,
    )


if __name__ == "__main__":
    main()
