"""Whom an answer goes to, what its subject is, what it names, and what it quotes."""

from __future__ import annotations

import pytest

from engine.addresses import Rules
from engine.mime.answering import (
    Received,
    Recipients,
    forwarded,
    quoted,
    recipients,
    references,
    subject,
    thread,
)
from engine.mime.email import email
from engine.people import Owner
from engine.values import Address


def people(text: str) -> tuple[Address, ...]:
    return tuple(Address("", f"{name}@x.example") for name in text.split())


ANN = Owner(frozenset(("ann@x.example", "ann@old.example")), rules=Rules(plus_tags=True)).owns


def answer(everyone: bool = False, *, sender="lena", own=False, automatic=False, **fields):
    [author] = people(sender)
    named = {name: people(text) for name, text in fields.items()}
    mail = Received(author, is_own=own, is_automatic=automatic, **named)
    found = recipients(mail, ANN, everyone=everyone)
    return tuple(
        " ".join(one.email.partition("@")[0] for one in each) for each in (found.to, found.cc)
    )


# --- whom it goes to (RFC 5322 §3.6.3) ----------------------------------------------------------


def test_an_answer_goes_to_the_sender():
    assert answer(to="ann ben", cc="carl") == ("lena", "")


def test_an_answer_goes_where_reply_to_says():
    assert answer(to="ann", reply_to="office desk") == ("office desk", "")


def test_an_answer_to_everyone_names_the_others_in_cc():
    assert answer(True, to="ann ben", cc="carl dora") == ("lena", "ben carl dora")


def test_the_sender_is_not_added_where_reply_to_names_somebody_else():
    assert answer(True, to="ann ben", reply_to="office") == ("office", "ben")


@pytest.mark.parametrize("own", ["ann", "ann+offers", "ANN"])
def test_own_addresses_are_left_out_as_the_company_compares_them(own: str):
    assert answer(True, to=f"{own} ben", cc=own) == ("lena", "ben")


def test_nobody_is_named_twice():
    assert answer(True, to="ann LENA ben", cc="ben lena carl") == ("lena", "ben carl")


@pytest.mark.parametrize(
    ("everyone", "expected"), [(False, ("lena mia", "")), (True, ("lena mia", "carl"))]
)
def test_a_mail_of_ones_own_is_answered_to_its_recipients(everyone: bool, expected):
    found = answer(everyone, sender="ann", own=True, to="lena mia", cc="carl", reply_to="ann")
    assert found == expected


def test_a_colleagues_mail_is_answered_to_its_recipients_and_they_stay_informed():
    assert answer(False, sender="ben", own=True, to="lena") == ("lena", "")
    assert answer(True, sender="ben", own=True, to="lena", cc="ann") == ("lena", "ben")


def test_a_mail_to_oneself_is_answered_to_oneself():
    assert answer(sender="ann", own=True, to="ann") == ("ann", "")


def test_a_mail_to_undisclosed_recipients_is_answered_to_its_sender():
    assert answer(True) == ("lena", "")


def test_a_reply_to_that_is_ones_own_leaves_the_sender():
    assert answer(reply_to="ann", to="ann") == ("lena", "")


def test_an_automatic_mail_is_answered_to_nobody():
    assert answer(automatic=True, to="ann") == ("", "")
    assert answer(True, automatic=True, to="ann", cc="ben") == ("", "")


def test_an_answer_to_a_lists_mail_goes_to_its_author_and_to_all_only_if_wanted():
    listed = {"to": "list ann", "reply_to": "list", "list_post": "list"}
    assert answer(False, **listed) == ("lena", "")
    assert answer(True, **listed) == ("lena", "list")


def test_mail_followup_to_says_where_answers_to_everyone_go():
    wishes = {"to": "list", "cc": "ann ben", "followup_to": "list dora ann"}
    assert answer(True, **wishes) == ("list dora", "")
    assert answer(False, **wishes) == ("lena", "")


def test_nobody_is_nobody():
    assert recipients(Received(Address("", "")), ANN, everyone=True) == Recipients()


# --- its subject --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    "Offer|Re: Offer|RE: re: Offer|AW: Offer|Antw: SV: Offer|Re[2]: Offer|Re[12]: Offer|"
    "Re (3): Offer|Fwd: Offer|Fw: Offer|FW: RE: Offer|WG: AW: Offer|回复：Offer|  RE :Offer|"
    "TR: Offer|RV: Offer|Antwort: Offer|VS: Offer|VL: Offer|Odp: Offer|YNT: Offer|R: I: Offer|"
    "[Fwd: Offer]|Re: [Fwd: Re: Offer]|Offer (fwd)|Re:Offer|Re:\tOffer|Re:  Offer".split("|"),
)
def test_an_answer_says_re_once(text: str):
    assert subject(text) == "Re: Offer"
    assert subject(text, "Fwd:") == "Fwd: Offer"


@pytest.mark.parametrize(
    "text", ["Reference: 4711", "Recall: brakes", "Repair", "Ref: 4711", "[Offer]", "A: B", "Re"]
)
def test_a_subject_that_begins_like_an_answer_is_kept(text: str):
    assert subject(text) == f"Re: {text}"


@pytest.mark.parametrize(
    "text", ["[sales] Offer", "[sales] Re: Offer", "Re: [sales] Re: Offer", "[sales] [sales] Offer"]
)
def test_what_a_list_puts_before_a_subject_stays_once(text: str):
    assert subject(text) == "Re: [sales] Offer"


@pytest.mark.parametrize("text", ["", "  ", "Re:", "AW: Re:"])
def test_an_answer_without_a_subject(text: str):
    assert subject(text) == "Re:"


def test_a_subject_has_no_line_breaks():
    assert subject("Offer\r\nBcc: eve@x.example") == "Re: Offer Bcc: eve@x.example"


def test_a_subject_of_prefixes_alone_takes_no_time():
    assert subject("Re: " * 20_000 + "Offer") == "Re: Offer"
    assert subject("[Fwd: " * 9_000 + "Offer" + "]" * 9_000).endswith("Offer")
    assert subject("Offer" + " (fwd" * 20_000).startswith("Re: Offer")
    assert subject(" " * 90_000 + "(fwd)" + " " * 90_000 + "x").endswith("x")


# --- what it names (RFC 5322 §3.6.4) ------------------------------------------------------------


def test_references_are_those_of_the_answered_mail_and_its_id():
    assert thread("c@x", ["<a@x>", "b@x"]) == ("<a@x>", "<b@x>", "<c@x>")
    assert thread("c@x") == ("<c@x>",)
    assert thread("b@x", ["a@x", "b@x"]) == ("<a@x>", "<b@x>")


def test_an_id_that_was_made_up_is_not_named():
    assert thread("0123abcd@no-message-id.invalid", ["a@x"]) == ("<a@x>",)
    assert thread("") == ()


def test_references_keep_the_first_and_the_latest():
    ids = [f"<{number}@x>" for number in range(50)]
    assert references(ids).split() == [ids[0], *ids[-19:]]


# --- what it quotes -----------------------------------------------------------------------------


def test_a_quote_is_a_blockquote_below_its_attribution():
    found = quoted('On Monday, "Lena" <Park> wrote:', "<p>Hello</p>")
    assert "&lt;Park&gt; wrote:</div><blockquote" in found
    assert found.endswith("><p>Hello</p></blockquote>")


def test_a_forwarded_mail_has_its_header_above_it():
    lines = [("Subject", "Offer"), ("From", "Lena <lena@x.example>"), ("Cc", "")]
    found = forwarded("Forwarded message", lines, "<p>Hello</p>")
    assert "-------- Forwarded message --------" in found
    assert "<b>From:</b> Lena &lt;lena@x.example&gt;" in found
    assert "Cc" not in found
    assert found.index("Subject") < found.index("From") < found.index("<p>Hello</p>")


# --- what is read for it ------------------------------------------------------------------------


def test_where_a_list_and_its_author_want_answers():
    mail = email(
        b"From: lena@x.example\r\n"
        b"Mail-Followup-To: The list <list@x.example>,\r\n ann@x.example\r\n"
        b"List-Post: <mailto:list%2Bsales@x.example?subject=Hi> (moderated)\r\n\r\nHello"
    )
    assert mail.followup_to == (
        Address("The list", "list@x.example"),
        Address("", "ann@x.example"),
    )
    assert mail.list_post == (Address("", "list+sales@x.example"),)


@pytest.mark.parametrize("value", [b"NO", b"<https://x.example/post>", b"", b"<mailto:>"])
def test_a_list_to_which_nobody_posts(value: bytes):
    assert email(b"List-Post: " + value + b"\r\n\r\nHello").list_post == ()
