"""The background services, started together and described in `.dev/services.json`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from . import (
    certificates,
    dovecot,
    ending,
    odoo,
    oidc,
    passwords,
    postgres,
    smtp,
    smtp_server,
    venv,
)
from .console import say
from .machine import browser, own
from .paths import LOG, PYTHON, ROOT, SERVICES, STATE, write

# In the order in which they start.
ALL = {"PostgreSQL": postgres, "OpenID": oidc, "Dovecot": dovecot, "SMTP": smtp}

#: The names of those that this process started.
started: list[str] = []


@dataclass(frozen=True)
class Hosts:
    """The addresses of the embedded mail host, which differ in their certificates."""

    trusted: str = dovecot.TRUSTED
    self_signed: str = dovecot.SELF_SIGNED
    wrong_name: str = dovecot.WRONG_NAME
    plain: str = dovecot.PLAIN


@dataclass(frozen=True)
class Services:
    """How to use the services. Every value can be written as JSON."""

    hosts: Hosts
    imap_port: int
    imaps_port: int
    lmtp_port: int
    smtp_port: int
    smtps_port: int
    issuer: str
    password: str
    passwords_file: str
    ca_bundle: str
    self_signed_certificate: str
    smtp_journal: str
    smtp_size_limit: int
    mail_log: str
    doveadm: list[str]
    postgres: dict[str, str | int]
    python: str
    odoo: str
    chromium: str | None
    root: str
    state: str


def describe() -> Services:
    """Return how to use the running services."""
    imap, mail, chromium = dovecot.listening(), smtp.listening(), browser()
    return Services(
        hosts=Hosts(),
        imap_port=imap["imap"],
        imaps_port=imap["imaps"],
        lmtp_port=imap["lmtp"],
        smtp_port=mail["smtp"],
        smtps_port=mail["smtps"],
        issuer=oidc.issuer(),
        password=passwords.PASSWORD,
        passwords_file=str(passwords.FILE),
        ca_bundle=str(certificates.BUNDLE),
        self_signed_certificate=str(certificates.SELF_SIGNED / "certificate.pem"),
        smtp_journal=str(smtp_server.JOURNAL),
        smtp_size_limit=smtp_server.LIMIT,
        mail_log=str(LOG / "dovecot.log"),
        doveadm=dovecot.doveadm_command(),
        postgres=postgres.connection(),
        python=str(PYTHON),
        odoo=str(odoo.locate()),
        chromium=str(chromium) if chromium else None,
        root=str(ROOT),
        state=str(STATE),
    )


def up() -> Services:
    """Start the services that are not running; write down and return how to use them."""
    own(LOG)
    venv.link(odoo.locate())
    certificates.make()
    for name, service in ALL.items():
        if not service.running():
            started.append(name)
            service.start()
    described = describe()
    # It contains a password.
    write(SERVICES, json.dumps(dataclasses.asdict(described), indent=1) + "\n", mode=0o600)
    return described


def down(names: Iterable[str] = ALL) -> None:
    """Stop what is running, all at once."""
    with ThreadPoolExecutor() as pool:
        stopped = {name: pool.submit(ALL[name].stop) for name in names}
    for name, was_running in stopped.items():
        say(f"- {name}: {'stopped' if was_running.result() else 'was not running'}")
    if stopped:
        SERVICES.unlink(missing_ok=True)


def down_if_unused() -> None:
    """Stop the services that this command started, unless another command is at work here."""
    if not ending.marked(f"{STATE}:"):
        down(started)


def status() -> bool:
    """Print which services are running; return whether all are."""
    running = {name: service.running() for name, service in ALL.items()}
    for name, is_running in running.items():
        say(f"{name:12}{'running' if is_running else 'not running'}")
    if all(running.values()):
        say(f"How to use them: {SERVICES}")
    return all(running.values())
