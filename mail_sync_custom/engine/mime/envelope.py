"""A header block → the fields that decisions are made from, parsed exactly."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from urllib.parse import unquote

from ..addresses import key
from ..values import Address, Envelope
from .addresses import addresses_of
from .charsets import is_utf8
from .dates import read_date
from .fields import EMPTY_LINE, Label, fields_of, unfolded, with_line_feeds
from .ids import ids_of, read_ids
from .limits import MAX_HEADER, MAX_PARAMETERS, MAX_STAMP, MAX_SUBJECT
from .words import decode_words, one_line

_ENVELOPE_FIELDS = frozenset(
    b"from to cc bcc reply-to sender message-id in-reply-to references date subject "
    b"x-mail-sync-id".split()
)
#: An address in List-Post; its parameters do not matter.
_MAILTO = re.compile(r"<mailto:([^>?\s]{3,320})", re.IGNORECASE)
#: Addresses of one list.
MAX_POSTS = 5
#: Envelopes that are kept for when their mails are read whole, and the bytes and fields of one.
ENVELOPES, MAX_KEPT, MAX_KEPT_FIELDS = 500, 2_000, 50


def envelope(raw: bytes, label: Label | None = None) -> Envelope:
    """Return the header fields that decisions are made from, of a header block or a message.

    Never raises. For Date, Message-ID and Subject the first field that is not empty counts, for the
    others all do. Anything beyond ``MAX_HEADER`` bytes is ignored. ``label`` returns the mail's own
    charset, for eight-bit bytes that are not UTF-8.
    """
    fields = fields_of(_head(raw), _ENVELOPE_FIELDS)
    values = list(chain.from_iterable(fields.values()))
    is_short = len(values) <= MAX_KEPT_FIELDS and sum(map(len, values)) <= MAX_KEPT
    if is_short and all(map(bytes.isascii, values)):
        return _ascii_envelope(tuple((name, tuple(values)) for name, values in fields.items()))
    return _envelope(fields, label)


@lru_cache(ENVELOPES)
def _ascii_envelope(fields: tuple[tuple[bytes, tuple[bytes, ...]], ...]) -> Envelope:
    """Return the envelope of fields that no charset is needed for.

    A mail that is recorded comes twice: its header among those of a batch, and then whole.
    """
    return _envelope(dict(fields), None)


def answered_at(raw: bytes) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """Return the addresses of Mail-Followup-To, and those of List-Post (RFC 2369 §3.4)."""
    fields = fields_of(_head(raw), frozenset((b"mail-followup-to", b"list-post")))
    posts = (_MAILTO.findall(unfolded(value)) for value in fields.get(b"list-post", ()))
    found = (key(unquote(one)) for one in chain.from_iterable(posts))
    return (
        addresses_of(fields.get(b"mail-followup-to", ())),
        tuple(Address("", one) for one in found if one)[:MAX_POSTS],
    )


def needs_charset(raw: bytes) -> bool:
    """Whether a header block has bytes that only the mail's own charset can explain."""
    head = _head(raw)
    return not head.isascii() and not is_utf8(head)


def _head(raw: bytes) -> bytes:
    head = with_line_feeds(raw[:MAX_HEADER])
    end = 0 if head.startswith((b"\n", b"\r\n")) else len(head)
    if found := EMPTY_LINE.search(head):
        end = min(end, found.start() + 1)
    return head[:end]


def _envelope(fields: Mapping[bytes, Sequence[bytes]], label: Label | None) -> Envelope:
    def first(name: bytes) -> str:
        return next(filter(None, (unfolded(one, label) for one in fields.get(name, ()))), "")

    def every(name: bytes) -> tuple[Address, ...]:
        return addresses_of(fields[name], label=label) if name in fields else ()

    authors = every(b"from")
    senders = authors + every(b"sender")
    return Envelope(
        message_id=next(iter(read_ids(first(b"message-id"))), ""),
        in_reply_to=ids_of(fields.get(b"in-reply-to", ())),
        references=ids_of(fields.get(b"references", ())),
        sender=senders[0] if senders else Address("", ""),
        authors=authors,
        senders=senders,
        reply_to=every(b"reply-to"),
        to=every(b"to"),
        cc=every(b"cc"),
        bcc=every(b"bcc"),
        date=read_date(decode_words(first(b"date"))),
        subject=one_line(decode_words(first(b"subject")[:MAX_PARAMETERS]), MAX_SUBJECT),
        subject_guessed=not label and not all(map(is_utf8, fields.get(b"subject", ()))),
        stamp=one_line(first(b"x-mail-sync-id").strip("<> "), MAX_STAMP),
    )
