"""`python3 -m dev sizes`: the longest files and functions of the project.

A file that no longer fits in one's head has outgrown its topic: above `LIMIT` lines it is to be
divided. Tables are read by looking things up in them, so they may be longer; each is named here.
"""

from __future__ import annotations

import ast
from pathlib import Path

from .console import say
from .paths import ROOT

CODE = ("mail_sync_custom", "tests", "dev", "bench", "soak")

#: Lines that a file may have.
LIMIT = 400

#: Files that may have more, with the reason.
TABLES = {
    "tests/engine/bounces.py": "reports of mail systems: what each sends",
    "tests/contract/bad_servers.py": "scripted servers: what each does wrong, and its source",
    "tests/engine/more_refusals.py": "texts of servers by family, one per row",
    "tests/engine/refusals.py": "texts of servers by family, one per row",
    "tests/engine/sentences.py": "texts of real servers, one per row",
}

#: How many of each are printed.
SHOWN = 12


def run() -> int:
    """Print the longest files and functions; return 1 if a file is too long."""
    for title, found in (("files", files()), ("functions", functions())):
        say(f"\nThe longest {title}:")
        for lines, name in sorted(found, reverse=True)[:SHOWN]:
            say(f"  {lines:5}  {name}")
    return 0 if check() else 1


def check() -> bool:
    """Return whether no file but tables is too long; print what is wrong."""
    too_long = [(lines, name) for lines, name in files() if lines > LIMIT and name not in TABLES]
    for lines, name in sorted(too_long, reverse=True):
        say(f"{name}: {lines} lines. Divide it by topic; above {LIMIT} only tables are allowed.")
    stale = sorted(set(TABLES) - {name for lines, name in files() if lines > LIMIT})
    for name in stale:
        say(f"{name}: not above {LIMIT} lines any more. Take it out of the tables in dev/sizes.py.")
    return not too_long and not stale


def sources() -> list[Path]:
    """Return the project's Python files."""
    return [path for folder in CODE for path in sorted((ROOT / folder).rglob("*.py"))]


def files() -> list[tuple[int, str]]:
    """Return the lines and the name of each file."""
    return [(len(p.read_text().splitlines()), str(p.relative_to(ROOT))) for p in sources()]


def functions() -> list[tuple[int, str]]:
    """Return the lines and the place of each function and method."""
    return [
        (node.end_lineno - node.lineno + 1, f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
