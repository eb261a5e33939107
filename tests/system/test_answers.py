"""Answers that are written in the CRM, clicked in the browser, as their recipients have them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from dev.demo import Person, mail
from dev.paths import LOG

from .office import Lead, Office, somebody, wait_until, with_subject
from .test_sending_trouble import open_lead  # noqa: F401 - a fixture

pytestmark = pytest.mark.shared


def test_reply_all_with_a_hidden_copy(company: Office):
    ann = company.salesperson("ann")
    ann.connect()
    lena, joe, boss = (somebody(word) for word in ("lena", "joe", "boss"))
    lead = company.lead(lena, ann)
    question = mail(lena, ann.person, "AW: The roof", "How much?")
    question["Cc"] = joe.email
    ann.receives(question)
    hidden = company.admin.create("res.partner", name=boss.name, email=boss.email)
    ann.answer(lead, "AW: The roof", "reply_all", "Nothing.", mail_sync_bcc_ids=[(6, 0, [hidden])])
    for person in (lena, joe, boss):
        received = Lead(company, lead.id, lead.partner, person).receives("Re: The roof")
        assert [one.addr_spec for one in received["To"].addresses] == [lena.email]
        assert [one.addr_spec for one in received["Cc"].addresses] == [joe.email]
        assert received["In-Reply-To"] == received["References"] == question["Message-ID"]
        # The last server writes into each copy to whom it delivered it.
        assert person is boss or boss.email not in received.as_string()
        assert "Bcc" not in received
        assert "> How much?" in received.get_body(("plain",)).get_content()


def see(page: Page, name: str) -> None:
    """Keep a picture, for whoever wants to see the screen."""
    page.screenshot(path=LOG / "screenshots" / f"answer-{name}.png")


def field(page: Page, name: str) -> Locator:
    return page.locator(f".modal .o_field_widget[name={name}]:visible")


def press_in_chatter(page: Page, text: str, action: str) -> None:
    """Press a button of a message, which may be behind the three dots."""
    message = page.locator(".o-mail-Message", has_text=text).first
    message.hover()
    button = message.locator(f"button[name='{action}']")
    more = message.locator("button[aria-label=Expand]")
    expect(button.or_(more).first).to_be_visible()
    if not button.is_visible():
        more.click()
        button = page.locator(f".o-dropdown--menu button[name='{action}']")
    button.click()


def test_they_are_clicked_on_the_timeline_and_in_the_chatter(company: Office, open_lead):  # noqa: F811
    (LOG / "screenshots").mkdir(parents=True, exist_ok=True)
    ann, lena, joe, boss = (
        company.salesperson("ann"),
        *(somebody(word) for word in ("lena", "joe", "boss")),
    )
    ann.connect()
    lead = company.lead(lena, ann)
    question = mail(lena, ann.person, "AW: The roof", "How much is a roof?", days_ago=1, cc=joe)
    ann.receives(question, mail(lena, ann.person, "Long ago", "Hello", days_ago=9))
    company.admin.create("res.partner", name=boss.name, email=boss.email)
    page = open_lead(ann, lead)

    entry = page.locator(".o_mail_sync_entry", has_text="AW: The roof")
    entry.locator("button[name=reply]").click()
    expect(field(page, "partner_ids")).to_contain_text(lena.name)
    expect(field(page, "mail_sync_cc_ids")).not_to_contain_text("joe")
    expect(field(page, "mail_sync_route")).to_have_text(
        f'"{ann.person.name}" <{ann.email}>, from your own mailbox'
    )
    expect(field(page, "subject").locator("input")).to_have_value("Re: The roof")
    expect(field(page, "body").locator("blockquote")).to_contain_text("How much is a roof?")
    # The cursor is where one writes.
    expect(field(page, "body").locator(".odoo-editor-editable")).to_be_focused()
    page.keyboard.type("About 9000.")
    see(page, "reply")
    page.locator(".modal .o_mail_send").click()
    shown = page.locator(".o_mail_sync_entry", has_text="Re: The roof")
    expect(shown.locator("button[name=answers]")).to_contain_text("AW: The roof")
    reply = lead.receives("Re: The roof")
    assert reply["In-Reply-To"] == reply["References"] == question["Message-ID"]
    assert [one.addr_spec for one in reply["From"].addresses] == [ann.email]
    assert "Cc" not in reply
    plain = reply.get_body(("plain",)).get_content()
    assert plain.startswith("About 9000.") and "> How much is a roof?" in plain

    page.click("button[name=mail_sync_mails]")
    messages = page.locator(".o-mail-Chatter .o-mail-Message")
    # The older mail was recorded later; here it stands where it belongs.
    expect(messages.filter(has_text="How much is a roof?")).not_to_have_count(0)
    texts = [text for text in messages.all_inner_texts() if "Received" in text]
    assert "AW: The roof" in texts[0] and "Long ago" in texts[-1], texts
    see(page, "chatter")
    press_in_chatter(page, "Joe", "forward")
    expect(field(page, "subject").locator("input")).to_have_value("Fwd: The roof")
    expect(field(page, "partner_ids").locator(".badge")).to_have_count(0)
    to = field(page, "partner_ids").locator("input")
    to.fill(boss.name)
    page.locator(".o-autocomplete--dropdown-item", has_text=boss.name).first.click()
    expect(field(page, "partner_ids")).to_contain_text(boss.name)
    see(page, "forward")
    page.locator(".modal .o_mail_send").click()
    forwarded = received_by(boss, "Fwd: The roof")
    assert forwarded["X-Forwarded-Message-Id"] == question["Message-ID"]
    assert [one.addr_spec for one in forwarded["To"].addresses] == [boss.email]
    assert f"Cc: {joe.name}" in forwarded.get_body(("plain",)).get_content()

    # A colleague sees that there is a private mail, in its place, and nothing of it.
    asked = next(one for one in lead.entries() if one["subject"] == "AW: The roof")
    ann.client.call("mail.message", "action_mail_sync_make_private", [asked["id"]])
    page = open_lead(company.salesperson("ben"), lead)
    page.click(".o_notification_close")  # of the invitation to connect a mailbox
    page.click("button[name=mail_sync_mails]")
    hidden = page.locator(".o-mail-Chatter .o_mail_sync_message_hidden")
    # The mail, the answer to it and what was forwarded of it.
    expect(hidden).to_have_count(3)
    expect(hidden.last).to_contain_text("Private mail")
    expect(hidden.last).to_contain_text(f"From the mailbox of {ann.person.name}")
    see(page, "private")
    assert "roof" not in page.locator(".o-mail-Chatter").inner_text()


def received_by(person: Person, subject: str):
    """Wait for a mail with a subject, and return it."""
    return wait_until(lambda: with_subject(person, "INBOX", subject), f"{subject!r}")[0]
