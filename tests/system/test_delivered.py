"""A mail that was written in the CRM, as its recipient's server has it, header by header.

Beside it stands what Thunderbird and mutt write of the same mail, by their documentation: no
header of theirs names the program's records, and no header of ours may be one that neither has.
"""

from __future__ import annotations

import base64
import re
from email.message import EmailMessage

import pytest

from dev.demo import mail

from .office import Lead, Office, Salesperson, somebody

#: What both programs write in every mail (RFC 5322 §3.6), and Reply-To, which names the mailbox.
EVERY = {"date", "message-id", "subject", "from", "to", "mime-version", "content-type", "reply-to"}
ANSWER = {"in-reply-to", "references"}
#: Ours, by which a copy is found at providers that give a mail another id.
STAMP = {"x-mail-sync-id"}
#: What servers add on the way (RFC 5321 §4.4, RFC 5228).
ADDED = {"return-path", "received", "delivered-to", "x-original-to", "lines"}
#: What no mail of a person's has in it, anywhere.
NEVER = (
    "odoo|openerp|crm\\.lead|mail_layout|/mail/(?:view|unfollow|message)|access_token|"
    "display: ?none|&zwnj;|x-msg-|-0000|base64,|en_US|Something for "
)


@pytest.fixture
def ann(company: Office) -> Salesperson:
    ann = company.salesperson("ann")
    ann.connect()
    ann.client.call(
        "res.users",
        "write",
        [ann.client.uid],
        {"signature": "<p>Ann, Sales</p>", "tz": "Asia/Tokyo"},
    )
    return ann


def headers(received: EmailMessage) -> set[str]:
    return {name.lower() for name in received} - ADDED


def text(received: EmailMessage, subtype: str = "plain") -> str:
    return received.get_body((subtype,)).get_content().replace("\r\n", "\n")


def assert_like_a_persons(received: EmailMessage, ann: Salesperson, lead: Lead, more=frozenset()):
    domain = re.escape(ann.email.rpartition("@")[2])
    assert headers(received) == EVERY | STAMP | more
    assert re.fullmatch(rf"<[0-9a-f-]{{36}}@{domain}>", received["Message-ID"])
    assert received["Date"].endswith("+0900")
    assert received["From"].addresses[0].addr_spec == ann.email
    assert [one.addr_spec for one in received["To"].addresses] == [lead.customer.email]
    assert not re.search(r",\s*$", received["To"])
    for part in received.walk():
        encoding = part["Content-Transfer-Encoding"]
        if part.get_content_type() in ("text/plain", "text/html") and not part.is_attachment():
            assert encoding in ("7bit", "quoted-printable")
            assert part.get_content_charset() == "utf-8"
            assert not re.search(NEVER, part.get_content(), re.IGNORECASE)
    head = "\n".join(f"{name}: {value}" for name, value in received.items() if name != "Received")
    assert not re.search(NEVER, head, re.IGNORECASE)


def test_a_new_mail(company: Office, ann: Salesperson):
    lead = company.lead(somebody("lena"), ann)
    ann.write(lead, "Your offer", "<p>Grüße aus <b>Köln</b>,</p><p>mehr folgt.</p>")
    received = lead.receives("Your offer")
    assert_like_a_persons(received, ann, lead)
    assert received.get_content_type() == "multipart/alternative"
    assert text(received) == "Grüße aus Köln,\n\nmehr folgt.\n\n-- \nAnn, Sales\n"
    assert "<p>Grüße aus <b>Köln</b>,</p>" in text(received, "html")


def test_an_answer(company: Office, ann: Salesperson):
    lena = somebody("lena")
    lead = company.lead(lena, ann)
    ann.receives(mail(lena, ann.person, "The roof", "Hello"))
    company.admin.call("crm.lead", "message_post", [lead.id], body="A note.")
    [asked] = [entry for entry in lead.entries() if entry["subject"] == "The roof"]
    message_id = company.sql("SELECT message_id FROM mail_message WHERE id = %s", asked["id"])[0][0]
    ann.client.call(
        "crm.lead",
        "message_post",
        [lead.id],
        body="Of course.",
        message_type="comment",
        subtype_xmlid="mail.mt_comment",
        partner_ids=[lead.partner],
    )
    received = lead.receives("Re: The roof")
    assert_like_a_persons(received, ann, lead, ANSWER)
    assert received["In-Reply-To"] == received["References"] == message_id


def test_a_template(company: Office, ann: Salesperson):
    lead = company.lead(somebody("lena"), ann)
    model = company.admin.call("ir.model", "search", [("model", "=", "crm.lead")])[0]
    template = company.admin.create(
        "mail.template",
        name="Offer",
        model_id=model,
        subject="Our offer",
        body_html="<p>As we said.</p>",
    )
    composer = ann.client.call(
        "mail.compose.message",
        "create",
        [{"template_id": template, "partner_ids": [(6, 0, [lead.partner])]}],
        context={"default_model": "crm.lead", "default_res_ids": [lead.id]},
    )
    ann.client.call("mail.compose.message", "action_send_mail", composer)
    received = lead.receives("Our offer")
    assert_like_a_persons(received, ann, lead)
    assert text(received) == "As we said.\n\n-- \nAnn, Sales\n"


def test_a_file_of_nine_megabytes(company: Office, ann: Salesperson):
    lead = company.lead(somebody("lena"), ann)
    content = bytes(range(256)) * 4 * 1024 * 9
    file = ann.client.create(
        "ir.attachment",
        name="Plan für Süd.pdf",
        datas=base64.b64encode(content).decode(),
        res_model="crm.lead",
        res_id=lead.id,
    )
    ann.client.call(
        "crm.lead",
        "message_post",
        [lead.id],
        body="The plan.",
        subject="The plan",
        message_type="comment",
        subtype_xmlid="mail.mt_comment",
        partner_ids=[lead.partner],
        attachment_ids=[file],
    )
    received = lead.receives("The plan")
    assert_like_a_persons(received, ann, lead)
    [part] = received.iter_attachments()
    assert part.get_filename() == "Plan für Süd.pdf"
    assert part.get_payload(decode=True) == content
