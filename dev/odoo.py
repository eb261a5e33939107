"""Which Odoo 19 to use: the user's own, an installed one, else Debian's package, unpacked.

Odoo is not on PyPI. Debian has it in its suite `sid`, as one package that any machine can
unpack. apt fetches it from the machine's own mirror and checks the signatures as always. It uses a
state folder of ours, so the machine's own sources stay as they are.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

from .console import Failure, run, step
from .paths import STATE, write

SERIES = (19, 0)
UNPACKED = STATE / "odoo"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
OWN = "Name an Odoo 19 of your own: `make … ODOO=/path/to/odoo` (a checkout, or its odoo-bin)."

# Debian's Odoo links to these instead of shipping them. A dangling link costs a page its style,
# and without jquery there is no page at all. Newer suites install the same fonts elsewhere, so
# these come from the machine's own suite where possible.
LINKED = (
    "fonts-font-awesome",
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)

# Debian removed this file (it blurs the background of video calls), but the web client's bundle
# still names it. An empty file keeps the browser's console free of errors, which tours count.
MISSING = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"


def version(folder: Path) -> tuple[int, int] | None:
    """Return the series of the Odoo in that folder, such as (19, 0); None if there is none."""
    release = folder / "odoo" / "release.py"
    if not release.exists():
        return None
    found = re.search(r"^version_info = \((\d+), (\d+)", release.read_text(), re.MULTILINE)
    return (int(found[1]), int(found[2])) if found else None


@functools.cache
def locate() -> Path:
    """Return the folder to import Odoo from; fetch Odoo if there is none."""
    named = os.environ.get("ODOO", "")
    return from_user(named) if named else installed() or unpacked() or fetch()


def from_user(named: str) -> Path:
    """Return the folder of the Odoo that the user names: a checkout or its `odoo-bin`."""
    folder = Path(named).expanduser().resolve()
    if folder.is_file():
        folder = folder.parent
    if version(folder) != SERIES:
        raise Failure(
            f"ODOO={named} is not an Odoo 19.0: it has no odoo/release.py of that version.", OWN
        )
    return folder


def installed() -> Path | None:
    """Return the folder of an Odoo 19 that this machine's own Python can import."""
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin") or "python3"
    code = "import importlib.util as u; print(u.find_spec('odoo').submodule_search_locations[0])"
    # From elsewhere: a folder `odoo` in the current one must not count.
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, cwd="/")
    folder = Path(done.stdout.strip()).parent
    return folder if done.returncode == 0 and version(folder) == SERIES else None


def unpacked() -> Path | None:
    """Return the folder of the Odoo that an earlier run unpacked."""
    folder = UNPACKED / "usr/lib/python3/dist-packages"
    return folder if version(folder) == SERIES else None


def fetch() -> Path:
    """Fetch Debian's package of Odoo 19 and those it links to; unpack them in `.dev/odoo`."""
    if not shutil.which("apt-get"):
        raise Failure("No Odoo 19 here, and no apt to fetch Debian's with.", OWN)
    with step("Fetching Odoo 19 (Debian's package, 130 MB; nothing is installed)"):
        work = STATE / "apt"
        shutil.rmtree(work, ignore_errors=True)
        debs = download(work)
    with step("Unpacking Odoo"):
        new = STATE / "odoo.new"
        shutil.rmtree(new, ignore_errors=True)
        for deb in debs:
            run(["dpkg", "-x", deb, new])
        write(new / "usr/lib/python3/dist-packages" / MISSING, "")
        shutil.rmtree(UNPACKED, ignore_errors=True)
        new.rename(UNPACKED)
        shutil.rmtree(work)
    folder = unpacked()
    if folder is None:
        raise Failure("Debian's package is no longer an Odoo 19.0.", OWN)
    return folder


def download(work: Path) -> list[Path]:
    """Download the packages into a folder, in which apt keeps its state, too."""
    mirror, suite = machine_mirror()
    for folder in ("lists/partial", "cache/archives/partial", "debs"):
        (work / folder).mkdir(parents=True)
    # An empty status, for apt does not download what is installed.
    (work / "status").touch()
    sources = work / "debian.sources"
    sources.write_text(
        f"Types: deb\nURIs: {mirror}\nSuites: {suite} sid\nComponents: main\nSigned-By: {KEYRING}\n"
    )
    options = {
        "Dir::State::Lists": work / "lists",
        "Dir::State::Status": work / "status",
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": "/nonexistent",
        "Dir::Etc::Preferences": "/nonexistent",
        "Dir::Etc::PreferencesParts": "/nonexistent",
        "Dir::Cache": work / "cache",
        "APT::Default-Release": suite,
        # apt's unprivileged user cannot enter a clone in a folder that is root's alone.
        "APT::Sandbox::User": "root",
    }
    apt = ["apt-get", "-q", *(f"-o{name}={value}" for name, value in options.items())]
    run([*apt, "update"], fix=f"See that apt reaches its mirror. Or: {OWN}")
    packages = ["odoo-19", *LINKED]
    run(
        [*apt, "download", *packages],
        cwd=work / "debs",
        fix=f"If it says that odoo-19 is not found, Debian no longer has it. {OWN}",
    )
    return sorted((work / "debs").glob("*.deb"))


def machine_mirror() -> tuple[str, str]:
    """Return the Debian mirror that apt uses on this machine, and the suite it follows."""
    suite = re.search(r"^VERSION_CODENAME=(\S+)", Path("/etc/os-release").read_text(), re.MULTILINE)
    uris = run(["apt-get", "update", "--print-uris"])
    for mirror, of in re.findall(
        r"^'(\S+?/debian)/*/dists/([^/']+)/InRelease'", uris, re.MULTILINE
    ):
        if suite and of in (suite[1], "stable", "testing", "sid"):
            return mirror, of
    raise Failure("apt on this machine is not set to a Debian mirror.", OWN)
