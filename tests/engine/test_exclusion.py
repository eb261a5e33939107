"""Whom an entry of a never-record list means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.exclusion import NotAPattern, covering, normalize


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("ann@example.com", "ann@example.com"),
        ("  Ann.Other@Example.COM\n", "ann.other@example.com"),
        ("ann+private@example.com", "ann+private@example.com"),
        ("jürgen@example.com", "jürgen@example.com"),
        ("Example.com", "example.com"),
        ("@example.com", "example.com"),
        ("*@example.com", "example.com"),
        ("*.example.com", "example.com"),
        ("example.com.", "example.com"),
        ("ann@müller.example", "ann@xn--mller-kva.example"),
        ("MÜLLER.example", "xn--mller-kva.example"),
        ("xn--mller-kva.example", "xn--mller-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("例え。example", "xn--r8jz45g.example"),
    ],
)
def test_an_entry_is_saved_in_the_form_that_mails_use(entered, kept):
    assert normalize(entered) == kept
    assert normalize(kept) == kept


@pytest.mark.parametrize(
    ("entered", "code"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("@", "no_domain"),
        ("ann@", "no_domain"),
        ("ann", "no_domain"),
        ("@example", "no_domain"),
        ("ann@example", "no_dot"),
        ("ann@*", "no_dot"),
        ("ann@example.com, ben@example.com", "several"),
        ("ann@example.com ben@example.com", "several"),
        ("example.com;example.org", "several"),
        ("ann @example.com", "space"),
        ("Ann <ann@example.com>", "space"),
        ("example .com", "space"),
        ("https://example.com/", "bad_domain"),
        ("example..com", "bad_domain"),
        ("-example.com", "bad_domain"),
        ("ann@[192.0.2.1]", "bad_domain"),
        (f"{'a.' * 127}com", "bad_domain"),
        ("ann@*.example.com", "bad_domain"),
        ("<ann>@example.com", "bad_address"),
        ("\ud800@example.com", "bad_address"),
        (f"{'a' * 65}@example.com", "bad_address"),
    ],
)
def test_an_invalid_entry_says_why(entered, code):
    with pytest.raises(NotAPattern) as refused:
        normalize(entered)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("entry", "email"),
    [
        ("ann@example.com", "ann@example.com"),
        ("example.com", "ann@example.com"),
        ("example.com", "ann@mail.example.com"),
        ("mail.example.com", "ann@mail.example.com"),
        ("müller.example", "ann@xn--mller-kva.example"),
        ("müller.example", "ann@müller.example"),
        ("ann@müller.example", "ann@müller.example"),
    ],
)
def test_an_entry_covers_it(entry, email):
    assert normalize(entry) in covering(email)


@pytest.mark.parametrize(
    ("entry", "email"),
    [
        ("ann@example.com", "joann@example.com"),
        ("ann@example.com", "ann@mail.example.com"),
        ("example.com", "ann@notexample.com"),
        ("example.com", "ann@example.com.evil.example"),
        ("mail.example.com", "ann@example.com"),
    ],
)
def test_an_entry_does_not_cover_what_only_looks_like_it(entry, email):
    assert normalize(entry) not in covering(email)


@given(st.one_of(st.text(max_size=80), st.from_regex(r"\S{1,9}@?\S{1,9}\.\S{1,9}", fullmatch=True)))
def test_any_input_is_refused_or_saved_in_a_stable_form_that_covers_itself(entered):
    try:
        kept = normalize(entered)
    except NotAPattern:
        return
    assert normalize(kept) == kept
    assert kept in covering(kept if "@" in kept else f"ann@{kept}")


@given(st.text(max_size=80))
def test_whatever_a_mail_carries_as_an_address_has_its_entries(email):
    assert all(isinstance(entry, str) for entry in covering(email))
