"""The README names what there is: a status, plan, role, setting or preset is missing nowhere."""

import ast
import re
from pathlib import Path

import pytest

from engine.providers import PROVIDERS
from engine.status import State

ROOT = Path(__file__).parents[2]
ADDON = ROOT / "mail_sync_custom"
README = (ROOT / "README.md").read_text()
WORDS = " ".join(README.split())


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


STATUSES = [state.value.title() for state in State]
PLANS = names_in("data/mail_sync_plan.xml", "mail.sync.plan")
ROLES = [
    name
    for name in names_in("security/mail_sync_groups.xml", "res.groups")
    if not name.startswith("Mail Sync:")
]
SETTINGS = [*fields_of("res_company.py"), *fields_of("res_config_settings.py")]
PRESETS = [provider.name for provider in PROVIDERS]
TARGETS = re.findall(r'"make (\w+) ', (ROOT / "Makefile").read_text())
FOLDERS = [path.name for path in ADDON.iterdir() if path.suffix == ".py" and path.stem[0] != "_"]


def test_there_is_something_to_look_for():
    assert len(STATUSES) == 4
    assert len(PLANS) == 5
    assert len(ROLES) == 6
    assert len(SETTINGS) >= 3
    assert len(PRESETS) > 20
    assert "bench" in TARGETS


@pytest.mark.parametrize("name", [*STATUSES, *PLANS, *ROLES, *SETTINGS, *PRESETS])
def test_the_readme_names_it(name):
    assert name in WORDS


@pytest.mark.parametrize("target", TARGETS)
def test_the_readme_names_the_make_target(target):
    assert f"make {target}" in WORDS


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_what_the_readme_links_to_is_there(link):
    assert (ROOT / link).exists()
