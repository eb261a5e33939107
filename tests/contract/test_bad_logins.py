"""Servers that lie, stall or give up before and during login. Each case stays within its budget."""

from __future__ import annotations

import base64
import re

import pytest

from engine.errors import (
    CertificateUntrusted,
    ConnectionLost,
    ConnectionTimeout,
    InvalidSettings,
    Kind,
    LoginRefused,
    ProtocolViolation,
    ServerRefused,
    StarttlsGone,
    StarttlsMissing,
    Step,
    TlsError,
    TlsOnPlainPort,
)
from engine.imap import session
from engine.smtp import check as smtp
from engine.values import Credentials, Endpoint, Security
from tests.contract.scripted import (
    BUDGET,
    GREETING,
    PASSWORDS,
    SECRET,
    connect,
    drip,
    failing,
    pinned,
    silence,
)

# -- before the login --------------------------------------------------------------------------


@pytest.mark.parametrize("script", [silence, drip])
def test_a_server_that_does_not_greet(scripted, script):
    with failing(ConnectionTimeout):
        connect(scripted(script))


def test_a_server_that_does_not_answer_the_handshake(scripted):
    with failing(ConnectionTimeout, step=Step.TLS):
        connect(scripted(silence), implicit_tls=True)


def test_a_server_that_greets_and_goes_silent(scripted):
    def script(client):
        client.raw(GREETING)
        client.wait_for_the_end()

    with failing(ConnectionTimeout, step=Step.LOGIN):
        connect(scripted(script))


def test_a_server_that_hangs_up_at_once(scripted):
    with failing(ConnectionLost, step=Step.CONNECTION):
        connect(scripted(lambda client: None))


def test_a_server_of_another_protocol(scripted):
    with failing(ProtocolViolation, code="not_imap"):
        connect(scripted(lambda client: client.say(b"220 mail.example.com ESMTP")))


def test_a_server_that_is_full(scripted):
    words = b"* BYE [ALERT] Too many simultaneous connections. (Failure)"
    with failing(ServerRefused, kind=Kind.LIMIT, code="too_many_connections"):
        connect(scripted(lambda client: client.say(words)))


def test_a_server_that_says_goodbye_instead_of_hello(scripted):
    with failing(ConnectionLost, detail="So long"):
        connect(scripted(lambda client: client.say(b"* BYE So long")))


def test_a_preauth_greeting_is_refused(scripted):
    server = scripted(lambda client: client.say(b"* PREAUTH [CAPABILITY IMAP4rev1] welcome"))
    with failing(ProtocolViolation, code="preauth"):
        connect(server)
    assert server.heard == b""


def test_plain_text_to_a_tls_port_is_recognised_by_its_silence(scripted):
    def script(client):
        client.start_tls()

    with failing(TlsError, code="plain_on_tls_port"):
        connect(scripted(script))


def test_tls_to_a_port_that_speaks_plain_text(scripted):
    with failing(TlsOnPlainPort):
        connect(scripted(lambda client: client.raw(GREETING)), implicit_tls=True)


# -- STARTTLS ----------------------------------------------------------------------------------

OFFER = b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hello"
NO_OFFER = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello"


def without_starttls(client):
    client.say(NO_OFFER)
    client.wait_for_the_end()


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"starttls_required": True}, StarttlsGone),
        ({"starttls_required": True, "plain_allowed": False}, StarttlsGone),
        ({"pin": True, "fingerprint": "00" * 32}, StarttlsGone),
        ({"plain_allowed": False}, StarttlsMissing),
    ],
)
def test_a_password_is_not_sent_where_starttls_was_stripped(scripted, settings, error):
    server = scripted(without_starttls)
    with failing(error):
        connect(server, **settings)
    assert b"LOGIN" not in server.heard and b"AUTH" not in server.heard


@pytest.mark.parametrize("refusal", [b"NO not now", b"BAD what"])
def test_a_password_is_not_sent_where_starttls_is_offered_and_refused(scripted, refusal):
    def script(client):
        client.say(OFFER)
        client.accept(ok=refusal)
        client.wait_for_the_end()

    server = scripted(script)
    with failing(ServerRefused, step=Step.TLS):
        connect(server)
    assert b"LOGIN" not in server.heard.replace(b"LOGOUT", b"")


def test_answers_injected_before_tls_are_noticed(scripted):
    def script(client):
        client.say(OFFER)
        tag, _ = client.hear()
        client.say(tag + b" OK begin", b"* CAPABILITY IMAP4rev1 AUTH=PLAIN", b"A2 OK", b"A3 OK")
        client.wait_for_the_end()

    server = scripted(script)
    with failing(ProtocolViolation, code="starttls_injection", step=Step.TLS):
        connect(server)
    assert b"AUTH" not in server.heard and b"LOGIN " not in server.heard


def test_capabilities_are_requested_again_after_tls(scripted):
    """Anybody can forge the mechanisms offered in plain text."""

    def script(client):
        client.say(b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR] hello")
        client.accept()
        client.start_tls()
        assert client.accept(b"* CAPABILITY IMAP4rev1 LITERAL+") == b"CAPABILITY"
        assert client.hear()[1].startswith(b"LOGIN ")

    with failing(ConnectionLost, step=Step.LOGIN):
        connect(scripted(script), **pinned())


def test_an_untrusted_certificate_after_starttls(scripted):
    def script(client):
        client.say(OFFER)
        client.accept()
        client.start_tls()
        client.wait_for_the_end()

    server = scripted(script)
    with failing(CertificateUntrusted):
        connect(server)
    assert b"LOGIN " not in server.heard


# -- the login ---------------------------------------------------------------------------------


def login_answer(answer: bytes):
    def script(client):
        client.raw(GREETING)
        client.accept(ok=answer)
        client.wait_for_the_end()

    return script


@pytest.mark.parametrize(
    "answer",
    [
        b"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
        b"NO [AUTHORIZATIONFAILED] not you",
        b"NO [EXPIRED] too old",
        b"NO LOGIN failed.",
    ],
)
def test_a_wrong_password_is_reported_as_one(scripted, answer):
    with failing(LoginRefused, kind=Kind.CRED, step=Step.LOGIN):
        connect(scripted(login_answer(answer)))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"NO [UNAVAILABLE] Temporary authentication failure.", Kind.TRANS),
        (b"NO [INUSE] busy", Kind.LIMIT),
        (b"NO [LIMIT] enough", Kind.LIMIT),
        (b"NO [SERVERBUG] Internal error", Kind.TRANS),
        (b"NO [OVERQUOTA] Account exceeded command or bandwidth limits", Kind.LIMIT),
        (b"NO Too many login attempts", Kind.LIMIT),
        (b"NO [ALERT] Too many simultaneous connections. (Failure)", Kind.LIMIT),
        (b"BAD who knows", Kind.TRANS),
    ],
)
def test_other_refusals_are_not_reported_as_a_wrong_password(scripted, answer, kind):
    with failing(ServerRefused, kind=kind, step=Step.LOGIN):
        connect(scripted(login_answer(answer)))


def test_the_pause_that_a_server_asks_for_is_respected(scripted):
    answer = b"BAD Request is throttled. Suggested Backoff Time: 297000 milliseconds"
    with failing(ServerRefused, kind=Kind.LIMIT, retry_after=297.0):
        connect(scripted(login_answer(answer)))


@pytest.mark.parametrize("words", [b"", b"* BYE Session expired, please login again\r\n"])
def test_a_connection_that_ends_during_the_login_is_not_a_wrong_password(scripted, words):
    def script(client):
        client.raw(GREETING)
        client.hear()
        client.raw(words)

    with failing(ConnectionLost, step=Step.LOGIN):
        connect(scripted(script))


def test_a_server_that_echoes_the_password_has_it_taken_out(scripted):
    def script(client):
        client.raw(GREETING)
        tag, command = client.hear()
        client.say(tag + b" NO LOGIN failed for " + SECRET.encode() + b" " + command)

    with failing(LoginRefused) as caught:
        connect(scripted(script))
    assert "LOGIN failed for •••" in caught.value.detail


def test_no_password_is_sent_to_a_server_that_accepts_none(scripted):
    def script(client):
        client.say(b"* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 LOGINDISABLED] hello")
        client.wait_for_the_end()

    server = scripted(script)
    with failing(TlsError, code="plaintext_disallowed", step=Step.LOGIN):
        connect(server)
    assert b"LOGIN " not in server.heard and b"AUTH" not in server.heard


def test_no_password_is_sent_over_tls_to_a_server_that_accepts_none(scripted):
    def script(client):
        client.start_tls()
        client.say(b"* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 LOGINDISABLED] hello")
        client.wait_for_the_end()

    server = scripted(script)
    with failing(ServerRefused, code="password_sign_in_off", kind=Kind.SETUP):
        connect(server, implicit_tls=True, **pinned())
    assert b"LOGIN " not in server.heard


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize(
    "capabilities", [b"IMAP4rev1", b"IMAP4rev1 LITERAL+", b"IMAP4rev1 LITERAL-"]
)
def test_login_carries_any_password(scripted, capabilities, password):
    def script(client):
        client.say(b"* OK [CAPABILITY " + capabilities + b"] hello")
        tag, command = client.hear()
        arguments = []
        rest = command.removeprefix(b"LOGIN ")
        while rest:
            if found := re.fullmatch(rb"\{(\d+)(\+?)\}", rest):
                if not found[2]:
                    client.raw(b"+\r\n")
                arguments.append(client.hear_bytes(int(found[1])))
                rest = b" ".join(client.hear()).strip()
            else:
                found = re.match(rb'"((?:[^"\\]|\\["\\])*)" ?', rest)
                arguments.append(re.sub(rb"\\(.)", rb"\1", found[1]))
                rest = rest[found.end() :]
        assert arguments == [b"me", password.encode()]
        client.say(tag + b" OK")
        client.wait_for_the_end()

    with connect(scripted(script), Credentials("me", password)) as found:
        assert found.connected.security is Security.PLAIN


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("initial", [b" SASL-IR", b""])
def test_authenticate_carries_any_password(scripted, initial, password):
    def script(client):
        client.say(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN" + initial + b"] hello")
        tag, command = client.hear()
        secret = command.removeprefix(b"AUTHENTICATE PLAIN").strip()
        if not initial:
            assert not secret
            client.raw(b"+\r\n")  # some omit the space after it
            secret, _ = client.hear()
        assert base64.b64decode(secret) == b"\0me\0" + password.encode()
        client.say(tag + b" OK")  # and no text after that
        client.wait_for_the_end()

    connect(scripted(script), Credentials("me", password)).close()


@pytest.mark.parametrize("bad", ["a\r\nA9 DELETE INBOX", "a\nb", "a\rb", "a\0b", "\udcff"])
def test_a_line_break_in_any_field_is_refused_and_nothing_is_sent(scripted, bad):
    server = scripted(silence)
    endpoint = server.endpoint()
    for where, who in (
        (endpoint, Credentials(bad, "x")),
        (endpoint, Credentials("x", bad)),
        (Endpoint(f"127.0.0.1{bad}", endpoint.port), Credentials("x", "x")),
    ):
        for ask in (session.connect, smtp.check):
            with failing(InvalidSettings):
                ask(where, who, budget=BUDGET)
    assert server.clients == []


def test_capabilities_that_come_only_after_the_login_are_used(scripted):
    def script(client):
        client.say(b"* OK hello")
        assert client.accept(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR") == b"CAPABILITY"
        client.accept()
        assert client.accept(b"* CAPABILITY IMAP4rev1 ESEARCH") == b"CAPABILITY"
        tag, command = client.hear()
        assert command == b"UID SEARCH RETURN (ALL) UID 1:9"
        client.say(b'* ESEARCH (TAG "' + tag + b'") UID ALL 2,5:7', tag + b" OK")
        client.wait_for_the_end()

    with connect(scripted(script)) as found:
        assert found.search(1, 9) == [2, 5, 6, 7]


def test_our_name_is_sent_to_a_server_that_requires_it_first(scripted):
    """NetEase's servers answer EXAMINE with "Unsafe Login" unless ID was sent (RFC 2971)."""

    def script(client):
        client.log_in(b"IMAP4rev1 ID X-CM-EXT-1")
        assert client.accept(b"* ID NIL").startswith(b'ID ("name"')
        assert client.accept(b"* 3 EXISTS") == b'EXAMINE "INBOX"'
        assert client.accept(b"* 4 EXISTS") == b'EXAMINE "INBOX"'
        client.wait_for_the_end()

    with connect(scripted(script)) as found:
        assert found.examine("INBOX").exists == 3
        assert found.examine("INBOX").exists == 4
