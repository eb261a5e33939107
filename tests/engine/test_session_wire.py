"""From bytes to responses, however the network splits them, and within limits."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConnectionLost, ConnectionTimeout, ProtocolViolation, Step
from engine.net.dial import LONGEST, Deadline
from engine.net.wire import MAX_LINE, Wire


class Network:
    """A socket that returns these pieces, and keeps what is sent."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)
        self.sent = b""

    def settimeout(self, seconds):
        assert seconds > 0

    def recv(self, size):
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, Exception):
            raise piece
        if len(piece) > size:
            self.pieces.insert(0, piece[size:])
        return piece[:size]

    def sendall(self, data):
        self.sent += data


def wire(*pieces, limit=1000, seconds=60):
    return Wire(Network(*pieces), Deadline(seconds), limit)


STREAM = (
    b"* OK hello {5}\r\n"
    b"* 1 FETCH (UID 5 BODY[] {12}\r\nab\r\nc} {3}\r\n)\r\n"
    b"* LIST () NIL ~{3}\r\na\0b (x {0}\r\n)\r\n"
    b"* 2 FETCH (BODY[] {3+}\r\nxyz)\n"
    b"A1 OK {9}\r\n"
    b"+ {1}\r\n"
    b"\r\n"
)
RESPONSES = [
    [b"* OK hello {5}"],
    [b"* 1 FETCH (UID 5 BODY[] {12}", b"ab\r\nc} {3}\r\n", b")"],
    [b"* LIST () NIL ~{3}", b"a\0b", b" (x {0}", b"", b")"],
    [b"* 2 FETCH (BODY[] {3+}", b"xyz", b")"],
    [b"A1 OK {9}"],
    [b"+ {1}"],
    [b""],
]


@given(st.lists(st.integers(1, len(STREAM) - 1), unique=True).map(sorted))
def test_a_stream_reads_the_same_however_it_is_split(cuts):
    pieces = [STREAM[a:b] for a, b in zip([0, *cuts], [*cuts, len(STREAM)], strict=True)]
    found = wire(*pieces)
    assert [found.response() for _ in RESPONSES] == RESPONSES
    assert found.bytes_in == len(STREAM)
    assert not found.pending
    with pytest.raises(ConnectionLost):
        found.response()


@given(st.binary(max_size=200))
def test_any_input_gives_a_response_or_a_mail_error(data):
    found = wire(data)
    with pytest.raises((ConnectionLost, ProtocolViolation)):
        while True:
            found.response()


def test_a_round_trip_is_a_wait_after_something_was_sent():
    found = wire(b"* OK\r\n", b"* 1 EXISTS\r\n", b"A1 OK\r\nA2 OK\r\n", b"A3 OK\r\n")
    found.response()
    assert found.round_trips == 2  # TCP, and the greeting
    found.send(b"A1\r\n")
    found.send(b"A2\r\n")
    for _ in range(3):
        found.response()
    assert found.round_trips == 3
    found.send(b"A3\r\n")
    found.response()
    assert (found.round_trips, found.bytes_out, found.sock.sent) == (4, 12, b"A1\r\nA2\r\nA3\r\n")


def test_a_literal_may_be_as_long_as_the_limit_and_no_longer():
    assert wire(b"* X {1000}\r\n", b"x" * 1000, b"\r\n").response()[1] == b"x" * 1000
    with pytest.raises(ProtocolViolation, match="1001"):
        wire(b"* X {1001}\r\n", b"x" * 2000).response()


def test_a_line_may_be_as_long_as_the_limit_and_no_longer():
    assert len(wire(b"* " + b"x" * (MAX_LINE - 100), b"\r\n").response()[0]) == MAX_LINE - 98
    with pytest.raises(ProtocolViolation):
        wire(b"* " + b"x" * (MAX_LINE + 70_000)).response()
    assert len(wire(b"* SEARCH " + b"1 " * MAX_LINE, b"\r\n").response()[0]) > MAX_LINE


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (TimeoutError("timed out"), ConnectionTimeout),
        (ConnectionResetError(104, "Connection reset by peer"), ConnectionLost),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), ConnectionLost),
        (ssl.SSLError(1, "[SSL: DECRYPTION_FAILED] bad"), ConnectionLost),
    ],
)
def test_an_error_names_the_step_in_which_it_occurred(trouble, error):
    found = wire(b"* OK\r\n* X {5}\r\nab", trouble)
    found.step = Step.READING
    found.response()
    with pytest.raises(error) as caught:
        found.response()
    assert caught.value.step is Step.READING


def test_a_deadline_is_for_the_whole_not_for_each_byte(monkeypatch):
    clock = Clock(monkeypatch)
    deadline = Deadline(10)
    for _ in range(9):
        clock.now += 1
        deadline.moved(1_000_000)
        deadline.left()
    clock.now += 1
    with pytest.raises(ConnectionTimeout):
        deadline.left()


def test_a_transfer_lasts_as_long_as_it_moves(monkeypatch):
    clock = Clock(monkeypatch)
    deadline = Deadline(10, moving=True)
    for _ in range(500):
        clock.now += 1
        deadline.moved(20_000)
        assert deadline.left() <= 10
    clock.now += 10
    with pytest.raises(ConnectionTimeout):
        deadline.left()


def test_a_transfer_does_not_last_for_ever_even_if_it_moves(monkeypatch):
    clock = Clock(monkeypatch)
    deadline = Deadline(10, moving=True)
    with pytest.raises(ConnectionTimeout):
        for _ in range(1000):
            clock.now += 1
            deadline.moved(20_000)
            deadline.left()
    assert clock.now - 1000 == LONGEST


def test_a_transfer_that_drips_does_not_last(monkeypatch):
    clock = Clock(monkeypatch)
    deadline = Deadline(10, moving=True)
    with pytest.raises(ConnectionTimeout):
        for _ in range(20):
            clock.now += 1
            deadline.moved(1000)
            deadline.left()


class Clock:
    def __init__(self, monkeypatch):
        self.now = 1000.0
        monkeypatch.setattr("engine.net.dial.time.monotonic", lambda: self.now)
