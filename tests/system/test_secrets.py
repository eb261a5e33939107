"""A password goes in and never comes out: not in a dump, a log, or any response."""

from __future__ import annotations

import base64
import contextlib
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev import demo, oidc, passwords, postgres, signing_in
from dev.client import Client, Refused
from dev.paths import DATA

from .office import Lead, Office, Salesperson, office, somebody, wait_until

pytestmark = pytest.mark.shared

IMAP_PASSWORD = "Zaubertrank-9471-imap"
SMTP_PASSWORD = 'Hexen"kessel\\8362 ünd smtp'
ACCOUNT, SETUP = "mail.sync.account", "mail.sync.account.setup"
SECRETS = ("imap_secret", "smtp_secret", "lease_token")
DEBUG = ("--log-level=debug", "--log-handler=odoo.http:DEBUG", "--log-handler=odoo.sql_db:DEBUG")


@pytest.fixture(scope="module")
def company() -> Iterator[Office]:
    """Return an office whose Odoo logs everything it does."""
    with office("secrets", *DEBUG) as made:
        yield made


@pytest.fixture(scope="module")
def ann(company: Office) -> Salesperson:
    """A user who has connected her mailbox with her own password."""
    ann = company.salesperson("ann")
    passwords.set_password(ann.email, IMAP_PASSWORD)
    ann.connect(imap_password=IMAP_PASSWORD, smtp_password=IMAP_PASSWORD)
    return ann


@pytest.fixture(scope="module")
def eve(company: Office) -> tuple[Salesperson, list[str]]:
    """A user who signed in at the provider, and every secret that came of it.

    Read where only the provider and the key can: its own tokens, decrypted.
    """
    oidc.configure(reset=True)
    signing_in.register(company.admin, "sales.example")
    eve = company.salesperson("eve")
    assert signing_in.SignIn(eve.client, eve.email).complete().connected
    lead = company.lead(somebody("tom"), eve)
    eve.receives(demo.mail(lead.customer, eve.person, "Question", "?"))
    eve.write(lead, "Answer")
    lead.receives("Answer")
    # One more round with renewed tokens, and one sign-in that is refused.
    company.sql("UPDATE mail_sync_oauth_grant SET access_until = NULL RETURNING id")
    eve.sync()
    signing_in.SignIn(eve.client, eve.email).complete(deny=True)
    return eve, oidc.configure()["issued"]


@pytest.fixture(scope="module")
def lead(company: Office, ann: Salesperson) -> Lead:
    """A lead with whom Ann has exchanged mail in both directions; a login was refused, too."""
    lead = company.lead(somebody("lena"), ann)
    ann.receives(demo.mail(lead.customer, ann.person, "Question", "?"))
    ann.write(lead, "Answer")
    lead.receives("Answer")
    ann.sync()
    refused_setup(ann, imap_password=SMTP_PASSWORD)
    refused_setup(ann, imap_password=IMAP_PASSWORD, smtp_password=SMTP_PASSWORD)
    return lead


def refused_setup(ann: Salesperson, **changes: str) -> None:
    """Go through the wizard with a password that is wrong, and leave it at that."""
    wizard = ann.client.create(SETUP, **{**ann.settings(), **changes})
    with pytest.raises(Refused):
        ann.client.call(SETUP, "action_next", [wizard])
        ann.client.call(SETUP, "action_connect_smtp", [wizard])


def forms(secret: str) -> set[str]:
    """Return every form that a secret may take in a text."""
    raw = secret.encode()
    # In base64 it depends on the offset; the neighbouring bytes change the first and last letters.
    encoded = {
        base64.b64encode(b"x" * shift + raw).decode()[4 if shift else 0 : -4] for shift in range(3)
    }
    return {secret, json.dumps(secret)[1:-1], secret.replace("\\", "\\\\"), raw.hex(), *encoded}


def assert_no_secret(text: str, where: str) -> None:
    for secret in (IMAP_PASSWORD, SMTP_PASSWORD):
        for form in forms(secret):
            assert form not in text, f"{where} has a password, as {form[:6]}…"


# --- at rest --------------------------------------------------------------------------------


def test_a_dump_of_the_database(company: Office, lead: Lead):
    dump = postgres.dump(company.db)
    assert lead.customer.email in dump, "it is a dump of this database"
    assert_no_secret(dump, "The dump")


def test_the_key_is_outside_the_database_and_readable_only_by_its_owner(
    company: Office, lead: Lead
):
    file = Path(DATA) / "mail_sync.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    key = file.read_text().strip()
    assert key
    assert key not in postgres.dump(company.db)
    assert key not in company.server.log.read_text(errors="replace")


def test_odoos_own_mail_server_has_no_password(company: Office, ann: Salesperson, lead: Lead):
    servers = company.sql("SELECT smtp_pass FROM ir_mail_server WHERE smtp_user = %s", ann.email)
    assert servers == [(None,)]


def test_no_token_is_in_a_dump_or_a_log(company: Office, eve: tuple[Salesperson, list[str]]):
    _, issued = eve
    assert len(issued) >= 4, "codes, access and refresh tokens"
    dump, log = postgres.dump(company.db), company.server.log.read_text(errors="replace")
    assert "mail_sync_oauth_grant" in dump
    assert "mail_sync_oauth_grant" in log
    for secret in (*issued, oidc.SECRET):
        for form in forms(secret):
            assert form not in dump, "the dump has a token"
            assert form not in log, "the log has a token"


# --- over the wire --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ben(company: Office) -> Salesperson:
    return company.salesperson("ben")


@pytest.fixture(params=["the owner", "an administrator", "a colleague"])
def reader(
    request: pytest.FixtureRequest, company: Office, ann: Salesperson, ben: Salesperson, lead: Lead
) -> Client:
    """Return the user who asks."""
    people = {"the owner": ann.client, "an administrator": company.admin, "a colleague": ben.client}
    return people[request.param]


def ask(reader: Client, model: str, method: str, *args: object, **kwargs: object) -> str:
    """Return a response as text, even if it is a refusal."""
    try:
        answer = json.dumps(reader.call(model, method, *args, **kwargs), ensure_ascii=False)
    except Refused as refusal:
        answer = str(refusal)
    assert_no_secret(answer, f"The answer to {method}")
    return answer


def wizards(ann: Salesperson) -> dict[str, int]:
    """Return an account, and a wizard in which the password has been entered."""
    wizard = ann.client.create(
        SETUP, **ann.settings() | {"imap_password": IMAP_PASSWORD, "smtp_password": SMTP_PASSWORD}
    )
    return {ACCOUNT: ann.account_id(), SETUP: wizard}


@pytest.mark.parametrize("model", [ACCOUNT, SETUP])
def test_no_response_contains_a_password(reader: Client, ann: Salesperson, model: str):
    id_ = wizards(ann)[model]
    tokens = {
        value
        for row in ann.office.sql(
            f"SELECT imap_secret, smtp_secret FROM {model.replace('.', '_')} WHERE id = %s", id_
        )
        for value in row
        if value
    }
    assert tokens, "it is there, encrypted"
    names = list(reader.call(model, "fields_get"))
    for secret in SECRETS:
        assert secret not in names
    specification = {name: {} for name in names}
    everything = {**specification, "imap_secret": {}, "smtp_secret": {}}
    said = [
        ask(reader, model, "fields_get"),
        ask(reader, model, "read", [id_], names),
        ask(reader, model, "read", [id_]),
        ask(reader, model, "web_read", [id_], specification=specification),
        ask(reader, model, "search_read", [], names),
        ask(reader, model, "web_search_read", [], specification=specification),
        ask(reader, model, "export_data", [id_], [*names, "imap_secret", "smtp_secret"]),
        ask(reader, model, "export_data", [id_], names),
        ask(reader, model, "copy", [id_]),
        ask(reader, model, "copy_data", [id_]),
        ask(reader, model, "name_search", "", []),
        ask(reader, model, "onchange", [id_], {}, [], specification),
        ask(reader, model, "onchange", [id_], {}, [], everything),
        ask(reader, model, "onchange", [], {}, [], specification),
        ask(reader, model, "default_get", names),
        *(ask(reader, model, "read", [id_], [secret]) for secret in SECRETS),
        *(ask(reader, model, "web_read", [id_], specification={s: {}}) for s in SECRETS),
        *(ask(reader, model, "search_read", [], [secret]) for secret in SECRETS),
        *(ask(reader, model, "read_group", [], ["id"], [secret]) for secret in SECRETS),
        *(ask(reader, model, "formatted_read_group", [], [s], ["__count"]) for s in SECRETS),
        *(ask(reader, model, "mapped", [id_], secret) for secret in SECRETS),
    ]
    if reader is ann.client:
        assert ann.email in said[1], "it has been read"
    # Not even in encrypted form.
    for token in tokens:
        assert not [answer for answer in said if token in answer]


def test_no_response_contains_a_token(
    company: Office, eve: tuple[Salesperson, list[str]], ben: Salesperson
):
    person, issued = eve
    columns = "refresh_secret, access_secret"
    [kept] = company.sql(
        f"SELECT {columns} FROM mail_sync_oauth_grant WHERE user_id = %s"
        " AND access_secret IS NOT NULL",
        person.client.uid,
    )
    [(secret,)] = company.sql("SELECT secret FROM mail_sync_oauth_client")
    names = ("refresh_secret", "access_secret", "secret", "client_secret", "oauth_grant_id")
    for who in (person.client, company.admin, ben.client):
        said = []
        for model in (ACCOUNT, "mail.sync.oauth.grant", "mail.sync.oauth.client", SETUP):
            said += [
                ask(who, model, "fields_get"),
                ask(who, model, "search_read", []),
                ask(who, model, "export_data", [1], list(names)),
                ask(who, model, "web_search_read", [], specification={n: {} for n in names}),
                *(ask(who, model, "read", [1], [name]) for name in names),
                *(ask(who, model, "search_read", [], [name]) for name in names),
                *(ask(who, model, "copy_data", [id_]) for id_ in (1, 2)),
            ]
        for word in (*issued, oidc.SECRET, *kept, secret):
            assert not [answer for answer in said if word in answer]


def test_an_onchange_of_the_web_client_does_not_return_the_password(ann: Salesperson, lead: Lead):
    fields = {name: {} for name in ann.client.call(SETUP, "fields_get") if name != "id"}
    values = ann.client.call(SETUP, "onchange", [], {}, [], fields)["value"]
    values |= {**ann.settings(), "imap_password": IMAP_PASSWORD, "smtp_password": SMTP_PASSWORD}
    for changed in ("imap_username", "provider_id", "imap_ssl", "imap_host", "imap_password"):
        answer = ann.client.call(SETUP, "onchange", [], values, [changed], fields)
        assert_no_secret(json.dumps(answer, ensure_ascii=False), f"The onchange of {changed}")


@pytest.mark.parametrize("secret", ["imap_secret", "smtp_secret"])
@pytest.mark.parametrize("model", [ACCOUNT, SETUP])
def test_a_secret_cannot_be_searched_for_or_sorted_by(
    reader: Client, ann: Salesperson, model: str, secret: str
):
    for domain in ([(secret, "!=", False)], [(secret, "=like", "g%")], [(secret, ">", "a")]):
        with contextlib.suppress(Refused):
            assert reader.call(model, "search", domain) == []
    with pytest.raises(Refused):
        reader.call(model, "search_read", [], ["id"], order=f"{secret} desc")
    relation = {"mail.sync.account": "mail_sync_account_ids"}.get(model)
    if relation:
        with contextlib.suppress(Refused):
            assert reader.call("res.users", "search", [(f"{relation}.{secret}", "!=", False)]) == []


@pytest.mark.parametrize("secret", ["imap_secret", "smtp_secret"])
def test_secrets_can_only_be_written_through_the_wizard(
    reader: Client, ann: Salesperson, secret: str
):
    with pytest.raises(Refused):
        reader.call(ACCOUNT, "write", [ann.account_id()], {secret: "gAAAA"})
    with pytest.raises(Refused):
        reader.call(SETUP, "create", [{**ann.settings(), secret: "gAAAA"}])


def test_a_saved_password_goes_to_no_other_server(company: Office, ann: Salesperson, lead: Lead):
    """An attacker at an unlocked screen must not redirect the password to their own server."""
    settings = ann.settings()
    del settings["imap_password"], settings["smtp_password"]
    wizard = ann.client.create(SETUP, **{**settings, "imap_host": "127.0.0.4"})
    with pytest.raises(Refused, match="Password"):
        ann.client.call(SETUP, "action_next", [wizard])


def test_mail_went_both_ways_during_these_checks(ann: Salesperson, lead: Lead):
    wait_until(lambda: lead.subjects() == ["Question", "Answer"], "both mails on the lead")


def test_the_log_at_its_most_verbose(company: Office, ann: Salesperson, lead: Lead):
    log = company.server.log.read_text(errors="replace")
    assert "mail_sync_account" in log, "it has the queries"
    assert "call mail.sync.account.setup().create" in log, "it has the calls"
    assert " DEBUG " in log
    assert_no_secret(log, "The log")
