"""A private PostgreSQL cluster in `.dev/postgres`, on a loopback port, with a password.

It is tuned for speed, not for durability: fsync is off, so a power cut may cost the cluster. An
Odoo process that is killed costs nothing, which is what the crash tests rely on.
"""

from __future__ import annotations

import math
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psycopg2
from psycopg2 import sql

from . import ending
from .console import Failure, run, step
from .machine import find, known_ports, need, own, ports, unprivileged
from .paths import DATA, LOG, STATE, write

HOST = "127.0.0.1"
# Not `postgres`: Odoo refuses to work as that role.
USER = "odoo"
CLUSTER = STATE / "postgres"
SECRET = STATE / "postgres.password"
LOGFILE = LOG / "postgres.log"

SETTINGS = """\
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
work_mem = 16MB
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
"""


def binary(name: str) -> Path | None:
    """Return one of PostgreSQL's programs; Debian keeps those of the server off the path."""
    return find(name, "/usr/lib/postgresql/*/bin")


def present() -> bool:
    """Return whether a PostgreSQL is installed that Odoo 19 works with (13 or newer)."""
    server = binary("postgres")
    if not (server and binary("initdb") and binary("pg_ctl") and binary("pg_dump")):
        return False
    words = subprocess.run([server, "--version"], capture_output=True, text=True).stdout
    major = re.search(r"\d+", words)
    return major is not None and int(major[0]) >= 13


def running() -> bool:
    """Return whether our cluster runs."""
    if not (CLUSTER / "postmaster.pid").exists():
        return False
    status = [*unprivileged(), binary("pg_ctl"), "status", "-D", CLUSTER]
    return subprocess.run(status, capture_output=True, check=False).returncode == 0


def start() -> None:
    """Start the cluster; create it first if there is none."""
    need(["postgresql"], present)
    if running():
        return
    if not (CLUSTER / "PG_VERSION").exists():
        create()
    with step("Starting PostgreSQL"):
        write(CLUSTER / "dev.conf", f"{SETTINGS}port = {ports('postgres', 'sql')['sql']}\n")
        own(LOG)
        ctl = [*unprivileged(), binary("pg_ctl"), "-D", CLUSTER, "-l", LOGFILE, "-w", "start"]
        # In a session of its own: an interrupt at the keyboard is not for the server.
        done = subprocess.run(
            [str(word) for word in ctl],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=ending.unmarked(),
            start_new_session=True,
            check=False,
        )
        if done.returncode:
            raise Failure("PostgreSQL did not start.", f"Read {LOGFILE}.")


def create() -> None:
    """Create the cluster."""
    with step("Creating a PostgreSQL cluster in .dev/postgres"):
        own(CLUSTER)
        CLUSTER.chmod(0o700)
        write(SECRET, secrets.token_urlsafe(24), mode=0o600)
        run(
            [
                *unprivileged(),
                binary("initdb"),
                f"--pgdata={CLUSTER}",
                f"--username={USER}",
                f"--pwfile={SECRET}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
            fix="Remove .dev/postgres and run this again.",
        )
        with (CLUSTER / "postgresql.conf").open("a") as conf:
            conf.write("include 'dev.conf'\n")


def stop() -> bool:
    """Stop the cluster; return whether it was running."""
    if not running():
        return False
    ctl = [*unprivileged(), str(binary("pg_ctl")), "-D", str(CLUSTER), "stop", "-w"]
    patience = str(math.ceil(ending.STOPPING))
    fast = subprocess.run([*ctl, "-m", "fast", "-t", patience], capture_output=True, check=False)
    if fast.returncode and running():
        # Something holds it up. It recovers when it starts again.
        run([*ctl, "-m", "immediate"])
    return True


def connection() -> dict[str, str | int]:
    """Return the connection parameters: `psycopg2.connect(**connection(), dbname=…)`."""
    port = known_ports("postgres")["sql"]
    return {"host": HOST, "port": port, "user": USER, "password": SECRET.read_text()}


def environment() -> dict[str, str]:
    """Return this environment with the variables that psql, pg_dump and libpq read."""
    to = connection()
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password"}
    return {**os.environ, **{name: str(to[key]) for name, key in names.items()}}


def execute(
    statement: sql.Composable | str, values: Sequence[object] = (), db: str = "postgres"
) -> list[tuple]:
    """Run a statement in a transaction of its own; return its rows."""
    connected = psycopg2.connect(**connection(), dbname=db)
    connected.autocommit = True
    try:
        with connected.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []
    finally:
        connected.close()


def databases() -> list[str]:
    """Return the names of the databases, except PostgreSQL's own."""
    rows = execute(
        "SELECT datname FROM pg_database WHERE datname != 'postgres' AND NOT datistemplate"
    )
    return sorted(name for (name,) in rows)


def createdb(name: str) -> None:
    """Create an empty database with the collation that Odoo uses."""
    text = "CREATE DATABASE {} ENCODING 'UTF8' LC_COLLATE 'C' TEMPLATE template0"
    execute(sql.SQL(text).format(sql.Identifier(name)))


def dropdb(name: str) -> None:
    """Drop a database and its filestore, even if someone is still connected."""
    execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    shutil.rmtree(filestore(name), ignore_errors=True)


def copydb(source: str, target: str) -> None:
    """Copy a database with its filestore, without which each asset would be an error 500."""
    dropdb(target)
    names = sql.Identifier(target), sql.Identifier(source)
    execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
    if filestore(source).exists():
        # Odoo names these files by their content and never changes one, so links are enough.
        shutil.copytree(filestore(source), filestore(target), copy_function=os.link)


def rename(source: str, target: str) -> None:
    """Rename a database, with its filestore."""
    names = sql.Identifier(source), sql.Identifier(target)
    execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*names))
    if filestore(source).exists():
        filestore(source).rename(filestore(target))


def filestore(name: str) -> Path:
    """Return the folder in which Odoo keeps the attachments of a database."""
    return DATA / "filestore" / name


def dump(name: str) -> str:
    """Return a database as SQL, to search it for what must not be in it."""
    return run([binary("pg_dump"), "--no-owner", name], env=environment())
