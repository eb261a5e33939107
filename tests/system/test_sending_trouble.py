"""A mail written in the CRM, when a server says no: seen on the mail, with the reason."""

from __future__ import annotations

from dev.passwords import PASSWORD, set_password

from .office import Lead, Office, Salesperson, somebody, wait_until


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
    """Return two leads, the second of whom has an address that the server treats its own way."""
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


def test_not_now_stays_in_the_queue_and_whoever_has_it_does_not_get_it_again(company):
    ann = company.salesperson()
    ann.connect()
    lena, greylisted = two(ann, company, "greylisted")
    write_to_both(ann, lena, greylisted, "Later")
    lena.receives("Later")
    shown = settled(company, "Later", "sent")
    assert shown[greylisted.customer.name]["notification_status"] == "ready"
    waiting = [mail for mail in queue(company, "Later") if mail["state"] == "outgoing"]
    assert any("come back later" in mail["failure_reason"] for mail in waiting)
    company.sql("UPDATE mail_mail SET scheduled_date = NULL")
    company.send_queue()
    assert len(lena.inbox("Later")) == 1


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
