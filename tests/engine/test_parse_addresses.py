"""Whose address stands in a header field, and whose only seems to."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.mime.envelope import envelope
from engine.mime.glance import glance
from engine.values import Address
from tests.engine.pace import within


def to(value: bytes | str) -> list[tuple[str, str]]:
    raw = value.encode() if isinstance(value, str) else value
    return [(one.name, one.email) for one in envelope(b"To: " + raw + b"\r\n\r\n").to]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ann@example.com", [("", "ann@example.com")]),
        ("Ann Lee <Ann@Example.COM>", [("Ann Lee", "ann@example.com")]),
        ('"Lee, Ann" <ann@example.com>', [("Lee, Ann", "ann@example.com")]),
        ('"Ann \\"Lee\\"" <ann@example.com>', [('Ann "Lee"', "ann@example.com")]),
        ("\"'Ann Lee'\" <ann@example.com>", [("Ann Lee", "ann@example.com")]),
        ("'ann@example.com'", [("", "ann@example.com")]),
        ("o'brien@example.com", [("", "o'brien@example.com")]),
        ("ann@example.com (Ann Lee)", [("Ann Lee", "ann@example.com")]),
        ("ann (her (only) box) @ example.com", [("her (only) box", "ann@example.com")]),
        ("ann@example.com, bob@example.com", [("", "ann@example.com"), ("", "bob@example.com")]),
        ("ann@example.com; bob@example.com", [("", "ann@example.com"), ("", "bob@example.com")]),
        ("ann@example.com bob@example.com", [("", "ann@example.com"), ("", "bob@example.com")]),
        ("<ann@example.com> <bob@example.com>", [("", "ann@example.com"), ("", "bob@example.com")]),
        ("Ann Lee ann@example.com", [("Ann Lee", "ann@example.com")]),
        ("<mailto:ann@example.com>", [("", "ann@example.com")]),
        ("<@relay.example,@other.example:ann@example.com>", [("", "ann@example.com")]),
        ("ann@example.com.", [("", "ann@example.com")]),
        ("Ann <ann . lee @ example . com>", [("Ann", "ann.lee@example.com")]),
        ("Ann <ann(home).lee @ (x) example.com(host)>", [("Ann", "ann.lee@example.com")]),
        ("ann@[192.0.2.1]", [("", "ann@[192.0.2.1]")]),
        ('"ann lee"@example.com', [("", '"ann lee"@example.com')]),
        ('"ann"@example.com', [("", "ann@example.com")]),
        ('Ann <"ann@example.com">', [("Ann", "ann@example.com")]),
        ('Ann <"a@b"@example.com>', [("Ann", '"a@b"@example.com')]),
        ("jürgen@bücher.example", [("", "jürgen@xn--bcher-kva.example")]),
        ("Ann <ann@example.com", [("Ann", "ann@example.com")]),
        ('"Ann <ann@example.com>', [("Ann", "ann@example.com")]),
        ("Re: Ann <ann@example.com>", [("Ann", "ann@example.com")]),
        ("Lee, Ann <ann@example.com>", [("Lee, Ann", "ann@example.com")]),
        (
            '"Ann (mailto:ann@x.example?a=b)" <ann@x.example>, "Lee, Bob" <bob@y.example>',
            [("Ann (mailto:ann@x.example)", "ann@x.example"), ("Lee, Bob", "bob@y.example")],
        ),
        ("Ann (was mailto:o@x.example?x=1) <ann@x.example>", [("Ann", "ann@x.example")]),
        (
            "Lee, Ann <ann@example.com>; Ray, Bob J. <bob@example.com>",
            [("Lee, Ann", "ann@example.com"), ("Ray, Bob J.", "bob@example.com")],
        ),
        ("Ann; Bob <bob@example.com>", [("Bob", "bob@example.com")]),
        ('"Ann", Bob <bob@example.com>', [("Bob", "bob@example.com")]),
        ("Ann, bob@example.com", [("", "bob@example.com")]),
        ("ann@example.com, Bob", [("", "ann@example.com")]),
        (
            "Ann <ann@example.com>\tBob <bob@example.com>",
            [("Ann", "ann@example.com"), ("Bob", "bob@example.com")],
        ),
        (
            "Ann <ann@example.com> (home), Bob <bob@example.com>",
            [("Ann", "ann@example.com"), ("Bob", "bob@example.com")],
        ),
        ("Ann &lt;ann@example.com&gt;", [("Ann", "ann@example.com")]),
        ("Ann <mailto:ann@example.com?subject=Hi>", [("Ann", "ann@example.com")]),
        (
            "=?utf-8?q?M=C3=BCller=2C_J=C3=BCrgen?= <j@x.example>",
            [("Müller, Jürgen", "j@x.example")],
        ),
        ("=?utf-8?q?Lee,_Ann?= <ann@example.com>", [("Lee, Ann", "ann@example.com")]),
        ('"=?utf-8?b?QW5uIExlZQ==?=" <ann@example.com>', [("Ann Lee", "ann@example.com")]),
    ],
)
def test_an_address_is_found_however_it_is_written(written, read):
    assert to(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Sales: ann@x.example, Bob <bob@x.example>;", ["ann@x.example", "bob@x.example"]),
        ("A: ann@x.example;, B: bob@x.example;, e@x", ["ann@x.example", "bob@x.example", "e@x"]),
        ("undisclosed-recipients:;", []),
        ("undisclosed-recipients: ;", []),
    ],
)  # fmt: skip
def test_a_group_is_its_members(written, read):
    assert [email for _, email in to(written)] == read


@pytest.mark.parametrize(
    "written",
    [
        '"lead@customer.example" <ann@example.com>',
        "lead@customer.example <ann@example.com>",
        "'lead@customer.example' via Web Form <ann@example.com>",
        "=?utf-8?q?lead=40customer=2Eexample?= <ann@example.com>",
        "=?utf-8?b?bGVhZEBjdXN0b21lci5leGFtcGxl?= <ann@example.com>",
        "=?utf-8?q?lead@customer.example?= <ann@example.com>",
        "(lead@customer.example) ann@example.com",
        "ann@example.com (lead@customer.example)",
        '"<lead@customer.example>" <ann@example.com>',
        '"Lead" <lead@customer.example>: Ann <ann@example.com>',
    ],
)
def test_an_address_in_a_display_name_is_no_correspondent(written):
    assert [email for _, email in to(written)] == ["ann@example.com"]


@pytest.mark.parametrize(
    "written",
    [
        "alice@example.org)bob@evil.example",  # CVE-2023-27043
        "alice@example.org]bob@evil.example",
        "a@b@c",
        "@example.com",
        "ann@",
        "<>",
        "<ann>",
        "ann@example.com <>",
        '"ann@example.com"',
        "=?utf-8?q?ann@example.com?=",
        "ann lee@" + "x" * 400,
        "<ann lee@example.com>",
    ],
)
def test_what_is_not_clearly_an_address_is_none(written):
    assert to(written) == []


def test_folded_fields_and_repeated_fields_are_all_read():
    raw = (
        b"To: Ann\r\n <ann@example.com>,\r\n\tbob@example.com\r\n"
        b"CC: cas@example.com\nTo : dan@example.com\nto:eve@example.com\n\n"
    )
    found = envelope(raw)
    assert [one.email for one in found.to] == [
        "ann@example.com", "bob@example.com", "dan@example.com", "eve@example.com",
    ]  # fmt: skip
    assert found.cc == (Address("", "cas@example.com"),)


def test_an_unfinished_quote_in_one_field_does_not_swallow_the_next():
    assert [one.email for one in envelope(b'To: "Ann\nTo: bob@x.example\n').to] == ["bob@x.example"]


def test_the_sender_is_the_first_of_from_else_of_sender():
    assert (
        envelope(b"From: a@x.example, b@x.example\nSender: c@x.example\n").sender.email
        == "a@x.example"
    )
    assert envelope(b"From: nobody\nSender: C <c@x.example>\n").sender == Address(
        "C", "c@x.example"
    )
    assert envelope(b"Subject: hi\n").sender == Address("", "")


def test_names_in_raw_eight_bit_are_read_as_utf8_or_as_windows_wrote_them():
    assert to("Jürgen <j@x.example>".encode()) == [("Jürgen", "j@x.example")]
    assert to("Jürgen <j@x.example>".encode("cp1252")) == [("Jürgen", "j@x.example")]
    assert to(b"J\x81rgen <j@x.example>") == [("J\ufffdrgen", "j@x.example")]


def test_a_name_has_no_line_break_hidden_in_an_encoded_word():
    assert to("=?utf-8?q?Ann=0D=0ABcc:_x?= <a@x.example>") == [("Ann Bcc: x", "a@x.example")]


def test_ten_thousand_addresses_cost_little_and_a_thousand_are_kept():
    raw = b"To: " + b", ".join(b"P %d <p%d@example.com>" % (n, n) for n in range(10_000)) + b"\n\n"
    assert [one.email for one in envelope(raw).to][:2] == ["p0@example.com", "p1@example.com"]
    assert len(envelope(raw).to) == 1_000
    assert len(glance(raw)[0]) == 1_000


@pytest.mark.parametrize(
    "value",
    [
        b'<"' + b"@" * 200_000 + b'"x>',
        b'<"' + b'@"' * 100_000,
        b"mailto:" * 30_000 + b"?@",
        b"mailto:a@" * 25_000 + b"?",
        b"Lee, " * 40_000 + b"<a@x.example>",
        b"<a@x.example> Lee " * 10_000,
    ],
    ids=range(6),
)
def test_an_address_of_signs_costs_little(value):
    with within(0.5):
        glance(b"From: " + value + b"\n")
        envelope(b"From: " + value + b"\n")


def test_quotes_within_angle_brackets_are_of_the_whole_address_or_none():
    assert to('<"ann@example.com">') == [("", "ann@example.com")]
    assert [email for _, email in to('<bob"ann@example.com">')] != ["bobann@example.com"]


def test_a_glance_sees_the_addresses_and_the_thread():
    raw = (
        b"From: =?utf-8?q?Ann?= <Ann@Example.com>\r\nTo: \"Bob, B.\" <bob@example.com>,\r\n"
        b" cas@example.com\r\nReply-To: dan@example.com\r\nBcc: eve@example.com\r\n"
        b"Subject: not@an.address\r\nMessage-ID: <nor@this>\r\nIn-Reply-To: <1.A@mail.example>\r\n"
        b"References: <0@mail.example>\r\n\r\n"
    )  # fmt: skip
    names = ("ann", "bob", "cas", "dan", "eve")
    assert glance(raw) == ({f"{n}@example.com" for n in names}, {"1.A@mail.example"}, False)


# --- what envelope finds, glance must have seen ------------------------------------------------

_names = st.sampled_from(
    [b"From", b"TO", b"cc", b"Bcc", b"Reply-To", b"Sender", b"In-Reply-To", b"X"]
)
_pieces = st.sampled_from(
    [
        b"ann", b"a.b", b"@", b"@x.example", b"bob@y.example", b"<bob@y.example>", b"<", b">", b",",
        b";", b":", b" ", b"\t", b"\r\n ", b"\n\t", b"(", b")", b"(c)", b"[", b"]", b"[1.2.3.4]",
        b"\\", b'"', b'"q q"', b"'", b".", b"=", b"=?", b"?=", b"=?utf-8?q?a@b.c?=", b"mailto:",
        b"\0", b"\x0b", b"\x1c", b"\x7f", b"\r", b"\xc3\xbc", b"\xa0", b"\xc2\xa0", b"\xff",
        b"\xe2\x80\xa8", b"\xc4\xb0", b"Team:", b"K", "\u212a".encode(), b"#!$%&*+-/^_`{|}~",
    ]
)  # fmt: skip
_values = st.lists(_pieces, max_size=14).map(b"".join) | st.binary(max_size=40)
_blocks = st.lists(st.tuples(_names, st.sampled_from([b":", b": ", b" :\t"]), _values), max_size=4)


def everything_of(raw: bytes) -> tuple[set[str], set[str]]:
    found = envelope(raw)
    everyone = (found.sender, *found.to, *found.cc, *found.bcc, *found.reply_to)
    return {one.email for one in everyone if one.email}, set(found.in_reply_to)


@settings(max_examples=250, deadline=None)
@example([(b"To", b": ", b"jo>hn@x.example")])
@example([(b"To", b": ", b"jo(c)hn@x.example")])
@example([(b"To", b": ", b"john@x.example.")])
@example([(b"To", b": ", b"john@\r\n x.example")])
@example([(b"To", b": ", b"<john@x (of) .example>")])
@example([(b"To", b": ", b"<john.(of) doe@x.example>")])
@example([(b"To", b": ", b"<john@x (of).example>")])
@example([(b"To", b": ", b"<john@x \0.example>")])
@example([(b"To", b": ", b"<john@x \x01.(c) example>")])
@example([(b"To", b": ", "\u212aann@x.example".encode())])
@example([(b"In-Reply-To", b": ", b"your mail of Tuesday <1@x> <2@y>")])
@given(_blocks)
def test_a_glance_never_misses_what_the_envelope_finds(fields):
    raw = b"\r\n".join(name + colon + value for name, colon, value in fields)
    emails, ids = everything_of(raw)
    seen = glance(raw)
    assert emails <= seen[0]
    assert ids <= seen[1]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_a_glance_never_misses_in_arbitrary_bytes(raw):
    emails, ids = everything_of(raw)
    assert emails <= glance(raw)[0]
    assert ids <= glance(raw)[1]
