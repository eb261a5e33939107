"""A mail's body → HTML that is safe to show, with its pictures in their places."""

from __future__ import annotations

from ..values import Email
from . import pictures, plain
from .safe import Shown, shown


def of(email: Email) -> Shown:
    """Return the body of a mail: its HTML, or its text if it has none."""
    if email.html:
        return shown(email.html, pictures.resolver(email.attachments))
    return plain.shown(email.text)
