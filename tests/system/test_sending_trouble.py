"""A mail written in the CRM when a server refuses: seen on the mail, with the reason."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from dev import services
from dev.client import Refused
from dev.demo import LOGIN_PASSWORD, mail
from dev.pages import log_in
from dev.passwords import PASSWORD, set_password

from .office import (
    PATIENCE,
    Lead,
    Office,
    Salesperson,
    meanwhile,
    somebody,
    start_again,
    wait_until,
)
from .smtp_proxy import SmtpProxy
from .test_crashes import correspondents, killed_while_sending, the_next_day


def outcome(company: Office, subject: str) -> dict[str, dict]:
    """Return what the chatter shows of a mail for each recipient that has an address."""
    found = company.admin.call(
        "mail.notification",
        "search_read",
        [("mail_message_id.subject", "=", subject), ("res_partner_id.email", "!=", False)],
        ["res_partner_id", "notification_status", "failure_reason"],
    )
    return {one["res_partner_id"][1]: one for one in found}


def settled(company: Office, subject: str, status: str) -> dict[str, dict]:
    """Wait until a recipient of a mail has a status; return what is shown for each."""

    def there() -> dict[str, dict] | None:
        shown = outcome(company, subject)
        return shown if status in {s["notification_status"] for s in shown.values()} else None

    return wait_until(there, f"{subject!r}: {status}")


def queue(company: Office, subject: str) -> list[dict]:
    """Return what Odoo's queue has of a mail."""
    return company.admin.call(
        "mail.mail", "search_read", [("subject", "=", subject)], ["state", "failure_reason"]
    )


def two(ann: Salesperson, company: Office, word: str) -> tuple[Lead, Lead]:
    """Return two leads, the second with an address that the server treats in a special way."""
    return company.lead(somebody("lena"), ann), company.lead(somebody(word), ann)


def write_to_both(ann: Salesperson, first: Lead, second: Lead, subject: str) -> None:
    ann.client.call(
        "crm.lead",
        "message_post",
        [first.id],
        body="Hello",
        subject=subject,
        message_type="comment",
        subtype_xmlid="mail.mt_comment",
        partner_ids=[first.partner, second.partner],
    )


@pytest.fixture
def open_lead() -> Iterator[Callable[[Salesperson, Lead], Page]]:
    """Give a function that logs somebody in, in a browser of their own, and shows a lead."""
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(
            executable_path=services.describe().chromium, args=["--no-sandbox"]
        )

        def open_lead(reader: Salesperson, lead: Lead) -> Page:
            page = program.new_context(viewport={"width": 1600, "height": 900}).new_page()
            page.set_default_timeout(PATIENCE * 1000)
            log_in(page, lead.office.server.url, reader.email, LOGIN_PASSWORD)
            page.goto(f"{lead.office.server.url}/odoo/crm/{lead.id}")
            return page

        yield open_lead
        program.close()


def test_a_recipient_who_does_not_exist_is_named_and_the_other_gets_the_mail(company):
    ann = company.salesperson()
    ann.connect()
    lena, unknown = two(ann, company, "unknown")
    write_to_both(ann, lena, unknown, "To both")
    lena.receives("To both")
    shown = settled(company, "To both", "exception")
    assert shown[lena.customer.name]["notification_status"] == "sent"
    refused = shown[unknown.customer.name]
    assert refused["notification_status"] == "exception"
    assert "no such recipient" in refused["failure_reason"]
    assert "550 5.1.1" in refused["failure_reason"]


def test_a_mail_too_large_for_the_server_says_so(company):
    ann = company.salesperson()
    ann.connect()
    lead = company.lead(somebody("oversized"), ann)
    ann.write(lead, "Too large")
    shown = settled(company, "Too large", "exception")
    assert "too large" in shown[lead.customer.name]["failure_reason"]
    assert not ann.sent("Too large")


def test_a_deferred_mail_stays_queued_and_goes_only_to_the_deferred_recipient(company):
    ann = company.salesperson()
    ann.connect()
    lena, greylisted = two(ann, company, "greylisted")
    write_to_both(ann, lena, greylisted, "Later")
    lena.receives("Later")
    shown = settled(company, "Later", "sent")
    assert shown[greylisted.customer.name]["notification_status"] == "ready"
    waiting = [mail for mail in queue(company, "Later") if mail["state"] == "outgoing"]
    assert any("try again later" in mail["failure_reason"] for mail in waiting)
    company.sql("UPDATE mail_mail SET scheduled_date = NULL")
    company.send_queue()
    assert len(lena.inbox("Later")) == 1


def test_the_author_sees_no_error_if_the_queue_comes_between(quiet_company):
    with SmtpProxy() as proxy:
        ann, lead = correspondents(quiet_company, "ann", proxy)
        proxy.hold = "greeting"
        writing = meanwhile(lambda: ann.write(lead, "Your offer"))
        assert proxy.holding.wait(PATIENCE)
        proxy.hold = ""
        quiet_company.send_queue()
        proxy.released.set()

        writing.result(timeout=PATIENCE)
        lead.receives("Your offer")
        assert len(lead.inbox("Your offer")) == 1


def test_a_changed_password_keeps_the_mail_until_it_is_entered(new_company):
    ann = new_company.salesperson()
    ann.connect()
    lead = new_company.lead(somebody("lena"), ann)
    set_password(ann.email, "another-password")
    try:
        ann.write(lead, "Waits")
        wait_until(
            lambda: any(
                "cannot send at the moment" in (m["failure_reason"] or "")
                for m in queue(new_company, "Waits")
            ),
            "The mail says that it waits",
        )
        assert outcome(new_company, "Waits")[lead.customer.name]["notification_status"] == "ready"
        assert ann.account("state")["state"] == "error"
        new_company.send_queue()
        assert len(ann.log()) == 1, "The wrong password was tried again with the next mail"
        assert not lead.inbox("Waits")
    finally:
        set_password(ann.email, PASSWORD)
    ann.connect()
    lead.receives("Waits")
    assert ann.account("state")["state"] == "enabled"


def test_only_sending_fails_and_is_fixed_at_the_provider(new_company):
    ann, sender = new_company.salesperson(), somebody("sender", "sales.example")
    ann.connect(email=sender.email, smtp_username=sender.email)
    lead = new_company.lead(somebody("lena"), ann)
    set_password(sender.email, "another-password")
    try:
        ann.write(lead, "Waits")
        wait_until(lambda: ann.account("state")["state"] == "error", "The failure is seen")
        assert ann.account("headline")["headline"].startswith("Sending: ")
        ann.receives(mail(lead.customer, sender, "Still read", "?"))
        assert "Still read" in lead.subjects()
        assert ann.account("state")["state"] == "error"
    finally:
        set_password(sender.email, PASSWORD)
    assert not lead.inbox("Waits")

    ann.client.call("mail.sync.account", "action_reconnect", [ann.account_id()])

    lead.receives("Waits")
    assert len(lead.inbox("Waits")) == 1
    wait_until(lambda: ann.account("state")["state"] == "enabled", "It is well again")


# --- what its writer decides ----------------------------------------------------------------


def message_of(lead: Lead, subject: str) -> int:
    return next(entry["id"] for entry in lead.entries() if entry["subject"] == subject)


def decide(ann: Salesperson, lead: Lead, button: str) -> None:
    """Press a button on the entry, and let Odoo send what is in its queue."""
    ann.client.call("mail.message", f"action_mail_sync_{button}", [message_of(lead, "Your offer")])
    lead.office.send_queue()


def shown(ann: Salesperson, lead: Lead) -> str | None:
    """Return what the Life of the Lead says of the mail to the one who wrote it."""
    page = ann.client.call("crm.lead", "mail_sync_timeline", [lead.id])
    [entry] = [entry for entry in page["entries"] if entry["subject"] == "Your offer"]
    return entry["delivery"] and entry["delivery"]["state"]


def test_a_mail_of_unknown_outcome_is_sent_again_once_per_decision(quiet_company):
    with SmtpProxy("end of data") as proxy:
        ann, lead = correspondents(quiet_company, "ann", proxy)
        killed_while_sending(quiet_company, ann, lead, proxy)
        the_next_day(quiet_company, ann)
        assert shown(ann, lead) == "unknown"
        assert len(lead.inbox("Your offer")) == 1

        in_two_tabs = [meanwhile(lambda: decide(ann, lead, "send_again")) for _ in range(2)]
        for tab in in_two_tabs:
            tab.result(timeout=PATIENCE)
        decide(ann, lead, "send_again")
        the_next_day(quiet_company, ann)

        assert len(lead.inbox("Your offer")) == 2, "the one that had arrived, and one more"
        assert len(ann.sent("Your offer")) == 1
        assert shown(ann, lead) is False


def test_killed_while_sending_again_it_asks_again(quiet_company):
    with SmtpProxy("data") as proxy:
        ann, lead = correspondents(quiet_company, "ann", proxy)
        killed_while_sending(quiet_company, ann, lead, proxy)
        the_next_day(quiet_company, ann)
        proxy.hold = "data"
        proxy.holding.clear()
        decision = meanwhile(lambda: decide(ann, lead, "send_again"))
        assert proxy.holding.wait(PATIENCE)
        quiet_company.server.kill()
        with contextlib.suppress(Exception):
            decision.result(timeout=PATIENCE)
        proxy.hold = ""
        start_again(quiet_company)
        the_next_day(quiet_company, ann)
        assert shown(ann, lead) == "unknown"
        assert lead.inbox("Your offer") == []

        decide(ann, lead, "send_again")

        assert len(lead.inbox("Your offer")) == 1
        assert shown(ann, lead) is False


def test_a_salesperson_says_that_it_was_sent_and_the_copy_is_filed(quiet_company, open_lead):
    with SmtpProxy("end of data") as proxy:
        ann, lead = correspondents(quiet_company, "ann", proxy)
        killed_while_sending(quiet_company, ann, lead, proxy)
        the_next_day(quiet_company, ann)
        assert not ann.sent("Your offer")

        page = open_lead(ann, lead)
        page.locator(".o_mail_sync_entry button[name=was_sent]").click()
        expect(page.locator(".o_mail_sync_delivery")).to_have_count(0)
        the_next_day(quiet_company, ann)

        assert len(lead.inbox("Your offer")) == 1, "nothing was sent by saying so"
        [copy] = ann.sent("Your offer")
        assert copy["To"] == lead.inbox("Your offer")[0]["To"]
        assert shown(ann, lead) is False
        assert lead.subjects() == ["Your offer"]


def test_a_colleague_decides_nothing(quiet_company):
    with SmtpProxy("end of data") as proxy:
        ann, lead = correspondents(quiet_company, "ann", proxy)
        killed_while_sending(quiet_company, ann, lead, proxy)
        the_next_day(quiet_company, ann)
        with pytest.raises(Refused, match="Only the person who wrote this mail"):
            decide(quiet_company.salesperson("ben"), lead, "send_again")
        assert len(lead.inbox("Your offer")) == 1


# --- in the browser -------------------------------------------------------------------------


@pytest.mark.parametrize("place", [".o_mail_sync_entry", ".o-mail-Message"])
def test_the_address_is_corrected_and_the_mail_sent_again_from_the_lead(company, open_lead, place):
    ann = company.salesperson()
    ann.connect()
    lead = company.lead(somebody("unknown"), ann)
    ann.write(lead, "Your offer")
    settled(company, "Your offer", "exception")
    right = somebody("lena")
    company.admin.call("res.partner", "write", [lead.partner], {"email": right.email})
    page = open_lead(ann, lead)
    if place == ".o-mail-Message":
        page.click("button[name=mail_sync_mails]")
    state = page.locator(f"{place} .o_mail_sync_delivery")
    expect(state).to_contain_text("no such recipient")
    expect(state.locator("button[name=was_sent]")).to_have_count(0)

    state.locator("button[name=send_again]").click()
    expect(page.locator(".modal")).to_contain_text(right.email)
    expect(page.locator(".modal")).to_contain_text(f"It is sent from the mailbox {ann.email}.")
    page.locator(".modal .btn-primary").click()

    expect(page.locator(".o_mail_sync_delivery")).to_have_count(0)
    lead.customer = right
    lead.receives("Your offer")
