"""RTF → its words, and the HTML that Outlook wraps in it (MS-OXRTFEX)."""

from __future__ import annotations

import re

from .labels import charset_of

#: How deep groups may be nested.
_MAX_GROUPS = 200
_TOKEN = re.compile(
    r"\\(?:([a-zA-Z]{1,32})(-?\d{1,10})?[ ]?|'([0-9a-fA-F]{2})|([^a-zA-Z]))|([{}])|[\r\n]+",
    re.DOTALL,
)
_BREAKS = {
    "par": "\n", "line": "\n", "sect": "\n", "page": "\n", "row": "\n", "tab": "\t", "cell": "\t",
    "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’",
    "ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ",
}  # fmt: skip
_DESTINATIONS = frozenset(
    "fonttbl colortbl stylesheet info pict object header footer headerl headerr footerl footerr "
    "listtable listoverridetable revtbl rsidtbl generator xmlnstbl themedata datastore "
    "colorschememapping latentstyles mmathPr fldinst".split()
)


def rtf_text(text: str) -> str:
    """Return the words of RTF. Other text is returned unchanged.

    >>> rtf_text(r"{\\rtf1\\ansi Gr\\'fc\\u223?e\\par {\\b bold}}")
    'Grüße\\nbold'
    """
    return _read(text)[0] if text.lstrip().startswith("{\\rtf") else text.replace("\0", "")


def rtf_html(text: str) -> str:
    """Return the HTML that is wrapped in RTF, "" if there is none."""
    words, from_html = _read(text)
    return words if from_html else ""


def _read(text: str) -> tuple[str, bool]:
    """Return (words, whether they are HTML)."""
    from_html = "\\fromhtml" in text[:2000]
    charset = "cp1252"
    out: list[str] = []
    # Of each group: is it hidden, characters to skip behind \u, is it HTML's own markup.
    groups: list[tuple[bool, int, bool]] = []
    hidden, skipped, tag, star, plain_rtf = False, 1, False, False, False
    pending, skip, at = bytearray(), 0, 0

    def flush() -> None:
        if pending:
            out.append(pending.decode(charset, "replace"))
            pending.clear()

    for found in _TOKEN.finditer(text):
        words = text[at : found.start()]
        at = found.end()
        if words:
            words, skip = words[skip:], max(0, skip - len(words))
            if words and not hidden and (tag or not plain_rtf):
                flush()
                out.append(words)
            star = False
        word, number, code, symbol, brace = found.groups()
        shown = not hidden and (tag or not plain_rtf)
        if code:
            if skip:
                skip -= 1
            elif shown:
                pending.append(int(code, 16))
            continue
        flush()
        if brace == "{":
            groups.append((hidden, skipped, tag))
            hidden = hidden or len(groups) > _MAX_GROUPS
        elif brace == "}":
            if groups:
                hidden, skipped, tag = groups.pop()
        elif symbol:
            star = symbol == "*"
            if symbol in "{}\\" and shown:
                out.append(symbol)
            elif symbol == "~" and shown:
                out.append("\u00a0")
            elif symbol in "\r\n" and shown:
                out.append("\n")
        elif word == "htmltag" and from_html:
            tag, star = True, False
        elif word == "htmlrtf" and from_html:
            plain_rtf = number != "0"
        elif star or word in _DESTINATIONS:
            hidden, star = True, False
        elif word == "uc":
            skipped = min(int(number or 1), 10)
        elif word == "u" and number:
            if shown:
                out.append(chr(int(number) % 0x10000))
            skip = skipped
        elif word == "ansicpg" and number:
            charset = charset_of(f"cp{number}") or charset
        elif word in _BREAKS and shown:
            out.append(_BREAKS[word])
    flush()
    out.append("" if hidden else text[at:])
    # Characters beyond U+FFFF are written as two surrogates.
    whole = "".join(out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", ""), from_html
