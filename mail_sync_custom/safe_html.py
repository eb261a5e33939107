"""A mail's body → HTML that is safe to show to a colleague, and that tells its sender nothing.

Odoo's own sanitiser takes out scripts, forms and frames when the field is written. What it leaves
in is taken out here: everything that a browser would load from elsewhere, for a picture that is
loaded tells its sender that, when and where the mail was read.
"""

from __future__ import annotations

import re

from lxml import etree, html
from odoo.tools.mail import plaintext2html

from .engine.values import Email

#: More than this is no letter, and is not worth what its tree takes in memory.
MAX_HTML = 2 * 1024 * 1024

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
    if not email.html:
        return str(plaintext2html(email.text)) if email.text else ""
    return quiet(email.html[:MAX_HTML])


def quiet(source: str) -> str:
    """Return HTML without anything that a browser would load from elsewhere."""
    try:
        root = html.fragment_fromstring(_DECLARATION.sub("", source.strip()), create_parent="div")
    except (etree.LxmlError, ValueError, AssertionError):
        return str(plaintext2html(source))
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
