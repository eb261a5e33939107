"""The account is one model in many files, whose order must not matter."""

import ast
from collections import Counter
from pathlib import Path

import pytest

PARTS = Path(__file__).parents[2] / "mail_sync_custom/models/account"
FILES = sorted(path for path in PARTS.glob("*.py") if path.name != "__init__.py")
OVERRIDDEN = {"create", "write", "unlink"}


def names(path: Path) -> set[str]:
    """Return the fields, methods and constraints that a file adds to the account."""
    [model] = [
        node
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and node.name == "MailSyncAccount"
    ]
    found = set()
    for node in model.body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets}
    return found


def test_each_name_is_defined_in_one_file():
    counted = Counter(name for path in FILES for name in names(path) - {"_inherit"})
    assert len(counted) > 100
    assert [name for name, count in counted.items() if count > 1] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_only_the_model_itself_overrides_what_odoo_calls(path):
    calls_super = "super()" in path.read_text()
    assert calls_super == (path.stem == "account")
    assert names(path) & OVERRIDDEN == (OVERRIDDEN if path.stem == "account" else set())


def test_every_file_is_loaded():
    loaded = ast.parse((PARTS / "__init__.py").read_text()).body
    modules = [alias.name for node in loaded for alias in node.names]
    assert modules[0] == "account", "The others extend it."
    assert sorted(modules) == [path.stem for path in FILES]
