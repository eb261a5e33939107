"""What a large database costs: 1,000,000 leads and 5,000,000 recorded mails against a tenth of it.

Four times are compared: matching a chunk of 500 headers, opening a lead's timeline, the account's
page, and *remove* of a mailbox of 200 mails. The rows are made in the database itself. A line each;
the peer is the tenth. `LARGE=` is the share of those numbers, 1 by default.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from dev import postgres

from .kit import crm, figure

LEADS, MAILS = 1_000_000, 5_000_000
SHARE = float(os.environ.get("LARGE", "1"))
#: Mails that each account holds, but for those that are removed; and what those hold.
HELD, OWN = 5000, 200
#: Times that work is done before it counts, and how often it is measured.
WARM, TIMES = 10, 30
REMOVES = 5

#: The rows that are made: `lo` to `hi` are the numbers of leads or mails, and `base` is what is
#: added to them for ids.
_LEADS = """
    INSERT INTO crm_lead (id, name, type, active, email_from, email_normalized, mail_sync_keys,
                          user_id, stage_id, company_id, priority, create_date, write_date)
    SELECT %(base)s + n, 'Lead ' || n, 'opportunity', true, a, a, a, l.user_id, l.stage_id, NULL,
           '0', now(), now()
    FROM generate_series(%(lo)s, %(hi)s) n, LATERAL (SELECT 'buyer' || n || '@many.example' a) x,
         (SELECT * FROM crm_lead ORDER BY id LIMIT 1) l
"""
_MAILS = (
    """
    INSERT INTO mail_message (id, model, res_id, message_type, subtype_id, subject, body, date,
                              email_from, message_id, is_internal, create_date, write_date)
    SELECT %(base)s + n, 'crm.lead', %(lead)s + n / 5, 'email', m.subtype_id, 'Mail ' || n,
           '<p>' || repeat('Some words of a mail. ', 8) || '</p>',
           timestamp '2026-01-01' - n * interval '1 minute',
           'buyer' || n / 5 || '@many.example', '<' || n || '@many.example>', true, now(), now()
    FROM generate_series(%(lo)s, %(hi)s) n, (SELECT id AS subtype_id FROM mail_message_subtype
                                              WHERE internal ORDER BY id LIMIT 1) m
    """,
    """
    INSERT INTO mail_sync_entry (id, mail_message_id, message_id, variant, model, res_id, direction,
                                 reason, because)
    SELECT %(base)s + n, %(base)s + n, n || '@many.example', 0, 'crm.lead', %(lead)s + n / 5, 'in',
           'address', 'buyer' || n / 5 || '@many.example'
    FROM generate_series(%(lo)s, %(hi)s) n
    """,
    """
    INSERT INTO mail_sync_message (id, account_id, message_id, variant, mailbox_id, uid,
                                   uidvalidity, direction, origin, outcome, date, entry_id)
    SELECT %(base)s + n, a.ids[1 + n %% array_length(a.ids, 1)], n || '@many.example', 0, NULL,
           n, 1, 'in', 'synced', 'recorded', now(), %(base)s + n
    FROM generate_series(%(lo)s, %(hi)s) n, (SELECT %(accounts)s::int[] AS ids) a
    """,
    """
    INSERT INTO mail_sync_message_mail_message_rel (mail_sync_message_id, mail_message_id)
    SELECT %(base)s + n, %(base)s + n FROM generate_series(%(lo)s, %(hi)s) n
    """,
)
_TABLES = (
    "crm_lead",
    "mail_message",
    "mail_sync_entry",
    "mail_sync_message",
    "mail_sync_message_mail_message_rel",
)
#: Ids of rows that are made begin here.
BASE = 100_000


@dataclass
class Large:
    """The database while it grows. ``accounts`` hold the mails, ``leaving`` are to be removed."""

    world: crm.Crm
    accounts: list[int]
    leaving: list[int]
    leads: int = 0
    mails: int = 0

    def grow(self, leads: int, mails: int) -> None:
        """Fill up to that many leads and mails."""
        indexes = _drop_indexes(self.world.db)
        lead = {"base": BASE, "lo": self.leads + 1, "hi": leads}
        self._make(_LEADS, lead)
        self.add(mails, self.accounts[: max(1, mails // HELD)])
        self.leads = leads
        for definition in indexes:
            postgres.execute(definition, db=self.world.db)

    def add(self, mails: int, accounts: list[int]) -> None:
        """Add mails up to that number, held by these accounts in turn."""
        values = {
            "base": BASE,
            "lead": BASE,
            "lo": self.mails + 1,
            "hi": mails,
            "accounts": accounts,
        }
        for statement in _MAILS:
            self._make(statement, values)
        self.mails = mails

    def _make(self, statement: str, values: dict[str, object]) -> None:
        """Insert rows whose references need no check: they were made for each other."""
        unchecked = f"SET session_replication_role = replica; {statement}"
        postgres.execute(unchecked, values, db=self.world.db)

    def settle(self) -> None:
        """Let PostgreSQL learn what is there, and write it down."""
        for table in (*_TABLES, "mail_sync_account"):
            postgres.execute(f"VACUUM ANALYZE {table}", db=self.world.db)
            sequence = f"{table}_id_seq"
            if table != _TABLES[-1]:
                postgres.execute(
                    f"SELECT setval('{sequence}', greatest((SELECT max(id) FROM {table}), 1))",
                    db=self.world.db,
                )
        postgres.execute("CHECKPOINT", db=self.world.db)

    # -- what is measured ---------------------------------------------------------------------

    def match(self, turn: int) -> None:
        """Look up the addresses of 500 headers, of which 25 are leads'."""
        store = self.world.store()
        step = self.leads // 25 - 1
        known = [f"buyer{1 + (turn + n * step) % self.leads}@many.example" for n in range(25)]
        others = [f"nobody{turn}.{n}@else.example" for n in range(475)]
        ids = [f"{turn}.{n}@other.example" for n in range(500)]
        if not store.sift([*known, *others], ids) >= set(known):
            raise RuntimeError("A lead was not found.")
        store.known(known, ids[:25])

    def timeline(self, turn: int) -> None:
        """Open the timeline of a lead."""
        lead = BASE + 1 + (turn * 7919) % (self.leads - 2)
        with self.world.transaction() as env:
            page = env["crm.lead"].browse(lead).mail_sync_timeline()
            if not page["entries"]:
                raise RuntimeError("A timeline without entries.")

    def page(self, turn: int) -> None:
        """Open the page of an account."""
        with self.world.transaction() as env:
            account = env["mail.sync.account"].browse(
                self.accounts[turn % min(10, len(self.accounts))]
            )
            names = [
                name
                for name, field in account._fields.items()
                if field.groups != "." and name not in ("log_ids", "mailbox_ids")
            ]
            account.web_read({name: {} for name in names})

    def remove(self, _turn: int) -> None:
        """Disable an account, and remove what it has recorded."""
        with self.world.transaction() as env:
            env["mail.sync.account"].browse(self.leaving.pop())._disable("remove")


WORK = ("match", "timeline", "page", "remove")


def main() -> None:
    """Measure the figures."""
    with crm.opened("large@sales.example", leads=1) as world:
        large = _prepared(world)
        tenth = measured(large, 0.1)
        whole = measured(large, 1.0)
        size = postgres.execute("SELECT pg_database_size(current_database())", db=world.db)[0][0]
    figure.note(f"the database takes {size / 1e9:.1f} GB")
    for name in WORK:
        figure.show(f"large_{name}", whole[name] * 1000, tenth[name] * 1000, "ms")


def measured(large: Large, part: float) -> dict[str, float]:
    """Grow the database to a part of the whole; return the seconds of each kind of work."""
    start = time.monotonic()
    large.grow(int(LEADS * SHARE * part), int(MAILS * SHARE * part))
    for account in large.leaving[-REMOVES:]:
        large.add(large.mails + OWN, [account])
    large.settle()
    figure.note(
        f"{large.leads} leads and {large.mails} mails made in {time.monotonic() - start:.0f} s"
    )
    return {
        name: best(getattr(large, name), REMOVES if name == "remove" else TIMES) for name in WORK
    }


def best(work: Callable[[int], None], times: int) -> float:
    """Return the least of the seconds that some work takes: other work makes it slower only."""
    for turn in range(WARM if times > REMOVES else 0):
        work(1000 + turn)
    took = []
    for turn in range(1, times + 1):
        start = time.perf_counter()
        work(turn)
        took.append(time.perf_counter() - start)
    figure.note(f"{work.__name__}: " + " ".join(f"{1000 * one:.0f}" for one in sorted(took)))
    return min(took)


def _prepared(world: crm.Crm) -> Large:
    from dev import crowd

    holders = max(1, int(MAILS * SHARE) // HELD)
    names = [f"large.{number}@sales.example" for number in range(holders + 2 * REMOVES)]
    accounts = crowd.accounts(world.db, world.account_id, names, {"next_sync_at": None})
    return Large(world, accounts[:holders], accounts[holders:])


def _drop_indexes(db: str) -> list[str]:
    """Drop the indexes that only speed up queries; return the statements that make them again."""
    rows = postgres.execute(
        """
        SELECT i.indexname, i.indexdef FROM pg_indexes i
        JOIN pg_class c ON c.relname = i.indexname
        JOIN pg_index x ON x.indexrelid = c.oid
        WHERE i.tablename = ANY(%s) AND NOT x.indisprimary
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = c.oid)
        """,
        [list(_TABLES)],
        db=db,
    )
    for name, _ in rows:
        postgres.execute(f'DROP INDEX "{name}"', db=db)
    return [definition for _, definition in rows]


if __name__ == "__main__":
    main()
