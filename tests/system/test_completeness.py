"""Check completeness on Dovecot: what the server has against what is on the leads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from dev import services
from dev.demo import LOGIN_PASSWORD, mail
from dev.pages import log_in

from .office import Lead, Office, Salesperson, somebody, wait_until

pytestmark = pytest.mark.shared

PATIENCE = 60_000
#: In the order of the columns: the first is the sum of the others.
COUNTS = ("seen_count", "recorded_count", "other_count", "excluded_count", "failed_count")


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=services.describe().chromium, args=["--no-sandbox"]
        )
        opened = browser.new_page(viewport={"width": 1400, "height": 1000})
        opened.set_default_timeout(PATIENCE)
        yield opened
        browser.close()


def press(ann: Salesperson, button: str) -> None:
    """Press a button of the page, and wait until the comparison is over."""
    ann.client.call("mail.sync.account", button, [ann.account_id()])
    wait_until(lambda: ann.account("check_state")["check_state"] == "done", "The comparison")


def counts(ann: Salesperson) -> list[int]:
    shown = ann.account(*COUNTS)
    return [shown[name] for name in COUNTS]


def missing(ann: Salesperson) -> dict[str, str]:
    found = ann.client.call("mail.sync.missing", "search_read", [], ["subject", "found"])
    return {one["subject"]: one["found"] for one in found}


def refuse(company: Office, subject: str) -> None:
    """Have the database refuse mails with a subject, as it does a text that it cannot hold."""
    company.sql(
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE data_exception USING MESSAGE = 'refused'; END $$"
    )
    company.sql(
        "CREATE TRIGGER refuse BEFORE INSERT ON mail_message FOR EACH ROW"
        f" WHEN (NEW.subject LIKE '{subject}%') EXECUTE FUNCTION refuse()"
    )


def thirty_mails(company: Office, ann: Salesperson, lead: Lead) -> list[str]:
    """Give a mailbox 30 mails of a lead: 2 cannot be recorded, 1 is excluded; return the rest."""
    quiet = somebody("quiet", "never.example")
    ann.client.create("mail.sync.exclusion", pattern=quiet.email, user_id=ann.client.uid)
    received = [f"In {n}" for n in range(20)] + ["Broken 1", "Broken 2"]
    for number, subject in enumerate(received):
        ann.has(mail(lead.customer, ann.person, subject, "?", days_ago=40 - number))
    ann.has(mail(lead.customer, ann.person, "Quiet", "?", cc=quiet))
    sent = [f"Out {n}" for n in range(7)]
    for number, subject in enumerate(sent):
        letter = mail(ann.person, lead.customer, subject, "!", days_ago=9 - number)
        ann.has(letter, mailbox="Sent")
    ann.has(mail(somebody("stranger"), ann.person, "Sale", "Prices fall."))
    return [*received[:20], *sent]


def test_thirty_mails_of_which_some_are_deleted_set_aside_or_excluded(company: Office):
    ann = company.salesperson()
    lead = company.lead(somebody("lena"), ann)
    recorded = thirty_mails(company, ann, lead)
    refuse(company, "Broken")
    ann.connect()
    ann.sync()
    assert counts(ann) == [31, 27, 1, 1, 2]
    gone = ["In 3", "In 4", "In 19", "Out 0", "Out 6"]
    company.sql("DELETE FROM mail_message WHERE subject = ANY(%s)", gone)

    press(ann, "action_check_completeness")
    assert missing(ann) == dict.fromkeys(gone, "deleted")
    assert len(lead.subjects()) == len(recorded) - len(gone)
    aside = ann.client.call(
        "mail.sync.message",
        "search_read",
        [("outcome", "=", "failed")],
        ["subject", "email_from", "why"],
    )
    assert sorted(one["subject"] for one in aside) == ["Broken 1", "Broken 2"]
    assert all(lead.customer.email in one["email_from"] for one in aside)
    assert all(one["why"] for one in aside)
    words = ann.client.call("mail.sync.mailbox", "search_read", [], ["check_words"])
    inbox = " ".join(one["check_words"] for one in words)
    assert "Left out, with an address that is never recorded: 1." in inbox
    assert "Set aside: 2." in inbox

    company.sql("DROP TRIGGER refuse ON mail_message")
    press(ann, "action_fetch_missing")
    assert missing(ann) == {}
    assert sorted(lead.subjects()) == sorted([*recorded, "Broken 1", "Broken 2"])
    assert counts(ann) == [31, 29, 1, 1, 0]


def test_the_page_says_what_is_missing_and_a_new_lead_what_was_found(company: Office, page: Page):
    ann = company.salesperson("ann")
    lead = company.lead(somebody("lena"), ann)
    ann.has(*(mail(lead.customer, ann.person, f"Mail {n}", "?") for n in range(3)))
    ann.has(mail(lead.customer, ann.person, "Damaged", "?"))
    refuse(company, "Damaged")
    ann.connect()
    ann.sync()
    company.sql("DELETE FROM mail_message WHERE subject = 'Mail 1'")

    log_in(page, company.server.url, ann.email, LOGIN_PASSWORD)
    action = "mail_sync_custom.mail_sync_account_action"
    page.goto(f"{company.server.url}/odoo/action-{action}/{ann.account_id()}")
    check = page.locator(".o_mail_sync_check")
    page.click("button[name=action_check_completeness]")
    expect(check).to_contain_text("missing: 1", timeout=PATIENCE)
    page.click("a[name=completeness]")
    rows = page.locator("[name=missing_ids] .o_data_row")
    expect(rows).to_have_count(1, timeout=PATIENCE)
    expect(rows).to_contain_text("Mail 1")
    expect(rows).to_contain_text("It was recorded. Its entry has been deleted in the CRM")
    page.click("a[name=set_aside]")
    aside = page.locator("[name=failed_ids] .o_data_row")
    expect(aside).to_contain_text("Damaged")
    company.sql("DROP TRIGGER refuse ON mail_message")
    aside.locator("button[name=action_retry]").click()
    answer = page.locator(".o_notification", has_text="Recorded.")
    expect(answer).to_be_visible(timeout=PATIENCE)
    page.click("button[name=action_fetch_missing]")
    expect(check).to_contain_text("Complete: nothing of your leads is missing", timeout=PATIENCE)

    # The number opens the list behind it, and a mail its lead.
    page.click("button[name=action_open_recorded]")
    listed = page.locator(".o_list_view .o_data_row")
    expect(listed).to_have_count(4, timeout=PATIENCE)
    listed.filter(has_text="Mail 1").locator("[name=subject]").click()
    expect(page.locator(".o_lead_opportunity_form")).to_be_visible(timeout=PATIENCE)

    late = somebody("late")
    ann.receives(mail(late, ann.person, "Long ago", "?", days_ago=9))
    page.goto(f"{company.server.url}/odoo/action-crm.crm_lead_action_pipeline/new")
    page.fill("[name=name] textarea, [name=name] input", "A new lead")
    page.fill("[name=email_from] input", late.email)
    page.click(".o_form_button_save")
    past = page.locator(".o_mail_sync_past")
    expect(past).to_contain_text("Past mails found: 1.", timeout=PATIENCE)
    expect(page.locator(".o_mail_sync_subject")).to_have_text(["Long ago"], timeout=PATIENCE)
