"""The embedded SMTP server answers as a real one does for a mail to two people."""

from __future__ import annotations

import smtplib
import ssl

import pytest

from dev import certificates, demo, services
from dev.passwords import PASSWORD
from dev.paths import STATE

from .office import raw, somebody, wait_until


@pytest.fixture
def nowhere():
    """Return a user for whom Dovecot accepts no mail: a file is where their mailbox would be."""
    person = somebody("nowhere")
    place = STATE / "mail" / person.email
    place.write_text("This is no folder.")
    yield person
    place.unlink()


def send(sender, *recipients, subject):
    mail_host = services.describe()
    message = demo.mail(sender, recipients[0], subject, "Hello")
    context = ssl.create_default_context(cafile=certificates.BUNDLE)
    with smtplib.SMTP(mail_host.hosts.trusted, mail_host.smtp_port) as smtp:
        smtp.starttls(context=context)
        smtp.login(sender.email, PASSWORD)
        return smtp.sendmail(sender.email, [to.email for to in recipients], raw(message))


def subjects(person):
    return [mail["Subject"] for mail in demo.mailbox(person, "INBOX")]


@pytest.mark.parametrize("first", [True, False])
def test_one_of_two_recipients_is_refused_after_the_data(nowhere, first):
    ann, lena = somebody("ann", "sales.example"), somebody("lena")
    both = (nowhere, lena) if first else (lena, nowhere)
    assert send(ann, *both, subject="To both") == {}
    assert subjects(lena) == ["To both"]
    report = wait_until(lambda: demo.mailbox(ann, "INBOX"), "a report in the sender's inbox")[0]
    parts = str(report)
    assert f"Final-Recipient: rfc822; {nowhere.email}" in parts
    assert lena.email not in parts.partition("text/rfc822-headers")[0]


def test_the_only_recipient_is_refused_with_dovecots_own_reply(nowhere):
    ann = somebody("ann", "sales.example")
    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(ann, nowhere, subject="To nobody")
    assert refused.value.smtp_code == 451
    assert subjects(ann) == []


def test_one_of_two_recipients_is_unknown():
    ann, lena, unknown = somebody("ann", "sales.example"), somebody("lena"), somebody("unknown")
    refused = send(ann, unknown, lena, subject="To both")
    assert list(refused) == [unknown.email]
    assert subjects(lena) == ["To both"]
