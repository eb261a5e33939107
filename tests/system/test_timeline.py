"""The Life of the Lead as a salesperson works with it, in a browser and on real servers.

One conversation is walked through from top to bottom: each test starts where the page is fresh.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from dev import services
from dev.demo import LOGIN_PASSWORD, mail
from dev.pages import log_in
from dev.paths import LOG

from .office import PATIENCE, Lead, Salesperson, raw, somebody, wait_until

pytestmark = pytest.mark.shared

PICTURES = LOG / "screenshots"


@dataclass
class Desk:
    """Ann, her lead, and a browser in which she is logged in."""

    ann: Salesperson
    lead: Lead
    browser: Browser
    state: dict

    def visit(self, path: str) -> Page:
        """Return a page of its own at an address of the web client."""
        context = self.browser.new_context(
            viewport={"width": 1600, "height": 1000}, storage_state=self.state
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(f"{self.lead.office.server.url}/odoo/{path}")
        return page

    def open(self, path: str = "") -> Page:
        """Return a page of its own that shows the lead."""
        page = self.visit(path or f"crm/{self.lead.id}")
        page.wait_for_selector(".nav-link[name=mail_sync_timeline]")
        if not path:
            page.wait_for_selector(".o_mail_sync_timeline button[name=write]")
        return page


@pytest.fixture(scope="module")
def desk(company) -> Iterator[Desk]:
    ann = company.salesperson()
    ann.connect()
    lead = company.lead(somebody("lena"), ann)
    lena = lead.customer
    question = mail(lena, ann.person, "Roof", "How much is a roof?", days_ago=40)
    ann.receives(
        question,
        mail(lena, ann.person, "Invoice", "Where is the invoice?", days_ago=30),
        mail(
            lena, ann.person, "Re: Roof", "Any news?", days_ago=20, answers=question["Message-ID"]
        ),
        *[mail(lena, ann.person, f"News {n}", "See above.", days_ago=80 + n) for n in range(40)],
    )
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=services.describe().chromium, args=["--no-sandbox"]
        )
        page = browser.new_page()
        log_in(page, company.server.url, ann.email, LOGIN_PASSWORD)
        yield Desk(ann, lead, browser, page.context.storage_state())
        browser.close()


def entries(page: Page) -> Locator:
    return page.locator(".o_mail_sync_entry .o_mail_sync_subject")


def see(page: Page, name: str) -> None:
    """Keep a picture, for whoever wants to see the screen."""
    page.screenshot(path=PICTURES / f"timeline-{name}.png")


def test_the_tab_has_the_number_of_mails_and_counts_what_comes(desk):
    page = desk.open()
    tab = page.locator(".nav-link[name=mail_sync_timeline]")
    before = len(desk.lead.entries())
    expect(tab).to_have_text(f"Life of the Lead ({before})")
    see(page, "page")
    desk.ann.receives(mail(desk.lead.customer, desk.ann.person, "One more", "Hello", days_ago=90))
    expect(tab).to_have_text(f"Life of the Lead ({before + 1})")


def test_search_leaves_the_mails_with_all_words(desk):
    page = desk.open()
    page.fill("input[name=search]", "invoice where")
    expect(entries(page)).to_have_text(["Invoice"])
    see(page, "search")
    page.fill("input[name=search]", "nothing like it")
    page.click("button[name=clear_search]")
    expect(entries(page).first).to_have_text("Re: Roof")


def test_mails_stand_by_conversation_and_the_browser_remembers_it(desk):
    page = desk.open()
    page.click("button[name=conversations]")
    first = page.locator(".o_mail_sync_conversation").first
    expect(first.locator("h5")).to_contain_text("Roof")
    expect(first.locator(".o_mail_sync_entry .o_mail_sync_subject")).to_have_text(
        ["Re: Roof", "Roof"]
    )
    see(page, "conversations")
    page.reload()
    page.wait_for_selector(".o_mail_sync_conversation")
    expect(page.locator("button[name=conversations]")).to_have_attribute("aria-pressed", "true")
    expect(first.locator("h5 .badge")).to_have_text("2")
    page.click("button[name=conversations]")
    expect(page.locator(".o_mail_sync_conversation")).to_have_count(0)


def test_a_date_shows_the_mails_around_it(desk):
    page = desk.open()
    day = datetime.now(UTC) - timedelta(days=110)
    page.click(".o_mail_sync_date input")
    expect(page.locator(".o_datetime_picker")).to_be_visible()
    see(page, "picker")
    page.fill(".o_mail_sync_date input", day.strftime("%m/%d/%Y"))
    page.keyboard.press("Enter")
    found = page.locator(".o_mail_sync_found .o_mail_sync_subject")
    expect(found).to_have_text("News 30")
    see(page, "date")
    before = page.locator("button[name=before]")
    expect(before).to_have_text("Show newer")
    shown = entries(page).count()
    before.click()
    expect(entries(page)).to_have_count(shown + 20)
    before.click()
    expect(entries(page).first).to_have_text("Re: Roof")
    expect(before).to_have_count(0)


def test_write_opens_the_composer_and_the_mail_leaves_from_the_mailbox(desk):
    page = desk.open()
    page.click(".o_mail_sync_timeline button[name=write]")
    dialog = page.locator(".modal")
    expect(dialog.locator(".o_field_widget[name=partner_ids]")).to_contain_text(
        desk.lead.customer.name
    )
    dialog.locator(".o_field_widget[name=subject] input").fill("Our offer")
    dialog.locator(".odoo-editor-editable").first.click()
    page.keyboard.type("Here it is.")
    see(page, "write")
    dialog.locator("button[name=action_send_mail]").click()
    expect(entries(page).first).to_have_text("Our offer")
    received = desk.lead.receives("Our offer")
    assert desk.ann.email in received["From"]


def test_a_mail_is_logged_by_hand_once_and_a_wrong_file_says_why(desk, tmp_path):
    page = desk.open()
    saved = tmp_path / "saved.eml"
    stranger = somebody("max", "elsewhere.example")
    saved.write_bytes(raw(mail(stranger, desk.ann.person, "By post", "As promised.", days_ago=1)))
    (tmp_path / "plan.pdf").write_bytes(b"%PDF-1.7")
    chooser = page.locator("input[name=mail_file]")
    expect(page.locator("button[name=log_mail]")).to_be_visible()
    chooser.set_input_files([saved, tmp_path / "plan.pdf"])
    entry = page.locator(".o_mail_sync_entry:has(.o_mail_sync_subject:text-is('By post'))")
    expect(entry).to_contain_text("Logged by hand by")
    expect(entry).to_contain_text("Received")
    expect(page.locator(".o_notification")).to_contain_text(
        ["This file is not a mail", "The mail is logged"]
    )
    see(page, "by-hand")
    chooser.set_input_files(saved)
    expect(page.locator(".o_notification", has_text="This mail is here already.")).to_be_visible()
    expect(entry).to_have_count(1)


def test_a_saved_mail_is_dropped_on_the_timeline(desk):
    page = desk.open()
    text = raw(mail(desk.lead.customer, desk.ann.person, "Dropped", "Here.", days_ago=2)).decode()
    expect(page.locator("button[name=log_mail]")).to_be_visible()
    data = page.evaluate_handle(
        """(text) => {
            const data = new DataTransfer();
            data.items.add(new File([text], "dropped.eml", { type: "message/rfc822" }));
            return data;
        }""",
        text,
    )
    page.dispatch_event(".o_mail_sync_timeline", "dragenter", {"dataTransfer": data})
    zone = page.locator(".o_mail_sync_dropzone")
    expect(zone).to_contain_text("Drop a saved mail here")
    see(page, "drop")
    zone.dispatch_event("drop", {"dataTransfer": data})
    expect(entries(page).filter(has_text="Dropped")).to_have_count(1)


def test_the_contact_has_what_was_written_on_the_lead(desk):
    desk.ann.write(desk.lead, "On the lead")
    page = desk.open(f"contacts/{desk.lead.partner}")
    page.click(".nav-link[name=mail_sync_timeline]")
    entry = page.locator(".o_mail_sync_entry:has(.o_mail_sync_subject:text-is('On the lead'))")
    expect(entry.locator(".o_mail_sync_record")).to_contain_text("Something for")
    see(page, "contact")
    entry.locator(".o_mail_sync_record").click()
    wait_until(lambda: "/crm" in page.url or str(desk.lead.id) in page.url, "the lead")


def test_a_dot_comes_when_the_lead_writes_and_goes_when_one_looks(desk):
    for context in desk.browser.contexts:
        context.close()  # whoever has the timeline open is looking
    desk.ann.write(desk.lead, "Do you agree?")
    desk.lead.receives("Do you agree?")
    page = desk.visit("crm")
    card = page.locator(".o_kanban_record", has_text=desk.lead.customer.name)
    expect(card).to_be_visible()
    dot, waits = card.locator(".o_mail_sync_unread"), card.locator(".o_mail_sync_waits")
    expect(dot).to_have_count(0)
    expect(waits).to_have_count(0)
    lena, ann = desk.lead.customer, desk.ann
    ann.receives(mail(lena, ann.person, "Before that", "One question.", days_ago=-0.001))
    expect(dot).to_be_visible()
    expect(waits).to_be_visible()
    see(page, "dot")
    page.click(".o_switch_view.o_list")
    row = page.locator(".o_data_row", has_text=desk.lead.customer.name)
    expect(row.locator(".o_mail_sync_unread")).to_be_visible()
    expect(row).to_contain_text("Waits for our answer")
    see(page, "dot-list")
    row.locator(".o_data_cell[name=name]").click()
    remind_of(page, "Do you agree?")
    page.go_back()
    expect(row).to_be_visible()
    expect(row.locator(".o_mail_sync_unread")).to_have_count(0)
    page = desk.visit("mail-sync-mails")
    expect(page.locator(".o_graph_renderer canvas")).to_be_visible()
    see(page, "traffic-graph")
    page.click(".o_switch_view.o_pivot")
    expect(page.locator("div.o_pivot")).to_contain_text(ann.person.name)
    see(page, "traffic-pivot")


def show_tab(page: Page, state: str) -> None:
    """Have the page be told that its tab is visible or hidden: under Playwright none is hidden."""
    page.evaluate(
        """(state) => {
            const told = { value: state, configurable: true };
            Object.defineProperty(document, "visibilityState", told);
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


def test_a_tab_that_nobody_sees_is_no_look(desk):
    for context in desk.browser.contexts:
        context.close()
    timeline = desk.open()
    expect(entries(timeline).first).to_be_visible()
    show_tab(timeline, "hidden")
    lena, ann = desk.lead.customer, desk.ann
    ann.receives(mail(lena, ann.person, "Behind", "Are you there?", days_ago=-0.002))
    expect(entries(timeline).first).to_have_text("Behind")
    page = desk.visit("crm")
    dot = page.locator(".o_kanban_record", has_text=lena.name).locator(".o_mail_sync_unread")
    expect(dot).to_be_visible()
    show_tab(timeline, "visible")
    expect(dot).to_have_count(0)


def remind_of(page: Page, subject: str) -> None:
    """Ask to be reminded of a sent mail on the lead that is shown."""
    entry = page.locator(f".o_mail_sync_entry:has(.o_mail_sync_subject:text-is('{subject}'))")
    expect(page.locator(".o_mail_sync_last")).to_contain_text("Waits for our answer")
    entry.locator("button[name=menu]").click()
    see(page, "remind-menu")
    page.click(".dropdown-item[name=remind]")
    expect(page.locator(".modal")).to_contain_text("Remind me on")
    see(page, "remind")
    page.click(".modal button[name=action_remind]")
    expect(page.locator(".modal")).to_have_count(0)
    expect(page.locator(".o-mail-Activity")).to_contain_text("No answer to the mail of")
    see(page, "reminded")
