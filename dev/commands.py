"""What each command does, inside the virtual environment."""

from __future__ import annotations

from . import bench, demo, lint, machine, mails, readme, screenshots, serve, services, suites

COMMANDS = {
    "demo": demo.run,
    "test": suites.run,
    "bench": bench.run,
    "mails": mails.run,
    "serve": serve.run,
    "lint": lint.run,
    "screenshots": screenshots.run,
    "translations": lint.export_translations,
    "readme": readme.run,
}


def run(command: str, *args: str) -> int:
    """Run a command; return the exit code."""
    if command == "status":
        return 0 if services.status() else 1
    with machine.alone():
        if command == "down":
            services.down()
            return 0
        services.up()
    if command == "up":
        return 0 if services.status() else 1
    return COMMANDS[command](*args)
