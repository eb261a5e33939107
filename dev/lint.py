"""`python3 -m dev lint`: ruff, pylint-odoo, XML, the addon's pages and its translations.

The suite `style` of `make test` runs the same checks.
"""

from __future__ import annotations

import subprocess

import polib
from lxml import etree

from . import database, readme
from .console import say, step, succeeds
from .paths import ADDON, PYTHON, ROOT, STATE

CODE = ("dev", "mail_sync_custom", "tests", "bench")
POT = ADDON / "i18n" / f"{ADDON.name}.pot"

#: How many differences of the translations are printed.
SHOWN = 40


def run() -> int:
    """Run all checks; return the exit code."""
    return 0 if check([]) else 1


def check(options: list[str]) -> bool:
    """Run all checks, ruff with the options given; return whether all passed."""
    # A list, not a chain of `and`: every check runs, whatever the ones before it found.
    return all([python(options), odoo_rules(), xml(), pages(), translations()])


def python(options: list[str]) -> bool:
    """Run ruff: its rules and its format."""
    code = [name for name in CODE if (ROOT / name).exists()]
    ruff = str(PYTHON.with_name("ruff"))
    checked = succeeds([ruff, "check", *code, *options])
    return succeeds([ruff, "format", "--check", *code]) and checked


def odoo_rules() -> bool:
    """Run pylint-odoo on the addon."""
    return succeeds([str(PYTHON), "-m", "pylint", "--rcfile=pyproject.toml", ADDON.name])


def xml() -> bool:
    """Return whether all XML of the addon is well formed; print what is not."""
    good = True
    for file in sorted(ADDON.rglob("*.xml")):
        try:
            etree.parse(file)
        except etree.XMLSyntaxError as error:
            say(f"{file.relative_to(ROOT)}: {error}")
            good = False
    return good


def pages() -> bool:
    """Return whether the addon's README.md and index.html are those of its fragments."""
    stale = readme.stale()
    for path in stale:
        say(f"{path.relative_to(ROOT)} is out of date: run `python3 -m dev readme`.")
    return not stale


def translations() -> bool:
    """Return whether the template of translations has the addon's terms; print what differs."""
    kept, exported = terms(POT.read_text() if POT.exists() else ""), terms(export())
    differing = sorted(term for term in kept | exported if kept.get(term) != exported.get(term))
    for term in differing[:SHOWN]:
        what = "is new" if term not in kept else "is gone" if term not in exported else "moved"
        say(f"{POT.name}: {term!r} {what}")
    if differing:
        say(f"{len(differing)} terms are out of date: run `python3 -m dev translations`.")
    return not differing


def terms(text: str) -> dict[str, tuple[str, ...]]:
    """Return each term of a template with what Odoo finds it by.

    That is the record and field of a term in the database, and the language of a term in code.
    The file that a term of code stands in is not compared: Odoo does not look at it, and moving
    code changes no translation.
    """
    return {
        entry.msgid: (
            entry.comment,
            *sorted(place for place, _line in entry.occurrences if not place.startswith("code:")),
        )
        for entry in polib.pofile(text or 'msgid ""\nmsgstr ""\n')
    }


def export() -> str:
    """Return the template of translations as Odoo exports it."""
    file = STATE / "exported.pot"
    argv = [str(PYTHON), "-m", "odoo", "i18n", "export", "-c", str(database.configure())]
    with database.copy("export") as name, step("Exporting the terms"):
        subprocess.run(
            [*argv, "-d", name, "-o", str(file), ADDON.name],
            env=database.environment(),
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
    return file.read_text()


def export_translations() -> int:
    """Write the template of translations into the addon; return the exit code."""
    POT.parent.mkdir(exist_ok=True)
    POT.write_text(export())
    return 0
