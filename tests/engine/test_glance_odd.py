"""Which headers a mail server may read otherwise than we do."""

import pytest

from engine.mime.glance import glance, is_plain

PLAIN = [
    "ann@example.com",
    "Ann@Example.COM",
    "<ann@example.com>",
    "Ann Park <ann@example.com>",
    "Ann M. Park <ann@example.com>",
    '"Park, Ann" <ann@example.com>',
    '"ann@example.com" <ann@example.com>',
    "=?utf-8?B?w4Vubg==?= <ann@example.com>",
    "Ann O'Neil <ann.oneil+crm@mail.example.com>",
    "o'neil@example.com",
    "Ann <ann@example.com>, bob@example.com,\r\n\t=?utf-8?q?Cas?= <cas@example.com>",
    "undisclosed-recipients:;",
]
ODD = [
    "Ann ann@example.com",
    "Ann <<ann@example.com>>",
    "Ann <ann@example.com",
    "Ann ann@example.com>",
    "<SMTP:ann@example.com>",
    "ann@example.com (Ann)",
    "friends: ann@example.com;",
    "ann@example.com; bob@example.com",
    "ann@example.com bob@example.com",
    "ann@example.com,",
    "ann@example.com <ann@example.com>",
    '"Ann \\"P\\"" <ann@example.com>',
    '"ann"@example.com',
    '"Ann <ann@example.com>',
    "ann@[192.0.2.1]",
    "ann..p@example.com",
    ".ann@example.com",
    "ann@example.com.",
    "ann @example.com",
    "<@relay.example:ann@example.com>",
    "ann@xn--mller-kva.example",
    "Ann <ann@m\N{LATIN SMALL LETTER U WITH DIAERESIS}ller.example>",
    "\N{LATIN CAPITAL LETTER A WITH RING ABOVE}nn <ann@example.com>",
    "Ann\0 <ann@example.com>",
]


@pytest.mark.parametrize("value", PLAIN)
def test_a_field_as_the_standard_has_it_is_plain(value):
    assert not glance(f"From: x@x.example\r\nTo: {value}\r\nSubject: @<\r\n".encode())[2]


@pytest.mark.parametrize("value", ODD)
def test_any_other_is_odd(value):
    assert glance(f"From: x@x.example\r\nTo: {value}\r\n".encode())[2]
    assert glance(f"From: {value}\r\nIn-Reply-To: 1 2 3\r\n".encode())[2]


def test_of_two_fields_of_a_name_a_server_may_know_one():
    assert glance(b"From: a@x.example\r\nfrom: b@x.example\r\n")[2]


def test_a_header_that_no_server_reads_to_its_end_is_odd():
    assert glance(b"To: " + b",\r\n ".join(b"%d@x.example" % n for n in range(2000)))[2]


def test_an_address_that_stands_in_no_plain_field():
    assert is_plain("ann+x@mail.example.com")
    for email in ("ann@xn--mller-kva.example", '"a b"@x.example', "j\xf6rg@x.example"):
        assert not is_plain(email)


def test_a_long_line_that_is_odd_at_its_end_costs_no_more():
    value = b",".join(b'"a" b <%d@x.example>' % n for n in range(700)) + b" <"
    assert glance(b"To: " + value)[2]
