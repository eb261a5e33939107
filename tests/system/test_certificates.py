"""A pinned server is replaced by another: nothing is sent to it before its owner agrees."""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from dev import certificates, dovecot, services
from dev.client import Refused
from dev.demo import LOGIN_PASSWORD
from dev.passwords import PASSWORD

from .imap_proxy import Proxy
from .office import Office, Salesperson
from .smtp_proxy import SmtpProxy

pytestmark = pytest.mark.shared

SETUP = "mail.sync.account.setup"
PROTOCOLS = ("imap", "smtp")


class Front:
    """A TLS proxy for a mail server that has no TLS, whose certificate can be exchanged.

    ``heard`` is what clients said once the connection was encrypted, ``met`` how many connected.
    While ``opens`` is cleared it does not begin TLS, while ``admits`` is, it passes on no login.
    """

    def __init__(self, protocol: str, folder: Path):
        port = (
            services.describe().imap_port if protocol == "imap" else services.describe().smtp_port
        )
        self.behind, self.folder, self.heard = (dovecot.PLAIN, port), folder, b""
        self.opens, self.admits = threading.Event(), threading.Event()
        self.opens.set()
        self.admits.set()
        self.met = 0
        self.renew()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def renew(self) -> None:
        """Replace the server, as far as a client can tell."""
        certificates.issue("localhost", "localhost", "127.0.0.1").save(self.folder)
        der = ssl.PEM_cert_to_DER_cert((self.folder / "certificate.pem").read_text())
        self.fingerprint, self.heard = hashlib.sha256(der).hexdigest(), b""
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(self.folder / "certificate.pem", self.folder / "key.pem")

    def heard_a_login(self) -> bool:
        """Whether anybody has started to log in."""
        return any(word in self.heard.upper() for word in (b"LOGIN", b"AUTH"))

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self.met += 1
        self.opens.wait(30)
        with (
            contextlib.suppress(OSError),
            socket.create_connection(self.behind) as server,
            self.tls.wrap_socket(client, server_side=True) as encrypted,
        ):
            threading.Thread(target=self._answer, args=(server, encrypted), daemon=True).start()
            while said := encrypted.recv(65536):
                self.heard += said
                if self.heard_a_login():
                    self.admits.wait(30)
                server.sendall(said)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while said := server.recv(65536):
                client.sendall(said)
            client.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def fronts(tmp_path: Path) -> Iterator[dict[str, Front]]:
    """Return a server for either protocol whose certificate can be exchanged."""
    made = {protocol: Front(protocol, tmp_path / protocol) for protocol in PROTOCOLS}
    yield made
    for front in made.values():
        front.close()


def connect_to(fronts: dict[str, Front], ann: Salesperson) -> None:
    """Connect a mailbox, and confirm both certificates on the way."""
    changes: dict[str, Any] = {}
    for protocol, front in fronts.items():
        changes |= {
            f"{protocol}_host": "127.0.0.1",
            f"{protocol}_port": front.port,
            f"{protocol}_self_signed": True,
        }
    ann.connect(**changes)


def press(ann: Salesperson, wizard: int, protocol: str) -> dict[str, Any]:
    """Press the button of a step; return what the wizard then shows of it."""
    buttons = {"imap": "action_next", "smtp": "action_connect_smtp"}
    ann.client.call(SETUP, buttons[protocol], [wizard])
    names = [f"{protocol}_fingerprint{part}" for part in ("", "_met", "_accepted")]
    shown = ann.client.read(SETUP, wizard, "step", *names)
    known, met, accepted = (shown[name] for name in names)
    return {"step": shown["step"], "known": known, "met": met, "accepted": accepted}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_password_leaves_before_the_first_certificate_is_confirmed(
    company: Office, protocol: str, fronts: dict[str, Front]
):
    ann, front = company.salesperson("ann"), fronts[protocol]
    host = {"host": "127.0.0.1", "port": front.port, "self_signed": True}
    entered = {f"{protocol}_{name}": value for name, value in host.items()}
    # To confirm what has not been shown confirms nothing.
    entered[f"{protocol}_fingerprint_accepted"] = True
    wizard = ann.client.create(SETUP, **{**ann.settings(), **entered})
    if protocol == "smtp":
        press(ann, wizard, "imap")

    stopped = {"step": protocol, "known": False, "met": front.fingerprint, "accepted": False}
    for _ in range(2):
        assert press(ann, wizard, protocol) == stopped
        assert not front.heard_a_login(), front.heard
    names = [f"{protocol}_met_{name}" for name in ("subject", "issuer", "validity")]
    shown = ann.client.read(SETUP, wizard, *names)
    assert shown[names[0]] == shown[names[1]] == "CN=localhost"
    assert re.fullmatch(r"\S+ to \S+", shown[names[2]])

    ann.client.call(SETUP, "write", [wizard], {f"{protocol}_fingerprint_accepted": True})
    confirmed = press(ann, wizard, protocol)
    assert (confirmed["step"] != protocol, confirmed["known"]) == (True, front.fingerprint)
    assert front.heard_a_login()


def test_one_certificate_on_one_host_is_confirmed_once(company: Office):
    ann, own = company.salesperson("ann"), services.describe().hosts.self_signed
    server = {"host": own, "self_signed": True}
    entered = {f"{each}_{name}": value for each in PROTOCOLS for name, value in server.items()}
    wizard = ann.client.create(SETUP, **{**ann.settings(), **entered})
    press(ann, wizard, "imap")
    ann.client.call(SETUP, "write", [wizard], {"imap_fingerprint_accepted": True})
    assert press(ann, wizard, "imap")["step"] == "smtp"
    assert press(ann, wizard, "smtp")["step"] == "ready"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_changed_certificate_is_noticed_before_anything_is_sent(
    company: Office, protocol: str, fronts: dict[str, Front]
):
    ann, front = company.salesperson("ann"), fronts[protocol]
    connect_to(fronts, ann)
    accepted = front.fingerprint
    assert ann.account(f"{protocol}_fingerprint")[f"{protocol}_fingerprint"] == accepted

    front.renew()
    wizard = ann.client.create(SETUP)
    if protocol == "smtp":
        press(ann, wizard, "imap")
    shown = press(ann, wizard, protocol)

    stopped = {"step": protocol, "known": accepted, "accepted": False}
    assert shown == {**stopped, "met": front.fingerprint}
    assert not front.heard_a_login(), front.heard

    # What is accepted is the certificate that was shown, not the next one.
    ann.client.call(SETUP, "write", [wizard], {f"{protocol}_fingerprint_accepted": True})
    front.renew()
    assert press(ann, wizard, protocol) == {**stopped, "met": front.fingerprint}
    assert not front.heard_a_login(), front.heard

    ann.client.call(SETUP, "write", [wizard], {f"{protocol}_fingerprint_accepted": True})
    shown = press(ann, wizard, protocol)
    assert (shown["step"] != protocol, shown["known"]) == (True, front.fingerprint)
    if protocol == "imap":
        press(ann, wizard, "smtp")
    ann.client.call(SETUP, "action_finish", [wizard])
    saved = ann.account("imap_fingerprint", "smtp_fingerprint")
    assert [saved[f"{each}_fingerprint"] for each in PROTOCOLS] == [
        fronts[each].fingerprint for each in PROTOCOLS
    ]


@pytest.mark.parametrize(
    "changes", [{"imap_password": "a new one"}, {"imap_username": "other@example.com"}, "port"]
)
def test_a_pin_belongs_to_the_host_whatever_else_changes(
    company: Office, changes: Any, fronts: dict[str, Front], tmp_path: Path
):
    ann, front = company.salesperson("ann"), fronts["imap"]
    connect_to(fronts, ann)
    accepted = front.fingerprint
    if changes == "port":
        front = Front("imap", tmp_path / "elsewhere")
        changes = {"imap_port": front.port}
    else:
        front.renew()
    wizard = ann.client.create(SETUP)
    ann.client.call(SETUP, "write", [wizard], {"imap_host": "elsewhere.example"})
    ann.client.call(SETUP, "write", [wizard], {"imap_host": "127.0.0.1", **changes})
    if "imap_username" in changes:
        ann.client.call(SETUP, "write", [wizard], {"imap_password": PASSWORD})
    shown = press(ann, wizard, "imap")
    assert shown["step"] == "imap"
    assert (shown["known"], shown["met"]) == (accepted, front.fingerprint)
    assert not front.heard_a_login(), front.heard


def test_no_button_skips_the_certificate(company: Office, fronts: dict[str, Front]):
    ann = company.salesperson("ann")
    connect_to(fronts, ann)
    fronts["imap"].renew()
    wizard = ann.client.create(SETUP)
    press(ann, wizard, "imap")
    for button in ("action_connect_smtp", "action_finish"):
        with pytest.raises(Refused):
            ann.client.call(SETUP, button, [wizard])


def test_a_changed_certificate_is_named_whenever_saved_details_are_tested(
    company: Office, fronts: dict[str, Front]
):
    ann = company.salesperson("ann")
    connect_to(fronts, ann)
    for front in fronts.values():
        front.renew()
    account = ann.account_id()
    said = ann.client.call("mail.sync.account", "action_test_connection", [account])
    for protocol, front in fronts.items():
        problems = ann.client.read(said["res_model"], said["res_id"], f"{protocol}_problem")
        assert front.fingerprint in problems[f"{protocol}_problem"]
    change = ann.client.create(
        "mail.sync.account.password", account_id=account, password=PASSWORD, used_for="both"
    )
    with pytest.raises(Refused, match=fronts["imap"].fingerprint):
        ann.client.call("mail.sync.account.password", "action_change_password", [change])
    assert not any(front.heard_a_login() for front in fronts.values())


@contextlib.contextmanager
def mail_sync_page(company: Office, owner: Salesperson) -> Iterator[Page]:
    """Log somebody in, in a browser, and show Mail Sync."""
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(
            executable_path=services.describe().chromium, args=["--no-sandbox"]
        )
        page = program.new_context(viewport={"width": 1280, "height": 800}).new_page()
        # The first page of a new database takes Odoo a while.
        page.set_default_timeout(60_000)
        page.goto(f"{company.server.url}/web/login")
        page.fill("input[name=login]", owner.email)
        page.fill("input[name=password]", LOGIN_PASSWORD)
        page.click("button[type=submit]")
        page.click(".o_user_menu button")
        page.click("[data-menu=mail_sync]")
        yield page
        program.close()


def test_nothing_is_connected_without_a_password_and_once_by_a_double_click(company: Office):
    ann = company.salesperson("ann")
    settings = ann.settings()
    with (
        mail_sync_page(company, ann) as page,
        socket.create_server(("127.0.0.1", 0)) as nobody,
        Proxy() as imap,
        SmtpProxy() as smtp,
    ):
        page.click(".o_mail_sync_choice")
        page.fill("[name=imap_host] input", settings["imap_host"])
        page.fill("[name=imap_port] input", str(nobody.getsockname()[1]))
        page.locator("[name=imap_host] input").press("Enter")
        password = page.locator("[name=imap_password] input")
        expect(page.locator("[name=imap_password].o_field_invalid")).to_be_visible()
        expect(password).to_be_focused()
        expect(page.locator(".o_mail_sync_step")).not_to_be_visible()
        nobody.setblocking(False)
        with pytest.raises(BlockingIOError):
            nobody.accept()

        step = page.locator(".o_mail_sync_step")
        for protocol, proxy in (("imap", imap), ("smtp", smtp)):
            page.fill(f"[name={protocol}_host] input", proxy.host)
            page.fill(f"[name={protocol}_port] input", str(proxy.port))
            page.locator(f"[name={protocol}_ssl] input").uncheck()
            page.locator(f"[name={protocol}_plain_allowed] input").check()
            if protocol == "imap":
                password.fill(settings["imap_password"])
                imap.stall()
                page.dblclick("button[name=action_next]")
                expect(step).to_have_text(f"Connecting to {imap.host}…")
                imap.stall_at(rb"LOGIN|AUTHENTICATE")
                imap.resume()
                expect(step).to_have_text("Signing in…")
                assert imap.log_ins == 1
                imap.stall_at(rb"LIST")
                imap.resume()
                expect(step).to_have_text("Looking at the folders…")
                imap.resume()
            else:
                page.dblclick("button[name=action_connect_smtp]")
        expect(page.locator(".o_mail_sync_setup")).to_contain_text("Both connections work")
        assert (imap.log_ins, smtp.connections) == (1, 1)
        page.dblclick("button[name=action_finish]")
        expect(page.locator(".o_mail_sync_page h1")).to_contain_text(ann.email)
        # From here on the scheduled sync connects as well: what is counted is what was asked for.
        asked = []
        page.on("request", lambda one: asked.append(one.url))
        page.locator("button[name=action_test_connection]:visible").first.dblclick()
        expect(page.locator(".o_notification")).to_contain_text(["Reading and sending work."])
        assert sum("action_test_connection" in url for url in asked) == 1


def test_untouched_settings_show_both_fingerprints_and_wait_for_the_box(
    company: Office, fronts: dict[str, Front]
):
    ann = company.salesperson("ann")
    connect_to(fronts, ann)
    before = {protocol: front.fingerprint for protocol, front in fronts.items()}
    for front in fronts.values():
        front.renew()
    buttons = {"imap": "action_next", "smtp": "action_connect_smtp"}
    with mail_sync_page(company, ann) as page:
        page.locator("button[name=action_open_setup]:visible").first.click()
        for protocol, front in fronts.items():
            button, shown = buttons[protocol], page.locator(f"[name={protocol}_other_certificate]")
            page.click(f"button[name={button}]")
            expect(shown).to_contain_text(before[protocol])
            expect(shown).to_contain_text(front.fingerprint)
            assert not front.heard_a_login(), front.heard
            shown.get_by_label("I have compared it: accept this certificate").check()
            page.click(f"button[name={button}]")
            expect(page.locator(f"button[name={button}]")).not_to_be_visible()
        page.click("button[name=action_finish]")
        expect(page.locator(".o_mail_sync_page")).to_be_visible()
    saved = ann.account("imap_fingerprint", "smtp_fingerprint")
    assert {each: saved[f"{each}_fingerprint"] for each in PROTOCOLS} == {
        protocol: front.fingerprint for protocol, front in fronts.items()
    }
