"""Whose mail is not recorded, on real servers: from the moment it is excluded, not before."""

from __future__ import annotations

import pytest

from dev.client import Refused
from dev.demo import mail

from .office import Office, Salesperson, somebody

pytestmark = pytest.mark.shared


def never(person: Salesperson, pattern: str) -> int:
    """Add an address or a domain to a user's own list."""
    return person.client.create("mail.sync.exclusion", pattern=pattern, user_id=person.client.uid)


@pytest.mark.parametrize("field", ["From", "Sender", "Reply-To", "To", "Cc", "Bcc"])
def test_one_address_in_any_field_keeps_a_leads_mail_out(company: Office, field: str):
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.connect()
    private = mail(lena, ann.person, "With the lawyer", "?")
    there = private[field]
    del private[field]
    private[field] = f"{there}, Ruth@Law.example" if there else "Ruth@Law.example"
    never(ann, "ruth@law.example")
    ann.receives(private, mail(lena, ann.person, "Without", "?"))
    assert lead.subjects() == ["Without"]
    assert ann.account("seen_count", "recorded_count", "excluded_count") == {
        "id": ann.account_id(),
        "seen_count": 2,
        "recorded_count": 1,
        "excluded_count": 1,
    }


def test_an_answer_to_a_mail_from_the_crm_is_kept_out_and_the_mail_itself_stays(company: Office):
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.connect()
    ann.write(lead, "Offer")
    offer = lead.receives("Offer")
    never(ann, lena.email)
    ann.receives(mail(lena, ann.person, "Re: Offer", "!", answers=offer["Message-ID"]))
    assert lead.subjects() == ["Offer"]
    assert ann.account("excluded_count")["excluded_count"] >= 1


def test_a_late_lead_gets_no_past_mails_with_an_excluded_address(
    company: Office,
):
    ann, lena, ruth = company.salesperson("ann"), somebody("lena"), somebody("ruth", "law.example")
    ann.has(mail(lena, ann.person, "With the lawyer", "?", cc=ruth))
    ann.has(mail(lena, ann.person, "Without", "?"))
    ann.connect()
    ann.sync()
    our_company = company.admin.call("res.company", "search", [])[0]
    entry = company.admin.create("mail.sync.exclusion", pattern=ruth.email, company_id=our_company)
    lead = company.lead(lena, ann)
    ann.sync()
    assert lead.subjects() == ["Without"]
    assert ann.client.read("mail.sync.exclusion", entry, "whose")["whose"] == "company"
    with pytest.raises(Refused):
        ann.client.call("mail.sync.exclusion", "unlink", [entry])


def test_a_users_never_record_list_is_private(company: Office):
    ann, ben = company.salesperson("ann"), company.salesperson("ben")
    entry = never(ann, "secret.example")
    for reader in (ben.client, company.admin):
        found = reader.call("mail.sync.exclusion", "search", [("pattern", "like", "secret")])
        assert found == []
        with pytest.raises(Refused):
            reader.read("mail.sync.exclusion", entry, "pattern")
