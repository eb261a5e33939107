"""Mails made to hold up everybody else's: each is read, or set aside, at once (cases.md 16)."""

import tracemalloc

import pytest

from engine.errors import Kind, MessageUnreadable
from engine.mime.email import email
from engine.mime.envelope import envelope
from engine.mime.glance import glance
from engine.mime.words import decode_words
from engine.values import Omitted

from .pace import within

HEAD = b"From: a@x.example\r\nTo: b@x.example\r\n"
MEGABYTE = 1_000_000


def multi(count: int, boundary: bytes = b"b", content: bytes = b"\r\nx") -> bytes:
    head = HEAD + b"Content-Type: multipart/mixed; boundary=" + boundary + b"\r\n"
    return head + (b"\r\n--" + boundary + b"\r\n" + content) * count + b"\r\n--" + boundary + b"--"


def nested(depth: int, content: bytes) -> bytes:
    levels = (
        b"Content-Type: multipart/mixed; boundary=level%d.\r\n\r\n--level%d.\r\n" % (n, n)
        for n in range(depth)
    )
    return HEAD + b"".join(levels) + b"\r\n" + content


def addresses(count: int) -> bytes:
    return b"To: " + b", ".join(b"p%d@x.example" % n for n in range(count)) + b"\r\n\r\nhello"


def content_type(semicolons: int) -> bytes:
    return HEAD + b"Content-Type: text/plain" + b";" * semicolons + b"\r\n\r\nhello"


BOMBS = {
    "a hundred thousand parts": multi(100_000),
    "multiparts a thousand deep": nested(1_000, b"x"),
    "multiparts a hundred thousand deep": nested(100_000, b"x"),
    "a content type of megabytes": content_type(5 * MEGABYTE),
    "fifty thousand addresses": addresses(50_000),
    "a header that never ends": b"A" * 25 * MEGABYTE,
    "millions of lines like a boundary": multi(1, content=b"\r\n" + b"\n--bX" * 5 * MEGABYTE),
}


@pytest.mark.parametrize("raw", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_set_aside_at_once(raw):
    with within(0.2), pytest.raises(MessageUnreadable) as error:
        email(raw)
    assert (error.value.code, error.value.kind) == ("message_bomb", Kind.MSG)
    assert error.value.detail


HARMLESS = {
    "thirty thousand semicolons": content_type(30_000),
    "ten thousand addresses": addresses(10_000),
    "twelve multiparts around 25 MB": nested(11, b"hello\n" * 4 * MEGABYTE),
    "25 MB of text": HEAD + b"\r\n" + b"hello\n" * 4 * MEGABYTE,
}


@pytest.mark.parametrize("raw", HARMLESS.values(), ids=HARMLESS)
def test_what_only_looks_like_a_bomb_is_read_and_quickly(raw):
    with within(1):  # 0.1 s where it was written
        assert email(raw).text.startswith("hello")


def test_text_beyond_what_anyone_reads_is_cut_and_said_so():
    found = email(HARMLESS["25 MB of text"])
    assert len(found.text) == 4 * 1024 * 1024
    assert found.omitted == (Omitted("text_cut"),)


JUNK = [
    b'"', b'\\"', b"(", b"()", b"<", b"[", b"@", b"a@", b":", b"=?a?q?", b"=?=?", b",", b"\\",
    b"\n ", b';a="', b"<@a,",
]  # fmt: skip


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("name", [b"To", b"Subject", b"References", b"Date", b"Content-Type"])
def test_no_junk_in_a_field_takes_longer_than_its_length(name, junk):
    raw = name + b": " + junk * (20_000 // len(junk)) + b"\n\nx"
    with within(0.5):  # 0.02 s where it was written; quadratic is many
        envelope(raw)
        glance(raw)
        email(raw)


def test_a_large_file_is_in_memory_once_more_and_not_ten_times():
    content = b"QUJD" * 19 + b"\r\n"
    file = (
        b"Content-Type: video/mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n" + content * 100_000
    )
    raw = multi(1, content=file)
    tracemalloc.start()
    found = email(raw)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found.attachments[0].content) == 5_700_000
    assert peak < 1.5 * 5_700_000


def test_words_that_could_go_on_in_the_next_are_joined_quickly():
    text = "=?utf-8?b?AAAAA?=" + " =?utf-8?b?AAAA?=" * 16_000
    with within(0.5):  # 0.1 s where it was written; 6 s when each word counted all before it
        decode_words(text)
