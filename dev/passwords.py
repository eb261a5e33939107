"""The passwords of the embedded mail servers: one for all users, unless changed."""

from __future__ import annotations

import hmac
import time

from .paths import STATE, write

# Without spaces: Dovecot splits the setting at them.
PASSWORD = "correct-horse-battery-staple"
FILE = STATE / "passwords"


def changed() -> dict[str, str]:
    """Return the passwords that were changed, by user."""
    lines = FILE.read_text().splitlines() if FILE.exists() else []
    entries = (line.partition(":{PLAIN}") for line in lines)
    return {user: password for user, _, password in entries}


def set_password(user: str, password: str) -> None:
    """Change a user's password, as at a provider, and wait until the change takes effect."""
    save({**changed(), user.lower(): password})
    # Dovecot looks once a second whether the file's time, in seconds, has changed.
    time.sleep(1.1)


def save(passwords: dict[str, str]) -> None:
    """Write the file that Dovecot reads."""
    lines = (f"{user}:{{PLAIN}}{password}\n" for user, password in passwords.items())
    write(FILE, "".join(lines), mode=0o600)


def is_right(user: str, password: str) -> bool:
    """Return whether the password is the user's."""
    right = changed().get(user.lower(), PASSWORD)
    return hmac.compare_digest(right.encode(), password.encode())
