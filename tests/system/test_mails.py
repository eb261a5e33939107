"""Mails that were once recorded wrongly are right: Dovecot, a sync, the entry on the lead."""

from __future__ import annotations

import pytest

from dev import mails
from dev.paths import ROOT

FILES = mails.mails_of(str(ROOT / "tests" / "mails"))


@pytest.fixture(scope="module")
def desk(_quiet_company):
    """Return the mailbox that all of them come into, one after another."""
    return mails.Desk(_quiet_company.server)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_mail_comes_out_as_its_bytes_and_the_standard_say(desk, file):
    assert file.is_checked
    assert file.differences(*desk.receive(file)) == []


def test_all_of_them_are_there():
    assert len(FILES) >= 55
