"""The machine-readable part of a report: RFC 3464 (delivery) and RFC 8098 (disposition)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from ..addresses import keys
from ..errors import safe_text
from ..mime.fields import fields_of, unfolded
from ..mime.ids import read_ids
from .meaning import meaning
from .report import Fate, State

#: Recipients of one report that are read, and bytes of its machine-readable part.
MAX_FATES = 100
MAX_STATUS = 64 * 1024

_FIELDS = frozenset(
    b"original-envelope-id original-recipient final-recipient x-actual-recipient action status "
    b"diagnostic-code x-display-name original-message-id disposition x-original-message-id "
    b"x-postfix-queue-id remote-mta".split()
)
_BLANK = re.compile(rb"\r?\n[ \t]*\r?\n")
_RECIPIENT = re.compile(rb"^(original|final)-recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)
_WORD = re.compile(r"[a-z-]+")
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
#: The type before a diagnostic (RFC 3464 §2.3.6), or an address (§2.3.1).
_TYPE = re.compile(r"\s*[A-Za-z][A-Za-z0-9.+/_-]{0,40}\s*;\s*")
# xtext (RFC 3461 §4), and RFC 6533 §3 for addresses beyond ASCII.
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_UNICODE = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
#: What has one was not xtext. PostgreSQL stores no NUL: the whole report would be lost.
_CONTROL = re.compile(r"[\0-\x1f\x7f]")

_ACTIONS = {
    "failed": State.FAILED,
    "failure": State.FAILED,
    "expired": State.FAILED,
    "undeliverable": State.FAILED,
    "delayed": State.DELAYED,
    "delivered": State.DELIVERED,
    "relayed": State.RELAYED,
    "expanded": State.EXPANDED,
}
_CLASSES = {"2": State.DELIVERED, "4": State.DELAYED, "5": State.FAILED}
_DISPOSITIONS = {"displayed": State.READ, "deleted": State.DELETED}


def deliveries(data: bytes) -> tuple[list[Fate], list[str]]:
    """Return the fates in a ``message/delivery-status``, and the ids that it names.

    The fields are those of RFC 3464 §2; a group without a recipient is about the whole message.
    """
    fates: list[Fate] = []
    ids: list[str] = []
    for group in _groups(data[:MAX_STATUS]):
        fields = fields_of(group.lstrip(), _FIELDS)
        ids += _ids(fields)
        if len(fates) < MAX_FATES and _NAMES & fields.keys():
            fate = _fate(fields)
            fates += [fate] if fate else []
    return fates, ids


def _groups(data: bytes) -> Iterator[bytes]:
    """Yield the groups of fields; some systems leave out the empty line between two recipients."""
    for group in _BLANK.split(data):
        names = [(found[1].lower(), found.start()) for found in _RECIPIENT.finditer(group)]
        starts = [at for name, at in names if name == names[0][0]]
        for lo, hi in zip([0, *starts[1:]], [*starts[1:], len(group)], strict=True):
            yield group[lo:hi]


_NAMES = {b"final-recipient", b"original-recipient", b"x-actual-recipient", b"action"}


def dispositions(data: bytes) -> tuple[list[Fate], list[str]]:
    """Return the fate in a ``message/disposition-notification``, and the ids that it names.

    Anything but displayed and deleted says nothing about a person, and is left out.
    """
    fields = fields_of(_BLANK.sub(b"\n", data[:MAX_STATUS].strip()), _FIELDS)
    what = _first(fields, b"disposition").rpartition(";")[2].partition("/")[0].strip().lower()
    state = _DISPOSITIONS.get(what)
    return ([Fate(_addresses(fields), state)] if state else []), _ids(fields)


def _fate(fields: dict[bytes, list[bytes]]) -> Fate | None:
    words = _words(fields)
    found = _ENHANCED.search(_first(fields, b"status")) or _ENHANCED.search(words)
    status = found[1] if found else ""
    action = _WORD.match(_first(fields, b"action").strip().lower())
    state = _ACTIONS.get(action[0] if action else "") or _CLASSES.get(status[:1])
    if not state:
        return None
    if state.is_final or state is State.DELAYED:
        return Fate(_addresses(fields), state, status, words, meaning(status, words, state))
    return Fate(_addresses(fields), state, status)


def _words(fields: dict[bytes, list[bytes]]) -> str:
    """Return what the server said, as one line that is safe to show."""
    said = _first(fields, b"diagnostic-code")
    return safe_text(_TYPE.sub("", said, count=1)) if said else ""


def _addresses(fields: dict[bytes, list[bytes]]) -> tuple[str, ...]:
    """Return the keys of a recipient: as it was sent to, as it became, and decoded."""
    found: list[str] = []
    for name in (b"original-recipient", b"final-recipient", b"x-actual-recipient"):
        for value in fields.get(name, ())[:MAX_FATES]:
            text = _TYPE.sub("", unfolded(value), count=1)[:1000]
            escaped = _UNICODE.sub(_character, _XTEXT.sub(lambda hit: f"%{hit[1]}", text))
            decoded = unquote(escaped)
            found += keys(text)
            found += keys(decoded) if not _CONTROL.search(decoded.strip()) else ()
    return tuple(dict.fromkeys(found))


def _character(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else ""


def _ids(fields: dict[bytes, list[bytes]]) -> list[str]:
    names = (b"original-message-id", b"x-original-message-id", b"original-envelope-id")
    return [id_ for name in names for id_ in read_ids(_first(fields, name))]


def _first(fields: dict[bytes, list[bytes]], name: bytes) -> str:
    return unfolded(fields[name][0]) if name in fields else ""
