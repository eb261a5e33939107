"""A mail's body → HTML that is safe to show to a colleague, and that tells its sender nothing.

Odoo's own sanitiser takes out scripts, forms and frames when the field is written. What it leaves
in is taken out here: everything that a browser would load from elsewhere, for a picture that is
loaded tells its sender that, when and where the mail was read.
"""

from __future__ import annotations

import re

from lxml import etree, html
from markupsafe import escape

from ..engine.values import Email

#: More than this is no letter, and is not worth what its tree takes in memory.
MAX_BODY = 2 * 1024 * 1024

# It does not end with a character that ends a sentence.
_URL = re.compile(r"""(https?://[^\s<>"']{0,2000}[^\s<>"'.,;:!?)\]])""")

_CSS_LOADS = re.compile(r"(?:url|image|image-set)\s*\(|@import|\\", re.IGNORECASE)
_DECLARATION = re.compile(r"^(?:xml|<\?xml)[^>]*\?>", re.IGNORECASE)
_LOADING_ATTRIBUTES = ("srcset", "background", "poster", "lowsrc", "dynsrc", "longdesc")
_LOADING_TAGS = (
    "audio base bgsound embed frame frameset iframe image input link meta object script source "
    "style svg track video"
).split()
#: What an ``img`` may show: a part of the mail itself (RFC 2392), or what is inside the tag.
_OWN_IMAGE = re.compile(r"^\s*(?:cid:|data:image/(?:png|gif|jpe?g|webp|bmp)[;,])", re.IGNORECASE)


def from_mail(email: Email) -> str:
    """Return the body of a mail as HTML, not yet through Odoo's sanitiser."""
    return quiet(email.html[:MAX_BODY]) if email.html else from_text(email.text[:MAX_BODY])


def from_text(text: str) -> str:
    """Return plain text as one paragraph that keeps its lines, with links to follow.

    Odoo's sanitiser finds what is quoted by ``>`` in text that has its lines, and each ``<br>``
    would be an element that it walks through. Odoo's own ``plaintext2html`` takes minutes for a
    long word behind ``http://``.
    """
    if not text.strip():
        return ""
    pieces = _URL.split(text.replace("\r\n", "\n"))
    words = (_link(piece) if number % 2 else escape(piece) for number, piece in enumerate(pieces))
    return f'<p style="white-space:pre-wrap">{"".join(words)}</p>'


def _link(url: str) -> str:
    url = escape(url)
    return f'<a href="{url}" target="_blank" rel="noreferrer noopener">{url}</a>'


def quiet(source: str) -> str:
    """Return HTML without anything that a browser would load from elsewhere."""
    try:
        root = html.fragment_fromstring(_DECLARATION.sub("", source.strip()), create_parent="div")
    except (etree.LxmlError, ValueError, AssertionError):
        return from_text(source)
    etree.strip_elements(root, *_LOADING_TAGS, etree.Comment, with_tail=False)
    for element in root.iter(etree.Element):
        _quiet_element(element)
    return html.tostring(root, encoding="unicode")


def _quiet_element(element: html.HtmlElement) -> None:
    for name in _LOADING_ATTRIBUTES:
        element.attrib.pop(name, None)
    if _CSS_LOADS.search(element.get("style", "")):
        del element.attrib["style"]
    if element.tag == "img" and not _OWN_IMAGE.match(element.get("src", "")):
        element.attrib.pop("src", None)
