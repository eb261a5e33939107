"""Address fields → addresses (RFC 5322 §3.4, with the obsolete forms of §4.4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from ..values import Address
from .fields import unfolded
from .limits import MAX_ADDRESS, MAX_ADDRESSES, MAX_NAME, MAX_PARAMETERS, MAX_TOKENS
from .words import decode_words, one_line

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
_ADDRESS = re.compile(
    r"""([^\s"(),:;<>@\[\]\\]+|"[^"\\]+")@([^\s"(),:;<>@\[\]\\]+|\[[^\s\[\]@]+\])"""
)
_DOT_ATOM = re.compile(r'"([^\s"(),:;<>@\[\]\\]+)"@')


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Yield what an address field is made of, as (kind, text).

    A quote or a bracket that is never closed is junk, and from there on all of its kind are,
    which keeps this linear.
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
    """Return the end of the comment whose text begins at ``at``; 0 for one that has no end."""
    depth = 1
    for mark in _COMMENT_MARK.finditer(text, at):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if not depth:
            return mark.end()
    return 0


@dataclass(slots=True)
class _Mailbox:
    """One mailbox while it is being read: a name, and words that may be its address."""

    name: list[str] = field(default_factory=list)
    spec: list[str] = field(default_factory=list)
    comment: str = ""
    angle: str = ""  # "", "open", "closed"

    def add(self, kind: str, value: str) -> None:
        if kind == "comment":
            self.comment = self.comment or value
            return
        if not self.angle:
            self.name.append(value)
        if self.angle != "closed":
            self.spec.append(f'"{value}"' if kind == "quoted" else value)

    def open(self) -> None:
        self.angle, self.spec = "open", []

    def addresses(self) -> list[Address]:
        """Return the address in the angle brackets; without them, every word that is one.

        A display name never becomes an address where there are brackets.
        """
        words = _words(self.spec)
        if self.angle and len(words) != 1:
            return []
        found = [(word, _address(word)) for word in words]
        emails = [email for _, email in found if email]
        if not emails:
            return []
        if not self.angle:
            self.name = [f" {word}" for word, email in found if not email]
        if len(emails) > 1:
            return [Address("", email) for email in emails]
        name = one_line(decode_words("".join(self.name)[:MAX_PARAMETERS]), MAX_NAME)
        name = name or one_line(decode_words(self.comment[:MAX_PARAMETERS]), MAX_NAME)
        if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
            name = name[1:-1].strip()
        return [Address(name, emails[0])]


def _words(spec: list[str]) -> list[str]:
    """Return the words that an address can be: white space parts them, but not around the @."""
    words: list[str] = []
    apart = True
    for piece in spec:
        if piece.isspace():
            apart = apart or not (words and words[-1].endswith("@"))
        elif words and (not apart or piece.startswith("@")):
            words[-1] += piece
            apart = False
        else:
            words.append(piece)
            apart = False
    return words


def _address(word: str) -> str:
    """Return a word as an address in lower case, "" if it is none."""
    if "@" not in word or "=?" in word or len(word) > MAX_ADDRESS:
        return ""  # an encoded word is text and no address, whatever it decodes to (RFC 2047 §5)
    if word[0] == "'" == word[-1]:
        word = word[1:-1]
    word = _DOT_ATOM.sub(r"\1@", word.rstrip("."))
    return word.lower() if _ADDRESS.fullmatch(word) else ""


def read_addresses(text: str, limit: int = MAX_ADDRESSES) -> list[Address]:
    """Return the addresses of a field's value, in order: of groups their members."""
    found: list[Address] = []
    box = _Mailbox()
    for kind, value in islice(_tokens(text), MAX_TOKENS):
        if kind == "<":
            if box.angle:  # a comma is missing
                found += box.addresses()
                box = _Mailbox()
            box.open()
        elif kind == ">":
            box.angle = box.angle and "closed"
            box.add("space", " ")
        elif kind in ",;":
            if box.angle == "open" and box.spec[:1] and box.spec[0].startswith("@"):
                continue  # a route, <@a,@b:c@d> (RFC 5322 §4.4)
            found += box.addresses()
            box = _Mailbox()
        elif kind == ":":  # a group's name, a route, or mailto:
            box.spec = []
            if not box.angle:
                box.name = []
        else:
            box.add(kind, value)
        if len(found) >= limit:
            return found[:limit]
    return (found + box.addresses())[:limit]


def addresses_of(values: Iterable[bytes]) -> tuple[Address, ...]:
    """Return the addresses of all values of a field, at most ``MAX_ADDRESSES``."""
    found: list[Address] = []
    for value in values:
        found += read_addresses(unfolded(value), MAX_ADDRESSES - len(found))
        if len(found) >= MAX_ADDRESSES:
            break
    return tuple(found)
