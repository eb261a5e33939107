"""The parameters of Content-Type and Content-Disposition (RFC 2045 §5.1, RFC 2231)."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from .charsets import decode
from .limits import MAX_PARAMETERS

_PARAMETER = re.compile(
    r""";\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)(?:"|\\?\Z)|([^;]*))""", re.DOTALL
)
_SECTION = re.compile(r"([^*]+)\*(?:([0-9]{1,3})(\*)?)?", re.ASCII)


def read_parameters(text: str) -> tuple[str, dict[str, str]]:
    """Return the value before the first semicolon, in lower case, and the parameters decoded."""
    text = text[:MAX_PARAMETERS]
    simple: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[bool, str]]] = {}
    for name, quoted, bare in _PARAMETER.findall(text):
        # Only these two are escapes: Windows clients write C:\path as it is.
        value = quoted.replace('\\"', '"').replace("\\\\", "\\") if quoted else bare.strip()
        if section := _SECTION.fullmatch(name):
            number = int(section[2] or 0)
            encoded = section[2] is None or bool(section[3])
            sections.setdefault(section[1].lower(), {}).setdefault(number, (encoded, value))
        else:
            simple.setdefault(name.lower(), value)
    extended = {name: _joined(parts) for name, parts in sections.items()}
    return text.partition(";")[0].strip().lower(), simple | extended


def _joined(parts: dict[int, tuple[bool, str]]) -> str:
    """Return a value that RFC 2231 §3 continued over several parameters, §4 percent-encoded."""
    data, charset = b"", ""
    for position, (_, (encoded, value)) in enumerate(sorted(parts.items())):
        if encoded and position == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        data += unquote_to_bytes(value) if encoded else value.encode("utf-8", "replace")
    return decode(data, charset)
