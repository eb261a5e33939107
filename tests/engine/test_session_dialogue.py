"""Tags, pipelines and refusals, on a network that is a list of bytes."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConnectionLost, MailError, ProtocolViolation, ServerRefused
from engine.imap.dialogue import MAX_PIPELINED, Dialogue
from engine.imap.session import ImapSession
from engine.net.dial import Deadline
from engine.net.wire import Wire
from engine.values import Connected, Security

from .test_session_wire import Network


def dialogue(*pieces):
    return Dialogue(Wire(Network(*pieces), Deadline(60), 1000))


def test_answers_in_another_order():
    found = dialogue(b"* 1 EXISTS\r\nA2 OK two\r\n* 2 EXISTS\r\nA1 NO [UNAVAILABLE] one\r\n")
    first, second = found.pipeline([(b"NOOP",), (b"CHECK",)])
    assert found.finish(second) == [[b"* 1 EXISTS"]]
    with pytest.raises(ServerRefused, match="one"):
        found.finish(first)
    assert found.wire.sock.sent == b"A1 NOOP\r\nA2 CHECK\r\n"


def test_a_pipeline_limits_the_commands_in_flight():
    found = dialogue(*[b"A%d OK\r\n" % number for number in range(1, 101)])
    on_their_way = []
    for done, tag in enumerate(found.pipeline([(b"NOOP",)] * 100)):
        found.finish(tag)
        on_their_way.append(found.wire.sock.sent.count(b"\n") - done)
    assert max(on_their_way) == MAX_PIPELINED
    assert found.wire.sock.sent.count(b"\n") == 100


def test_unawaited_answers_are_not_kept():
    lines = [b"* %d EXISTS\r\nA%d OK\r\n" % (number, number) for number in range(1, 60)]
    found = dialogue(*lines)
    for _ in range(10):
        tags = found.pipeline([(b"NOOP",)] * 5)
        assert next(found.answers(next(tags)))
        tags.close()
    found.command(b"NOOP")
    assert not found._done and not found._open and not found._abandoned


@pytest.mark.parametrize("line", [b"A9 OK\r\n", b"A1 MAYBE\r\n", b"OK\r\n", b"\r\n"])
def test_a_line_that_is_not_an_answer_ends_the_connection(line):
    found = dialogue(line, b"A1 OK\r\nA2 OK\r\n")
    with pytest.raises(ProtocolViolation):
        found.command(b"NOOP")
    with pytest.raises(ConnectionLost):
        found.command(b"NOOP")


@pytest.mark.parametrize("answer", [b"A1 OK\r\n", b"A1 ok\r\n", b"A1 OK \r\n", b"A1 OK done\n"])
def test_a_completion_needs_no_text(answer):
    assert dialogue(answer).command(b"NOOP") == []


def test_a_refusal_without_words_still_has_some():
    with pytest.raises(ServerRefused) as caught:
        dialogue(b"A1 NO\r\n").command(b"NOOP")
    assert caught.value.detail == "NO"


@pytest.mark.parametrize("secret", ["hunter2", 'a"b\\c', "密码 密码"])
def test_no_detail_contains_a_secret(secret):
    found = dialogue()
    found.hide(secret)
    quoted = secret.replace("\\", "\\\\").replace('"', '\\"')
    for text in (secret, quoted):
        assert found.safe(f"NO: {text}!".encode()) == "NO: •••!"


FRAGMENTS = [
    b"* ",
    b"A1 ",
    b"A2 ",
    b"OK",
    b" NO",
    b" BAD [UNAVAILABLE]",
    b"BYE",
    b"\r\n",
    b"+ ",
    b"1 FETCH (",
    b"UID 5 ",
    b"BODY[] ",
    b"{3}",
    b"abc",
    b")",
    b'"',
    b"STATUS INBOX (UIDNEXT 5)",
    b"LIST () NIL ",
    b"SEARCH 1 2",
    b"ESEARCH UID ALL 1:",
    b"CAPABILITY IMAP4rev1 ESEARCH",
    b"9" * 30,
    b"\0\xff",
]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=25).map(b"".join), st.integers(0, 6))
def test_whatever_a_server_says_the_session_returns_or_raises_a_mail_error(said, asked):
    ended = b"\r\nA1 OK\r\nA2 OK\r\n"
    session = ImapSession(dialogue(said + ended), Connected(Security.PLAIN))
    ask = [
        lambda: session.status(["INBOX", "x"]),
        lambda: session.examine("INBOX"),
        lambda: session.search(1, 9),
        lambda: list(session.headers([(1, 3), (4, 9)])),
        lambda: list(session.bodies([1, 5])),
        session.folders,
        lambda: session.find("INBOX", "Message-ID", "é"),
    ][asked]
    with contextlib.suppress(MailError):
        ask()
