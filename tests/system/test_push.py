"""New mails at once: a watcher, a real one, keeps a connection to each mailbox."""

from __future__ import annotations

import json
import select
import shlex
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest

from dev import database, dovecot, postgres
from dev.console import Failure
from dev.demo import Person, mail
from dev.passwords import set_password
from dev.watcher import Watcher

from .office import Lead, Office, Salesperson, somebody, wait_until
from .test_trouble import enter_password, logins_refused, new_password

#: Seconds from a mail's delivery to its entry on the lead.
AT_ONCE = 2
#: Seconds in which the watcher notices what somebody has changed.
SOON = 8


@pytest.fixture(scope="module")
def watched(company: Office) -> Iterator[Watcher]:
    """Return the watcher of a company that has switched it on."""
    switch(company, True)
    with Watcher(company.db) as watcher:
        yield watcher


@pytest.fixture
def watcher(watched: Watcher) -> Watcher:
    """Return the company's watcher, started anew if a test has ended it."""
    if not watched.is_running():
        watched.start()
    return watched


def switch(company: Office, on: bool) -> None:
    """Tick or untick the box in the settings, and save."""
    settings = company.admin.create("res.config.settings", mail_sync_idle=on)
    company.admin.call("res.config.settings", "execute", [settings])


def shown_in_settings(company: Office) -> dict[str, object]:
    """Return what the settings show of the watchers."""
    settings = company.admin.create("res.config.settings")
    names = ("mail_sync_watcher_count", "mail_sync_watched_count", "mail_sync_watch_command")
    return company.admin.read("res.config.settings", settings, *names)


def connections(person: Salesperson) -> int:
    """Return how many connections somebody's mailbox has, as its provider sees it."""
    told = json.loads(dovecot.doveadm("-f", "json", "who", person.email))
    return sum(int(one["connections"]) for one in told if one["username"] == person.email)


def hired(company: Office, word: str = "ann") -> tuple[Salesperson, Person, Lead]:
    """Return somebody whose mailbox is watched, a customer, and the customer's opportunity."""
    seller, customer = company.salesperson(word), somebody("lena")
    lead = company.lead(customer, seller)
    seller.connect()
    is_watched(seller)
    return seller, customer, lead


def is_watched(person: Salesperson) -> None:
    account = person.account_id()
    wait_until(
        lambda: account in watched_accounts(person.office) and connections(person) == 1,
        f"{person.email} is watched",
        SOON + 5,
    )


def is_let_go(person: Salesperson, account: int) -> None:
    wait_until(
        lambda: account not in watched_accounts(person.office) and connections(person) == 0,
        f"{person.email} is let go",
        SOON,
    )


def watched_accounts(company: Office) -> list[int]:
    """Return who is watched, each as often as they are."""
    return [
        account
        for (account,) in company.sql(
            "SELECT objid::int FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND classid = 1297307982 AND objid > 0"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    ]


def arrives(seller: Salesperson, lead: Lead, subject: str) -> None:
    """Have a mail of the lead's delivered, and see it stand there at once."""
    seller.has(mail(lead.customer, seller.person, subject, "?"))
    is_recorded(lead, subject, AT_ONCE)


def is_recorded(lead: Lead, subject: str, within: float) -> None:
    query = "SELECT 1 FROM mail_message WHERE model = 'crm.lead' AND res_id = %s AND subject = %s"
    wait_until(lambda: lead.office.sql(query, lead.id, subject), f"{subject!r} there", within)


def waits(seller: Salesperson) -> None:
    """Wait until nobody is reading the mailbox, so that nothing is read by chance."""
    query = "SELECT lease_token IS NULL AND last_sync_at IS NOT NULL FROM mail_sync_account"
    account = seller.account_id()
    wait_until(
        lambda: seller.office.sql(f"{query} WHERE id = %s", account)[0][0], "the first turn is over"
    )


# -- at once ---------------------------------------------------------------------------------


def test_a_mail_stands_on_its_lead_within_two_seconds_and_so_does_the_tenth(
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


def test_who_cannot_send_has_their_mails_at_once_all_the_same(company: Office, watcher: Watcher):
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


def test_the_open_page_is_told(company: Office, watcher: Watcher):
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


def test_a_mail_sent_from_another_program_appears_before_the_scheduled_action_comes(
    company: Office, watcher: Watcher
):
    ann, lena, lead = hired(company)
    waits(ann)
    ann.has(mail(ann.person, lena, "From my telephone", "!"), mailbox="Sent")
    company.sql(
        "UPDATE mail_sync_account SET next_sync_at = (now() AT TIME ZONE 'UTC') + interval '25 s'"
        " WHERE id = %s",
        ann.account_id(),
    )
    is_recorded(lead, "From my telephone", SOON)
    assert lead.subjects() == ["From my telephone"]
    # And it waits again.
    arrives(ann, lead, "The answer")


def test_a_press_of_the_button_and_the_watcher_do_not_disturb_each_other(
    company: Office, watcher: Watcher
):
    ann, lena, lead = hired(company)
    for number in range(3):
        ann.has(mail(lena, ann.person, f"Mail {number}", "?"))
        ann.sync()
    wait_until(lambda: len(lead.subjects()) == 3, "all of them on the lead", AT_ONCE)
    arrives(ann, lead, "Mail 3")
    assert lead.subjects() == [f"Mail {number}" for number in range(4)]
    assert ann.log() == []


# -- let go ----------------------------------------------------------------------------------


def test_switched_off_no_connection_is_kept(company: Office, watcher: Watcher):
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


def test_who_disables_syncing_is_let_go(company: Office, watcher: Watcher):
    ann, _, _ = hired(company)
    account = ann.account_id()
    wizard = ann.client.create("mail.sync.account.disable", account_id=account, policy="keep")
    ann.client.call("mail.sync.account.disable", "action_disable", [wizard])
    is_let_go(ann, account)


def test_a_password_that_was_changed_at_the_provider_is_no_storm_of_log_ins(
    company: Office, watcher: Watcher
):
    ann, lena, lead = hired(company)
    waits(ann)
    password, before = new_password(ann), logins_refused(ann)
    dovecot.doveadm("kick", ann.email)
    is_let_go(ann, ann.account_id())
    assert ann.account("state")["state"] == "enabled"  # a lost connection is nobody's fault
    company.let_time_pass(ann)
    wait_until(lambda: ann.account("state")["state"] == "error", "the failure is seen", SOON)
    assert ann.log()[0]["step"] == "login"

    ann.has(mail(lena, ann.person, "Meanwhile", "?"))
    enter_password(ann, password)
    is_watched(ann)
    arrives(ann, lead, "Afterwards")
    assert lead.subjects() == ["Meanwhile", "Afterwards"]
    assert logins_refused(ann) <= before + 1


def test_a_server_that_ends_connections_is_polled_and_left_in_peace(
    company: Office, watcher: Watcher
):
    ann, lena, lead = hired(company)
    waits(ann)
    dovecot.doveadm("kick", ann.email)
    is_let_go(ann, ann.account_id())
    ann.has(mail(lena, ann.person, "Polled", "?"))
    company.let_time_pass(ann)
    is_recorded(lead, "Polled", SOON)
    assert ann.account("state")["state"] == "enabled"
    assert ann.log() == []
    assert connections(ann) == 0
    assert lead.subjects() == ["Polled"]


# -- bad days of the watcher's own -----------------------------------------------------------


def test_when_the_watcher_is_killed_nothing_is_lost_and_nothing_comes_twice(
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


def test_each_account_is_watched_by_one_of_two_and_by_the_other_when_that_one_dies(
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


def test_told_to_end_it_does_within_seconds_and_the_settings_say_what_to_run(
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
    # The words with which the watcher of these tests is run.
    assert words == watcher.command()[-len(words) :]


def test_a_database_that_goes_away_and_comes_back(company: Office, watcher: Watcher):
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


def test_after_an_upgrade_of_the_addon_it_ends_to_be_started_anew(
    company: Office, watcher: Watcher
):
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


def test_a_database_without_the_addon_is_told_so():
    watcher = Watcher(database.base())
    with pytest.raises(Failure):
        watcher.start()
    assert "Mail Sync is not installed in the database" in watcher.log.read_text()


# -- servers that cannot ---------------------------------------------------------------------


class Proxy:
    """What stands before Dovecot, and keeps a word of its capabilities to itself, or all of it.

    ``stalled`` set, nothing gets through any more in either direction, as behind a firewall that
    has forgotten the connection.
    """

    def __init__(self, hidden: bytes = b""):
        self.hidden = hidden
        self.stalled = threading.Event()
        self.log_ins = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._listening.getsockname()

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()

    def settings(self) -> dict[str, object]:
        """Return what has to be entered in the wizard to read through here."""
        return {
            "imap_host": self.host,
            "imap_port": self.port,
            "imap_ssl": False,
            "imap_plain_allowed": True,
        }

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self.log_ins += 1
            server = socket.create_connection((dovecot.PLAIN, dovecot.listening()["imap"]))
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with source, target:
            for line in source.makefile("rb"):
                if self.stalled.is_set():
                    continue
                try:
                    target.sendall(line.replace(self.hidden, b"") if self.hidden else line)
                except OSError:
                    return


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


def test_a_host_that_stalls_holds_up_nobody_elses_mail(company: Office, watcher: Watcher):
    ann, _, lead = hired(company)
    others = [company.salesperson(f"other{number}") for number in range(9)]
    with Proxy() as host:
        for other in others:
            other.connect(**host.settings())
        for other in others:
            is_watched(other)
            waits(other)
        host.stalled.set()
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
