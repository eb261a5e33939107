"""Bounces, delays and receipts in a real mailbox, as the salesperson sees them on the lead."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from dev.demo import mail
from tests.engine import bounces

from .office import Lead, Office, Salesperson, import_mails, somebody
from .test_sending_trouble import open_lead  # noqa: F401 - a fixture

pytestmark = pytest.mark.shared

LENA = b"lena@customer.example"


def about(raw: bytes, message_id: str, sender: str, recipient: str) -> bytes:
    """Return a report about a mail of this company."""
    for old, new in (
        (bounces.ABOUT.encode(), message_id.strip("<>").encode()),
        (b"ann@corp.example", sender.encode()),
        (LENA, recipient.encode()),
    ):
        raw = raw.replace(old, new)
    return raw


def deliveries(ann: Salesperson, lead: Lead) -> dict[str, str]:
    """Return what the Life of the Lead says of each mail, by subject."""
    page = ann.client.call("crm.lead", "mail_sync_timeline", [lead.id])
    return {
        entry["subject"]: entry["delivery"] and entry["delivery"]["state"]
        for entry in page["entries"]
    }


def test_what_became_of_each_mail_is_seen_on_it(company: Office, open_lead):  # noqa: F811
    ann, lena, max_ = company.salesperson("ann"), somebody("lena"), somebody("max")
    ann.connect()
    lead = company.lead(lena, ann)
    ann.write(lead, "From the CRM")
    written = lead.receives("From the CRM")["Message-ID"]
    programs = [mail(ann.person, lena, name, "Hello") for name in ("Late", "Read", "To two")]
    programs[2].replace_header("To", f"{lena.email}, {max_.email}")
    ann.has(*programs, mailbox="Sent")
    late, read, to_two = (one["Message-ID"] for one in programs)
    reports = [
        (bounces.EXIM, written, lena),
        (bounces.DELAYED, late, lena),
        (bounces.READ, read, lena),
        (bounces.QMAIL, to_two, max_),
        (bounces.POSTFIX, "<somebody-elses@corp.example>", lena),
    ]
    import_mails(
        ann.person, "INBOX", [about(raw, id_, ann.email, to.email) for raw, id_, to in reports]
    )
    sent = company.mails_made()

    ann.sync()

    assert deliveries(ann, lead) == {
        "From the CRM": "returned",
        "Late": "delayed",
        "Read": "read",
        "To two": "returned",
    }
    assert company.mails_made() == sent, "a report was answered"
    page = open_lead(ann, lead)
    entries = page.locator(".o_mail_sync_entry")
    expect(entries).to_have_count(4)
    expect(entries.filter(has_text="From the CRM").first).to_contain_text("Came back")
    expect(entries.filter(has_text="To two")).to_contain_text(f"Came back: {max_.email}:")
    expect(entries.filter(has_text="Late")).to_contain_text("the mail server keeps trying")
    expect(entries.filter(has_text=f"by {lena.email}")).to_contain_text("Read on ")
    expect(page.locator(".o_mail_sync_way", has_text="Received")).to_have_count(0)
