"""Message bytes → values. Never raises on what a mail says, however broken it is.

Three depths, each dearer than the one before and each asked for less often:

* :func:`glance` runs on every header block of a mailbox: which addresses and which thread could
  this be about? Too many is fine, one missing is a lost mail.
* :func:`envelope` is the exact parse of the header fields that decisions are made from.
* :func:`email` reads a whole message: text, files, and what had to be left out.

The standard library's parser is not used. It works on ``str``, so that a file of 20 MB costs ten
times its size; it has no bounds, so that 30 KB of semicolons or 100,000 parts hold up everybody's
mail; and how it reads an address changed between patch releases of Python (CVE-2023-27043).
Here everything works on the bytes as they came, by offsets, and is linear in their number. The
limits below are the only ones; beyond them a message is set aside with MessageUnreadable, code
``message_bomb``, which is the one exception that leaves this file.
"""

from __future__ import annotations

import html as markup
from dataclasses import dataclass, field

from ..values import Attachment, Email, Omitted
from .content import content_of, size_of, text_of
from .envelope import envelope
from .filenames import SLASH, safe_name
from .glance import glance  # noqa: F401
from .limits import MAIL_TOO_LARGE, MAX_HEADER, MAX_TEXT, TEXT_CUT, TOO_LARGE, TOO_MANY
from .tree import Part, Tree


@dataclass(slots=True)
class _Rendered:
    """What a part of the tree comes to: pieces of the body (type, text), and files."""

    body: list[tuple[str, str]] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)
    cut: bool = False  # some text is not whole

    def __iadd__(self, other: _Rendered) -> _Rendered:
        self.body += other.body
        self.files += other.files
        self.cut |= other.cut
        return self

    def has(self, mimetype: str) -> bool:
        return any(kind == mimetype and text.strip() for kind, text in self.body)


_SHOWN = ("text/plain", "text/html")


def email(
    raw: bytes,
    *,
    truncated: bool = False,
    max_attachment: int | None = None,
    max_attachments: int = 200,
) -> Email:
    """Return a whole message.

    ``truncated`` says that ``raw`` is only the beginning of a message that is too large. What is
    complete is kept; the part in which it ends is named in ``omitted``. Files above
    ``max_attachment`` bytes, or beyond ``max_attachments``, are left out and named too.

    ``omitted`` begins with ``TEXT_CUT`` where the mail's own text is kept only so far.

    Raises MessageUnreadable, code ``message_bomb``, and nothing else.
    """
    tree = Tree(raw)
    root = tree.part(0, len(raw), cut=truncated)
    rendered = _render(raw, root)
    attachments: list[Attachment] = []
    omitted = [Omitted(TEXT_CUT)] if rendered.cut else []
    for part in rendered.files:
        name, size = _part_name(raw, part), size_of(raw, part)
        if part.cut:
            omitted.append(Omitted(MAIL_TOO_LARGE, name))
        elif max_attachment is not None and size > max_attachment:
            omitted.append(Omitted(TOO_LARGE, name, size, max_attachment))
        elif len(attachments) >= max_attachments:
            omitted.append(Omitted(TOO_MANY, name, size, max_attachments))
        else:
            attachments.append(_attachment(raw, part, name))
    html, text = _joined_body(rendered.body)
    return Email(
        envelope=envelope(raw),
        html=html,
        text=text,
        attachments=tuple(attachments),
        omitted=tuple(omitted),
    )


def _attachment(raw: bytes, part: Part, name: str) -> Attachment:
    return Attachment(name, part.mimetype, content_of(raw, part), part.content_id)


def _part_name(raw: bytes, part: Part) -> str:
    """Return a file's name; a forwarded message without one is called after its subject."""
    if part.filename or part.mimetype != "message/rfc822":
        return safe_name(part.filename, part.mimetype)
    subject = envelope(raw[part.start : min(part.end, part.start + MAX_HEADER)]).subject
    subject = SLASH.sub("-", subject)  # which is no path
    return safe_name(f"{subject}.eml" if subject else "", part.mimetype)


def _render(raw: bytes, part: Part, first: bool = True) -> _Rendered:
    """Return what a part comes to. ``first``: nothing of the body stands before it."""
    if part.children:
        return _CONTAINERS.get(part.mimetype, _mixed)(raw, part, first)
    if part.bare:
        return _Rendered()
    if _is_body(part, first):
        cut = part.cut or part.end - part.start > MAX_TEXT
        return _Rendered(body=[(part.mimetype, text_of(raw, part))], cut=cut)
    return _Rendered(files=[part])


def _is_body(part: Part, first: bool) -> bool:
    """Say whether a part is shown as the mail's text rather than kept as a file."""
    if part.mimetype not in _SHOWN or part.disposition == "attachment":
        return False
    return not part.filename or (first and part.disposition != "inline")


def _mixed(raw: bytes, part: Part, first: bool) -> _Rendered:
    """All in order: multipart/mixed, signed, report, and every multipart that is unknown."""
    out = _Rendered()
    for child in part.children:
        out += _render(raw, child, first and not out.body)
    return out


def _related(raw: bytes, part: Part, first: bool) -> _Rendered:
    """The root is shown, the others are the files that it refers to (RFC 2387)."""
    start = part.parameters.get("start", "").strip("<> ")
    named = [child for child in part.children if start and child.content_id == start]
    root = (named or part.children)[0]
    out = _render(raw, root, first)
    for child in part.children:
        if child is not root:
            out += _mixed(raw, child, False) if child.children else _file_of(child)
    return out


def _file_of(part: Part) -> _Rendered:
    return _Rendered() if part.bare else _Rendered(files=[part])


def _alternative(raw: bytes, part: Part, first: bool) -> _Rendered:
    """The last rendition with html, else the last with text (RFC 2046 §5.1.4), and all files.

    A rendition of another text type (AMP, enriched text) says the same once more and is a file
    only where there is no other; an invitation is none, and always kept.
    """
    renditions = [(child, _render(raw, child, first)) for child in part.children]
    shown = [out for _, out in renditions if out.has("text/html")] or [
        out for _, out in renditions if out.has("text/plain")
    ]
    out = _Rendered()
    if shown:
        out.body, out.cut = shown[-1].body, shown[-1].cut
    for child, rendition in renditions:
        if not (shown and _says_it_again(child)):
            out.files += rendition.files
    return out


def _says_it_again(part: Part) -> bool:
    known = (*_SHOWN, "text/calendar")
    is_file = part.filename or part.disposition == "attachment"
    return part.mimetype.startswith("text/") and part.mimetype not in known and not is_file


_CONTAINERS = {"multipart/alternative": _alternative, "multipart/related": _related}


def _joined_body(pieces: list[tuple[str, str]]) -> tuple[str, str]:
    """Return (html, text) of the pieces of a body: plain ones become html where any is html."""
    pieces = [(kind, text) for kind, text in pieces if text.strip()]
    if all(kind == "text/plain" for kind, _ in pieces):
        return "", "\n".join(text for _, text in pieces)
    return "\n".join(text if kind == "text/html" else _as_html(text) for kind, text in pieces), ""


def _as_html(text: str) -> str:
    escaped = markup.escape(text.strip("\n"), quote=False).replace("\n", "<br/>\n")
    return f"<p>{escaped}</p>"
