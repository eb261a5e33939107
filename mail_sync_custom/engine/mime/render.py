"""The tree of parts → which text is the mail's body, and which parts are files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from mimetypes import guess_type
from urllib.parse import urljoin

from .charsets import decode
from .content import HTML, content_of, size_of, text_bytes, text_of
from .envelope import envelope
from .external import EXTERNAL, address_of
from .fields import EMPTY_LINE
from .filenames import SLASH, safe_name
from .formats import has_pictures
from .inlined import InTag, has_pictures_in_tags, without_pictures
from .kinds import (
    FOR_FEW,
    MESSAGES,
    UNKNOWN,
    has_text,
    is_body,
    is_text,
    root_of,
    text_type,
    to_be_seen,
)
from .limits import MAX_DEPTH, MAX_HEADER, MAX_TEXT
from .opening import Opened, is_container, opened
from .rendered import File, Piece, Rendered, is_in
from .tree import Part, Tree
from .uuencode import has_beginning, without_files


class Renderer:
    """Renders the tree of one mail."""

    def __init__(self, tree: Tree):
        self.tree = tree
        self.left = MAX_TEXT
        self.texts = 0  # that had pictures in their tags

    def mail(self, root: Part) -> Rendered:
        """Return the body and the files of a mail. If it has words anywhere, it has a body."""
        out = self._part(root, True)
        if not out.shows():
            self._promote(out)
        # The only text is the mail's own, whatever it is called.
        out.files = [
            file
            for file in out.files
            if not file.shown or any(one.has_words for one in out.body if one is not file.shown)
        ]
        return out

    def _part(self, part: Part, first: bool) -> Rendered:
        """Return the result for a part. ``first``: no part of the body precedes it."""
        if part.children:
            kind = part.mimetype
            return _CONTAINERS.get(kind, Renderer._mixed)(self, part, first)
        if part.bare:
            return Rendered()
        if part.mimetype == EXTERNAL and (address := address_of(part.parameters)):
            # The body there is a phantom, and seldom has words.
            _, *phantom = EMPTY_LINE.split(content_of(part), maxsplit=1)
            files = [self._file(part)] if b"".join(phantom).strip() else []
            return Rendered([Piece("text/plain", address)], files)
        if is_body(part, first):
            return self._text(part)
        if first and is_text(part) and part.disposition == "inline":
            out = self._text(part)
            out.files.append(replace(self._file(part), shown=out.body[0]))
            return out
        return self._opened(part, first) or Rendered(files=[self._file(part)])

    def _text(self, part: Part) -> Rendered:
        """Return a text, and the files embedded in it."""
        out, inline = Rendered(), []
        if part.mimetype == "text/plain" and has_beginning(data := content_of(part)):
            data, inline = without_files(data)
            text, out.cut = data[: self.left], part.cut or len(data) > self.left
        elif part.mimetype in HTML and has_pictures_in_tags(data := content_of(part)):
            self.texts += 1
            data, pictures = without_pictures(data, f"in-tag.{self.texts}")
            text, out.cut = data[: self.left], part.cut or len(data) > self.left
            out.files += [_picture(one, part) for one in pictures]
        else:
            text, out.cut = text_bytes(part, self.left)
        out.body.append(self._piece(part, text, out))
        for one in inline:
            label = "" if one.name.isascii() else self.tree.label()
            name = decode(one.name, part.parameters.get("charset", ""), others=(label,))
            name = safe_name(name, UNKNOWN)
            cut = part.cut and not one.whole
            content = one.content
            out.files.append(File(name, _by_name(name), len(content), lambda c=content: c, cut=cut))
        return out

    def _piece(self, part: Part, data: bytes, out: Rendered) -> Piece:
        self.left -= len(data)
        label = "" if data.isascii() else self.tree.label()
        kind, text, cut = text_of(part, data, cut=out.cut, label=label, detect=self.tree.detect)
        out.cut = cut
        return Piece(kind, text)

    def _file(self, part: Part) -> File:
        name = _part_name(part)
        return File(
            name,
            part.mimetype,
            size_of(part),
            lambda: content_of(part),
            part.content_id,
            part.content_location,
            part.cut,
            part,
        )

    def _opened(self, part: Part, first: bool) -> Rendered | None:
        """Return the contents of another kind of container; None if it is incomplete or not one."""
        name = _part_name(part)
        if part.cut or part.depth >= MAX_DEPTH or not is_container(part, name):
            return None
        if not self.tree.may_open(part.end - part.start):
            return None
        found = opened(part, name)
        return self._inside(found, part, first) if found else None

    def _inside(self, found: Opened, part: Part, first: bool) -> Rendered:
        out = Rendered(body=[Piece(*one) for one in found.body], cut=found.cut)
        if found.entity:
            raw = found.entity
            inner = self.tree.part(raw, 0, len(raw), cut=False, depth=part.depth + 1)
            out += self._part(inner, first)
            out.unverified += [_part_name(part)] if found.signed else []
        for name, mimetype, content, content_id in found.files:
            name = safe_name(name, mimetype)
            out.files.append(
                File(
                    name, mimetype or _by_name(name), len(content), lambda c=content: c, content_id
                )
            )
        return out

    def _promote(self, out: Rendered) -> None:
        """Make the words of a file the body of a mail that has no others; the file stays a file.

        All that was to be shown with the mail is, and the first of it is no file: it is the body.
        """
        files = [file for file in out.files if file.part]
        if seen := [file for file in files if self._moved(out, file, to_be_seen)]:
            out.files = [file for file in out.files if file is not seen[0]]
            return
        for wanted in (is_text, has_text):
            if any(self._moved(out, file, wanted) for file in files):
                return

    def _moved(self, out: Rendered, file: File, wanted: Callable[[Part], bool]) -> bool:
        """Add the words of a file to the body if it is of the wanted kind; tell whether it was."""
        found = self._words_of(file.part) if wanted(file.part) else Rendered()
        if not found.shows():
            return False
        out.body = [one for one in out.body if one.has_words] + found.body
        out.cut |= found.cut
        return True

    def _words_of(self, part: Part) -> Rendered:
        if part.mimetype == UNKNOWN:
            part = replace(part, mimetype=text_type(part) or "text/plain")
        if part.mimetype in MESSAGES:
            return self._forwarded(part)
        out = Rendered()
        data, out.cut = text_bytes(part, self.left)
        out.body.append(self._piece(part, data, out))
        return out

    def _forwarded(self, part: Part) -> Rendered:
        """Return the words of a message within the message."""
        raw, start, end = part.raw, part.start, part.end
        if part.depth >= MAX_DEPTH:
            return Rendered()
        if part.encoding:
            if not self.tree.may_open(end - start):
                return Rendered()
            raw = content_of(part)
            start, end = 0, len(raw)
        return self.mail(self.tree.part(raw, start, end, cut=part.cut, depth=part.depth + 1))

    def _mixed(self, part: Part, first: bool) -> Rendered:
        """All in order: multipart/mixed, signed, report, and every unknown multipart."""
        out = Rendered()
        for child in part.children:
            out += self._part(child, first and not out.body)
        return out

    def _related(self, part: Part, first: bool) -> Rendered:
        """Show the root; the others are the files that it refers to (RFC 2387)."""
        root = root_of(part)
        out = self._root(root, first)
        for child in part.children:
            if child is root:
                continue
            if child.children:
                out += self._mixed(child, False)
            elif is_text(child) and not (child.content_id or child.filename):
                out = _both(self._text(child), out)
            elif not child.bare:
                file = self._file(child)
                location = _absolute(file.content_location, root.content_location)
                out.files.append(replace(file, content_location=location))
        return out

    def _root(self, root: Part, first: bool) -> Rendered:
        if not root.children and root.mimetype.startswith("text/") and not root.bare:
            return self._text(root)  # shown, whatever it is called
        return self._part(root, first)

    def _alternative(self, part: Part, first: bool) -> Rendered:
        """Show the last rendition with words in HTML, else the last with words, and all files.

        RFC 2046 §5.1.4. A rendition in a rarely used format is a file only if there is no other; an
        invitation says more than the text, and is always kept.
        """
        renditions = [(child, self._rendition(child, first)) for child in part.children]
        usual = [out for child, out in renditions if child.mimetype not in FOR_FEW]
        everyone = [out for _, out in renditions]
        best = (
            [out for out in usual if out.shows("text/html")]
            or [out for out in usual if out.shows()]
            or [out for out in everyone if out.shows()]
            or [out for out in everyone if out.body]
        )
        out = Rendered()
        if best:
            out.body, out.cut = best[-1].body, best[-1].cut
        if not out.shows("text/html"):  # words in one, and pictures in another: both are shown
            out.body = out.body + [
                one
                for each in usual
                for one in each.body
                if each.body != out.body and has_pictures(one.kind, one.text)
            ]
        # Where content may be fetched is said besides (RFC 2046 §5.2.3).
        out.body = out.body + [
            one
            for child, each in renditions
            if child.mimetype == EXTERNAL and each.body != out.body
            for one in each.body
        ]
        for child, rendition in renditions:
            if child.filename and not child.children and not is_in(rendition, out):
                out.files.append(self._file(child))  # which says something else
            out.files += rendition.files
            out.unverified += rendition.unverified
        return out

    def _rendition(self, part: Part, first: bool) -> Rendered:
        """Return one of several: a text, whatever it is called, unless it is attached."""
        if part.children or part.bare or not to_be_seen(part):
            return self._part(part, first)
        return self._text(part)

    def _double(self, part: Part, first: bool) -> Rendered:
        """Return the parts of a Macintosh file except the one for Macintosh only (RFC 1740)."""
        real = [one for one in part.children if one.mimetype != "application/applefile"]
        return self._each(real or part.children, first)

    def _each(self, parts: Iterable[Part], first: bool) -> Rendered:
        out = Rendered()
        for part in parts:
            out += self._part(part, first and not out.body)
        return out


def _absolute(location: str, base: str) -> str:
    """Return a Content-Location as seen from that of the text (RFC 2557 §5)."""
    try:
        return urljoin(base, location) if location and "://" in base else location
    except ValueError:
        return location


_CONTAINERS = {
    "multipart/alternative": Renderer._alternative,
    "multipart/related": Renderer._related,
    "multipart/appledouble": Renderer._double,
}


def _both(text: Rendered, out: Rendered) -> Rendered:
    """Return a root with a text beside it, which is shown where the root does not say the same."""
    if is_in(text, out):
        text.body = []
    text += out
    return text


def _picture(one: InTag, part: Part) -> File:
    """Return the file that a picture in a tag becomes."""
    size, cut = len(one.encoded) * 3 // 4, part.cut and not one.whole
    name = safe_name("", one.mimetype)
    return File(name, one.mimetype, size, one.content, one.content_id, cut=cut)


def _part_name(part: Part) -> str:
    """Return a file's name; a forwarded message without one is called after its subject."""
    if part.mimetype not in MESSAGES:
        return safe_name(part.filename, part.mimetype)
    if part.filename:
        name = safe_name(part.filename, part.mimetype)
        return name if "." in name else f"{name}.eml"
    head = (
        content_of(part, MAX_HEADER)
        if part.encoding
        else part.raw[part.start : part.end][:MAX_HEADER]
    )
    subject = SLASH.sub("-", envelope(head).subject)  # which is no path
    return safe_name(f"{subject}.eml" if subject else "", part.mimetype)


def _by_name(name: str) -> str:
    return guess_type(name)[0] or "application/octet-stream"
