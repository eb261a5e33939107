"""`python -m dev.fuzz_target TARGET OPTIONS…`: one target, under atheris, in this process.

A target reads any bytes. It raises only what its callers handle, and its results keep what they
rely on: PostgreSQL accepts the text, a glance finds every address that the exact reading finds, and
nothing in the HTML runs.
"""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import atheris

with atheris.instrument_imports(include=["engine"]):
    from engine import copies, matching
    from engine.errors import MailError, MessageUnreadable
    from engine.imap import answers
    from engine.markup import body
    from engine.mime.email import email
    from engine.mime.envelope import envelope
    from engine.mime.glance import glance
    from engine.net.dial import Deadline
    from engine.net.wire import Wire
    from engine.reports import notices, reading
    from engine.reports.automatic import is_automatic
    from engine.values import Email

_TAG = re.compile("<[^>]*>")
_MARKS = re.compile(r' data-o-mail-quote(?:-node)?="1"|</?span>')
LATEST = datetime(2030, 1, 1, tzinfo=UTC)
_RUNS = re.compile(
    r"<(?:script|style|iframe|object|embed|form|meta|link|base)\b"
    r"| (?:on\w+|srcdoc|formaction)=\"|=\"\s*(?:javascript|vbscript):"
    r"| style=\"(?:[^\"]*;)?\s*(?:position|z-index):",
    re.IGNORECASE,
)


def headers(data: bytes) -> None:
    """Read a header block: the quick way finds all that the exact one does."""
    found = envelope(data)
    _stored(found)
    addresses, ids, _ = glance(data)
    assert matching.everyone(found) <= addresses
    assert set(found.in_reply_to) <= ids
    copies.identify(found)


def mime(data: bytes) -> None:
    """Read a whole mail, and one that was cut."""
    for truncated in (False, True):
        try:
            found = email(data, truncated=truncated)
        except MessageUnreadable:
            continue
        _stored(found)


def reports(data: bytes) -> None:
    """Read what may be a report about a sent mail, and one that was cut."""
    list(notices.possible([(data, glance(data)[0])], frozenset()))
    notices.is_notice(envelope(data), data)
    is_automatic(data)
    for truncated in (False, True):
        _stored(reading.read(data, truncated=truncated))


def html(data: bytes) -> None:
    """Make the body of a mail fit to be stored."""
    text = data.decode("utf-8", "replace")
    for mail in (Email(html=text), Email(text=text)):
        unmarked, made = (
            one.html(lambda part: "/1") for one in (body.unmarked(mail), body.of(mail))
        )
        _stored(made)
        # Only what is in a tag can run; the text is escaped, and marks change nothing else.
        assert not any(map(_RUNS.search, _TAG.findall(made)))
        assert _without_marks(made) == _without_marks(unmarked)


def _without_marks(made: str) -> str:
    return _MARKS.sub("", _MARKS.sub("", made))


def imap(data: bytes) -> None:
    """Read what a server says."""
    for response in _responses(data):
        line = response[0]
        answers.header(response, LATEST)
        answers.body(response)
        answers.folder(response)
        answers.status(response)
        answers.examined([line])
        answers.is_exists(line)
        try:
            for _ in zip(answers.found(line), range(1_000), strict=False):
                pass
        except MailError:
            pass


def _responses(data: bytes) -> Iterator[list[bytes]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        wire = Wire(ours, Deadline(5), literal_limit=64 * 1024)
        try:
            while True:
                yield wire.response()
        except MailError:
            return


def _stored(value: object) -> None:
    """Check that all text in a value can be stored."""
    if isinstance(value, str):
        assert "\0" not in value
        value.encode()  # raises on a lone surrogate
    elif isinstance(value, tuple):
        for one in value:
            _stored(one)
    else:
        for name in getattr(value, "__dataclass_fields__", ()):
            _stored(getattr(value, name))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "headers": headers,
    "mime": mime,
    "reports": reports,
    "html": html,
    "imap": imap,
}

if __name__ == "__main__":
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
    atheris.Fuzz()
