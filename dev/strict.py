"""A pytest plugin (`-p dev.strict`) that fails the run if a test was skipped."""

from __future__ import annotations

import pytest


def skipped(terminal: pytest.TerminalReporter) -> int:
    """Return how many tests were skipped."""
    return len(terminal.stats.get("skipped", []))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail the run if anything was skipped."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == pytest.ExitCode.OK and skipped(terminal):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why."""
    count = skipped(terminalreporter)
    if count:
        terminalreporter.line(f"{count} skipped: here that is a failure.", red=True)
