"""Seconds to find out that 1,000 mailboxes have nothing new, behind a round trip of 50 ms.

One worker, over TLS, a new connection each. The peer is the same worker with one place, which reads
one mailbox after another; it reads a part of them, and its time is multiplied.
"""

from __future__ import annotations

from .kit import figure, servers
from .kit.latency import away
from .kit.many import crowd_of

ACCOUNTS, ROUND_TRIP = 1000, 0.05
#: How many of them the peer reads.
PART = 50

ONE = {"FAST": 1, "SLOW": 0}


def main() -> None:
    """Measure the figure."""
    with away(*servers.imaps(), ROUND_TRIP) as port, crowd_of(ACCOUNTS, port=port) as many:
        part = many.accounts[:PART]
        ours, peer = figure.seconds(
            many.run,
            lambda: many.run(ONE),
            before_ours=lambda: many.due(many.accounts),
            before_peer=lambda: many.due(part),
        )
        if len(many.read_at(part)) != PART:
            raise RuntimeError("Not all mailboxes were read.")
    figure.show("poll_many", ours, peer * ACCOUNTS / PART, "s")


if __name__ == "__main__":
    main()
