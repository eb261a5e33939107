"""Smart Mails through real servers: one to one, now or later, within the provider's limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dev import demo
from dev.client import Client

from .office import Lead, Office, Salesperson, somebody, wait_until

pytestmark = pytest.mark.shared

MODEL = "mail.sync.smart.mail"


class Sender:
    """What Ann does with the dialogs, on leads."""

    def __init__(self, ann: Salesperson):
        self.client = ann.client

    def line(self, name: str, *leads: Lead) -> dict[str, Any]:
        """Press *Smart Mail* on leads, and find one in the list."""
        ids = [lead.id for lead in leads]
        dialog = self.client.call("crm.lead", "action_mail_sync_smart_mail", ids)["res_id"]
        shown = self.client.read(MODEL, dialog, "shown_ids")["shown_ids"]
        lines = self.client.call(f"{MODEL}.line", "read", shown, ["name", "mark"])
        return next(line for line in lines if line["name"] == name)

    def quick_send(self, name: str, *leads: Lead, **values: Any) -> str:
        """Press *Quick Send*, and confirm it; return what was asked."""
        press = (f"{MODEL}.line", "action_quick_send", [self.line(name, *leads)["id"]])
        asked = self.client.call(*press)["res_id"]
        headline = self.client.read(f"{MODEL}.send", asked, "headline")["headline"]
        if values:
            self.client.call(f"{MODEL}.send", "write", [asked], values)
        self.client.call(f"{MODEL}.send", "action_send", [asked])
        return headline

    def personalize(self, name: str, lead: Lead, **changes: Any) -> None:
        """Press *Personalize*, edit the mail, and send it."""
        press = (f"{MODEL}.line", "action_personalize", [self.line(name, lead)["id"]])
        composer = self.client.call(*press)["res_id"]
        self.client.call("mail.compose.message", "write", [composer], changes)
        self.client.call("mail.compose.message", "action_send_mail", [composer])


@pytest.fixture
def marketing(company: Office) -> Client:
    """Return a Marketing Manager."""
    group = "mail_sync_custom", "group_mail_sync_marketing_manager"
    ref = company.admin.call("ir.model.data", "check_object_reference", *group)[1]
    login = somebody("mia", "sales.example").email
    values = {"name": "Mia", "login": login, "password": demo.LOGIN_PASSWORD}
    company.admin.create("res.users", **values, group_ids=[(4, ref)])
    return company.client(login)


def prepare(marketing: Client, name: str) -> int:
    return marketing.create(
        "mail.template",
        name=name,
        mail_sync_for="crm.lead",
        mail_sync_smart=True,
        subject=f"{name} for {{{{ object.partner_id.name }}}}",
        body_html="<p>Dear <t t-out='object.partner_id.name'/>, thank you.</p>",
    )


def clock_goes_on(company: Office, seconds: int) -> None:
    """Move what was handed over, and what waits, into the past."""
    for table, column in (("mail_sync_outgoing", "handed_at"), ("mail_mail", "scheduled_date")):
        company.sql(f"UPDATE {table} SET {column} = {column} - interval '{seconds} s'")


def test_quick_send_personalize_later_and_the_limit(company: Office, marketing: Client):
    ann = company.salesperson("ann")
    ann.connect()
    sender = Sender(ann)
    leads = [company.lead(somebody(word), ann) for word in ("lena", "jon", "kim")]
    lena, jon, kim = leads
    welcome = prepare(marketing, "Welcome")
    prepare(marketing, "Offer")
    before = marketing.read("mail.template", welcome, "subject", "body_html")

    # -- as it is, to three ----------------------------------------------------------------------
    asked = sender.quick_send("Welcome", *leads)
    assert asked == "Send “Welcome” to 3 people, one mail each?"
    received = [lead.receives(f"Welcome for {lead.customer.name}") for lead in leads]
    assert len({mail["Message-ID"] for mail in received}) == 3
    for lead, mail in zip(leads, received, strict=True):
        assert [to.addr_spec for to in mail["To"].addresses] == [lead.customer.email]
        assert mail["From"].addresses[0].addr_spec == ann.email
        assert mail["Return-Path"] in (None, f"<{ann.email}>")
        assert not any(mail[name] for name in ("Cc", "Bcc", "References", "In-Reply-To"))
        assert f"Dear {lead.customer.name}, thank you." in mail.get_body(("plain",)).get_content()
        others = {one.customer.email for one in leads if one is not lead}
        assert not any(other in mail.as_string() for other in others)
    assert sender.line("Welcome", *leads)["mark"] == "Sent to 3 of 3"
    ann.sync()
    assert len(ann.sent(f"Welcome for {jon.customer.name}")) == 1

    # -- edited, to one: the template stays ------------------------------------------------------
    sender.personalize("Offer", lena, subject="Only for you", body="<p>As we said.</p>")
    mail = lena.receives("Only for you")
    assert "As we said." in mail.get_body(("plain",)).get_content()
    assert marketing.read("mail.template", welcome, "subject", "body_html") == before
    assert f"by {ann.person.name}" in sender.line("Offer", lena)["mark"]

    # -- later: by Odoo's job, which looks once a minute -----------------------------------------
    soon = datetime.now(UTC) + timedelta(seconds=2)
    sender.quick_send("Offer", jon, scheduled_at=f"{soon:%Y-%m-%d %H:%M:%S}")
    assert not jon.inbox(f"Offer for {jon.customer.name}")
    wait_until(lambda: datetime.now(UTC) > soon, "its time")
    company.run_cron("mail", "ir_cron_post_scheduled_message")
    mail = jon.receives(f"Offer for {jon.customer.name}")
    assert mail["From"].addresses[0].addr_spec == ann.email

    # -- the limit of a minute: five have left, a sixth may --------------------------------------
    slow = company.admin.create("mail.sync.provider", name="Slow", code="slow", send_per_minute=6)
    company.sql(
        "UPDATE mail_sync_account SET provider_id = %s WHERE user_id = %s", slow, ann.client.uid
    )
    prepare(marketing, "News")
    sender.quick_send("News", *leads)
    lena.receives(f"News for {lena.customer.name}")
    waiting = wait_until(
        lambda: company.sql(
            "SELECT failure_reason FROM mail_mail WHERE state = 'outgoing' AND failure_reason != ''"
        )[1:],
        "two mails that wait",
    )
    assert "Your provider's limit for one minute is reached (6)." in waiting[0][0]
    assert "6 in 24 hours. Waiting: 2" in ann.account("sent_words")["sent_words"]
    clock_goes_on(company, 90)
    company.send_queue()
    for lead in (jon, kim):
        lead.receives(f"News for {lead.customer.name}")
        assert len(lead.inbox(f"News for {lead.customer.name}")) == 1
