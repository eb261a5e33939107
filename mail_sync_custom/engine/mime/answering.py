"""A mail → whom an answer to it goes to, its subject, what it names, and the text that it quotes.

Where the standards leave a choice, this does as Thunderbird does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape

from ..addresses import key
from ..values import Address

#: *Re:* and *Fwd:* in the usual programs and languages, with or without a count (``Re[2]:``).
_PREFIX = re.compile(
    r"\s*(?:re|fwd?|aw|antw(?:ort)?|wg|sv|vs|vb|vl|rif|r|i|tr|rv|enc|odp|pd|ynt|ilt|doorst|bls|"
    r"trs|res|vá|továbbítás|回复|答复|转发|回覆|轉寄|返信|転送)\s*(?:[\[(]\d{1,4}[\])])?\s*[:：]\s*",
    re.IGNORECASE,
)
#: A list's name, or a warning of the recipient's server: a "subj-blob" (RFC 5256 §5).
_BLOB = re.compile(r"\s*(\[[^\[\]]{1,80}\])(?=\s*\S)")
MAX_BLOBS = 5
#: A whole subject in brackets, as some programs forward it: a "subj-fwd-hdr" (RFC 5256 §5).
_WRAPPED = re.compile(r"\s*\[(?:fwd?|wg|tr|rv):(?=.*\]\Z)", re.IGNORECASE | re.DOTALL)
#: What some programs add behind a subject: a "subj-trailer" (RFC 5256 §5).
_TRAILER = re.compile(r"(?:\s{0,9}\(fwd\)){1,9}\s{0,9}\Z", re.IGNORECASE)
#: Ids in References: the conversation's first one and its last ones (RFC 5537 §3.4.4).
MAX_REFERENCES = 20
#: The domain of an id that was made up for a mail that came without one.
_MADE_UP = "@no-message-id.invalid"


@dataclass(frozen=True, slots=True)
class Received:
    """What of a mail decides where an answer to it goes.

    ``is_own``: somebody of the company sent it. ``is_automatic``: a program did (RFC 3834), or it
    reports a delivery (RFC 3464). ``followup_to`` is Mail-Followup-To; ``list_post`` are the
    addresses of a mailing list (RFC 2369 §3.4).
    """

    sender: Address
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    followup_to: tuple[Address, ...] = ()
    list_post: tuple[Address, ...] = ()
    is_own: bool = False
    is_automatic: bool = False


@dataclass(frozen=True, slots=True)
class Recipients:
    """Whom an answer goes to. Nobody is in it twice."""

    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()


# --- whom it goes to ----------------------------------------------------------------------------


def recipients(mail: Received, owns: Callable[[str], bool], *, everyone: bool) -> Recipients:
    """Return the recipients of an answer to the sender, or to everyone (RFC 5322 §3.6.3).

    ``owns`` says of an address, as a key, whether it is the answering person's own: those are left
    out, unless nobody else remains. A mail of one's own is answered to its recipients. An automatic
    mail is answered to nobody: a program would read it, and perhaps answer (RFC 3834 §2).
    """
    if mail.is_automatic:
        return Recipients()
    if everyone and mail.followup_to and not mail.is_own:
        to, cc = mail.followup_to, ()
    elif mail.is_own:
        to = mail.to or mail.cc
        cc = (*mail.cc, mail.sender) if everyone else ()
    else:
        to = _primary(mail)
        cc = (*mail.to, *mail.cc, *_unheard(mail)) if everyone else ()
    others, copied = _others(to, owns) or _others((mail.sender,), owns), _others(cc, owns)
    if not others and copied:
        others, copied = copied, ()
    to = _once(others or to or (mail.sender,))
    known = {key(one.email) for one in to}
    return Recipients(to, tuple(one for one in _once(copied) if key(one.email) not in known))


def _primary(mail: Received) -> tuple[Address, ...]:
    """Return where the sender wants answers; not to the list, if the list has said so for them."""
    lists = {key(one.email) for one in mail.list_post}
    own = tuple(one for one in mail.reply_to if key(one.email) not in lists)
    return own or (mail.sender,)


def _unheard(mail: Received) -> tuple[Address, ...]:
    """Return the list that a Reply-To names: an answer to everyone goes to it as well."""
    lists = {key(one.email) for one in mail.list_post}
    return tuple(one for one in mail.reply_to if key(one.email) in lists)


def _others(people: Iterable[Address], owns: Callable[[str], bool]) -> tuple[Address, ...]:
    return tuple(one for one in people if key(one.email) and not owns(key(one.email)))


def _once(people: Iterable[Address]) -> tuple[Address, ...]:
    by_key: dict[str, Address] = {}
    for one in people:
        if found := key(one.email):
            by_key.setdefault(found, one)
    return tuple(by_key.values())


# --- its subject --------------------------------------------------------------------------------


def subject(text: str, prefix: str = "Re:") -> str:
    """Return the subject of an answer: one prefix, in place of those that it has in any language.

    What lists and servers put before a subject stays (RFC 5256 §2.1 would remove it, to compare).

    >>> subject("AW: Re[2]: The roof"), subject("[sales] Re: The roof"), subject("The roof", "Fwd:")
    ('Re: The roof', 'Re: [sales] The roof', 'Fwd: The roof')
    """
    blobs, bare = _base(" ".join(text.split()))
    return " ".join(filter(None, (prefix, *blobs, bare)))


def _base(text: str) -> tuple[list[str], str]:
    """Return what stands in brackets before a subject, and the subject without any prefix."""
    blobs: list[str] = []
    at, end = 0, len(_TRAILER.sub("", text).rstrip())
    while True:
        if found := _PREFIX.match(text, at, end):
            at = found.end()
        elif (found := _BLOB.match(text, at, end)) and len(blobs) < MAX_BLOBS:
            if found[1] not in blobs:
                blobs.append(found[1])
            at = found.end()
        elif found := _WRAPPED.match(text, at, end):
            at, end = found.end(), end - 1
        else:
            return blobs, text[at:end].strip()


# --- what it names ------------------------------------------------------------------------------


def thread(message_id: str, before: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the ids of an answer's References, the last of which is In-Reply-To's.

    ``before`` are the References of the answered mail, or its In-Reply-To if it has none
    (RFC 5322 §3.6.4). An id that was made up for a mail without one is known to nobody.
    """
    ids = [one.strip().strip("<>") for one in (*before, message_id)]
    return tuple(f"<{one}>" for one in dict.fromkeys(ids) if one and not one.endswith(_MADE_UP))


def references(chain: Iterable[str]) -> str:
    """Return the value of References from a conversation's ids: oldest first, each once."""
    found = list(dict.fromkeys(chain))
    if len(found) > MAX_REFERENCES:
        found = found[:1] + found[1 - MAX_REFERENCES :]
    return " ".join(found)


# --- what it quotes -----------------------------------------------------------------------------

#: As mail programs draw it: a line along the quoted text. Odoo knows no shorter form of the border.
_QUOTE = (
    "margin:0 0 0 0.8ex;border-left-width:2px;border-left-style:solid;border-left-color:#ccc;"
    "padding-left:1ex"
)


def quoted(attribution: str, html: str) -> str:
    """Return the HTML that stands below an answer; ``html`` is known to be safe."""
    return (
        f"<div>{escape(attribution)}</div>"
        f'<blockquote type="cite" style="{_QUOTE}">{html}</blockquote>'
    )


def forwarded(title: str, lines: Iterable[tuple[str, str]], html: str) -> str:
    """Return the HTML of a forwarded mail: a title, its header line by line, its text.

    A line without a value is left out.
    """
    head = "".join(
        f"<div><b>{escape(label)}:</b> {escape(value)}</div>" for label, value in lines if value
    )
    return f"<div>-------- {escape(title)} --------</div>{head}<br><div>{html}</div>"
