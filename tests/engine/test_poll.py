"""Whether an account has anything to read, found out in one round trip."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.memory.server import MemoryServer
from engine.sync.poll import unchanged
from engine.values import MailboxState

from .world import mail

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def server():
    made = MemoryServer()
    made.create("Sent", "\\Sent")
    made.deliver("INBOX", mail(), NOW)
    return made


@pytest.fixture
def covered(server):
    """Return what is saved after both mailboxes were read to the end."""
    told = server.connect().status(["INBOX", "Sent"])
    return {
        name: MailboxState(found.uidvalidity, 1, found.uidnext, 1) for name, found in told.items()
    }


def test_nothing_has_changed(server, covered):
    assert unchanged(server.connect(), covered)


@pytest.mark.parametrize("mailbox", ["INBOX", "Sent"])
def test_a_new_mail_in_any_of_the_mailboxes(server, covered, mailbox):
    server.deliver(mailbox, mail(), NOW)
    assert not unchanged(server.connect(), covered)


def test_a_mailbox_that_is_gone(server, covered):
    assert not unchanged(server.connect(), {**covered, "Gone": covered["Sent"]})


@pytest.mark.parametrize(
    "state",
    [
        MailboxState(),
        MailboxState(7, 5, 9, 1),  # its history is not read yet
        MailboxState(7, 1, 9, 1, at_once=1),  # the server drops connections over its messages
    ],
)
def test_a_mailbox_that_needs_a_whole_run_is_not_asked_for(server, covered, state):
    connection = server.connect()
    before = len(server.commands)
    assert not unchanged(connection, {**covered, "INBOX": state})
    assert len(server.commands) == before


def test_a_mailbox_with_another_numbering(server, covered):
    other = replace(covered["INBOX"], uidvalidity=covered["INBOX"].uidvalidity + 1)
    assert not unchanged(server.connect(), {**covered, "INBOX": other})
