"""A message → what it reports, if it is a report. Bounded, and never raises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from ..addresses import keys
from ..errors import MessageUnreadable
from ..mime.content import content_of, text_bytes, text_of
from ..mime.envelope import envelope as read_envelope
from ..mime.fields import fields_of, first_of, header_end
from ..mime.ids import read_ids
from ..mime.limits import MAX_HEADER
from ..mime.tree import Part, Tree
from ..values import Envelope
from . import plain, status
from .automatic import is_automatic
from .notices import has_no_return, is_from_a_machine, is_marked, is_report
from .report import Fate, Report

_DELIVERY = frozenset(["message/delivery-status", "message/global-delivery-status"])
_DISPOSITION = frozenset(
    ["message/disposition-notification", "message/global-disposition-notification"]
)
#: A returned mail, or its header (RFC 6522 §3, RFC 6533 §5), and what some systems call it.
_RETURNED = frozenset(
    "message/rfc822 text/rfc822-headers message/rfc822-headers message/global "
    "message/global-headers text/rfc822 message/partial".split()
)
_TEXTS = frozenset(["text/plain", "text/html"])
#: Bytes of a returned mail of which the header is read.
_MAX_RETURNED = 64 * 1024

_HEAD_FIELDS = frozenset(
    b"x-failed-recipients original-message-id x-original-message-id return-path".split()
)
_TAG = re.compile(
    r"<(?:style|script|head)\b.*?</(?:style|script|head)\s*>|<[^>]{0,2000}>", re.S | re.I
)
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d|/td)\b[^>]{0,200}>", re.I)


def read(raw: bytes, *, truncated: bool = False) -> Report | None:
    """Return what a message reports about another; None if it is no report.

    ``truncated`` says that ``raw`` is only a message's beginning. A report of a kind that says
    nothing about a mail of ours has no ``fates``.
    """
    try:
        return _read(raw, truncated)
    except MessageUnreadable:
        return None


def of_a_mail(raw: bytes, *, from_machine: bool, truncated: bool = False) -> Report | None:
    """Return what a mail to be recorded reports; None if it is an entry, and not a report.

    A person may write about a bounce, and quote it: that is no report.
    """
    if not (from_machine or is_marked(raw) or has_no_return(raw)):
        return None
    found = read(raw, truncated=truncated)
    return found if found and (found.is_standard or found.ids) else None


def _read(raw: bytes, truncated: bool) -> Report | None:
    tree = Tree(raw)
    root = tree.part(raw, 0, len(raw), cut=truncated)
    head = read_envelope(raw)
    parts = list(_leaves(root))
    from_machine = is_from_a_machine(head)
    is_standard = any(one.mimetype == "multipart/report" for one in _top(root))
    found = [one for one in parts if one.mimetype in _DELIVERY | _DISPOSITION]
    no_return = has_no_return(raw)
    if is_standard or (found and (from_machine or no_return)):
        fates, ids = _standard(found)
        if not fates and is_standard and _is_delivery(root):
            # Some leave out the part that would say it.
            spoken = _spoken(raw, tree, parts, head)
            fates = list(spoken.fates) if spoken else []
        return _report(raw, head, parts, fates, ids, is_standard=True)
    if not (from_machine or no_return):
        return None
    spoken = _spoken(raw, tree, parts, head)
    if not spoken and no_return and not is_automatic(raw):
        spoken = _returned_in_silence(raw, tree, parts, head)
    if not spoken:
        return None
    return _report(raw, head, parts, list(spoken.fates), [], is_standard=False, spoken=spoken)


def _standard(found: list[Part]) -> tuple[list[Fate], list[str]]:
    fates: list[Fate] = []
    ids: list[str] = []
    for part in found:
        reader = status.deliveries if part.mimetype in _DELIVERY else status.dispositions
        more, named = reader(content_of(part, status.MAX_STATUS))
        fates += more
        ids += named
    return fates[: status.MAX_FATES], ids


def _is_delivery(root: Part) -> bool:
    kinds = [one.parameters.get("report-type", "").lower() for one in _top(root)]
    return not any(kind and kind != "delivery-status" for kind in kinds)


def _report(
    raw: bytes,
    head: Envelope,
    parts: list[Part],
    fates: list[Fate],
    ids: list[str],
    *,
    is_standard: bool,
    spoken: plain.Read | None = None,
) -> Report:
    returned = _returned(parts, spoken.returned if spoken else "")
    fields = fields_of(_head(raw), _HEAD_FIELDS)
    named = [first_of(fields, name) for name in (b"original-message-id", b"x-original-message-id")]
    known = (
        returned.message_id,
        returned.stamp,
        *ids,
        *(id_ for text in named for id_ in read_ids(text)),
        *head.in_reply_to,
        *reversed(head.references),
    )
    return Report(
        fates=tuple(fates),
        ids=tuple(dict.fromkeys(filter(None, known))),
        subject=returned.subject or (spoken.subject if spoken else ""),
        sent_at=returned.date,
        date=head.date,
        sender=head.sender.email,
        is_standard=is_standard,
    )


def _returned(parts: list[Part], text: str) -> Envelope:
    """Return the header of the returned mail, from its own part or from the text."""
    for part in parts:
        if part.mimetype in _RETURNED:
            found = read_envelope(content_of(part, _MAX_RETURNED).lstrip())
            if found.message_id or found.subject or found.stamp:
                return found
    return read_envelope(text[:_MAX_RETURNED].encode("utf-8", "replace")) if text else Envelope()


def _spoken(raw: bytes, tree: Tree, parts: list[Part], head: Envelope) -> plain.Read | None:
    """Return what the first text of a message says, if that is what a bounce says."""
    failed = keys(first_of(fields_of(_head(raw), _HEAD_FIELDS), b"x-failed-recipients"))
    own = frozenset(one.email for one in (*head.senders, *head.reply_to, *head.to, *head.cc))
    subject_says = is_report(head.subject)
    for part in parts:
        if part.mimetype not in _TEXTS:
            continue
        found = plain.read(_text(tree, part), failed, own)
        # An address that is also the sender's own, as in a test mail to oneself, is not missed.
        if found and (subject_says or failed or found.returned or found.fates[0].addresses):
            return found
    return None


def _returned_in_silence(
    raw: bytes, tree: Tree, parts: list[Part], head: Envelope
) -> plain.Read | None:
    """Return what a message says that brings a mail back, in words that we do not know.

    Whoever answers a mail has a return path; so this is a mail system's (RFC 5321 §4.5.5).
    """
    if not _returned(parts, "").message_id:
        return None
    own = frozenset(one.email for one in (*head.senders, *head.reply_to, *head.to, *head.cc))
    texts = (part for part in parts if part.mimetype in _TEXTS)
    return plain.in_any_language(next((_text(tree, part) for part in texts), ""), own)


def _text(tree: Tree, part: Part) -> str:
    """Return the words of a text part."""
    data, cut = text_bytes(part, plain.MAX_TEXT * 4)
    label = part.parameters.get("charset", "")
    kind, text, _ = text_of(part, data, cut=cut, label=label, detect=tree.detect)
    return _words(text) if kind == "text/html" else text


def _words(html: str) -> str:
    """Return the words of HTML, a line for each line."""
    return unescape(_TAG.sub("", _BREAK.sub("\n", html)))


def _head(raw: bytes) -> bytes:
    end, _ = header_end(raw, 0, len(raw), top=True)
    return raw[: min(end, MAX_HEADER)]


def _top(root: Part) -> Iterator[Part]:
    """Yield a message's own part, and those directly in it: a list may add a footer to a report."""
    yield root
    yield from root.children


def _leaves(part: Part) -> Iterator[Part]:
    if not part.children:
        yield part
    for child in part.children:
        yield from _leaves(child)
