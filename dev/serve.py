"""`python3 -m dev serve`: the web client on a lasting database, until it is interrupted.

`DB=` names another database than `demo`, `ODOO=` your own Odoo and `ADDONS_PATH=` folders with
your own addons. A missing database is created; an older one is updated. The watcher runs beside
Odoo, for *Settings > Mail Sync > Record new mails at once*.
"""

from __future__ import annotations

import os

from . import database, machine, watcher
from .console import say
from .paths import ADDON, STATE, write
from .postgres import databases


def run() -> int:
    """Serve the database until the user interrupts; return the exit code."""
    name = os.environ.get("DB") or "demo"
    prepare(name)
    port = machine.ports("odoo", f"http.{name}")[f"http.{name}"]
    with database.OdooServer(name, port=port) as server, watcher.Watcher(name):
        say(f"\n{server.url}/odoo    log-in: admin, password: admin")
        say(f"Log: {server.log}    Stop: Ctrl-C")
        server.wait()
    return 0


def prepare(name: str) -> None:
    """Create a lasting database with the addon, or update the addon in it if it has changed."""
    stamp = STATE / "served" / name
    made_of = database.fingerprint()
    if name not in databases():
        database.fresh(name)
    elif not stamp.exists() or stamp.read_text() != made_of:
        database.run_odoo(name, f"--init={ADDON.name}", f"--update={ADDON.name}")
    write(stamp, made_of)
