"""Instant recording on servers that lack a feature, drop connections, stall or restart."""

from __future__ import annotations

import time

import pytest

from dev import dovecot
from dev.demo import mail
from dev.watcher import Watcher

from .figures import show
from .imap_proxy import Proxy
from .office import Office, somebody, wait_until
from .pushing import (
    LOOKED_AT,
    SOON,
    arrives,
    connections,
    hired,
    is_let_go,
    is_recorded,
    is_watched,
    waits,
    watched_accounts,
)


def test_a_server_without_idle_is_polled(company: Office, watcher: Watcher):
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    with Proxy(hidden=b" IDLE") as server:
        ann.connect(**server.settings())
        noted = f"account {ann.account_id()} is polled: its server has no IDLE"
        wait_until(lambda: noted in watcher.log.read_text(), "the watcher has tried it", SOON)
        is_let_go(ann, ann.account_id())
        ann.has(mail(lena, ann.person, "Polled", "?"))
        before = server.log_ins
        company.let_time_pass(ann)
        is_recorded(lead, "Polled", SOON)
        assert server.log_ins == before + 1
        assert ann.account_id() not in watched_accounts(company)
    assert lead.subjects() == ["Polled"]
    assert ann.log() == []


def test_a_stalled_host_delays_nobody_elses_mail(company: Office, watcher: Watcher):
    ann, _, lead = hired(company)
    others = [company.salesperson(f"other{number}") for number in range(9)]
    with Proxy() as host:
        for other in others:
            other.connect(**host.settings())
        for other in others:
            is_watched(other)
            waits(other)
        host.stall()
        ids = [other.account_id() for other in others]
        # All have their ordinary turn now.
        company.sql(
            "UPDATE mail_sync_account SET next_sync_at = (now() AT TIME ZONE 'UTC')"
            " + interval '20 s' WHERE id = ANY(%s)",
            ids,
        )
        for number in range(4):
            arrives(ann, lead, f"Mail {number}")
        assert [other.account("state")["state"] for other in others] == ["enabled"] * len(others)


def test_a_server_that_omits_uidnext_when_a_mailbox_is_opened(company: Office, watcher: Watcher):
    """RFC 3501 §6.3.1: without it a client can make no assumption; Courier omits it."""
    with Proxy(hidden=rb"^\* OK \[UIDNEXT .*\r\n") as courier:
        ann, _lena, lead = hired(company, **courier.settings())
        waits(ann)
        for number in range(5):
            arrives(ann, lead, f"Mail {number}")
        assert lead.subjects() == [f"Mail {number}" for number in range(5)]
        assert connections(ann) == 1
        assert f"account {ann.account_id()} is polled" not in watcher.log.read_text()


def test_a_server_that_only_reports_the_inbox_is_polled_for_the_others(
    company: Office, watcher: Watcher, request: pytest.FixtureRequest
):
    with Proxy(hidden=rb" NOTIFY\b") as server:
        ann, lena, lead = hired(company, **server.settings())
        waits(ann)
        ann.has(mail(ann.person, lena, "From my telephone", "!"), mailbox="Sent")
        filed = time.monotonic()
        is_recorded(lead, "From my telephone", LOOKED_AT)
        took = time.monotonic() - filed
        show(request, "seconds until a mail filed in Sent is there, without NOTIFY", f"{took:.1f}")
        assert lead.subjects() == ["From my telephone"]
        assert connections(ann) == 1
        arrives(ann, lead, "The answer")


# -- restarts --------------------------------------------------------------------------------

#: How many people have their mailboxes on the server that restarts.
STAFF = 12
#: Seconds after a restart until everybody is watched again. A host that has been away for long is
#: tried by one account every 19 s at most, and the others follow.
BACK = 40
#: Connections that a watcher opens to one host at the same time.
AT_THE_DOOR = 3


def test_after_a_restart_all_are_back_within_seconds_and_a_few_at_a_time(
    company: Office, watcher: Watcher, request: pytest.FixtureRequest
):
    with Proxy() as host:
        staff = [hired(company, f"staff{n}", **host.settings()) for n in range(STAFF)]
        # Whose turn the restart interrupts is read when its next one is due, like any that failed.
        wait_until(lambda: host.waiting == STAFF, "all wait for news")
        host.go_away()
        for seller, _, _ in staff:
            is_let_go(seller, seller.account_id())
        for seller, lena, _ in staff:
            seller.has(mail(lena, seller.person, "Meanwhile", "?"))

        host.come_back()

        returned = time.monotonic()
        for seller, _, lead in staff:
            is_recorded(lead, "Meanwhile", BACK)
            is_watched(seller)
        took = time.monotonic() - returned
        show(request, f"seconds after a restart until {STAFF} are watched again", f"{took:.1f}")
        assert took < BACK
        assert host.most_at_once <= AT_THE_DOOR
        assert host.log_ins <= STAFF + AT_THE_DOOR
        for seller, _, lead in staff[:3]:
            arrives(seller, lead, "Afterwards")
        for seller, _, _ in staff:
            assert seller.account("state")["state"] == "enabled"
            assert seller.log() == []


def test_new_mail_is_instant_again_after_dovecot_restarts(
    company: Office, watcher: Watcher, request: pytest.FixtureRequest
):
    ann, lena, lead = hired(company)
    waits(ann)
    dovecot.stop()
    dovecot.start()
    started = time.monotonic()
    ann.has(mail(lena, ann.person, "Just started", "?"))
    is_recorded(lead, "Just started", SOON)
    took = time.monotonic() - started
    show(request, "seconds of push after Dovecot's restart", f"{took:.1f}")
    is_watched(ann)
    arrives(ann, lead, "Afterwards")
    assert ann.log() == []
