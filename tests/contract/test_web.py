"""HTTPS requests to sign-in services: what is refused, and what ends in time."""

from __future__ import annotations

import pytest

from dev import oidc
from engine.errors import (
    CertificateUntrusted,
    HostNotAllowed,
    InvalidSettings,
)
from engine.net import policy, web
from tests.contract.loopback import LOOPBACK


@pytest.fixture(autouse=True)
def trusted(services):
    return services


def test_a_configuration_is_read():
    found = web.ask("GET", f"{oidc.issuer()}/.well-known/openid-configuration", policy=LOOPBACK)
    assert found.status == 200
    assert found.headers["content-type"].startswith("application/json")
    assert b'"token_endpoint"' in found.body


def test_a_redirect_is_not_followed():
    found = web.ask("GET", f"{oidc.issuer()}/auth?client_id=nobody", policy=LOOPBACK)
    assert found.status in (303, 400)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.3/", "https:///", "https://me:secret@127.0.0.3/", "file:///etc/passwd"]
)
def test_only_https_and_no_name_in_the_address(url):
    with pytest.raises(InvalidSettings):
        web.ask("GET", url, policy=LOOPBACK)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://2130706433/",
        "https://login.internal/",
        "https://login.example:8443/",
        "https://login.example:993/",
    ],
)
def test_the_inside_and_other_ports_are_not_allowed(url):
    with pytest.raises(HostNotAllowed):
        web.ask("GET", url, policy=policy.Policy(pause=0))


def test_an_issuer_of_ones_own_network_is_listed_with_its_port():
    listed = policy.parse("127.0.0.3:443", pause=0)
    with pytest.raises(HostNotAllowed):
        web.ask("GET", f"{oidc.issuer()}/", policy=listed)
    listed = policy.parse(oidc.issuer().removeprefix("https://"), pause=0)
    assert web.ask("GET", f"{oidc.issuer()}/jwks", policy=listed).status == 200


def test_a_certificate_that_nobody_signed(services):
    # Dovecot's own, of another address.
    with pytest.raises(CertificateUntrusted):
        web.ask(
            "GET",
            f"https://{services.hosts['self_signed']}:{services['imaps_port']}/",
            policy=LOOPBACK,
        )
