"""Texts that are neither plain nor HTML → plain text; and whether HTML has words."""

from __future__ import annotations

import re
from html import unescape
from itertools import islice

from .limits import MAX_TAGS
from .rtf import rtf_text

# --- text/enriched (RFC 1896), text/richtext (RFC 1341) ------------------------------------------

_ENRICHED = re.compile(r"<<|<(/?)([a-zA-Z0-9-]{1,60})>|\n+")
_PARAGRAPHS = frozenset("paragraph indent center flushleft flushright flushboth excerpt".split())


def _richtext(text: str) -> str:
    """Return the words of the older form, where every line break is a space (RFC 1341 §7.1.3)."""
    return _enriched(text.replace("<<", "<lt><lt>"), "comment", between="")


def _enriched(text: str, unseen: str = "param", between: str = "\n") -> str:
    """Return the words of enriched text: one line break is a space, n of them are n - 1.

    ``unseen`` is the element that has no words, ``between`` what is said by each further break.
    """
    out: list[str] = []
    at, literal, hidden = 0, 0, 0
    for found in _ENRICHED.finditer(text):
        if not hidden:
            out.append(text[at : found.start()])
        at = found.end()
        name = (found[2] or "").lower()
        if name == unseen:
            hidden = max(0, hidden + (-1 if found[1] else 1))
        elif name == "nofill":
            literal = max(0, literal + (-1 if found[1] else 1))
        elif name in ("nl", "np") or (name in _PARAGRAPHS and found[1]):
            out.append("\n")
        elif name == "lt":
            out.append("<")
        elif not name and not hidden:
            breaks = found[0]
            further = between * (len(breaks) - 1)
            out.append("<" if breaks == "<<" else breaks if literal else further or " ")
    out.append("" if hidden else text[at:])
    return "".join(out)


# --- text/calendar (RFC 5545), text/vcard (RFC 6350) ---------------------------------------------

_FOLDED = re.compile(r"\n[ \t]")
_SAID = re.compile(
    r"^(?:[\w-]{1,40}\.)?(SUMMARY|LOCATION|DESCRIPTION|COMMENT|FN|ORG|TITLE|TEL|EMAIL|NOTE)"
    r"(?:;[^:\n]{0,500})?:(.+)$",
    re.MULTILINE | re.IGNORECASE,
)
_ALARM_BEGINS, _ALARM_ENDS = (
    re.compile(rf"^{edge}:VALARM\s*$", re.MULTILINE | re.IGNORECASE) for edge in ("BEGIN", "END")
)
_ESCAPED = re.compile(r"\\(.)")


def _said(text: str) -> str:
    """Return what an invitation or a business card says to a person, one item per line.

    Not what its alarms say, which are for the calendar (RFC 5545 §3.6.6).
    """
    first, *others = _ALARM_BEGINS.split(_FOLDED.sub("", text))
    text = first + "".join(_ALARM_ENDS.split(one, maxsplit=1)[-1] for one in others)
    values = (found[2] for found in islice(_SAID.finditer(text), 100))
    return "\n".join(_ESCAPED.sub(lambda e: "\n" if e[1] in "nN" else e[1], v) for v in values)


CONVERTERS = {
    **dict.fromkeys(("text/calendar", "text/vcard", "text/x-vcard", "text/directory"), _said),
    "text/enriched": _enriched,
    "text/richtext": _richtext,
    "text/rtf": rtf_text,
    "application/rtf": rtf_text,
}

# --- words of HTML -------------------------------------------------------------------------------

_TAG = re.compile(r"<(?:!--|(/?)([a-zA-Z][^\s/>]{0,40})|[!?/])")
_HIDDEN = frozenset("script style title".split())
# Consecutive tags, which make up most of a page without words.
_TAGS = re.compile(r"(?:\s*<(?!(?:script|style|title)\b)/?[a-z][^<>]*>){1,1000}+", re.IGNORECASE)
_WORD = re.compile("[^\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
                      "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0]")  # fmt: skip


def has_words(kind: str, text: str) -> bool:
    """Whether a reader sees a word in a text of this type. Markup does not count as words."""
    if kind != "text/html":
        return bool(_WORD.search(text))
    at, low = 0, None
    for _ in range(MAX_TAGS):
        if tags := _TAGS.match(text, at):
            at = tags.end()
        found = _TAG.search(text, at)
        words = text[at : found.start() if found else len(text)]
        if _WORD.search(unescape(words) if "&" in words else words):
            return True
        if not found:
            return False
        name = (found[2] or "").lower()
        if name in _HIDDEN and not found[1]:
            low = text.lower() if low is None else low
            end = low.find(f"</{name}", found.end())
        elif found[0] == "<!--":
            end = text.find("-->", found.end())
        else:
            end = found.end() - 1
        close = text.find(">", max(end, found.end() - 1)) if end >= 0 else -1
        if close < 0:
            return False
        at = close + 1
    return True


_PICTURE = re.compile(
    r"<(?:(?:img|image|svg|video|object|embed|picture)\b|input\s[^<>]{0,200}image)"
    r"|background(?:-image)?\s*[:=]",
    re.IGNORECASE,
)


def has_pictures(kind: str, text: str) -> bool:
    """Whether a reader sees at least a picture."""
    return kind == "text/html" and bool(_PICTURE.search(text))
