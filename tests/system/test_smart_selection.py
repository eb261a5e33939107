"""Smart Mails to a selection of leads: one composer after the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from dev import services
from dev.demo import LOGIN_PASSWORD
from dev.pages import log_in
from dev.paths import LOG

from .office import Lead, Office, Salesperson, somebody

pytestmark = pytest.mark.shared

PICTURES = LOG / "screenshots"


@pytest.fixture
def ann(company: Office) -> Salesperson:
    """Return a salesperson with a mailbox, for whom a Smart Mail is prepared."""
    ann = company.salesperson("ann")
    ann.connect()
    company.admin.create(
        "mail.template",
        name="Welcome",
        mail_sync_for="crm.lead",
        mail_sync_smart=True,
        subject="Welcome {{ object.partner_id.name }}",
        body_html="<p>Dear <t t-out='object.partner_id.name'/>, thank you.</p>",
    )
    return ann


@pytest.fixture
def page(company: Office, ann: Salesperson) -> Iterator[Page]:
    """Return a browser's page in which Ann is logged in."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=services.describe().chromium, args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        log_in(page, company.server.url, ann.email, LOGIN_PASSWORD)
        yield page
        browser.close()


def select(page: Page, company: Office, leads: list[Lead]) -> None:
    """Show Ann's leads as a list, select all, and press *Smart Mail*."""
    page.goto(f"{company.server.url}/odoo/crm?view_type=list")
    page.wait_for_selector(".o_list_view")
    expect(page.locator(".o_data_row")).to_have_count(len(leads))
    page.check(".o_list_view thead .o_list_record_selector input")
    page.click(".o_control_panel button[name=action_mail_sync_smart_mail]")
    page.wait_for_selector(".modal [name=shown_ids] .o_data_row")


def see(page: Page, name: str) -> None:
    page.screenshot(path=PICTURES / f"smart-{name}.png")


def test_a_selection_is_personalized_one_after_the_other(company, ann, page):
    leads = [company.lead(somebody(word), ann) for word in ("lena", "jon", "kim")]
    select(page, company, leads)
    page.click(".modal [name=shown_ids] .o_data_row button[name=action_personalize]:visible")
    written = []
    for number in (1, 2, 3):
        title = page.locator(".modal .modal-title")
        expect(title).to_contain_text(f"({number} of 3)")
        name = title.text_content().removeprefix("Personalize: ").partition(" (")[0]
        expect(page.locator(".modal [name=partner_ids]")).to_contain_text(name)
        see(page, f"personalize-{number}")
        if number == 2:
            page.click(".modal button[name=action_mail_sync_skip]")
            continue
        page.fill(".modal [name=subject] input", f"Only for {name}")
        page.click(".modal button[name=action_send_mail]")
        written.append(name)
    expect(page.locator(".modal")).to_have_count(0)
    for lead in leads:
        name = lead.customer.name
        if name in written:
            assert f"Dear {name}, thank you." in str(lead.receives(f"Only for {name}"))
            assert len(lead.inbox(f"Only for {name}")) == 1
        else:
            assert lead.subjects() == []
