"""The oracle's own reading of a mail: what its entry in the CRM must show.

Nothing here comes from the addon: headers and parts are read by Python's `email`, visible words by
html5lib.
"""

from __future__ import annotations

import email
import email.policy
import email.utils
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage

from dev import visible


@dataclass(frozen=True, slots=True)
class Told:
    """What a mail says. ``files`` are names with the SHA-256 of their bytes; ``date`` is in UTC.

    ``message_id`` is empty if there is none. ``people`` are all other addresses on it, in lower
    case.
    """

    message_id: str
    subject: str
    date: datetime
    sender: str
    people: frozenset[str]
    words: str
    files: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        """What tells it from all others: its id or, without one, its subject."""
        return self.message_id or self.subject


def told(raw: bytes) -> Told:
    """Return what a mail says. Raises ValueError if it has no readable date."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    date = email.utils.parsedate_to_datetime(str(mail["Date"]))
    [sender] = addresses(mail, "From")
    return Told(
        message_id=str(mail["Message-ID"] or "").strip().strip("<>"),
        subject=folded(str(mail["Subject"] or "")),
        date=date.astimezone(UTC).replace(microsecond=0),
        sender=sender,
        people=frozenset(addresses(mail, "To") + addresses(mail, "Cc")),
        words=words(mail),
        files=tuple(sorted(files(mail))),
    )


def addresses(mail: EmailMessage, field: str) -> list[str]:
    """Return the addresses of a field, in lower case."""
    named = email.utils.getaddresses([str(one) for one in mail.get_all(field, [])])
    return [address.lower() for _, address in named if address]


def words(mail: EmailMessage) -> str:
    """Return the words that a reader sees, with single spaces between them."""
    body = mail.get_body(("html", "plain"))
    if body is None:
        return ""
    text = body.get_content()
    return visible.text(text) if body.get_content_type() == "text/html" else folded(text)


def files(mail: EmailMessage) -> list[tuple[str, str]]:
    """Return the name of each file, pictures included, and the SHA-256 of its bytes."""
    return [
        (name, digest(part.get_payload(decode=True)))
        for part in mail.walk()
        if not part.is_multipart() and (name := part.get_filename())
    ]


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def folded(text: str) -> str:
    """Return a text with single spaces for its white space."""
    return " ".join(text.split())
