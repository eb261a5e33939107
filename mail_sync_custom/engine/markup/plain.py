"""Plain text → HTML that keeps its lines and makes addresses links."""

from __future__ import annotations

import re
from html import escape

from . import quotes
from .safe import MAX_OUTPUT, Shown, storable

#: Links that are made; each is one more element for Odoo's sanitiser.
MAX_LINKS = 2_000

# Without the character that ends the sentence.
_URL = re.compile(r"""(https?://[^\s<>"']{0,2000}[^\s<>"'.,;:!?)\]])""")


def shown(text: str) -> Shown:
    """Return text as one paragraph that keeps its lines.

    Quotes are recognised by ``>`` only in text with line breaks, and each ``<br>`` would be one
    more element. Odoo's own ``plaintext2html`` takes minutes for a long word after ``http://``.
    """
    if not text.strip():
        return Shown(())
    cut = len(text) > MAX_OUTPUT
    text = storable(text[:MAX_OUTPUT].replace("\r\n", "\n"))
    pieces = ['<p style="white-space:pre-wrap">']
    for number, piece in enumerate(_URL.split(text, maxsplit=MAX_LINKS)):
        pieces += _link(piece) if number % 2 else (escape(piece, quote=False),)
    pieces.append("</p>")
    return Shown(tuple(pieces), cut, quotes.may_quote(text))


def _link(url: str) -> tuple[str, str, str]:
    url = escape(url)
    return f'<a href="{url}" target="_blank" rel="noreferrer noopener">', url, "</a>"
