"""The virtual environment in `.dev/venv`, with the packages that `dev/requirements.txt` pins."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from .console import Failure, run, step
from .machine import need
from .paths import PYTHON, ROOT, VENV

REQUIREMENTS = ROOT / "dev" / "requirements.txt"
STAMP = VENV / "requirements.sha256"

# The Python versions that both Odoo 19 and the pinned packages support.
VERSIONS = ("3.11", "3.12", "3.13")


def interpreter() -> str | None:
    """Return a Python that Odoo 19 runs on and that can make virtual environments, or None."""
    running = "{}.{}".format(*sys.version_info)
    if running in VERSIONS and can_make_venv(sys.executable):
        return sys.executable
    for version in VERSIONS:
        found = shutil.which(f"python{version}")
        if found and can_make_venv(found):
            return found
    return None


def can_make_venv(python: str) -> bool:
    """Return whether it has `venv`, which Debian packages apart, and works (a shim may not)."""
    trial = [python, "-c", "import ensurepip, venv"]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


def inside() -> bool:
    """Return whether this process runs in the virtual environment."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def make() -> None:
    """Make or update the virtual environment, if the requirements have changed."""
    stamp = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == stamp and PYTHON.exists():
        return
    need(["python3-venv"], interpreter)
    with step("Making the virtual environment .dev/venv"):
        # A working one is updated in place, because another command may be running in it.
        if not PYTHON.exists() or not can_make_venv(str(PYTHON)):
            shutil.rmtree(VENV, ignore_errors=True)
            run([interpreter() or "python3", "-m", "venv", VENV])
        run(
            [PYTHON, "-m", "pip", "install", "--quiet", "--no-input", "-r", REQUIREMENTS],
            fix="See that pip reaches its index, then run this again.",
            env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        )
        STAMP.write_text(stamp)


def link(folder: Path) -> None:
    """Let `import odoo` in the virtual environment find the Odoo in that folder."""
    (site,) = (VENV / "lib").glob("python3.*/site-packages")
    pth = site / "odoo.pth"
    if not pth.exists() or pth.read_text() != f"{folder}\n":
        pth.write_text(f"{folder}\n")


def enter() -> NoReturn:
    """Continue in the virtual environment: replace this process by the same command in it."""
    if not PYTHON.exists():
        raise Failure("There is no virtual environment.", "Run `python3 -m dev up`.")
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), "-m", "dev", *sys.argv[1:]])
