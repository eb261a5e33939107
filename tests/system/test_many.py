"""Sixty mailboxes, a third of them on a host that never answers, read by two Odoo processes."""

from __future__ import annotations

import base64
import socket
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from dev import crowd, demo, services
from dev.client import Client
from dev.database import OdooServer, free_port
from dev.demo import Person, mail

from .figures import show
from .imap_proxy import Proxy
from .office import Office, Salesperson, meanwhile, somebody, wait_until

WELL, STUCK = 40, 20

#: Seconds within which the others are read although a host does not answer. An attempt to reach
#: that host takes twenty.
READ_WITHIN = 18
#: Seconds within which every mailbox there is known to have failed: one attempt, shared by all.
KNOWN_WITHIN = 40
#: Seconds within which a server ends that has turns running, which may take twenty.
ENDS_WITHIN = 10

ACTIONS = "ir_cron_mail_sync", "ir_cron_mail_sync_2"


class Ledger(Proxy):
    """Dovecot behind a proxy that knows who is connected."""

    def __init__(self) -> None:
        super().__init__()
        self.visits: Counter[str] = Counter()
        self.inside: Counter[str] = Counter()
        self.twice: set[str] = set()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        names: list[str] = []
        listening = _Overheard(client, lambda line: self._hear(line, names))
        try:
            super()._pass_on(listening, server)
        finally:
            with self._guard:
                self.inside.subtract(names)

    def _hear(self, line: bytes, names: list[str]) -> None:
        _, _, secret = line.rstrip().partition(b" AUTHENTICATE PLAIN ")
        if secret:
            name = base64.b64decode(secret).split(b"\0")[1].decode()
            with self._guard:
                names.append(name)
                self.visits[name] += 1
                self.inside[name] += 1
                if self.inside[name] > 1:
                    self.twice.add(name)


class _Overheard:
    """A socket whose lines somebody listens to."""

    def __init__(self, sock: socket.socket, hear) -> None:
        self._sock, self._hear = sock, hear

    def makefile(self, mode: str) -> Iterator[bytes]:
        for line in self._sock.makefile(mode):
            self._hear(line)
            yield line

    def __getattr__(self, name: str):
        return getattr(self._sock, name)

    def __enter__(self):
        return self._sock.__enter__()

    def __exit__(self, *error: object) -> None:
        self._sock.__exit__(*error)


@pytest.fixture(scope="module")
def second(_quiet_company: Office) -> Iterator[OdooServer]:
    """Return another Odoo on the company's database, as on a second host, with worker processes."""
    workers = "--workers=2", f"--gevent-port={free_port()}"
    with OdooServer(_quiet_company.db, "--max-cron-threads=0", *workers) as server:
        yield server


@pytest.fixture(scope="module")
def ann(_quiet_company: Office) -> Salesperson:
    ann = _quiet_company.salesperson("ann")
    ann.connect(imap_ssl=False, imap_plain_allowed=True, **plain())
    return ann


def plain() -> dict[str, object]:
    """Return where Dovecot listens without TLS."""
    described = services.describe()
    return {"imap_host": described.hosts.plain, "imap_port": described.imap_port}


@pytest.fixture
def silent() -> Iterator[int]:
    """Return the port of a host that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        yield listening.getsockname()[1]


def names(count: int, word: str) -> list[str]:
    mark = somebody(word).email.partition("@")[0]
    return [f"{mark}.{number}@sales.example" for number in range(count)]


def copies(company: Office, ann: Salesperson, people: list[str], port: int) -> list[int]:
    """Return accounts like Ann's, on a host of their own, that nobody has read yet."""
    made = crowd.accounts(
        company.db,
        ann.account_id(),
        people,
        {"imap_host": "127.0.0.1", "imap_port": port, "next_sync_at": None, "last_sync_at": None},
    )
    company.sql(
        "UPDATE mail_sync_mailbox SET uidvalidity = -1, uid_low = 0, uid_high = 0, uid_floor = 0"
        " WHERE account_id = ANY(%s)",
        made,
    )
    return made


def make_due(company: Office, accounts: list[int]) -> None:
    company.sql(
        "UPDATE mail_sync_account SET next_sync_at = now() AT TIME ZONE 'UTC' - interval '1 s'"
        " WHERE id = ANY(%s)",
        accounts,
    )


def run_action(server: OdooServer, db: str, name: str) -> None:
    """Run a scheduled action in a server's own process."""
    admin = Client(server.url, db, "admin", "admin")
    ref = admin.call("ir.model.data", "check_object_reference", "mail_sync_custom", name)[1]
    admin.call("ir.cron", "method_direct_trigger", ref)


def count(company: Office, condition: str, accounts: list[int]) -> int:
    query = f"SELECT count(*) FROM mail_sync_account WHERE id = ANY(%s) AND {condition}"
    return company.sql(query, accounts)[0][0]


def test_two_processes_read_all_mailboxes_once_although_a_host_is_silent(
    quiet_company: Office,
    second: OdooServer,
    ann: Salesperson,
    silent: int,
    request: pytest.FixtureRequest,
):
    company = quiet_company
    lead = company.lead(somebody("lena"), ann)
    people = names(WELL, "well")
    with Ledger() as host:
        well = copies(company, ann, people, host.port)
        stuck = copies(company, ann, names(STUCK, "stuck"), silent)
        for number, person in enumerate(people):
            demo.put(
                Person(person, person),
                "INBOX",
                mail(lead.customer, Person(person, person), f"Hello {number}", "?"),
            )
        make_due(company, well + stuck)
        began = time.monotonic()
        runs = [
            meanwhile(lambda s=server, a=action: run_action(s, company.db, a))
            for server, action in zip((company.server, second), ACTIONS, strict=True)
        ]
        wait_until(
            lambda: count(company, "last_sync_at IS NOT NULL", well) == WELL, "all are read", 60
        )
        took = time.monotonic() - began
        show(request, "seconds until 40 mailboxes are read beside a silent host", f"{took:5.2f}")

        wait_until(
            lambda: count(company, "error_code = 'timeout'", stuck) == STUCK, "all have failed", 60
        )
        known = time.monotonic() - began
        show(request, "seconds until the other 20 are known to have failed", f"{known:5.2f}")
        for run in runs:
            run.result(timeout=60)

    assert host.visits == Counter(people)
    assert host.twice == set()
    assert Counter(lead.subjects()) == Counter(f"Hello {number}" for number in range(WELL))
    readers = company.sql(
        "SELECT count(DISTINCT lease_holder) FROM mail_sync_account WHERE id = ANY(%s)", well
    )
    assert readers == [(2,)]
    assert took < READ_WITHIN
    assert known < KNOWN_WITHIN
    assert count(company, "lease_token IS NOT NULL", well + stuck) == 0


@pytest.mark.parametrize("kind", ["threads", "workers"])
def test_a_server_ends_at_once_while_turns_are_running_and_another_reads_on(
    quiet_company: Office, second: OdooServer, ann: Salesperson, kind: str
):
    company = quiet_company
    leaving, staying = company.server, second
    if kind == "workers":
        leaving, staying = staying, leaving
    with socket.create_server(("127.0.0.1", 0), backlog=512) as silent:
        stuck = copies(company, ann, names(3, "stuck"), silent.getsockname()[1])
        make_due(company, stuck)
        run = meanwhile(lambda: run_action(leaving, company.db, ACTIONS[0]))
        wait_until(lambda: count(company, "lease_token IS NOT NULL", stuck) == 3, "turns run")

        began = time.monotonic()
        leaving.stop()
        took = time.monotonic() - began
        run.exception(timeout=60)
    # From now on the host refuses connections, which takes no time.
    run_action(staying, company.db, ACTIONS[0])

    assert took < ENDS_WITHIN
    assert count(company, "error_code = 'connection_refused'", stuck) == 3
