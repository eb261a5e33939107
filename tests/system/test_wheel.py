"""The addon as a wheel: built, installed next to an Odoo, and loaded by it from there."""

from __future__ import annotations

import ast
import os
import secrets
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from dev import database, odoo, postgres

ROOT = Path(__file__).parents[2]
ADDON = ROOT / "mail_sync_custom"


def run(*argv: str | Path, cwd: Path) -> str:
    """Run a command outside the clone, as `odoo.addons` must not be found in it; return stdout."""
    kept = {k: v for k, v in database.environment().items() if k != "PYTHONPATH"}
    done = subprocess.run(
        list(map(str, argv)), cwd=cwd, env=kept, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wheel")


@pytest.fixture(scope="module")
def wheel(folder: Path) -> Path:
    """Build the wheel, without the network: the build backend is in this environment."""
    building = ("-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index")
    run(sys.executable, *building, f"--wheel-dir={folder}", ADDON, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(folder: Path, wheel: Path) -> Path:
    """Return the Python of a new environment that has Odoo, what Odoo needs, and the wheel."""
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    made = folder / "venv/bin/python"
    site = run(
        made, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder
    ).strip()
    # Odoo is not on any package index, and its requirements take a minute to install.
    borrowed = (sysconfig.get_path("purelib"), odoo.locate())
    Path(site, "odoo.pth").write_text("".join(f"{path}\n" for path in borrowed))
    # Without dependencies: `psycopg2-binary` is not the `psycopg2` that Odoo asks for.
    installing = ("-m", "pip", f"--python={made}", "install", "--no-index", "--no-deps")
    run(sys.executable, *installing, wheel, cwd=folder)
    return made


def test_its_version_is_the_manifests(wheel):
    version = ast.literal_eval((ADDON / "__manifest__.py").read_text())["version"]
    assert wheel.name == f"odoo_addon_mail_sync_custom-{version}-py3-none-any.whl"


def test_it_contains_everything_in_git_except_the_build_configuration(wheel):
    listed = subprocess.check_output(["git", "ls-files", "."], cwd=ADDON, text=True).split("\n")
    names = run(sys.executable, "-m", "zipfile", "--list", wheel, cwd=wheel.parent)
    missing = [name for name in listed if f"odoo/addons/mail_sync_custom/{name}" not in names]
    assert missing in ([], ["pyproject.toml"])


def test_its_requirements_match_the_manifest_and_are_installed(python, folder):
    manifest = ast.literal_eval((ADDON / "__manifest__.py").read_text())
    code = (
        "from importlib.metadata import requires, version\n"
        "for one in requires('odoo-addon-mail_sync_custom'):\n"
        "    name = one.partition('=')[0].partition('>')[0]\n"
        "    print(name, version(name))"
    )
    found = {line.split()[0] for line in run(python, "-c", code, cwd=folder).splitlines()}
    assert found == {"odoo", *manifest["external_dependencies"]["python"]}


def test_odoo_finds_and_installs_it(python, folder):
    config = folder / "odoo.conf"
    lines = database.configure().read_text().splitlines()
    config.write_text("\n".join(one for one in lines if not one.startswith("addons_path")))
    config.chmod(0o600)
    name = f"wheel_{secrets.token_hex(4)}"
    postgres.copydb(database.base(), name)
    try:
        odoo_command = (python, "-m", "odoo", "server", f"--config={config}", f"--database={name}")
        once = ("--no-http", "--stop-after-init", "--max-cron-threads=0")
        run(*odoo_command, *once, "--init=mail_sync_custom", cwd=folder)
        (state,) = postgres.execute(
            "SELECT state FROM ir_module_module WHERE name = 'mail_sync_custom'", db=name
        )
    finally:
        postgres.dropdb(name)
    assert state == ("installed",)
    where = "import odoo.addons.mail_sync_custom as addon; print(addon.__file__)"
    found = run(python, "-c", f"import odoo.init\n{where}", cwd=folder).strip()
    assert Path(found).is_relative_to(folder), os.fspath(found)
