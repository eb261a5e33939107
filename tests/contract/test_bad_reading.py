"""Servers that lie, stall, flood and give up during reading. Each case stays within its budget."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest

from engine.errors import (
    ConnectionLost,
    ConnectionTimeout,
    Kind,
    MailboxMissing,
    ProtocolViolation,
    ServerRefused,
    Step,
)
from engine.imap import session
from tests.contract.scripted import (
    BUDGET,
    HUGE,
    Gone,
    after_login,
    connect,
    failing,
    flood,
    hang_up,
    silence,
)


def drip_on(client, tag):
    for _ in range(200):
        client.raw(b"*")
        time.sleep(0.05)


FETCH = b"* 1 FETCH (UID 1 RFC822.SIZE 10 BODY[HEADER.FIELDS (FROM)] {%d}\r\n"


@pytest.mark.parametrize(
    ("actions", "error"),
    [
        pytest.param([], ConnectionTimeout, id="silent"),
        pytest.param([drip_on], ConnectionTimeout, id="drips"),
        pytest.param([b"* BYE gone\r\n", hang_up], ConnectionLost, id="says goodbye"),
        pytest.param([hang_up], ConnectionLost, id="hangs up"),
        pytest.param([FETCH % 100 + b"From: x", hang_up], ConnectionLost, id="ends in a literal"),
        pytest.param([FETCH % 100 + b"From: x"], ConnectionTimeout, id="stalls in a literal"),
        pytest.param([FETCH % HUGE], ProtocolViolation, id="announces 4 GB"),
        pytest.param([FETCH % 10**30], ProtocolViolation, id="announces more than there is"),
        pytest.param([flood(b"* OK still here\r\n")], ProtocolViolation, id="untagged for ever"),
        pytest.param([flood(b"* 1 EXPUNGE\r\n")], ProtocolViolation, id="expunges for ever"),
        pytest.param([flood(b"+ go on\r\n")], ProtocolViolation, id="continues for ever"),
        pytest.param([b"* " + b"x" * 3_000_000], ProtocolViolation, id="a line without end"),
        pytest.param([b"* LIST ({1}\r\nx" * 200], ProtocolViolation, id="literals for ever"),
        pytest.param([b"ZZZ OK\r\n"], ProtocolViolation, id="another's tag"),
        pytest.param([b"\x00\xff\r\n"], ProtocolViolation, id="garbage"),
        pytest.param([b"TAG NO [UNAVAILABLE] later\r\n"], ServerRefused, id="refuses for now"),
    ],
)
def test_a_fetch_ends_in_time_and_so_does_the_session(scripted, actions, error):
    with connect(scripted(after_login(*actions))) as found:
        with failing(error):
            list(found.headers([(1, 10)]))
        if error is not ServerRefused:
            with failing(ConnectionLost):
                found.examine("INBOX")


@pytest.mark.parametrize(
    "ask",
    [
        lambda found: found.status(["INBOX"]),
        lambda found: found.examine("INBOX"),
        lambda found: found.search(1, 9),
        lambda found: found.folders(),
        lambda found: list(found.bodies([1])),
        lambda found: found.find("INBOX", "Message-ID", "x"),
        lambda found: found.append("INBOX", b"x", session.datetime.now()),
    ],
)
@pytest.mark.parametrize(
    ("actions", "error"), [([], ConnectionTimeout), ([b"* BYE\r\n", hang_up], ConnectionLost)]
)
def test_every_command_ends_in_time(scripted, ask, actions, error):
    with connect(scripted(after_login(*actions))) as found, failing(error):
        ask(found)


def test_a_search_that_claims_four_billion_mails(scripted):
    answer = b'* ESEARCH (TAG "TAG") UID ALL 1:4294967295\r\nTAG OK\r\n'
    script = after_login(answer, capabilities=b"IMAP4rev1 ESEARCH")
    with connect(scripted(script)) as found, failing(ProtocolViolation):
        found.search(1, 2**32 - 1)


@pytest.mark.parametrize(
    "answer", [b"NO [CANNOT] no such search key", b"BAD Unknown argument", b"NO Search failed"]
)
def test_a_server_that_cannot_search_for_an_address_does_not_fail_the_run(scripted, answer):
    def script(client):
        client.log_in()
        for _ in range(2):  # in the parsed fields, and in the headers
            tag, _ = client.hear()
            client.say(tag + b" " + answer)
        client.accept(b"* SEARCH 1 2")
        client.wait_for_the_end()

    with connect(scripted(script)) as found:
        assert found.mentioning(1, 9, ["lea@client.example"]) is None
        assert found.search(1, 9) == [1, 2]


def test_a_search_that_is_refused_for_its_cost_is_a_limit(scripted):
    refused = b"TAG NO [LIMIT] Too many searches\r\n"
    with connect(scripted(after_login(refused))) as found, failing(ServerRefused, kind=Kind.LIMIT):
        found.mentioning(1, 9, ["lea@client.example"])


@pytest.mark.parametrize("email", ["léa@client.example", "lea\r\n@client.example", "l" * 2000])
def test_an_address_that_cannot_be_searched_for_is_not_sent(scripted, email):
    with connect(scripted(after_login())) as found:
        assert found.mentioning(1, 9, ["lea@client.example", email]) is None


def test_a_list_that_does_not_fit_into_memory(scripted):
    line = b'* LIST () "/" "' + b"x" * 100_000 + b'"\r\n'
    with connect(scripted(after_login(flood(line)))) as found, failing(ProtocolViolation):
        found.folders()


def test_a_line_of_search_may_be_longer_than_others(scripted):
    numbers = b" ".join(b"%d" % number for number in range(1_000_000, 1_300_000))
    with connect(scripted(after_login(b"* SEARCH " + numbers + b"\r\nTAG OK\r\n"))) as found:
        assert len(found.search(1, 2**32 - 1)) == 300_000


def test_a_bandwidth_limit_within_a_fetch_is_a_limit(scripted):
    bye = b"* BYE [OVERQUOTA] Account exceeded command or bandwidth limits\r\n"
    server = scripted(after_login(bye, hang_up))
    with connect(server) as found, failing(ServerRefused, kind=Kind.LIMIT):
        list(found.headers([(1, 10)]))


def test_unsolicited_responses_are_skipped(scripted):
    header = b"From: a@example.com\r\n\r\n"
    answer = (
        b"* 7 EXISTS\r\n* 3 EXPUNGE\r\n* OK [ALERT] Mind the {5}\r\n"
        b"* 2 FETCH (FLAGS (\\Seen))\r\n* 9 FETCH (UID 9 FLAGS (\\Seen))\r\n"
        b"* 99 FETCH (UID 99 BODY[HEADER.FIELDS (FROM)] {%d}\r\n%b)\r\n"
        b"* 1 FETCH (UID 5 FLAGS (\\Seen kw) RFC822.SIZE 0 BODY[HEADER.FIELDS (FROM)] {%d}\r\n"
        b"%b)\r\n"
        b"* VANISHED 1:3\r\n+ what?\r\nTAG OK\r\n"
    ) % (len(header), header, len(header), header)
    with connect(scripted(after_login(answer))) as found:
        [only] = found.headers([(1, 10)])
    assert (only.uid, only.size, only.internaldate, only.raw) == (5, None, None, header)


def test_a_message_that_the_server_cannot_read_does_not_block_the_others(scripted):
    """zammad#2754: one bad mail, and nothing after it is ever read."""
    asked = []

    def script(client):
        client.log_in()
        with contextlib.suppress(Gone):
            while True:
                tag, command = client.hear()
                if not command.startswith(b"UID FETCH"):
                    client.say(tag + b" OK")
                    continue
                lo, _, hi = command.split()[2].partition(b":")
                uids = range(int(lo), int(hi or lo) + 1)
                asked.append(len(uids))
                for uid in [] if 13 in uids else uids:
                    client.say(b"* %d FETCH (UID %d BODY[HEADER.FIELDS (FROM)] {2}" % (uid, uid))
                    client.raw(b"\r\n)\r\n")
                refused = b" NO [SERVERBUG] Internal error occurred."
                client.say(tag + (refused if 13 in uids else b" OK"))

    with connect(scripted(script)) as found:
        uids = sorted(header.uid for header in found.headers([(1, 50)]))
    assert uids == [uid for uid in range(1, 51) if uid != 13]
    assert len(asked) <= 13


def test_headers_before_a_message_that_drops_the_connection_are_kept(scripted):
    header = b"* %d FETCH (UID %d BODY[HEADER.FIELDS (FROM)] {2}\r\n\r\n)\r\n"
    answers = [header % (uid, uid) for uid in (1, 2)]
    uids = []
    with connect(scripted(after_login(*answers, hang_up))) as found, failing(ConnectionLost):
        uids.extend(each.uid for each in found.headers([(1, 10)]))
    assert uids == [1, 2]


def test_a_server_that_refuses_every_message_is_at_fault_itself(scripted):
    def script(client):
        client.log_in()
        while True:
            tag, _ = client.hear()
            client.say(tag + b" NO [SERVERBUG] Internal error occurred.")

    with connect(scripted(script)) as found, failing(ServerRefused, kind=Kind.TRANS):
        list(found.headers([(1, 500)]))


def test_a_mailbox_that_refuses_to_be_opened_says_why(scripted):
    refusal = b"TAG NO [CANNOT] Mailbox isn't a valid mbox file\r\n"
    words = "[CANNOT] Mailbox isn't a valid mbox file"
    with connect(scripted(after_login(refusal))) as found, failing(MailboxMissing, detail=words):
        found.examine("Phantom")


def test_zero_or_missing_numbers_become_none(scripted):
    def script(client):
        client.log_in()
        client.accept(b"* STATUS INBOX (UIDNEXT 0 UIDVALIDITY 0)")
        client.accept(b'* STATUS "Sent" (UIDVALIDITY 99999999999)')
        client.accept(b"* STATUS {5}\r\nDra (f (UIDNEXT 7 UIDVALIDITY 8)")
        client.accept()  # no answer except OK
        client.accept(b"* 0 EXISTS", b"* OK [UIDVALIDITY 0] ?")
        client.wait_for_the_end()

    with connect(scripted(script)) as found:
        told = found.status(["INBOX", "Sent", "Dra (f", "Mute"])
        examined = found.examine("INBOX")
    assert [(each.uidnext, each.uidvalidity) for each in told.values()] == [
        (None, None),
        (None, None),
        (7, 8),
        (None, None),
    ]
    assert (examined.uidvalidity, examined.uidnext, examined.exists) == (None, None, 0)


def test_a_message_above_the_servers_limit_is_not_sent_to_it(scripted):
    server = scripted(after_login(capabilities=b"IMAP4rev1 APPENDLIMIT=1000"))
    with connect(server) as found, failing(ServerRefused, code="copy_too_large", kind=Kind.MSG):
        found.append("Sent", b"x" * 1001, session.datetime.now())
    assert b"APPEND" not in server.heard


def test_a_literal_waits_for_a_continuation_request(scripted):
    message = b"Subject: x\r\n\r\nbody\r\n"

    def script(client):
        client.log_in()
        tag, command = client.hear()
        assert command.endswith(b"{%d}" % len(message))
        client.sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.sock.recv(1)
        client.sock.settimeout(5)
        client.raw(b"* 3 EXISTS\r\n+\r\n")
        assert client.hear_bytes(len(message) + 2) == message + b"\r\n"
        client.say(tag + b" OK")
        client.wait_for_the_end()

    with connect(scripted(script)) as found:
        found.append("Sent", message, session.datetime.now())


def test_logout_does_not_wait_for_an_answer(scripted):
    said = threading.Event()

    def script(client):
        client.log_in()
        assert client.hear()[1] == b"LOGOUT"
        said.set()
        client.wait_for_the_end()

    found = connect(scripted(script))
    began = time.monotonic()
    found.close()
    assert time.monotonic() - began < BUDGET
    assert said.wait(5)


def test_a_lookup_that_never_returns_is_abandoned(scripted, monkeypatch):
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: released.wait(5) and [])
    with failing(ConnectionTimeout, step=Step.LOOKUP):
        connect(scripted(silence))
    released.set()


def test_the_second_address_is_tried_when_the_first_is_a_black_hole(scripted, monkeypatch):
    server = scripted(lambda client: (client.log_in(), client.wait_for_the_end()))
    full = socket.create_server(("127.0.0.1", 0), backlog=0)  # accepts one more, then drops
    fillers = [socket.socket() for _ in range(3)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(full.getsockname())
    addresses = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", address)
        for address in (full.getsockname(), server.listener.getsockname())
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: addresses)
    connect(server).close()
    for each in (full, *fillers):
        each.close()
