"""HTML → tokens, by the tokenizer of the HTML standard (WHATWG HTML §13.2.5), for any input.

libxml2 is not used: depending on its version it stops at a depth of 256, takes what follows an
unknown void tag for its content, or drops everything after ``</html>``. Here each word of the
source is in exactly one token, or in a construct that no browser shows: a tag, a comment, a
script, a style sheet, a title.

Where a browser would drop the rest of the document (a comment, a tag, a style sheet or a script
that never ends), reading goes on right after its beginning: better a word too many than one lost.

Time is linear in the length of the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from . import elements
from .foreign import Place, Reading

_SPACE = "\t\n\f\r "


#: What a token is: text with character references, text as it stands, a tag that starts or ends an
#: element; or that from here on, where elements end is not known. Plain numbers: a document has
#: many, and a member of an Enum takes as long to look up as a tag to read.
TEXT, LITERAL, START, END, DOUBT = range(5)

#: A token: what it is; its text, or the name of its tag in lower case; its attributes as they
#: stand.
Token = tuple[int, str, str]

# Text and the well-formed tag behind it, in one step. Any other tag is read by the rules of the
# standard below.
_TEXT_AND_TAG = re.compile(
    rf"""([^<]*+)<(/?)([a-zA-Z][^{_SPACE}/>]*+)([^<>"'=]*+(?:="[^"<>]*"[^<>"'=]*+)*+)>"""
)
_TAG_OPEN = re.compile(rf"<(/?)([a-zA-Z][^{_SPACE}/>]*+)")
_BARE_TAG = re.compile(rf"<(/?)([a-zA-Z][^{_SPACE}/<>]*+)([^<>]*+)>")
_BARE_OTHER = re.compile("<!--|<[!?/][^<>]*+>")
_ATTRIBUTE = re.compile(
    rf"""[{_SPACE}/]*+
    (?:([^{_SPACE}/>][^{_SPACE}/>=]*+)
       (?:[{_SPACE}]*+=[{_SPACE}]*+
          (?:"([^"]*+)("|\Z)|'([^']*+)('|\Z)|((?!["'])[^{_SPACE}>]*+)))?+)?+""",
    re.VERBOSE,
)
_COMMENT_END = re.compile("--!?>")
_COMMENT_OPEN = re.compile(r"<!--(?:\[[^\]>]{0,200}\]>)?")
_NEXT_TAG = re.compile("<[a-zA-Z/!]")
_CDATA = "[cdata["
_RAW_ENDS = {
    name: re.compile(rf"</{name}(?=[{_SPACE}/>])", re.IGNORECASE) for name in elements.RAW
} | {"plaintext": re.compile(r"(?!)"), _CDATA: re.compile("]]>")}
_HIDES = re.compile("display|opacity|font-size", re.IGNORECASE)
# What such a style is in, perhaps spelled by character references.
_MAY_HIDE = re.compile("hidden|style", re.IGNORECASE)
_DISPLAY = re.compile(r"display\s*:", re.IGNORECASE)
_SCRIPT = re.compile(rf"<!--|-->|</?script(?=[{_SPACE}/>])", re.IGNORECASE)
_TEXT_START = re.compile(
    rf"<({'|'.join(elements.RAW)})(?=[{_SPACE}/>])|<!(\[CDATA\[)", re.IGNORECASE
)
_REFERENCE = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[a-zA-Z][a-zA-Z0-9]*;)")


def attributes(text: str) -> dict[str, str]:
    """Return the attributes of a tag by their lower-case names; of duplicates, the first counts."""
    found: dict[str, str] = {}
    for name, double, _, single, _, bare in _ATTRIBUTE.findall(text):
        if name:
            found.setdefault(name.lower(), double or single or bare)
    return found


def value(text: str) -> str:
    """Return an attribute's value with its character references resolved (§13.2.5.73).

    A name without its semicolon is left alone: ``?a=1&copy=2`` is an address.
    """
    if "&" not in text:
        return text
    return _REFERENCE.sub(lambda found: unescape(found[0]), text)


def _is_displayed(tag: str) -> bool:
    """Return whether a style sheet, a title or the like is text: its tag says how to display it."""
    return bool(_DISPLAY.search(tag) and _DISPLAY.search(value(attributes(tag).get("style", ""))))


def _unhidden(tag: str) -> str:
    """Return the attributes of a tag; none if they may hide its element."""
    given = attributes(tag) if _MAY_HIDE.search(tag) else {}
    hides = "hidden" in given or _HIDES.search(value(given.get("style", "")))
    return "" if hides else tag


def tokens(source: str) -> Iterator[Token]:
    """Yield the tokens of a document, of several, or of a piece of one."""
    return _Tokenizer(source).tokens()


class _Tokenizer:
    def __init__(self, source: str):
        self.source = source
        self.at = 0
        self.last_end = source.rfind(">")
        self.place = Place()
        self.follows = False  # whether every tag matters to the place
        self.endless: set[str] = set()  # what has no end from here on
        self.bare = False  # where tags and comments end is in doubt
        self.loose = False  # a quote has no end: a tag ends at the first ">"

    def tokens(self) -> Iterator[Token]:
        source, size = self.source, len(self.source)
        while self.at < size:
            if found := _TEXT_AND_TAG.match(source, self.at):
                self.at = found.end()
                text, slash, name, attrs = found.groups()
                name = name.lower()
                if text:
                    yield TEXT, text, ""
                if name in elements.TURNS or self.follows:
                    yield from self._tag(slash, name, attrs)
                else:
                    yield (END if slash else START), name, attrs
                continue
            opening = source.find("<", self.at)
            if opening < 0 or opening > self.last_end:
                yield TEXT, source[self.at :], ""
                return
            if opening > self.at:
                yield TEXT, source[self.at : opening], ""
            self.at = opening
            if self.bare:
                yield from self._bare()
            elif tag := _TAG_OPEN.match(source, opening):
                yield from self._odd_tag(tag)
            else:
                yield from self._no_tag()

    def _odd_tag(self, tag: re.Match[str]) -> Iterator[Token]:
        """Read a tag that is written in an unusual way, attribute by attribute."""
        end = -1 if self.loose else self._tag_end(tag.end())
        if end < 0:
            self.loose = True
            end = self.source.find(">", tag.end())
        self.at = end + 1
        yield from self._tag(tag[1], tag[2].lower(), self.source[tag.end() : end])

    def _tag_end(self, at: int) -> int:
        """Return where the tag's ``>`` is; -1 if a quoted value runs to the end of the source."""
        source, size = self.source, len(self.source)
        while at < size:
            found = _ATTRIBUTE.match(source, at)
            if found.end() == at:
                return at
            at = found.end()
            if found[3] == "" or found[5] == "":
                return -1
        return -1

    def _no_tag(self) -> Iterator[Token]:
        source, at = self.source, self.at
        if source.startswith("<!--", at):
            self.at = self._comment_end(at)
        elif self.place.cdata and source.startswith("<![CDATA[", at):
            self.at = at + 9
            yield from self._text_of(_CDATA)
            self.at += 0 if self.place.doubt else 3
        elif source.startswith(("<!", "<?", "</"), at):
            self.at = source.find(">", at) + 1  # a bogus comment
        else:
            yield LITERAL, "<", ""
            self.at = at + 1

    def _bare(self) -> Iterator[Token]:
        """Read what every parser takes for a tag; comments and odd values are shown as text."""
        source, at = self.source, self.at
        if found := _TEXT_START.match(source, at):
            self.at = found.end()
            yield from self._text_of((found[1] or found[2]).lower())
        elif tag := _BARE_TAG.match(source, at):
            self.at = tag.end()
            yield from self._tag(tag[1], tag[2].lower(), tag[3])
        elif other := _BARE_OTHER.match(source, at):
            self.at = other.end()
        else:
            yield LITERAL, "<", ""
            self.at = at + 1

    def _comment_end(self, at: int) -> int:
        for empty in ("<!-->", "<!--->"):
            if self.source.startswith(empty, at):
                return at + len(empty)
        end = None if "--" in self.endless else _COMMENT_END.search(self.source, at + 4)
        if end:
            return end.end()
        self.endless.add("--")
        return _COMMENT_OPEN.match(self.source, at).end()

    def _tag(self, slash: str, name: str, attributes: str) -> Iterator[Token]:
        reading, doubted = Reading.HTML, self.place.doubt
        if slash:
            self.place.end(name)
        else:
            reading = self.place.start(name, attributes)
        self.follows = self.place.follows
        if self.place.doubt and not doubted:
            yield DOUBT, "", ""
        if slash:
            yield END, name, ""
            return
        if reading is not Reading.HTML:
            # Where a browser ends this element is not known: what is in it may be visible there.
            attributes = _unhidden(attributes)
        if name not in elements.RAW:
            yield START, name, attributes
            if reading is Reading.CLOSED:
                yield END, name, ""
        elif reading in (Reading.HTML, Reading.DOUBT):
            yield from self._raw(name, attributes)
        elif reading is Reading.SVG and name in elements.DROPPED_RAW:
            self._drop_foreign()

    def _raw(self, name: str, attributes: str) -> Iterator[Token]:
        """Read an element in whose content tags are text, for certain or perhaps.

        Its end tag is read like any other.
        """
        as_text = self.place.doubt or _is_displayed(attributes)
        if name in elements.DROPPED_RAW and not as_text:
            self._drop_raw(name)
            return
        yield START, name, attributes
        if as_text or name in elements.SHOWN_RAW:
            yield from self._text_of(name)
        else:
            yield from self._fallback(name)

    def _drop_raw(self, name: str) -> None:
        """Skip a script, a style sheet or a title."""
        end = self._end_of(name)
        if end is None:
            found = _NEXT_TAG.search(self.source, self.at)
            end = found.start() if found else len(self.source)
        self.at = end

    def _drop_foreign(self) -> None:
        """Skip the text of an svg's style sheet or title, in which tags are tags."""
        source = self.source
        while (opening := source.find("<", self.at)) >= 0:
            self.at = opening
            if source.startswith("<!--", opening):
                self.at = self._comment_end(opening)
            elif source.startswith("<![CDATA[", opening):
                self.at = self._cdata_end(opening)
            else:
                return
        self.at = len(source)

    def _cdata_end(self, at: int) -> int:
        end = self.source.find("]]>", at)
        return end + 3 if end >= 0 else len(self.source)

    def _end_of(self, name: str) -> int | None:
        """Return where the end tag of an element with raw content is; None without one."""
        found = None if name in self.endless else _RAW_ENDS[name].search(self.source, self.at)
        if not found:
            self.endless.add(name)
            return None
        return self._end_of_script(found.start()) if name == "script" else found.start()

    def _end_of_script(self, first: int) -> int:
        """Return where a script ends; its first end tag may be in a comment (§13.2.5.15 to .31)."""
        if "<script" in self.endless or self.source.find("<!--", self.at, first) < 0:
            return first
        escaped = doubly = False
        found, at = None, self.at
        while found := _SCRIPT.search(self.source, at):
            mark, at = found[0].lower(), found.end()
            if mark == "<!--":
                escaped, at = True, at - 2  # the dashes of <!--> are those of an end, too
            elif mark == "-->":
                escaped = doubly = False
            elif mark == "<script":
                doubly = escaped
            elif not doubly:
                return found.start()
            else:
                doubly = False
        self.endless.add("<script")
        return first

    def _text_of(self, name: str) -> Iterator[Token]:
        """Yield the content of an element in which tags are text (§13.2.5.2, §13.2.5.3)."""
        begin, end = self.at, self._end_or_all(name)
        if self.place.doubt:
            end, self.bare = self._last_end(end), True
        self.at = end
        kind = TEXT if name == "textarea" else LITERAL
        yield kind, self.source[begin : self.at], ""

    def _end_or_all(self, name: str) -> int:
        end = self._end_of(name)
        return len(self.source) if end is None else end

    def _last_end(self, end: int) -> int:
        """Return where text ends in which each tag, if it is one, begins text that goes further."""
        ends: dict[str, int] = {}
        for found in _TEXT_START.finditer(self.source, self.at):
            if found.start() >= end:
                break
            name = (found[1] or found[2]).lower()
            if ends.get(name, 0) <= found.start():
                self.at = found.end()
                ends[name] = self._end_or_all(name)
                end = max(end, ends[name])
        return end

    def _fallback(self, name: str) -> Iterator[Token]:
        """Yield what a browser without support for an element shows: no such element is shown here.

        Anything left open inside ends with it there, and not here: so nothing inside is hidden.
        """
        end = self._end_of(name)
        if end is not None:
            for kind, text, attrs in tokens(self.source[self.at : end]):
                yield kind, text, _unhidden(attrs)
            self.at = end
