"""Where things are. Everything that `dev` writes is below `.dev/`."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDON = ROOT / "mail_sync_custom"

STATE = ROOT / ".dev"
LOG = STATE / "log"
VENV = STATE / "venv"
PYTHON = VENV / "bin" / "python"
CERTIFICATES = STATE / "certificates"
DATA = STATE / "odoo-data"
SERVICES = STATE / "services.json"


def write(path: Path, text: str, mode: int = 0o644) -> bool:
    """Write a file atomically; return whether its content changed."""
    if path.exists() and path.read_text() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.write_text(text)
    new.chmod(mode)
    new.replace(path)
    return True
