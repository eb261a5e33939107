"""The main job on real servers: mail with a lead is recorded on it, and answers come back."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest

from dev import demo, services
from dev.client import Refused
from dev.demo import ANN, Story, fill_mailboxes, mail

from .office import Office, Salesperson, somebody, wait_until

pytestmark = pytest.mark.shared

#: The smallest PNG there is: one pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cf500f00038601809c1fd2a80000000049454e44ae426082"
)


def test_two_salespeople_and_their_leads(company: Office):
    fill_mailboxes()
    story = Story(company.server)
    story.tell()
    assert story.check() == 0, story.failed

    lena = list(story.timeline(story.lead_lena).values())
    assert [(entry["subject"], entry["mail_sync_direction"]) for entry in lena] == [
        ("Solar roof", "in"),
        ("Re: Solar roof", "out"),
        ("Your offer", "out"),
        ("Re: Your offer", "in"),
    ]
    assert story.received["Return-Path"] == f"<{ANN.email}>"


@pytest.mark.parametrize("ssl", [True, False], ids=["implicit TLS", "STARTTLS"])
def test_both_ways_to_encrypt(company: Office, ssl: bool):
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.has(mail(lena, ann.person, "Before", "Hello"))

    ann.connect(**ann.settings(ssl=ssl))
    ann.sync()
    ann.write(lead, "Your offer")

    assert lead.receives("Your offer")["Return-Path"] == f"<{ann.email}>"
    assert lead.subjects() == ["Before", "Your offer"]
    account = ann.account("state", "imap_starttls", "smtp_starttls")
    assert account["state"] == "enabled"
    assert (account["imap_starttls"], account["smtp_starttls"]) == (not ssl, not ssl)


def test_a_smart_mail_comes_from_its_author(company: Office):
    ann, lena = company.salesperson("ann", login="ann.the.first"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.connect()

    ann.write(lead, "Your offer", "<p>Dear Lena, <b>here</b> it is.</p>")

    received = lead.receives("Your offer")
    assert received["From"].addresses[0].addr_spec == ann.email
    assert received["Reply-To"].addresses[0].addr_spec == ann.email
    assert received["Return-Path"] == f"<{ann.email}>"
    wait_until(lambda: ann.sent("Your offer"), "a copy in Sent")
    ann.sync()
    ann.sync()
    assert len(ann.sent("Your offer")) == 1
    assert lead.subjects() == ["Your offer"]


def test_a_provider_that_files_sent_mail_itself(company: Office):
    ann, lena = company.salesperson("autosent"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.connect()

    ann.write(lead, "Your offer")

    lead.receives("Your offer")
    ann.sync()
    ann.sync()
    assert len(ann.sent("Your offer")) == 1
    assert lead.subjects() == ["Your offer"]


def test_an_answer_is_below_the_mail_it_answers(company: Office):
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.connect()
    ann.write(lead, "Your offer")
    offer = lead.receives("Your offer")

    answer = mail(lena, ann.person, "Re: Your offer", "Yes.", answers=offer["Message-ID"])
    demo.send(lena, answer)
    wait_until(lambda: ann.sync() and "Re: Your offer" in lead.subjects(), "the answer on the lead")

    sent, answered = lead.entries()
    assert (sent["mail_sync_direction"], answered["mail_sync_direction"]) == ("out", "in")
    assert answered["parent_id"][0] == sent["id"]


def test_new_mail_is_recorded_automatically(company: Office):
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.connect()
    wait_until(lambda: ann.account("last_sync_at")["last_sync_at"], "the first synchronisation")

    ann.has(mail(lena, ann.person, "Anybody there?", "Hello"))
    company.let_time_pass(ann)

    wait_until(lambda: lead.subjects() == ["Anybody there?"], "the mail on the lead")


def test_attachments_and_inline_images_can_be_seen(company: Office):
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    plan = mail(lena, ann.person, "The roof", "See the plan")
    plan.add_alternative('<p>See <img src="cid:roof@x"/> and the plan.</p>', subtype="html")
    plan.get_payload()[1].add_related(PIXEL, "image", "png", cid="<roof@x>", filename="roof.png")
    content = bytes(range(256)) * 40
    plan.add_attachment(content, "application", "octet-stream", filename="Plan für Süd.bin")
    ann.has(plan)
    ann.connect()
    ann.sync()

    [entry] = lead.entries(ann.client)
    files = ann.client.call("ir.attachment", "read", entry["attachment_ids"], ["name"])
    assert {file["name"] for file in files} >= {"Plan für Süd.bin"}
    for file in files:
        wanted = content if file["name"] == "Plan für Süd.bin" else PIXEL
        assert download(ann, f"/web/content/{file['id']}?download=true") == wanted
    start = entry["body"].index('src="') + 5
    image = entry["body"][start : entry["body"].index('"', start)].replace("&amp;", "&")
    assert image.startswith("/web/image/")
    assert download(ann, image) == PIXEL


def download(person: Salesperson, path: str) -> bytes:
    """Return what the person's browser gets from an address."""
    opener: urllib.request.OpenerDirector = person.client._opener
    with opener.open(person.client.url + path, timeout=30) as answer:
        assert answer.status == 200
        return answer.read()


def test_a_customer_in_the_portal_sees_no_recorded_mail(company: Office):
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.has(mail(lena, ann.person, "Before", "What do they think of us?", days_ago=1))
    offer = mail(ann.person, lena, "Offer", "They will pay more.")
    offer.add_attachment(b"our margin", "text", "plain", filename="margin.txt")
    ann.has(offer, mailbox="Sent")
    ann.connect()
    ann.sync()
    assert lead.subjects() == ["Before", "Offer"]
    portal = company.admin.call("ir.model.data", "check_object_reference", "base", "group_portal")[
        1
    ]
    company.admin.create(
        "res.users",
        name="Lena in the portal",
        login=lena.email,
        password=demo.LOGIN_PASSWORD,
        partner_id=lead.partner,
        group_ids=[(6, 0, [portal])],
    )
    customer = company.client(lena.email)
    company.admin.call(
        "res.partner",
        "message_post",
        [lead.partner],
        body="Welcome to the portal",
        message_type="comment",
        subtype_xmlid="mail.mt_comment",
    )

    def seen(*domain: tuple) -> list[str]:
        found = customer.call("mail.message", "search_read", list(domain), ["body"])
        return [message["body"] for message in found]

    # They do see what is meant for them.
    assert any("Welcome" in body for body in seen(("model", "=", "res.partner")))
    everything = " ".join(seen())
    assert "think of us" not in everything
    assert "pay more" not in everything
    ids = [row[0] for row in company.sql("SELECT mail_message_id FROM mail_sync_entry")]
    assert len(ids) >= 2
    for id_ in ids:
        with pytest.raises(Refused):
            customer.call("mail.message", "read", [id_], ["body"])
    files = company.sql("SELECT id FROM ir_attachment WHERE name = 'margin.txt'")
    assert files
    for [file] in files:
        with pytest.raises(urllib.error.HTTPError):
            download(Salesperson(company, lena, customer), f"/web/content/{file}")


def test_a_self_signed_certificate_is_pinned(company: Office):
    ann = company.salesperson("ann")
    host = services.describe().hosts.self_signed
    ann.connect(imap_host=host, imap_self_signed=True, smtp_host=host, smtp_self_signed=True)
    account = ann.account("imap_fingerprint", "smtp_fingerprint", "state")
    assert account["state"] == "enabled"
    assert len(account["imap_fingerprint"]) == len(account["smtp_fingerprint"]) == 64
