"""A first sync in a browser: the bar follows the server's reports, and can be left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from dev import services
from dev.demo import LOGIN_PASSWORD, mail
from dev.pages import log_in

from .office import Office, import_mails, somebody, wait_until

pytestmark = pytest.mark.shared

PATIENCE = 20_000
#: Enough to take some seconds.
MAILS = 60_000


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=services.describe().chromium, args=["--no-sandbox"]
        )
        yield browser.new_page(viewport={"width": 1280, "height": 800})
        browser.close()


def open_account(page: Page) -> None:
    page.click(".o_user_menu button")
    page.click("[data-menu=mail_sync]")
    page.wait_for_selector(".o_mail_sync_page")


def newsletter(to: str, number: int) -> bytes:
    """Return a mail that is no lead's. This many are made fastest by hand."""
    return (
        f"From: news@trade.example\r\nTo: {to}\r\nSubject: Issue {number}\r\n"
        "Date: Mon, 2 Nov 2026 10:00:00 +0000\r\n"
        f"Message-ID: <{number}.{to}>\r\n\r\nPrices fall again.\r\n"
    ).encode()


def percent(page: Page) -> int | None:
    """Return the position of the bar, or None if there is none."""
    found = page.evaluate(
        "document.querySelector('.o_mail_sync_progress .progress-bar')?.ariaValueNow ?? null"
    )
    return None if found is None else int(found)


def test_the_bar_moves_while_mails_are_read_and_is_still_there_on_return(
    new_company: Office, page: Page
):
    ann = new_company.salesperson()
    import_mails(ann.person, "INBOX", [newsletter(ann.email, n) for n in range(MAILS)])
    log_in(page, new_company.server.url, ann.email, LOGIN_PASSWORD)
    ann.connect()
    open_account(page)
    wait_until(lambda: percent(page) is not None, "A bar")
    seen = []
    while (at := percent(page)) is not None:
        if not seen or at != seen[-1]:
            seen.append(at)
        if len(seen) == 2:
            page.goto(f"{new_company.server.url}/odoo/discuss")
            page.wait_for_selector(".o_user_menu")
            open_account(page)
            page.wait_for_timeout(100)
            if percent(page) is None:
                break
    assert seen == sorted(seen)
    assert len(seen) >= 2
    expect(page.locator("[name=seen_count]").first).to_contain_text(f"{MAILS:,}", timeout=PATIENCE)


def test_a_mail_that_arrives_while_the_lead_is_open_appears_on_it(company: Office, page: Page):
    ann = company.salesperson()
    lead = company.lead(somebody("lena"), ann)
    ann.has(mail(lead.customer, ann.person, "The first", "Hello."))
    ann.connect()
    ann.sync()
    log_in(page, company.server.url, ann.email, LOGIN_PASSWORD)
    page.goto(f"{company.server.url}/odoo/crm/{lead.id}")
    expect(page.locator(".o_mail_sync_subject")).to_have_text(["The first"], timeout=PATIENCE)
    ann.receives(mail(lead.customer, ann.person, "The second", "Are you there?"))
    expect(page.locator(".o_mail_sync_subject")).to_have_text(
        ["The second", "The first"], timeout=PATIENCE
    )
