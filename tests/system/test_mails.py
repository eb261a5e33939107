"""Mails that were once recorded wrongly are right: Dovecot, a sync, the entry on the lead."""

from __future__ import annotations

import pytest

from dev import mails
from dev.paths import ROOT

pytestmark = pytest.mark.shared

FILES = mails.mails_of(str(ROOT / "tests" / "mails"))


@pytest.fixture(scope="module")
def received(_quiet_company) -> dict[str, mails.Received]:
    """Return what became of them in one mailbox, by name."""
    desk = mails.Desk(_quiet_company.server)
    return dict(zip([file.name for file in FILES], desk.receive(*FILES), strict=True))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_mail_comes_out_as_its_bytes_and_the_standard_say(received, file):
    assert file.is_checked
    assert file.differences(*received[file.name].entry()) == []


def test_all_of_them_are_there():
    assert len(FILES) >= 55
