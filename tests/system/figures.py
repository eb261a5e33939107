"""Figures that tests measure, printed while they run."""

from __future__ import annotations

import pytest


def show(request: pytest.FixtureRequest, what: str, figure: str) -> None:
    """Print a figure now, among pytest's dots: the output of a passing test is not shown."""
    plugins = request.config.pluginmanager
    with plugins.get_plugin("capturemanager").global_and_fixture_disabled():
        terminal = plugins.get_plugin("terminalreporter")
        terminal.ensure_newline()
        terminal.write_line(f"{what}: {figure}")
