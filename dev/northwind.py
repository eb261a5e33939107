"""Northwind Solar, the company in the pictures: who works there, and what is in their mailboxes."""

from __future__ import annotations

from . import passwords
from .demo import Person, mail, put
from .dovecot import doveadm
from .passwords import PASSWORD

EVE = Person("Eve Larsen", "eve@northwind.example")
SAM = Person("Sam Okafor", "sam@northwind.example")
IDA = Person("Ida Berg", "ida@northwind.example")
TOM = Person("Tom Reyes", "tom@northwind.example")
COLLEAGUES = (EVE, SAM, IDA, TOM)
LENA = Person("Lena Park", "lena@greenhill.example")
JON = Person("Jon Park", "jon@greenhill.example")
NEWS = Person("Trade News", "news@trade.example")

#: The names of its Smart Mails, and their subjects.
SMART_MAILS = {
    "A visit": "May we visit you, {{ object.contact_name }}?",
    "After the visit": "Thank you for your time, {{ object.contact_name }}",
    "Our references": "What our customers say",
}


def fill_mailboxes() -> None:
    """Put a conversation with a lead among other mail."""
    for person in COLLEAGUES:
        passwords.set_password(person.email, PASSWORD)
        for mailbox in ("INBOX", "Sent"):
            doveadm("expunge", "-u", person.email, "mailbox", mailbox, "all")
    question = "We have 400 m² of roof in two parts. Can you come and have a look next week?"
    answer = "Gladly. I propose Tuesday at ten, and bring an offer for both parts."
    thanks = "Tuesday is fine. Jon, our architect, will be there too. His plans are with this."
    ids = [f"{number}@greenhill.example" for number in range(3)]
    put(EVE, "INBOX", mail(LENA, EVE, "Solar roof", question, days_ago=6, message_id=ids[0]))
    put(
        EVE,
        "Sent",
        mail(
            EVE,
            LENA,
            "Re: Solar roof",
            answer,
            days_ago=5,
            message_id=ids[1],
            answers=f"<{ids[0]}>",
            cc=SAM,
        ),
    )
    plans = mail(
        LENA,
        EVE,
        "Re: Solar roof",
        thanks,
        days_ago=4,
        message_id=ids[2],
        answers=f"<{ids[1]}>",
        cc=JON,
    )
    plans.add_attachment(
        b"0" * 48_000, maintype="application", subtype="acad", filename="Roof, south.dwg"
    )
    put(EVE, "INBOX", plans)
    for number in range(12):
        put(EVE, "INBOX", mail(NEWS, EVE, "This week", f"Issue {number}.", days_ago=number))
    put(SAM, "INBOX", mail(NEWS, SAM, "This week", "Issue 1.", days_ago=1))
