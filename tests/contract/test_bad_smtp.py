"""SMTP servers that lie, stall and give up. Each case stays within its budget."""

from __future__ import annotations

import base64
import re

import pytest

from engine.errors import (
    ConnectionLost,
    ConnectionTimeout,
    Kind,
    LoginRefused,
    ProtocolViolation,
    ServerRefused,
    StarttlsGone,
    StarttlsMissing,
    Step,
)
from engine.smtp import check as smtp
from engine.values import Credentials
from tests.contract.loopback import LOOPBACK
from tests.contract.scripted import (
    BUDGET,
    CREDENTIALS,
    PASSWORDS,
    drip,
    failing,
    silence,
)


def check(server, credentials=CREDENTIALS, **settings):
    return smtp.check(server.endpoint(**settings), credentials, budget=BUDGET, policy=LOOPBACK)


def smtp_script(*extensions, login=(b"235 2.7.0 in",), challenges=()):
    def script(client):
        client.say(b"220 mail.example.com ESMTP")
        client.hear()
        lines = [b"mail.example.com", *extensions]
        client.say(*[b"250-" + line for line in lines[:-1]], b"250 " + lines[-1])
        client.hear()
        for challenge in challenges:
            client.say(b"334 " + challenge)
            client.hear()
        client.say(*login)
        client.wait_for_the_end()

    return script


@pytest.mark.parametrize("password", PASSWORDS)
def test_smtp_plain_carries_any_password(scripted, password):
    server = scripted(smtp_script(b"AUTH LOGIN PLAIN"))
    check(server, Credentials("me", password))
    secret = re.search(rb"AUTH PLAIN (\S+)", server.heard)[1]
    assert base64.b64decode(secret) == b"\0me\0" + password.encode()


@pytest.mark.parametrize("extension", [b"AUTH LOGIN XOAUTH2", b"AUTH=LOGIN"])
def test_smtp_login_carries_any_password(scripted, extension):
    challenges = (b"VXNlcm5hbWU6", b"UGFzc3dvcmQ6")
    server = scripted(smtp_script(extension, challenges=challenges))
    check(server, Credentials("me", "密 é"))
    said = server.heard.split(b"\r\n")
    assert said[1] == b"AUTH LOGIN"
    assert [base64.b64decode(line).decode() for line in said[2:4]] == ["me", "密 é"]


def test_smtp_cram_md5_as_in_rfc_2195(scripted):
    challenge = base64.b64encode(b"<1896.697170952@postoffice.reston.mci.net>")
    server = scripted(smtp_script(b"AUTH CRAM-MD5", challenges=(challenge,)))
    check(server, Credentials("tim", "tanstaaftanstaaf"))
    answer = base64.b64decode(server.heard.split(b"\r\n")[2])
    assert answer == b"tim b913a602c7eda7a495b4e6e7334d3890"


@pytest.mark.parametrize(
    ("reply", "error", "attributes"),
    [
        (b"535 5.7.8 Username and Password not accepted", LoginRefused, {"kind": Kind.CRED}),
        (b"454 4.7.0 Too many login attempts, try later", ServerRefused, {"kind": Kind.LIMIT}),
        (b"421 4.4.5 Server busy", ServerRefused, {"kind": Kind.TRANS}),
        (
            b"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for "
            b"the Tenant.",
            ServerRefused,
            {"kind": Kind.SETUP, "code": "smtp_auth_disabled"},
        ),
    ],
)
def test_smtp_refusals_are_distinguished(scripted, reply, error, attributes):
    with failing(error, step=Step.LOGIN, **attributes):
        check(scripted(smtp_script(b"AUTH PLAIN", login=(reply,))))


def test_smtp_without_a_supported_login_mechanism(scripted):
    server = scripted(smtp_script(b"SIZE 1000"))
    with failing(ServerRefused, code="smtp_auth_missing"):
        check(server)


def test_no_password_is_sent_to_an_smtp_server_that_accepts_none(scripted):
    server = scripted(smtp_script(b"AUTH XOAUTH2"))
    with failing(ServerRefused, code="password_sign_in_off"):
        check(server)
    assert b"AUTH" not in server.heard


def test_smtp_starttls_stripped(scripted):
    server = scripted(smtp_script(b"AUTH PLAIN"))
    with failing(StarttlsGone):
        check(server, starttls_required=True)
    with failing(StarttlsMissing):
        check(server, plain_allowed=False)
    assert b"AUTH" not in server.heard


def test_smtp_answers_injected_before_tls_are_noticed(scripted):
    def script(client):
        client.say(b"220 hello")
        client.hear()
        client.say(b"250-hello", b"250 STARTTLS")
        client.hear()
        client.say(b"220 begin", b"250-hello", b"250 AUTH PLAIN")
        client.wait_for_the_end()

    server = scripted(script)
    with failing(ProtocolViolation, code="starttls_injection"):
        check(server)
    assert b"AUTH" not in server.heard


def endless_reply(client):
    while True:
        client.raw(b"220-still\r\n" * 100)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (silence, ConnectionTimeout),
        (drip, ConnectionTimeout),
        (lambda client: None, ConnectionLost),
        (endless_reply, ProtocolViolation),
        (lambda client: client.say(b"* OK this is IMAP"), ProtocolViolation),
        (lambda client: client.say(b"554 go away"), ServerRefused),
    ],
)
def test_smtp_bad_greetings(scripted, script, error):
    with failing(error):
        check(scripted(script))


def test_smtp_that_hangs_up_during_the_login(scripted):
    def script(client):
        client.say(b"220 hello")
        client.hear()
        client.say(b"250-hello", b"250 AUTH PLAIN")
        client.hear()

    with failing(ConnectionLost, step=Step.LOGIN):
        check(scripted(script))
