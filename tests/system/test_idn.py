"""A Smart Mail to an address in another alphabet leaves, once, and its answer comes back."""

from __future__ import annotations

import secrets

import pytest

from dev.demo import Person, mail

from .office import Office, somebody, wait_until

pytestmark = pytest.mark.shared


def idn() -> tuple[Person, Person]:
    """Return a customer, with the address as people write it and as servers do (RFC 5891)."""
    label = f"müller{secrets.token_hex(4)}"
    domain = f"xn--{label.encode('punycode').decode()}"
    name = somebody("lena").name
    return Person(name, f"lena@{label}.example"), Person(name, f"lena@{domain}.example")


def test_a_mail_to_a_domain_in_another_alphabet_leaves_and_is_answered(company: Office):
    ann, (customer, routed) = company.salesperson("ann"), idn()
    ann.connect()
    lead = company.lead(customer, ann)
    ann.write(lead, "Your offer")
    lead.customer = routed
    received = lead.receives("Your offer")
    wait_until(lambda: ann.sent("Your offer"), "the copy in Sent")
    assert len(lead.inbox("Your offer")) == len(ann.sent("Your offer")) == 1
    ann.receives(mail(routed, ann.person, "Re: Your offer", "Yes", answers=received["Message-ID"]))
    assert lead.subjects() == ["Your offer", "Re: Your offer"]
