"""Plain text → HTML that keeps its lines and makes addresses links."""

from __future__ import annotations

import re
from html import escape

from .safe import MAX_OUTPUT, MAX_QUOTES, Shown, storable

#: Links that are made; each is one more element for Odoo's sanitiser.
MAX_LINKS = 2_000

# Without the character that ends the sentence.
_URL = re.compile(r"""(https?://[^\s<>"']{0,2000}[^\s<>"'.,;:!?)\]])""")


def shown(text: str) -> Shown:
    """Return text as one paragraph that keeps its lines.

    Odoo's sanitiser recognises quotes by ``>`` only in text with line breaks, and each ``<br>``
    would be one more element. Odoo's own ``plaintext2html`` takes minutes for a long word after
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
    # Odoo looks for quoted lines before the first element, in time quadratic in their number.
    first = "<span></span>" if text.count("\n>") > MAX_QUOTES else ""
    return Shown((f'<p style="white-space:pre-wrap">{first}{"".join(words)}</p>',), cut)


def _link(url: str) -> str:
    url = escape(url)
    return f'<a href="{url}" target="_blank" rel="noreferrer noopener">{url}</a>'
