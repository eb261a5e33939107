"""A mail's body → HTML that is safe to show, with its pictures in their places."""

from __future__ import annotations

from dataclasses import replace

from ..values import Email
from . import pictures, plain, quotes, safe
from .safe import Shown


def of(email: Email) -> Shown:
    """Return the body of a mail, with its quotes marked: its HTML, or its text if it has none."""
    shown = unmarked(email)
    return replace(shown, pieces=quotes.marked(shown.pieces)) if shown.quoting else shown


def unmarked(email: Email) -> Shown:
    """Return the body of a mail without the marks."""
    if email.html:
        files = email.attachments
        return safe.shown(
            email.html,
            pictures.resolver(files),
            lambda file: pictures.may_be(files[file].mimetype),
        )
    return plain.shown(email.text)
