"""The tools of ``dev`` that look after translations and sizes."""

import polib
import pytest

from dev import sizes, translations


def catalogue(*entries):
    """Return a translation file of ``(msgid, msgstr, place)``."""
    made = polib.POFile()
    made.metadata = {"Language": "de"}
    for msgid, msgstr, place in entries:
        made.append(polib.POEntry(msgid=msgid, msgstr=msgstr, occurrences=[(place, "0")]))
    return made


def terms(*entries):
    return translations.terms(str(catalogue(*entries)))


def test_a_term_in_code_is_the_same_one_in_another_file():
    assert terms(("Go", "", "code:a.py")) == terms(("Go", "", "code:b.py"))


def test_a_term_of_another_record_is_another_one():
    assert terms(("Go", "", "model:a")) != terms(("Go", "", "model:b"))


def test_a_new_template_keeps_what_is_translated_and_says_where_it_stands_now():
    merged = translations.merged(
        catalogue(("Kept", "Behalten", "code:old.py")), catalogue(("Kept", "", "code:new.py"))
    )
    (entry,) = merged
    assert (entry.msgstr, entry.fuzzy) == ("Behalten", False)
    assert entry.occurrences == [("code:new.py", "0")]
    assert merged.metadata["Language"] == "de"


def test_a_reworded_term_gets_its_old_translation_to_be_checked():
    (entry,) = translations.merged(
        catalogue(("Enter the whole address.", "Ganze Adresse eingeben.", "code:a.py")),
        catalogue(("Enter the whole mail address.", "", "code:a.py")),
    )
    assert (entry.msgstr, entry.fuzzy) == ("Ganze Adresse eingeben.", True)


def test_a_new_term_is_not_translated_and_one_that_is_gone_is_dropped():
    (entry,) = translations.merged(
        catalogue(("Reconnect", "Neu verbinden", "code:a.py")),
        catalogue(("This year's billable days", "", "code:a.py")),
    )
    assert (entry.msgid, entry.msgstr) == ("This year's billable days", "")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a project of one file, ``tests/long.py``, with a line too many."""
    monkeypatch.setattr(sizes, "ROOT", tmp_path)
    monkeypatch.setattr(sizes, "TABLES", {})
    file = tmp_path / "tests/long.py"
    file.parent.mkdir()
    file.write_text("pass\n" * (sizes.LIMIT + 1))
    return file


def test_a_file_that_is_too_long_is_named(project, capsys):
    assert not sizes.check()
    assert f"tests/long.py: {sizes.LIMIT + 1} lines" in capsys.readouterr().out


def test_a_table_may_be_longer_and_only_then_is_one(project, monkeypatch, capsys):
    monkeypatch.setattr(sizes, "TABLES", {"tests/long.py": "a table"})
    assert sizes.check()
    project.write_text("pass\n" * sizes.LIMIT)
    assert not sizes.check()
    assert "Take it out of the tables" in capsys.readouterr().out
