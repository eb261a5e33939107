"""What the wizard says when something is wrong: the step, the cause and the fix, quickly."""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dev import services
from dev.client import Refused
from dev.passwords import PASSWORD, set_password

from .office import Office, Salesperson

HOSTS = services.Hosts()

#: Seconds within which the wizard must have an answer.
SOON = 10


@pytest.fixture(scope="module")
def ann(company: Office) -> Salesperson:
    return company.salesperson("ann")


def closed_port() -> int:
    """Return a port with no listener."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextmanager
def blackhole() -> Iterator[int]:
    """Listen, and never say anything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def ports(protocol: str) -> tuple[int, int]:
    """Return the ports with STARTTLS and with TLS from the first byte."""
    host = services.describe()
    if protocol == "imap":
        return host.imap_port, host.imaps_port
    return host.smtp_port, host.smtps_port


#: Situation: (what is entered, the step that is named, words that name the cause and the fix).
MISTAKES: dict[str, tuple[dict[str, Any], str, tuple[str, ...]]] = {
    "a host that does not exist": (
        {"host": "imap.no-such-host.invalid"},
        "Finding the server",
        ("host",),
    ),
    "a port on which nobody listens": (
        {"host": "127.0.0.1", "port": closed_port},
        "Connecting",
        ("port",),
    ),
    "SSL on the port that upgrades": ({"starttls port": True}, "Encryption", ("Use SSL?",)),
    "no SSL on the port that is encrypted": ({"ssl": False}, "Encryption", ("Use SSL?",)),
    "another's port": ({"other protocol": True}, "", ("port",)),
    "a wrong password": ({"password": "not this one"}, "Signing in", ("password",)),
    "a certificate of another name": (
        {"host": HOSTS.wrong_name},
        "Encryption",
        ("certificate", "name"),
    ),
    "a self-signed certificate without the box": (
        {"host": HOSTS.self_signed},
        "Encryption",
        ("Self-Signed Certificate?",),
    ),
    "no encryption offered and none allowed": (
        {"host": HOSTS.plain, "starttls port": True, "ssl": False},
        "Encryption",
        ("Allow without encryption",),
    ),
}


@pytest.mark.parametrize("protocol", ["imap", "smtp"])
@pytest.mark.parametrize("situation", MISTAKES)
def test_a_mistake(company: Office, ann: Salesperson, protocol: str, situation: str):
    changes, step, words = MISTAKES[situation]
    said = refused(company, ann, entered(protocol, dict(changes)), protocol)
    assert said.startswith(f"{step}: " if step else ""), said
    for word in words:
        assert word.lower() in said.lower(), said


def entered(protocol: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Return what a user who makes a mistake enters in the wizard."""
    starttls, _implicit = ports(protocol)
    if changes.pop("starttls port", False):
        changes["port"] = starttls
    if changes.pop("other protocol", False):
        changes["port"] = ports("smtp" if protocol == "imap" else "imap")[1]
    if callable(changes.get("port")):
        changes["port"] = changes["port"]()
    return {f"{protocol}_{name}": value for name, value in changes.items()}


def refused(company: Office, ann: Salesperson, changes: dict[str, Any], protocol: str) -> str:
    """Go through the wizard up to the mistake; return its message, which must come quickly.

    Nothing has been saved then, and the wizard has not advanced.
    """
    before = saved(company)
    wizard = ann.client.create("mail.sync.account.setup", **{**ann.settings(), **changes})
    button = "action_next"
    if protocol == "smtp":
        ann.client.call("mail.sync.account.setup", "action_next", [wizard])
        button = "action_connect_smtp"
    begun = time.monotonic()
    with pytest.raises(Refused) as told:
        ann.client.call("mail.sync.account.setup", button, [wizard])
    assert time.monotonic() - begun < SOON
    assert saved(company) == before
    assert ann.client.read("mail.sync.account.setup", wizard, "step")["step"] == protocol
    with pytest.raises(Refused):
        ann.client.call("mail.sync.account.setup", "action_finish", [wizard])
    assert saved(company) == before
    return str(told.value)


def saved(company: Office) -> list[tuple]:
    return company.sql(
        "SELECT (SELECT count(*) FROM mail_sync_account), (SELECT count(*) FROM ir_mail_server),"
        " (SELECT count(*) FROM mail_sync_mailbox), (SELECT count(*) FROM mail_sync_log)"
    )


def test_a_server_that_never_answers(company: Office, ann: Salesperson):
    """All at once: each of them takes most of its time."""
    with blackhole() as port, ThreadPoolExecutor(4) as pool:

        def said(protocol: str, ssl: bool) -> str:
            changes = {"host": "127.0.0.1", "port": port, "ssl": ssl}
            return refused(company, ann, entered(protocol, changes), protocol)

        found = pool.map(said, ["imap", "imap", "smtp", "smtp"], [True, False, True, False])
    for words in found:
        assert "answer" in words or "time" in words, words


@pytest.mark.parametrize("bad", ["\r\n", "\n", "\r", "\0"], ids=["CRLF", "LF", "CR", "NUL"])
@pytest.mark.parametrize("name", ["username", "password", "host"])
@pytest.mark.parametrize("protocol", ["imap", "smtp"])
def test_a_line_break_in_what_is_entered(
    company: Office, ann: Salesperson, protocol: str, name: str, bad: str
):
    settings = ann.settings()
    value = settings[f"{protocol}_{name}"]
    changes = {f"{protocol}_{name}": f"{value}{bad}a1 LOGOUT"}
    before = saved(company)
    with pytest.raises(Refused) as told:
        wizard = ann.client.create("mail.sync.account.setup", **{**settings, **changes})
        ann.client.call("mail.sync.account.setup", "action_next", [wizard])
        ann.client.call("mail.sync.account.setup", "action_connect_smtp", [wizard])
    assert saved(company) == before
    assert "Odoo Server Error" not in str(told.value), told.value
    assert settings["imap_password"] not in str(told.value)


def test_a_hostname_of_spaces_only_is_none(company: Office, ann: Salesperson):
    said = refused(company, ann, {"imap_host": "  "}, "imap")
    assert "hostname" in said.lower()
    settings = {**ann.settings(), "smtp_host": "  "}
    wizard = ann.client.create("mail.sync.account.setup", **settings)
    assert not ann.client.read("mail.sync.account.setup", wizard, "smtp_host")["smtp_host"]


def test_an_error_tells_nobody_the_password(company: Office, ann: Salesperson):
    secret = "Zaubertrank-9471"
    for protocol in ("imap", "smtp"):
        said = refused(company, ann, {f"{protocol}_password": secret}, protocol)
        assert secret not in said


@pytest.mark.parametrize("protocol", ["imap", "smtp"])
def test_an_error_about_a_certificate_names_its_fingerprint(
    company: Office, ann: Salesperson, protocol: str
):
    pem = Path(services.describe().self_signed_certificate).read_text()
    met = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    said = refused(company, ann, {f"{protocol}_host": HOSTS.self_signed}, protocol)
    assert met in said
    assert "The server said" not in said


def test_what_a_web_page_adds_to_what_is_copied_is_no_part_of_it(company: Office):
    ben = company.salesperson("ben")
    set_password(ben.email, "abcd efgh ijkl")
    try:
        host = HOSTS.trusted
        ben.connect(
            imap_username=f" {ben.email}\u200b\u00a0",
            imap_password="abcd\u00a0efgh\u2009ijkl",
            imap_host=f"\ufeff{host} ",
            smtp_username=f"\u200b{ben.email}",
            smtp_password="abcd\u00a0efgh\u2009ijkl",
            smtp_host=f"{host}\u2060",
        )
        names = ("state", "email", "imap_username", "imap_host", "smtp_username", "smtp_host")
        assert ben.account(*names) == {
            "id": ben.account_id(),
            "state": "enabled",
            "email": ben.email,
            **dict.fromkeys(("imap_username", "smtp_username"), ben.email),
            **dict.fromkeys(("imap_host", "smtp_host"), host),
        }
    finally:
        set_password(ben.email, PASSWORD)
