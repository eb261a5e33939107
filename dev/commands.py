"""What each command does, inside the virtual environment."""

from __future__ import annotations

from . import machine, services


def run(command: str, *args: str) -> int:
    """Run a command; return the exit code."""
    return globals()[f"command_{command}"](*args)


def command_up() -> int:
    """Start what is not running."""
    with machine.alone():
        services.up()
    return 0 if services.status() else 1


def command_down() -> int:
    """Stop what is running."""
    with machine.alone():
        services.down()
    return 0


def command_status() -> int:
    """Say what is running."""
    return 0 if services.status() else 1
