"""A mail in a file, with what is expected of it in headers of the test on top.

Lines `X-Expect-…: value` stand before the mail's own first header, in UTF-8 as they are, one a
line. They are no part of the mail. `Stored` is what they are compared with.

    X-Lead-Email, X-Contact-Email   the e-mail field of the lead, or of its contact
    X-Lead-After: yes               the lead is made after the mail was received
    X-Expect-Recorded: yes or no    whether it stands on the lead
    X-Expect-Text, -Not-Text        a phrase of the visible text; may be repeated
    X-Expect-Subject, -From-Name, -File, and each with -Starts
    X-Expect-Date                   in UTC, as 2026-10-05T10:00:00Z, or `server`
    X-Expect-Pictures               how many pictures are shown from parts of the mail
"""

from __future__ import annotations

import email.parser
import email.policy
import email.utils
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unicodedata import normalize

_HEADER = re.compile(
    rb"(X-(?:Source|Expected|Actual|Lead-Email|Contact-Email|Lead-After|Expect-[A-Za-z-]+)):"
    rb"[ \t]*([^\r\n]*)\r?\n?",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s<>\"(),:;@]+@[^\s<>\"(),:;@]+")
_SPACES = re.compile(r"\s+")


def folded(text: str) -> str:
    """Return text with its white space folded, no-break spaces too, and its marks on their letters.

    One letter may be written as one character or as two (UAX #15); a reader sees no difference.
    """
    return normalize("NFC", _SPACES.sub(" ", text)).strip()


@dataclass(frozen=True)
class Stored:
    """A mail's entry on the lead, as its reader sees it. `date` is in UTC, as RFC 3339."""

    subject: str = ""
    sender: str = ""
    date: str = ""
    text: str = ""
    files: tuple[str, ...] = ()
    pictures: int = 0
    omitted: tuple[str, ...] = ()
    server_date: str = ""


@dataclass(frozen=True)
class MailFile:
    """A mail's bytes, and the headers of the test by their lower-case names."""

    name: str
    raw: bytes
    headers: dict[str, list[str]] = field(default_factory=dict)

    def first(self, name: str) -> str:
        """Return the value of a header of the test; "" without it."""
        return self.headers.get(name, [""])[0]

    @property
    def is_checked(self) -> bool:
        """Whether anything is expected of this mail."""
        return any(name.startswith("x-expect-") for name in self.headers)

    @property
    def lead_email(self) -> str:
        """Return what is in the e-mail field of the lead: as named, else the address in From."""
        return self.first("x-lead-email") or _sender(self.raw)

    @property
    def comes_first(self) -> bool:
        """Whether it is there before the lead is."""
        return self.first("x-lead-after").lower() == "yes"

    def differences(self, stored: Stored | None, why: str = "") -> list[tuple[str, str, str]]:
        """Return what differs: (what, expected, actual). `stored` is None if it is not on the lead.

        `why` is the reason for that, if the product gave one.
        """
        recorded = "yes" if stored else "no"
        expected = self.first("x-expect-recorded").lower() or "yes"
        if recorded != expected:
            return [("recorded", expected, f"{recorded} {why}".strip())]
        return list(self._differences(stored)) if stored else []

    def _differences(self, stored: Stored) -> Iterator[tuple[str, str, str]]:
        for name, values in self.headers.items():
            check = _CHECKS.get(name)
            for value in values if check else ():
                actual, is_right = check(stored, value)
                if not is_right:
                    yield name.removeprefix("x-expect-"), value, actual


def _same(attribute: str):
    def check(stored: Stored, value: str) -> tuple[str, bool]:
        actual = getattr(stored, attribute)
        return actual, folded(actual) == folded(value)

    return check


def _starts(attribute: str):
    def check(stored: Stored, value: str) -> tuple[str, bool]:
        actual = getattr(stored, attribute)
        return actual, folded(actual).startswith(folded(value))

    return check


def _date(stored: Stored, value: str) -> tuple[str, bool]:
    if value.lower() != "server":
        return stored.date, stored.date == value
    return (
        f"{stored.date} (the server's is {stored.server_date})",
        stored.date == stored.server_date,
    )


def _file(stored: Stored, value: str) -> tuple[str, bool]:
    return ", ".join(stored.files), value in stored.files


def _file_starts(stored: Stored, value: str) -> tuple[str, bool]:
    return ", ".join(stored.files), any(name.startswith(value) for name in stored.files)


def _pictures(stored: Stored, value: str) -> tuple[str, bool]:
    return str(stored.pictures), stored.pictures == int(value)


_CHECKS = {
    "x-expect-text": lambda stored, value: (stored.text, folded(value) in stored.text),
    "x-expect-not-text": lambda stored, value: (stored.text, folded(value) not in stored.text),
    "x-expect-subject": _same("subject"),
    "x-expect-subject-starts": _starts("subject"),
    "x-expect-from-name": _same("sender"),
    "x-expect-from-name-starts": _starts("sender"),
    "x-expect-date": _date,
    "x-expect-file": _file,
    "x-expect-file-starts": _file_starts,
    "x-expect-pictures": lambda stored, value: (
        str(stored.pictures),
        stored.pictures == int(value),
    ),
}


def read(file: Path) -> MailFile:
    """Return a mail and the headers of the test that stand on top of it."""
    raw = file.read_bytes()
    headers: dict[str, list[str]] = {}
    at = 0
    while found := _HEADER.match(raw, at):
        value = found[2].decode("utf-8", "replace").strip()
        headers.setdefault(found[1].decode().lower(), []).append(value)
        at = found.end()
    if headers.keys() <= {"x-source"}:
        # Some hosts write such a line into the mails that they send.
        return MailFile(file.name, raw)
    unknown = [
        name
        for name in headers
        if name.startswith("x-expect-") and name not in (*_CHECKS, "x-expect-recorded")
    ]
    if unknown:
        raise ValueError(f"{file.name}: nobody knows {', '.join(unknown)}")
    return MailFile(file.name, raw[at:], headers)


def _sender(raw: bytes) -> str:
    """Return the address in From, as well as it can be read; "" without one."""
    head = (
        raw[:65536].replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("utf-8", "surrogateescape")
    )
    found = re.search(r"^from[ \t]*:(.*(?:\n[ \t].*)*)", head, re.IGNORECASE | re.MULTILINE)
    if not found:
        return ""
    text = folded(found[1])
    in_brackets = re.findall(r"<([^<>]*)>", text)
    for candidate in (*in_brackets, text):
        if address := _ADDRESS.search(candidate):
            return address[0]
    return email.utils.parseaddr(text)[1]
