"""`python3 -m dev demo`: the main job on sample mailboxes, then the web client on the result."""

from __future__ import annotations

from . import serve


def run() -> int:
    """Serve the demo database; return the exit code."""
    return serve.run()
