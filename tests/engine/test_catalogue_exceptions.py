"""What an exception means: the texts and classes that it hides."""

import imaplib
import smtplib
import socket
import ssl

import pytest

from engine import errors
from engine.catalogue import (
    Cause,
    classify_chain,
)
from engine.errors import Step

from .sentences import (
    LIMIT,
    LOGIN,
    NET,
    READING,
    SENDING,
)


def raised(*errors_):
    """Return the last of these exceptions, each raised while the one before was handled."""
    context = None
    for error in errors_:
        error.__context__ = context
        context = error
    return context


def test_a_lost_connection_behind_a_login_error():
    """IMAPClient wraps a dropped connection as LoginError; only the context tells."""
    error = raised(ConnectionResetError(104, "reset"), imaplib.IMAP4.error("login failed"))
    assert classify_chain(error, step=LOGIN) == Cause("connection_lost", NET)


def test_what_the_server_said_before_it_hung_up():
    error = raised(
        imaplib.IMAP4.error("[AUTHENTICATIONFAILED] no"), ConnectionResetError(104, "reset")
    )
    assert classify_chain(error, step=LOGIN).code == "login_refused"


def test_throttling_in_a_bye_behind_our_own_connection_lost():
    error = raised(
        imaplib.IMAP4.abort("[OVERQUOTA] Account exceeded command or bandwidth limits"),
        errors.ConnectionLost("while reading"),
    )
    assert classify_chain(error, step=READING) == Cause("throttled", LIMIT)


def test_our_own_errors_keep_what_they_know():
    error = errors.ServerRefused("x", code="throttled", kind=LIMIT, retry_after=7)
    assert classify_chain(raised(error, ValueError("y")), step=LOGIN) == Cause(
        "throttled", LIMIT, 7
    )
    assert classify_chain(errors.ProtocolViolation("x"), step=LOGIN).code == "protocol"
    assert classify_chain(errors.ConnectionLost(), step=LOGIN) == Cause("connection_lost", NET)
    assert classify_chain(errors.MailError("[INUSE]"), step=LOGIN).code == "mailbox_busy"


def test_an_smtp_reply_that_a_failed_reset_hides():
    error = raised(
        smtplib.SMTPDataError(554, b"5.7.1 This message was classified as SPAM"),
        smtplib.SMTPServerDisconnected("Connection unexpectedly closed"),
    )
    assert classify_chain(error, step=SENDING, protocol="smtp").code == "content_refused"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (smtplib.SMTPAuthenticationError(535, b"5.7.8 bad"), "login_refused"),
        (smtplib.SMTPRecipientsRefused({"a@b.c": (550, b"5.1.1 no")}), "recipient_unknown"),
        (smtplib.SMTPServerDisconnected("Connection unexpectedly closed"), "connection_lost"),
        (smtplib.SMTPNotSupportedError("SMTP AUTH extension not supported"), "smtp_auth_missing"),
        (socket.gaierror(socket.EAI_NONAME, "inconnu"), "host_not_found"),
        (socket.gaierror(socket.EAI_AGAIN, "later"), "lookup_failed"),
        (ConnectionRefusedError(111, "verweigert"), "connection_refused"),
        (ConnectionRefusedError(), "connection_refused"),
        (TimeoutError(), "timeout"),
        (OSError(101, "?"), "network_unreachable"),
        (BrokenPipeError(32, "?"), "connection_lost"),
        (EOFError(), "connection_lost"),
        (ssl.SSLEOFError(8, "EOF occurred"), "connection_lost"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong"), "tls_on_plain_port"),
        (ssl.SSLError(1, "[SSL: NEVER_SEEN] odd"), "tls_failed"),
        (ValueError("odd"), "unknown"),
        (OSError("odd"), "unknown"),
    ],
)
def test_an_exception_by_its_class(error, code):
    assert classify_chain(error, step=Step.SENDING, protocol="smtp").code == code


@pytest.mark.parametrize(
    ("verify_code", "code"),
    [(10, "certificate_expired"), (62, "certificate_name"), (18, "certificate_untrusted")],
)
def test_a_certificate_by_openssls_own_number(verify_code, code):
    error = ssl.SSLCertVerificationError(1, "odd")
    error.verify_code = verify_code
    assert classify_chain(error, step=Step.TLS).code == code
