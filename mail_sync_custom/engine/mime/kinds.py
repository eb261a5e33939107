"""What a part is: a text of the mail, a file with words in it, or the root of related parts."""

from __future__ import annotations

from .tree import Part
from .words import decode_words

#: Texts meant for programs; each is shown only if a mail has no other words.
_DATA = frozenset(
    "text/calendar text/vcard text/x-vcard text/directory text/css text/javascript text/csv "
    "text/xml text/rfc822-headers".split()
)
#: Renditions that repeat the content in a rarely used format, or only say where it is.
FOR_FEW = frozenset("text/x-amp-html text/watch-html message/external-body".split())
#: Non-text types that contain words nevertheless.
_WORDS_IN = frozenset(
    "message/delivery-status message/global-delivery-status message/disposition-notification "
    "message/partial message/external-body application/rtf".split()
)
#: Endings of files of text that a program labelled as binary data → what they are.
_TEXT_NAMES = {
    **dict.fromkeys((".txt", ".md", ".log", ".csv"), "text/plain"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "text/html"),
    ".eml": "message/rfc822",
}
UNKNOWN = "application/octet-stream"
MESSAGES = frozenset(["message/rfc822", "message/global", "message/news"])


def is_body(part: Part, first: bool) -> bool:
    """Whether a part is shown as the mail's text rather than kept as a file."""
    if not is_text(part) or part.disposition == "attachment":
        return False
    return not part.filename or (first and part.disposition != "inline")


def is_text(part: Part) -> bool:
    """Whether a part is text for people."""
    kind = part.mimetype
    return (kind.startswith("text/") and kind not in _DATA) or kind == "application/xhtml+xml"


def to_be_seen(part: Part) -> bool:
    """Whether a part is text that was not attached."""
    return is_text(part) and part.disposition != "attachment"


def has_text(part: Part) -> bool:
    """Whether words can be read from a part, if the mail has no others."""
    return (
        part.mimetype.startswith("text/")
        or part.mimetype in _WORDS_IN
        or part.mimetype in MESSAGES
        or (part.mimetype == UNKNOWN and bool(text_type(part)))
    )


def text_type(part: Part) -> str:
    """Return the type of text that a file's name says it is; "" if it says something else."""
    name = decode_words(part.filename).lower().rstrip()
    return _TEXT_NAMES.get(f".{name.rpartition('.')[2]}", "")


def root_of(part: Part) -> Part:
    """Return the root of related parts: as ``start`` or ``type`` names it, else the first text."""
    start = part.parameters.get("start", "").strip("<> ")
    kind = part.parameters.get("type", "").lower()
    found = [child for child in part.children if start and child.content_id == start]
    found += [child for child in part.children if kind and child.mimetype == kind]
    found += [child for child in part.children if _leads_to(child, "text/html")]
    found += [child for child in part.children if child.children or is_text(child)]
    return (found or part.children)[0]


def _leads_to(part: Part, mimetype: str) -> bool:
    return part.mimetype == mimetype or any(_leads_to(one, mimetype) for one in part.children)
