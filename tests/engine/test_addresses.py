"""When two addresses are one, and which addresses a field names."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.addresses import Rules, ascii_domain, key, keys, routable, shown


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@example.com", "Ann@EXAMPLE.com"),
        ("ann@example.com", " ann@example.com. "),
        ("ann@example.com", '"ann"@example.com'),
        ("ann@example.com", "'ann@example.com'"),
        ("ann@example.com", "ann@example.com\u200b"),
        ("ann@example.com", "\u202aann@example.com\u202c"),
        ("a..b@docomo.example", '"a..b"@docomo.example'),
        ('"Ann Lee"@example.com', '"ann lee"@EXAMPLE.com'),
        ("info@müller.example", "info@xn--mller-kva.example"),
        ("info@MÜLLER.example", "INFO@XN--MLLER-KVA.EXAMPLE"),
        ("info@mu\u0308ller.example", "info@müller.example"),
        ("info@例え。テスト", "info@xn--r8jz45g.xn--zckzah"),
        ("info@straße.example", "info@xn--strae-oqa.example"),
        ("info@i\u2764\ufe0f.example", "info@xn--i-7iq.example"),
        ("Jörg@example.com", "jörg@example.com"),
        ("jo\u0308rg@example.com", "j\N{LATIN SMALL LETTER O WITH DIAERESIS}rg@example.com"),
        ("ΝΊΚΟΣ@example.com", "νίκος@example.com"),
        ("info@ΝΊΚΟΣ.example", "info@νίκοσ.example"),
        ("İnan@example.com", "i\u0307nan@example.com"),
        ("\uff41\uff4e\uff4e@example.com", "ann@example.com"),
        ("ann@\uff45xample.com", "ann@example.com"),
        ("ann@[IPv6:2001:DB8::1]", "ann@[ipv6:2001:db8::1]"),
    ],
)
def test_two_ways_to_write_one_address(one, other):
    if ":" in one:  # a literal is for headers; a colon parts what people type
        one, other = one.replace(":", "_"), other.replace(":", "_")
    assert key(one) == key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@example.com", "anne@example.com"),
        ("ann+shop@example.com", "ann@example.com"),
        ("a.nn@gmail.com", "ann@gmail.com"),
        ("ann@googlemail.com", "ann@gmail.com"),
        ("info@straße.example", "info@strasse.example"),
        ("straße@example.com", "strasse@example.com"),
        ('"ann lee"@example.com', "annlee@example.com"),
        ("jörg@example.com", "jorg@example.com"),
    ],
)
def test_two_addresses_that_are_not_one(one, other):
    assert key(one) != key(other)


@pytest.mark.parametrize(
    "text",
    ["", "ann", "@example.com", "ann@", "a b@example.com", "ann@ex ample.com", "a@b@c.example",
     "=?utf-8?q?ann=40example=2Ecom?=", "x" * 400 + "@example.com", "<ann@example.com>"],
)  # fmt: skip
def test_text_that_is_not_an_address_has_no_key(text):
    assert key(text) == ""


@pytest.mark.parametrize(
    ("rules", "address", "same"),
    [
        (Rules(plus_tags=True), "Ann+Shop@example.com", "ann@example.com"),
        (Rules(plus_tags=True), "ann+a+b@example.com", "ann@example.com"),
        (Rules(plus_tags=True), "+ann@example.com", "+ann@example.com"),
        (Rules(plus_tags=True), '"a +b"@example.com', '"a +b"@example.com'),
        (Rules(plus_tags=True), "a.nn@gmail.com", "a.nn@gmail.com"),
        (Rules(gmail_dots=True), "a.n.n@gmail.com", "ann@gmail.com"),
        (Rules(gmail_dots=True), "a.nn@GoogleMail.com", "ann@gmail.com"),
        (Rules(gmail_dots=True), "a.nn@example.com", "a.nn@example.com"),
        (Rules(gmail_dots=True), "ann+shop@gmail.com", "ann+shop@gmail.com"),
        (Rules(plus_tags=True, gmail_dots=True), "a.nn+x@googlemail.com", "ann@gmail.com"),
    ],
)
def test_what_a_company_may_take_for_the_same(rules, address, same):
    assert key(address, rules) == same


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ann@example.com", ["ann@example.com"]),
        ("ann@x.example, ben@y.example", ["ann@x.example", "ben@y.example"]),
        ("ann@x.example; ben@y.example", ["ann@x.example", "ben@y.example"]),
        ("ann@x.example ben@y.example", ["ann@x.example", "ben@y.example"]),
        ("ann@x.example\nben@y.example", ["ann@x.example", "ben@y.example"]),
        ("ann@x.example / ben@y.example", ["ann@x.example", "ben@y.example"]),
        ("ann@x.example/ben@y.example", ["ann@x.example", "ben@y.example"]),
        ("ann@x.example|ben@y.example", ["ann@x.example", "ben@y.example"]),
        ("ann@x.example & ben@y.example", ["ann@x.example", "ben@y.example"]),
        ("ann@x.example or ben@y.example", ["ann@x.example", "ben@y.example"]),
        ("a/b@x.example", ["a/b@x.example"]),
        ('Ann <ann@x.example>, "Lee, Ben" <ben@y.example>', ["ann@x.example", "ben@y.example"]),
        ('"ann@old.example" <ann@x.example>', ["ann@x.example"]),
        ("work: ann@x.example private: ann@y.example", ["ann@x.example", "ann@y.example"]),
        ("mailto:ann@x.example", ["ann@x.example"]),
        ("<mailto:ann@x.example>", ["ann@x.example"]),
        ("ann@x.example (office)", ["ann@x.example"]),
        ("Ann Lee (ann@x.example)", ["ann@x.example"]),
        ("Ann Lee [mailto:ann@x.example]", ["ann@x.example"]),
        ('"ann@x.example"', ["ann@x.example"]),
        ("„ann@x.example“", ["ann@x.example"]),
        ("[ann@x.example](mailto:ann@x.example)", ["ann@x.example"]),
        ("<mailto:ann@x.example|ann@x.example>", ["ann@x.example"]),
        ('<a href="mailto:ann@x.example">ann@x.example</a>', ["ann@x.example"]),
        ("mailto:ann@x.example?subject=Hi", ["ann@x.example"]),
        ("ann@x.example – ben@y.example", ["ann@x.example", "ben@y.example"]),
        ("ann@x.example—ben@y.example", ["ann@x.example", "ben@y.example"]),
        ("a?b@x.example", ["a?b@x.example"]),
        ("ann@x.example, ANN@X.example", ["ann@x.example"]),
        ("ann\uff20x.example\uff1bben@y.example", ["ann@x.example", "ben@y.example"]),
        ("info@müller.example, x", ["info@xn--mller-kva.example"]),
        ("not yet known", []),
        ("", []),
        ("call @ home", ["call@home"]),
    ],
)
def test_all_addresses_of_a_field_are_found(text, found):
    assert list(keys(text)) == found


def test_a_field_is_read_by_the_companys_rules():
    assert keys("ann+1@x.example, ann+2@x.example", Rules(plus_tags=True)) == ("ann@x.example",)


def test_a_mail_leaves_for_an_ascii_domain_and_the_local_part_as_written():
    assert routable("Ann.Lee@Müller.example") == "Ann.Lee@xn--mller-kva.example"
    assert routable("Ann@Example.com") == "Ann@Example.com"


@pytest.mark.parametrize(
    ("address", "read"),
    [
        ("info@xn--mller-kva.example", "info@müller.example"),
        ("ann@example.com", "ann@example.com"),
        ("ann@xn--.example", "ann@xn--.example"),
        ("ann@xn--abc\x00.example", "ann@xn--abc\x00.example"),
        ("ann@xn--ls8h.example", "ann@\N{PILE OF POO}.example"),
        ("ann@xn--exampl-x2a-.example", "ann@xn--exampl-x2a-.example"),
    ],
)
def test_people_read_the_domain_in_its_own_letters(address, read):
    assert shown(address) == read


_parts = st.text(max_size=12) | st.sampled_from(
    ["Jörg", "ﬁ", "ẞ", "İ", "a.b", '"x"', "xn--mller-kva"]
)
_addresses = st.builds("{}@{}.{}".format, _parts, _parts, st.sampled_from(["com", "例え", "Ü"]))


@given(_addresses)
def test_a_key_is_its_own_key_and_found_in_any_field(address):
    found = key(address)
    if found:
        assert key(found) == found
        if not set("/|&–—、，；：＠„“”‟«»‹›") & set(found):  # which people put around addresses
            assert keys(f"x, <{found}>") == (found,)
        assert ascii_domain(found.rpartition("@")[2]).isascii()
        assert key(shown(found)) == found
        assert key(routable(address.strip())) == found
        assert unicodedata.is_normalized("NFC", found)


@given(st.text(max_size=60))
def test_any_text_can_be_read_as_a_field(text):
    assert all(key(one) == one for one in keys(text))
