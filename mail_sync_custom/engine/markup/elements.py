"""The elements of HTML: which are kept, replaced, or ended by others (WHATWG HTML §13)."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Their content is not text of the mail. It ends at their end tag, whatever it contains.
DROPPED_RAW = frozenset("script style title".split())
#: Their content is text, including tags.
SHOWN_RAW = frozenset("plaintext textarea xmp".split())
#: Their content is HTML for browsers that do not show the element.
FALLBACKS = frozenset("iframe noembed noframes".split())
#: HTML elements that end a surrounding svg or math element (§13.2.6.5).
LEAVES_FOREIGN = frozenset(
    "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li "
    "listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul "
    "var".split()
)
#: Elements in whose content tags are text, as far as they are HTML.
RAW = DROPPED_RAW | SHOWN_RAW | FALLBACKS
#: They change how the source after them is read. The usual mail has none.
TURNS = RAW | {"svg", "math", "select", "option", "template"}

#: Kept elements without content. Not ``wbr``: for libxml2 that is not a void element.
VOID = frozenset("br col hr img".split())
#: A misplaced end tag closes these, and they are reopened after it (§13.2.6.4.7).
FORMATTING = frozenset("a b big code em font i s small strike strong tt u".split())
INLINE = FORMATTING | frozenset(
    "abbr acronym bdi bdo cite del dfn ins kbd mark q samp span sub sup var img".split()
)
CELLS = frozenset("td th".split())
IN_TABLE = CELLS | frozenset("caption col colgroup tbody tfoot thead tr".split())
BLOCK = IN_TABLE | frozenset(
    "address article aside blockquote center dd dir div dl dt figcaption figure footer h1 h2 h3 h4 "
    "h5 h6 header hgroup hr li main menu nav ol p pre section table ul".split()
)
#: Shown as another element. Elements in none of these tables are dropped; their content stays.
SHOWN_AS = {
    **{name: name for name in INLINE | BLOCK | {"br"}},
    **dict.fromkeys(
        "body details dialog fieldset form frameset layer legend noframes optgroup option search "
        "select summary".split(),
        "div",
    ),
    **dict.fromkeys("listing plaintext textarea xmp".split(), "pre"),
    **dict.fromkeys("button marquee nobr object output time".split(), "span"),
    # Other spellings of pictures.
    **dict.fromkeys("embed image input".split(), "img"),
}
#: They separate the words on both sides, and are not kept themselves.
BREAKS = frozenset(
    "html head text frame iframe noembed noscript template video audio canvas".split()
)

_P_ENDERS = frozenset(SHOWN_AS) - INLINE - IN_TABLE - frozenset("br button marquee nobr".split())
_LISTS = frozenset("ul ol menu dir".split())
#: The end tag of one ends any other.
HEADINGS = frozenset(f"h{n}" for n in range(1, 7))
_OUTER = frozenset("table td th caption body".split())

#: None is within another of its name.
ALONE = frozenset("a button nobr".split())
#: A start tag → what it ends, and where the search for that stops (§13.2.6.4.7 to .15).
ENDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset(["li"]), _LISTS | _OUTER | {"blockquote"}),
    **dict.fromkeys(("dd", "dt"), (frozenset(["dd", "dt"]), _OUTER | {"dl", "blockquote"})),
    **dict.fromkeys(("option", "optgroup"), (frozenset(["option"]), _OUTER | {"select"})),
    **{name: (frozenset([name]), _OUTER) for name in ALONE},
    "table": (frozenset(["table"]), CELLS | {"caption"}),  # but for one in a cell
    **dict.fromkeys(HEADINGS, (HEADINGS, (frozenset(SHOWN_AS) - INLINE - HEADINGS))),
}
_TABLE = frozenset(["table"])
_SECTIONS = _TABLE | frozenset("tbody tfoot thead".split())
#: A table's part → what it is in; all that is open within that ends (§13.2.6.4.9 to .14).
CONTEXT: dict[str, frozenset[str]] = {
    **dict.fromkeys("caption colgroup tbody tfoot thead".split(), _TABLE),
    "col": _TABLE | {"colgroup"},
    "tr": _SECTIONS,
    **dict.fromkeys(CELLS, _SECTIONS | {"tr"}),
}
#: Parts of a table whose start tags may be left out, and what begins them then.
IMPLIED, IN_ROWS = frozenset(["tbody", "tr"]), CELLS | {"tr"}
#: Nothing hides them. An option shows all its text, whatever the styles within it say; a form in
#: a form or table does not contain what follows its tag; a legend ends with a paragraph; and of a
#: dialog and a marquee, browsers differ.
SHOWN_ALWAYS = frozenset("dialog form layer legend marquee optgroup option select".split())
#: Their ``label`` is shown (HTML §4.10.9, §4.10.10).
LABELLED = frozenset("optgroup option".split())
#: Browsers give their letters a size of their own.
OWN_SIZE = frozenset("button select textarea".split())
#: An open paragraph ends where one of these begins; nothing but inline elements is above it.
ENDS_P = frozenset(_P_ENDERS)


@dataclass(frozen=True, slots=True)
class Start:
    """What the tables above say of a start tag, in one look."""

    is_void: bool
    in_table: bool
    ends_p: bool
    context: frozenset[str] | None
    ends: tuple[frozenset[str], frozenset[str]] | None


STARTS: dict[str, Start] = {
    name: Start(
        shown_as in VOID,
        name in IN_TABLE,
        name in ENDS_P,
        CONTEXT.get(name),
        ENDS.get(name),
    )
    for name, shown_as in SHOWN_AS.items()
}

#: An end tag → what it closes nothing beyond.
ENDS_WITHIN: dict[str, frozenset[str]] = {
    "table": frozenset(),
    "body": frozenset(),
    **dict.fromkeys(IN_TABLE, frozenset(["table"])),
}
ENDS_WITHIN_OTHERWISE = frozenset("table td th caption".split())

#: The attributes that are kept, each with the elements that may have it; () means all. Odoo's
#: sanitiser keeps them as well.
ATTRIBUTES: dict[str, frozenset[str]] = {
    **dict.fromkeys("align color dir lang size title valign".split(), frozenset()),
    **dict.fromkeys(("height", "width"), frozenset("img table td th tr col colgroup hr".split())),
    "alt": frozenset(["img"]),
    **dict.fromkeys(("hspace", "vspace"), frozenset(["img"])),
    **dict.fromkeys(("border", "cellpadding", "cellspacing"), frozenset(["table", "img"])),
    **dict.fromkeys(("colspan", "rowspan", "nowrap"), CELLS),
    "span": frozenset(["col", "colgroup"]),
    "start": frozenset(["ol"]),
    "type": frozenset(["ol", "ul", "li"]),
    "value": frozenset(["li"]),
}
#: Classes and ids by which a quoted mail is recognised; programs often add something before or
#: after them. The timeline uses no others.
QUOTE_MARKS = re.compile(
    "gmail_(?:extra|quote|signature)|yahoo_quoted|odoo_signature_wrapper|SkyDrivePlaceholder"
    r"|divRplyFwdMsg|appendonsend|stopSpelling|^\s*Signature\s*$"
)
#: ``input`` elements that show their value.
VALUE_SHOWN = frozenset(
    "text search tel url email number date time month week datetime-local datetime submit reset "
    "button".split()
) | {""}
