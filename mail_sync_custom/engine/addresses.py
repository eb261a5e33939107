"""The one definition of an address: when two are the same, and which ones a text contains.

:func:`key` is the form in which all addresses are compared, wherever they come from: a mail's
header, a lead's or a contact's field, a never-record list, a login name. :func:`keys` reads a
field that a person filled in, :func:`mailboxes` an address field of a header. Display names and
encoded words are decoded elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

#: Characters: 64 + @ + 255 (RFC 5321 §4.5.3.1).
MAX_ADDRESS = 320
#: Words, commas and brackets read from one field.
MAX_TOKENS = 30_000
#: Characters read from a field that a person filled in.
MAX_FIELD = 4_000
#: Addresses read from one field by default.
MAX_ADDRESSES = 1_000


@dataclass(frozen=True, slots=True)
class Rules:
    """When two addresses are one, beyond the standard. A company turns each rule on or off.

    ``plus_tags``: ``ann+shop@example.com`` is ``ann@example.com``, as with most providers.
    ``gmail_dots``: dots before ``@gmail.com`` mean nothing, and ``@googlemail.com`` is the same.
    """

    plus_tags: bool = False
    gmail_dots: bool = False


STRICT = Rules()
_GMAIL = ("gmail.com", "googlemail.com")

_LOCAL = r'[^\s"(),:;<>@\[\]\\]+'
_ADDRESS = re.compile(rf'(?:{_LOCAL}|"[^"\\]+")@(?:{_LOCAL}|\[[^\s\[\]@]+\])')
_NEEDLESS_QUOTES = re.compile(rf'"({_LOCAL})"')
#: What some programs put into angle brackets.
_WHOLLY_QUOTED = re.compile(r'\A"([^"@]+@[^"@]+)"\Z')
#: Zero-width characters that come along when an address is copied from a page. Not the joiners
#: U+200C and U+200D: Persian and Hindi domains use them.
INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e"))
INVISIBLE |= dict.fromkeys(map(ord, "\u2060\u2066\u2067\u2068\u2069\ufeff"))
#: Which form of a sign is meant: nothing in a domain (UTS 46 §4).
INVISIBLE |= dict.fromkeys([0x34F, *range(0x180B, 0x180E), *range(0xFE00, 0xFE10)])
_IDEOGRAPHIC_STOP = "\N{IDEOGRAPHIC FULL STOP}"


# --- when two are the same ---------------------------------------------------------------------


def key(address: str, rules: Rules = STRICT) -> str:
    """Return the form in which an address is compared, "" if it is not an address.

    In lower case; the domain in A-labels (RFC 5890 §2.3.2.1), without the trailing dot; a non-ASCII
    local part as RFC 8265 §3.3 compares user names; without unnecessary quotes.

    >>> key("Info@MÜLLER.example"), key("info@xn--mller-kva.example")
    ('info@xn--mller-kva.example', 'info@xn--mller-kva.example')
    >>> key('"Ann"@example.com'), key("ann"), key("a.nn+x@gmail.com", Rules(True, True))
    ('ann@example.com', '', 'ann@gmail.com')
    """
    word = address.strip()
    if not word.isascii():
        word = word.translate(INVISIBLE)
    if "@" not in word or "=?" in word or len(word) > MAX_ADDRESS:
        return ""  # an encoded word is text, not an address, whatever it decodes to (RFC 2047 §5)
    if word[0] == "'" == word[-1]:
        word = word[1:-1]
    word = word.rstrip(".")
    if not _ADDRESS.fullmatch(word):
        return ""
    if not word.isascii() or word[0] == '"':
        local, _, domain = word.rpartition("@")
        word = f"{_local_key(local)}@{ascii_domain(domain)}".rstrip(".")
        if not _ADDRESS.fullmatch(word):  # a character that normalises to one with a space
            return ""
    return _loosened(word.lower(), rules) if rules != STRICT else word.lower()


def _local_key(local: str) -> str:
    local = _NEEDLESS_QUOTES.sub(r"\1", local)
    if local.isascii():
        return local
    composed = unicodedata.normalize("NFC", "".join(map(_width_mapped, local)))
    # Twice: lower-casing may decompose a letter, which may then compose with the next.
    composed = unicodedata.normalize("NFC", _lower(composed))
    return unicodedata.normalize("NFC", _lower(composed)).replace("ς", "σ")


def _lower(text: str) -> str:
    """Return text in lower case, letter by letter: a sigma must not depend on what follows it."""
    return "".join(map(str.lower, text))


def _width_mapped(character: str) -> str:
    """Return a full-width or half-width character in its normal form (RFC 8264 §5.2.1)."""
    kind, _, usual = unicodedata.decomposition(character).partition(" ")
    return chr(int(usual, 16)) if kind in ("<wide>", "<narrow>") else character


def _loosened(address: str, rules: Rules) -> str:
    local, _, domain = address.rpartition("@")
    if local.startswith('"'):
        return address
    if rules.plus_tags:
        local = local.partition("+")[0] or local
    if rules.gmail_dots and domain in _GMAIL:
        local, domain = local.replace(".", "") or local, _GMAIL[0]
    return f"{local}@{domain}"


def ascii_domain(domain: str) -> str:
    """Return a domain in lower case and A-labels, without the trailing dot. Never raises.

    >>> ascii_domain("MÜLLER.example."), ascii_domain("straße.example")
    ('xn--mller-kva.example', 'xn--strae-oqa.example')
    """
    if not domain.isascii():
        domain = unicodedata.normalize("NFKC", domain).translate(INVISIBLE)
        domain = _lower(domain.replace(_IDEOGRAPHIC_STOP, "."))
        domain = ".".join(map(_a_label, unicodedata.normalize("NFKC", domain).split(".")))
    return domain.lower().removesuffix(".")


@lru_cache(maxsize=1024)
def _a_label(label: str) -> str:
    """Return a label in its ASCII form (RFC 5891 §4.4).

    Python's ``idna`` codec follows IDNA 2003, which turns straße into strasse, so it is not used.
    """
    return label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"


def routable(address: str) -> str:
    """Return an address in the form that every SMTP server accepts: the domain in A-labels.

    The local part is unchanged: only its own server knows whether its case matters. A non-ASCII
    local part still needs a server with SMTPUTF8 (RFC 6531).

    >>> routable("Ann@müller.example")
    'Ann@xn--mller-kva.example'
    """
    local, at, domain = address.strip().rpartition("@")
    return f"{local}{at}{domain if domain.isascii() else ascii_domain(domain)}"


def shown(address: str) -> str:
    """Return an address for people to read: its domain in the script of its language.

    A domain that would not convert back to the same address stays in ASCII.

    >>> shown("info@xn--mller-kva.example")
    'info@müller.example'
    """
    local, at, domain = address.rpartition("@")
    if "xn--" not in domain:
        return address
    readable = ".".join(map(_u_label, domain.split(".")))
    return local + at + (readable if ascii_domain(readable) == domain else domain)


def _u_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        readable = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label
    return readable if readable.isprintable() else label


# --- which ones a field names ------------------------------------------------------------------

_FULL_WIDTH = str.maketrans({"＠": "@", "，": ",", "、": ",", "；": ";", "：": ":", "\n": ","})
#: Quotation marks of other languages: they are no letters of an address.
_FULL_WIDTH |= str.maketrans(dict.fromkeys("„“”‟«»‹›", " "))
#: Separators that people put between two addresses but that no header allows.
_BETWEEN = re.compile(r'(@[^\s@/|,;<>"&–—]+)\s*[/|&–—]')
#: What ends the address in a link (RFC 6068).
_QUERY = re.compile(r"(mailto:[^\s?<>@]{1,64}@[^\s?<>@]{1,255})\?[^\s<>,;\"()\\]*", re.IGNORECASE)
#: An address in brackets or quotes: no address of a header, but what a person meant.
_ANYWHERE = re.compile(
    r"""(?<![^\s"(),:;<>@\[\]=|&/'])[^\s"(),:;<>@\[\]=|&/']+@[^\s"(),:;<>@\[\]=|&/'?]+"""
)
_SCHEME = re.compile(r"\b(?:mailto|smtp):", re.IGNORECASE)
_LABEL = re.compile(r":(?![^\[\]]*\])")


def keys(text: str, rules: Rules = STRICT) -> tuple[str, ...]:
    """Return the keys of all addresses in a field that a person filled in, without duplicates.

    >>> keys("ann@x.example; Ben <BEN@y.example>"), keys("Tel. 0171, mail: ann@x.example")
    (('ann@x.example', 'ben@y.example'), ('ann@x.example',))
    """
    text = text[:MAX_FIELD]
    if "@" not in text and "＠" not in text:
        return ()
    text = _QUERY.sub(r"\1", _BETWEEN.sub(r"\1, ", text.strip().translate(_FULL_WIDTH)))
    found = [key(one.email, rules) for one in mailboxes(_LABEL.sub(" ", _SCHEME.sub("", text)))]
    if not any(found):
        found = [key(one, rules) for one in _ANYWHERE.findall(text)]
    return tuple(dict.fromkeys(filter(None, found)))


@dataclass(slots=True)
class Mailbox:
    """A mailbox of an address field: its address normalised by :func:`key`, and its name.

    ``name`` and ``comment`` may hold encoded words.
    """

    email: str
    name: str = ""
    comment: str = ""


def mailboxes(text: str, limit: int = MAX_ADDRESSES) -> list[Mailbox]:
    """Return the mailboxes of an address field in order; a group is replaced by its members.

    RFC 5322 §3.4 with the obsolete forms of §4.4, and common errors: missing commas, a missing or
    doubled closing bracket, a bare address after a name, a comma in a name without quotes, the
    brackets of HTML, a link.
    """
    if "&lt;" in text:
        text = text.replace("&lt;", "<").replace("&gt;", ">")
    if "?" in text:
        text = _QUERY.sub(r"\1", text)
    found: list[Mailbox] = []
    box = _Box()
    for kind, value in islice(_tokens(text), MAX_TOKENS):
        if kind == "<":
            if box.angle and (box.angle != "open" or box.spec):  # a comma is missing
                found += box.mailboxes()
                box = _Box(box.behind)
            box.open()
        elif kind == ">":
            box.angle = box.angle and "closed"
            box.add("space", " ")
        elif kind in ",;":
            if box.angle == "open" and box.spec[:1] and box.spec[0].startswith("@"):
                continue  # a route, <@a,@b:c@d> (RFC 5322 §4.4)
            if kind == "," and box.is_half_a_name():
                box.name.append(",")
                box.spec = []
                continue
            found += box.mailboxes()
            box = _Box()
        elif kind == ":":  # a group's name, a route, or mailto:
            box.spec = []
            if not box.angle:
                box.name = []
        else:
            box.add(kind, value)
        if len(found) >= limit:
            return found[:limit]
    return (found + box.mailboxes())[:limit]


@dataclass(slots=True)
class _Box:
    """One mailbox while it is being read: a name, and words that may form its address."""

    name: list[str] = field(default_factory=list)
    spec: list[str] = field(default_factory=list)
    comment: str = ""
    angle: str = ""  # "", "open", "closed"
    behind: list[str] = field(default_factory=list)  # the bracket: the next one's name

    def add(self, kind: str, value: str) -> None:
        if kind == "comment":
            self.comment = self.comment or value
            return
        if not self.angle:
            self.name.append(value)
        if self.angle == "closed":
            self.behind.append(value)
        else:
            self.spec.append(f'"{value}"' if kind == "quoted" else value)

    def is_half_a_name(self) -> bool:
        """Whether these are words of a name, to be followed by others: ``Lee, Ann <a@x>``."""
        return bool(self.spec) and not (
            self.angle or any("@" in piece or piece[0] == '"' for piece in self.spec)
        )

    def open(self) -> None:
        self.angle, self.spec = "open", []

    def mailboxes(self) -> list[Mailbox]:
        """Return the address in angle brackets; without brackets, every word that is an address.

        A display name never becomes an address where there are brackets.
        """
        words = _words(self.spec, around_dots=bool(self.angle))
        if self.angle:
            if len(words) != 1:
                return []
            words = [_WHOLLY_QUOTED.sub(r"\1", words[0])]
        found = [(word, key(word)) for word in words]
        emails = [email for _, email in found if email]
        if not emails:
            return []
        if not self.angle:
            self.name = [f" {word}" for word, email in found if not email]
        if len(emails) > 1:
            return [Mailbox(email) for email in emails]
        return [Mailbox(emails[0], "".join(self.name), self.comment)]


def _words(spec: list[str], around_dots: bool) -> list[str]:
    """Return the words that may be an address: split at white space, but not around the @.

    ``around_dots``: nor around a dot (RFC 5322 §4.4).
    """
    joints = ("@", ".") if around_dots else ("@",)
    words: list[str] = []
    apart = True
    for piece in spec:
        if piece.isspace():
            apart = apart or not (words and words[-1].endswith(joints))
        elif words and (not apart or piece.startswith(joints)):
            words[-1] += piece
            apart = False
        else:
            words.append(piece)
            apart = False
    return words


_QUOTED = r"""| "(?P<quoted>(?:[^"\\]|\\.)*)(?P<closed>"|\\?\Z)"""
_PLAIN = r"""(?P<space>\s+)
    | (?P<word>=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=)
    | (?P<atom>(?:[^\s"(),:;<>\\\[\]]+|\[[^\[\]\s]*\])+)
    {}
    | (?P<special>.)"""
_TOKEN = re.compile(_PLAIN.format(_QUOTED), re.VERBOSE | re.DOTALL)
_TOKEN_UNQUOTED = re.compile(_PLAIN.format(""), re.VERBOSE | re.DOTALL)
_COMMENT_MARK = re.compile(r"\\.|[()]", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Yield the tokens of an address field, as (kind, text).

    A quote or bracket that is never closed is junk, and so are all later ones of its kind, which
    keeps this linear.
    """
    at, size, lexer, comments = 0, len(text), _TOKEN, True
    while at < size:
        token = lexer.match(text, at)
        kind, value = token.lastgroup, token[token.lastgroup]
        at = token.end()
        if kind == "closed":
            if value == '"':
                yield "quoted", _ESCAPED.sub(r"\1", token["quoted"])
            else:
                lexer, at = _TOKEN_UNQUOTED, token.start() + 1
        elif value == "(" and comments:
            end = _comment_end(text, at)
            comments = end > 0
            if comments:
                yield "comment", _ESCAPED.sub(r"\1", text[at : end - 1])
                at = end
        else:
            yield (value if kind == "special" else kind), value


def _comment_end(text: str, at: int) -> int:
    """Return the end of the comment whose text begins at ``at``; 0 if it is never closed."""
    depth = 1
    for mark in _COMMENT_MARK.finditer(text, at):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if not depth:
            return mark.end()
    return 0
