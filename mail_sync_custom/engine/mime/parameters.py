"""The parameters of Content-Type and Content-Disposition (RFC 2045 §5.1, RFC 2231)."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from .charsets import decode
from .labels import charset_of
from .limits import MAX_PARAMETERS

# The value: a word or two with a slash between; what comes before the first semicolon and has no
# parameter in it. Some senders forget the semicolon behind it.
_VALUE = re.compile(
    r"\s*([^\s;=\"(),/]+(?:\s*/\s*[^\s;=\"(),]+)?)(?:[\s,]+(?=[^;\s]*=)|[\s,]*(?=[;\s]|\Z))"
)
_BLANK = r"(?:\s|\([^()]{0,200}\))*+"  # white space and comments
_PARAMETER = re.compile(
    rf""";{_BLANK}([^\s=;"(]+){_BLANK}=\s*(?:"((?:[^"\\]|\\.)*)(?:"|\\?\Z)|([^;]*))""", re.DOTALL
)
_SECTION = re.compile(r"([^*]+)\*(?:([0-9]{1,3})(\*)?)?", re.ASCII)
# RFC 5322 §3.2.2. A file's name has brackets of its own.
_COMMENT = re.compile(r"\((?:[^()\\]|\\.){0,200}\)")
#: Comments within each other.
_MAX_COMMENTS = 5
_FILENAMES = frozenset(["name", "filename"])


def token(text: str) -> str:
    """Return the first word of a value in lower case, without comments, quotes and what follows.

    >>> token('"Quoted-Printable" (rfc2045); x')
    'quoted-printable'
    """
    text = _without_comments(text[:MAX_PARAMETERS])
    return text.lower().strip("\"' ;,").split(";")[0].strip()


def _without_comments(text: str) -> str:
    for _ in range(_MAX_COMMENTS):
        if "(" not in text:
            break
        text = _COMMENT.sub(" ", text)
    return text


def read_parameters(text: str) -> tuple[str, dict[str, str]]:
    """Return the value before the parameters, in lower case, and the parameters decoded."""
    text = text[:MAX_PARAMETERS]
    head, semicolon, rest = text.partition(";")
    head = _without_comments(head).strip()
    if "=" in head or " " in head:
        if found := _VALUE.match(head[:300]):
            head, rest = found[1], f"{head[found.end() :]};{rest}"
        elif "=" in head:
            head, rest = "", f"{head};{rest}"
    simple: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[bool, str]]] = {}
    for name, quoted, bare in _PARAMETER.findall(f";{rest}" if rest or semicolon else ""):
        # Only these two are escapes: Windows clients write C:\path as it is.
        value = quoted.replace('\\"', '"').replace("\\\\", "\\") if quoted else bare.strip()
        if section := _SECTION.fullmatch(name):
            number = int(section[2] or 0)
            encoded = section[2] is None or bool(section[3])
            sections.setdefault(section[1].lower(), {}).setdefault(number, (encoded, value))
        else:
            name = name.lower()
            if not quoted and name not in _FILENAMES:
                value = _without_comments(value).strip()
            elif not quoted and len(value) > 1 and value[0] == "'" == value[-1]:
                value = value[1:-1]  # as a shell quotes
            simple.setdefault(name, value)
    extended = {name: _joined(parts) for name, parts in sections.items()}
    return "".join(head.split()).lower().strip("\"',"), simple | extended


def _joined(parts: dict[int, tuple[bool, str]]) -> str:
    """Return a value that RFC 2231 §3 continued over several parameters, §4 percent-encoded."""
    data, charset, begun = b"", "", ""  # what is begun may go on in the middle of a letter
    for position, (_, (encoded, value)) in enumerate(sorted(parts.items())):
        if encoded and not position:
            charset, value = _charset_and_text(value)
        if encoded:
            begun += value
            continue
        data += unquote_to_bytes(begun) + value.encode("utf-8", "replace")
        begun = ""
    return decode(data + unquote_to_bytes(begun), charset)


def _charset_and_text(value: str) -> tuple[str, str]:
    """Return both of ``charset'language'text``; some forget the language and one of the quotes."""
    charset, *rest = value.split("'", 2)
    if len(rest) == 2 or (rest and charset_of(charset)):
        return charset, rest[-1]
    return "", value
