"""5,000 mailboxes on one Dovecot, each read every 60 s, for ten minutes, by two Odoo processes.

Prints how old the mailboxes are (the seconds since each was read last, sampled every second: the
99th percentile, against the interval), the memory of both processes together, and the CPU that all
took. `MAILBOXES=` and `MINUTES=` make it smaller. New mail arrives all the time, for one mailbox a
second; its entries are counted.
"""

from __future__ import annotations

import os
import re
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from dev.database import OdooServer

from .kit import figure
from .kit.many import Crowd, crowd_of
from .kit.watched import Company, until

MAILBOXES = int(os.environ.get("MAILBOXES", "5000"))
MINUTES = float(os.environ.get("MINUTES", "10"))
INTERVAL = 60
#: Minutes after the start that do not count: the mailboxes are spread over the interval first.
START = float(os.environ.get("START", "2"))
PROCESSES = 2

#: The ages of all mailboxes in seconds, counted by the second.
_AGES = (
    "SELECT extract(epoch FROM now() AT TIME ZONE 'UTC' - last_sync_at)::int, count(*)"
    " FROM mail_sync_account WHERE active GROUP BY 1"
)


@dataclass
class Sample:
    """What was seen: ages of mailboxes with their number, and bytes of memory at the most."""

    ages: dict[int, int] = field(default_factory=dict)
    memory: int = 0
    alone: int = 0

    def add(self, rows: list[tuple[int, int]], resident: list[int]) -> None:
        """Add a look at all mailboxes, and at the processes."""
        for age, count in rows:
            self.ages[age] = self.ages.get(age, 0) + count
        self.memory = max(self.memory, sum(resident))
        self.alone = max(self.alone, *resident)

    def percentile(self, share: float) -> int:
        """Return the age that this share of all looks at mailboxes does not exceed."""
        left = share * sum(self.ages.values())
        for age, count in sorted(self.ages.items()):
            left -= count
            if left <= 0:
                return age
        return max(self.ages)


def main() -> None:
    """Measure the figures."""
    begun = time.monotonic()
    with crowd_of(MAILBOXES) as many, ExitStack() as stack:
        figure.note(f"{MAILBOXES} mailboxes made in {time.monotonic() - begun:.0f} s")
        spread(many)
        args = ("--max-cron-threads=2", "--db_maxconn=32", "--log-level=warn")
        servers = [stack.enter_context(OdooServer(many.world.db, *args)) for _ in range(PROCESSES)]
        before, start = busy(), time.monotonic()
        sample, recorded = watch(many, [server.pid for server in servers])
        took = time.monotonic() - start
        used = {name: now - before.get(name, 0.0) for name, now in busy().items()}
    for name, seconds in sorted(used.items(), key=lambda each: -each[1]):
        if seconds > took / 100:
            figure.note(f"CPU: {name} {100 * seconds / took:.0f} % of a core")
    figure.note(f"ages: median {sample.percentile(0.5)} s, oldest {max(sample.ages)} s")
    figure.note("the slowest of the new mails took {:.0f} s, the median {:.0f} s".format(*recorded))
    figure.note(f"the larger process: {sample.alone / 2**20:.0f} MB")
    figure.show("scale", sample.percentile(0.99), INTERVAL, "s (p99 age)")
    figure.show("scale_memory", sample.memory / 2**20, 1024, "MB together")


def spread(many: Crowd) -> None:
    """Have all mailboxes due, at different seconds, and read as often as is wanted."""
    many.sql(
        "UPDATE ir_cron SET interval_number = %s, interval_type = 'minutes' WHERE id ="
        " (SELECT res_id FROM ir_model_data WHERE module = 'mail_sync_custom'"
        "  AND name = 'ir_cron_mail_sync')",
        INTERVAL // 60,
    )
    many.sql("DROP TRIGGER bench_read ON mail_sync_account")
    many.sql(
        "UPDATE mail_sync_account SET last_sync_at = now() AT TIME ZONE 'UTC', next_sync_at ="
        " date_trunc('second', now() AT TIME ZONE 'UTC' + random() * %s * interval '1 s')",
        INTERVAL,
    )


def watch(many: Crowd, pids: list[int]) -> tuple[Sample, tuple[float, float]]:
    """Look at all mailboxes every second, and deliver mails; return what was seen.

    With it come the seconds until the mails were on their lead: the longest, and the median.
    """
    company, sample = Company(many.world, (), ()), Sample()
    sent: dict[str, float] = {}
    came: dict[str, float] = {}
    begin, end = time.monotonic() + START * 60, time.monotonic() + (START + MINUTES) * 60
    number = 0
    while (now := time.monotonic()) < end:
        if now >= begin:
            sample.add(company.sql(_AGES), [resident(pid) for pid in pids])
            if now < end - 3 * INTERVAL:
                person = many.people[(number * 37) % len(many.people)]
                sent[company.deliver(number, person)] = now
                number += 1
        found = company.sql(
            "SELECT message_id FROM mail_message WHERE message_id = ANY(%s)",
            [one for one in sent if one not in came],
        )
        came |= {message_id: time.monotonic() for (message_id,) in found}
        time.sleep(max(0.0, now + 1 - time.monotonic()))
    until(lambda: _all_there(company, sent), "every mail is recorded")
    doubles = company.sql(
        "SELECT count(*) - count(DISTINCT message_id) FROM mail_message WHERE message_id = ANY(%s)",
        list(sent),
    )
    if doubles != [(0,)]:
        raise RuntimeError(f"{doubles[0][0]} mails are there twice.")
    company.close()
    took = [came[one] - sent[one] for one in sent if one in came] or [0.0]
    return sample, (max(took), statistics.median(took))


def _all_there(company: Company, sent: dict[str, float]) -> bool:
    query = "SELECT count(*) FROM mail_message WHERE message_id = ANY(%s)"
    return company.sql(query, list(sent)) >= [(len(sent),)]


def resident(pid: int) -> int:
    """Return the resident memory of a process in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)[1]) * 1024


def busy() -> dict[str, float]:
    """Return the seconds of CPU used since the start: by the processes that run now, and in all."""
    tick = os.sysconf("SC_CLK_TCK")
    used = {"all": sum(map(int, Path("/proc/stat").read_text().split()[1:4])) / tick}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:  # it has just ended
            continue
        name = text[text.index("(") + 1 : text.rindex(")")]
        times = text[text.rindex(")") + 2 :].split()
        used[name] = used.get(name, 0.0) + sum(map(int, times[11:13])) / tick
    return used


if __name__ == "__main__":
    main()
