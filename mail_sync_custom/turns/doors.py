"""Limits how many connections to one host are being made at once.

A restarting server drops all of its connections at the same moment. They are re-established a few
at a time, so that the host is not flooded, and one that stalls ties up no more threads than that.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque

from .watch import Watch

#: Connections to one host that are being made at the same time.
AT_ONCE = 3


class Doors:
    """Watches without a connection, in order of arrival, by host."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, deque[Watch]] = defaultdict(deque)
        self._inside: Counter[str] = Counter()

    def arrive(self, watch: Watch) -> list[Watch]:
        """Queue a watch; return those that may connect now."""
        self._queues[watch.host].append(watch)
        return self._admit(watch.host)

    def leave(self, watch: Watch) -> list[Watch]:
        """Record that a watch has connected, or failed to; return those whose turn it is now."""
        self._inside[watch.host] -= 1
        return self._admit(watch.host)

    def hosts(self) -> set[str]:
        """Return the hosts being connected to now."""
        return {host for host, count in self._inside.items() if count}

    def turn_away(self, host: str) -> list[Watch]:
        """Return the watches queued for a host, and remove them from the queue."""
        return list(self._queues.pop(host, ()))

    def _admit(self, host: str) -> list[Watch]:
        queue, admitted = self._queues[host], []
        while queue and self._inside[host] < AT_ONCE:
            watch = queue.popleft()
            if not watch.ended:
                self._inside[host] += 1
                admitted.append(watch)
        if not queue:
            del self._queues[host]
        return admitted
