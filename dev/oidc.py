"""An OpenID provider of our own: node-oidc-provider, certified by the OpenID Foundation.

Any mail address is an account, with the password of the embedded mail host, whose Dovecot and SMTP
server ask this provider about each access token (RFC 7662). `configure` makes it misbehave.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import ssl
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from . import certificates, passwords
from .console import run, step
from .machine import Daemon, answers, find, known_ports, need, ports
from .paths import ROOT, STATE, write

# Of the three addresses, the one whose certificate the development authority has signed.
HOST = "127.0.0.3"
SOURCE = ROOT / "dev" / "oidc_provider"
HOME = STATE / "oidc"
STAMP = HOME / "installed.json"
DAEMON = Daemon("oidc")
CLIENT_ID, RESOURCE_ID = "mail-sync", "dovecot"
# Not a secret: it opens nothing but the provider on this machine.
SECRET = "development-client-secret-0123456789"


def present() -> bool:
    """Return whether Node.js and npm are installed."""
    return bool(find("node") and find("npm"))


def install() -> None:
    """Install the provider in `.dev/oidc`, unless that version is there."""
    need(["nodejs", "npm"], present)
    lock = (SOURCE / "package-lock.json").read_text()
    for file in SOURCE.iterdir():
        write(HOME / file.name, file.read_text())
    if STAMP.exists() and STAMP.read_text() == lock:
        return
    with step("Installing the OpenID provider (npm, 9 MB)"):
        shutil.rmtree(HOME / "node_modules", ignore_errors=True)
        options = ["--omit=dev", "--no-audit", "--no-fund", "--ignore-scripts"]
        run(
            [find("npm"), "ci", "--prefix", HOME, *options],
            fix="See that npm reaches its registry, then run this again.",
        )
        write(STAMP, lock)


def running() -> bool:
    """Return whether our provider runs."""
    return DAEMON.pid is not None


def start() -> None:
    """Start the provider, unless it is running."""
    install()
    if running():
        return
    with step("Starting the OpenID provider"):
        port = ports("oidc", "https")["https"]
        DAEMON.start(
            [find("node"), HOME / "provider.mjs"],
            ready=lambda: answers(HOST, port),
            env={
                **os.environ,
                "OIDC_HOST": HOST,
                "OIDC_PORT": str(port),
                "OIDC_SECRET": SECRET,
                "OIDC_PASSWORD": passwords.PASSWORD,
                "OIDC_CERTIFICATE": str(certificates.TRUSTED / "certificate.pem"),
                "OIDC_KEY": str(certificates.TRUSTED / "key.pem"),
            },
            cwd=HOME,
        )


def stop() -> bool:
    """Stop the provider; return whether it was running."""
    return DAEMON.stop()


def issuer() -> str:
    """Return the issuer's URL."""
    return f"https://{HOST}:{known_ports('oidc')['https']}"


def introspection_url() -> str:
    """Return where a mail server asks about a token, with its own name and password."""
    address = issuer().removeprefix("https://")
    return f"https://{RESOURCE_ID}:{SECRET}@{address}/token/introspection"


def context() -> ssl.SSLContext:
    """Return TLS settings that trust our authority."""
    return ssl.create_default_context(cafile=certificates.BUNDLE)


def post(path: str, user: str = CLIENT_ID, **form: str) -> dict[str, Any]:
    """Return the provider's answer to a form, as a client or a resource server sends it."""
    basic = base64.b64encode(f"{user}:{SECRET}".encode()).decode()
    request = urllib.request.Request(
        issuer() + path,
        urllib.parse.urlencode(form).encode(),
        {"Authorization": f"Basic {basic}"},
    )
    with urllib.request.urlopen(request, timeout=20, context=context()) as answer:
        return json.loads(answer.read() or b"{}")


def address_of(token: str) -> str | None:
    """Return whose access token this is, None if it is not valid for mail (RFC 7662 §2.2)."""
    try:
        found = post("/token/introspection", RESOURCE_ID, token=token)
    except (OSError, ValueError):
        return None
    valid = found.get("active") and "mail" in found.get("scope", "").split()
    return found["sub"] if valid else None


def configure(**settings: Any) -> dict[str, Any]:
    """Change how the provider behaves (`USUAL` in provider.mjs); `reset=True` for as usual."""
    request = urllib.request.Request(
        issuer() + "/control",
        json.dumps(settings).encode(),
        {"Authorization": f"Bearer {SECRET}"},
    )
    with urllib.request.urlopen(request, timeout=20, context=context()) as answer:
        return json.load(answer)
