"""`python3 -m dev lint`: ruff, pylint-odoo, the XML of the addon, and its translations."""

from __future__ import annotations

import difflib
import subprocess

from lxml import etree

from . import database, suites
from .console import say, step
from .paths import ADDON, PYTHON, ROOT, STATE

POT = ADDON / "i18n" / f"{ADDON.name}.pot"
# These change with each export, and say nothing of the terms.
VOLATILE = ("POT-Creation-Date", "PO-Revision-Date", "Project-Id-Version")


def run() -> int:
    """Run all checks; return the exit code."""
    # A list, not a chain of `and`: all checks run, whatever the first ones say.
    results = [suites.style([]), odoo_rules(), xml(), translations()]
    return 0 if all(results) else 1


def odoo_rules() -> bool:
    """Run pylint-odoo on the addon."""
    return suites.succeeds([str(PYTHON), "-m", "pylint", "--rcfile=pyproject.toml", ADDON.name])


def xml() -> bool:
    """Tell whether all XML of the addon is well formed."""
    good = True
    for file in sorted(ADDON.rglob("*.xml")):
        try:
            etree.parse(file)
        except etree.XMLSyntaxError as error:
            say(f"{file.relative_to(ROOT)}: {error}")
            good = False
    return good


def translations() -> bool:
    """Tell whether the template of translations has the terms that the addon has."""
    exported, kept = export(), POT.read_text() if POT.exists() else ""
    changes = list(difflib.unified_diff(terms(kept), terms(exported), "kept", "exported", n=0))
    if changes:
        say("\n".join(changes[:40]))
        say(f"{POT.relative_to(ROOT)} is out of date: run `python3 -m dev translations`.")
    return not changes


def terms(text: str) -> list[str]:
    """Return the lines of a translation file that say something."""
    return [line for line in text.splitlines() if not any(name in line for name in VOLATILE)]


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
