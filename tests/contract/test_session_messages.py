"""Searching and reading, by situation: the same in memory and on Dovecot."""

from datetime import UTC, date, datetime

import pytest

from engine.imap.commands import MAX_NAMED
from engine.values import MAX_UID

from .conftest import NOON, mail

# -- SEARCH ----------------------------------------------------------------------------------


def test_search_in_an_empty_mailbox(server):
    with server.connect() as session:
        session.examine("INBOX")
        assert session.search(1, MAX_UID) == []
        assert list(session.headers([(1, 500)])) == []
        assert list(session.bodies([1, 2, 3])) == []


def test_search_includes_both_ends(server):
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


def test_a_sender_is_found_but_not_an_address_in_the_text_or_subject(server):
    server.deliver("INBOX", mail("lea@client.example", References="<lea@client.example>"))
    with server.connect() as session:
        session.examine("INBOX")
        assert session.mentioning(1, MAX_UID, ["lea@client.example"]) == []
        assert session.mentioning(1, MAX_UID, ["a@example.com"]) == [1]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("From", '"Lea Park <lea@client.example>'),
        ("To", "ann@example.com; lea@client.example"),
        ("Cc", "Lea Park lea@client.example"),
    ],
)
def test_an_address_is_found_in_a_field_that_the_server_cannot_parse(server, field, value):
    uid = server.deliver("INBOX", mail(**{"To": "somebody@example.com", field: value}))
    with server.connect() as session:
        session.examine("INBOX")
        assert session.mentioning(1, MAX_UID, ["lea@client.example"]) == [uid]


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
def test_an_address_with_special_characters_is_harmless(server, email):
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


def test_headers_of_new_mails_tell_a_report_as_well(server):
    raw = (
        b"Return-Path: <>\nReceived: from nowhere\nFrom: a@example.com\n"
        b"Content-Type: multipart/report;\n\treport-type=delivery-status; boundary=b\n\n--b--\n"
    )
    uid = server.deliver("INBOX", raw)
    with server.connect() as session:
        session.examine("INBOX")
        [plain] = session.headers([(1, uid)])
        [traced] = session.headers([(1, uid)], traced=True)
    assert b"Return-Path" not in plain.raw and b"Content-Type" not in plain.raw
    assert b"Return-Path: <>\r\n" in traced.raw
    assert b"Content-Type: multipart/report;\r\n\treport-type=delivery-status" in traced.raw
    assert b"From: a@example.com" in traced.raw and b"Received" not in traced.raw


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


def test_no_ranges_send_no_command(server):
    server.deliver("INBOX", mail())
    with server.connect() as session:
        session.examine("INBOX")
        assert list(session.headers([])) == []
        assert list(session.bodies([])) == []


def test_a_date_of_1970_is_ignored(server):
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


def test_an_abandoned_read_does_not_affect_later_ones(server):
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


def test_concurrent_changes_do_not_disturb_reading(server):
    """Mail arrives, disappears or is flagged while the mailbox is open: unsolicited answers."""
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
