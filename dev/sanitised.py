"""What Odoo's sanitiser would have stored of a body that is stored past it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from lxml import etree
from lxml import html as lxml_html

_MARK = re.compile("data-o-mail-quote")
_VOID = re.compile("<((?:br|col|hr|img)(?: [^<>]*)?)>")


def removed(body: str) -> str:
    """Return the first thing that the sanitiser would remove or change; "" if there is none.

    Both sides are compared as libxml2 reads them, but for the marks of quotes.
    """
    from odoo.tools.mail import html_sanitize

    odoo = str(html_sanitize(body, sanitize_attributes=True, sanitize_style=True))
    return _difference(*(lxml_html.document_fromstring(f"<body>{one}") for one in (odoo, body)))


def marked_otherwise(unmarked: str, marked: str) -> str:
    """Return the first element that Odoo would mark otherwise; "" if there is none.

    ``unmarked`` is the body before its quotes are marked. Odoo's function is asked about the tree
    as it is written: some elements nested otherwise than HTML has it are moved by libxml2.
    """
    from odoo.tools.mail import tag_quote

    odoo = _as_written(unmarked)
    for element in odoo.iter():
        tag_quote(element)
    for element in odoo.iter():
        element.attrib.pop("data-o-mail-quote-container", None)  # it is not stored
    return _difference(odoo, _as_written(marked), marks=True)


def _as_written(body: str) -> etree._Element:
    xml = _VOID.sub(r"<\1/>", body).replace("&nbsp;", "&#160;")
    parser = lxml_html.XHTMLParser(huge_tree=True)
    return etree.fromstring(f"<body>{xml}</body>", parser=parser)


def _difference(theirs: etree._Element, ours: etree._Element, *, marks: bool = False) -> str:
    for odoo, we in zip(_nodes(theirs, marks), _nodes(ours, marks), strict=False):
        if odoo != we:
            return f"Odoo: {odoo}, we: {we}"
    counts = [len(list(one.iter())) for one in (theirs, ours)]
    return "" if counts[0] == counts[1] else f"{counts[0]} elements for Odoo, {counts[1]} for us"


def _nodes(root: etree._Element, marks: bool) -> Iterable[tuple[object, ...]]:
    for element in root.iter():
        attributes = {
            name: unquote(value)
            for name, value in element.attrib.items()
            if marks or not _MARK.match(name)
        }
        yield element.tag, element.text or "", element.tail or "", attributes
