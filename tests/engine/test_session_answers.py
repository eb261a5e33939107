"""What a server may answer to FETCH, LIST, STATUS and SEARCH, and how that is read."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient.datetime_util import parse_to_datetime

from engine.errors import ProtocolViolation
from engine.imap import answers, commands, internaldate, sequence
from engine.imap.dialogue import CODE_CAPABILITY
from engine.values import MAX_UID, Folder, Headers, Snapshot

from .pace import within

LATEST = datetime(2030, 1, 1, tzinfo=UTC)
WHEN = datetime(2024, 7, 17, 9, 44, 25, tzinfo=UTC)
RAW = b"From: a@example.com\r\n\r\n"
STAMP = b'INTERNALDATE "17-Jul-2024 02:44:25 -0700"'
SECTION = b"BODY[HEADER.FIELDS (FROM TO)] {%d}" % len(RAW)
WHOLE = (5, Headers(5, 100, WHEN, RAW))


def header(*response):
    return answers.header(list(response), LATEST)


@pytest.mark.parametrize("year", [b"26666666666666666666024", b"0000", b"99999"])
def test_an_impossible_date_costs_the_date_and_nothing_else(year):
    stamp = b'INTERNALDATE "17-Jul-%b 02:44:25 -0700"' % year
    start = b"* 1 FETCH (UID 5 RFC822.SIZE 100 " + stamp + b" " + SECTION
    assert header(start, RAW, b" )") == (5, Headers(5, 100, None, RAW))


@pytest.mark.parametrize(
    "response",
    [
        [b"* 1 FETCH (UID 5 RFC822.SIZE 100 " + STAMP + b" " + SECTION, RAW, b")"],
        [b"* 1 FETCH (" + STAMP + b" RFC822.SIZE 100 UID 5 " + SECTION, RAW, b")"],
        [b"* 1 fetch (uid 5 rfc822.size 100 " + STAMP + b" " + SECTION.lower(), RAW, b")"],
        [b"* 1 FETCH (" + SECTION, RAW, b" UID 5 RFC822.SIZE 100 " + STAMP + b")"],
        [b"* 1 FETCH (UID 5 " + SECTION, RAW, b" " + STAMP + b" RFC822.SIZE 100)"],
        [
            b"* 1 FETCH (FLAGS (\\Seen $X) UID 5 MODSEQ (77) RFC822.SIZE 100 "
            + STAMP
            + b" "
            + SECTION,
            RAW,
            b" FLAGS ())",
        ],
        # what the usual shape is not
        [b"* 1 FETCH (UID 5 RFC822.SIZE 100 " + STAMP + b" X-NEW (a b) " + SECTION, RAW, b")"],
        [
            b"* 1 FETCH (UID 5 RFC822.SIZE 100 "
            + STAMP
            + b" BODY[HEADER.FIELDS (FROM TO)] ~{%d}" % len(RAW),
            RAW,
            b")",
        ],
        [
            b"* 1 FETCH (UID 5 X-GM-LABELS ({3}",
            b"abc",
            b") RFC822.SIZE 100 " + STAMP + b" " + SECTION,
            RAW,
            b")",
        ],
        [b'* 1 FETCH (UID 5 RFC822.SIZE 100 %b BODY[HEADER.FIELDS ("FROM")] "%b")' % (STAMP, RAW)],
    ],
)
def test_a_header_in_any_order_and_shape(response):
    assert header(*response) == WHOLE


@pytest.mark.parametrize(
    "response",
    [
        [b"* 1 FETCH (UID 5 FLAGS (\\Seen))"],
        [b"* 1 FETCH (RFC822.SIZE 100 " + SECTION, RAW, b")"],
        [b"* 1 FETCH (UID 5 RFC822.SIZE 100 BODY[HEADER.FIELDS (FROM)] NIL)"],
        [b"* 1 FETCH (UID 5 BODY[] {2}", b"xx", b")"],
        [b"* 1 FETCH (UID five " + SECTION, RAW, b")"],
        [b"* 1 FETCH (UID 5 " + SECTION, RAW, b""],
        [b"* 1 FETCH (UID 5 BODY[HEADER.FIELDS (FROM)] (((((((((("],
        [b"* 1 FETCH (UID 5 BODY[HEADER.FIELDS (FROM)] " + b"(" * 5000],
        [b"* 1 FETCH NIL"],
        [b"* 23 EXISTS"],
        [b""],
    ],
)
def test_other_answers_are_not_headers(response):
    assert header(*response) is None


def test_missing_and_invalid_sizes_and_dates():
    _, found = header(b"* 1 FETCH (UID 5 RFC822.SIZE 0 " + SECTION, RAW, b")")
    assert (found.size, found.internaldate) == (None, None)


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=5))
def test_an_answer_never_raises(response):
    header(*response)
    header(b"* 1 FETCH (UID 5 BODY[HEADER.FIELDS (FROM)] " + response[0], *response[1:])
    answers.body(response)
    answers.status(response)
    answers.folder(response)


MILLION = 1_000_000


@pytest.mark.parametrize(
    "line",
    [
        b"* 1 FETCH (UID 5 BODY[HEADER.FIELDS (FROM)] " + b"(" * MILLION,
        b"* 1 FETCH (UID 5 BODY[] " + b"[" * MILLION,
        b"* 1 FETCH (" + b"UID 5 " * (MILLION // 6),
        b"* 1 FETCH (" + b"FLAGS (" * (MILLION // 7),
        b"* 1 FETCH (BODY[] " + b'INTERNALDATE "' * (MILLION // 14),
        b'* LIST () "/" ' + b" (" * (MILLION // 2),
        b'* LIST () "/" "' + b"\\" * MILLION,
        b'* LIST () "/" "x"' + b" ()" * (MILLION // 3) + b"\n",
        b"* LIST (" + b"\\x " * (MILLION // 3),
        b"* STATUS x" + b" (" * (MILLION // 2),
        b"* STATUS x" + b" ()  " * (MILLION // 5) + b"y",
        b"* STATUS x" + b" (UIDNEXT " * (MILLION // 10),
        b"* ESEARCH" + b" ALL " * (MILLION // 5),
        b"* SEARCH" + b" " * MILLION + b"x",
        b"* OK " + b"[CAPABILITY " * (MILLION // 12),
    ],
    ids=lambda line: line[:30].decode(),
)
def test_a_line_crafted_to_be_slow_is_parsed_quickly(line):
    with within(0.5):
        header(line)
        answers.body([line])
        answers.folder([line])
        answers.status([line])
        answers.examined([line])
        with suppress(ProtocolViolation):
            list(answers.found(line))
        CODE_CAPABILITY.match(line[5:])


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ([b"* 1 FETCH (UID 5 BODY[] {2}", b"xx", b")"], (5, b"xx")),
        ([b"* 1 FETCH (UID 5 BODY[]<0> {2}", b"xx", b")"], (5, b"xx")),
        ([b"* 1 FETCH (BODY[] {2}", b"xx", b" UID 5 FLAGS (\\Seen))"], (5, b"xx")),
        ([b'* 1 FETCH (UID 5 BODY[] "xx")'], (5, b"xx")),
        ([b"* 1 FETCH (UID 5 BODY[] ~{2}", b"\0x", b")"], (5, b"\0x")),
        ([b"* 1 FETCH (UID 5 BODY[] {0}", b"", b")"], (5, b"")),
        ([b"* 1 FETCH (UID 5 BODY[] NIL)"], None),
        ([b"* 1 FETCH (UID 5 BODY[] nil)"], None),
        ([b'* 1 FETCH (UID 5 BODY[] "nil")'], (5, b"nil")),
        ([b"* 1 FETCH (UID 5 BODY[TEXT] {2}", b"xx", b")"], None),
    ],
)
def test_a_body(response, expected):
    assert answers.body(response) == expected


# -- dates -----------------------------------------------------------------------------------


@given(
    st.datetimes(datetime(1980, 1, 2), datetime(2029, 12, 30)),
    st.integers(-14 * 60, 14 * 60),
)
def test_an_internaldate_is_read_as_imapclient_reads_it(when, east):
    sign, minutes = "-" if east < 0 else "+", abs(east)
    month = internaldate._MONTHS[when.month - 1]
    zone = f"{sign}{minutes // 60:02}{minutes % 60:02}"
    stamp = f"{when.day:2}-{month}-{when.year} {when:%H:%M:%S} {zone}".encode()
    assert internaldate.decode(stamp, LATEST) == parse_to_datetime(stamp, normalise=False)


@pytest.mark.parametrize(
    "stamp",
    [
        None,
        b"",
        b" 1-Jan-1970 00:00:00 +0000",
        b"01-Jan-0000 00:00:00 +0000",
        b"01-Jan-2099 00:00:00 +0000",
        b"31-Feb-2024 00:00:00 +0000",
        b"01-Foo-2024 00:00:00 +0000",
        b"01-Jan-2024 25:00:00 +0000",
        b"01-Jan-2024 00:00:00 +00xx",
        b"01-Jan-0001 00:00:00 +1400",
        b"Mon, 1 Jan 2024 00:00:00 +0000",
    ],
)
def test_an_implausible_date_is_ignored(stamp):
    assert internaldate.decode(stamp, LATEST) is None


def test_a_date_next_month_is_ignored():
    now = datetime.now(UTC)
    stamp = internaldate.encode(now + timedelta(days=30)).strip(b'"')
    assert internaldate.decode(stamp, internaldate.latest()) is None


@given(st.datetimes(datetime(1980, 1, 2), datetime(2029, 12, 30)), st.integers(-840, 840))
def test_a_date_that_is_sent_is_the_date_that_is_read(when, east):
    when = when.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=east)))
    assert internaldate.decode(internaldate.encode(when).strip(b'"'), LATEST) == when


# -- LIST and STATUS -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ([rb'* LIST (\Noselect) "/" "[Gmail]"'], Folder("[Gmail]", "/", frozenset({"\\noselect"}))),
        ([rb'* LIST () "." INBOX.Sent'], Folder("INBOX.Sent", ".")),
        ([rb"* list () nil inbox"], Folder("INBOX", "")),
        ([rb'* LIST () "\\" "a\"b\\c"'], Folder('a"b\\c', "\\")),
        ([rb'* LIST () "/" {7}', b'we{"ird', b""], Folder('we{"ird', "/")),
        ([rb'* LIST () "/" two words'], Folder("two words", "/")),
        ([rb'* LIST () "/" 0123'], Folder("0123", "/")),
        ([rb'* LIST () "/" "x" (CHILDINFO ("SUBSCRIBED"))'], Folder("x", "/")),
        ([b'* LIST () "/" "Envoy\xc3\xa9s"'], Folder("Envoyés", "/")),
        ([rb'* LIST () "/" "R&D"'], Folder("R&D", "/")),
        ([rb'* LIST () "/" "R&-D &U,BTFw-"'], Folder("R&D 台北", "/")),
        ([rb'* LIST () "/" "[Gmail]/Sent Mail"'], Folder("[Gmail]/Sent Mail", "/")),
        ([rb'* LIST () "/" INBOX (CHILDINFO ("SUBSCRIBED"))'], Folder("INBOX", "/")),
        # names that should have been quoted
        ([rb'* LIST () "/" a[b'], Folder("a[b", "/")),
        ([rb'* LIST () "/" 100%'], Folder("100%", "/")),
        ([rb'* LIST () "/" 100'], Folder("100", "/")),
        ([rb'* LIST () "/" say "hi"'], Folder('say "hi"', "/")),
        ([rb'* LIST () "/" NIL'], Folder("NIL", "/")),
        ([rb"* LIST nonsense"], None),
        ([rb'* LIST () "/"'], None),
    ],
)
def test_a_folder(response, expected):
    assert answers.folder(response) == expected


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1))
def test_a_name_is_requested_as_it_was_listed(name):
    sent = commands.mailbox(name)
    wired = [b'* LIST () "/" ' + sent]
    if isinstance(sent, commands.Literal):
        wired = [b'* LIST () "/" {%d}' % len(sent), bytes(sent), b""]
    expected = "INBOX" if name.upper() == "INBOX" and name.isascii() else name
    assert answers.folder(wired).name == expected


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ([b"* STATUS INBOX (UIDNEXT 7 UIDVALIDITY 8)"], ("INBOX", Snapshot(8, 7))),
        ([b'* STATUS "a (b" (UIDVALIDITY 8)'], ("a (b", Snapshot(8))),
        ([b'* status "Envoy&AOk-s" (uidnext 7 messages 3)'], ("Envoyés", Snapshot(None, 7))),
        ([b"* STATUS {3}", b"a b", b" (UIDNEXT 7)"], ("a b", Snapshot(None, 7))),
        ([b"* STATUS x (UIDNEXT 0 UIDVALIDITY 4294967296)"], ("x", Snapshot())),
        ([b"* STATUS 2024 (UIDNEXT 7)"], ("2024", Snapshot(None, 7))),
        ([b"* STATUS a b (UIDNEXT 7)"], ("a b", Snapshot(None, 7))),
        ([b"* STATUS x (UIDNEXT 7 X-NEW (1 2))"], ("x", Snapshot(None, 7))),
        ([b"* STATUS x (UIDNEXT seven)"], ("x", Snapshot())),
        ([b"* STATUS x"], None),
    ],
)
def test_a_status(response, expected):
    assert answers.status(response) == expected


# -- sets of UIDs ----------------------------------------------------------------------------

RANGES = st.lists(st.tuples(st.integers(-5, 60), st.integers(-5, 60)), max_size=8)


@given(RANGES)
def test_a_set_is_ascending_disjoint_and_without_uid_zero(ranges):
    wanted = sequence.wanted(ranges)
    assert all(1 <= lo <= hi for lo, hi in wanted)
    assert all(a[1] + 1 < b[0] for a, b in pairwise(wanted))
    asked = {uid for lo, hi in ranges for uid in range(max(lo, 1), hi + 1)}
    assert {uid for lo, hi in wanted for uid in range(lo, hi + 1)} == asked
    assert {uid for uid in range(-5, 70) if sequence.covers(wanted, uid)} == asked
    if wanted:
        assert list(sequence.decode(sequence.encode(wanted))) == sorted(asked)


@given(RANGES)
def test_the_halves_of_a_set_add_up_to_it(ranges):
    wanted = sequence.wanted(ranges)
    halves = sequence.halves(wanted)
    sizes = [sequence.size(half) for half in halves]
    assert len(halves) == (2 if sequence.size(wanted) > 1 else 0)
    if halves:
        assert abs(sizes[0] - sizes[1]) <= 1
        assert sequence.wanted([*halves[0], *halves[1]]) == wanted


def test_a_set_ends_at_the_highest_possible_uid():
    assert sequence.encode(sequence.wanted([(1, MAX_UID + 5)])) == b"1:4294967295"


def test_a_set_that_claims_too_much_is_refused():
    with pytest.raises(ProtocolViolation):
        list(sequence.decode(b"1:4294967295"))
    assert list(sequence.decode(b"9:7,x,,5")) == [7, 8, 9, 5]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"* SEARCH", []),
        (b"* SEARCH 2 5 7", [2, 5, 7]),
        (b"* SEARCH 2 5 (MODSEQ 9)", [2, 5]),
        (b'* ESEARCH (TAG "A1") UID ALL 2,5:7 MODSEQ 9', [2, 5, 6, 7]),
        (b'* ESEARCH (TAG "A1") UID', []),
        # what the usual shape is not
        (b"* search  7 ", [7]),
        (b"* ESEARCH (TAG A1) UID ALL 5", [5]),
        (b'* esearch (tag "A1") uid count 2 all 2,9 min 2', [2, 9]),
        (b"* ESEARCH UID ALL 4", [4]),
        (b'* ESEARCH (TAG "x ALL 8") UID COUNT 0', []),
        (b"* 5 EXISTS", []),
    ],
)
def test_what_a_search_found(line, expected):
    assert list(answers.found(line)) == expected


@pytest.mark.parametrize(
    "line",
    [
        b"* SEARCH none",
        b"* SEARCH 1 2 (MODSEQ",
        b"* SEARCH " + b"9" * 5000,
        b'* ESEARCH (TAG "A1") UID ALL (1 2',
        b'* ESEARCH (TAG "A1" UID ALL 1:9',
    ],
)
def test_an_unreadable_search_answer_is_not_treated_as_empty(line):
    with pytest.raises(ProtocolViolation):
        list(answers.found(line))
