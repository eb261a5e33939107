"""The secrets' encryption, with a key that never lies in the database.

The key comes from ``mail_sync_key`` in ``odoo.conf`` or ``MAIL_SYNC_KEY`` in the environment;
several, separated by commas, are tried in turn and the first one encrypts, which is how a key is
exchanged. Without either, a key is made once in Odoo's data folder, readable to its owner alone.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from odoo.tools import config

KEY_FILE = "mail_sync.key"
OPTION, VARIABLE = "mail_sync_key", "MAIL_SYNC_KEY"


class SecretUnreadable(Exception):
    """What is stored was encrypted with a key that is not here, or is not ours at all."""


class KeyUnusable(SecretUnreadable):
    """What is named as a key is none. Neither is anything encrypted then, nor read."""


class Source(StrEnum):
    """Where a key can come from; the first of these that names one counts."""

    CONFIG = "config"
    ENVIRONMENT = "environment"
    FILE = "file"


class Encryption(StrEnum):
    """How a secret is encrypted, seen from the keys that there are."""

    CURRENT = "current"  # with the first key
    OLDER = "older"  # with one that is named after it
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the key in use comes from: ``place`` is a file's path, or a variable's name."""

    source: Source
    place: str


def encrypt(secret: str) -> str:
    """Return the secret as text that is safe in the database. The same secret differs each time.

    Raises KeyUnusable.
    """
    return MultiFernet(_ciphers()).encrypt(secret.encode()).decode("ascii")


def decrypt(token: str) -> str:
    """Return the secret. Raises SecretUnreadable when no key that we have opens it."""
    try:
        return MultiFernet(_ciphers()).decrypt(token.encode("ascii")).decode()
    except (InvalidToken, UnicodeError) as error:
        raise SecretUnreadable from error


def encryption(token: str) -> Encryption:
    """Return how a secret is encrypted."""
    try:
        ciphers = _ciphers()
    except KeyUnusable:
        return Encryption.UNREADABLE
    for cipher in ciphers:
        try:
            cipher.decrypt(token.encode("ascii"))
        except (InvalidToken, UnicodeError):
            continue
        return Encryption.CURRENT if cipher is ciphers[0] else Encryption.OLDER
    return Encryption.UNREADABLE


def origin() -> Origin:
    """Return where the key in use comes from, or would be made. Makes none, and tells none."""
    if config.get(OPTION):
        return Origin(Source.CONFIG, str(config["config"]))
    if os.environ.get(VARIABLE):
        return Origin(Source.ENVIRONMENT, VARIABLE)
    return Origin(Source.FILE, str(_key_file()))


def is_usable() -> bool:
    """Whether what is named as a key is one."""
    try:
        return bool(_ciphers())
    except KeyUnusable:
        return False


def _ciphers() -> list[Fernet]:
    """Return a cipher for each key, the first one's first. Raises KeyUnusable."""
    configured = config.get(OPTION) or os.environ.get(VARIABLE) or ""
    keys = [key.strip() for key in configured.split(",") if key.strip()] or [_own_key()]
    try:
        return [Fernet(key) for key in keys]
    except ValueError:
        # Not chained: its words may show what was named, and that may be a key with a slip in it.
        raise KeyUnusable from None


def _key_file() -> Path:
    return Path(config["data_dir"]) / KEY_FILE


def _own_key() -> str:
    """Return the key in the data folder, made at the first call.

    Several workers may come here at once: the file is written beside its place and linked into
    it, so that exactly one key wins and nobody reads half of one.
    """
    path = _key_file()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key())
        try:
            with suppress(FileExistsError):
                os.link(draft, path)
        finally:
            os.unlink(draft)
    return path.read_text("ascii").strip()
