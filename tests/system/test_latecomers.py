"""A lead created later, or given an address later, gets its past mails, from real servers."""

from __future__ import annotations

import pytest

from dev.demo import mail

from .office import Lead, Office, barrier, meanwhile, somebody, wait_until

pytestmark = pytest.mark.shared


def turns(company: Office) -> None:
    """Let the cron do what is due, without making anything due early."""
    company.run_cron("mail_sync_custom", "ir_cron_mail_sync")


def test_a_lead_created_by_its_salesperson_has_its_past_mails_at_once(company: Office):
    ann, lena, stranger = company.salesperson("ann"), somebody("lena"), somebody("stranger")
    ann.has(mail(lena, ann.person, "Question", "?", days_ago=2))
    ann.has(mail(stranger, ann.person, "Private", "!"))
    ann.has(mail(ann.person, lena, "Re: Question", "!", days_ago=1), mailbox="Sent")
    ann.connect()
    ann.sync()
    turns(company)
    id_ = ann.client.create(
        "crm.lead", name="Lena", type="opportunity", email_from=lena.email, user_id=ann.client.uid
    )
    turns(company)
    lead = Lead(company, id_, 0, lena)
    assert lead.subjects() == ["Question", "Re: Question"]
    assert ann.account("recorded_count", "seen_count") == {
        "id": ann.account_id(),
        "recorded_count": 2,
        "seen_count": 3,
    }


def test_a_colleagues_lead_has_them_after_the_mailboxs_next_turn(company: Office):
    ann, ben, lena = company.salesperson("ann"), company.salesperson("ben"), somebody("lena")
    ann.has(mail(lena, ann.person, "Question", "?"))
    ann.connect()
    ann.sync()
    turns(company)
    id_ = ben.client.create("crm.lead", name="Lena", type="opportunity", user_id=ben.client.uid)
    ben.client.call("crm.lead", "write", [id_], {"email_from": lena.email})
    turns(company)
    lead = Lead(company, id_, 0, lena)
    assert lead.subjects() == []
    company.let_time_pass(ann)
    assert lead.subjects() == ["Question"]


def test_a_lead_with_a_slow_commit_is_not_overtaken_by_a_later_one(company: Office):
    ann, slow, quick = company.salesperson("ann"), somebody("slow"), somebody("quick")
    ann.has(mail(slow, ann.person, "From slow", "?"), mail(quick, ann.person, "From quick", "?"))
    ann.connect()
    ann.sync()
    when = f"NEW.email = '{slow.email}'"
    with barrier(company, "mail_sync_latecomer", "INSERT", when, at_commit=True) as place:
        begun = meanwhile(lambda: company.lead(slow))
        place.reached()
        after = company.lead(quick)
        ann.sync()
        assert after.subjects() == ["From quick"]
    before = begun.result(timeout=30)
    wait_until(lambda: ann.sync() and before.subjects() == ["From slow"], "the mail of the first")
