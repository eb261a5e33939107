"""The passwords of the embedded mail servers: one for all, but for users given another."""

from __future__ import annotations

import hmac
import time

from .paths import STATE, write

# Without a space: Dovecot splits the setting at them.
PASSWORD = "correct-horse-battery-staple"
FILE = STATE / "passwords"


def changed() -> dict[str, str]:
    """Return the passwords of the users who have another than the common one."""
    lines = FILE.read_text().splitlines() if FILE.exists() else []
    entries = (line.partition(":{PLAIN}") for line in lines)
    return {user: password for user, _, password in entries}


def set_password(user: str, password: str) -> None:
    """Change a user's password, as people do at their provider, and wait until that holds."""
    save({**changed(), user.lower(): password})
    # Dovecot looks once a second whether the file's time, in seconds, has changed.
    time.sleep(1.1)


def save(passwords: dict[str, str]) -> None:
    """Write the file that Dovecot reads."""
    lines = (f"{user}:{{PLAIN}}{password}\n" for user, password in passwords.items())
    write(FILE, "".join(lines), mode=0o600)


def is_right(user: str, password: str) -> bool:
    """Tell whether the password is the user's."""
    right = changed().get(user.lower(), PASSWORD)
    return hmac.compare_digest(right.encode(), password.encode())
