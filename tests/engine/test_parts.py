"""A model in many files: the order in which these are loaded must not matter."""

import ast
from collections import Counter
from pathlib import Path

import pytest

ADDON = Path(__file__).parents[2] / "mail_sync_custom"
#: The folder of a model's files, and the file that creates the model.
MODELS = {"models/account": "account", "wizard/setup": "setup"}
#: Only that file overrides these.
OVERRIDDEN = {"create", "write", "unlink"}


def bodies(folder: str) -> dict[str, list[ast.stmt]]:
    """Return, by file, what stands in the class of the model that the folder is about."""
    found = {}
    for path in sorted((ADDON / folder).glob("*.py")):
        classes = [node for node in ast.parse(path.read_text()).body if _extends(node, folder)]
        if classes:
            [model] = classes
            found[path.stem] = model.body
    return found


def _extends(node: ast.stmt, folder: str) -> bool:
    first = {"models/account": "mail.sync.account", "wizard/setup": "mail.sync.account.setup"}
    return isinstance(node, ast.ClassDef) and any(
        isinstance(statement, ast.Assign)
        and ast.unparse(statement.targets[0]) in ("_name", "_inherit")
        and ast.literal_eval(statement.value) == first[folder]
        for statement in node.body
    )


def names(body: list[ast.stmt]) -> set[str]:
    """Return the fields, methods and constraints that a file adds to its model."""
    methods = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    assigned = {
        ast.unparse(target)
        for node in body
        if isinstance(node, ast.Assign)
        for target in node.targets
    }
    return (methods | assigned) - {"_inherit"}


@pytest.mark.parametrize("folder", MODELS)
def test_each_name_is_defined_in_one_file(folder):
    counted = Counter(name for body in bodies(folder).values() for name in names(body))
    assert len(counted) > 50
    assert [name for name, count in counted.items() if count > 1] == []


@pytest.mark.parametrize("folder", MODELS)
def test_one_file_overrides_create_write_and_unlink(folder):
    overriding = {file for file, body in bodies(folder).items() if names(body) & OVERRIDDEN}
    assert overriding == {MODELS[folder]}


@pytest.mark.parametrize("folder", MODELS)
def test_every_file_is_loaded_after_the_one_with_the_model(folder):
    body = ast.parse((ADDON / folder / "__init__.py").read_text()).body
    loaded = [alias.name for node in body for alias in node.names]
    assert loaded[0] == MODELS[folder]
    assert set(bodies(folder)) <= set(loaded)
    assert len(bodies(folder)) > 5
