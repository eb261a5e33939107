"""Plain text → HTML that keeps its lines, with links to follow."""

from __future__ import annotations

import re
from html import escape

from .safe import MAX_OUTPUT, MAX_QUOTES, Shown, storable

#: Links that are made; to Odoo's sanitiser each is an element to walk through.
MAX_LINKS = 2_000

# It does not end with a character that ends a sentence.
_URL = re.compile(r"""(https?://[^\s<>"']{0,2000}[^\s<>"'.,;:!?)\]])""")


def shown(text: str) -> Shown:
    """Return text as one paragraph that keeps its lines.

    Odoo's sanitiser finds what is quoted by ``>`` in text that has its lines, and each ``<br>``
    would be an element more. Odoo's own ``plaintext2html`` takes minutes for a long word behind
    ``http://``.
    """
    if not text.strip():
        return Shown(())
    cut = len(text) > MAX_OUTPUT
    text = storable(text[:MAX_OUTPUT].replace("\r\n", "\n"))
    pieces = _URL.split(text, maxsplit=MAX_LINKS)
    words = (
        _link(piece) if number % 2 else escape(piece, quote=False)
        for number, piece in enumerate(pieces)
    )
    # Odoo looks for quoted lines in what stands before the first element, and is quadratic in them.
    first = "<span></span>" if text.count("\n>") > MAX_QUOTES else ""
    return Shown((f'<p style="white-space:pre-wrap">{first}{"".join(words)}</p>',), cut)


def _link(url: str) -> str:
    url = escape(url)
    return f'<a href="{url}" target="_blank" rel="noreferrer noopener">{url}</a>'
