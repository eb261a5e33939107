"""`python3 -m dev lint`: ruff, pylint-odoo, XML, sizes, the addon's pages and translations.

The suite `style` of `make test` runs the same checks.
"""

from __future__ import annotations

from lxml import etree

from . import readme, sizes, translations
from .console import say, succeeds
from .paths import ADDON, PYTHON, ROOT

CODE = ("dev", "mail_sync_custom", "tests", "bench", "soak")


def run() -> int:
    """Run all checks; return the exit code."""
    return 0 if check([]) else 1


def check(options: list[str]) -> bool:
    """Run all checks, ruff with the options given; return whether all passed."""
    # Not a chain of `and`: every check runs, whatever the ones before it found.
    checks = python(options), odoo_rules(), xml(), sizes.check(), pages(), translations.check()
    return all(checks)


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
