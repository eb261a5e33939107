"""A separate company for each test, or one for a whole module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dev.watcher import Watcher

from .office import Office, office
from .pushing import switch


def named(request: pytest.FixtureRequest) -> str:
    return request.module.__name__.rpartition("test_")[2]


@pytest.fixture(scope="module")
def company(request: pytest.FixtureRequest) -> Iterator[Office]:
    """Return an office shared by all tests of a module, each with its own people."""
    with office(named(request)) as made:
        yield made


@pytest.fixture
def new_company(request: pytest.FixtureRequest) -> Iterator[Office]:
    """Return an office that no other test has used."""
    with office(named(request)) as made:
        yield made


@pytest.fixture(scope="module")
def _quiet_company(request: pytest.FixtureRequest) -> Iterator[Office]:
    with office(named(request), "--max-cron-threads=0") as made:
        yield made


@pytest.fixture
def quiet_company(_quiet_company: Office) -> Office:
    """Return an office for a module's tests, in which nothing runs automatically."""
    if not _quiet_company.server.is_running():
        _quiet_company.server.start()
    return _quiet_company


@pytest.fixture(scope="module")
def watched(company: Office) -> Iterator[Watcher]:
    """Return the watcher of a company that has enabled it."""
    switch(company, True)
    with Watcher(company.db) as watcher:
        yield watcher


@pytest.fixture
def watcher(watched: Watcher) -> Watcher:
    """Return the company's watcher, restarted if a test has ended it."""
    if not watched.is_running():
        watched.start()
    return watched
