"""A mail that was written in the CRM, as its recipient's server has it, header by header.

Beside it stands what Thunderbird and mutt write of the same mail, by their documentation: no
header of theirs names the program's records, and no header of ours may be one that neither has.
"""

from __future__ import annotations

import base64
import re
from email.message import EmailMessage

import pytest
from lxml import html

from dev.demo import Person, mail

from .office import Office, Salesperson, somebody, wait_until, with_subject

pytestmark = pytest.mark.shared

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
    "display: ?none|&zwnj;|x-msg-|-0000|base64,|en_US|Something for |"
    # The preheader's invisible characters, and links to files in the CRM.
    "[\u034f\u200b-\u200d\u2060\ufeff]|/web/(?:image|content)"
)
#: A picture of one dot (https://www.w3.org/TR/png-3/), and a file.
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)
PDF = b"%PDF-1.7 the plan"


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


def words(received: EmailMessage) -> tuple[list[str], list[str]]:
    """Return the words of a mail's plain text, without the marks of quoting, and of its HTML."""
    plain = re.sub(r"^(?:> ?)+", "", text(received), flags=re.MULTILINE)
    shown = html.fromstring(text(received, "html")).find("body")
    return plain.split(), " ".join(shown.itertext()).split()


def assert_like_a_persons(
    received: EmailMessage, ann: Salesperson, *to: Person, more=frozenset()
) -> None:
    domain = re.escape(ann.email.rpartition("@")[2])
    assert headers(received) == EVERY | STAMP | more
    assert re.fullmatch(rf"<[0-9a-f-]{{36}}@{domain}>", received["Message-ID"])
    assert received["Date"].endswith("+0900")
    assert received["From"].addresses[0].addr_spec == ann.email
    assert [one.addr_spec for one in received["To"].addresses] == [one.email for one in to]
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
    assert_like_a_persons(received, ann, lead.customer)
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
    assert_like_a_persons(received, ann, lead.customer, more=ANSWER)
    assert received["In-Reply-To"] == received["References"] == message_id


def test_a_reply(company: Office, ann: Salesperson):
    lena = somebody("lena")
    lead = company.lead(lena, ann)
    question = mail(lena, ann.person, "AW: Re: The roof", "Grüße!\n\nHow much is it?")
    question["References"] = "<first@customer.example> <second@sales.example>"
    ann.receives(question)
    ann.answer(lead, "AW: Re: The roof", "reply", "About <b>9,000&nbsp;€</b> in all.")
    received = lead.receives("Re: The roof")
    assert_like_a_persons(received, ann, lena, more=ANSWER)
    assert received["In-Reply-To"] == question["Message-ID"]
    assert received["References"].split() == [
        *question["References"].split(),
        question["Message-ID"],
    ]
    above, _, below = text(received).partition("wrote:")
    assert re.fullmatch(
        rf"About 9,000\s€ in all\.\n+-- \nAnn, Sales\n+On [^\n]*, {lena.name} ", above
    ), above
    assert re.search(r"\n> Grüße!\n(?:> ?\n)?> How much is it\?\n", below), below
    plain, shown = words(received)
    assert plain == shown


def test_a_forward_with_a_picture_and_a_file(company: Office, ann: Salesperson):
    lena, boss, joe, mia = (somebody(word) for word in ("lena", "boss", "joe", "mia"))
    lead = company.lead(lena, ann)
    asked = mail(lena, ann.person, "Fw: The plan", "Here it is.")
    asked.add_alternative('<p>Here it is. <img src="cid:dot" alt=""></p>', subtype="html")
    asked.get_payload()[1].add_related(DOT, "image", "png", cid="<dot>", filename="dot.png")
    asked.add_attachment(PDF, maintype="application", subtype="pdf", filename="Plan für Süd.pdf")
    ann.receives(asked)
    to, cc, bcc = (
        [(6, 0, [company.admin.create("res.partner", name=one.name, email=one.email)])]
        for one in (boss, joe, mia)
    )
    ann.answer(
        lead,
        "Fw: The plan",
        "forward",
        "Please look.",
        partner_ids=to,
        mail_sync_cc_ids=cc,
        mail_sync_bcc_ids=bcc,
    )
    for person in (boss, joe, mia):
        received = wait_until(
            lambda who=person: with_subject(who, "INBOX", "Fwd: The plan"), "the forwarded mail"
        )[0]
        assert_like_a_persons(received, ann, boss, more=ANSWER | {"cc", "x-forwarded-message-id"})
        assert [one.addr_spec for one in received["Cc"].addresses] == [joe.email]
        assert person is mia or mia.email not in received.as_string()
    for name in ("In-Reply-To", "References", "X-Forwarded-Message-Id"):
        assert received[name] == asked["Message-ID"]
    above, _, below = text(received).partition("-------- Forwarded message --------")
    assert above.split() == ["Please", "look.", "--", "Ann,", "Sales"]
    for line in ("Subject: Fw: The plan", f"From: {lena.formatted}", f"To: {ann.person.formatted}"):
        assert f"\n{line}\n" in below
    assert below.rstrip().endswith("Here it is.")
    plain, shown = words(received)
    assert plain == shown
    [file] = received.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("Plan für Süd.pdf", PDF)
    [picture] = [part for part in received.walk() if part.get_content_maintype() == "image"]
    assert picture.get_payload(decode=True) == DOT
    assert picture["Content-Disposition"].startswith("inline")
    assert f'src="cid:{picture["Content-ID"][1:-1]}"' in text(received, "html")
    assert lead.inbox("Fwd: The plan") == []


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
    assert_like_a_persons(received, ann, lead.customer)
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
    assert_like_a_persons(received, ann, lead.customer)
    [part] = received.iter_attachments()
    assert part.get_filename() == "Plan für Süd.pdf"
    assert part.get_payload(decode=True) == content
