"""Servers that lie, stall, flood and give up during IDLE. Each case stays within its budget."""

from __future__ import annotations

import selectors
import threading
import time

import pytest

from engine.errors import (
    ConnectionLost,
    ConnectionTimeout,
    Kind,
    ProtocolViolation,
    ServerRefused,
)
from tests.contract.scripted import (
    SELECTED,
    Gone,
    after_login,
    connect,
    failing,
    pinned,
    until_news,
)


def idle_script(play, *before: bytes, go_ahead: bytes = b"+ idling\r\n"):
    """Log in, open the mailbox, send something before the wait begins; then play."""

    def script(client):
        client.log_in(b"IMAP4rev1 IDLE")
        assert client.accept(*SELECTED).startswith(b"EXAMINE")
        client.tag, command = client.hear()
        assert command == b"IDLE"
        client.say(*before)
        client.raw(go_ahead)
        play(client)
        client.wait_for_the_end()

    return script


def nothing(client):
    pass


def test_a_continuation_of_idle_without_a_space(scripted):
    with connect(scripted(idle_script(nothing, go_ahead=b"+\r\n"))) as found:
        assert found.idle("INBOX").uidnext == 12
        assert not found.news()


def test_a_mail_that_arrives_just_before_the_wait_is_news(scripted):
    """What is reported between EXAMINE and the continuation is in no snapshot."""
    with connect(scripted(idle_script(nothing, b"* 4 EXISTS", b"* 1 RECENT"))) as found:
        assert found.idle("INBOX").exists == 3
        assert until_news(found)
        assert not found.news()


def test_a_mail_reported_together_with_the_continuation_is_news(scripted):
    script = idle_script(nothing, go_ahead=b"+ idling\r\n* 4 EXISTS\r\n")
    with connect(scripted(script)) as found:
        found.idle("INBOX")
        assert until_news(found)


CHAT = [
    b"* OK Still here",
    b"* 2 FETCH (FLAGS (\\Seen))",
    b"* 2 EXPUNGE",
    b"* 1 RECENT",
    b"* FLAGS (\\Seen)",
    b'* LIST () "/" {5}\r\nDraft',
    b"* OK 4 EXISTS is a thing to say",
    b"+ still idling",
]


def test_only_new_mail_is_news(scripted):
    told = threading.Event()

    def play(client):
        client.say(*CHAT)
        told.wait(5)
        client.say(b"* 4 EXISTS")

    with connect(scripted(idle_script(play))) as found:
        found.idle("INBOX")
        before = found.wire.bytes_in
        while found.wire.bytes_in == before:
            assert not found.news()
        assert not until_news(found, seconds=0.2)
        told.set()
        assert until_news(found)


def test_news_that_arrives_a_byte_at_a_time(scripted):
    def play(client):
        for byte in b'* LIST () "/" {5}\r\nDraft\r\n* 4 EXISTS\r\n':
            client.raw(bytes([byte]))
            time.sleep(0.002)

    with connect(scripted(idle_script(play))) as found:
        found.idle("INBOX")
        assert until_news(found)


def test_news_over_tls_is_not_left_in_openssl(scripted):
    """Many lines in one TLS record: no selector would report the rest of it."""

    def play(client):
        client.say(*[b"* 2 FETCH (FLAGS ())"] * 500, b"* 4 EXISTS")

    def script(client):
        client.start_tls()
        idle_script(play)(client)

    with connect(scripted(script), implicit_tls=True, **pinned()) as found:
        found.idle("INBOX")
        with selectors.DefaultSelector() as ready:
            ready.register(found, selectors.EVENT_READ)
            news = False
            while not news:
                assert ready.select(5), "the selector was not told"
                news = found.news()


def test_an_endless_line_is_not_kept(scripted):
    def play(client):
        client.raw(b"* OK ")
        while True:
            client.raw(b"x" * 4096)

    with connect(scripted(idle_script(play))) as found:
        found.idle("INBOX")
        with failing(ProtocolViolation):
            until_news(found)
        with failing(ConnectionLost):
            found.done()


def test_a_huge_literal_is_not_waited_for(scripted):
    def play(client):
        client.raw(b"* 1 FETCH (BODY[] {1000000}\r\n")
        while True:
            client.raw(b"x" * 4096)

    with connect(scripted(idle_script(play))) as found:
        found.idle("INBOX")
        with failing(ProtocolViolation):
            until_news(found)


def test_a_flood_of_chatter_ends(scripted, monkeypatch):
    monkeypatch.setattr("engine.imap.waiting.MAX_CHATTER", 5000)

    def play(client):
        while True:
            client.raw(b"* OK Still here\r\n" * 100)

    with connect(scripted(idle_script(play))) as found:
        found.idle("INBOX")
        with failing(ProtocolViolation):
            until_news(found)


@pytest.mark.parametrize(
    ("words", "error", "attributes"),
    [
        (b"* BYE Autologout; idle for too long\r\n", ConnectionLost, {}),
        (
            b"* BYE [OVERQUOTA] Account exceeded command or bandwidth limits\r\n",
            ServerRefused,
            {"kind": Kind.LIMIT},
        ),
        (b"", ConnectionLost, {}),
        (b"* OK [ALERT", ConnectionLost, {}),
    ],
)
def test_a_connection_that_ends_during_the_wait_says_why(scripted, words, error, attributes):
    def play(client):
        client.raw(words)
        raise Gone

    with connect(scripted(idle_script(play))) as found:
        found.idle("INBOX")
        with failing(error, **attributes):
            until_news(found)
        with failing(ConnectionLost):
            found.status(["INBOX"])


@pytest.mark.parametrize("end", [b"OK done", b"BAD", b"NO [UNAVAILABLE] later"])
def test_a_wait_that_the_server_ends_by_itself_is_over(scripted, end):
    def play(client):
        client.say(client.tag + b" " + end)

    with connect(scripted(idle_script(play))) as found:
        found.idle("INBOX")
        with failing(ConnectionLost):
            until_news(found)


@pytest.mark.parametrize("refusal", [b"NO not today", b"BAD what", b"BAD [CLIENTBUG] IDLE"])
def test_idle_that_is_offered_but_refused_counts_as_missing(scripted, refusal):
    def script(client):
        client.log_in(b"IMAP4rev1 IDLE")
        client.accept(*SELECTED)
        client.accept(ok=refusal)
        client.accept(b"* STATUS INBOX (UIDNEXT 12 UIDVALIDITY 7)")
        client.wait_for_the_end()

    with connect(scripted(script)) as found:
        assert found.idle("INBOX") is None
        assert found.status(["INBOX"])["INBOX"].uidnext == 12


@pytest.mark.parametrize("refusal", [b"NO [LIMIT] too many", b"NO [UNAVAILABLE] later"])
def test_a_temporary_refusal_of_idle_does_not_mean_it_is_missing(scripted, refusal):
    def script(client):
        client.log_in(b"IMAP4rev1 IDLE")
        client.accept(*SELECTED)
        client.accept(ok=refusal)
        client.wait_for_the_end()

    with connect(scripted(script)) as found, failing(ServerRefused):
        found.idle("INBOX")


def test_idle_is_not_requested_if_it_is_not_offered(scripted):
    server = scripted(lambda client: (client.log_in(), client.wait_for_the_end()))
    with connect(server) as found:
        assert not found.can_idle
        assert found.idle("INBOX") is None
    assert b"IDLE" not in server.heard and b"EXAMINE" not in server.heard


def test_idle_is_a_part_of_imap4rev2(scripted):
    with connect(scripted(after_login(capabilities=b"IMAP4rev2"))) as found:
        assert found.can_idle


def test_a_server_that_says_nothing_instead_of_the_continuation(scripted):
    server = scripted(idle_script(nothing, go_ahead=b""))
    with connect(server) as found, failing(ConnectionTimeout):
        found.idle("INBOX")


def test_silence_after_done(scripted):
    with connect(scripted(idle_script(nothing))) as found:
        found.idle("INBOX")
        with failing(ConnectionTimeout):
            found.done()


@pytest.mark.parametrize(
    ("capabilities", "leaving"),
    [(b"IMAP4rev1 IDLE", b"CLOSE"), (b"IMAP4rev1 IDLE UNSELECT", b"UNSELECT")],
)
def test_ending_the_wait_and_leaving_the_mailbox_is_one_round_trip(scripted, capabilities, leaving):
    def script(client):
        client.log_in(capabilities)
        client.accept(*SELECTED)
        tag, _ = client.hear()
        client.raw(b"+ idling\r\n")
        assert client.hear() == (b"DONE", b"")
        # Answered in the other order, and only when both are there.
        other, command = client.hear()
        assert command == leaving
        client.say(b"* 4 EXISTS", other + b" OK left", tag + b" OK idled")
        client.wait_for_the_end()

    with connect(scripted(script)) as found:
        found.idle("INBOX")
        before = found.wire.round_trips
        found.done()
        assert found.wire.round_trips - before == 1
