"""No way in: what a user may have Odoo connect to, and what a refusal reveals."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from dev import services
from dev.client import Refused

from .office import Office, Salesperson, somebody, wait_until

PARAMETER = "mail_sync_custom.allowed_hosts"

#: Seconds by which the answers may differ on a busy machine.
APART = 0.5


@pytest.fixture(scope="module")
def ann(company: Office) -> Salesperson:
    return company.salesperson("ann")


@contextmanager
def listed(company: Office, entries: str) -> Iterator[None]:
    """Set the administrator's list as Settings > Mail Sync does; put it back at the end."""
    before = company.admin.call("ir.config_parameter", "get_param", PARAMETER)
    save(company, entries)
    try:
        yield
    finally:
        save(company, before)


def save(company: Office, entries: str) -> None:
    settings = company.admin.create("res.config.settings", mail_sync_allowed_hosts=entries)
    company.admin.call("res.config.settings", "execute", [settings])


@contextmanager
def states() -> Iterator[dict[str, int]]:
    """Yield a port of this machine in each state that a prying user would like to distinguish."""
    with ExitStack() as stack:
        closed = stack.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        foreign = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        threading.Thread(target=speak_http, args=(foreign,), daemon=True).start()
        found = services.describe()
        yield {
            "refused": closed.getsockname()[1],
            "closed": 1,
            "silent": silent.getsockname()[1],
            "HTTP": foreign.getsockname()[1],
            "PostgreSQL": int(found.postgres["port"]),
            "IMAP": found.imap_port,
            "IMAP over TLS": found.imaps_port,
            "SMTP": found.smtp_port,
            "no port of mail's": 22,
            "a port of mail's": 993,
        }


def speak_http(listening: socket.socket) -> None:
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        with client:
            client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def answer(ann: Salesperson, protocol: str, host: str, port: int) -> tuple[str, float]:
    """Return the wizard's answer to a host and a port, and after how many seconds."""
    changes = {f"{protocol}_host": host, f"{protocol}_port": port}
    wizard = ann.client.create("mail.sync.account.setup", **{**ann.settings(), **changes})
    if protocol == "smtp":
        # The SMTP step is only reached with an IMAP server that is allowed.
        ann.client.call("mail.sync.account.setup", "action_next", [wizard])
    button = {"imap": "action_next", "smtp": "action_connect_smtp"}[protocol]
    begun = time.monotonic()
    with pytest.raises(Refused) as told:
        ann.client.call("mail.sync.account.setup", button, [wizard])
    return str(told.value), time.monotonic() - begun


@pytest.mark.parametrize("protocol", ["imap", "smtp"])
def test_the_wizard_reveals_nothing_about_a_host_that_is_not_allowed(
    company: Office, ann: Salesperson, protocol: str
):
    allowed = f"{ann.settings()['imap_host']}:*" if protocol == "smtp" else ""
    met: dict[str, tuple[str, float]] = {}
    with states() as ports, listed(company, allowed):
        for state, port in ports.items():
            met[state] = answer(ann, protocol, "127.0.0.2", port)
    for state, (said, seconds) in met.items():
        print(f"{protocol}  {state:18} {seconds:5.2f} s  {said.splitlines()[0]}")
    assert len({said for said, _ in met.values()}) == 1
    assert "not allowed" in met["silent"][0]
    assert "administrator" in met["silent"][0]
    seconds = [seconds for _, seconds in met.values()]
    assert max(seconds) - min(seconds) < APART


def test_a_list_with_a_mistake_is_not_saved(company: Office):
    with pytest.raises(Refused) as told:
        save(company, "10.0.0.0/8, 10.0.0.0/99")
    assert "10.0.0.0/99" in str(told.value)


def test_a_mailbox_on_a_server_no_longer_allowed_is_in_error_and_sends_nothing(
    new_company: Office,
):
    ann = new_company.salesperson("ann")
    ann.connect()
    wait_until(lambda: ann.account("last_sync_at")["last_sync_at"], "the first sync")
    lead = new_company.lead(somebody("lea"), ann)
    with listed(new_company, ""):
        ann.sync()
        found = ann.account("state", "error_code")
        assert (found["state"], found["error_code"]) == ("error", "host_not_allowed")
        assert "administrator" in ann.log()[0]["remedy"]
        ann.write(lead, "Kept until it may leave")
        new_company.send_queue()
        assert lead.inbox("Kept until it may leave") == []
    new_company.let_time_pass(ann)
    ann.sync()
    assert ann.account("state")["state"] == "enabled"
