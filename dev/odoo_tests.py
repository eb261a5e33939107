"""`make odoo-tests`: Odoo's own tests, without the addon and with it; what differs, by name.

These are the suites of mail, test_mail, crm and sales_team. Some of their tests fail without the
addon, too, because of newer libraries; what counts is that the same ones fail. A query too many
is a failure: Odoo's tests count them.

Odoo runs one half of its tests while it installs a module, on an empty database, and the other
half when all is installed; that half runs here on copies of two databases that differ in the addon
alone. The run goes in parts, and what came of each is kept in `.dev/odoo-tests` under a hash of
what it depends on: Odoo and its libraries, and the addon where that is installed. So an
interrupted run goes on where it stopped, and a change of the addon repeats its side alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

from . import database, machine, odoo, postgres
from .console import Failure, say, step
from .paths import ADDON, ROOT, STATE
from .suites import need_browser
from .venv import REQUIREMENTS

RESULTS = STATE / "odoo-tests"
MODULES = ("crm", "test_mail")
SUITES = ("/test_mail", "/mail", "/crm", "/sales_team")
SIDES = ("without", "with")
#: Two threads of one process do not shut each other out of `.dev`.
COPYING = threading.Lock()

_LINE = re.compile(r"^\S+ \S+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>odoo\.\S+): (?P<text>.*)$")
_MODULE = re.compile(r"odoo\.addons\.(\w+)\.tests\.")
_STARTED = re.compile(r"Starting (\w+\.\w+) \.\.\.")
_BROKEN = re.compile(r"(FAIL|ERROR): (?:Subtest )?(\w+\.\w+)")
_BROKEN_CLASS = re.compile(r"(ERROR): \w+ \(odoo\.addons\.(\w+)\.tests\.\S*?\.?(\w+)\)")
_COUNT = re.compile(
    r"Query count (?:more|less) than expected for user (\S+): (\d+) [<>] (\d+) in \S+ at (\S+)"
)
#: What Odoo says at the end of a run; a run that did not come so far says nothing.
_ENDED = re.compile(r"\d+ post-tests in ")


class Part(NamedTuple):
    """Tests that run in one process: their tags, and whether it is while Odoo is installed."""

    tags: str
    installing: bool

    def __str__(self) -> str:
        tests = self.tags if self.tags.count(",") < len(SUITES) else f"{self.tags.count(',') + 1}"
        return f"{tests} ({'while it is installed' if self.installing else 'installed'})"

    def spec(self) -> str:
        """Return what Odoo takes as `--test-tags`."""
        return f"{self.tags},{'-post_install' if self.installing else '-at_install'}"


@dataclass
class Result:
    """What came of a run: the tests that ran, those that broke, and the counts of queries.

    A test is named as `--test-tags` names it, and how it broke stands before: `FAIL /crm:T.test`.
    ``counts`` maps a place where queries are counted to what was counted and what Odoo expects,
    where these differ.
    """

    started: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)


def parts() -> list[Part]:
    """Return the parts of a run: those of `ONLY=`, else all."""
    if only := os.environ.get("ONLY"):
        return [Part(only, installing=False), Part(only, installing=True)]
    # The longest first, so that two at a time end together.
    installed = [Part(suite, installing=False) for suite in SUITES]
    return [*installed, Part(",".join(SUITES), installing=True)]


def run() -> int:
    """Run both sides, print what differs; return 0 when nothing does."""
    need_browser()
    with machine.alone():
        for side in SIDES:
            template(side)
    results = measure(parts())
    if again := suspects(results):
        say(f"\n{sum(part.tags.count(',') + 1 for part in again.values())} differ: run once more.")
        repeated = measure(list(again.values()), again=True)
        for part, repeat in again.items():
            for side in SIDES:
                results[part][side] = merged(results[part][side], repeated[repeat][side], repeat)
    return report({side: joined([found[side] for found in results.values()]) for side in SIDES})


def report(results: dict[str, Result]) -> int:
    """Print what both sides have in common and what not; return 0 when nothing differs."""
    without, with_ = results["without"], results["with"]
    say("\nOdoo's own tests:")
    for side, result in results.items():
        failed = sum(name.startswith("FAIL") for name in result.broken)
        errors = len(result.broken) - failed
        say(f"  {side:8}{len(result.started):6} run{failed:6} failed{errors:6} with an error")
    lists = {
        "fail with the addon only": set(with_.broken) - set(without.broken),
        "fail without the addon only": set(without.broken) - set(with_.broken),
        "did not run with the addon": set(without.started) - set(with_.started),
        "ran with the addon only": set(with_.started) - set(without.started),
    }
    higher = set(more_queries(without, with_))
    on_leads = {place for place in higher if place.startswith("crm/")}
    lists["count more queries with the addon"] = higher - on_leads
    missed = any(lists.values())
    # No bar: a lead may take one query more, and Odoo's tests say how many are too many.
    lists["count more queries with the addon, on leads"] = on_leads
    for title, names in lists.items():
        say(f"  {title}: {len(names) or 'none'}")
        for name in sorted(names):
            say(f"    {name}")
    return 1 if missed else 0


def more_queries(without: Result, with_: Result) -> Iterator[str]:
    """Yield where more queries are counted with the addon, and both counts."""
    for place in without.counts.keys() | with_.counts.keys():
        # Where nothing was printed the count is the one that Odoo expects.
        expected = (without.counts.get(place) or with_.counts[place])[1]
        own, ours = (one.counts.get(place, (expected,))[0] for one in (without, with_))
        if ours > own:
            yield f"{place}: {own} -> {ours}"


def suspects(results: dict[Part, dict[str, Result]]) -> dict[Part, Part]:
    """Return for each part, where tests of it broke on one side only, a part of these alone."""
    found = {}
    for part, sides in results.items():
        one_sided = set(sides["without"].broken) ^ set(sides["with"].broken)
        if tags := sorted({name.partition(" ")[2] for name in one_sided}):
            found[part] = Part(",".join(tags), part.installing)
    return found


def merged(first: Result, again: Result, repeated: Part) -> Result:
    """Return a result in which the tests that ran again count as they ran then."""
    tags = repeated.tags.split(",")
    kept = [name for name in first.broken if name.partition(" ")[2] not in tags]
    return Result(first.started, sorted({*kept, *again.broken}), {**first.counts, **again.counts})


# --- running --------------------------------------------------------------------------------


def measure(parts: Sequence[Part], *, again: bool = False) -> dict[Part, dict[str, Result]]:
    """Run the parts on both sides, as many at a time as there are cores; return the results."""
    pool = ThreadPoolExecutor(min(len(SIDES), os.cpu_count() or 1))
    try:
        runs: dict[Part, dict[str, Future[Result]]] = {
            part: {side: pool.submit(outcome, side, part, again) for side in SIDES}
            for part in parts
        }
        return {
            part: {side: run.result() for side, run in own.items()} for part, own in runs.items()
        }
    finally:
        # Interrupted, it waits for nobody: what runs is ended with the command.
        pool.shutdown(wait=False, cancel_futures=True)


def joined(results: Sequence[Result]) -> Result:
    """Return one result of several."""
    return Result(
        sorted({name for one in results for name in one.started}),
        sorted({name for one in results for name in one.broken}),
        {place: count for one in results for place, count in one.counts.items()},
    )


def outcome(side: str, part: Part, again: bool = False) -> Result:
    """Return what came of a part on one side: as it was kept, unless it is to run again."""
    name = hashlib.sha256(repr(part).encode()).hexdigest()[:8]
    kept = RESULTS / f"{side}-{key(side)}-{name}.json"
    if kept.exists() and not again:
        return Result(**json.loads(kept.read_text()))
    RESULTS.mkdir(parents=True, exist_ok=True)
    log, begun = kept.with_suffix(".log"), time.monotonic()
    lines = run_tests(side, part)
    log.write_text("\n".join(lines))
    say(f"- {part} {side} the addon: {time.monotonic() - begun:.0f} s")
    if not any(_ENDED.search(line) for line in lines):
        raise Failure(f"Odoo's tests {side} the addon did not come to an end.", f"Read {log}.")
    result = parse(lines)
    if not again:
        kept.write_text(json.dumps(asdict(result), indent=1))
    return result


def run_tests(side: str, part: Part) -> list[str]:
    """Run tests on a database of their own to the end, whatever comes of them; return the log."""
    db = f"odoo_tests_{secrets.token_hex(4)}"
    with COPYING, machine.alone():
        if part.installing:
            postgres.createdb(db)
        else:
            postgres.copydb(template_name(side), db)
    modules = (*MODULES, ADDON.name) if side == "with" else MODULES
    try:
        done = subprocess.run(
            database.odoo_command(
                db,
                *([f"--init={','.join(modules)}"] if part.installing else []),
                f"--test-tags={part.spec()}",
                "--stop-after-init",
                "--max-cron-threads=0",
                f"--http-port={database.free_port()}",
            ),
            env=database.environment(),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    finally:
        postgres.dropdb(db)
    return done.stdout.decode(errors="replace").splitlines()


def parse(lines: Sequence[str]) -> Result:
    """Return what a log of Odoo's test runner says."""
    started, broken, counts = set(), set(), {}
    for line in lines:
        if counted := _COUNT.search(line):
            user, count, expected, place = counted.groups()
            counts[f"{place} ({user})"] = (int(count), int(expected))
        if not (found := _LINE.match(line)):
            continue
        text, module = found["text"], _MODULE.match(found["logger"])
        if module and (begun := _STARTED.match(text)):
            started.add(f"/{module[1]}:{begun[1]}")
        elif found["level"] == "ERROR" and module and (how := _BROKEN.match(text)):
            broken.add(f"{how[1]} /{module[1]}:{how[2]}")
        elif found["level"] == "ERROR" and (how := _BROKEN_CLASS.match(text)):
            broken.add("{} /{}:{}".format(*how.groups()))
    return Result(sorted(started), sorted(broken), counts)


# --- the two databases ----------------------------------------------------------------------


def key(side: str) -> str:
    """Return a hash of what the tests of a side depend on."""
    release = odoo.locate() / "odoo" / "release.py"
    # What the addon and our tools need stands below what Odoo imports.
    libraries = REQUIREMENTS.read_bytes().partition(b"# The addon")[0]
    digest = hashlib.sha256(str(odoo.locate()).encode() + release.read_bytes() + libraries)
    if side == "with":
        digest.update(database.fingerprint().encode())
    return digest.hexdigest()[:8]


def template_name(side: str) -> str:
    """Return the name of the database that a side's runs are copies of."""
    return f"odoo_tests_{side}_{key(side)}"


def template(side: str) -> str:
    """Return the database of a side; make it if it is not there."""
    name, existing = template_name(side), postgres.databases()
    if name in existing:
        return name
    building = f"odoo_tests_new_{side}"
    if side == "with":
        source = template("without")
    with step(f"Making a database {side} the addon"):
        if side == "with":
            postgres.copydb(source, building)
            database.run_odoo(building, f"--init={ADDON.name}")
        else:
            postgres.dropdb(building)
            postgres.createdb(building)
            database.run_odoo(building, f"--init={','.join(MODULES)}")
        for old in existing:
            if old.startswith(f"odoo_tests_{side}_"):
                postgres.dropdb(old)
        postgres.rename(building, name)
    return name
