"""A worker dies in the middle of a turn: another one reads the account within seconds."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from dev import connecting, postgres
from dev.client import Client
from dev.database import OdooServer
from dev.demo import LOGIN_PASSWORD, mail
from dev.watcher import Watcher

from .figures import show
from .imap_proxy import Proxy
from .office import (
    Lead,
    Office,
    Salesperson,
    barrier,
    import_mails,
    killed_at,
    meanwhile,
    numbered,
    somebody,
    wait_until,
)
from .test_crashes import MAILS, PLACES

#: Seconds after which an account whose worker was killed has been read by another one.
FREE_WITHIN = 8
#: The first key of the locks that say which processes live.
LIVES = 1297307983


@pytest.fixture(scope="module")
def second(_quiet_company: Office) -> Iterator[OdooServer]:
    """Return another Odoo on the company's database, as on a second host."""
    with OdooServer(_quiet_company.db, "--max-cron-threads=0") as server:
        yield server


@pytest.fixture
def ann(quiet_company: Office) -> Salesperson:
    ann = quiet_company.salesperson("ann")
    ann.connect()
    ann.sync()
    return ann


@pytest.fixture
def lead(quiet_company: Office, ann: Salesperson) -> Lead:
    """Return the lead of somebody who has written many mails to Ann since, and got one."""
    lead = quiet_company.lead(somebody("lena"), ann)
    import_mails(ann.person, "INBOX", numbered(lead.customer, ann.person, MAILS))
    ann.has(mail(ann.person, lead.customer, "Mine", "!"), mailbox="Sent")
    return lead


#: What is on the lead in the end.
ALL = Counter([*(f"Mail {n}" for n in MAILS), "Mine"])


def read_by(server: OdooServer, person: Salesperson) -> str:
    """Press *Sync now* on another server; return what it says."""
    return connecting.sync(Client(server.url, server.db, person.email, LOGIN_PASSWORD))


def subjects(lead: Lead) -> Counter[str]:
    rows = lead.office.sql(
        "SELECT subject FROM mail_message WHERE model = 'crm.lead' AND res_id = %s"
        " AND message_type = 'email'",
        lead.id,
    )
    return Counter(subject for (subject,) in rows)


def lives(company: Office) -> list[int]:
    """Return the backends that hold the locks of reading processes."""
    return [
        pid
        for (pid,) in company.sql(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            LIVES,
        )
    ]


@pytest.mark.parametrize("place", PLACES)
def test_after_a_kill_another_worker_reads_the_account(
    quiet_company: Office,
    second: OdooServer,
    ann: Salesperson,
    lead: Lead,
    place: str,
    request: pytest.FixtureRequest,
):
    table, event, when, at_commit = PLACES[place]
    with barrier(quiet_company, table, event, when, at_commit=at_commit) as stop:
        killed_at(stop, ann.sync)
        killed = time.monotonic()

    read_by(second, ann)

    took = time.monotonic() - killed
    show(request, "seconds from SIGKILL until another worker has read", f"{took:5.2f}  {place}")
    assert subjects(lead) == ALL
    assert took < FREE_WITHIN


def test_after_a_kill_while_waiting_for_the_mail_server(
    quiet_company: Office, second: OdooServer, request: pytest.FixtureRequest
):
    company = quiet_company
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    with Proxy() as host:
        ann.connect(**host.settings())
        ann.sync()
        ann.has(mail(lena, ann.person, "Hello", "?"))
        host.stall()
        meanwhile(ann.sync)
        wait_until(lambda: lives(company), "the turn has begun")
        wait_until(lambda: host.log_ins > 1, "the server is waited for")
        company.server.kill()
        killed = time.monotonic()
        host.resume()

        read_by(second, ann)

    took = time.monotonic() - killed
    show(request, "seconds from SIGKILL until another worker has read", f"{took:5.2f}  waiting")
    assert subjects(lead) == Counter(["Hello"])
    assert took < FREE_WITHIN


def test_a_watcher_takes_over_from_a_killed_worker(
    quiet_company: Office, ann: Salesperson, lead: Lead, request: pytest.FixtureRequest
):
    table, event, when, at_commit = PLACES["between recording and commit"]
    company = quiet_company
    settings = company.admin.create("res.config.settings", mail_sync_idle=True)
    company.admin.call("res.config.settings", "execute", [settings])
    with ExitStack() as stack:
        with barrier(company, table, event, when, at_commit=at_commit) as stop:
            begun = meanwhile(ann.sync)
            stop.reached()
            stack.enter_context(Watcher(company.db, "heir"))
            company.server.kill()
            killed = time.monotonic()
            begun.exception(timeout=30)
        wait_until(lambda: subjects(lead) == ALL, "all of them read by the watcher")
    took = time.monotonic() - killed
    show(request, "seconds from SIGKILL until the watcher has read", f"{took:5.2f}")
    assert took < FREE_WITHIN


def test_a_hung_worker_cannot_save_once_another_has_the_account(
    quiet_company: Office, second: OdooServer
):
    """Its lock is lost, as by a database's idle session timeout; then it resumes."""
    company = quiet_company
    ann, lena = company.salesperson("ann"), somebody("lena")
    lead = company.lead(lena, ann)
    with Proxy() as host:
        ann.connect(**host.settings())
        ann.sync()
        import_mails(ann.person, "INBOX", numbered(lena, ann.person, MAILS))
        host.stall()
        slow = meanwhile(ann.sync)
        wait_until(lambda: lives(company), "the turn has begun")
        wait_until(lambda: host.log_ins > 1, "the server is waited for")
        os.kill(company.server.pid, signal.SIGSTOP)
        try:
            for backend in lives(company):
                company.sql("SELECT pg_terminate_backend(%s)", backend)
            host.resume()
            read_by(second, ann)
        finally:
            os.kill(company.server.pid, signal.SIGCONT)
        slow.result(timeout=60)

        assert subjects(lead) == Counter(f"Mail {n}" for n in MAILS)
        assert ann.account("state", "failed_count")["state"] == "enabled"
        assert ann.log() == []
        ann.has(mail(lena, ann.person, "Afterwards", "?"))
        ann.sync()
        assert subjects(lead)["Afterwards"] == 1


def test_the_database_restarts_in_the_middle_of_a_turn(
    quiet_company: Office, ann: Salesperson, lead: Lead
):
    company = quiet_company
    table, event, when, at_commit = PLACES["between recording and commit"]
    stop = barrier(company, table, event, when, at_commit=at_commit)
    with pytest.raises(Exception, match="connection"), stop as place:
        begun = meanwhile(ann.sync)
        place.reached()
        postgres.stop()
        postgres.start()
        begun.exception(timeout=60)
    company.sql(f"DROP TRIGGER barrier ON {table}")

    wait_until(lambda: "looked at" in ann.sync(), "it is read again")

    assert subjects(lead) == ALL
    assert lives(company) == []
