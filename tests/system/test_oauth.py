"""A salesperson signs in at an OpenID provider: no password, reading and sending in one go."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from dev import demo, oidc, signing_in
from dev.client import Client
from dev.signing_in import SignIn
from dev.watcher import Watcher

from .imap_proxy import Proxy
from .office import Office, Salesperson, meanwhile, office, somebody, wait_until
from .pushing import is_dropped, is_watched, switch, waits


@pytest.fixture(autouse=True)
def provider() -> Iterator[None]:
    """Have the provider behave as usual before and after each test."""
    oidc.configure(reset=True)
    yield
    oidc.configure(reset=True)


@pytest.fixture(scope="module")
def company() -> Iterator[Office]:
    """Return an office in which nothing runs by itself: the tests count what is asked for."""
    with office("oauth", "--max-cron-threads=0") as made:
        yield made


@pytest.fixture(scope="module")
def registered(company: Office) -> int:
    """The registration at the provider, made by the administrator."""
    return signing_in.register(company.admin)


@pytest.fixture
def ann(company: Office, registered: int) -> Salesperson:
    return company.salesperson("ann")


def connected(person: Salesperson) -> Salesperson:
    """Connect somebody's mailbox by signing in."""
    page = SignIn(person.client, person.email).complete()
    assert page.connected, page.text
    return person


def test_from_sign_in_to_the_timeline(company: Office, ann: Salesperson):
    lead = company.lead(somebody("lena"), ann)
    ann.has(demo.mail(lead.customer, ann.person, "Question", "?"))
    connected(ann)
    ann.sync()
    ann.write(lead, "Answer")
    lead.receives("Answer")
    ann.sync()
    assert lead.subjects() == ["Question", "Answer"]
    assert len(ann.sent("Answer")) == 1
    assert ann.account("state")["state"] == "enabled"
    assert ann.account("email")["email"] == ann.email


# -- a sign-in that fails ------------------------------------------------------------------------


def refused(page: signing_in.Page, words: str) -> None:
    assert not page.connected
    assert words in page.text


def has_no_account(person: Salesperson) -> bool:
    return not person.client.call("mail.sync.account", "search_count", [])


def test_consent_is_refused(ann: Salesperson):
    refused(SignIn(ann.client, ann.email).complete(deny=True), "left without consent")
    assert has_no_account(ann)


def test_mail_is_unticked(ann: Salesperson):
    page = SignIn(ann.client, ann.email).complete(refuse=["mail"])
    refused(page, "The permission to read and send mail was not given")
    assert has_no_account(ann)


def test_another_account_signs_in(ann: Salesperson):
    other = somebody("other", "sales.example").email
    page = SignIn(ann.client, ann.email).complete(other)
    refused(page, "You signed in with another account")
    assert other in page.text
    assert has_no_account(ann)


def test_a_code_counts_once(ann: Salesperson):
    sign_in = SignIn(ann.client, ann.email)
    back = sign_in.consent(sign_in.leave())
    assert sign_in.come_back(back).connected
    refused(sign_in.come_back(back), "This sign-in is over or was begun elsewhere")
    assert ann.account("state")["state"] == "enabled"


def test_a_code_that_somebody_else_has_used(ann: Salesperson):
    """The provider's own word on a code used twice; RFC 6749 §4.1.2."""
    sign_in = SignIn(ann.client, ann.email)
    first = sign_in.consent(sign_in.leave())
    second = sign_in.consent(sign_in.leave())
    code = re.search(r"code=([^&]+)", first)[1]
    refused(
        sign_in.come_back(re.sub(r"code=[^&]+", f"code={code}", second)),
        "This sign-in is over or was begun elsewhere",
    )
    assert has_no_account(ann)


@pytest.mark.parametrize("state", ["", "forged", "%00", "a" * 3000])
def test_a_forged_state(ann: Salesperson, state: str):
    sign_in = SignIn(ann.client, ann.email)
    back = sign_in.consent(sign_in.leave())
    forged = re.sub(r"state=[^&]+", f"state={state}", back)
    refused(sign_in.come_back(forged), "This sign-in is over or was begun elsewhere")
    assert has_no_account(ann)


def test_a_state_of_another_users_session(company: Office, ann: Salesperson, registered: int):
    """Nobody connects their own mailbox to a colleague's user by a link."""
    mallory = company.salesperson("mallory")
    sign_in = SignIn(mallory.client, mallory.email)
    back = sign_in.consent(sign_in.leave())
    refused(signing_in.follow(ann.client, back), "This sign-in is over or was begun elsewhere")
    refused(signing_in.follow(ann.client, sign_in.start), "This set-up is over")
    assert has_no_account(ann)


def test_the_provider_is_down_when_the_browser_comes_back(ann: Salesperson):
    sign_in = SignIn(ann.client, ann.email)
    back = sign_in.consent(sign_in.leave())
    oidc.configure(down=True)
    refused(sign_in.come_back(back), "The provider's sign-in service cannot be reached")
    assert has_no_account(ann)


def test_our_clock_is_behind(ann: Salesperson):
    sign_in = SignIn(ann.client, ann.email)
    oidc.configure(clock=1800)
    refused(sign_in.complete(), "This server's clock does not agree with the provider's")


def test_our_clock_is_ahead(ann: Salesperson):
    sign_in = SignIn(ann.client, ann.email)
    back = sign_in.consent(sign_in.leave())
    oidc.configure(clock=-2 * 3600)
    refused(sign_in.come_back(back), "This server's clock does not agree with the provider's")
    assert has_no_account(ann)


@pytest.mark.parametrize("seconds", [60, -60])
def test_a_minute_between_two_clocks_is_nothing(ann: Salesperson, seconds: int):
    sign_in = SignIn(ann.client, ann.email)
    oidc.configure(clock=seconds)
    assert sign_in.complete().connected


def test_odoo_at_another_address(company: Office, ann: Salesperson):
    """The session would not be there when the provider leads back."""
    sign_in = SignIn(ann.client, ann.email)
    elsewhere = Client(
        company.server.url.replace("127.0.0.1", "localhost"),
        company.db,
        ann.email,
        demo.LOGIN_PASSWORD,
    )
    refused(signing_in.follow(elsewhere, sign_in.start), company.server.url)


# -- tokens in the long run ----------------------------------------------------------------------


def tokens_asked() -> int:
    return oidc.configure()["calls"].count("/token")


def run_out(company: Office, person: Salesperson) -> None:
    """Let the access token expire, here and at the provider."""
    company.sql(
        "UPDATE mail_sync_oauth_grant SET access_until = now() AT TIME ZONE 'UTC'"
        " - interval '1 h' WHERE user_id = %s RETURNING id",
        person.client.uid,
    )


def test_an_expired_token_is_renewed_without_an_error_to_see(company: Office, ann: Salesperson):
    oidc.configure(ttl=2)
    connected(ann)
    lead = company.lead(somebody("lena"), ann)
    ann.has(demo.mail(lead.customer, ann.person, "Question", "?"))
    time.sleep(2.2)  # the provider's own time: its token has to expire
    ann.sync()
    assert lead.subjects() == ["Question"]
    assert ann.log() == []
    assert ann.account("state")["state"] == "enabled"


def test_a_token_that_the_mail_server_refuses_is_renewed_too(company: Office, ann: Salesperson):
    connected(ann)
    # Odoo thinks that it lasts; the provider has forgotten it.
    oidc.configure(clock=4000)
    ann.sync()
    oidc.configure(clock=0)
    assert ann.log() == []
    assert tokens_asked() == 2


def test_a_token_that_expires_in_the_middle_of_a_fetch(company: Office, ann: Salesperson):
    connected(ann)
    lead = company.lead(somebody("lena"), ann)
    ann.has(*[demo.mail(lead.customer, ann.person, f"Mail {n}", "?") for n in range(5)])
    with Proxy() as proxy:
        # A server on this machine, without TLS: no wizard would enter it.
        company.sql(
            "UPDATE mail_sync_account SET imap_host = %s, imap_port = %s, imap_ssl = false,"
            " imap_plain_allowed = true, imap_fingerprint = NULL WHERE id = %s RETURNING id",
            proxy.host,
            proxy.port,
            ann.account_id(),
        )
        # The provider forgets the token just then; the next log-in is refused, and renewed.
        proxy.say_goodbye(rb"^\* 3 FETCH", lambda: oidc.configure(clock=4000))
        ann.sync()
        assert proxy.farewell is None
    assert sorted(lead.subjects()) == [f"Mail {n}" for n in range(5)]
    assert ann.log() == []
    assert tokens_asked() == 2


def test_a_token_that_expires_in_idle(company: Office, ann: Salesperson):
    connected(ann)
    lead = company.lead(somebody("lena"), ann)
    ann.sync()
    switch(company, True)
    with Watcher(company.db):
        is_watched(ann)
        waits(ann)
        oidc.configure(clock=4000)
        is_dropped(ann)
        ann.has(demo.mail(lead.customer, ann.person, "After the night", "?"))
        wait_until(lambda: lead.subjects() == ["After the night"], "the mail on the lead", 60)
    switch(company, False)
    assert ann.log() == []


def test_a_token_that_expires_between_two_short_turns(company: Office, ann: Salesperson):
    connected(ann)
    ann.sync()
    oidc.configure(clock=4000)
    company.let_time_pass(ann)
    assert ann.log() == []
    run_out(company, ann)
    company.let_time_pass(ann)
    assert ann.log() == []
    assert tokens_asked() == 3


def test_a_rotated_refresh_token_is_kept(company: Office, ann: Salesperson):
    oidc.configure(rotate=True)
    connected(ann)
    for _ in range(3):
        run_out(company, ann)
        ann.sync()
    assert ann.log() == []
    assert tokens_asked() == 4


def test_one_worker_renews_and_the_others_wait(company: Office, ann: Salesperson):
    """A rotated token that two workers use ends the whole permission (RFC 9700 §4.14.2)."""
    oidc.configure(rotate=True)
    connected(ann)
    for _ in range(2):
        run_out(company, ann)
        before = tokens_asked()
        lead = company.lead(somebody("lena"), ann)
        reading = [meanwhile(ann.sync), meanwhile(lambda to=lead: ann.write(to, "Both at once"))]
        reading += [
            meanwhile(
                lambda: company.client(ann.email).call(
                    "mail.sync.account", "action_test_connection", [ann.account_id()]
                )
            )
        ]
        for each in reading:
            each.result(timeout=60)
        lead.receives("Both at once")
        assert tokens_asked() == before + 1
    assert ann.log() == []


def test_a_permission_that_was_withdrawn_is_an_error_at_once_and_no_storm(
    company: Office, ann: Salesperson
):
    connected(ann)
    withdraw(company, ann)
    ann.sync()
    shown = ann.account("state", "error_code", "headline", "wants_sign_in")
    assert (shown["state"], shown["error_code"]) == ("error", "sign_in_again")
    assert shown["wants_sign_in"]
    asked = tokens_asked()
    for _ in range(3):
        company.let_time_pass(ann)
    ann.client.call("mail.sync.account", "action_test_connection", [ann.account_id()])
    assert tokens_asked() == asked
    # The one button mends it, and nothing is lost.
    lead = company.lead(somebody("lena"), ann)
    ann.has(demo.mail(lead.customer, ann.person, "Meanwhile", "?"))
    assert SignIn.again(ann.client, ann.email, ann.account_id()).complete().connected
    ann.sync()
    assert ann.account("state")["state"] == "enabled"
    assert lead.subjects() == ["Meanwhile"]


def withdraw(company: Office, person: Salesperson) -> None:
    """Withdraw a permission as its user does on the provider's page."""
    run_out(company, person)
    oidc.configure(forget=person.email)


def test_a_provider_that_is_down_is_not_an_error_at_once(company: Office, ann: Salesperson):
    connected(ann)
    oidc.configure(down=True)
    run_out(company, ann)
    ann.sync()
    assert ann.account("state")["state"] == "enabled"
    assert [entry["code"] for entry in ann.log()] == ["issuer_unavailable"]
    oidc.configure(down=False)
    ann.sync()
    assert ann.account("state")["state"] == "enabled"
    assert not ann.account("error_code")["error_code"]


def test_disabling_withdraws_the_permission(company: Office, ann: Salesperson):
    connected(ann)
    wizard = ann.client.create(
        "mail.sync.account.disable", account_id=ann.account_id(), policy="keep"
    )
    ann.client.call("mail.sync.account.disable", "action_disable", [wizard])
    company.run_cron("mail_sync_custom", "ir_cron_mail_sync_oauth")
    wait_until(lambda: "/token/revocation" in oidc.configure()["calls"], "the revocation")
    grants = "SELECT count(*) FROM mail_sync_oauth_grant WHERE user_id = %s"
    wait_until(lambda: company.sql(grants, ann.client.uid) == [(0,)], "the grant is forgotten")


def test_a_password_in_place_of_the_sign_in(company: Office, ann: Salesperson):
    connected(ann)
    ann.connect()
    ann.sync()
    assert ann.account("state", "signed_in")["signed_in"] is False
    assert ann.log() == []


def test_a_shared_mailbox_is_read_with_ones_own_sign_in(company: Office, ann: Salesperson):
    """As at Microsoft: `user=shared@…` with the token of the one who signed in."""
    wizard = ann.client.create(
        signing_in.SETUP, history="all", imap_username="shared@sales.example"
    )
    ann.client.call(signing_in.SETUP, "write", [wizard], {"sign_in_email": ann.email})
    start = ann.client.call(signing_in.SETUP, "action_sign_in", [wizard])["url"]
    sign_in = SignIn(ann.client, ann.email)
    sign_in.start = start
    page = sign_in.complete()
    # This mail server gives nobody access to another's mailbox: it says so, by its own name.
    refused(page, "The mail server does not accept your sign-in")
