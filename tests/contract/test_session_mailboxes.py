"""Which mailboxes exist and what is in them, filing, and the session's end: on both servers."""

from datetime import datetime, timedelta, timezone

import pytest

from engine.errors import ConnectionLost, InvalidSettings, MailboxMissing
from engine.values import MAX_UID, Snapshot

from .conftest import NOON, mail

# -- STATUS and EXAMINE ----------------------------------------------------------------------


def test_status_reports_new_mail(server):
    server.deliver("INBOX", mail())
    with server.connect() as session:
        before = session.status(["INBOX"])["INBOX"]
        server.deliver("INBOX", mail())
        after = session.status(["INBOX"])["INBOX"]
    assert after == Snapshot(before.uidvalidity, before.uidnext + 1)


def test_status_of_a_missing_mailbox_is_none_and_does_not_affect_others(server):
    server.create("Kept")
    with server.connect() as session:
        found = session.status(["Gone", "INBOX", "Gone too", "Kept"])
    assert list(found) == ["Gone", "INBOX", "Gone too", "Kept"]
    assert [bool(snapshot) for snapshot in found.values()] == [False, True, False, True]


def test_status_of_more_mailboxes_than_commands_in_flight(server):
    names = [f"Folder {number}" for number in range(70)]
    for name in names:
        server.create(name)
    server.deliver("Folder 69", mail())
    with server.connect() as session:
        found = session.status(names)
    assert [found[name].uidnext for name in names] == [1] * 69 + [2]


def test_status_of_no_mailboxes_sends_nothing(server):
    with server.connect() as session:
        assert session.status([]) == {}


def test_a_mailbox_is_examined(server):
    uid = server.deliver("INBOX", mail())
    with server.connect() as session:
        status, examined = session.status(["INBOX"])["INBOX"], session.examine("INBOX")
    assert examined == Snapshot(status.uidvalidity, uid + 1, exists=1)


def test_a_missing_mailbox_cannot_be_examined_and_the_session_continues(server):
    with server.connect() as session:
        with pytest.raises(MailboxMissing, match="Gone"):
            session.examine("Gone")
        assert session.examine("INBOX").exists == 0


def test_a_recreated_mailbox_has_a_new_uidvalidity(server):
    server.create("Box")
    with server.connect() as session:
        before = session.status(["Box"])["Box"]
        server.delete("Box")
        assert session.status(["Box"]) == {"Box": None}
        server.create("Box")
        assert session.status(["Box"])["Box"].uidvalidity != before.uidvalidity


def test_a_mailbox_that_was_renamed_is_found_under_its_new_name(server):
    uid = server.deliver("INBOX", mail())
    server.create("Old")
    server.deliver("Old", mail("moved along"))
    with server.connect() as session:
        server.rename("Old", "New")
        assert session.status(["Old"]) == {"Old": None}
        session.examine("New")
        assert session.search(1, MAX_UID) == [uid]


@pytest.mark.parametrize("name", ["Inbox", "inbox", "INBOX"])
def test_inbox_is_one_mailbox_however_it_is_written(server, name):
    server.deliver("INBOX", mail())
    with server.connect() as session:
        assert session.status([name])[name].uidnext == 2
        assert session.examine(name).exists == 1


# -- names -----------------------------------------------------------------------------------

NAMES = [
    "with space",
    'with "quotes"',
    "with \\ backslash",
    "R&D",
    "&",
    "a&b-c",
    "Gesendete Objekte",
    "Envoyés",
    "Odeslané",
    "Отправленные",
    "已发送",
    "mail 📧",
    "100%",
    "(in) {brackets}",
    "NIL",
    "0123",
    "INBOX/Sub",
    "Inbox copy",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_mailbox_of_any_name_is_listed_and_read(server, name):
    server.create(name)
    uid = server.deliver(name, mail("in there", Message_ID="<m@example.com>"))
    with server.connect() as session:
        assert [folder.name for folder in session.folders()].count(name) == 1
        assert session.status([name])[name].uidnext == uid + 1
        assert session.examine(name).exists == 1
        assert session.find(name, "Message-ID", "<m@example.com>") == [uid]
        session.append(name, mail(), NOON)
        assert session.examine(name).exists == 2


def test_inbox_is_listed_once(server):
    with server.connect() as session:
        assert [folder.name for folder in session.folders()].count("INBOX") == 1


def test_a_special_use_is_listed(server):
    server.create_sent()
    with server.connect() as session:
        uses = {folder.name: folder.attributes for folder in session.folders()}
    assert "\\sent" in uses["Sent"]
    assert "\\sent" not in uses["INBOX"]


@pytest.mark.parametrize("name", ["x\r\nA1 DELETE INBOX", "x\n", "x\0y", "\udcff"])
def test_a_name_with_a_line_break_is_refused_before_anything_is_sent(server, name):
    with server.connect() as session:
        for ask in (
            lambda: session.status([name]),
            lambda: session.examine(name),
            lambda: session.find(name, "Message-ID", "x"),
            lambda: session.find("INBOX", "Message-ID", name),
            lambda: session.append(name, mail(), NOON),
        ):
            with pytest.raises(InvalidSettings):
                ask()
        assert session.examine("INBOX").exists == 0


# -- APPEND and find -------------------------------------------------------------------------


def test_a_mail_is_filed_as_seen_and_found_again(server):
    server.create("Filed")
    when = datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone(timedelta(hours=2)))
    with server.connect() as session:
        session.append("Filed", mail("Mine", Message_ID="<mine@example.com>"), when)
        [uid] = session.find("Filed", "Message-ID", "<mine@example.com>")
        session.examine("Filed")
        [header] = session.headers([(uid, uid)])
        [(_, raw)] = session.bodies([uid])
    assert header.internaldate == when
    assert raw.endswith(b"Body\r\n") and b"\n" not in raw.replace(b"\r\n", b"")
    assert server.flags("Filed") == {uid: {"\\Seen"}}


def test_a_mail_without_a_last_line_end_is_filed_with_one(server):
    with server.connect() as session:
        session.append("INBOX", b"Subject: x\r\n\r\nno line end", NOON)
        session.examine("INBOX")
        [(_, raw)] = session.bodies([1])
    assert raw == b"Subject: x\r\n\r\nno line end\r\n"


def test_a_large_mail_is_filed(server):
    with server.connect() as session:
        session.append("INBOX", b"Subject: x\r\n\r\n" + b"0123456789\r\n" * 200_000, NOON)
        session.examine("INBOX")
        [header] = session.headers([(1, 1)])
    assert header.size == 14 + 12 * 200_000


def test_find_distinguishes_mails_and_accepts_quotes(server):
    server.deliver("INBOX", mail(Message_ID="<one@example.com>"))
    second = server.deliver("INBOX", mail(Message_ID='<"tw\\o"@example.com>'))
    third = server.deliver("INBOX", mail(X_Mail_Sync_ID="abc-3"))
    with server.connect() as session:
        assert session.find("INBOX", "Message-ID", '<"tw\\o"@example.com>') == [second]
        assert session.find("INBOX", "X-Mail-Sync-ID", "abc-3") == [third]
        assert session.find("INBOX", "Message-ID", "<three@example.com>") == []


def test_filing_in_a_mailbox_that_is_gone(server):
    with server.connect() as session:
        with pytest.raises(MailboxMissing):
            session.append("Gone", mail(), NOON)
        with pytest.raises(MailboxMissing):
            session.find("Gone", "Message-ID", "x")
        assert session.examine("INBOX").exists == 0


def test_a_mail_is_filed_into_the_mailbox_that_is_open(server):
    server.create_sent()
    with server.connect() as session:
        session.examine("Sent")
        session.append("Sent", mail(Message_ID="<m@example.com>"), NOON)
        assert session.find("Sent", "Message-ID", "<m@example.com>") == [1]


def test_a_mailbox_that_is_left_loses_nothing(server):
    uid = server.deliver("INBOX", mail(), flags=["\\Deleted"])
    with server.connect() as session:
        session.leave()
        session.examine("INBOX")
        session.leave()
        session.leave()
        session.examine("INBOX")
        assert session.search(1, MAX_UID) == [uid]


# -- the end ---------------------------------------------------------------------------------


def test_closing_twice_is_harmless_and_nothing_works_afterwards(server):
    session = server.connect()
    session.close()
    session.close()
    with pytest.raises(ConnectionLost):
        session.status(["INBOX"])


def test_a_session_ends_with_its_block_even_when_that_fails(server):
    with pytest.raises(ZeroDivisionError), server.connect() as session:
        session.examine("INBOX")
        1 / 0  # noqa: B018
    with pytest.raises(ConnectionLost):
        session.search(1, 2)
