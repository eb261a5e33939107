"""`make fuzz`: coverage-guided fuzzing of the code that reads bytes from strangers.

Each target runs in a process of its own (`dev/fuzz_target.py`), which libFuzzer drives by way of
atheris. RUNS= is their number in all, one million unless it is given; ONLY= names one target.
Prints a line for each, `target runs crashes seconds`. An input that crashes one is kept below
`.dev/fuzz`, and the exit code is 1. What a run found interesting is where the next begins.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

from .console import Failure, say
from .paths import ADDON, PYTHON, ROOT, STATE

RUNS = 1_000_000
#: Each target, and its part of the runs in percent: so they take about as long as each other.
TARGETS = {"headers": 45, "mime": 13, "reports": 2, "html": 10, "imap": 30}
#: Seconds that one input may take, and megabytes.
SECONDS, MEGABYTES = 10, 1_024

#: One answer of each kind.
ANSWERS = (
    b"* OK [CAPABILITY IMAP4rev1] ready\n",
    b'* LIST (\\HasNoChildren \\Sent) "/" "Sent &AOk-"\n* LIST () NIL {4}\na"b.\n',
    b"* STATUS INBOX (UIDNEXT 5 UIDVALIDITY 1 MESSAGES 4)\n",
    b"* 4 EXISTS\n* OK [UIDVALIDITY 1] x\n* OK [UIDNEXT 5] x\n",
    b"* SEARCH 1 2 3\n* ESEARCH (TAG x1) UID ALL 1:3,7\n",
    b'* 1 FETCH (UID 5 RFC822.SIZE 9 INTERNALDATE "17-Jul-2024 02:44:25 -0700"'
    b" BODY[HEADER.FIELDS (FROM)] {4}\na: b)\n",
    b"* 1 FETCH (UID 5 BODY[] {4}\na: b FLAGS (\\Seen))\n",
)

_DONE = re.compile(r"^Done (\d+) runs", re.MULTILINE)
_PROGRESS = re.compile(r"^#(\d+)\t", re.MULTILINE)


def run() -> int:
    """Run all targets, or the one named; return the exit code."""
    total, only = int(os.environ.get("RUNS") or RUNS), os.environ.get("ONLY")
    if only and only not in TARGETS:
        raise Failure(f"No such target: {only}.", f"Name one of {', '.join(TARGETS)}.")
    crashes = 0
    for target, share in TARGETS.items():
        if only in (None, "", target):
            crashes += fuzz(target, total if only else total * share // 100)
    return 1 if crashes else 0


def fuzz(target: str, runs: int) -> int:
    """Run one target, print its line, and return its number of crashes."""
    folder = STATE / "fuzz" / target
    corpus, found = folder / "corpus", folder / "crashes"
    for each in (corpus, found):
        each.mkdir(parents=True, exist_ok=True)
    if not any(corpus.iterdir()):
        for number, seed in enumerate(_seeds(target)):
            (corpus / f"seed{number}").write_bytes(seed)
    before = set(found.iterdir())
    options = [f"-runs={runs}", "-max_len=4096", f"-timeout={SECONDS}"]
    options += [f"-rss_limit_mb={MEGABYTES}", f"-artifact_prefix={found}/", "-print_final_stats=1"]
    begun = time.monotonic()
    done = subprocess.run(
        [str(PYTHON), "-m", "dev.fuzz_target", target, *options, str(corpus)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ADDON}"},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    crashes = set(found.iterdir()) - before
    if done.returncode and not crashes:
        raise Failure(f"The target {target} did not run.", done.stderr[-2_000:])
    say(f"{target} {_runs(done.stderr)} {len(crashes)} {time.monotonic() - begun:.0f}")
    for crash in sorted(crashes):
        say(_report(done.stderr, crash))
    return len(crashes)


def _seeds(target: str) -> list[bytes]:
    """Return what the first run of a target begins with."""
    mails = [file.read_bytes() for file in sorted((ROOT / "tests" / "mails").glob("*.eml"))]
    bodies = [mail.replace(b"\r\n", b"\n").partition(b"\n\n")[2] for mail in mails]
    seeds = {
        "headers": [mail.partition(b"\r\n\r\n")[0] for mail in mails],
        "reports": _reports(),
        "html": [body for body in bodies if b"<" in body],
        "imap": [answer.replace(b"\n", b"\r\n") for answer in ANSWERS],
    }
    return seeds.get(target, mails)


def _reports() -> list[bytes]:
    """Return the reports of the engine's tests."""
    from tests.engine import bounces

    return [one for one in vars(bounces).values() if isinstance(one, bytes)]


def _runs(output: str) -> int:
    """Return how many inputs were run."""
    done = _DONE.findall(output) or _PROGRESS.findall(output)
    return int(done[-1]) if done else 0


def _report(output: str, crash: Path) -> str:
    """Return where an input that crashes is, and the end of what was said of it."""
    trace = output[output.rfind("Traceback") :][:1_500] if "Traceback" in output else ""
    return f"  {crash.relative_to(ROOT)}\n{trace}"
