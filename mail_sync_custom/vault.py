"""Encryption of secrets, with a key that is never in the database.

The key comes from ``mail_sync_key`` in ``odoo.conf`` or ``MAIL_SYNC_KEY`` in the environment.
Several keys are separated by commas: the first one encrypts, all are tried to decrypt, so that a
key can be replaced. Without either, a key is created in Odoo's data folder, with mode 0600.
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
    """No key that we have decrypts what is stored."""


class KeyUnusable(SecretUnreadable):
    """A configured key is not a valid key. Nothing is encrypted or decrypted then."""


class Source(StrEnum):
    """Where a key can come from, in the order in which the places are searched."""

    CONFIG = "config"
    ENVIRONMENT = "environment"
    FILE = "file"


class Encryption(StrEnum):
    """Which of the keys that we have decrypts a secret."""

    CURRENT = "current"  # the first one
    OLDER = "older"  # a later one
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the key comes from. ``place`` is the path of a file or the name of a variable."""

    source: Source
    place: str


def encrypt(secret: str) -> str:
    """Return the encrypted secret as ASCII text, different each time. Raises KeyUnusable."""
    return MultiFernet(_ciphers()).encrypt(secret.encode()).decode("ascii")


def decrypt(token: str) -> str:
    """Return the secret. Raises SecretUnreadable if no key decrypts it."""
    try:
        return MultiFernet(_ciphers()).decrypt(token.encode("ascii")).decode()
    except (InvalidToken, UnicodeError) as error:
        raise SecretUnreadable from error


def encryption(token: str) -> Encryption:
    """Return which key decrypts a secret."""
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
    """Return where the key comes from, or would be created. Creates and reveals none."""
    if config.get(OPTION):
        return Origin(Source.CONFIG, str(config["config"]))
    if os.environ.get(VARIABLE):
        return Origin(Source.ENVIRONMENT, VARIABLE)
    return Origin(Source.FILE, str(_key_file()))


def is_usable() -> bool:
    """Return whether the configured keys are valid."""
    try:
        return bool(_ciphers())
    except KeyUnusable:
        return False


def _ciphers() -> list[Fernet]:
    """Return a cipher for each key, in their order. Raises KeyUnusable."""
    configured = config.get(OPTION) or os.environ.get(VARIABLE) or ""
    keys = [key.strip() for key in configured.split(",") if key.strip()] or [_own_key()]
    try:
        return [Fernet(key) for key in keys]
    except ValueError:
        # Not chained: its message may contain the value, which may be a key with a typing error.
        raise KeyUnusable from None


def _key_file() -> Path:
    return Path(config["data_dir"]) / KEY_FILE


def _own_key() -> str:
    """Return the key in the data folder; create it at the first call.

    Several workers may do so at once. The file is written under another name and then linked, so
    that exactly one key wins and nobody reads half a key.
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
