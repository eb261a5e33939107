"""What the engine's tests share. A slow machine must not fail a property test."""

import pytest
from hypothesis import settings

from engine import plan
from tests.engine.world import BATCH, CHUNK, SLICE, World

settings.register_profile("engine", deadline=None)
settings.load_profile("engine")


@pytest.fixture
def small_batches(monkeypatch):
    """Make batches small, so that a few mails fill many."""
    _set_sizes(monkeypatch, CHUNK, BATCH, SLICE)


@pytest.fixture
def tiny_batches(monkeypatch):
    """Make them smaller still, and no mailbox so small that a search is not worth it."""
    _set_sizes(monkeypatch, 2, 4, 2)
    monkeypatch.setattr(plan, "FEW", 0)


def _set_sizes(monkeypatch, chunk: int, batch: int, slice_: int) -> None:
    sizes = {
        "CHUNK": chunk,
        "FIRST_BATCH": chunk,
        "BATCH": batch,
        "SLICE_MESSAGES": slice_,
        "FIRST_SHARE": 1,
    }
    for name, size in sizes.items():
        monkeypatch.setattr(plan, name, size)


@pytest.fixture
def world():
    return World()
