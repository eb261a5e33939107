"""What Odoo's sanitiser would have stored of a body that is stored past it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from urllib.parse import unquote

from lxml import etree
from lxml import html as lxml_html

_MARK = "data-o-mail-quote"
_VOID = re.compile("<((?:br|col|hr|img)(?: [^<>]*)?)>")


def removed(body: str) -> str:
    """Return the first thing that the sanitiser would remove or change; "" if there is none.

    Both sides are compared as libxml2 reads them: elements, their attributes and the text between
    them, in this order. It moves elements that are nested otherwise than it expects, so where they
    end is not compared, and neither are the marks of quotes.
    """
    from odoo.tools.mail import html_sanitize

    odoo = str(html_sanitize(body, sanitize_attributes=True, sanitize_style=True))
    theirs, ours = (lxml_html.document_fromstring(f"<body>{one}") for one in (odoo, body))
    return _difference(_merged(_stream(theirs)), _merged(_stream(ours)))


def marked_otherwise(unmarked: str, marked: str) -> str:
    """Return the first element that Odoo would mark otherwise; "" if there is none.

    ``unmarked`` is the body before its quotes are marked. Odoo's function is asked about the tree
    as it is written, before libxml2 moves anything.
    """
    from odoo.tools.mail import tag_quote

    odoo = _as_written(unmarked)
    for element in odoo.iter():
        tag_quote(element)
    for element in odoo.iter():
        element.attrib.pop("data-o-mail-quote-container", None)  # it is not stored
    return _difference(*(map(_node, tree.iter()) for tree in (odoo, _as_written(marked))))


def _difference(theirs: Iterator[object], ours: Iterator[object]) -> str:
    for odoo, we in zip_longest(theirs, ours):
        if odoo != we:
            return f"Odoo: {odoo}, we: {we}"
    return ""


def _as_written(body: str) -> etree._Element:
    xml = _VOID.sub(r"<\1/>", body).replace("&nbsp;", "&#160;")
    parser = lxml_html.XHTMLParser(huge_tree=True)
    return etree.fromstring(f"<body>{xml}</body>", parser=parser)


def _node(element: etree._Element) -> tuple[object, ...]:
    return element.tag, element.text or "", element.tail or "", dict(element.attrib)


def _stream(element: etree._Element) -> Iterator[object]:
    """Yield what begins an element, unless it only marks a quote, and its text."""
    attributes = {
        # Odoo writes addresses percent-encoded.
        name: unquote(value)
        for name, value in element.attrib.items()
        if not name.startswith(_MARK)
    }
    if element.tag != "span" or attributes:
        yield element.tag, attributes
    yield element.text or ""
    for child in element:
        yield from _stream(child)
        yield child.tail or ""


def _merged(stream: Iterator[object]) -> Iterator[object]:
    """Yield texts that follow each other as one."""
    text = ""
    for one in stream:
        if isinstance(one, str):
            text += one
        else:
            yield text
            yield one
            text = ""
    yield text
