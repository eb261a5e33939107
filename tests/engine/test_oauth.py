"""What a provider's answers mean: addresses, scopes, issuers, refusals."""

import pytest

from engine import oauth, providers
from engine.errors import (
    ConnectionTimeout,
    HostNotAllowed,
    Kind,
    LoginRefused,
    ProtocolViolation,
)
from engine.oauth import MICROSOFT, SIGN_INS, Addresses

ISSUER = "https://login.example/realms/mail"
CONFIGURATION = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
    "revocation_endpoint": f"{ISSUER}/revoke",
}


# -- the table ---------------------------------------------------------------------------------


@pytest.mark.parametrize("sign_in", [one for one in SIGN_INS.values() if one is not oauth.OTHER])
def test_a_provider_is_reached_over_https_only(sign_in):
    found = oauth.of_tenant(sign_in.addresses, "common")
    for address in (found.authorize, found.token, found.keys, found.issuer):
        assert oauth.is_https(address)
    assert not found.revoke or oauth.is_https(found.revoke)


@pytest.mark.parametrize("sign_in", SIGN_INS.values())
def test_a_sign_in_opens_mail_servers_that_are_known(sign_in):
    assert sign_in.mail <= {provider.code for provider in providers.PROVIDERS}


@pytest.mark.parametrize(
    ("email", "key"),
    [
        ("ann@gmail.com", "google"),
        ("ann@outlook.de", "microsoft"),
        ("ann@company.onmicrosoft.com", "microsoft"),
        ("ann@yahoo.co.uk", "yahoo"),
        ("ann@zoho.eu", "zoho_eu"),
        ("ann@gmx.net", None),
        ("ann@yahoo.co.jp", None),
    ],
)
def test_an_address_leads_to_its_sign_in(email, key):
    found = oauth.sign_in_of(providers.suggest(email).code)
    assert (found and found.key) == key


def test_every_provider_that_takes_no_password_has_a_sign_in():
    for provider in providers.PROVIDERS:
        if provider.passwords == "not_accepted":
            assert oauth.sign_in_of(provider.code), provider.code


# -- discovery ---------------------------------------------------------------------------------


def test_an_issuer_says_where_its_services_are():
    assert oauth.discovered(ISSUER, CONFIGURATION) == Addresses(
        ISSUER, f"{ISSUER}/auth", f"{ISSUER}/token", f"{ISSUER}/keys", f"{ISSUER}/revoke"
    )


def test_revocation_may_be_missing():
    configuration = {**CONFIGURATION}
    del configuration["revocation_endpoint"]
    assert oauth.discovered(ISSUER, configuration).revoke == ""


@pytest.mark.parametrize(
    "configuration",
    [
        [],
        "words",
        {},
        {**CONFIGURATION, "issuer": "https://another.example"},
        {**CONFIGURATION, "issuer": ISSUER + "/"},
        {**CONFIGURATION, "token_endpoint": None},
        {**CONFIGURATION, "token_endpoint": "http://login.example/token"},
        {**CONFIGURATION, "jwks_uri": ["https://login.example"]},
        {**CONFIGURATION, "authorization_endpoint": "javascript:alert(1)"},
        {**CONFIGURATION, "revocation_endpoint": "ftp://login.example"},
    ],
)
def test_a_configuration_that_is_not_the_issuers_own(configuration):
    with pytest.raises(ProtocolViolation) as caught:
        oauth.discovered(ISSUER, configuration)
    assert caught.value.code == "issuer_odd"


@pytest.mark.parametrize(
    "address",
    [
        "http://a.example",
        "https://",
        "https://me@a.example",
        "https://a.example/ b",
        "https://a.example\r\nX: y",
        "https:\\\\a.example",
        "https://[::1",
        None,
        7,
    ],
)
def test_what_is_no_address_for_a_token(address):
    assert not oauth.is_https(address)


@pytest.mark.parametrize("tenant", ["", "a/b", "../x", "a?b", "a#b", "a@b", ".hidden", "a b"])
def test_a_directory_adds_nothing_else_to_an_address(tenant):
    assert not oauth.tenant_possible(tenant)


# -- tokens ------------------------------------------------------------------------------------


def test_a_provider_that_does_not_say_how_long_is_taken_to_mean_an_hour():
    found = oauth.tokens({"access_token": "a", "token_type": "Bearer"})
    assert (found.lasts, found.refresh, found.scopes) == (3600, "", None)


@pytest.mark.parametrize(("said", "lasts"), [("60", 60), (10**9, 86400), (-5, 0), ("soon", 3600)])
def test_how_long_a_token_lasts_is_a_number_within_reason(said, lasts):
    answer = {"access_token": "a", "token_type": "bearer", "expires_in": said}
    assert oauth.tokens(answer).lasts == lasts


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"access_token": ""},
        {"access_token": ["a"]},
        {"access_token": "a", "token_type": "mac"},
        {"access_token": "a", "refresh_token": 7},
    ],
)
def test_an_answer_without_a_usable_token(answer):
    with pytest.raises(ProtocolViolation):
        oauth.tokens(answer)


def test_tokens_are_in_no_repr():
    assert "hush" not in repr(oauth.tokens({"access_token": "hush-a", "refresh_token": "hush-r"}))


@pytest.mark.parametrize(("lasts", "used"), [(3600, 3300), (600, 300), (10, 5), (0, 0)])
def test_a_token_is_renewed_before_its_end(lasts, used):
    assert oauth.usable_for(lasts) == used


@pytest.mark.parametrize(
    ("granted", "lacking"),
    [
        (None, []),
        ({"openid", "https://mail.google.com/"}, []),
        ({"https://mail.google.com"}, []),
        ({"openid", "email"}, ["https://mail.google.com/"]),
        (set(), ["https://mail.google.com/"]),
    ],
)
def test_a_permission_that_was_unticked_is_missed(granted, lacking):
    assert oauth.missing(["https://mail.google.com/"], granted) == lacking


# -- who signed in -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "addresses"),
    [
        ({"email": "Ann@Example.com"}, ["ann@example.com"]),
        ({"email": "a@x.example", "email_verified": False}, []),
        ({"email": "a@x.example", "email_verified": "false"}, []),
        ({"preferred_username": "a@x.example"}, ["a@x.example"]),
        (
            {"email": "first.last@x.example", "preferred_username": "fl@x.example"},
            ["first.last@x.example", "fl@x.example"],
        ),
        ({"email": "a@x.example", "upn": "a@x.example"}, ["a@x.example"]),
        ({"preferred_username": "ann"}, []),
        ({"email": 7}, []),
        ({}, []),
    ],
)
def test_the_address_is_the_providers_word(claims, addresses):
    assert oauth.addresses_of(claims) == addresses


DIRECTORY = "0f7a1c2e-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("tenant", "issued_for", "right"),
    [
        (DIRECTORY, DIRECTORY, True),
        (DIRECTORY, "0f7a1c2e-0000-4000-8000-000000000002", False),
        ("common", DIRECTORY, True),
        ("common", oauth.CONSUMERS, True),
        ("organizations", DIRECTORY, True),
        ("organizations", oauth.CONSUMERS, False),
        ("consumers", oauth.CONSUMERS, True),
        ("consumers", DIRECTORY, False),
    ],
)
def test_microsoft_issues_in_the_name_of_the_users_directory(tenant, issued_for, right):
    expected = oauth.of_tenant(MICROSOFT.addresses, tenant).issuer
    issuer = oauth.of_tenant(MICROSOFT.addresses, issued_for).issuer
    assert oauth.is_issuer(expected, {"iss": issuer, "tid": issued_for}) is right


def test_a_directory_that_names_another_issuer():
    expected = oauth.of_tenant(MICROSOFT.addresses, "common").issuer
    claims = {"iss": "https://evil.example/v2.0", "tid": DIRECTORY}
    assert not oauth.is_issuer(expected, claims)
    assert not oauth.is_issuer(expected, {"iss": expected.replace("common", "a/b"), "tid": "a/b"})


# -- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "description", "code", "kind"),
    [
        ("invalid_grant", "Token has been expired or revoked.", "sign_in_again", Kind.CRED),
        ("interaction_required", "AADSTS50076: MFA", "sign_in_again", Kind.CRED),
        ("access_denied", "The user said no", "consent_refused", Kind.CRED),
        ("access_denied", "AADSTS90094: admin", "admin_consent_needed", Kind.SETUP),
        ("invalid_client", "AADSTS7000222: expired", "oauth_client_refused", Kind.SETUP),
        ("redirect_uri_mismatch", "", "oauth_client_refused", Kind.SETUP),
        ("temporarily_unavailable", "", "issuer_unavailable", Kind.TRANS),
        ("server_error", "", "issuer_unavailable", Kind.TRANS),
        ("nobody_knows", "what", "issuer_odd", Kind.SETUP),
        ("", "", "issuer_odd", Kind.SETUP),
    ],
)
def test_what_a_provider_refuses(error, description, code, kind):
    found = oauth.refusal(error, description)
    assert (found.code, found.kind) == (code, kind)


def test_a_provider_that_is_down_is_nobodys_fault():
    found = oauth.unreachable(ConnectionTimeout("late"))
    assert (found.code, found.kind) == ("issuer_unavailable", Kind.TRANS)


def test_a_provider_that_may_not_be_connected_to_is_the_administrators():
    assert oauth.unreachable(HostNotAllowed("login.lan:443")).code == "host_not_allowed"


def test_an_ended_permission_is_the_users_to_renew():
    assert isinstance(oauth.refusal("invalid_grant"), LoginRefused)
