"""The mails that CPython tests its own parser with: each is read, and comes out as text says.

They are read from the Python that is installed; none is kept here. Outcomes that matter are
written down below; of all the others it is checked that a body or a file comes out and no text is
lost that the standard library's parser finds.
"""

import importlib.util
import sysconfig
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from engine.mime.email import email
from engine.mime.envelope import envelope
from engine.mime.glance import glance
from engine.matching import everyone


def _folder() -> Path:
    found = importlib.util.find_spec("test.test_email")
    if found and found.submodule_search_locations:
        return Path(found.submodule_search_locations[0]) / "data"
    return Path(sysconfig.get_path("stdlib")) / "test" / "test_email" / "data"


MAILS = sorted(_folder().glob("msg_*.txt"))
