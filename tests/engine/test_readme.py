"""The documentation names what there is, and there is what it names."""

import ast
import re
from pathlib import Path

import pytest

from engine.providers import PROVIDERS
from engine.status import State

ROOT = Path(__file__).parents[2]
ADDON = ROOT / "mail_sync_custom"
DOCS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "bench/README.md",
]
TEXTS = {str(path.relative_to(ROOT)): path.read_text() for path in DOCS}

#: Lines that the first page may have.
FRONT_PAGE = 130


def words(*names):
    """Return the text of pages as one line."""
    return " ".join(" ".join(TEXTS[name] for name in names).split())


def names_in(file, model):
    """Return the names of a data file's records of a model."""
    records = re.findall(
        rf'<record id="\w+" model="{re.escape(model)}">(.*?)</record>',
        (ADDON / file).read_text(),
        re.DOTALL,
    )
    found = (re.search(r'<field name="name">([^<]+)</field>', record) for record in records)
    return [name[1] for name in found if name]


def fields_of(file):
    """Return the labels of the fields that a model's file gives a label."""
    for node in ast.walk(ast.parse((ADDON / "models" / file).read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("fields."):
            labels = [a.value for a in node.args if isinstance(a, ast.Constant) and " " in a.value]
            yield from labels


def anchors(path):
    """Return the anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def defined_in(path):
    """Return the names of the functions in a file."""
    tree = ast.parse(path.read_text())
    return {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}


STATUSES = [state.value.title() for state in State]
PLANS = names_in("data/mail_sync_plan.xml", "mail.sync.plan")
ROLES = [
    name
    for name in names_in("security/mail_sync_groups.xml", "res.groups")
    if not name.startswith("Mail Sync:")
]
SETTINGS = [
    "Mail Sync Plan",
    *fields_of("res_company.py"),
    *fields_of("res_config_settings.py"),
]
PRESETS = [provider.name for provider in PROVIDERS]
TARGETS = re.findall(r'"make ([\w-]+) ', (ROOT / "Makefile").read_text())
COMMANDS = re.findall(r'^    "(\w+)": "', (ROOT / "dev/__main__.py").read_text(), re.MULTILINE)
ROOMS = sorted(
    path.name
    for folder in (ADDON, ADDON / "engine", ADDON / "models", ROOT / "tests")
    for path in folder.iterdir()
    if path.is_dir() and path.name[0] not in "._"
)
LINKS = [
    (name, link)
    for name, text in TEXTS.items()
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text)
]
TEST_IDS = [
    (name, test)
    for name, text in TEXTS.items()
    for test in re.findall(r"`([\w/]+\.py(?:::\w+)+)`", text)
]


def test_there_is_something_to_look_for():
    assert len(STATUSES) == 4
    assert len(PLANS) == 5
    assert len(ROLES) == 6
    assert len(SETTINGS) >= 3
    assert len(PRESETS) > 20
    assert {"demo", "test", "bench"} <= set(TARGETS)
    assert {"up", "down"} <= set(COMMANDS)
    assert len(LINKS) > 20


@pytest.mark.parametrize("name", [*STATUSES, *PLANS, *ROLES, *SETTINGS, *PRESETS])
def test_the_pages_for_users_and_administrators_name_it(name):
    assert name in words("docs/user.md", "docs/operate.md")


@pytest.mark.parametrize("target", TARGETS)
def test_the_page_for_contributors_names_the_make_target(target):
    assert f"`make {target}" in words("CONTRIBUTING.md")


@pytest.mark.parametrize("name", TEXTS)
def test_a_command_that_a_page_names_is_there(name):
    commands = re.findall(r"`make ([a-z-]+)|^ +make ([a-z-]+)", TEXTS[name], re.MULTILINE)
    assert {one or other for one, other in commands} <= set(TARGETS)
    assert set(re.findall(r"python3 -m dev (\w+)", TEXTS[name])) <= set(COMMANDS)


@pytest.mark.parametrize("room", ROOMS)
def test_the_tree_shows_the_room(room):
    assert f" {room}/" in words("docs/architecture.md")


@pytest.mark.parametrize(("name", "link"), LINKS)
def test_what_a_page_links_to_is_there(name, link):
    path, _, anchor = link.partition("#")
    target = (ROOT / name).parent / path if path else ROOT / name
    assert target.exists()
    assert not anchor or anchor in anchors(target)


@pytest.mark.parametrize(("name", "test"), TEST_IDS)
def test_a_test_that_a_page_names_is_there(name, test):
    path, *parts = test.split("::")
    assert (ROOT / path).exists()
    assert parts[-1] in defined_in(ROOT / path)


def test_the_front_page_is_short():
    assert len(TEXTS["README.md"].splitlines()) <= FRONT_PAGE


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs/decisions").glob("0*.md")), ids=lambda path: path.stem
)
def test_a_decision_is_listed_and_says_why_and_what_follows(path):
    text = path.read_text()
    assert f"]({path.name})" in TEXTS["docs/decisions/README.md"]
    assert text.startswith(f"# {path.name[:4]}: ")
    for part in ("Context", "Decision", "Consequences"):
        assert f"**{part}" in text


#: A table's row, without its first cell, which says what is compared.
CELLS = [
    [cell.strip() for cell in line.strip("| \n").split(" | ")]
    for line in TEXTS["docs/compare.md"].splitlines()
    if line.startswith("| ") and "](" in line
]


@pytest.mark.parametrize("cells", CELLS, ids=lambda cells: cells[0])
def test_each_answer_of_the_comparison_is_shown_by_a_test_or_by_a_source(cells):
    _feature, ours, *others = cells
    path = re.fullmatch(r"\[[^]]+\]\(\.\./([^)]+/test_\w+\.py)\)", ours)
    assert path and (ROOT / path[1]).exists()
    assert len(others) == 6
    for answer in others:
        assert answer == "not documented" or re.fullmatch(r"\[[^]]+\]\(https://\S+\)", answer)
