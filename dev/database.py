"""Odoo on our services: its configuration, the template database, copies, server processes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import secrets
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from . import certificates, ending, machine, odoo, postgres
from .console import Failure, say, step
from .machine import own
from .paths import ADDON, DATA, LOG, PYTHON, ROOT, STATE, write

TEMPLATE = "mail_sync_template"
BASE = "mail_sync_base"
CONFIG = STATE / "odoo.conf"

# The mail servers of the tests and of the demo are on this machine, which users may connect to only
# where the administrator lists it: the same setting as in Settings > Mail Sync.
PARAMETERS = {"mail_sync_custom.allowed_hosts": "127.0.0.0/8:*, localhost:*"}

# What a browser loads first, and a tour with it. Odoo would make it for the first page of each
# copy, and anew for each tour, whose transaction is rolled back.
ASSETS = """\
both = ("web.assets_web", "web.assets_tests", "web.__assets_tests_call__")
for kind, names in {
    "js": (*both, "web.assets_frontend_minimal", "web.assets_frontend_lazy"),
    "css": (*both, "web.assets_frontend", "web.assets_web_print"),
}.items():
    for name in names:
        bundle = env["ir.qweb"]._get_asset_bundle(name, js=kind == "js", css=kind == "css")
        getattr(bundle, kind)()
env.cr.commit()
"""

# In a new database all of Odoo's own jobs are due at once. One of them, the mail queue, may take
# the mail that tells a user of their new lead from the request that has just created the lead; Odoo
# then shows an error for a lead that is there. So they have just run, as in a database in use.
SETTLED = """\
UPDATE ir_cron
SET nextcall = now() AT TIME ZONE 'UTC' + (interval_number || ' ' || interval_type)::interval
WHERE id NOT IN (SELECT res_id FROM ir_model_data WHERE model = 'ir.cron' AND module = %s)
"""

CONF = """\
[options]
addons_path = {addons_path}
admin_passwd = {admin_passwd}
data_dir = {data_dir}
db_host = {host}
db_port = {port}
db_user = {user}
db_password = {password}
db_maxconn = 64
http_interface = 127.0.0.1
list_db = False
max_cron_threads = 2
workers = 0
server_wide_modules = base,web
limit_time_real = 600
limit_time_cpu = 600
"""


def addons_path() -> list[Path]:
    """Return the folders of addons: ours and those that the user names (`ADDONS_PATH=`)."""
    named = os.environ.get("ADDONS_PATH", "").split(",")
    folders = [Path(folder).expanduser().resolve() for folder in named if folder]
    for folder in folders:
        if not folder.is_dir():
            raise Failure(
                f"ADDONS_PATH names {folder}, which is not a folder.", "Correct ADDONS_PATH."
            )
    # Odoo finds its own addons itself.
    return [*([ROOT] if has_addon() else []), *folders]


def has_addon() -> bool:
    """Return whether the addon is there to be installed."""
    return (ADDON / "__manifest__.py").exists()


def configure() -> Path:
    """Write Odoo's configuration for the running services."""
    secret = STATE / "admin_passwd"
    if not secret.exists():
        write(secret, secrets.token_urlsafe(24), mode=0o600)
    DATA.mkdir(parents=True, exist_ok=True)
    text = CONF.format(
        addons_path=",".join(map(str, addons_path())),
        admin_passwd=secret.read_text(),
        data_dir=DATA,
        **postgres.connection(),
    )
    write(CONFIG, text, mode=0o600)
    return CONFIG


def environment() -> dict[str, str]:
    """Return the environment of an Odoo process, which also trusts our own authority.

    Odoo compiles some thousand files at each start unless it may keep what it compiled: below
    `.dev`, since its folder may be somebody else's.
    """
    dropped = ("ODOO_RC", "OPENERP_SERVER", "PYTHONDONTWRITEBYTECODE")
    return {
        **{name: value for name, value in os.environ.items() if name not in dropped},
        "PYTHONPYCACHEPREFIX": str(STATE / "pycache"),
        "SSL_CERT_FILE": str(certificates.BUNDLE),
        "TZ": "UTC",
    }


def odoo_command(db: str, *args: str, command: str = "server") -> list[str]:
    """Return the command that runs Odoo on a database; run it with `environment()`."""
    config = [f"--config={configure()}", f"--database={db}"]
    return [str(PYTHON), "-m", "odoo", command, *config, *args]


def run_odoo(db: str, *args: str) -> None:
    """Run Odoo on a database until it ends, as with `--init`. Raises Failure if it fails."""
    finish(db, "--no-http", "--stop-after-init", "--max-cron-threads=0", *args)


def make_assets(db: str) -> None:
    """Have Odoo make what a browser loads first, and keep it in the database."""
    finish(db, "--no-http", command="shell", code=ASSETS)


def finish(db: str, *args: str, command: str = "server", code: str = "") -> None:
    """Run a command of Odoo, with code for its shell, to its end. Raises Failure if it fails."""
    argv = odoo_command(db, *args, command=command)
    log = own(LOG) / f"odoo-{db}.log"
    with log.open("w") as output:
        done = subprocess.run(
            argv,
            env=environment(),
            cwd=ROOT,
            input=code.encode(),
            stdout=output,
            stderr=output,
            check=False,
        )
    # Odoo exits with 0 even if an addon could not be loaded. Only its log says so.
    lines = log.read_text(errors="replace").splitlines()
    broken = [line for line in lines if " ERROR " in line or " CRITICAL " in line]
    if done.returncode or broken:
        say("\n".join(lines[-60:]))
        raise Failure(f"Odoo failed on the database {db}.", f"Read {log}.")


# --- the template and its copies ----------------------------------------------------------


def template() -> str:
    """Return the name of a database with the addon installed; make it anew if out of date."""
    with machine.alone():
        name = f"{TEMPLATE}_{fingerprint()}"
        if name in postgres.databases():
            return name
        source, building = base(), f"{TEMPLATE}_new"
        with step(f"Installing {ADDON.name}"):
            postgres.copydb(source, building)
            if has_addon():
                run_odoo(building, f"--init={ADDON.name}")
            for key, value in PARAMETERS.items():
                set_parameter(building, key, value)
            make_assets(building)
            for old in postgres.databases():
                if old.startswith(f"{TEMPLATE}_") and old != building:
                    postgres.dropdb(old)
            postgres.rename(building, name)
        return name


def base() -> str:
    """Return the name of a database with Odoo's CRM alone, which no change of ours affects."""
    name = f"{BASE}_{hashlib.sha256(str(odoo.locate()).encode()).hexdigest()[:8]}"
    if name not in postgres.databases():
        with step("Making a database with Odoo's CRM"):
            building = f"{BASE}_new"
            postgres.dropdb(building)
            postgres.createdb(building)
            run_odoo(building, "--init=crm")
            postgres.rename(building, name)
    return name


def fingerprint() -> str:
    """Return a hash of everything that the template is made from."""
    digest = hashlib.sha256(f"{odoo.locate()} {addons_path()} {PARAMETERS} {ASSETS}".encode())
    for file in sorted(ADDON.rglob("*")):
        name = file.relative_to(ADDON)
        # Tests are not installed, and ruff leaves caches beside the files that it reads.
        if file.is_file() and not {"__pycache__", "tests"} & set(name.parts):
            digest.update(f"{name} ".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def fresh(name: str) -> str:
    """Make a database, or make it anew, as a copy of the template; return its name."""
    with machine.alone():
        postgres.copydb(template(), name)
        postgres.execute(SETTLED, [ADDON.name], db=name)
    return name


@contextlib.contextmanager
def copy(prefix: str) -> Iterator[str]:
    """Yield the name of a copy of the template, which is dropped afterwards."""
    name = fresh(f"{prefix}_{secrets.token_hex(4)}")
    try:
        yield name
    finally:
        postgres.dropdb(name)


def set_parameter(db: str, key: str, value: str) -> None:
    """Set a system parameter in a database that no Odoo is using."""
    postgres.execute(
        "INSERT INTO ir_config_parameter (key, value) VALUES (%s, %s)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, value),
        db=db,
    )


# --- servers ------------------------------------------------------------------------------


class OdooServer:
    """A real Odoo process on a database: `with OdooServer(db) as server: … server.url`.

    More than one may serve the same database. What it prints is in `server.log`.
    """

    def __init__(self, db: str, *args: str, port: int | None = None) -> None:
        self.db = db
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = LOG / f"odoo-{db}-{self.port}.log"
        self._args = args
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process that listens, and the leader of its group."""
        if self._process is None:
            raise RuntimeError("This Odoo has not been started.")
        return self._process.pid

    def start(self, timeout: float = 120) -> OdooServer:
        """Start it and wait until it answers."""
        own(LOG)
        argv = odoo_command(
            self.db,
            f"--http-port={self.port}",
            f"--db-filter=^{self.db}$",
            f"--pidfile={STATE / 'pid' / f'odoo-{self.port}'}",
            *self._args,
        )
        with self.log.open("ab") as log:
            # Odoo ends with this process, however that ends.
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig=TERM", "--", *argv],
                env=environment(),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + timeout
        while not self.is_answering():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                say(self.log.read_text(errors="replace")[-4000:])
                raise Failure(f"Odoo on {self.db} did not answer.", f"Read {self.log}.")
            time.sleep(0.1)
        return self

    def is_answering(self) -> bool:
        """Return whether the log-in page answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/web/login", timeout=60) as page:
                return page.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def is_running(self) -> bool:
        """Return whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def wait(self) -> None:
        """Wait until it ends or the user interrupts."""
        if self._process is not None:
            with contextlib.suppress(KeyboardInterrupt):
                self._process.wait()

    def stop(self) -> None:
        """End it as an administrator would, and wait until it has ended."""
        if self._process is None or not self.is_running():
            return
        self._process.terminate()
        try:
            self._process.wait(ending.grace())
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill it and every process that it started."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def __enter__(self) -> OdooServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def free_port() -> int:
    """Return a free port."""
    while not machine.is_free(port := random.choice(machine.PORTS)):
        pass
    return port
