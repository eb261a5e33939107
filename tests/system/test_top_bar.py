"""The top bar and the list of users, in a browser: up to date without a reload."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from dev import services
from dev.demo import LOGIN_PASSWORD
from dev.pages import log_in
from dev.passwords import PASSWORD, set_password

from .office import Office, Salesperson

pytestmark = pytest.mark.shared

MISSING = "Your Mail Sync is not configured"
PATIENCE = 20_000


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=services.describe().chromium, args=["--no-sandbox"]
        )
        yield browser.new_page(viewport={"width": 1280, "height": 800})
        browser.close()


def open_crm(page: Page, company: Office, login: str) -> None:
    """Log in, and mark the page so that a reload would be noticed."""
    log_in(page, company.server.url, login, LOGIN_PASSWORD)
    page.evaluate("window.sameAsBefore = true")


def says(page: Page, words: str) -> None:
    expect(page.locator(".o_mail_sync_systray")).to_contain_text(words, timeout=PATIENCE)


def says_nothing(page: Page) -> None:
    expect(page.locator(".o_mail_sync_systray")).to_have_count(0, timeout=PATIENCE)


def disable(owner: Salesperson) -> None:
    wizard = owner.client.create("mail.sync.account.disable", account_id=owner.account_id())
    owner.client.call("mail.sync.account.disable", "action_disable", [wizard])


def administrator(company: Office) -> Salesperson:
    boss = company.salesperson("boss")
    system = company.admin.call("ir.model.data", "check_object_reference", "base", "group_system")
    company.admin.call("res.users", "write", [boss.client.uid], {"group_ids": [(4, system[1])]})
    return boss


def test_an_administrator_is_reminded_until_it_is_configured(new_company: Office, page: Page):
    boss = administrator(new_company)
    open_crm(page, new_company, boss.email)
    says(page, MISSING)

    page.click(".o_mail_sync_systray")
    expect(page.locator(".o_mail_sync_welcome")).to_be_visible()
    page.evaluate("window.sameAsBefore = true")

    boss.connect()  # in another tab
    says_nothing(page)
    disable(boss)
    says(page, MISSING)
    assert page.evaluate("window.sameAsBefore")


def test_a_salesperson_is_told_only_that_their_mailbox_fails(new_company: Office, page: Page):
    ann = new_company.salesperson("ann")
    open_crm(page, new_company, ann.email)
    says_nothing(page)
    ann.connect()
    ann.sync()
    set_password(ann.email, "another-since")
    ann.sync()
    says(page, "Mail Sync:")
    page.click(".o_mail_sync_systray")
    expect(page.locator(".o_mail_sync_page .alert-danger")).to_be_visible()
    assert page.evaluate("window.sameAsBefore")

    set_password(ann.email, PASSWORD)
    ann.sync()
    says_nothing(page)


def test_an_administrator_finds_failing_mailboxes_and_disables_them(
    new_company: Office, page: Page
):
    boss, ann, ben = (administrator(new_company), *map(new_company.salesperson, ("ann", "ben")))
    for owner in (ann, ben):
        owner.connect()
    set_password(ann.email, "another-since")
    ann.sync()
    open_crm(page, new_company, boss.email)
    page.goto(f"{new_company.server.url}/odoo/users")
    row = page.locator(".o_data_row", has_text=ann.email)
    expect(row.locator(".text-bg-danger")).to_have_text("Error")
    expect(row).to_contain_text("refused")
    expect(page.locator(".o_data_row", has_text=ben.email)).to_contain_text("Enabled")

    page.click(".o_searchview_dropdown_toggler")
    page.click(".o_group_by_menu .o-dropdown-item:has-text('Mail Sync Status')")
    expect(page.locator(".o_group_name", has_text="Error (1)")).to_be_visible()
    page.click(".o_group_by_menu .o-dropdown-item:has-text('Mail Sync Status')")
    page.click(".o_filter_menu .o-dropdown-item:has-text('Mail Sync Fails')")
    page.keyboard.press("Escape")
    expect(page.locator(".o_data_row")).to_have_count(1)

    row.locator("button[name=action_open_mail_sync_disable]").click()
    expect(page.locator(".modal")).to_contain_text("Keep all previously synced communication")
    page.click(".modal button[name=action_disable]")
    expect(page.locator(".modal")).to_have_count(0)
    # The list still has its old filter: no failing mailbox is left.
    expect(page.locator(".o_breadcrumb")).to_contain_text("Users")
    expect(page.locator(".o_data_row")).to_have_count(0)
    assert not new_company.sql(
        "SELECT 1 FROM mail_sync_account WHERE active AND user_id = %s", ann.client.uid
    )
