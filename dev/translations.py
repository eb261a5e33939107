"""The addon's translations: `python3 -m dev translations` brings them up to date.

It writes the template anew, as Odoo exports it, and merges it into each language: a term that is
gone is dropped, a new one is added without a translation. If the new term resembles a dropped one,
it gets the translation of that, marked as fuzzy. A test fails until someone has checked it.
"""

from __future__ import annotations

import difflib

import polib

from . import database
from .console import run, say, step
from .paths import ADDON, PYTHON, ROOT, STATE

POT = ADDON / "i18n" / f"{ADDON.name}.pot"

#: How many differences are printed.
SHOWN = 40

#: From 0 to 1: how much a new term has to resemble a dropped one to get its translation.
LIKENESS = 0.6


def update() -> int:
    """Write the template and merge it into each language; return the exit code."""
    POT.parent.mkdir(exist_ok=True)
    POT.write_text(export())
    template = polib.pofile(str(POT))
    for file in sorted(POT.parent.glob("*.po")):
        language = merged(polib.pofile(str(file)), template)
        language.save(str(file))
        todo = sum(entry.fuzzy or not entry.msgstr for entry in language)
        say(f"{file.relative_to(ROOT)}: {todo} terms to translate or check")
    return 0


def merged(language: polib.POFile, template: polib.POFile) -> polib.POFile:
    """Return a language with the terms of the template, in its order."""
    known = {entry.msgid: entry for entry in language if not entry.obsolete}
    dropped = set(known) - {entry.msgid for entry in template}
    result = polib.POFile()
    result.header, result.metadata = language.header, language.metadata
    for term in template:
        entry = polib.POEntry(msgid=term.msgid, comment=term.comment, occurrences=term.occurrences)
        if term.msgid in known:
            entry.msgstr, entry.flags = known[term.msgid].msgstr, known[term.msgid].flags
        elif like := difflib.get_close_matches(term.msgid, dropped, n=1, cutoff=LIKENESS):
            entry.msgstr, entry.flags = known[like[0]].msgstr, ["fuzzy"]
        result.append(entry)
    return result


def check() -> bool:
    """Return whether the template has the addon's terms; print what differs."""
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
        run([*argv, "-d", name, "-o", file, ADDON.name], env=database.environment(), cwd=ROOT)
    return file.read_text()
