"""Each language says all that the template has, keeps its placeholders and tags, and says no more.

A term that was changed in the code and not in a language would be shown in English, and nobody
would notice: here it fails, with a list of what is missing.
"""

import re
from pathlib import Path

import polib
import pytest

I18N = Path(__file__).parents[2] / "mail_sync_custom" / "i18n"
TEMPLATE = polib.pofile(str(I18N / "mail_sync_custom.pot"))
LANGUAGES = ("de", "es", "fr")

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z%]")
TAG = re.compile(r"</?\w[^>]*>")
# These attributes of a tag are words, too.
WORDS = re.compile(r'\b(alt|aria-label|placeholder|title)="[^"]*"')


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request):
    return polib.pofile(str(I18N / f"{request.param}.po"))


def translated(language):
    """Return the terms of a language that are in the template, and not empty."""
    known = {entry.msgid for entry in TEMPLATE}
    return [entry for entry in language if entry.msgid in known and entry.msgstr]


def differing(language, part):
    """Return the translations in which a part is not as it is in the original."""
    return [
        f"{entry.msgid!r}: {part(entry.msgid)} became {part(entry.msgstr)}"
        for entry in translated(language)
        if part(entry.msgid) != part(entry.msgstr)
    ]


def complain(what, terms):
    if terms:
        pytest.fail(f"{len(terms)} {what}:\n" + "\n".join(f"  {term}" for term in terms))


def placeholders(text):
    return sorted(PLACEHOLDER.findall(text))


def tags(text):
    return sorted(" ".join(WORDS.sub(r"\1", tag).split()) for tag in TAG.findall(text))


def margins(text):
    """Return the white space around a text: a label's, or that between it and what follows."""
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def test_there_is_something_to_translate():
    assert len(TEMPLATE) > 600
    assert sum(bool(placeholders(entry.msgid)) for entry in TEMPLATE) > 10
    assert sum(bool(tags(entry.msgid)) for entry in TEMPLATE) > 10


@pytest.mark.parametrize("file", sorted(I18N.glob("*.po")), ids=lambda file: file.stem)
def test_no_language_is_left_out_here(file):
    assert file.stem in LANGUAGES


def test_each_term_is_translated(language):
    said = {entry.msgid for entry in translated(language) if not entry.fuzzy}
    complain("terms are not translated", [repr(e.msgid) for e in TEMPLATE if e.msgid not in said])


def test_no_term_is_left_over(language):
    known = {entry.msgid for entry in TEMPLATE}
    left = [*language.obsolete_entries(), *(e for e in language if e.msgid not in known)]
    complain("terms are no longer in the template", [repr(entry.msgid) for entry in left])


def test_no_term_is_there_twice(language):
    msgids = [entry.msgid for entry in language]
    complain("terms are there twice", sorted({repr(m) for m in msgids if msgids.count(m) > 1}))


def test_each_term_is_said_of_the_same_places(language):
    """Odoo loads a translation for the places that its comments name, and for no other."""
    places = {entry.msgid: (entry.comment, sorted(entry.occurrences)) for entry in TEMPLATE}
    wrong = [
        repr(entry.msgid)
        for entry in translated(language)
        if (entry.comment, sorted(entry.occurrences)) != places[entry.msgid]
    ]
    complain("terms have other places in the template", wrong)


def test_placeholders_are_kept(language):
    complain("translations change a placeholder", differing(language, placeholders))


def test_tags_are_kept(language):
    complain("translations change a tag", differing(language, tags))


def test_white_space_around_a_term_is_kept(language):
    complain("translations change the white space around", differing(language, margins))


def test_the_file_names_its_language(language):
    assert language.metadata["Language"] == Path(language.fpath).stem
    assert "nplurals=2" in language.metadata["Plural-Forms"]
    assert "charset=UTF-8" in language.metadata["Content-Type"]
