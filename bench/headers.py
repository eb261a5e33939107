"""The time to look through 20,000 headers that concern no lead, against fetching them.

Ours goes from log-in to log-out: it fetches, asks the database about every address and id, and
commits how far it has come. The peer is IMAPClient, which fetches the same fields of the same
mails over TLS, 500 at a time, and does nothing with them.
"""

from __future__ import annotations

import ssl

import imapclient

from .kit import crm, figure, servers

MAILS = 20_000
#: Mails in each FETCH of the peer.
CHUNK = 500
ITEMS = [
    "RFC822.SIZE",
    "INTERNALDATE",
    "BODY.PEEK[HEADER.FIELDS (FROM TO CC BCC REPLY-TO SENDER MESSAGE-ID IN-REPLY-TO REFERENCES"
    " DATE SUBJECT X-MAIL-SYNC-ID AUTO-SUBMITTED)]",
]


def main() -> None:
    """Measure the figure."""
    user = servers.filled(MAILS)
    with crm.opened(user, 1) as world:
        ours, peer = figure.seconds(world.sync, lambda: fetch(user), before_ours=world.forget)
        if world.seen() != MAILS:
            raise RuntimeError(f"{world.seen()} of {MAILS} mails were looked at.")
    figure.show("headers", ours, peer, "s")


def fetch(user: str) -> None:
    """Fetch the headers of a user's inbox with IMAPClient."""
    host, port = servers.imaps()
    context = ssl.create_default_context(cafile=servers.CA)
    fetched = 0
    with imapclient.IMAPClient(host, port, ssl_context=context) as client:
        client.login(user, servers.PASSWORD)
        client.select_folder("INBOX", readonly=True)
        uids = client.search()
        for start in range(0, len(uids), CHUNK):
            fetched += len(client.fetch(uids[start : start + CHUNK], ITEMS))
    if fetched != MAILS:
        raise RuntimeError(f"IMAPClient fetched {fetched} of {MAILS} headers.")


if __name__ == "__main__":
    main()
