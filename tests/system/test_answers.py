"""An answer that is written in the CRM, as its recipients' servers have it."""

from __future__ import annotations

from dev.demo import mail

from .office import Lead, Office, somebody


def test_reply_all_with_a_hidden_copy(company: Office):
    ann = company.salesperson("ann")
    ann.connect()
    lena, joe, boss = (somebody(word) for word in ("lena", "joe", "boss"))
    lead = company.lead(lena, ann)
    question = mail(lena, ann.person, "AW: The roof", "How much?")
    question["Cc"] = joe.email
    ann.receives(question)
    [asked] = [entry for entry in lead.entries() if entry["subject"] == "AW: The roof"]
    action = ann.client.call("mail.message", "action_mail_sync_answer", [asked["id"]], "reply_all")
    hidden = company.admin.create("res.partner", name=boss.name, email=boss.email)
    composer = ann.client.call(
        "mail.compose.message",
        "create",
        [{"mail_sync_bcc_ids": [(6, 0, [hidden])]}],
        context=action["context"],
    )
    ann.client.call("mail.compose.message", "action_send_mail", composer)
    for person in (lena, joe, boss):
        received = Lead(company, lead.id, lead.partner, person).receives("Re: The roof")
        assert [one.addr_spec for one in received["To"].addresses] == [lena.email]
        assert [one.addr_spec for one in received["Cc"].addresses] == [joe.email]
        assert received["In-Reply-To"] == received["References"] == question["Message-ID"]
        # The last server writes into each copy to whom it delivered it.
        assert person is boss or boss.email not in received.as_string()
        assert "Bcc" not in received
        assert "> How much?" in received.get_body(("plain",)).get_content()
