"""How many connections to one host are being made at once.

A server that restarts ends all of its connections in one moment. They come back a few at a time:
a host is no harder on us than we are on it, and one that stalls holds no more threads than that.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque

from .watch import Watch

#: Connections to one host that are being made at the same time.
AT_ONCE = 3


class Doors:
    """Watches that have no connection yet, in order of arrival, by host."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, deque[Watch]] = defaultdict(deque)
        self._inside: Counter[str] = Counter()

    def arrive(self, watch: Watch) -> list[Watch]:
        """Let a watch queue up; return those that may connect now."""
        self._queues[watch.host].append(watch)
        return self._admit(watch.host)

    def leave(self, watch: Watch) -> list[Watch]:
        """Take note that a watch has connected, or has not; return those whose turn it is then."""
        self._inside[watch.host] -= 1
        return self._admit(watch.host)

    def hosts(self) -> set[str]:
        """Return the hosts that are just being connected to."""
        return {host for host, count in self._inside.items() if count}

    def turn_away(self, host: str) -> list[Watch]:
        """Return those that queue up at a host, and let them queue no more."""
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
