"""Bytes of the same polls as in `poll`, in both directions, on a host without TLS.

So a proxy can count what is said, and our session's own count can be held against it.
"""

from __future__ import annotations

from . import poll
from .kit import figure


def main() -> None:
    """Measure the figure."""
    ours, peer, counted = poll.measure(tls=False)
    figure.note(f"our session's own count: {counted.bytes} bytes")
    figure.show("poll_bytes", ours.bytes, peer.bytes, "bytes")


if __name__ == "__main__":
    main()
