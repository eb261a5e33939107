"""Odoo is killed with SIGKILL at the worst moments: nothing is lost or recorded twice."""

from __future__ import annotations

import contextlib
from collections import Counter

import pytest

from dev.demo import mail

from .office import (
    PATIENCE,
    Lead,
    Office,
    Salesperson,
    barrier,
    import_mails,
    killed_at,
    meanwhile,
    numbered,
    somebody,
    start_again,
    wait_until,
)
from .smtp_proxy import SmtpProxy

MAILS = range(1, 21)


@pytest.fixture
def ann(quiet_company: Office) -> Salesperson:
    """Return a user whose mailbox has been read once. Nothing runs until the test says so."""
    ann = quiet_company.salesperson("ann")
    ann.connect()
    ann.sync()
    return ann


@pytest.fixture
def lead(quiet_company: Office, ann: Salesperson) -> Lead:
    """Return the lead of a customer who has since written many mails to Ann, and received one."""
    lead = quiet_company.lead(somebody("lena"), ann)
    import_mails(ann.person, "INBOX", numbered(lead.customer, ann.person, MAILS))
    ann.has(mail(ann.person, lead.customer, "Mine", "!"), mailbox="Sent")
    return lead


#: Where to stop a worker: at (table, operation, condition on the row, whether at commit).
PLACES = {
    "after a fetch, before the first record": ("mail_message", "INSERT", "true", False),
    "when the mails are recorded and their keys are not": (
        "mail_sync_entry",
        "INSERT",
        "true",
        False,
    ),
    "between recording and commit": (
        "mail_sync_mailbox",
        "UPDATE",
        "NEW.uid_high > OLD.uid_high",
        False,
    ),
    "while the database commits": (
        "mail_sync_mailbox",
        "UPDATE",
        "NEW.uid_high > OLD.uid_high",
        True,
    ),
    "after the inbox's commit, before Sent's": (
        "mail_sync_mailbox",
        "UPDATE",
        "NEW.uid_high > OLD.uid_high AND NEW.special_use = 'sent'",
        False,
    ),
    "after the last commit": (
        "mail_sync_account",
        "UPDATE",
        "OLD.lease_token IS NOT NULL AND NEW.lease_token IS NULL",
        False,
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_killed_while_reading(quiet_company: Office, ann: Salesperson, lead: Lead, place: str):
    table, event, when, at_commit = PLACES[place]
    before = seen(ann)
    with barrier(quiet_company, table, event, when, at_commit=at_commit) as stop:
        killed_at(stop, ann.sync)
    start_again(quiet_company)

    ann.sync()

    wanted = Counter([*(f"Mail {n}" for n in MAILS), "Mine"])
    assert Counter(lead.subjects()) == wanted
    assert seen(ann) - before == len(wanted)
    assert ann.account("state", "failed_count", "recorded_count") == {
        "id": ann.account_id(),
        "state": "enabled",
        "failed_count": 0,
        "recorded_count": len(wanted),
    }
    ann.sync()
    assert Counter(lead.subjects()) == wanted


def seen(person: Salesperson) -> int:
    return person.account("seen_count")["seen_count"]


def test_killed_in_the_middle_of_a_first_synchronisation(quiet_company: Office):
    company = quiet_company
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    import_mails(ann.person, "INBOX", numbered(lena, ann.person, range(1, 601)))
    ann.connect()
    # The newest are read first; the kill comes when the second commit is under way.
    with barrier(
        company,
        "mail_sync_mailbox",
        "UPDATE",
        "OLD.uid_low > NEW.uid_low AND OLD.uid_low < OLD.uid_high",
    ) as stop:
        killed_at(stop, ann.sync)
    start_again(company)
    assert 0 < len(lead.subjects()) < 600

    wait_until(lambda: ann.sync() and seen(ann) >= 600, "all of them looked at")

    assert Counter(lead.subjects()) == Counter(f"Mail {n}" for n in range(1, 601))
    assert seen(ann) == 600


# --- sending --------------------------------------------------------------------------------


def correspondents(company: Office, word: str, proxy: SmtpProxy) -> tuple[Salesperson, Lead]:
    ann, lena = company.salesperson(word), somebody("lena")
    lead = company.lead(lena, ann)
    ann.connect(**proxy.settings())
    ann.sync()
    return ann, lead


def killed_while_sending(company: Office, ann: Salesperson, lead: Lead, proxy: SmtpProxy) -> None:
    begun = meanwhile(lambda: ann.write(lead, "Your offer"))
    assert proxy.holding.wait(PATIENCE), "nothing was sent"
    company.server.kill()
    with contextlib.suppress(Exception):
        begun.result(timeout=PATIENCE)
    proxy.hold = ""
    start_again(company)


def the_next_day(company: Office, ann: Salesperson) -> None:
    """Run Odoo's scheduled actions, several times."""
    for _ in range(3):
        company.send_queue()
        ann.sync()


def words_about(lead: Lead, subject: str) -> str:
    """Return why a mail was not sent, as its lead shows it; empty when it was sent."""
    [entry] = [entry for entry in lead.entries() if entry["subject"] == subject]
    notices = lead.office.admin.call(
        "mail.notification",
        "search_read",
        [("mail_message_id", "=", entry["id"]), ("res_partner_id", "=", lead.partner)],
        ["notification_status", "failure_reason"],
    )
    failed = [n for n in notices if n["notification_status"] in ("exception", "bounce")]
    return " ".join(notice["failure_reason"] or "?" for notice in failed)


def test_killed_before_the_servers_250_arrived(quiet_company: Office):
    """The server has the mail but Odoo does not know; the provider files no copy in Sent."""
    with SmtpProxy("end of data") as proxy:
        ann, lead = correspondents(quiet_company, "ann", proxy)
        killed_while_sending(quiet_company, ann, lead, proxy)
        the_next_day(quiet_company, ann)

        assert len(lead.inbox("Your offer")) == 1, "never a second time by itself"
        assert lead.subjects() == ["Your offer"]
        words = words_about(lead, "Your offer")
        assert "do not know" in words
        assert "Sent" in words, words


def test_killed_before_the_servers_250_arrived_with_a_provider_that_files_sent_mail(
    quiet_company: Office,
):
    with SmtpProxy("end of data") as proxy:
        ann, lead = correspondents(quiet_company, "autosent", proxy)
        killed_while_sending(quiet_company, ann, lead, proxy)
        the_next_day(quiet_company, ann)

        assert len(lead.inbox("Your offer")) == 1
        assert len(ann.sent("Your offer")) == 1
        assert lead.subjects() == ["Your offer"]
        assert words_about(lead, "Your offer") == ""


def test_killed_before_the_text_was_handed_over(quiet_company: Office):
    """The mail was not sent, and Odoo died before it could say so: the author is asked."""
    with SmtpProxy("data") as proxy:
        ann, lead = correspondents(quiet_company, "ann", proxy)
        killed_while_sending(quiet_company, ann, lead, proxy)
        the_next_day(quiet_company, ann)
        assert lead.inbox("Your offer") == []
        assert "do not know" in words_about(lead, "Your offer")

        send_again(lead, "Your offer")

        assert len(lead.inbox("Your offer")) == 1
        assert lead.subjects() == ["Your offer"]
        the_next_day(quiet_company, ann)
        assert len(lead.inbox("Your offer")) == 1
        assert len(ann.sent("Your offer")) == 1
        assert words_about(lead, "Your offer") == ""


def send_again(lead: Lead, subject: str) -> None:
    """Press *Retry* on a failed mail, a button that Odoo shows to administrators."""
    admin = lead.office.admin
    admin.call("mail.mail", "action_retry", admin.call("mail.mail", "search", failed(subject)))
    lead.office.send_queue()


def failed(subject: str) -> list[tuple]:
    return [("subject", "=", subject), ("state", "=", "exception")]


#: Where to stop Odoo after the server's 250: at (table, operation, condition on the row).
AFTER_THE_250 = {
    "before it is saved that it was sent": (
        "mail_sync_outgoing",
        "UPDATE",
        "NEW.state = 'sent' AND OLD.state = 'sending'",
    ),
    "before Odoo's own commit": ("mail_mail", "UPDATE", "NEW.state = 'sent'"),
    "before Odoo's mail is deleted": ("mail_mail", "DELETE", "OLD.state = 'sent'"),
}


@pytest.mark.parametrize("word", ["ann", "autosent"])
@pytest.mark.parametrize("place", AFTER_THE_250)
def test_killed_after_the_servers_250(quiet_company: Office, place: str, word: str):
    company = quiet_company
    table, event, when = AFTER_THE_250[place]
    ann, lena = company.salesperson(word), somebody("lena")
    lead = company.lead(lena, ann)
    ann.connect()
    ann.sync()
    with barrier(company, table, event, when) as stop:
        killed_at(stop, lambda: ann.write(lead, "Your offer"))
    assert len(lead.inbox("Your offer")) == 1
    start_again(company)
    the_next_day(company, ann)

    assert len(lead.inbox("Your offer")) == 1, "never a second time by itself"
    assert lead.subjects() == ["Your offer"]
    known = word == "autosent" or place != "before it is saved that it was sent"
    if known:
        assert words_about(lead, "Your offer") == ""
        assert len(ann.sent("Your offer")) == 1
    else:
        assert "do not know" in words_about(lead, "Your offer")


@pytest.mark.parametrize("at_commit", [False, True], ids=["before it", "during it"])
def test_killed_between_the_copy_in_sent_and_its_commit(quiet_company: Office, at_commit: bool):
    company = quiet_company
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.connect()
    ann.sync()
    ann.write(lead, "Your offer")
    with barrier(company, "mail_sync_outgoing", "UPDATE", "NEW.filed", at_commit=at_commit) as stop:
        killed_at(stop, ann.sync)
    assert len(ann.sent("Your offer")) == 1
    start_again(company)
    the_next_day(company, ann)

    assert len(ann.sent("Your offer")) == 1
    assert len(lead.inbox("Your offer")) == 1
    assert lead.subjects() == ["Your offer"]
