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
    sizes = {
        "CHUNK": CHUNK,
        "FIRST_BATCH": CHUNK,
        "BATCH": BATCH,
        "SLICE_MESSAGES": SLICE,
        "FIRST_SHARE": 1,
    }
    for name, size in sizes.items():
        monkeypatch.setattr(plan, name, size)


@pytest.fixture
def world():
    return World()
