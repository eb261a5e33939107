"""Starts and stops the embedded SMTP submission server (`smtp_server`)."""

from __future__ import annotations

from .console import step
from .machine import Daemon, answers, known_ports, ports
from .paths import PYTHON, ROOT

DAEMON = Daemon("smtp")


def running() -> bool:
    """Return whether our SMTP server runs."""
    return DAEMON.pid is not None


def start() -> None:
    """Start the SMTP server, unless it is running."""
    if running():
        return
    with step("Starting the SMTP server"):
        chosen = ports("smtp", "smtp", "smtps")
        DAEMON.start(
            [PYTHON, "-W", "ignore", "-m", "dev.smtp_server", *chosen.values()],
            ready=lambda: all(answers("127.0.0.1", port) for port in chosen.values()),
            cwd=ROOT,
        )


def stop() -> bool:
    """Stop the SMTP server; return whether it was running."""
    return DAEMON.stop()


def listening() -> dict[str, int]:
    """Return the ports of the running server: `smtp` (STARTTLS) and `smtps`."""
    return known_ports("smtp")
