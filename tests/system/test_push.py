"""Instant recording: a real watcher keeps a connection to each mailbox."""

from __future__ import annotations

import select
import shlex
import signal
from contextlib import closing

import psycopg2
import pytest

from dev import database, postgres
from dev.console import Failure
from dev.demo import mail
from dev.passwords import set_password
from dev.watcher import Watcher

from .office import Office, somebody, wait_until
from .pushing import (
    AT_ONCE,
    SOON,
    arrives,
    connections,
    hired,
    is_dropped,
    is_let_go,
    is_recorded,
    is_watched,
    shown_in_settings,
    switch,
    waits,
    watched_accounts,
)
from .test_trouble import enter_password, logins_refused, new_password

# -- at once ---------------------------------------------------------------------------------


def test_a_mail_is_on_its_lead_within_two_seconds_and_so_is_the_tenth(
    company: Office, watcher: Watcher
):
    ann, _lena, lead = hired(company)
    waits(ann)
    for number in range(10):
        arrives(ann, lead, f"Mail {number}")
    assert lead.subjects() == [f"Mail {number}" for number in range(10)]
    assert connections(ann) == 1
    assert ann.account("watched")["watched"]
    assert ann.log() == []


def test_new_mail_is_recorded_at_once_even_if_sending_fails(company: Office, watcher: Watcher):
    ann, sender = company.salesperson(), somebody("sender", "sales.example")
    lead = company.lead(somebody("lena"), ann)
    ann.connect(email=sender.email, smtp_username=sender.email)
    set_password(sender.email, "another-password")
    ann.client.call("mail.sync.account", "action_test_connection", [ann.account_id()])
    assert ann.account("state")["state"] == "error"
    switch(company, False)
    is_let_go(ann, ann.account_id())
    switch(company, True)
    is_watched(ann)
    waits(ann)
    arrives(ann, lead, "Read at once")


def test_the_open_page_is_updated(company: Office, watcher: Watcher):
    ann, _, lead = hired(company)
    waits(ann)
    with closing(psycopg2.connect(**postgres.connection(), dbname="postgres")) as listening:
        listening.autocommit = True
        listening.cursor().execute("LISTEN imbus")
        arrives(ann, lead, "Hello")

        def told() -> bool:
            select.select([listening], [], [], 0.1)
            listening.poll()
            return any(company.db in notify.payload for notify in listening.notifies)

        wait_until(told, "the bus carries something", AT_ONCE)
    [(messages,)] = company.sql(
        "SELECT string_agg(message, ' ') FROM bus_bus WHERE message LIKE '%%mail_sync/recorded%%'"
    )
    assert "crm.lead" in messages


def test_a_mail_that_another_program_files_in_sent_is_there_at_once(
    company: Office, watcher: Watcher
):
    """Dovecot reports other mailboxes too (NOTIFY, RFC 5465)."""
    ann, lena, lead = hired(company)
    waits(ann)
    ann.has(mail(ann.person, lena, "From my telephone", "!"), mailbox="Sent")
    is_recorded(lead, "From my telephone", AT_ONCE)
    assert lead.subjects() == ["From my telephone"]
    # And it waits again.
    arrives(ann, lead, "The answer")


def test_sync_now_and_the_watcher_do_not_disturb_each_other(company: Office, watcher: Watcher):
    ann, lena, lead = hired(company)
    for number in range(3):
        ann.has(mail(lena, ann.person, f"Mail {number}", "?"))
        ann.sync()
    wait_until(lambda: len(lead.subjects()) == 3, "all of them on the lead", AT_ONCE)
    arrives(ann, lead, "Mail 3")
    assert lead.subjects() == [f"Mail {number}" for number in range(4)]
    assert ann.log() == []


# -- let go ----------------------------------------------------------------------------------


def test_when_switched_off_no_connection_is_kept(company: Office, watcher: Watcher):
    ann, lena, lead = hired(company)
    waits(ann)
    switch(company, False)
    is_let_go(ann, ann.account_id())
    assert watched_accounts(company) == []
    ann.has(mail(lena, ann.person, "Polled", "?"))
    company.let_time_pass(ann)
    is_recorded(lead, "Polled", SOON)
    assert not ann.account("watched")["watched"]
    switch(company, True)
    is_watched(ann)
    assert watcher.is_running()


def test_on_a_server_with_few_connections_none_is_kept(company: Office, watcher: Watcher):
    ann, lena, lead = hired(company)
    waits(ann)
    host = "{imap_host}:{imap_port}".format(**ann.account("imap_host", "imap_port"))
    limit = company.admin.create("mail.sync.host", host=host, at_once=1)
    is_let_go(ann, ann.account_id())
    ann.has(mail(lena, ann.person, "Polled", "?"))
    company.let_time_pass(ann)
    is_recorded(lead, "Polled", SOON)
    company.admin.call("mail.sync.host", "unlink", [limit])
    is_watched(ann)


def test_a_disabled_account_is_no_longer_watched(company: Office, watcher: Watcher):
    ann, _, _ = hired(company)
    account = ann.account_id()
    wizard = ann.client.create("mail.sync.account.disable", account_id=account, policy="keep")
    ann.client.call("mail.sync.account.disable", "action_disable", [wizard])
    is_let_go(ann, account)


def test_a_password_changed_at_the_provider_causes_few_log_ins(company: Office, watcher: Watcher):
    ann, lena, lead = hired(company)
    waits(ann)
    password, before = new_password(ann), logins_refused(ann)
    is_dropped(ann)
    wait_until(lambda: ann.account("state")["state"] == "error", "the refusal is seen", SOON)
    assert ann.log()[0]["step"] == "login"
    is_let_go(ann, ann.account_id())

    ann.has(mail(lena, ann.person, "Meanwhile", "?"))
    enter_password(ann, password)
    is_watched(ann)
    arrives(ann, lead, "Afterwards")
    assert lead.subjects() == ["Meanwhile", "Afterwards"]
    assert logins_refused(ann) <= before + 1


def test_a_connection_dropped_by_the_server_is_back_within_seconds(
    company: Office, watcher: Watcher
):
    ann, lena, lead = hired(company)
    waits(ann)
    is_dropped(ann)
    ann.has(mail(lena, ann.person, "Meanwhile", "?"))
    is_recorded(lead, "Meanwhile", SOON)
    is_watched(ann)
    arrives(ann, lead, "Afterwards")
    assert ann.account("state")["state"] == "enabled"
    assert ann.log() == []  # a lost connection is not an error


# -- bad days of the watcher's own -----------------------------------------------------------


def test_when_the_watcher_is_killed_nothing_is_lost_or_duplicated(
    company: Office, watcher: Watcher
):
    ann, lena, lead = hired(company)
    waits(ann)
    arrives(ann, lead, "Mail 0")
    waits(ann)
    watcher.kill()
    ann.has(mail(lena, ann.person, "Mail 1", "?"))
    company.let_time_pass(ann)
    is_recorded(lead, "Mail 1", SOON)
    ann.has(mail(lena, ann.person, "Mail 2", "?"))

    watcher.start()

    is_watched(ann)
    is_recorded(lead, "Mail 2", SOON)
    arrives(ann, lead, "Mail 3")
    assert lead.subjects() == [f"Mail {number}" for number in range(4)]


def test_each_account_is_watched_by_one_of_two_watchers_and_by_the_other_if_it_dies(
    company: Office, watcher: Watcher
):
    ann, _lena, lead = hired(company)
    waits(ann)
    with Watcher(company.db, "second"):
        ben, _, bens = hired(company, "ben")
        arrives(ben, bens, "To Ben")
        assert (connections(ann), connections(ben)) == (1, 1)
        accounts = watched_accounts(company)
        assert len(accounts) == len(set(accounts))
        watcher.kill()
        is_watched(ann)
        waits(ann)
        arrives(ann, lead, "To Ann")
        assert connections(ann) == 1
    is_let_go(ann, ann.account_id())
    assert lead.subjects() == ["To Ann"]


def test_it_ends_within_seconds_of_a_signal_and_the_settings_say_what_to_run(
    company: Office, watcher: Watcher
):
    ann, _, _ = hired(company)
    shown = shown_in_settings(company)
    assert shown["mail_sync_watcher_count"] == 1
    assert shown["mail_sync_watched_count"] == len(watched_accounts(company)) > 0

    watcher.signal(signal.SIGTERM)
    assert watcher.wait(5) == 0
    is_let_go(ann, ann.account_id())

    shown = shown_in_settings(company)
    assert shown["mail_sync_watcher_count"] == shown["mail_sync_watched_count"] == 0
    program, *words = shlex.split(shown["mail_sync_watch_command"])
    assert program == "odoo-bin"
    # The command with which the watcher of these tests is run.
    assert words == watcher.command()[-len(words) :]


def test_a_database_that_becomes_unavailable_and_returns(company: Office, watcher: Watcher):
    ann, lena, lead = hired(company)
    waits(ann)
    company.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        " AND classid = 1297307982 AND objid = %s",
        ann.account_id(),
    )
    ann.has(mail(lena, ann.person, "Meanwhile", "?"))
    is_watched(ann)
    is_recorded(lead, "Meanwhile", SOON)
    arrives(ann, lead, "Afterwards")
    assert lead.subjects() == ["Meanwhile", "Afterwards"]
    assert ann.log() == []


def test_after_an_upgrade_of_the_addon_it_ends_to_be_restarted(company: Office, watcher: Watcher):
    ann, _, _ = hired(company)
    version = "UPDATE ir_module_module SET latest_version = %s WHERE name = 'mail_sync_custom'"
    [(before,)] = company.sql(
        "SELECT latest_version FROM ir_module_module WHERE name = 'mail_sync_custom'"
    )
    company.sql(version, "19.0.99.0.0")
    try:
        assert watcher.wait(SOON) == 1
    finally:
        company.sql(version, before)
    assert "Mail Sync has been upgraded" in watcher.log.read_text()
    is_let_go(ann, ann.account_id())


def test_a_database_without_the_addon_is_reported():
    watcher = Watcher(database.base())
    with pytest.raises(Failure):
        watcher.start()
    assert "Mail Sync is not installed in the database" in watcher.log.read_text()
