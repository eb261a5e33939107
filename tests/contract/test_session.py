"""What a Session does, in situations: the same for the server in memory and for Dovecot."""

import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from engine.errors import ConnectionLost, InvalidSettings, MailboxMissing
from engine.imap.commands import MAX_NAMED
from engine.values import MAX_UID, Snapshot

from .conftest import NOON


def mail(subject="Hello", **fields):
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\n".join([*lines, "From: a@example.com", f"Subject: {subject}", "", "Body\n"]).encode()


# -- STATUS and EXAMINE ----------------------------------------------------------------------


def test_status_tells_of_new_mail(server):
    server.deliver("INBOX", mail())
    with server.connect() as session:
        before = session.status(["INBOX"])["INBOX"]
        server.deliver("INBOX", mail())
        after = session.status(["INBOX"])["INBOX"]
    assert after == Snapshot(before.uidvalidity, before.uidnext + 1)


def test_status_of_a_mailbox_that_is_gone_is_none_and_spoils_no_other(server):
    server.create("Kept")
    with server.connect() as session:
        found = session.status(["Gone", "INBOX", "Gone too", "Kept"])
    assert list(found) == ["Gone", "INBOX", "Gone too", "Kept"]
    assert [bool(snapshot) for snapshot in found.values()] == [False, True, False, True]


def test_status_of_more_mailboxes_than_are_on_their_way_at_once(server):
    names = [f"Folder {number}" for number in range(70)]
    for name in names:
        server.create(name)
    server.deliver("Folder 69", mail())
    with server.connect() as session:
        found = session.status(names)
    assert [found[name].uidnext for name in names] == [1] * 69 + [2]


def test_status_of_nothing_asks_nothing(server):
    with server.connect() as session:
        assert session.status([]) == {}


def test_a_mailbox_is_examined(server):
    uid = server.deliver("INBOX", mail())
    with server.connect() as session:
        status, examined = session.status(["INBOX"])["INBOX"], session.examine("INBOX")
    assert examined == Snapshot(status.uidvalidity, uid + 1, exists=1)


def test_a_mailbox_that_is_gone_cannot_be_examined_and_the_session_goes_on(server):
    with server.connect() as session:
        with pytest.raises(MailboxMissing, match="Gone"):
            session.examine("Gone")
        assert session.examine("INBOX").exists == 0


def test_a_mailbox_that_was_made_again_has_another_uidvalidity(server):
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


# -- SEARCH ----------------------------------------------------------------------------------


def test_search_in_an_empty_mailbox(server):
    with server.connect() as session:
        session.examine("INBOX")
        assert session.search(1, MAX_UID) == []
        assert list(session.headers([(1, 500)])) == []
        assert list(session.bodies([1, 2, 3])) == []


def test_search_has_two_ends_and_both_belong_to_it(server):
    uids = server.deliver_many("INBOX", [mail()] * 6)
    with server.connect() as session:
        session.examine("INBOX")
        assert session.search(uids[1], uids[3]) == uids[1:4]
        assert session.search(uids[2], uids[2]) == [uids[2]]
        assert session.search(0, uids[0]) == uids[:1]


@pytest.mark.parametrize(("lo", "hi"), [(100, MAX_UID), (5, 4), (0, 0), (-3, -1)])
def test_search_beyond_the_end_finds_nothing_and_not_the_last_message(server, lo, hi):
    """`n:*` and a descending set would (mscdex/node-imap#473)."""
    server.deliver_many("INBOX", [mail()] * 4)
    with server.connect() as session:
        session.examine("INBOX")
        assert session.search(lo, hi) == []
        assert list(session.headers([(lo, hi)])) == []


def test_search_since_a_day(server):
    days = [datetime(2024, 3, day, 12, tzinfo=UTC) for day in (1, 2, 3)]
    uids = [server.deliver("INBOX", mail(), when) for when in days]
    with server.connect() as session:
        session.examine("INBOX")
        assert session.search(1, MAX_UID, date(2024, 3, 2)) == uids[1:]
        assert session.search(1, uids[1], date(2024, 3, 2)) == [uids[1]]
        assert session.search(1, MAX_UID, date(2024, 3, 9)) == []


def test_a_gap_of_420000_uids_costs_nothing(server):
    first = server.deliver("INBOX", mail())
    server.skip_to("INBOX", 420_000)
    last = server.deliver("INBOX", mail())
    assert last >= 420_000
    with server.connect() as session:
        session.examine("INBOX")
        assert session.search(1, MAX_UID) == [first, last]
        assert [header.uid for header in session.headers([(1, last)])] == [first, last]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("To", "Lea <lea@client.example>"),
        ("Cc", "x@example.com, LEA@client.example"),
        ("Bcc", "lea@client.example"),
        ("Reply-To", '"Lea, the client" <lea@client.example>'),
    ],
)
def test_an_address_is_found_in_each_field_for_correspondents(server, field, value):
    server.deliver("INBOX", mail(To="somebody@example.com"))
    uid = server.deliver("INBOX", mail(**{field.replace("-", "_"): value}))
    with server.connect() as session:
        session.examine("INBOX")
        assert session.mentioning(1, MAX_UID, ["lea@client.example"]) == [uid]


def test_a_sender_is_found_and_whom_the_text_or_the_subject_names_is_not(server):
    server.deliver("INBOX", mail("lea@client.example", References="<lea@client.example>"))
    with server.connect() as session:
        session.examine("INBOX")
        assert session.mentioning(1, MAX_UID, ["lea@client.example"]) == []
        assert session.mentioning(1, MAX_UID, ["a@example.com"]) == [1]


def test_many_addresses_are_searched_for_within_a_range(server):
    uids = [server.deliver("INBOX", mail(To=f"lead{n}@client.example")) for n in range(30)]
    wanted = [f"lead{n}@client.example" for n in range(0, 30, 2)] + ["nobody@client.example"]
    with server.connect() as session:
        session.examine("INBOX")
        assert session.mentioning(uids[4], uids[20], wanted) == uids[4:21:2]
        assert session.mentioning(5, 4, wanted) == []


@pytest.mark.parametrize(
    "email", ['"a quote"@example.com', "back\\slash@example.com", "a*b@e.example"]
)
def test_an_address_with_signs_in_it_harms_nothing(server, email):
    server.deliver("INBOX", mail(To="somebody@example.com"))
    with server.connect() as session:
        session.examine("INBOX")
        assert session.mentioning(1, MAX_UID, [email]) == []
        assert session.search(1, MAX_UID) == [1]


# -- headers ---------------------------------------------------------------------------------


def test_headers_are_the_fields_asked_for_and_no_other(server):
    raw = (
        b"Received: from nowhere\nFrom: =?utf-8?q?J=C3=B6rg?= <j@example.com>\nTo: a@example.com,\n"
        b"\tb@example.com\nCc: c@example.com\nX-Secret: yes\nSubject: Long\n subject\n"
        b"Message-Id: <1@example.com>\nX-Mail-Sync-ID: 77\nAuto-Submitted: no\n\nFrom: not me\n"
    )
    uid = server.deliver("INBOX", raw)
    with server.connect() as session:
        session.examine("INBOX")
        [header] = session.headers([(1, uid)])
    assert header.uid == uid
    assert header.size == len(raw.replace(b"\n", b"\r\n"))
    assert header.internaldate == NOON
    lines = header.raw.split(b"\r\n")
    assert b"To: a@example.com," in lines and b"\tb@example.com" in lines
    assert b"X-Mail-Sync-ID: 77" in lines and b"Auto-Submitted: no" in lines
    assert b"Received" not in header.raw and b"X-Secret" not in header.raw
    assert b"not me" not in header.raw


def test_headers_of_a_mail_that_has_none_of_the_fields(server):
    server.deliver("INBOX", b"X-Other: 1\n\nBody\n")
    with server.connect() as session:
        session.examine("INBOX")
        [header] = session.headers([(1, 5)])
    assert header.raw.strip() == b""


def test_headers_come_ascending_whatever_the_order_of_the_ranges(server):
    uids = server.deliver_many("INBOX", [mail()] * 9)
    with server.connect() as session:
        session.examine("INBOX")
        found = list(session.headers([(7, 9), (4, 6), (1, 3)]))
        overlapping = list(session.headers([(2, 5), (4, 6)]))
    assert [header.uid for header in found] == uids
    assert [header.uid for header in overlapping] == [2, 3, 4, 5, 6]


def test_a_uid_that_does_not_exist_is_not_in_the_answer(server):
    uids = server.deliver_many("INBOX", [mail()] * 5)
    server.expunge("INBOX", uids[0], uids[2])
    with server.connect() as session:
        session.examine("INBOX")
        assert [header.uid for header in session.headers([(1, 99)])] == [2, 4, 5]
        assert [uid for uid, _ in session.bodies([1, 2, 3, 99])] == [2]


def test_nothing_is_asked_for_no_ranges(server):
    server.deliver("INBOX", mail())
    with server.connect() as session:
        session.examine("INBOX")
        assert list(session.headers([])) == []
        assert list(session.bodies([])) == []


def test_a_date_of_1970_is_no_date(server):
    server.deliver("INBOX", mail(), datetime(1970, 1, 1, tzinfo=UTC))
    server.deliver("INBOX", mail(), datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC))
    with server.connect() as session:
        session.examine("INBOX")
        dates = [header.internaldate for header in session.headers([(1, 9)])]
    assert dates == [None, datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)]


@pytest.mark.parametrize("count", [MAX_NAMED - 1, MAX_NAMED, MAX_NAMED + 1, 2 * MAX_NAMED])
def test_a_batch_of_exactly_this_size_is_complete(server, count):
    """freescout#4624"""
    uids = server.deliver_many("INBOX", [mail(f"Number {number}") for number in range(count)])
    with server.connect() as session:
        session.examine("INBOX")
        assert [header.uid for header in session.headers([(1, count)])] == uids
        # Every second one: nothing that a range could hide.
        assert [uid for uid, _ in session.bodies(uids[::2])] == uids[::2]
        assert [uid for uid, _ in session.bodies(uids)] == uids


# -- bodies ----------------------------------------------------------------------------------


def test_a_body_comes_byte_for_byte(server):
    every_byte = bytes(range(1, 256)).replace(b"\r", b"")
    raw = b"From: a@example.com\nSubject: \xff\xfe 8bit\n\n" + every_byte
    uid = server.deliver("INBOX", raw + b"\n")
    with server.connect() as session:
        session.examine("INBOX")
        assert list(session.bodies([uid])) == [(uid, raw.replace(b"\n", b"\r\n") + b"\r\n")]


def test_bodies_come_ascending_and_each_once(server):
    uids = server.deliver_many("INBOX", [mail(f"Number {number}") for number in range(4)])
    with server.connect() as session:
        session.examine("INBOX")
        found = list(session.bodies([uids[3], uids[0], uids[3], uids[1], 0, MAX_UID + 1]))
    assert [uid for uid, _ in found] == [uids[0], uids[1], uids[3]]
    assert b"Number 3" in found[2][1]


def test_the_first_bytes_of_a_large_body(server):
    uid = server.deliver("INBOX", mail() + b"x" * 200_000)
    small = server.deliver("INBOX", mail())
    with server.connect() as session:
        session.examine("INBOX")
        whole = dict(session.bodies([uid, small]))
        first = dict(session.bodies([uid, small], 1000))
    assert first == {uid: whole[uid][:1000], small: whole[small]}
    assert len(whole[uid]) > 200_000


def test_a_reader_that_goes_away_in_the_middle_does_not_harm_what_follows(server):
    uids = server.deliver_many("INBOX", [mail(f"Number {number}") for number in range(20)])
    with server.connect() as session:
        session.examine("INBOX")
        assert next(session.bodies(uids))[0] == uids[0]
        assert session.search(1, MAX_UID) == uids
        assert [header.uid for header in session.headers([(3, 5)])] == [3, 4, 5]
        assert [uid for uid, _ in session.bodies(uids[7:9])] == uids[7:9]


# -- flags -----------------------------------------------------------------------------------


def test_reading_changes_no_flag(server):
    flags = [(), ("\\Seen",), ("\\Flagged", "$Label1"), ("\\Seen", "\\Answered", "keyword")]
    for each in flags:
        server.deliver("INBOX", mail(), flags=each)
    before = server.flags("INBOX")
    with server.connect() as session:
        session.status(["INBOX"])
        session.examine("INBOX")
        session.search(1, MAX_UID, date(2020, 1, 1))
        assert len(list(session.headers([(1, 9)]))) == len(flags)
        assert len(list(session.bodies([1, 2, 3, 4]))) == len(flags)
        assert len(list(session.bodies([1, 2, 3, 4], 10))) == len(flags)
        session.find("INBOX", "Subject", "Hello")
    assert server.flags("INBOX") == before == dict(enumerate(map(frozenset, flags), 1))


def test_what_happens_beside_us_does_not_disturb(server):
    """Mail that comes, goes and is flagged while the mailbox is open: unsolicited answers."""
    uids = server.deliver_many("INBOX", [mail(f"Number {number}") for number in range(6)])
    with server.connect() as session:
        session.examine("INBOX")
        server.expunge("INBOX", uids[1])
        server.flag("INBOX", uids[2], "\\Flagged")
        new = server.deliver("INBOX", mail("New"))
        left = [uid for uid in [*uids, new] if uid != uids[1]]
        found = session.search(1, MAX_UID)
        assert set(left) <= set(found) | {new}
        headers = [header.uid for header in session.headers([(1, new)])]
        assert set(headers) <= {*uids, new} and len(headers) == len(set(headers))
        session.examine("INBOX")
        assert session.search(1, MAX_UID) == left
        assert [header.uid for header in session.headers([(1, new)])] == left


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


def test_find_tells_mails_apart_and_takes_quotes(server):
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


# -- the end ---------------------------------------------------------------------------------


def test_closing_twice_harms_nobody_and_nothing_works_afterwards(server):
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


# -- waiting for new mail --------------------------------------------------------------------


def news_of(session, seconds=5):
    """Return whether there is news, as soon as there is."""
    until = time.monotonic() + seconds
    while not (found := session.news()) and time.monotonic() < until:
        time.sleep(0.01)
    return found


def test_a_mail_that_comes_while_the_session_waits_is_news_once(server):
    with server.connect() as session:
        session.idle("INBOX")
        assert not session.news()
        server.deliver("INBOX", mail())
        assert news_of(session)
        assert not session.news()
        server.deliver("INBOX", mail())
        assert news_of(session)


def test_what_lay_there_before_the_wait_is_told_by_its_snapshot(server):
    uid = server.deliver("INBOX", mail())
    with server.connect() as session:
        status = session.status(["INBOX"])["INBOX"]
        assert session.idle("INBOX") == Snapshot(status.uidvalidity, uid + 1, exists=1)
        assert not session.news()


def test_a_mail_that_goes_or_is_marked_is_no_news(server):
    gone, marked = server.deliver("INBOX", mail()), server.deliver("INBOX", mail())
    with server.connect() as session:
        session.idle("INBOX")
        server.flag("INBOX", marked, b"\\Flagged")
        server.expunge("INBOX", gone)
        assert not news_of(session, seconds=1)
        server.deliver("INBOX", mail())
        assert news_of(session)


def test_after_the_wait_the_session_is_as_after_the_login(server):
    with server.connect() as session:
        for number in range(1, 4):
            session.idle("INBOX")
            uid = server.deliver("INBOX", mail(f"Mail {number}"))
            assert news_of(session)
            session.done()
            assert session.status(["INBOX"])["INBOX"].uidnext == uid + 1
            assert session.examine("INBOX").exists == number
            assert [each.uid for each in session.headers([(uid, uid)])] == [uid]


def test_the_wait_changes_no_flag_and_takes_out_nothing(server):
    deleted = server.deliver("INBOX", mail(), flags=["\\Deleted"])
    before = server.flags("INBOX")
    with server.connect() as session:
        session.idle("INBOX")
        session.done()
        session.examine("INBOX")
        assert session.search(1, MAX_UID) == [deleted]
    assert server.flags("INBOX") == before


def test_a_mailbox_that_is_gone_cannot_be_waited_at(server):
    with server.connect() as session:
        with pytest.raises(MailboxMissing):
            session.idle("Gone")
        assert session.idle("INBOX").exists == 0


def test_who_does_not_wait_has_nothing_to_end(server):
    with server.connect() as session:
        session.done()
        assert session.examine("INBOX").exists == 0
