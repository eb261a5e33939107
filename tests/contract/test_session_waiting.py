"""New mail that a session reports while it waits: the same in memory and on Dovecot."""

import time

import pytest

from engine.errors import MailboxMissing
from engine.values import MAX_UID, Snapshot

from .conftest import mail


def news_of(session, seconds=5):
    """Return whether there is news, as soon as there is."""
    until = time.monotonic() + seconds
    while not (found := session.news()) and time.monotonic() < until:
        time.sleep(0.01)
    return found


def test_a_mail_that_arrives_during_the_wait_is_news_once(server):
    with server.connect() as session:
        session.idle("INBOX")
        assert not session.news()
        server.deliver("INBOX", mail())
        assert news_of(session)
        assert not session.news()
        server.deliver("INBOX", mail())
        assert news_of(session)


def test_mail_from_before_the_wait_is_in_its_snapshot(server):
    uid = server.deliver("INBOX", mail())
    with server.connect() as session:
        status = session.status(["INBOX"])["INBOX"]
        assert session.idle("INBOX") == Snapshot(status.uidvalidity, uid + 1, exists=1)
        assert not session.news()


def test_a_deleted_or_flagged_mail_is_not_news(server):
    gone, marked = server.deliver("INBOX", mail()), server.deliver("INBOX", mail())
    with server.connect() as session:
        session.idle("INBOX")
        server.flag("INBOX", marked, b"\\Flagged")
        server.expunge("INBOX", gone)
        assert not news_of(session, seconds=1)
        server.deliver("INBOX", mail())
        assert news_of(session)


def test_after_the_wait_the_session_is_as_after_login(server):
    with server.connect() as session:
        for number in range(1, 4):
            session.idle("INBOX")
            uid = server.deliver("INBOX", mail(f"Mail {number}"))
            assert news_of(session)
            session.done()
            assert session.status(["INBOX"])["INBOX"].uidnext == uid + 1
            assert session.examine("INBOX").exists == number
            assert [each.uid for each in session.headers([(uid, uid)])] == [uid]


def test_the_wait_changes_no_flag_and_removes_nothing(server):
    deleted = server.deliver("INBOX", mail(), flags=["\\Deleted"])
    before = server.flags("INBOX")
    with server.connect() as session:
        session.idle("INBOX")
        session.done()
        session.examine("INBOX")
        assert session.search(1, MAX_UID) == [deleted]
    assert server.flags("INBOX") == before


def test_waiting_for_a_missing_mailbox_fails(server):
    with server.connect() as session:
        with pytest.raises(MailboxMissing):
            session.idle("Gone")
        assert session.idle("INBOX").exists == 0


def test_ending_a_wait_that_never_began_is_harmless(server):
    with server.connect() as session:
        session.done()


# -- several mailboxes -----------------------------------------------------------------------


def test_a_mail_that_another_program_files_in_sent_is_news_of_sent(server):
    server.create_sent()
    with server.connect() as session:
        watched = session.watch(["INBOX", "Sent"])
        assert watched.pushed == {"INBOX", "Sent"}
        assert not session.news()
        server.deliver("Sent", mail("from the phone"))
        assert news_of(session) == {"Sent"}
        server.deliver("INBOX", mail())
        assert news_of(session) == {"INBOX"}
        assert not session.news()


def test_mail_in_each_mailbox_before_the_wait_is_reported(server):
    server.create_sent()
    server.deliver("Sent", mail())
    with server.connect() as session:
        status = session.status(["INBOX", "Sent"])
        told = session.watch(["INBOX", "Sent", "Gone"]).told
    assert {name: each and each.uidnext for name, each in told.items()} == {
        "INBOX": 1,
        "Sent": 2,
        "Gone": None,
    }
    assert told["Sent"] == status["Sent"]


def test_a_mail_deleted_from_sent_is_not_news(server):
    server.create_sent()
    gone = server.deliver("Sent", mail())
    with server.connect() as session:
        session.watch(["INBOX", "Sent"])
        server.expunge("Sent", gone)
        assert not news_of(session, seconds=1)


def test_polling_continues_the_wait(server):
    with server.connect() as session:
        session.watch(["INBOX"])
        assert not session.look()
        server.deliver("INBOX", mail())
        assert news_of(session) == {"INBOX"}


def test_after_a_wait_for_several_mailboxes_the_session_is_as_after_login(server):
    server.create_sent()
    with server.connect() as session:
        for number in range(1, 4):
            session.watch(["INBOX", "Sent"])
            server.deliver("Sent", mail(f"Mail {number}"))
            assert news_of(session) == {"Sent"}
            session.done()
            server.deliver("Sent", mail())
            assert session.status(["Sent"])["Sent"].uidnext == 2 * number + 1
            assert session.examine("Sent").exists == 2 * number
