"""What an SMTP server's words mean to the check, against a network that is a list of bytes."""

import smtplib
import socket

import pytest

from engine.catalogue import classify_chain
from engine.errors import Kind, LoginRefused, ProtocolViolation, ServerRefused, Step
from engine.net.dial import Deadline
from engine.net.wire import Wire
from engine.smtp.dialogue import Dialogue
from engine.smtp.handover import Connection
from engine.values import Credentials

from .test_session_wire import Network


class Somewhere(Network):
    def __init__(self, name, *pieces):
        super().__init__(*pieces)
        self.name = name

    def getsockname(self):
        return (self.name, 5, 0, 0)


def dialogue(*pieces, name="192.0.2.1"):
    return Dialogue(Wire(Somewhere(name, *pieces), Deadline(60), 0))


def test_extensions_are_read_in_any_writing():
    found = dialogue(b"250-mail\r\n250-size 1000\r\n250-AUTH=LOGIN\r\n250 Auth PLAIN\r\n")
    found.introduce()
    assert found.offered["AUTH"].split() == ["LOGIN", "PLAIN"]
    assert "SIZE" in found.offered and "MAIL" not in found.offered
    assert found.wire.sock.sent == b"EHLO [192.0.2.1]\r\n"


@pytest.mark.parametrize(
    ("name", "said"), [("2001:db8::1", b"[IPv6:2001:db8::1]"), ("fe80::1%eth0", b"[IPv6:fe80::1]")]
)
def test_we_are_our_address(name, said):
    found = dialogue(b"250 mail\r\n", name=name)
    found.introduce()
    assert found.wire.sock.sent == b"EHLO " + said + b"\r\n"


def test_what_was_offered_before_tls_is_forgotten():
    found = dialogue(b"250-mail\r\n250 AUTH PLAIN\r\n", b"250 mail\r\n")
    found.introduce()
    found.introduce()
    assert found.offered == {}


@pytest.mark.parametrize(
    ("reply", "error", "kind"),
    [
        (b"535 5.7.8 bad credentials", LoginRefused, Kind.CRED),
        (
            b"454-4.7.0 Too many login attempts,\r\n454 4.7.0 please try again",
            ServerRefused,
            "limit",
        ),
        (b"432 4.3.2 Concurrent connections limit exceeded", ServerRefused, Kind.LIMIT),
        (b"* BAD what", ProtocolViolation, Kind.TRANS),
    ],
)
def test_a_refused_login(reply, error, kind):
    found = dialogue(reply + b"\r\n")
    found.offered = {"AUTH": "PLAIN"}
    with pytest.raises(error) as caught:
        found.log_in(Credentials("me", "secret"))
    assert (caught.value.kind, caught.value.step) == (kind, Step.LOGIN)


def test_a_server_that_echoes_the_secret():
    found = dialogue(b"535 5.7.8 no AUTH PLAIN AG1lAHMzY3JldA== s3cret\r\n")
    found.offered = {"AUTH": "PLAIN"}
    with pytest.raises(LoginRefused) as caught:
        found.log_in(Credentials("me", "s3cret"))
    assert caught.value.detail == "535 5.7.8 no AUTH PLAIN ••• •••"


def test_a_reply_has_as_many_lines_as_it_says():
    found = dialogue(b"250-a\r\n250-b\r\n250 c\r\n220\r\n")
    assert found.reply() == [b"250-a", b"250-b", b"250 c"]
    assert found.reply() == [b"220"]


def test_a_mail_larger_than_the_server_takes_is_refused_before_it_is_sent():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = Connection(ours, {"SIZE": "1000"})
        with pytest.raises(smtplib.SMTPSenderRefused) as caught:
            connection.sendmail("ann@company.example", ["lena@customer.example"], b"x" * 1001)
        cause = classify_chain(caught.value, step=Step.SENDING, protocol="smtp")
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)
    assert cause.code == "message_too_large"


@pytest.mark.parametrize("offered", [{}, {"SIZE": ""}, {"SIZE": "0"}, {"SIZE": "1001"}])
def test_a_server_that_names_no_limit_or_a_larger_one_is_asked(offered):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"550 no\r\n250 ok\r\n")
        with pytest.raises(smtplib.SMTPSenderRefused):
            Connection(ours, offered).sendmail("ann@company.example", ["a@x"], b"x" * 1001)
        assert theirs.recv(100).startswith(b"mail FROM:<ann@company.example>")


def test_after_a_connection_was_lost_with_one_mail_the_next_was_not_handed_over():
    ours, theirs = socket.socketpair()
    connection = Connection(ours, {})
    theirs.sendall(b"250 ok\r\n250 ok\r\n354 go on\r\n")
    theirs.shutdown(socket.SHUT_WR)
    mail = ("ann@company.example", ["lena@customer.example"], b"Hello")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        connection.sendmail(*mail)
    assert connection.handed_over
    theirs.close()
    with pytest.raises(smtplib.SMTPServerDisconnected) as caught:
        connection.sendmail(*mail)
    assert not connection.handed_over
    cause = classify_chain(caught.value, step=Step.SENDING, protocol="smtp")
    assert (cause.kind, cause.code) == (Kind.NET, "connection_lost")
