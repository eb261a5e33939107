"""Who may import whom, by folder: the engine knows nothing of Odoo; one bridge joins the two."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADDON = ROOT / "mail_sync_custom"
ENGINE = sorted((ADDON / "engine").rglob("*.py"))

#: Each room of the engine, and the rooms it may import from, itself aside.
VALUES = {"engine.values", "engine.errors"}
PURE = (
    "conversations plan status special_use providers catalogue watching pacing markup sasl oauth "
    "allowance copies"
).split()
#: Pure as well, and they compare addresses, of which there is one idea.
ADDRESSED = "people exclusion mime entered".split()
SYNC = "plan people matching completeness mime reports".split()
ENGINE_ROOMS = {
    "engine.errors": set(),
    "engine.values": set(),
    "engine.addresses": set(),
    **{f"engine.{name}": VALUES for name in PURE},
    **{f"engine.{name}": VALUES | {"engine.addresses"} for name in ADDRESSED},
    "engine.matching": VALUES | {"engine.people", "engine.copies"},
    "engine.completeness": VALUES | {"engine.matching", "engine.copies"},
    "engine.reports": VALUES | {"engine.addresses", "engine.catalogue", "engine.mime"},
    "engine.sync": VALUES | {f"engine.{name}" for name in SYNC},
    "engine.net": VALUES | {"engine.catalogue"},
    "engine.imap": VALUES | {"engine.net", "engine.catalogue", "engine.sasl"},
    "engine.smtp": VALUES | {"engine.net", "engine.catalogue", "engine.sasl"},
    "engine.memory": VALUES
    | {
        f"engine.{name}"
        for name in "sync net imap people copies matching completeness exclusion reports".split()
    },
}
#: The rest of the addon. A room that is named here may use all of the rooms beside it.
ROOMS = {
    "fields": set(),
    "transactions": set(),
    "vault": set(),
    "discretion": set(),
    "hooks": set(),
    "bridge": {"engine", "transactions"},
    "sign_in": {"engine", "vault", "transactions", "turns"},
    "turns": {"engine", "bridge", "models", "transactions"},
    "words": set(),
    "models": {
        "engine",
        "bridge",
        "turns",
        "words",
        "fields",
        "vault",
        "transactions",
        "sign_in",
    },
    "wizard": {"fields"},
    "controllers": {"engine"},
    "cli": {"turns"},
}
#: What an IMAP client library may be imported by: the one door.
DOOR = "engine.imap"
#: Kept tables that are better than our own would be; each stands behind one file.
LIBRARIES = {
    "mime/labels.py": {"webencodings"},
    "mime/detection.py": {"charset_normalizer"},
    "net/certificates.py": {"cryptography"},
}
TALKERS = {"socket", "ssl", "smtplib", "imaplib", "threading", "subprocess", "os", "requests"}


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
            # `from . import plan` and `from ..net import dial` name modules.
            found |= {
                whole if node.level and _is_module(whole) else base
                for whole in (f"{base}.{alias.name}".lstrip(".") for alias in node.names)
            }
    return {name.removeprefix("odoo.addons.mail_sync_custom.") for name in found}


def _is_module(name: str) -> bool:
    path = ADDON.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").exists()


def ours(path: Path) -> set[str]:
    """Return the modules of the addon that a file imports."""
    own = {"mail_sync_custom", *(p.stem for p in ADDON.iterdir() if p.name != "tests")}
    return {name for name in imports(path) if name.partition(".")[0] in own}


def room(name: str) -> str:
    """Return the room that a module is in: its first folder, or two of them in the engine."""
    parts = name.split(".")
    return ".".join(parts[: 2 if parts[0] == "engine" else 1])


def files(name: str) -> list[Path]:
    """Return the files of a room."""
    path = ADDON.joinpath(*name.split("."))
    return sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: str(path.relative_to(ADDON)))
def test_the_engine_imports_the_standard_library_and_itself(path):
    allowed = {*sys.stdlib_module_names, "engine"}
    allowed |= {"imapclient"} if path in files(DOOR) else set()
    allowed |= LIBRARIES.get(path.relative_to(ADDON / "engine").as_posix(), set())
    assert {name.partition(".")[0] for name in imports(path)} <= allowed


@pytest.mark.parametrize("name", ENGINE_ROOMS)
def test_each_room_of_the_engine_knows_the_ones_below_it(name):
    for path in files(name):
        known = {room(one) for one in ours(path)} - {name}
        assert known <= ENGINE_ROOMS[name], path.name


def test_every_room_of_the_engine_has_its_walls():
    assert {room(".".join(p.relative_to(ADDON).with_suffix("").parts)) for p in ENGINE} - {
        "engine.__init__"
    } == set(ENGINE_ROOMS)


@pytest.mark.parametrize(
    "name", ["engine.sync", *(f"engine.{n}" for n in ("addresses", "reports", *PURE, *ADDRESSED))]
)
def test_what_decides_talks_to_nobody(name):
    talkers = TALKERS - ({"socket", "ssl"} if name == "engine.catalogue" else set())
    for path in files(name):
        assert imports(path).isdisjoint(talkers), path.name


@pytest.mark.parametrize("name", ROOMS)
def test_each_room_of_the_addon_knows_the_ones_below_it(name):
    paths = [path for path in files(name) if path.exists()]
    for path in paths:
        known = {one.partition(".")[0] for one in ours(path)} - {name}
        assert known <= ROOMS[name], path.name


def test_one_module_opens_transactions():
    # A connection that holds locks is one of its own, on which no transaction is ever open.
    openers = {
        str(path.relative_to(ADDON))
        for path in ADDON.rglob("*.py")
        if "tests" not in path.parts and ".cursor()" in path.read_text()
    }
    assert openers == {"transactions.py", "turns/locks.py"}


def test_only_tests_use_what_lives_in_memory():
    paths = [path for path in ADDON.rglob("*.py") if "tests" not in path.parts]
    for path in paths:
        if path not in files("engine.memory"):
            assert "engine.memory" not in {room(name) for name in ours(path)}, path.name


def test_the_whole_is_tested_from_outside():
    paths = list((ROOT / "tests/system").glob("*.py"))
    assert paths
    for path in paths:
        assert ours(path) == set(), path.name
