"""One recorded mail on real servers: made private, moved, removed, exported and erased."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import pytest

from dev.client import Client, Refused
from dev.demo import mail

from .office import Lead, Office, Salesperson, somebody

pytestmark = pytest.mark.shared

SECRET = "Quarzporphyr"


def entry_of(lead: Lead, subject: str) -> int:
    return next(entry["id"] for entry in lead.entries() if entry["subject"] == subject)


def do(person: Salesperson, method: str, entry: int) -> None:
    person.client.call("mail.message", method, [entry])


def timeline(client: Client, lead: Lead) -> list[dict]:
    return client.call("crm.lead", "mail_sync_timeline", [lead.id])["entries"]


def told(client: Client, lead: Lead, entry: int) -> str:
    """Return all that the server says to somebody who asks for a mail in every way."""
    here = [("model", "=", "crm.lead"), ("res_id", "=", lead.id)]
    ways: dict[str, Callable[[], object]] = {
        "timeline": lambda: timeline(client, lead),
        "chatter": lambda: client.post(
            "/mail/thread/messages", thread_model="crm.lead", thread_id=lead.id
        ),
        "search": lambda: client.call("mail.message", "search_read", here, ["subject", "body"]),
        "words": lambda: (
            client.call("mail.message", "search_count", [("body", "like", SECRET)]) and SECRET
        ),
        "read": lambda: client.read("mail.message", entry, "subject", "body", "display_name"),
        "export": lambda: client.call("mail.message", "export_data", [entry], ["subject", "body"]),
        "group": lambda: client.call(
            "mail.message", "formatted_read_group", here, ["subject"], ["__count"]
        ),
        "files": lambda: client.call(
            "ir.attachment", "search_read", [("res_model", "=", "crm.lead")], ["name"]
        ),
    }
    said = []
    for ask in ways.values():
        try:
            said.append(json.dumps(ask()))
        except Refused as refused:
            said.append(str(refused))
    return "\n".join(said)


def test_a_private_mail_is_told_to_its_holders_alone(company: Office):
    ann, ben, lena = company.salesperson("ann"), company.salesperson("ben"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.connect()
    message = mail(lena, ann.person, SECRET, SECRET)
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename=f"{SECRET}.pdf")
    ann.receives(message)
    entry = entry_of(lead, SECRET)
    assert SECRET in told(ben.client, lead, entry)
    do(ann, "action_mail_sync_make_private", entry)
    for other in (ben.client, company.admin):
        assert SECRET not in told(other, lead, entry)
        [shown] = timeline(other, lead)
        assert (shown["hidden"], shown["mailboxes"]) == (True, [ann.person.name])
    assert SECRET in told(ann.client, lead, entry)
    # Ben gets the same mail: it is his, too.
    ben.connect()
    ben.receives(message)
    assert SECRET in told(ben.client, lead, entry)
    assert SECRET not in told(company.admin, lead, entry)
    # What answers it quotes it.
    ann.receives(mail(lena, ann.person, f"Re: {SECRET}", "!", answers=message["Message-ID"]))
    assert [one["hidden"] for one in timeline(company.admin, lead)] == [True, True]


def test_a_removed_mail_does_not_come_back_and_a_moved_one_stays_where_it_is(company: Office):
    ann, ben, lena = company.salesperson("ann"), company.salesperson("ben"), somebody("lena")
    lead, other = company.lead(lena, ann), company.lead(somebody("max"), ann)
    ann.connect()
    mails = [mail(lena, ann.person, subject, "?") for subject in ("Removed", "Moved", "Stays")]
    ann.receives(*mails)
    do(ann, "action_mail_sync_remove", entry_of(lead, "Removed"))
    wizard = ann.client.create(
        "mail.sync.entry.move",
        mail_message_id=entry_of(lead, "Moved"),
        target_kind="crm.lead",
        lead_id=other.id,
    )
    ann.client.call("mail.sync.entry.move", "action_move", [wizard])
    ben.connect()
    ben.receives(*mails)
    ann.receives(mail(lena, ann.person, "Re: Moved", "!", answers=mails[1]["Message-ID"]))
    assert lead.subjects() == ["Stays"]
    assert sorted(other.subjects()) == ["Moved", "Re: Moved"]


def test_a_person_is_exported_and_erased(company: Office):
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.connect()
    message = mail(lena, ann.person, "Offer", "?")
    ann.receives(message)
    wizard = company.admin.create("mail.sync.erasure", addresses=lena.email)
    action = company.admin.call("mail.sync.erasure", "action_export", [wizard])
    with company.admin._opener.open(company.admin.url + action["url"]) as answer:
        archive = zipfile.ZipFile(io.BytesIO(answer.read()))
    assert sorted(archive.namelist()) == ["mails/00001.eml", "stored.json"]
    with pytest.raises(Refused):
        ann.client.create("mail.sync.erasure", addresses=lena.email)
    company.admin.call("mail.sync.erasure", "action_erase", [wizard])
    ann.receives(message)
    assert lead.subjects() == []
    assert not company.sql(
        "SELECT id FROM mail_message WHERE email_from LIKE %s", f"%{lena.email}%"
    )
