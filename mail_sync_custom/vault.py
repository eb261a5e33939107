"""The secrets' encryption, with a key that never lies in the database.

The key comes from ``mail_sync_key`` in ``odoo.conf`` or ``MAIL_SYNC_KEY`` in the environment;
several, separated by commas, are tried in turn and the first one encrypts, which is how a key is
exchanged. Without either, a key is made once in Odoo's data folder, readable to its owner alone.
"""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from odoo.tools import config

KEY_FILE = "mail_sync.key"


class SecretUnreadable(Exception):
    """What is stored was encrypted with a key that is not here, or is not ours at all."""


def encrypt(secret: str) -> str:
    """Return the secret as text that is safe in the database. The same secret differs each time."""
    return _cipher().encrypt(secret.encode()).decode("ascii")


def decrypt(token: str) -> str:
    """Return the secret. Raises SecretUnreadable when no key that we have opens it."""
    try:
        return _cipher().decrypt(token.encode("ascii")).decode()
    except (InvalidToken, UnicodeError) as error:
        raise SecretUnreadable from error


def _cipher() -> MultiFernet:
    configured = config.get("mail_sync_key") or os.environ.get("MAIL_SYNC_KEY") or ""
    keys = [key.strip() for key in configured.split(",") if key.strip()] or [_own_key()]
    return MultiFernet([Fernet(key) for key in keys])


def _own_key() -> str:
    """Return the key in the data folder, made at the first call.

    Several workers may come here at once: the file is written beside its place and linked into
    it, so that exactly one key wins and nobody reads half of one.
    """
    path = Path(config["data_dir"]) / KEY_FILE
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    return path.read_text("ascii").strip()
