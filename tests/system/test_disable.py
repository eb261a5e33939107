"""Disabling and changing the password on real servers, while others are at work."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dev import services
from dev.client import Refused
from dev.demo import mail
from dev.passwords import PASSWORD, set_password

from .office import Office, Salesperson, barrier, meanwhile, somebody, wait_until


def disable(owner: Salesperson, policy: str) -> None:
    """Press *Disable Syncing*, choose, press *Disable Sync*."""
    account = owner.account_id()
    owner.client.call("mail.sync.account", "action_open_disable", [account])
    wizard = owner.client.create("mail.sync.account.disable", account_id=account, policy=policy)
    owner.client.call("mail.sync.account.disable", "action_disable", [wizard])


def change_password(owner: Salesperson, password: str) -> None:
    wizard = owner.client.create(
        "mail.sync.account.password", account_id=owner.account_id(), password=password
    )
    owner.client.call("mail.sync.account.password", "action_change_password", [wizard])


def test_keep_then_remove_then_reconnect(company: Office):
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.has(mail(lena, ann.person, "First", "Hello", days_ago=3))
    ann.connect()
    ann.sync()

    disable(ann, "keep")
    assert lead.subjects() == ["First"]
    ann.has(mail(lena, ann.person, "Second", "Hello", days_ago=2))
    ann.connect()
    ann.sync()
    assert lead.subjects() == ["First", "Second"]

    disable(ann, "remove")
    assert lead.subjects() == []
    ann.has(mail(lena, ann.person, "Third", "Hello"))
    ann.connect()
    ann.sync()
    assert lead.subjects() == ["Third"]


def test_a_colleague_who_is_finding_the_same_mail_does_not_lose_it(quiet_company: Office):
    """Ben's link to Ann's entry is created but not yet committed when Ann removes hers."""
    company = quiet_company
    ann, ben, lena = company.salesperson("ann"), company.salesperson("ben"), somebody("lena")
    lead = company.lead(lena, ann)
    letter = mail(lena, ann.person, "To both", "Hello")
    for person in (ann, ben):
        person.has(letter)
        person.connect()
    ann.sync()
    assert lead.subjects() == ["To both"]

    with barrier(
        company, "mail_sync_message_mail_message_rel", "INSERT", at_commit=True
    ) as finding:
        found = meanwhile(ben.sync)
        finding.reached()
        removed = meanwhile(lambda: disable(ann, "remove"))
        time.sleep(1)  # by now it has met Ben's row, and waits
        assert not removed.done()
    found.result(timeout=60)
    removed.result(timeout=60)

    assert lead.subjects() == ["To both"]
    disable(ben, "remove")
    assert lead.subjects() == []


def test_a_running_sync_ends_without_a_trace(quiet_company: Office):
    company = quiet_company
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.has(mail(lena, ann.person, "Half read", "Hello"))
    ann.connect()

    with barrier(company, "mail_message", "INSERT", "NEW.subject = 'Half read'") as recording:
        running = meanwhile(ann.sync)
        recording.reached()
        disabling = meanwhile(lambda: disable(ann, "remove"))
        time.sleep(1)
    running.result(timeout=60)
    disabling.result(timeout=60)

    assert lead.subjects() == []
    assert company.sql(
        "SELECT active, imap_secret, lease_token FROM mail_sync_account WHERE user_id = %s",
        ann.client.uid,
    ) == [(False, None, None)]


def test_changing_the_password_takes_one_field(company: Office):
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.connect()
    ann.sync()
    try:
        set_password(ann.email, "new one é")
        ann.has(mail(lena, ann.person, "Meanwhile", "Hello"))
        ann.sync()
        assert ann.account("state")["state"] == "error"
        tested = ann.client.call("mail.sync.account", "action_test_connection", [ann.account_id()])
        problems = ann.client.read(
            tested["res_model"], tested["res_id"], "imap_problem", "smtp_problem"
        )
        assert "password" in problems["imap_problem"]
        assert "Not tried" in problems["smtp_problem"]
        before = len(ann.account("log_ids")["log_ids"])
        setup = ann.client.create("mail.sync.account.setup")
        with pytest.raises(Refused, match="Signing in"):
            ann.client.call("mail.sync.account.setup", "action_next", [setup])
        assert len(ann.account("log_ids")["log_ids"]) == before + 1
        with pytest.raises(Refused, match="not sent again before"):
            ann.client.call("mail.sync.account.setup", "action_next", [setup])
        with pytest.raises(Refused, match=r"Reading \(IMAP\)"):
            change_password(ann, "a guess")
        change_password(ann, "new one é")
        ann.sync()
        assert ann.account("state")["state"] == "enabled"
        assert lead.subjects() == ["Meanwhile"]
        ann.write(lead, "Sent with it")
        assert lead.receives("Sent with it")
    finally:
        set_password(ann.email, PASSWORD)


def test_a_password_changed_during_a_sync_is_sent_once(quiet_company: Office):
    """A turn holds the account's row, and releases it only after the new password was accepted."""
    company = quiet_company
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    ann.has(mail(lena, ann.person, "Half read", "Hello"))
    ann.connect()
    try:
        with barrier(company, "mail_message", "INSERT", "NEW.subject = 'Half read'") as recording:
            running = meanwhile(ann.sync)
            recording.reached()
            set_password(ann.email, "new one é")
            before = log_ins(ann)
            changing = meanwhile(lambda: change_password(ann, "new one é"))
            wait_until(lambda: waits_for_a_row(company), "They meet")
        running.result(timeout=60)
        changing.result(timeout=60)
        assert log_ins(ann) == before + 1
        ann.sync()
        assert ann.account("state")["state"] == "enabled"
        assert lead.subjects() == ["Half read"]
    finally:
        set_password(ann.email, PASSWORD)


def log_ins(person: Salesperson) -> int:
    """Return how often the provider has accepted a user's login for reading."""
    log = Path(services.describe().mail_log).read_text(errors="replace")
    logged = ("imap-login: Info: Login: ", f"<{person.email}>")
    return sum(all(word in line for word in logged) for line in log.splitlines())


def waits_for_a_row(company: Office) -> bool:
    """Whether one transaction is waiting for another."""
    return bool(
        company.sql(
            "SELECT 1 FROM pg_stat_activity WHERE datname = %s AND wait_event = 'transactionid'",
            company.db,
        )
    )
