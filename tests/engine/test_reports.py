"""What mail systems report about a sent mail, each in its own way."""

from datetime import UTC, datetime

import pytest

from engine.mime.envelope import envelope
from engine.mime.glance import glance
from engine.reports import notices
from engine.reports.automatic import is_automatic
from engine.reports.reading import read
from engine.reports.report import State

from . import bounces

LENA = "lena@customer.example"
F, D = State.FAILED, State.DELAYED

REPORTS = {
    "postfix": (F, "recipient_unknown", "User unknown in virtual"),
    "sendmail": (F, "recipient_full", "552 5.2.2 mailbox full"),
    "gmail": (F, "recipient_unknown", "does not exist"),
    "gmail_limit": (F, "sending_limit", "reached a limit for sending mail"),
    "exchange_online": (F, "recipient_restricted", "SenderNotAuthenticatedForGroup"),
    "exchange_2003": (F, "recipient_unknown", ""),
    "exim": (F, "sender_distrusted", "blocked using zen.spamhaus.example"),
    "exim_dsn": (F, "recipient_unknown", "Unrouteable address"),
    "qmail": (F, "recipient_unknown", "no mailbox here by that name"),
    "yahoo": (F, "recipient_domain_unknown", "No mx record found"),
    "exchange_55": (F, "recipient_unknown", "The recipient name is not recognized"),
    "domino": (F, "recipient_unknown", "not listed in Domino Directory"),
    "groupwise": (F, "recipient_full", "mailbox is full"),
    "mdaemon": (F, "recipient_unknown", "recipient unknown"),
    "courier": (F, "recipient_unknown", "550 User unknown"),
    "gmx": (F, "message_too_large", "Message size exceeds"),
    "french": (F, "recipient_unknown", "utilisateur inconnu"),
    "ses": (F, "content_refused", "Rejected by content filter"),
    "delayed": (D, "recipient_unreachable", "Connection timed out"),
    "delayed_exim": (D, "recipient_unreachable", "Connection timed out"),
}


GEORGIAN = "ვერ მივაწოდეთ: <lena@customer.example>\n"
#: From nobody known, in Georgian, with no field that says what they are: by their parts alone.
UNMARKED = {
    "its status": bounces.dsn(
        "Gate 7 <gate@elsewhere.example>",
        "=?utf-8?b?4YOs4YOU4YOg4YOY4YOa4YOY?=",
        GEORGIAN,
        bounces.UNKNOWN,
        text_type="text/plain; charset=utf-8",
    ).replace(b"multipart/report; report-type=delivery-status", b"multipart/mixed"),
    "a copy": bounces.dsn(
        "Gate 7 <gate@elsewhere.example>",
        "=?utf-8?b?4YOs4YOU4YOg4YOY4YOa4YOY?=",
        GEORGIAN,
        "",
        status_type="text/x-log",
        text_type="text/plain; charset=utf-8",
    ).replace(b"multipart/report; report-type=delivery-status", b"multipart/mixed"),
}


def noticed(raw, *more):
    """Return the fields of a message that are fetched of all messages, and of new ones ``more``."""
    kept = b"from to subject date message-id in-reply-to references auto-submitted sender".split()
    kept += [name for names in more for name in names.split()]
    head = raw.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ")
    fields = [line for line in head.split(b"\r\n") if line.split(b":")[0].lower() in kept]
    return b"\r\n".join(fields) + b"\r\n\r\n"


@pytest.mark.parametrize("name", REPORTS)
def test_a_mail_system_says_who_did_not_get_it_and_why(name):
    state, code, words = REPORTS[name]
    report = read(getattr(bounces, name.upper()))
    (fate,) = report.fates
    assert (fate.state, fate.code) == (state, code)
    assert LENA in fate.addresses
    assert words in fate.words


@pytest.mark.parametrize("name", [name for name in REPORTS if name != "ses"])
def test_a_report_names_the_mail_that_it_is_about(name):
    assert read(getattr(bounces, name.upper())).ids[0] == bounces.ABOUT


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_noticed_from_the_headers_that_are_fetched(name):
    raw = getattr(bounces, name.upper())
    block = noticed(raw)
    others = (b"From: eve@elsewhere.example\r\n", frozenset(["eve@elsewhere.example"]))
    blocks = [others, (block, glance(block)[0]), others]
    assert notices.possible(blocks, frozenset(["ann@corp.example"])) == [1]
    assert notices.is_notice(envelope(block), block)


@pytest.mark.parametrize(
    ("fields", "is_possible"),
    [
        (b"Subject: Delivery of 200 chairs", False),
        (b"Subject: DELIVERY STATUS notification", True),
        (b"Subject: Delivery of 200\r\n chairs", True),  # not as it stands: parsed
        (b"Subject: =?utf-8?q?Delivery_of?= chairs", True),
        (b"From: Mail Delivery System <x@host.example>\r\nSubject: Delivery", True),
        (b"Auto-Submitted: auto-replied\r\nSubject: Delivery", True),
        (b"Subject: Hello\r\nSubject: Mail delivery failed", True),
        (b"X: y\r\nSubject: Hello", False),
    ],
)
def test_a_mail_about_a_delivery_is_no_possible_report(fields, is_possible):
    emails = frozenset(["eve@elsewhere.example"])
    other = b"From: eve@elsewhere.example\r\nSubject: Hello\r\n\r\n"
    blocks = [(block, emails) for block in (other, fields + b"\r\n\r\n", other)]
    assert notices.possible(blocks, frozenset()) == [1] * is_possible


def test_a_report_without_a_known_id_has_the_subject_and_the_time_of_the_mail():
    report = read(bounces.SES)
    assert (report.subject, report.sent_at) == ("Offer", datetime(2024, 3, 4, 12, tzinfo=UTC))


def test_an_address_beyond_ascii():
    (fate,) = read(bounces.SMTPUTF8).fates
    assert (fate.addresses, fate.code) == (
        ("lena@xn--bcher-kva.example",),
        "recipient_domain_unknown",
    )


@pytest.mark.parametrize("tag", [b"+00", b"+0A", b"+7F", b"%00", rb"\x{0}", b"\0"])
def test_an_address_that_merely_looks_encoded_is_read_as_it_stands(tag):
    named = b"lena%s@b" % tag
    (fate,) = read(bounces.SMTPUTF8.replace(b"lena@b", named)).fates
    assert not any(ord(letter) < 32 or letter == "\x7f" for letter in "".join(fate.addresses))
    assert fate.code == "recipient_domain_unknown"


def test_the_address_it_was_sent_to_comes_before_the_one_it_became():
    (fate,) = read(bounces.DELIVERED).fates
    assert fate.state is State.DELIVERED
    assert fate.addresses == (LENA, "lena.park@inside.customer.example")
    assert (fate.code, fate.words) == ("", "")


def test_one_of_three_came_back():
    (fate,) = read(bounces.ONE_OF_THREE).fates
    assert (fate.addresses, fate.code) == (("max@customer.example",), "recipient_disabled")


def test_a_relayed_mail():
    assert [fate.state for fate in read(bounces.RELAYED).fates] == [State.RELAYED]


@pytest.mark.parametrize(
    ("raw", "states"),
    [
        (bounces.READ, [State.READ]),
        (bounces.DELETED, [State.DELETED]),
        (bounces.PROCESSED, []),
    ],
)
def test_a_read_receipt_says_what_was_done_with_the_mail(raw, states):
    report = read(raw)
    assert [fate.state for fate in report.fates] == states
    assert report.ids[0] == bounces.ABOUT
    assert all(fate.addresses == (LENA,) for fate in report.fates)


def test_two_recipients_in_one_text_have_reasons_of_their_own():
    raw = bounces.plain(
        "MAILER-DAEMON@qmail.example",
        "failure notice",
        """\
        Hi. This is the qmail-send program at qmail.example.
        I'm afraid I wasn't able to deliver your message to the following addresses.

        <lena@customer.example>:
        Remote host said: 550 sorry, no mailbox here by that name (#5.1.1)

        <max@customer.example>:
        Remote host said: 552 mailbox is full (#5.2.2)

        --- Below this line is a copy of the message.

        """
        + bounces.RETURNED.replace("\n", "\n        ").rstrip(" "),
    )
    assert [(fate.addresses, fate.code) for fate in read(raw).fates] == [
        ((LENA,), "recipient_unknown"),
        (("max@customer.example",), "recipient_full"),
    ]


def test_a_summary_of_all_recipients_does_not_say_that_all_failed():
    raw = bounces.plain(
        "System Administrator <postmaster@customer.example>",
        "Undeliverable: Offer",
        """\
        Your message

          To:      lena@customer.example
          Cc:      zoe@customer.example
          Subject: Offer

        did not reach the following recipient(s):

        max@customer.example on Mon, 4 Mar 2024 12:00:02 -0000
            The recipient name is not recognized
        """,
    )
    report = read(raw)
    assert [fate.addresses for fate in report.fates] == [("max@customer.example",)]
    assert report.subject == "Offer"


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        ("Lena <lena@customer.example>", "Re: Offer", "Your mail could not be delivered, why?"),
        ("postmaster@customer.example", "Maintenance", "We are down on Sunday."),
        ("Lena <lena@customer.example>", "Undelivered Mail Returned to Sender", "See that?"),
        ("news@shop.example", "Your delivery", "Your parcel was not delivered."),
    ],
)
def test_what_a_person_or_a_shop_writes_is_no_report(sender, subject, text):
    assert read(bounces.plain(sender, subject, text)) is None


def test_a_forwarded_report_is_no_report():
    raw = bounces.wired(
        bounces.head("Lena <lena@customer.example>", "Fwd: Undelivered")
        + "Content-Type: multipart/mixed; boundary=f\n\n--f\n\nLook at this.\n"
        + "--f\nContent-Type: message/rfc822\n\n"
    )
    raw = raw.replace(b"Return-Path: <>", b"Return-Path: <lena@customer.example>")
    assert read(raw + bounces.POSTFIX + b"\r\n--f--\r\n") is None


@pytest.mark.parametrize("name", UNMARKED)
def test_a_report_of_an_unknown_system_in_an_unknown_language(name):
    report = read(UNMARKED[name])
    assert report.ids[0] == bounces.ABOUT
    assert {fate.state for fate in report.fates} == {F}
    assert LENA in {address for fate in report.fates for address in fate.addresses}


@pytest.mark.parametrize("name", UNMARKED)
def test_it_is_noticed_by_what_is_fetched_of_new_messages(name):
    block, own = noticed(UNMARKED[name], b"return-path content-type"), frozenset()
    assert list(notices.possible([(block, glance(block)[0])], own, traced=True)) == [0]
    assert notices.is_notice(envelope(block), block)


def test_what_has_a_return_path_is_no_report_however_it_quotes_the_mail():
    raw = UNMARKED["a copy"].replace(b"Return-Path: <>", b"Return-Path: <ops@elsewhere.example>")
    assert read(raw) is None
    block = noticed(raw, b"return-path content-type")
    assert not notices.is_notice(envelope(block), block)


def test_an_automatic_answer_that_returns_the_mail_is_no_report():
    mark = b"Auto-Submitted: auto-replied\r\nMIME-Version:"
    assert read(UNMARKED["a copy"].replace(b"MIME-Version:", mark)) is None


def test_a_report_with_a_footer_that_a_gateway_added():
    inner = bounces.POSTFIX.partition(b"Content-Type:")[2]
    raw = bounces.wired(
        bounces.head("MAILER-DAEMON@mx.example", "Undelivered Mail")
        + "Content-Type: multipart/mixed; boundary=f\n\n--f\n"
    )
    raw += b"Content-Type:" + inner + b"\r\n--f\r\n\r\nScanned.\r\n--f--\r\n"
    (fate,) = read(raw).fates
    assert fate.addresses == (LENA,)


def test_the_machine_readable_part_in_base64():
    import base64

    part = bounces.dedent(bounces.UNKNOWN).encode()
    raw = bounces.dsn(
        "postmaster@customer.example",
        "Undeliverable",
        "Failed.\n",
        base64.encodebytes(part).decode(),
        status_type="message/delivery-status\nContent-Transfer-Encoding: base64",
    )
    (fate,) = read(raw).fates
    assert (fate.addresses, fate.code) == ((LENA,), "recipient_unknown")


@pytest.mark.parametrize("cut", [0, 1, 100, 500, 900, 1200, 1500, 1800])
def test_a_report_that_is_cut_anywhere_does_no_harm(cut):
    for name in REPORTS:
        read(getattr(bounces, name.upper())[:cut], truncated=True)


def test_a_report_of_abuse_says_nothing_about_delivery():
    raw = bounces.POSTFIX.replace(b"report-type=delivery-status", b"report-type=feedback-report")
    raw = raw.replace(b"message/delivery-status", b"message/feedback-report")
    assert read(raw).fates == ()


def test_recipients_without_an_empty_line_between_them():
    raw = bounces.dsn(
        "postmaster@customer.example",
        "Undeliverable",
        "Failed.\n",
        """\
        Reporting-MTA: dns; mx.example
        Original-Recipient: rfc822; lena@customer.example
        Final-Recipient: rfc822; lena@customer.example
        Action: failed
        Status: 5.1.1
        Original-Recipient: rfc822; max@customer.example
        Final-Recipient: rfc822; max@customer.example
        Action: delayed
        Status: 4.4.7
        """,
    )
    assert [(fate.addresses, fate.state) for fate in read(raw).fates] == [
        ((LENA,), F),
        (("max@customer.example",), D),
    ]


AUTOMATIC = {
    "RFC 3834": ("Auto-Submitted: auto-replied", True),
    "with a parameter": ("Auto-Submitted: Auto-Replied (vacation)", True),
    "Exchange": ("Auto-Submitted: auto-generated\nIn-Reply-To: <offer-1@corp.example>", True),
    "a monitor": ("Auto-Submitted: auto-generated\nSubject: Disk full", False),
    "no": ("Auto-Submitted: no", False),
    "X-Autoreply": ("X-Autoreply: yes", True),
    "X-Autoreply: no": ("X-Autoreply: no", False),
    "X-Autorespond": ("X-Autorespond: Offer", True),
    "Precedence auto_reply": ("Precedence: auto_reply", True),
    "bulk, out of office": ("Precedence: bulk\nSubject: Out of Office: Offer", True),
    "bulk, German": ("Precedence: bulk\nSubject: =?utf-8?q?Abwesenheitsnotiz?=", True),
    "a newsletter": ("Precedence: bulk\nSubject: Our spring offers", False),
    "a list": ("List-Id: <talk.example>\nPrecedence: list\nSubject: Re: Offer", False),
    "a request to others": ("X-Auto-Response-Suppress: All\nSubject: Offer", False),
    "a subject alone": ("Subject: Out of office furniture", False),
}


@pytest.mark.parametrize("name", AUTOMATIC)
def test_an_automatic_answer_is_told_from_a_persons(name):
    head, expected = AUTOMATIC[name]
    raw = bounces.wired(f"From: {LENA}\n{head}\n\nAuto-Submitted: auto-replied\n")
    assert is_automatic(raw) is expected
