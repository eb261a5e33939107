"""The faults of the in-memory server: each applies where it is switched on, and nowhere else."""

import pytest

from engine.errors import ConnectionLost, MailboxMissing
from engine.memory.server import MemoryServer
from engine.values import MAX_UID, Snapshot

RAW = b"From: a@example.com\n\nBody\n"


@pytest.fixture
def server():
    made = MemoryServer()
    for _ in range(3):
        made.deliver("INBOX", RAW)
    return made


@pytest.fixture
def session(server):
    with server.connect() as opened:
        opened.examine("INBOX")
        yield opened
    assert server.open == 0


def uids(headers):
    return [header.uid for header in headers]


def test_a_uid_found_by_search_but_missing_from_fetch(server, session):
    server["INBOX"].hidden.add(2)
    assert session.search(1, MAX_UID) == [1, 2, 3]
    assert uids(list(session.headers([(1, 3)]))) == [1, 3]
    assert [uid for uid, _ in session.bodies([1, 2, 3])] == [1, 3]


def test_a_body_that_is_nil_and_a_size_of_zero(server, session):
    server["INBOX"].nil.add(1)
    server["INBOX"].sizeless.add(3)
    assert [header.size for header in session.headers([(1, 3)])] == [29, 29, None]
    assert [uid for uid, _ in session.bodies([1, 2, 3])] == [2, 3]


def test_a_message_that_ends_the_connection(server, session):
    server["INBOX"].poison[2] = ConnectionLost("BYE")
    bodies = session.bodies([1, 2, 3])
    assert next(bodies)[0] == 1
    with pytest.raises(ConnectionLost, match="BYE"):
        next(bodies)
    with pytest.raises(ConnectionLost):
        session.search(1, 2)


def test_numbers_that_the_server_does_not_report(server, session):
    server["INBOX"].mute |= {"uidvalidity", "uidnext"}
    assert session.status(["INBOX"]) == {"INBOX": Snapshot()}
    assert session.examine("INBOX") == Snapshot(exists=3)


def test_uids_begin_anew_under_another_uidvalidity(server, session):
    before = session.examine("INBOX")
    server["INBOX"].expunge(1)
    server["INBOX"].renumber()
    after = session.examine("INBOX")
    assert after.uidvalidity != before.uidvalidity
    assert (after.uidnext, after.exists, session.search(1, MAX_UID)) == (3, 2, [1, 2])


def test_a_uidnext_that_falls(server, session):
    server["INBOX"].expunge()
    server["INBOX"].skip_to(1)
    assert session.examine("INBOX").uidnext == 1
    assert server.deliver("INBOX", RAW) == 1


def test_a_phantom_is_listed_and_cannot_be_opened(server, session):
    server.create("Phantom").selectable = False
    assert "Phantom" in [folder.name for folder in session.folders()]
    assert session.status(["Phantom"]) == {"Phantom": None}
    with pytest.raises(MailboxMissing):
        session.examine("Phantom")


def test_the_connection_ends_after_so_many_commands(server, session):
    server.fail_after(2, ConnectionLost("gone"))
    session.search(1, 2)
    list(session.headers([(1, 2)]))
    with pytest.raises(ConnectionLost, match="gone"):
        session.search(1, 2)
    assert server.open == 0
    with server.connect() as another:
        assert another.examine("INBOX").exists == 3


def test_commands_are_counted(server, session):
    list(session.headers([(1, 2), (3, 3)]))
    assert server.commands == [("EXAMINE", "INBOX"), ("FETCH HEADER", (1, 2), (3, 3))]
