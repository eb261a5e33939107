"""A browser that really signs in: from *Sign in* to the timeline."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from dev import demo, oidc, signing_in
from dev.machine import browser
from dev.pages import log_in
from dev.passwords import PASSWORD

from .office import Office, somebody

pytestmark = pytest.mark.shared

DOMAIN = "sales.example"


@pytest.fixture
def page() -> Iterator[Page]:
    """Return an empty page of a Chromium that trusts the development authority's certificates."""
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(executable_path=str(browser()), args=["--no-sandbox"])
        context = program.new_context(ignore_https_errors=True, locale="en-US")
        context.set_default_timeout(30_000)
        expect.set_options(timeout=30_000)
        yield context.new_page()
        program.close()


def at_the_provider(page: Page, password: str = PASSWORD) -> None:
    page.wait_for_url(f"{oidc.issuer()}/interaction/**")
    page.fill("input[name=password]", password)
    page.click("button[value=login]")


def test_from_sign_in_to_the_timeline(company: Office, page: Page):
    oidc.configure(reset=True)
    signing_in.register(company.admin, DOMAIN)
    ann = company.salesperson("ann")
    lead = company.lead(somebody("lena"), ann)
    ann.has(demo.mail(lead.customer, ann.person, "Solar roof", "Can you cover 400 m²?"))
    log_in(page, ann.client.url, ann.email, demo.LOGIN_PASSWORD)

    page.click(".o_user_menu button")
    page.click("[data-menu=mail_sync]")
    page.click(".o_mail_sync_choice")
    page.click("button[name=action_sign_in]")
    # The provider knows the address already; a wrong password is its own business.
    at_the_provider(page, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("Wrong address or password")
    at_the_provider(page)
    # No is an answer too, and the way back is a click.
    page.click("button[value=deny]")
    expect(page.locator("main")).to_contain_text("left without consent")
    page.get_by_role("link", name="Sign in again").click()
    # The provider knows who it is by now, and asks for consent alone.
    expect(page.locator("body")).to_contain_text(f"use the account {ann.email}")
    page.click("button[value=allow]")

    expect(page.locator(".o_mail_sync_page h1")).to_contain_text(ann.email)
    expect(page.locator(".o_mail_sync_page")).to_contain_text("Enabled")
    expect(page.get_by_role("button", name="Change password")).to_have_count(0)
    ann.sync()
    page.goto(f"{ann.client.url}/odoo/crm/{lead.id}")
    expect(page.locator(".o_mail_sync_timeline")).to_contain_text("Solar roof")
    assert re.search(r"/odoo/crm/\d+", page.url)


def test_an_account_that_must_sign_in_again_has_one_button(company: Office, page: Page):
    oidc.configure(reset=True)
    if not company.admin.call("mail.sync.oauth.client", "search_count", []):
        signing_in.register(company.admin, DOMAIN)
    ann = company.salesperson("ann")
    assert signing_in.SignIn(ann.client, ann.email).complete().connected
    ann.sync()
    oidc.configure(forget=ann.email)
    company.sql(
        "UPDATE mail_sync_oauth_grant SET access_until = NULL WHERE user_id = %s RETURNING id",
        ann.client.uid,
    )
    ann.sync()
    log_in(page, ann.client.url, ann.email, demo.LOGIN_PASSWORD)
    page.goto(
        f"{ann.client.url}/odoo/action-mail_sync_custom.mail_sync_account_action/{ann.account_id()}"
    )
    alert = page.locator("[name=failing]")
    expect(alert).to_contain_text("The provider wants you to sign in again")
    expect(alert.get_by_role("button")).to_have_count(1)
    alert.get_by_role("button", name="Sign in again").click()
    at_the_provider(page)
    page.click("button[value=allow]")
    expect(page.locator(".o_mail_sync_page")).to_contain_text("Enabled")
    expect(alert).to_have_count(0)
