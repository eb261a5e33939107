"""Many accounts of a company, read by the scheduled action's threads in this process or others."""

from __future__ import annotations

import contextlib
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence

from dev import crowd, database, dovecot, postgres
from dev.passwords import PASSWORD
from dev.paths import PYTHON, ROOT

from . import crm, servers

#: Records when each account was read, to the millisecond.
_WITNESS = """
    CREATE TABLE bench_read (account int, at timestamptz DEFAULT clock_timestamp());
    CREATE FUNCTION bench_read() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO bench_read (account) VALUES (NEW.id); RETURN NULL; END $$;
    CREATE TRIGGER bench_read AFTER UPDATE OF last_sync_at ON mail_sync_account
    FOR EACH ROW EXECUTE FUNCTION bench_read();
"""


class Crowd:
    """A company with many salespeople. ``accounts`` are those of ``people``, in order."""

    def __init__(self, world: crm.Crm, people: Sequence[str], accounts: Sequence[int]):
        self.world, self.people, self.accounts = world, people, accounts

    def sql(self, query: str, *values: object) -> list[tuple]:
        """Query the database, in a transaction of its own."""
        return postgres.execute(query, values, db=self.world.db)

    def copies(self, names: Sequence[str], values: Mapping[str, object]) -> list[int]:
        """Return further accounts, with other settings."""
        return crowd.accounts(self.world.db, self.accounts[0], names, values)

    def due(self, accounts: Sequence[int]) -> float:
        """Make accounts due now; return when, in seconds."""
        self.sql("TRUNCATE bench_read")
        # A second ago: that is the precision of Odoo's times.
        self.sql(
            "UPDATE mail_sync_account SET next_sync_at = date_trunc('second', now()"
            " AT TIME ZONE 'UTC') - interval '1 s' WHERE id = ANY(%s)",
            list(accounts),
        )
        return self.sql("SELECT extract(epoch FROM clock_timestamp())::float8")[0][0]

    def read_at(self, accounts: Sequence[int]) -> list[float]:
        """Return when each of these accounts was read first, in seconds."""
        rows = self.sql(
            "SELECT extract(epoch FROM min(at))::float8 FROM bench_read"
            " WHERE account = ANY(%s) GROUP BY account",
            list(accounts),
        )
        return [at for (at,) in rows]

    def run(self, places: Mapping[str, int] | None = None, seconds: float = 600) -> float:
        """Read all accounts that are due in this process; return the seconds that takes."""
        from odoo.addons.mail_sync_custom.engine.pacing import Lane
        from odoo.addons.mail_sync_custom.turns.crew import PLACES, Crew

        crew = Crew(
            self.world.db, {Lane[name]: n for name, n in places.items()} if places else PLACES
        )
        start = time.perf_counter()
        with crew.attended():
            if crew.run(seconds, lambda ended, running: None):
                raise RuntimeError(f"Not all accounts were read within {seconds} s.")
        return time.perf_counter() - start


@contextlib.contextmanager
def crowd_of(count: int, *, port: int = 0, leads: int = 1) -> Iterator[Crowd]:
    """Yield a company of that many people, whose mailboxes have been read to the end.

    ``port`` is another port of Dovecot's host that leads to Dovecot; ``leads`` are how many.
    """
    mark = secrets.token_hex(4)
    people = [f"many.{number}.{mark}@sales.example" for number in range(count)]
    with crm.opened(people[0], leads) as world:
        _, own_port = servers.imaps()
        with world.transaction() as env:
            account = env["mail.sync.account"].browse(world.account_id)
            account.write(
                {
                    "imap_ssl": True,
                    "imap_secret": env["mail.sync.account"]._encrypt(PASSWORD),
                    "lease_token": False,
                    "next_sync_at": "2026-01-01",
                }
            )
        dovecot.doveadm("mailbox", "status", "-u", people[0], "messages", "INBOX")
        postgres.execute(_WITNESS, db=world.db)
        made = Crowd(world, people[:1], [world.account_id])
        made.run()
        if made.sql("SELECT error_code FROM mail_sync_account WHERE error_code != ''"):
            raise RuntimeError("The first mailbox could not be read.")
        try:
            crowd.mailboxes(people[0], people[1:])
            values = {"imap_port": port or own_port, "next_sync_at": None}
            others = crowd.accounts(world.db, world.account_id, people[1:], values)
            made.sql("UPDATE mail_sync_account SET imap_port = %s", port or own_port)
            made.people, made.accounts = people, [world.account_id, *others]
            made.sql("VACUUM ANALYZE")
            yield made
        finally:
            crowd.forget_mailboxes(people)


class Worker:
    """Another process that reads the accounts of a database: `with Worker(db) as worker: …`."""

    def __init__(self, db: str):
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig=TERM", "--", PYTHON, "-m", "bench.kit.many", db],
            cwd=ROOT,
            env=database.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._process.stdout.readline()

    def begin(self) -> None:
        """Have it read all that is due."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def ended(self) -> float:
        """Wait until nothing is due; return the seconds of CPU that it used."""
        return float(self._process.stdout.readline())

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait()


def work(db: str) -> None:
    """Read what is due each time a line arrives; print the seconds of CPU that took."""
    crm._start_odoo(db)
    made = Crowd(crm.Crm(db, "", [], 0), (), ())
    print("ready", flush=True)
    for _ in sys.stdin:
        before = time.process_time()
        made.run()
        print(time.process_time() - before, flush=True)


if __name__ == "__main__":
    work(sys.argv[1])
