"""Seconds from the delivery of a mail to its entry on the lead (95th percentile).

Delivered is what the server has accepted by LMTP, an entry there is what another transaction sees.
The mails go to several mailboxes in turn, all watched by one process. The peer is IMAPClient, one
in IDLE at each of the same mailboxes, and only notices: what the server itself takes to tell.
"""

from __future__ import annotations

import contextlib
import ssl
import statistics
import threading
import time

import imapclient

from .kit import figure, servers
from .kit.watched import Company, company, until

MAILS, PEOPLE = 80, 8


class Peer:
    """IMAPClient in IDLE on one mailbox. ``noticed`` is when it last learned of a new mail."""

    def __init__(self, person: str):
        host, port = servers.imaps()
        context = ssl.create_default_context(cafile=servers.CA)
        self.client = imapclient.IMAPClient(host, port, ssl_context=context)
        self.client.login(person, servers.PASSWORD)
        self.client.select_folder("INBOX", readonly=True)
        self.client.idle()
        self.noticed = 0.0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            told = self.client.idle_check()
            if any(len(one) > 1 and one[1] == b"EXISTS" for one in told):
                self.noticed = time.perf_counter()


def main() -> None:
    """Measure the figure."""
    with company(PEOPLE) as (watched, _):
        watched.watch(PEOPLE)
        peers = [Peer(person) for person in watched.people]
        rounds = [one_mail(watched, peers, number) for number in range(MAILS)]
    ours, peer = zip(*rounds, strict=True)
    figure.note(f"median: ours {statistics.median(ours):.3f} s, peer {statistics.median(peer):.3f}")
    figure.note(f"longest: ours {max(ours):.3f} s, peer {max(peer):.3f}")
    figure.show("push", p95(ours), p95(peer), "s (p95)")


def one_mail(watched: Company, peers: list[Peer], number: int) -> tuple[float, float]:
    """Return the seconds from a delivery to our entry, and to the peer's notice."""
    place = number % PEOPLE
    message_id = watched.deliver(number, watched.people[place])
    delivered = time.perf_counter()
    until(lambda: watched.is_recorded(message_id), "a mail is recorded", pause=0.003)
    recorded = time.perf_counter()
    until(lambda: peers[place].noticed > delivered, "a mail is noticed", pause=0.003)
    return recorded - delivered, peers[place].noticed - delivered


def p95(seconds: tuple[float, ...]) -> float:
    """Return the value that nineteen of twenty do not exceed."""
    return statistics.quantiles(seconds, n=20)[-1]


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
