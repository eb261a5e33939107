"""`python3 -m dev screenshots [PAGE …]`: pictures of the screens, from real servers.

A salesperson connects their mailbox in a browser and mail is recorded; a colleague's password no
longer holds. The pictures go to docs/screenshots.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from . import passwords, services
from .client import Client
from .console import step
from .database import OdooServer, copy
from .demo import Person, mail, put
from .dovecot import doveadm
from .machine import browser
from .passwords import PASSWORD
from .paths import ROOT

FOLDER = ROOT / "docs" / "screenshots"
LOGIN_PASSWORD = "screenshots"
SIZE = {"width": 1280, "height": 800}

EVE = Person("Eve Larsen", "eve@northwind.example")
SAM = Person("Sam Okafor", "sam@northwind.example")
LENA = Person("Lena Park", "lena@greenhill.example")
JON = Person("Jon Park", "jon@greenhill.example")
NEWS = Person("Trade News", "news@trade.example")


def run(*names: str) -> int:
    """Take all pictures, or those named."""
    with step("Sample mailboxes"):
        fill_mailboxes()
    with copy("screenshots") as db, OdooServer(db) as server, chromium() as open_page:
        story = Story(server, open_page, names)
        for tell in (story.connect, story.read, story.colleague, story.administrator):
            with step(tell.__doc__ or tell.__name__):
                tell()
    return 0


def fill_mailboxes() -> None:
    """Put a conversation with a lead among other mail."""
    for person in (EVE, SAM):
        passwords.set_password(person.email, PASSWORD)
        for mailbox in ("INBOX", "Sent"):
            doveadm("expunge", "-u", person.email, "mailbox", mailbox, "all")
    question = "We have 400 m² of roof in two parts. Can you come and have a look next week?"
    answer = "Gladly. I propose Tuesday at ten, and bring an offer for both parts."
    thanks = "Tuesday is fine. Jon, our architect, will be there too. His plans are with this."
    ids = [f"{number}@greenhill.example" for number in range(3)]
    put(EVE, "INBOX", mail(LENA, EVE, "Solar roof", question, days_ago=6, message_id=ids[0]))
    put(
        EVE,
        "Sent",
        mail(
            EVE,
            LENA,
            "Re: Solar roof",
            answer,
            days_ago=5,
            message_id=ids[1],
            answers=f"<{ids[0]}>",
            cc=SAM,
        ),
    )
    plans = mail(
        LENA,
        EVE,
        "Re: Solar roof",
        thanks,
        days_ago=4,
        message_id=ids[2],
        answers=f"<{ids[1]}>",
        cc=JON,
    )
    plans.add_attachment(
        b"0" * 48_000, maintype="application", subtype="acad", filename="Roof, south.dwg"
    )
    put(EVE, "INBOX", plans)
    for number in range(12):
        put(EVE, "INBOX", mail(NEWS, EVE, "This week", f"Issue {number}.", days_ago=number))
    put(SAM, "INBOX", mail(NEWS, SAM, "This week", "Issue 1.", days_ago=1))


@contextmanager
def chromium() -> Iterator[object]:
    """Give a function that opens a page as a user: `open_page(url, login, password)`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = playwright.chromium.launch(executable_path=str(browser()), args=["--no-sandbox"])

        def open_page(url, login, password):
            page = program.new_context(viewport=SIZE, locale="en-US").new_page()
            page.goto(f"{url}/web/login")
            page.fill("input[name=login]", login)
            page.fill("input[name=password]", password)
            page.click("button[type=submit]")
            page.wait_for_selector(".o_user_menu")
            return page

        yield open_page
        program.close()


class Story:
    """What is seen on the way from no mailbox to a recorded conversation."""

    def __init__(self, server: OdooServer, open_page, names: tuple[str, ...]):
        self.server, self.open_page, self.names = server, open_page, names
        self.mail_host = services.describe()
        self.admin = Client(server.url, server.db, "admin", "admin")
        group = self.admin.call(
            "ir.model.data", "check_object_reference", "sales_team", "group_sale_salesman_all_leads"
        )[1]
        for person in (EVE, SAM):
            self.admin.create(
                "res.users",
                name=person.name,
                login=person.email,
                email=person.email,
                password=LOGIN_PASSWORD,
                group_ids=[(4, group)],
            )
        self.lead = self.admin.create(
            "crm.lead",
            name="Solar roof for Greenhill",
            type="opportunity",
            contact_name=LENA.name,
            partner_name="Greenhill",
            email_from=LENA.email,
        )

    def shoot(self, page, name: str) -> None:
        """Take a picture when the page has come to rest."""
        # Odoo's bus is never idle: give images and transitions their moment instead.
        page.wait_for_timeout(900)
        if not self.names or name in self.names:
            FOLDER.mkdir(parents=True, exist_ok=True)
            picture = Image.open(io.BytesIO(page.screenshot()))
            # A screen has few colours: a palette holds them in a third of the bytes.
            picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
                FOLDER / f"{name}.png", optimize=True
            )

    def connect(self) -> None:
        """Eve connects her mailbox"""
        host = self.mail_host.hosts.self_signed
        self.page = page = self.open_page(self.server.url, EVE.email, LOGIN_PASSWORD)
        page.click(".o_user_menu button")
        self.shoot(page, "menu")
        page.click("[data-menu=mail_sync]")
        page.wait_for_selector(".o_mail_sync_welcome")
        self.shoot(page, "welcome")
        page.click(".o_mail_sync_choice")
        page.wait_for_selector(".o_mail_sync_setup")
        self.shoot(page, "wizard-imap-empty")
        self.choose(page, "GoDaddy")
        self.shoot(page, "wizard-provider")
        self.choose(page, "Other")
        page.check("[name=imap_ssl] input")
        self.fill(page, "imap", password="not the password", host=host)
        page.fill("[name=imap_port] input", str(self.mail_host.imaps_port))
        page.check("[name=imap_self_signed] input")
        self.shoot(page, "wizard-imap")
        page.click("button[name=action_next]")
        page.wait_for_selector(".o_mail_sync_error")
        self.shoot(page, "wizard-refused")
        page.click(".o_mail_sync_error .btn-primary")
        page.fill("[name=imap_password] input", PASSWORD)
        page.click("button[name=action_next]")
        page.wait_for_selector("button[name=action_connect_smtp]:visible")
        self.fill(page, "smtp", host=host)
        page.fill("[name=smtp_port] input", str(self.mail_host.smtps_port))
        page.check("[name=smtp_self_signed] input")
        self.shoot(page, "wizard-smtp")
        page.click("button[name=action_connect_smtp]")
        page.wait_for_selector("button[name=action_finish]:visible")
        self.shoot(page, "wizard-ready")
        page.click("button[name=action_finish]")
        page.wait_for_selector(".o_mail_sync_page")
        self.shoot(page, "page-new")

    def fill(self, page, protocol: str, **values: str) -> None:
        for name, value in values.items():
            page.fill(f"[name={protocol}_{name}] input", value)

    def choose(self, page, provider: str) -> None:
        page.fill("[name=provider_id] input", provider)
        page.locator(".o-autocomplete--dropdown-item", has_text=provider).first.click()
        page.wait_for_timeout(500)

    def read(self) -> None:
        """Eve's mail is recorded"""
        page = self.page
        page.click("button[name=action_sync_now]")
        page.wait_for_selector(".o_notification")
        page.wait_for_timeout(1500)
        self.shoot(page, "page-enabled")
        page.click(".nav-link[name=folders]")
        self.shoot(page, "page-folders")
        page.click(".nav-link[name=servers]")
        self.shoot(page, "page-servers")
        # As wide as the chatter needs to stand beside the form.
        page.set_viewport_size({"width": 1600, "height": 900})
        page.goto(f"{self.server.url}/odoo/crm/{self.lead}")
        page.wait_for_selector(".o_mail_sync_badge")
        self.shoot(page, "lead")
        page.locator(".o_mail_sync_badge").first.click()
        page.wait_for_selector(".o_mail_sync_popover")
        self.shoot(page, "lead-because")
        page.set_viewport_size(SIZE)
        page.reload()
        page.wait_for_selector(".o_mail_sync_entry")
        page.locator(".nav-link[name=mail_sync_timeline]").evaluate("e => e.scrollIntoView()")
        self.shoot(page, "timeline")
        page.click(".o_user_menu button")
        page.click("[data-menu=preferences]")
        page.click(".nav-link[name=mail_sync]")
        self.shoot(page, "preferences")

    def colleague(self) -> None:
        """Sam's password is no longer right"""
        sam = Client(self.server.url, self.server.db, SAM.email, LOGIN_PASSWORD)
        host = self.mail_host.hosts.self_signed
        account = {"username": SAM.email, "password": PASSWORD, "host": host, "self_signed": True}
        wizard = sam.create(
            "mail.sync.account.setup",
            imap_port=self.mail_host.imaps_port,
            smtp_port=self.mail_host.smtps_port,
            **{f"imap_{name}": value for name, value in account.items()},
            **{f"smtp_{name}": value for name, value in account.items()},
        )
        for button in ("action_next", "action_connect_smtp", "action_finish"):
            sam.call("mail.sync.account.setup", button, [wizard])
        passwords.set_password(SAM.email, "something new")
        page = self.open_page(self.server.url, SAM.email, LOGIN_PASSWORD)
        page.click(".o_user_menu button")
        page.click("[data-menu=mail_sync]")
        page.wait_for_selector(".o_mail_sync_page")
        page.click("button[name=action_sync_now]")
        page.wait_for_selector(".o_notification")
        self.shoot(page, "sync-refused")
        page.click(".o_notification_close")
        page.wait_for_selector("[name=failing]:visible")
        self.shoot(page, "page-error")
        page.locator("button[name=action_open_setup]:visible").last.click()
        page.wait_for_selector(".o_mail_sync_setup")
        self.shoot(page, "wizard-change")

    def administrator(self) -> None:
        """The administrator sees who is connected"""
        page = self.open_page(self.server.url, "admin", "admin")
        page.goto(f"{self.server.url}/odoo/mail-sync")
        page.wait_for_selector(".o_list_view")
        self.shoot(page, "accounts")
        page.goto(f"{self.server.url}/odoo/users")
        page.wait_for_selector(".o_list_view")
        self.shoot(page, "users")
        passwords.set_password(SAM.email, PASSWORD)
