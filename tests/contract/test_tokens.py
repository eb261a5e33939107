"""Logging in with an access token: on real servers, and on servers that misbehave."""

from __future__ import annotations

import base64
import json

import pytest

from dev import oidc, visitor
from engine.errors import (
    ConnectionLost,
    InvalidSettings,
    Kind,
    LoginRefused,
    ProtocolViolation,
    ServerRefused,
    Step,
    TlsError,
)
from engine.imap import session
from engine.smtp import check as smtp
from engine.values import Credentials
from tests.contract.loopback import LOOPBACK
from tests.contract.scripted import BUDGET, connect, failing

from .conftest import new_user

TOKEN = "ya29.a0Af-Token_~+/=="
ME = Credentials("me@example.com", TOKEN, bearer=True)
XOAUTH2 = f"user=me@example.com\x01auth=Bearer {TOKEN}\x01\x01".encode()
#: What Google answers to a token that has expired.
GONE = base64.b64encode(
    b'{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}'
)


@pytest.fixture(scope="module")
def ann(services):
    email = new_user()
    return Credentials(email, visitor.tokens(email)["access_token"], bearer=True)


def imap(services, credentials):
    with session.connect(services.imaps(), credentials, policy=LOOPBACK) as found:
        return [folder.name for folder in found.folders()]


def send(services, credentials):
    return smtp.check(services.smtps(), credentials, policy=LOOPBACK)


# -- real servers ------------------------------------------------------------------------------


def test_a_token_opens_the_mailbox_and_the_way_out(services, ann):
    assert "INBOX" in imap(services, ann)
    assert send(services, ann).fingerprint


def test_starttls_comes_before_the_token(services, ann):
    with session.connect(services.imap(), ann, policy=LOOPBACK) as found:
        assert found.wire.encrypted
    assert smtp.check(services.smtp(), ann, policy=LOOPBACK).fingerprint


@pytest.mark.parametrize("use", [imap, send])
def test_a_token_that_is_unknown_there_is_refused_as_one(services, use):
    with failing(LoginRefused, code="token_refused", kind=Kind.CRED, step=Step.LOGIN) as caught:
        use(services, Credentials(new_user(), "an-unknown-token", bearer=True))
    assert "401" in caught.value.detail or "invalid" in caught.value.detail


@pytest.mark.parametrize("use", [imap, send])
def test_a_token_opens_nobody_elses_mailbox(services, ann, use):
    with failing(LoginRefused, code="token_refused"):
        use(services, Credentials(new_user(), ann.password, bearer=True))


@pytest.mark.parametrize("use", [imap, send])
def test_a_revoked_token_is_refused(services, use):
    email = new_user()
    token = visitor.tokens(email)["access_token"]
    oidc.post("/token/revocation", token=token)
    with failing(LoginRefused, code="token_refused"):
        use(services, Credentials(email, token, bearer=True))


# -- IMAP: what goes over the wire --------------------------------------------------------------


def imap_server(offers: bytes, *answers):
    """A server that offers this, and answers the client's lines one after another."""

    def script(client):
        client.say(b"* OK [CAPABILITY IMAP4rev1 " + offers + b"] hello")
        tag = b""
        for answer in answers:
            heard, _ = client.hear()
            tag = tag or heard
            client.raw(answer.replace(b"TAG", tag))
        client.wait_for_the_end()

    return script


def lines(server) -> list[bytes]:
    return server.heard.split(b"\r\n")


@pytest.mark.parametrize(
    ("offers", "message"),
    [
        (b"AUTH=XOAUTH2 AUTH=PLAIN", XOAUTH2),
        (
            b"AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER",
            b"n,a=me@example.com,\x01host=127.0.0.1\x01port=PORT\x01auth=Bearer "
            + TOKEN.encode()
            + b"\x01\x01",
        ),
    ],
)
def test_the_standard_mechanism_comes_first(scripted, offers, message):
    server = scripted(imap_server(offers + b" SASL-IR", b"TAG OK in\r\n"))
    connect(server, ME).close()
    command = lines(server)[0]
    port = str(server.endpoint().port).encode()
    assert base64.b64decode(command.split()[-1]) == message.replace(b"PORT", port)


def test_without_an_initial_response_the_token_waits_for_the_go_ahead(scripted):
    server = scripted(imap_server(b"AUTH=XOAUTH2", b"+\r\n", b"TAG OK in\r\n"))
    connect(server, ME).close()
    command, message = lines(server)[:2]
    assert command.endswith(b"AUTHENTICATE XOAUTH2")
    assert base64.b64decode(message) == XOAUTH2


def test_a_comma_and_an_equals_sign_in_a_name_stay_in_their_field(scripted):
    """RFC 5801 §4: `=` and `,` are written as =3D and =2C."""
    server = scripted(imap_server(b"AUTH=OAUTHBEARER SASL-IR", b"TAG OK in\r\n"))
    connect(server, Credentials("a=b,c@example.com", TOKEN, bearer=True)).close()
    assert base64.b64decode(lines(server)[0].split()[-1]).startswith(
        b"n,a=a=3Db=2Cc@example.com,\x01"
    )


@pytest.mark.parametrize(("offers", "farewell"), [(b"XOAUTH2", b""), (b"OAUTHBEARER", b"AQ==")])
def test_the_reason_is_answered_before_the_refusal_comes(scripted, offers, farewell):
    """RFC 7628 §3.2.3: a dummy response, %x01; Google's XOAUTH2 wants an empty one."""
    server = scripted(
        imap_server(
            b"AUTH=" + offers + b" SASL-IR",
            b"+ " + GONE + b"\r\n",
            b"TAG NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)\r\n",
        )
    )
    with failing(LoginRefused, code="token_refused") as caught:
        connect(server, ME)
    assert lines(server)[1] == farewell
    assert "401" in caught.value.detail
    assert TOKEN not in str(caught.value)


def challenge(**said) -> bytes:
    return b"+ " + base64.b64encode(json.dumps(said).encode()) + b"\r\n"


@pytest.mark.parametrize(
    ("said", "answer", "error", "code"),
    [
        ({"status": "insufficient_scope"}, b"NO no", LoginRefused, "scope_missing"),
        ({"status": "403"}, b"NO AUTHENTICATE failed.", LoginRefused, "scope_missing"),
        ({"status": "invalid_token"}, b"NO [EXPIRED] too old", LoginRefused, "token_refused"),
        ({"status": "400"}, b"NO AUTHENTICATE failed.", LoginRefused, "token_refused"),
        ({"status": 401}, b"BAD what", LoginRefused, "token_refused"),
        ({}, b"NO LOGIN failed.", LoginRefused, "token_refused"),
        ({"status": "503"}, b"NO no", ServerRefused, "login_unavailable"),
        (
            {"status": "400"},
            b"NO [ALERT] IMAP access is disabled for your domain.",
            ServerRefused,
            "imap_disabled_by_admin",
        ),
        (
            {"status": "400"},
            b"NO [ALERT] Too many simultaneous connections. (Failure)",
            ServerRefused,
            "too_many_connections",
        ),
        ({}, b"NO [UNAVAILABLE] Temporary authentication failure.", ServerRefused, None),
    ],
)
def test_a_refusal_says_whether_the_token_is_the_reason(scripted, said, answer, error, code):
    server = scripted(
        imap_server(b"AUTH=XOAUTH2 SASL-IR", challenge(**said), b"TAG " + answer + b"\r\n")
    )
    with failing(error, step=Step.LOGIN, **({"code": code} if code else {})) as caught:
        connect(server, ME)
    assert (caught.value.kind is Kind.CRED) == (error is LoginRefused)


def test_a_refusal_without_a_challenge(scripted):
    server = scripted(imap_server(b"AUTH=XOAUTH2 SASL-IR", b"TAG NO AUTHENTICATE failed.\r\n"))
    with failing(LoginRefused, code="token_refused"):
        connect(server, ME)


@pytest.mark.parametrize(
    "words", [b"", b"not base64 at all!", base64.b64encode(b"[" * 3000), base64.b64encode(b"7")]
)
def test_a_challenge_that_says_nothing(scripted, words):
    server = scripted(
        imap_server(b"AUTH=XOAUTH2 SASL-IR", b"+ " + words + b"\r\n", b"TAG NO no\r\n")
    )
    with failing(LoginRefused, code="token_refused"):
        connect(server, ME)


def test_challenges_without_end(scripted):
    server = scripted(imap_server(b"AUTH=XOAUTH2 SASL-IR", *[b"+ " + GONE + b"\r\n"] * 3))
    with failing(ProtocolViolation, step=Step.LOGIN):
        connect(server, ME)


def test_a_server_that_hangs_up_has_refused_nothing(scripted):
    def script(client):
        client.say(b"* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR] hello")
        client.hear()

    with failing(ConnectionLost, step=Step.LOGIN):
        connect(scripted(script), ME)


@pytest.mark.parametrize("offers", [b"AUTH=PLAIN", b"LOGINDISABLED", b""])
def test_no_token_is_sent_to_a_server_that_offers_no_sign_in(scripted, offers):
    server = scripted(imap_server(offers))
    with failing(ServerRefused, code="oauth_not_offered", kind=Kind.SETUP):
        connect(server, ME)
    assert b"AUTHENTICATE" not in server.heard and b"LOGIN" not in server.heard.replace(
        b"LOGOUT", b""
    )


@pytest.mark.parametrize(
    "who",
    [
        Credentials("me\x01auth=Bearer other", TOKEN, bearer=True),
        Credentials("me@example.com", "to ken", bearer=True),
        Credentials("me@example.com", "a\x01b", bearer=True),
        Credentials("me@example.com", "tökèn", bearer=True),
    ],
)
def test_a_field_that_would_end_early_is_refused_and_nothing_is_sent(scripted, who):
    server = scripted(imap_server(b"AUTH=XOAUTH2 SASL-IR"))
    with failing(InvalidSettings, step=Step.LOGIN):
        connect(server, who)
    assert b"AUTHENTICATE" not in server.heard


# -- SMTP: what goes over the wire --------------------------------------------------------------


def smtp_server(offers: bytes, *answers: bytes):
    def script(client):
        client.say(b"220 hello")
        client.hear()
        client.say(b"250-hello", b"250 AUTH " + offers)
        for answer in answers:
            client.hear()
            client.say(answer)
        client.wait_for_the_end()

    return script


def check(server, who=ME):
    return smtp.check(server.endpoint(), who, budget=BUDGET, policy=LOOPBACK)


def test_smtp_carries_the_token_in_the_command(scripted):
    server = scripted(smtp_server(b"LOGIN XOAUTH2", b"235 2.7.0 Accepted"))
    check(server)
    command = lines(server)[1]
    assert command.startswith(b"AUTH XOAUTH2 ")
    assert base64.b64decode(command.split()[-1]) == XOAUTH2


def test_a_long_token_does_not_make_a_line_that_is_too_long(scripted):
    """RFC 5321 §4.5.3.1.4: 512 octets, so a longer token waits for 334 (RFC 4954 §4)."""
    server = scripted(smtp_server(b"XOAUTH2", b"334 ", b"235 2.7.0 Accepted"))
    check(server, Credentials("me@example.com", "x" * 2000, bearer=True))
    command, message = lines(server)[1:3]
    assert command == b"AUTH XOAUTH2"
    assert b"x" * 2000 in base64.b64decode(message)


@pytest.mark.parametrize(("offers", "farewell"), [(b"XOAUTH2", b""), (b"OAUTHBEARER", b"AQ==")])
def test_smtp_answers_the_reason_before_the_refusal_comes(scripted, offers, farewell):
    server = scripted(
        smtp_server(offers, b"334 " + GONE, b"535 5.7.8 Username and Password not accepted")
    )
    with failing(LoginRefused, code="token_refused", kind=Kind.CRED) as caught:
        check(server)
    assert lines(server)[2] == farewell
    assert "401" in caught.value.detail


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (
            b"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for "
            b"the Tenant.",
            "smtp_auth_disabled",
        ),
        (b"454 4.7.0 Too many login attempts, please try again later.", "too_many_logins"),
    ],
)
def test_smtp_words_that_name_another_cause_keep_it(scripted, answer, code):
    server = scripted(smtp_server(b"XOAUTH2", answer))
    with failing(ServerRefused, code=code):
        check(server)


def test_smtp_sends_no_token_where_no_sign_in_is_offered(scripted):
    server = scripted(smtp_server(b"PLAIN LOGIN"))
    with failing(ServerRefused, code="oauth_not_offered"):
        check(server)
    assert b"AUTH" not in server.heard


# -- never in the clear ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encrypted", "peer", "allowed"),
    [
        (True, "198.51.100.7", True),
        (False, "127.0.0.1", True),
        (False, "::1", True),
        (False, "198.51.100.7", False),
        (False, "10.0.0.5", False),
        (False, "fe80::1%eth0", False),
    ],
)
def test_a_token_needs_tls_except_on_this_machine(encrypted, peer, allowed):
    from engine import sasl

    if allowed:
        sasl.check_private(encrypted, peer)
        return
    with pytest.raises(TlsError) as caught:
        sasl.check_private(encrypted, peer)
    assert caught.value.code == "token_needs_tls"
