"""The company's last place, seen by two users who want it, each in their own browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from dev import services
from dev.demo import LOGIN_PASSWORD

from .office import Office, Salesperson

PATIENCE = 20_000

OpenPage = Callable[[Salesperson], Page]


@pytest.fixture
def open_page(new_company: Office) -> Iterator[OpenPage]:
    """Return a function that logs a user in, in their own browser, and shows Mail Sync."""
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(
            executable_path=services.describe().chromium, args=["--no-sandbox"]
        )

        def open_page(owner: Salesperson) -> Page:
            page = program.new_context(viewport={"width": 1280, "height": 800}).new_page()
            page.set_default_timeout(PATIENCE)
            page.goto(f"{new_company.server.url}/web/login")
            page.fill("input[name=login]", owner.email)
            page.fill("input[name=password]", LOGIN_PASSWORD)
            page.click("button[type=submit]")
            page.click(".o_user_menu button")
            page.click("[data-menu=mail_sync]")
            return page

        yield open_page
        program.close()


def connect(page: Page, owner: Salesperson) -> None:
    """Go through the wizard: fill in both steps, and finish."""
    settings = owner.settings()
    page.click(".o_mail_sync_choice")
    for name in ("imap_username", "imap_password", "imap_host", "imap_port"):
        page.fill(f"[name={name}] input", str(settings[name]))
    page.click("button[name=action_next]")
    for name in ("smtp_host", "smtp_port"):
        page.fill(f"[name={name}] input", str(settings[name]))
    page.click("button[name=action_connect_smtp]")
    page.click("button[name=action_finish]")


def is_shown(page: Page, status: str, colour: str) -> None:
    badge = page.locator(".o_mail_sync_page [name=state] .badge")
    expect(badge).to_have_text(status, timeout=PATIENCE)
    expect(badge).to_contain_class(colour)


def test_a_pending_mailbox_starts_when_a_colleague_disconnects(
    new_company: Office, open_page: OpenPage
):
    own = new_company.admin.call("res.company", "search", [])[:1]
    new_company.admin.call("res.company", "write", own, {"mail_sync_account_limit": 1})
    ann, ben = new_company.salesperson("ann"), new_company.salesperson("ben")

    anns = open_page(ann)
    connect(anns, ann)
    is_shown(anns, "Enabled", "text-bg-success")

    bens = open_page(ben)
    connect(bens, ben)
    is_shown(bens, "Pending", "text-bg-warning")
    waiting = bens.locator(".o_mail_sync_page [name=waiting]")
    expect(waiting).to_contain_text("Yours is number 1 in the queue")
    bens.evaluate("window.sameAsBefore = true")

    anns.click("button[name=action_open_disable]")
    anns.click(".modal button[name=action_disable]")
    expect(anns.locator(".o_mail_sync_choice")).to_contain_text("Custom", timeout=PATIENCE)

    # Ben does nothing.
    is_shown(bens, "Enabled", "text-bg-success")
    expect(waiting).to_be_hidden()
    assert bens.evaluate("window.sameAsBefore")
