"""What only a real server shows: certificates, passwords, and what a poll costs."""

from __future__ import annotations

import smtplib
import socket
import time
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509

from dev import passwords
from engine.errors import (
    CertificateChanged,
    CertificateName,
    CertificateUnconfirmed,
    CertificateUntrusted,
    ConnectionRefused,
    HostNotFound,
    Kind,
    LoginRefused,
    StarttlsGone,
    StarttlsMissing,
    Step,
    TlsError,
    TlsOnPlainPort,
)
from engine.imap import session
from engine.net import tls
from engine.smtp import check as smtp
from engine.values import MAX_UID, Credentials, Endpoint, Security
from tests.contract.loopback import LOOPBACK

from .conftest import new_user

BUDGET = 15


class Imap:
    connect_inspect = staticmethod(partial(session.inspect_certificate, policy=LOOPBACK))

    def __init__(self, services):
        self.tls, self.starttls = services.imaps, services.imap

    def connect(self, endpoint, credentials, **how):
        with session.connect(endpoint, credentials, budget=BUDGET, policy=LOOPBACK, **how) as found:
            return found.connected


class Smtp:
    connect_inspect = staticmethod(partial(smtp.inspect_certificate, policy=LOOPBACK))

    def __init__(self, services):
        self.tls, self.starttls = services.smtps, services.smtp

    def connect(self, endpoint, credentials, **how):
        return smtp.check(endpoint, credentials, budget=BUDGET, policy=LOOPBACK, **how)


@pytest.fixture(params=[Imap, Smtp])
def protocol(request, services):
    return request.param(services)


@pytest.fixture
def credentials(services):
    return services.credentials()


# -- certificates ----------------------------------------------------------------------------


def test_a_verified_certificate(protocol, credentials):
    connected = protocol.connect(protocol.tls(), credentials)
    assert connected.security is Security.IMPLICIT_TLS
    assert len(connected.fingerprint) == 64


def test_starttls_with_a_verified_certificate(protocol, credentials):
    assert protocol.connect(protocol.starttls(), credentials).security is Security.STARTTLS


@pytest.mark.parametrize("way", ["tls", "starttls"])
@pytest.mark.parametrize(
    ("host", "error"), [("self_signed", CertificateUntrusted), ("wrong_name", CertificateName)]
)
def test_a_certificate_that_does_not_verify(protocol, credentials, way, host, error):
    with pytest.raises(error) as caught:
        protocol.connect(getattr(protocol, way)(host), credentials)
    assert caught.value.step is Step.TLS


@pytest.mark.parametrize("way", ["tls", "starttls"])
def test_a_pinned_certificate_and_no_other(protocol, credentials, way):
    endpoint = getattr(protocol, way)
    met = protocol.connect_inspect(endpoint("self_signed"), BUDGET).fingerprint
    pinned = {"pin": True, "fingerprint": met}
    assert protocol.connect(endpoint("self_signed", **pinned), credentials).fingerprint == met
    with pytest.raises(CertificateChanged) as caught:
        protocol.connect(endpoint("trusted", **pinned), credentials)
    shown = protocol.connect_inspect(endpoint("trusted"), BUDGET)
    assert caught.value.detail == shown.fingerprint


@pytest.mark.parametrize("way", ["tls", "starttls"])
def test_nobody_logs_in_before_a_certificate_was_confirmed(protocol, credentials, way):
    endpoint = getattr(protocol, way)
    begun = []
    with pytest.raises(CertificateUnconfirmed) as caught:
        unseen = endpoint("self_signed", pin=True)
        protocol.connect(unseen, credentials, on_login=lambda: begun.append(way))
    shown = protocol.connect_inspect(endpoint("self_signed"), BUDGET)
    assert (caught.value.detail, begun) == (shown.fingerprint, [])


def test_what_a_certificate_says_of_itself(protocol, services):
    shown = protocol.connect_inspect(protocol.tls("self_signed"), BUDGET)
    pem = Path(services["self_signed_certificate"]).read_text()
    own = x509.load_pem_x509_certificate(pem.encode())
    assert shown.subject == own.subject.rfc4514_string()
    assert (shown.begins, shown.ends) == (own.not_valid_before_utc, own.not_valid_after_utc)


def test_no_certificate_without_tls(protocol):
    with pytest.raises(StarttlsMissing):
        protocol.connect_inspect(protocol.starttls("plain", plain_allowed=True), BUDGET)
    with pytest.raises(StarttlsGone):
        protocol.connect_inspect(protocol.starttls("plain", starttls_required=True), BUDGET)


@pytest.mark.parametrize("fingerprint", ["right", "wrong"])
def test_a_pin_applies_to_every_user_of_the_context(services, fingerprint):
    """Odoo sends with smtplib, which knows nothing of fingerprints."""
    endpoint = services.smtps("self_signed")
    met = smtp.inspect_certificate(endpoint, BUDGET, policy=LOOPBACK).fingerprint
    pin = met if fingerprint == "right" else "00" * 32
    context = tls.context(services.smtps("self_signed", pin=True, fingerprint=pin))
    plain = services.smtp("self_signed")

    def connect():
        with smtplib.SMTP_SSL(endpoint.host, endpoint.port, "localhost", context=context) as found:
            found.noop()
        with smtplib.SMTP(plain.host, plain.port, "localhost") as found:
            found.starttls(context=context)
            found.noop()

    if fingerprint == "right":
        connect()
    else:
        with pytest.raises(CertificateChanged):
            connect()


# -- the wrong settings ----------------------------------------------------------------------


def test_a_server_without_starttls(protocol, credentials):
    with pytest.raises(StarttlsMissing):
        protocol.connect(protocol.starttls("plain"), credentials)
    with pytest.raises(StarttlsGone):
        protocol.connect(protocol.starttls("plain", starttls_required=True), credentials)
    allowed = protocol.starttls("plain", plain_allowed=True)
    assert protocol.connect(allowed, credentials).security is Security.PLAIN


def test_tls_to_the_plain_port(protocol, credentials):
    plain = protocol.starttls()
    with pytest.raises(TlsOnPlainPort):
        protocol.connect(Endpoint(plain.host, plain.port), credentials)


def test_plain_text_to_the_tls_port(protocol, credentials, monkeypatch):
    monkeypatch.setattr("engine.net.opening.SOON", 0.1)
    tls = protocol.tls()
    with pytest.raises(TlsError) as caught:
        protocol.connect(Endpoint(tls.host, tls.port, implicit_tls=False), credentials)
    assert caught.value.code == "plain_on_tls_port"


def test_a_port_with_no_listener(protocol, credentials):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    with pytest.raises(ConnectionRefused):
        protocol.connect(Endpoint("127.0.0.1", free), credentials)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 70 + ".invalid", "a..b"])
def test_a_host_that_does_not_exist(protocol, credentials, host):
    with pytest.raises(HostNotFound):
        protocol.connect(Endpoint(host, 993), credentials)


PASSWORDS = ['with "quotes"', "back\\slash", " spaces ", "é", "密", "{5}", "100%n"]


@pytest.fixture(scope="module")
def odd_users(services):
    """Users with odd passwords, set all at once: Dovecot looks for changes once a second."""
    users = {password: new_user() for password in PASSWORDS}
    passwords.save(passwords.changed() | {user: password for password, user in users.items()})
    passwords.set_password(new_user(), services["password"])
    return users


@pytest.mark.parametrize("password", PASSWORDS)
def test_an_odd_password(services, odd_users, password):
    credentials = Credentials(odd_users[password], password)
    # Here AUTHENTICATE PLAIN; LOGIN with all it takes is in test_bad_servers.
    session.connect(services.imaps(), credentials, budget=BUDGET, policy=LOOPBACK).close()
    smtp.check(services.smtps(), credentials, budget=BUDGET, policy=LOOPBACK)


def test_a_wrong_password(protocol, credentials):
    with pytest.raises(LoginRefused) as caught:
        protocol.connect(protocol.tls(), Credentials(credentials.username, "wr\\ong"))
    assert caught.value.kind is Kind.CRED
    assert "wr\\ong" not in caught.value.detail


# -- what it costs ---------------------------------------------------------------------------


def test_an_unchanged_poll_is_five_round_trips_and_a_kilobyte(dovecot):
    with dovecot.connect() as found:
        told = found.status(["INBOX", "Sent"])
    wire = found.wire
    assert all(told.values())
    assert wire.round_trips <= 5
    assert wire.bytes_in + wire.bytes_out <= 1200


def test_a_poll_of_a_connection_that_is_kept_is_one_round_trip(dovecot):
    with dovecot.connect() as found:
        found.status(["INBOX", "Sent"])
        before = found.wire.round_trips, found.wire.bytes_in + found.wire.bytes_out
        found.status(["INBOX", "Sent"])
        after = found.wire.round_trips, found.wire.bytes_in + found.wire.bytes_out
    assert after[0] - before[0] == 1
    assert after[1] - before[1] <= 300


def test_headers_of_many_ranges_are_one_round_trip(dovecot):
    dovecot.deliver_many("INBOX", [b"From: a@example.com\n\nBody\n"] * 40)
    with dovecot.connect() as found:
        found.examine("INBOX")
        before = found.wire.round_trips
        assert len(list(found.headers([(uid, uid + 1) for uid in range(1, 41, 2)]))) == 40
        assert found.wire.round_trips - before == 1


def test_every_session_is_logged_out(dovecot):
    """Dovecot writes "Logged out" where it was said, and "Connection closed" where it was not."""
    for _ in range(3):
        with dovecot.connect() as found:
            found.examine("INBOX")
            next(found.bodies([1, 2]), None)
    log = dovecot.services["mail_log"]
    _wait_until(lambda: _said(log, dovecot.user, "Disconnected: Logged out") >= 3)
    assert _said(log, dovecot.user, "Connection closed") == 0


def _said(log, user, words):
    with open(log, encoding="utf-8", errors="replace") as lines:
        return sum(f"({user})" in line and words in line for line in lines)


def _wait_until(true, seconds=5):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    assert true()


def test_more_sessions_than_a_server_allows_at_once_one_after_another(dovecot):
    for _ in range(30):
        with dovecot.connect() as found:
            found.examine("INBOX")
            assert found.search(1, MAX_UID) == []
