"""Round trips of a poll that finds nothing new, over a new TLS connection.

From the first packet to log-out, as a proxy in between sees it. The peer does what most programs
do with IMAPClient: log in, list the folders, open each that it reads, and ask for what came since.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass

import imapclient

from .kit import crm, figure, servers
from .kit.proxy import CountingProxy

MAILS = 1000


@dataclass(frozen=True)
class Poll:
    """What a poll cost: round trips, including TCP's, and bytes in both directions."""

    round_trips: int
    bytes: int


def main() -> None:
    """Measure the figure."""
    ours, peer, counted = measure(tls=True)
    figure.note(f"our session's own count: {counted.round_trips} round trips")
    figure.note(f"bytes, TLS and its certificates with them: ours {ours.bytes}, peer {peer.bytes}")
    figure.show("poll", ours.round_trips, peer.round_trips, "round trips")


def measure(tls: bool) -> tuple[Poll, Poll, Poll]:
    """Return our poll and the peer's as the proxy saw them, and ours as the session counted it.

    Of a few of each the least: what the server says unasked, as TLS's tickets, comes before the
    client goes on or after it, and then looks like an answer.
    """
    user = servers.filled(MAILS)
    host, port = servers.imaps() if tls else servers.plain()
    ours, peer = [], []
    with crm.opened(user, 1) as world, CountingProxy(host, port) as proxy:
        world.sync()
        for _ in range(figure.ROUNDS):
            with world.connect(host, proxy.port, tls=tls) as session:
                world.read(session)
            ours.append(Poll(*proxy.take()))
            naive(user, host, proxy.port, tls)
            peer.append(Poll(*proxy.take()))
        wire = session.wire
        counted = Poll(wire.round_trips, wire.bytes_in + wire.bytes_out)
        return least(ours), least(peer), counted


def least(polls: Sequence[Poll]) -> Poll:
    """Return the minimum of each count."""
    return Poll(min(p.round_trips for p in polls), min(p.bytes for p in polls))


def naive(user: str, host: str, port: int, tls: bool) -> None:
    """Poll with IMAPClient."""
    context = ssl.create_default_context(cafile=servers.CA)
    with imapclient.IMAPClient(host, port, ssl=tls, ssl_context=context if tls else None) as client:
        client.login(user, servers.PASSWORD)
        client.list_folders()
        for name in ("INBOX", "Sent"):
            last = client.select_folder(name, readonly=True)[b"UIDNEXT"] - 1
            # `n:*` is always answered with the last mail, even below n.
            if new := [uid for uid in client.search(["UID", f"{last + 1}:*"]) if uid > last]:
                raise RuntimeError(f"{new} came meanwhile.")


if __name__ == "__main__":
    main()
