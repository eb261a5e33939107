"""The header fields that decisions are made from: ids, dates, subjects, and our own stamp."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.mime.email import email
from engine.mime.envelope import envelope
from engine.mime.glance import glance
from engine.mime.limits import MAX_ID
from engine.values import Envelope


def field(name: str, value: str | bytes) -> Envelope:
    raw = value.encode() if isinstance(value, str) else value
    return envelope(name.encode() + b": " + raw + b"\r\n\r\n")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<1@x.example>", "1@x.example"),
        ("1@x.example", "1@x.example"),
        ("<1@x.example", "1@x.example"),
        ("<<1@x.example>>", "1@x.example"),
        ("\r\n <1@x.example>", "1@x.example"),
        ("<1234\r\n 5678@x.example>", "12345678@x.example"),
        ("< 1@x.example > (added by the relay)", "1@x.example"),
        ("<1@x.example> <2@x.example>", "1@x.example"),
        ("<Case.Matters@X.example>", "Case.Matters@X.example"),
        ("<no-at-sign>", "no-at-sign"),
        ("no-at-sign", "no-at-sign"),
        ("<>", ""),
        ("", ""),
    ],
)
def test_a_message_id_is_the_same_however_it_is_written(written, read):
    assert field("Message-ID", written).message_id == read


def test_without_message_id_there_is_none():
    assert envelope(b"From: a@x.example\n\n").message_id == ""


def test_all_who_stand_in_from_and_sender_are_senders_and_the_first_is_the_author():
    found = envelope(b"Sender: c@x.example\nFrom: a@x.example, B <b@x.example>\n\n")
    assert [one.email for one in found.senders] == ["a@x.example", "b@x.example", "c@x.example"]
    assert found.sender.email == "a@x.example"


def test_the_first_of_two_message_ids_counts():
    assert envelope(b"Message-ID: <1@x>\nMessage-Id: <2@x>\n\n").message_id == "1@x"


def test_an_id_that_no_index_holds_is_shortened_and_stays_one_of_a_kind():
    long, other = "a" * 5_000 + "1@x", "a" * 5_000 + "2@x"
    first = field("Message-ID", f"<{long}>").message_id
    assert len(first.encode()) <= MAX_ID
    assert first != field("Message-ID", f"<{other}>").message_id
    assert field("References", f"<{long}>").references == (first,)
    assert len(field("Message-ID", "<" + "ü" * 600 + "@x>").message_id.encode()) <= MAX_ID


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<1@x> <2@x>\r\n <3@x>", ("1@x", "2@x", "3@x")),
        ("<1@x><2@x>,<3@x>", ("1@x", "2@x", "3@x")),
        ("1@x 2@x", ("1@x", "2@x")),
        ("<1@x> <1@x>", ("1@x",)),
        ('Your message of "Tue, 3 Sep 2024" <1@x>', ("1@x",)),
        ("Your message of Tuesday, ann@x.example", ("ann@x.example",)),
        ("Your message of Tuesday", ()),
        ("<1\r\n\t2@x> <3@x", ("12@x",)),
    ],
)
def test_a_thread_is_followed_through_whatever_clients_write(written, read):
    assert field("References", written).references == read
    assert field("In-Reply-To", written).in_reply_to == read


def test_of_a_thread_of_thousands_its_beginning_and_its_end_are_kept():
    found = field("References", " ".join(f"<{n}@x>" for n in range(5_000))).references
    assert len(found) == 200
    assert (found[0], found[-1]) == ("0@x", "4999@x")


def utc(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Tue, 3 Sep 2024 10:11:12 +0200", utc(2024, 9, 3, 8, 11, 12)),
        ("Tue, 03 Sep 2024 10:11:12 +0200 (CEST)", utc(2024, 9, 3, 8, 11, 12)),
        ("3 Sep 2024 10:11 -0430", utc(2024, 9, 3, 14, 41)),
        ("Tue,3 September 2024 10:11:12 GMT", utc(2024, 9, 3, 10, 11, 12)),
        ("Tue, 3 Sep 2024\r\n 10:11:12 EST", utc(2024, 9, 3, 15, 11, 12)),
        ("Tue, 3-Sep-24 10:11:12 GMT+0200", utc(2024, 9, 3, 8, 11, 12)),
        ("3 Sep 99 10:11:12 +0000", utc(1999, 9, 3, 10, 11, 12)),
        ("3 Sep 124 10:11:12 +0000", utc(2024, 9, 3, 10, 11, 12)),
        ("Tue Sep  3 10:11:12 2024", utc(2024, 9, 3, 10, 11, 12)),
        ("Tue Sep  3 10:11:12 2024 +0200", utc(2024, 9, 3, 8, 11, 12)),
        ("2024-09-03T10:11:12+02:00", utc(2024, 9, 3, 8, 11, 12)),
        ("2024-09-03 10:11:12.345Z", utc(2024, 9, 3, 10, 11, 12)),
        ("Tue, 3 Sep 2024 10:11:60 +0000", utc(2024, 9, 3, 10, 11, 59)),
        ("Tue, 3 Sep 2024 12.05 am", utc(2024, 9, 3, 0, 5)),
        ("Tue, 3 Sep 2024 10:11:12", utc(2024, 9, 3, 10, 11, 12)),
        ("Tue, 3 Sep 2024 10:11:12 +9999", utc(2024, 9, 3, 10, 11, 12)),
        ("Tue, 3 Sep 2024 10:11:12 XYZ", utc(2024, 9, 3, 10, 11, 12)),
        ("=?utf-8?q?3_sept=2E_2024_10=3A11=3A12_+0200?=", utc(2024, 9, 3, 8, 11, 12)),
    ],
)
def test_a_date_is_read_in_utc(written, read):
    assert field("Date", written).date == read


@pytest.mark.parametrize(
    "written",
    [
        "", "yesterday", "Tue, 31 Feb 2024 10:11:12 +0000", "Tue, 3 Sep 2024", "3 Xyz 2024 10:00",
        "Tue, 3 Sep 2024 25:00:00 +0000", "Thu, 1 Jan 1601 00:00:00 +0000", "1 Jan 1969 10:00:00 Z",
        "1 Jan 2101 00:00:01 Z", "1 Jan 1970 00:30:00 +0100", "31 Dec 9999 23:59:59 -2400",
    ],
)  # fmt: skip
def test_an_absurd_date_is_none(written):
    assert field("Date", written).date is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Offer 17", "Offer 17"),
        ("Offer\r\n 17", "Offer 17"),
        ("=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße"),
        ("=?iso-8859-1?Q?Gr=FC=DFe?= aus =?utf-8?q?K=C3=B6ln?=", "Grüße aus Köln"),
        ("=?utf-8?q?one?=\r\n =?utf-8?q?_two?=", "one two"),
        ("=?utf-8?q?Gr=C3=\r\n BC=C3=9\r\n Fe?=", "Grüße"),  # folded in an escape
        ("=?utf-8?q?1 = 24?=", "1 = 24"),
        ("=?utf-8?b?w7zD?= =?utf-8?b?vA==?=", "üü"),  # split inside a character
        ("=?utf-8?b?R3LDvMOfZQ?=", "Grüße"),  # no padding
        ("=?utf-8?b?R3LDv?= =?utf-8?b?MOfZ?= =?utf-8?b?Q==?=", "Grüße"),  # split anywhere
        ("=?utf-8?b?R3?= =?utf-8?b?LDvMOfZQ==?= =?utf-8?q?!?=", "Grüße!"),
        ("=?utf-8?b?R3LDvA?= =?utf-8?b?w59l?= =?utf-8?b?IQ?=", "Grüße!"),  # each without padding
        ("=?utf-8?b?R3Lδ!DvMOfZQ==?=", "Grüße"),  # junk in it
        ("=?utf-8?q?How are you? Fine?=", "How are you? Fine"),
        ('=?utf-8"?q?Gr=C3=BC=C3=9Fe?=', "Grüße"),
        ("=?utf-8*de?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?no-such-charset?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?windows-1252?q?=80_100?=", "€ 100"),
        ("=?iso-8859-1?q?=80_100?=", "€ 100"),
        ("=?gb2312?b?1tDOxA==?=", "中文"),
        ("=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?ks_c_5601-1987?b?x9GxuQ==?=", "한국"),
        ("=?zlib?q?abc?=", "abc"),
        ("=?unicode_escape?q?=5Cud800?=", "\\ud800"),
        ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        ("=?utf-8?q?open", "open"),
        ("=?utf-8?q?a=00b?=", "ab"),
        ("tab\there", "tab here"),
    ],
)
def test_a_subject_is_readable_whatever_encoded_it(written, read):
    assert field("Subject", written).subject == read


def test_a_subject_in_raw_bytes_is_readable():
    assert field("Subject", "Grüße".encode()).subject == "Grüße"
    assert field("Subject", "Grüße".encode("latin-1")).subject == "Grüße"


@pytest.mark.parametrize(
    "written",
    [
        "\ufeffFrom: a@x.example\r\nSubject: Offer\r\n\r\nText",
        "Received: by x\r\n\ufeffFrom: a@x.example\r\n\ufeffSubject: Offer\r\n\r\nText",
        "From: a@x.example\rSubject: Offer\r\rText",
    ],
)
def test_a_byte_order_mark_or_a_bare_cr_loses_no_field(written):
    raw = written.encode()
    found = envelope(raw)
    assert (found.sender.email, found.subject) == ("a@x.example", "Offer")
    assert glance(raw) == (frozenset(["a@x.example"]), frozenset(), True)
    assert email(raw).text == "Text"


USUAL = (
    b"From: a@x.example\r\nTo: b@x.example\r\nSubject: Offer\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nText\r\nmore\r\n--b--\r\n"
)


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\n\r", b"\r\n\r", b"\r\r\n"])
def test_lines_that_end_otherwise_lose_no_field_and_no_text(end):
    raw = USUAL.replace(b"\r\n", end)
    found = envelope(raw)
    assert (found.sender.email, found.to[0].email) == ("a@x.example", "b@x.example")
    assert (found.subject, email(raw).text) == ("Offer", "Text\nmore")
    assert glance(raw)[0] == {"a@x.example", "b@x.example"}


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@x.example\rTo: b@x.example\r\nSubject: Offer\r\n\r\nText",
        b"From: a@x.example\r\nTo: b@x.example\rSubject: Offer\r\n\r\nText",
        b"From: a@x.example\rTo: b@x.example\rSubject: Offer\r\rText\r\nmore\r\n",
    ],
)
def test_a_field_behind_a_bare_cr_is_read(raw):
    found = envelope(raw)
    assert (found.sender.email, found.to[0].email) == ("a@x.example", "b@x.example")
    assert found.subject == "Offer"
    assert glance(raw)[0] == {"a@x.example", "b@x.example"}
    assert email(raw).text.startswith("Text")


def test_two_bare_crs_within_a_field_do_not_end_the_header():
    found = envelope(b"Subject: Offer\r\r 2026\r\nFrom: a@x.example\r\nTo: b@x.example\r\n\r\nText")
    assert (found.sender.email, found.to[0].email) == ("a@x.example", "b@x.example")


def test_two_bare_crs_behind_fields_that_end_in_one_end_the_header():
    """A server has put its own field before a mail whose lines end in CR."""
    raw = b"Received: from x\r\nFrom: a@x.example\rSubject: Offer\r\rHello words"
    assert (envelope(raw).sender.email, envelope(raw).subject) == ("a@x.example", "Offer")
    assert email(raw).text == "Hello words"


def test_a_bare_cr_before_a_word_and_a_colon_is_within_the_field():
    assert (
        envelope(b"Subject: Note\rRe: you\r\nFrom: a@x.example\r\n\r\n").subject == "Note Re: you"
    )


def test_a_bare_cr_in_the_text_ends_no_field():
    assert envelope(b"Subject: Offer\r\n\r\na\rTo: b@x.example\r\n").to == ()
    assert envelope(b"Subject: Offer\r17: x\r\n\r\n").subject == "Offer 17: x"


def test_of_two_fields_the_first_that_says_something_counts():
    twice = "Subject:\nSubject: Offer\nDate: \nDate: 3 Sep 2024 10:11:12 Z\nMessage-ID:\n <1@x>\n"
    found = envelope(twice.encode())
    assert (found.subject, found.date) == ("Offer", utc(2024, 9, 3, 10, 11, 12))
    assert found.message_id == "1@x"


def test_a_nul_separates_nothing():
    found = envelope(b"From: A\0nn <a@x.exa\0mple>\r\nSubject: Of\0fer\r\n\r\n")
    assert (found.sender.name, found.sender.email) == ("Ann", "a@x.example")
    assert found.subject == "Offer"


def test_our_own_stamp_is_found_where_a_provider_rewrote_the_message_id():
    raw = b"Message-ID: <theirs@provider>\r\nX-Mail-Sync-Id: <abc-123>\r\n\r\n"
    assert envelope(raw).stamp == "abc-123"


def test_what_stands_below_the_header_is_not_read():
    raw = b"From: a@x.example\r\n\r\nTo: victim@x.example\r\n"
    assert envelope(raw).to == ()
    assert envelope(b"\r\nTo: victim@x.example\r\n").to == ()


def test_a_junk_line_among_the_fields_loses_none_of_them():
    raw = b">From ann Tue\r\nFrom: a@x.example\r\njunk without colon\r\nTo: b@x.example\r\n\r\n"
    assert envelope(raw).sender.email == "a@x.example"
    assert [one.email for one in envelope(raw).to] == ["b@x.example"]


def strings(value) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for one in value for text in strings(one)]
    if hasattr(value, "__dataclass_fields__"):
        return [
            text for name in value.__dataclass_fields__ for text in strings(getattr(value, name))
        ]
    return []


_charsets = st.sampled_from(
    ["utf-7", "utf-8", "utf-16", "gb18030", "hz", "cp1252", "koi8-r", "idna", "x"]
)
_words = st.builds(
    lambda charset, text: b"=?%s?q?%s?=" % (charset.encode(), text),
    _charsets,
    st.binary(max_size=12),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=20) | _words, max_size=5).map(b" ".join))
def test_nothing_that_postgresql_refuses_comes_out(value):
    fields = (b"From", b"To", b"Subject", b"Date", b"Message-ID", b"References", b"X-Mail-Sync-Id")
    found = envelope(b"\n".join(name + b": " + value for name in fields))
    for text in strings(found):
        assert "\0" not in text
        text.encode()  # raises on a lone surrogate
