"""A company of one's own for each test, or one for all of a module's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .office import Office, office


def named(request: pytest.FixtureRequest) -> str:
    return request.module.__name__.rpartition("test_")[2]


@pytest.fixture(scope="module")
def company(request: pytest.FixtureRequest) -> Iterator[Office]:
    """Return an office that all tests of a module are in, each with people of its own."""
    with office(named(request)) as made:
        yield made


@pytest.fixture
def new_company(request: pytest.FixtureRequest) -> Iterator[Office]:
    """Return an office that no other test has been in."""
    with office(named(request)) as made:
        yield made


@pytest.fixture
def quiet_company(request: pytest.FixtureRequest) -> Iterator[Office]:
    """Return an office that no other test has been in, in which nothing runs by itself."""
    with office(named(request), "--max-cron-threads=0") as made:
        yield made
