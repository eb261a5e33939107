"""HTML → the words that a browser shows of it, by a parser of HTML5 that is not the product's."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import html5lib

#: What a browser's own style sheet does not show (HTML, section 15.3.1), and what is no text.
HIDDEN = frozenset(
    "area base basefont datalist head link meta noembed noframes param rp script style template "
    "title iframe audio video canvas".split()
)
#: The elements of a stored body that have no content.
VOID = frozenset("br col hr img".split())
CELLS = frozenset("caption td th".split())
ROWS = frozenset("colgroup tbody tfoot thead tr".split())
HIDDEN_IN_SVG = frozenset("defs desc metadata script style title".split())
#: Inline elements: no white space parts the words inside from those outside.
INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q s "
    "samp small span strike strong sub sup time tt u var wbr o:p".split()
)
_NOT_SHOWN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:opacity|font-size)\s*:\s*0(?![.\d])",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")


def text(html: str, *, styles: bool = True) -> str:
    """Return the visible text of a document or of a piece of one, white space folded.

    `styles`: what `style` attributes hide is not seen.
    """
    pieces: list[str] = []
    # Not recursive: a mail may be nested deeper than Python goes.
    todo: list[object] = [_tree(html)]
    while todo:
        node = todo.pop()
        if isinstance(node, str):
            pieces.append(node)
            continue
        tag = node.tag if isinstance(node.tag, str) else ""
        namespace, _, tag = tag.rpartition("}")
        space = "" if tag in INLINE else " "
        todo.append((node.tail or "") if not space else f" {node.tail or ''}")
        hidden = {"svg": HIDDEN_IN_SVG, "MathML": ()}.get(namespace.rpartition("/")[2], HIDDEN)
        if not tag or tag in hidden or (styles and _is_hidden(node, is_html=not namespace)):
            continue
        pieces.append(space + (_shown_value(node) if tag == "input" else ""))
        todo += reversed([node.text or "", *node])
    return _SPACES.sub(" ", "".join(pieces)).strip()


def _is_hidden(node, *, is_html: bool) -> bool:
    """Return whether an element's own attributes hide it (HTML, section 15.3.1)."""
    style = node.get("style", "")
    by_attribute = is_html and "hidden" in node.attrib and "display" not in style.lower()
    return by_attribute or bool(_NOT_SHOWN.search(style))


def _tree(html: str):
    builder = html5lib.getTreeBuilder("etree")
    parser = html5lib.HTMLParser(builder, namespaceHTMLElements=False)
    try:
        return parser.parse(html)
    except AssertionError:  # at the end of some sources whose tables never end
        return parser.tree.getDocument()


def stored(html: str) -> str:
    """Return the visible text of a stored body, in which every element is closed.

    Not by html5lib: it loses text of a b in a table within other b elements, which browsers show.
    """
    parser = _Stored()
    parser.feed(html)
    parser.close()
    return " ".join(parser.pieces)


class _Stored(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        # Of each open element: whether it is hidden; and whether what is in it, but in no cell, is:
        # browsers show that before the table (WHATWG HTML, 13.2.6.1, "foster parent").
        self.open: list[tuple[bool, bool]] = [(False, False)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        within, outside = self.open[-1]
        around = within if tag in CELLS or tag in ROWS else outside
        hidden = around or bool(_NOT_SHOWN.search(dict(attrs).get("style") or ""))
        self.open.append((hidden, {"table": around}.get(tag, outside if tag in ROWS else hidden)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not self.open[-1][1]:
            self.pieces.append(data)


def _shown_value(node) -> str:
    kind = node.get("type", "text").lower()
    if kind in ("hidden", "checkbox", "radio", "password", "file", "image", "range", "color"):
        return ""
    return node.get("value", "")


def pictures(html: str) -> list[str]:
    """Return the address of every picture that is shown."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    return [node.get("src") for node in tree.iter("img") if node.get("src")]
