"""Every code that the engine can emit has words, for every provider, and they can be translated."""

import ast
import re
from pathlib import Path

import pytest

from engine import errors
from engine.catalogue import KINDS
from words import notes, remedies

ADDON = Path(__file__).parents[2] / "mail_sync_custom"
#: What formats sizes needs Odoo; the sentences do not.
FILES = sorted(set((ADDON / "words").glob("*.py")) - {ADDON / "words/left_out.py"})


class Env:
    """Odoo's environment as far as words go: no translation, and formatting as Odoo does it."""

    def _(self, source, *args, **kwargs):
        return source % (args or kwargs) if args or kwargs else source


ENV = Env()
PROVIDERS = ["", *remedies.HOUSES, "gmail", "outlook", "microsoft365", "other", False]


def all_error_classes(of=errors.MailError):
    return [of, *(c for sub in of.__subclasses__() for c in all_error_classes(sub))]


def codes_in_source():
    """Return each code that the engine's source names as ``code="…"`` or ``code = "…"``."""
    # A provider's code is a name of another kind.
    for path in sorted(set((ADDON / "engine").rglob("*.py")) - {ADDON / "engine" / "providers.py"}):
        for node in ast.walk(ast.parse(path.read_text())):
            passed = isinstance(node, ast.keyword) and node.arg == "code"
            if passed or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code"):
                found = ast.walk(node.value)
                yield from (c.value for c in found if isinstance(c, ast.Constant) and c.value)


CODES = sorted({*KINDS, *(c.code for c in all_error_classes()), *codes_in_source()})


@pytest.mark.parametrize("code", CODES)
def test_every_code_says_what_happened_and_what_to_do(code):
    assert code in remedies.WORDS
    said = remedies.headline(ENV, code)
    assert 10 < len(said) <= 80
    assert not said.endswith(".")
    for provider in PROVIDERS:
        remedy = remedies.remedy(ENV, code, provider)
        assert 40 < len(remedy) <= 520, (code, provider)
        assert remedy.endswith(".")


@pytest.mark.parametrize("code", list(remedies.WORDS))
def test_where_nothing_is_tried_again_no_sentence_says_so(code):
    for provider in PROVIDERS:
        remedy = remedies.remedy(ENV, code, provider, resting=True)
        assert 30 < len(remedy) <= 520 and remedy.endswith("."), (code, provider)
        assert not re.search(r"tries again|by itself|Sync waits|Nothing to do", remedy), remedy


def test_every_remedy_of_an_account_at_rest_replaces_another():
    assert set(remedies.at_rest.WORDS) <= set(remedies.WORDS)


def test_a_code_has_words_of_its_own():
    words = remedies.WORDS
    headlines = [said for said, _ in words.values()]
    assert len(set(headlines)) == len(headlines)


@pytest.mark.parametrize("house", list(remedies.HOUSES))
def test_a_provider_has_words_for_real_codes_only(house):
    assert set(remedies.HOUSES[house]) <= set(CODES)


def test_nothing_is_formatted_by_accident():
    assert not any("%" in text for pair in remedies.WORDS.values() for text in pair)


@pytest.mark.parametrize("code", ["", None, False, "never_heard_of"])
def test_an_unheard_of_code_points_to_the_servers_own_reply(code):
    assert remedies.headline(ENV, code) == remedies.headline(ENV, "unknown")
    assert "own reply" in remedies.remedy(ENV, code, "gmail")


@pytest.mark.parametrize("step", list(errors.Step))
def test_every_step_has_a_name(step):
    assert remedies.step_name(ENV, step)
    assert remedies.step_name(ENV, str(step))


@pytest.mark.parametrize("step", ["", None, False, "dancing"])
def test_no_step_has_no_name(step):
    assert remedies.step_name(ENV, step) == ""


@pytest.mark.parametrize(
    ("provider", "code", "words"),
    [
        ("gmail", "login_refused", "App passwords"),
        ("gmail", "app_password_needed", "Google Account > Security"),
        ("gmail", "imap_disabled", "Forwarding and POP/IMAP"),
        ("gmail", "throttled", "not full"),
        ("yahoo", "login_refused", "app password"),
        ("aol", "login_refused", "app password"),
        ("icloud", "login_refused", "app-specific password"),
        ("zoho", "imap_disabled", "IMAP Access"),
        ("microsoft365", "password_sign_in_off", "no longer accept a password"),
        ("outlook", "login_refused", "no longer accept a password"),
        ("bluehost", "login_refused", "full mail address"),
        (None, "login_refused", "user name"),
    ],
)
def test_where_to_click(provider, code, words):
    assert words in remedies.remedy(ENV, code, provider)


def test_a_refused_login_may_be_a_wrong_user_name_too():
    assert "user name" in remedies.headline(ENV, "login_refused")


def test_an_error_other_than_a_wrong_password_does_not_blame_the_password():
    for code in ("login_unavailable", "throttled", "connection_lost", "timeout", "session_ended"):
        said = remedies.headline(ENV, code) + remedies.remedy(ENV, code)
        assert "password" not in said.replace("This is not about your password", "")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_sentence_is_a_literal_that_the_export_of_translations_finds(path):
    """Odoo's export finds the literal in ``_lt()`` or ``_()``, wherever that stands."""
    tree = ast.parse(path.read_text())
    marked = {
        id(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("_lt", "env._")
    }
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef) and ast.get_docstring(node)
    }
    sentences = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and " " in str(node.value).strip(" :")
        and id(node) not in docstrings
    ]
    assert [node.value for node in sentences if id(node) not in marked] == []


class Counting(Env):
    """Counts the sentences that are translated."""

    def __init__(self):
        self.count = 0

    def _(self, source, *args, **kwargs):
        self.count += 1
        return super()._(source, *args, **kwargs)


def test_only_what_is_shown_is_translated():
    env = Counting()
    remedies.headline(env, "login_refused")
    remedies.remedy(env, "login_refused", "gmail")
    notes.note(env, "gmail")
    assert env.count == 3


@pytest.mark.parametrize("code", ["", None, False, "never_heard_of"])
def test_without_a_note_there_is_nothing_to_know(code):
    assert notes.note(ENV, code) == ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_of_odoo_is_needed(path):
    for node in ast.walk(ast.parse(path.read_text())):
        assert not isinstance(node, ast.Import)
        assert not isinstance(node, ast.ImportFrom) or node.level == 1
