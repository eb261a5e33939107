"""A typical salesperson's mailbox, the same on every run.

Of ten mails six are plain text, three are HTML beside text, one has a file. Some are a lead's:
they come from its address or go there, and answer each other as a conversation does.
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

OWNER = "seller@sales.example"
#: The date of the newest mail. Each earlier one is some minutes older.
NEWEST = datetime(2026, 6, 1, 12, tzinfo=UTC)
STEP = timedelta(minutes=47)

_WORDS = (
    "offer price delivery roof panel meeting tomorrow please thank regards contract draft invoice "
    "number month warranty question answer team customer project site visit drawing plan order "
    "date the a of and to we you your our for with from this that is are can will would about"
).split()


@dataclass(frozen=True)
class Mail:
    """A mail in a mailbox. ``lead`` is the number of the lead it belongs to, None for none."""

    raw: bytes
    date: datetime
    lead: int | None


def lead_address(number: int) -> str:
    """Return the mail address of a lead."""
    return f"buyer{number}@client{number % 40}.example"


def fingerprint(*what: object) -> str:
    """Return a name for the mailbox that this file makes from these numbers."""
    made_by = Path(__file__).read_bytes()
    return hashlib.sha256(made_by + repr(what).encode()).hexdigest()[:10]


def mailbox(count: int, *, leads: int, every: int) -> Iterator[Mail]:
    """Yield that many mails, oldest first. One in ``every`` concerns a lead; 0 means none."""
    maker = _Maker(count, leads)
    for number in range(count):
        yield maker.mail(number, of_lead=bool(every) and number % every == 0)


def huge(size: int, *, lead: int) -> Mail:
    """Return a mail from a lead, with a file that makes it that large."""
    maker = _Maker(1, lead + 1)
    maker.of_leads = lead
    head = maker.mail(0, of_lead=True).raw.partition(b"Content-Type:")[0].decode()
    line = base64.encodebytes(bytes(57)).decode().replace("\n", "\r\n")
    text = f"Content-Type: text/plain\r\n\r\n{maker.words(30)}"
    file = (
        'Content-Type: video/mp4; name="site.mp4"\r\n'
        'Content-Disposition: attachment; filename="site.mp4"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{line * (size // len(line))}"
    )
    return Mail((head + _multipart("mixed", [text, file])).encode(), NEWEST, lead)


class _Maker:
    def __init__(self, count: int, leads: int):
        self.random = random.Random(count)
        self.noise = base64.encodebytes(self.random.randbytes(256 * 1024))
        self.count = count
        self.leads = leads
        self.of_leads = 0
        self.threads: dict[int, list[str]] = {}

    def mail(self, number: int, of_lead: bool) -> Mail:
        date = NEWEST - STEP * (self.count - number)
        lead = None
        if of_lead:
            lead = self.of_leads % self.leads
            self.of_leads += 1
        head = self._head(number, date, lead)
        return Mail((head + self._body(number)).encode(), date, lead)

    def _head(self, number: int, date: datetime, lead: int | None) -> str:
        person = f"person{self.random.randrange(3000)}@firm{self.random.randrange(400)}.example"
        other = person if lead is None else lead_address(lead)
        # Every third mail with a lead is written by the owner.
        sender, to = (OWNER, other) if lead is not None and number % 3 == 0 else (other, OWNER)
        message_id = f"<{number}.{self.random.getrandbits(64):x}@{sender.partition('@')[2]}>"
        lines = [
            f"Return-Path: <{sender}>",
            f"Received: from mx{number % 7}.example ([192.0.2.{number % 250}])",
            f"\tby mail.sales.example with ESMTPS id {self.random.getrandbits(60):x};",
            f"\t{format_datetime(date)}",
            f"DKIM-Signature: v=1; a=rsa-sha256; d={sender.partition('@')[2]}; s=one;",
            f"\tb={self.noise[:172].decode().replace(chr(10), '')}",
            f"From: Person {number % 3000} <{sender}>",
            f"To: {to}",
            f"Subject: {self.words(5)}",
            f"Date: {format_datetime(date)}",
            f"Message-ID: {message_id}",
            "MIME-Version: 1.0",
        ]
        if number % 5 == 1:
            lines.append(f"Cc: Colleague <colleague{number % 90}@firm{number % 400}.example>")
        thread = self.threads.setdefault(lead, []) if lead is not None else []
        if thread:
            lines += [f"In-Reply-To: {thread[-1]}", f"References: {' '.join(thread[-8:])}"]
        thread.append(message_id)
        return "\r\n".join(lines) + "\r\n"

    def _body(self, number: int) -> str:
        kind = number // 3 % 10
        text = "\r\n".join(self.words(12) for _ in range(self.random.randint(4, 60)))
        if kind < 6:
            return f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        parts = [f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}"]
        if kind < 9:
            parts.append(f"Content-Type: text/html; charset=utf-8\r\n\r\n{self._html()}")
            return _multipart("alternative", parts)
        size = self.random.randint(20, 160) * 1024
        parts.append(
            f'Content-Type: application/pdf; name="offer{number}.pdf"\r\n'
            f'Content-Disposition: attachment; filename="offer{number}.pdf"\r\n'
            "Content-Transfer-Encoding: base64\r\n\r\n"
            # Begins differently in each mail, so that no two files are the same.
            + base64.encodebytes(f"%PDF-1.7 {number:<45}".encode()).decode().replace("\n", "\r\n")
            + self.noise[: size // 77 * 77].decode().replace("\n", "\r\n")
        )
        return _multipart("mixed", parts)

    def _html(self) -> str:
        rows = "\r\n".join(
            f'<tr><td style="padding:4px;color:#333">{self.words(8)}</td>'
            f'<td><a href="https://firm.example/{n}">{self.words(2)}</a></td></tr>'
            for n in range(self.random.randint(10, 60))
        )
        return (
            "<html><head><style>td { font: 12px sans-serif; }</style></head><body>"
            f'<p>{self.words(20)}</p><img src="https://firm.example/logo.png">'
            f"<table>{rows}</table></body></html>"
        )

    def words(self, count: int) -> str:
        return " ".join(self.random.choices(_WORDS, k=count))


def _multipart(kind: str, parts: list[str]) -> str:
    inner = "".join(f"\r\n--=_next\r\n{part}" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="=_next"\r\n{inner}\r\n--=_next--\r\n'
