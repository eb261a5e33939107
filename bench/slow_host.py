"""Seconds until 99 of 100 mailboxes are read while as many others are on a host that never answers.

All are due at the same moment, and nothing is known of the host yet: the hardest case. The peer is
the same without those others. A delay of a tenth is the ratio 1.1.
"""

from __future__ import annotations

import secrets
import socket
import statistics

from dev import postgres

from .kit import figure
from .kit.many import Crowd, crowd_of

ACCOUNTS = 400


def main() -> None:
    """Measure the figure."""
    with (
        socket.create_server(("127.0.0.3", 0), backlog=2048) as silent,
        crowd_of(ACCOUNTS) as many,
    ):
        mark = secrets.token_hex(4)
        names = [f"stuck.{number}.{mark}@sales.example" for number in range(ACCOUNTS)]
        stuck = many.copies(names, {"imap_port": silent.getsockname()[1], "next_sync_at": None})
        rounds = [one_round(many, stuck) for _ in range(figure.ROUNDS)]
    for ours, peer, known in rounds:
        figure.note(
            f"p99 {ours:.2f} s, alone {peer:.2f} s; the others known to fail: {known:.1f} s"
        )
    ours, peer = (min(each[side] for each in rounds) for side in (0, 1))
    figure.show("slow_host", ours, peer, "s (p99)")


def one_round(many: Crowd, stuck: list[int]) -> tuple[float, float, float]:
    """Return the p99 beside the silent host, alone, and when all there were known to fail."""
    forget(many, stuck)
    alone = p99(many, many.accounts, ())
    forget(many, stuck)
    beside = p99(many, many.accounts, stuck)
    failed = many.sql(
        "SELECT extract(epoch FROM max(create_date) - min(l.create_date))::float8, count(*)"
        " FROM mail_sync_log l WHERE account_id = ANY(%s)",
        stuck,
    )
    [(took, count)] = failed
    if count != len(stuck):
        raise RuntimeError(f"{count} failures of {len(stuck)}")
    return beside, alone, took


def forget(many: Crowd, stuck: list[int]) -> None:
    """Restore the state in which nothing is known of the silent host."""
    many.sql("DELETE FROM mail_sync_host")
    many.sql("DELETE FROM mail_sync_log WHERE account_id = ANY(%s)", stuck)
    many.sql(
        "UPDATE mail_sync_account SET state = 'enabled', error_code = NULL, error_since = NULL,"
        " failure_count = 0, slow = FALSE, reading_failed = FALSE, next_sync_at = NULL"
        " WHERE id = ANY(%s)",
        stuck,
    )
    postgres.execute("VACUUM ANALYZE mail_sync_account", db=many.world.db)


def p99(many: Crowd, accounts: list[int], stuck: tuple | list[int]) -> float:
    """Return the seconds after which 99 of 100 of the accounts are read, the others being due."""
    due_at = many.due([*accounts, *stuck])
    many.run()
    read_at = many.read_at(accounts)
    if len(read_at) != len(accounts):
        raise RuntimeError(f"{len(read_at)} of {len(accounts)} mailboxes were read.")
    return statistics.quantiles([at - due_at for at in read_at], n=100)[-1]


if __name__ == "__main__":
    main()
