"""Who may import whom: the engine knows nothing of Odoo, and one bridge joins the two."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADDON = ROOT / "mail_sync_custom"
ENGINE = sorted((ADDON / "engine").glob("*.py"))

#: What decides, and what it may know. All of it is pure.
VALUES = {"engine.values", "engine.errors"}
DECISIONS = {
    **dict.fromkeys(("errors", "values"), frozenset()),
    **dict.fromkeys("plan status matching parse special_use providers catalogue".split(), VALUES),
    "exclusion": frozenset(),
    **dict.fromkeys(("sequence", "internaldate", "watching"), VALUES),
    "sync": VALUES | {"engine.plan", "engine.matching", "engine.parse"},
}
#: What the rest of the addon may know of the addon.
BRIDGE = {"engine", "recording", "safe_html", "live"}
LAYERS = {
    "store.py": BRIDGE,
    "recording.py": BRIDGE,
    "safe_html.py": {"engine"},
    "live.py": {"engine"},
    "filing.py": {"engine"},
    "turn.py": {"engine", "store", "filing"},
    "watched.py": {"engine"},
    "watcher.py": {"engine", "store", "turn", "watched", "models"},
    "fields.py": set(),
    "vault.py": set(),
    "models/*.py": {"engine", "turn", "filing", "watched", "fields", "vault", "models"},
    "wizard/*.py": {"fields", "wizard"},
}


def imports(path: Path) -> set[str]:
    """Return the modules that a file imports; those of the addon without its name before them."""
    package = path.relative_to(ADDON).parts[:-1] if path.is_relative_to(ADDON) else ()
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            base = ".".join([*above, *filter(None, [node.module])])
            whole = node.level and not node.module  # from . import plan
            found |= {f"{base}.{a.name}".lstrip(".") for a in node.names} if whole else {base}
    return {name.removeprefix("odoo.addons.mail_sync_custom.") for name in found}


def ours(path: Path) -> set[str]:
    own = {"mail_sync_custom", *(p.stem for p in ADDON.iterdir() if p.name != "tests")}
    return {name for name in imports(path) if name.partition(".")[0] in own}


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: path.stem)
def test_the_engine_imports_the_standard_library_and_itself(path):
    allowed = {*sys.stdlib_module_names, "engine"}
    allowed |= {"imapclient"} if path.name == "session.py" else set()
    assert {name.partition(".")[0] for name in imports(path)} <= allowed


@pytest.mark.parametrize("name", DECISIONS)
def test_what_decides_knows_of_values_alone(name):
    assert ours(ADDON / "engine" / f"{name}.py") <= DECISIONS[name]


@pytest.mark.parametrize("name", DECISIONS)
def test_what_decides_talks_to_nobody(name):
    talkers = {"socket", "ssl", "smtplib", "imaplib", "threading", "subprocess", "os", "requests"}
    talkers -= {"socket", "ssl"} if name == "catalogue" else set()  # it knows their exceptions
    assert imports(ADDON / "engine" / f"{name}.py").isdisjoint(talkers)


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_of_the_addon_knows_the_ones_below_it(layer):
    paths = list(ADDON.glob(layer))
    assert paths
    for path in paths:
        known = {name.partition(".")[0] for name in ours(path)} - {path.stem}
        assert known <= LAYERS[layer], path.name


def test_only_tests_use_what_lives_in_memory():
    paths = [path for path in ADDON.rglob("*.py") if "tests" not in path.parts]
    for path in paths:
        if path.stem not in ("memory", "memory_store"):
            assert {"engine.memory", "engine.memory_store"}.isdisjoint(ours(path)), path.name


def test_the_whole_is_tested_from_outside():
    paths = list((ROOT / "tests/system").glob("*.py"))
    assert paths
    for path in paths:
        assert ours(path) == set(), path.name
