"""Mails as salespeople get and write them, each with words, a subject and an id of its own."""

from __future__ import annotations

import base64
import quopri
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.header import Header
from email.utils import format_datetime

_WORDS = (
    "offer price delivery roof panel meeting tomorrow please thank regards contract draft invoice "
    "number month warranty question answer team customer project site visit drawing plan order "
    "für Straße größer naïve façade été señor coût"
).split()
#: The latest date of a mail. Each is up to a year older.
_LAST = datetime(2026, 6, 1, 12, tzinfo=UTC)
_ZONES = [
    timezone(timedelta(hours=hours, minutes=m)) for hours, m in ((0, 0), (2, 0), (-7, 0), (5, 30))
]
_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@dataclass(frozen=True, slots=True)
class Address:
    """Somebody's name and mail address."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{Header(self.name, 'utf-8').encode()} <{self.email}>"


class Writer:
    """Writes mails, the same ones for the same seed."""

    def __init__(self, rng: random.Random, mark: str):
        self.random, self.mark, self.count = rng, mark, 0

    def write(
        self,
        sender: Address,
        to: Sequence[Address],
        cc: Sequence[Address] = (),
        answers: str = "",
        anonymous: bool = True,
    ) -> tuple[bytes, str]:
        """Return a mail and its Message-ID with brackets; the id is empty in one of twenty.

        ``answers`` is the id of the mail that it answers. ``anonymous``: it may lack an id.
        """
        self.count += 1
        random, number = self.random, self.count
        message_id = f"<{number}.{self.mark}@{sender.email.partition('@')[2]}>"
        if anonymous and random.random() < 0.05:
            message_id = ""
        subject = f"{'Re: ' if answers else ''}{self.words(3)} {number}.{self.mark}"
        date = _LAST - timedelta(seconds=random.randrange(365 * 86400))
        head = [
            ("From", str(sender)),
            ("To", ",\r\n ".join(map(str, to))),
            ("Cc", ", ".join(map(str, cc))),
            (
                "Subject",
                Header(subject, "utf-8" if random.random() < 0.5 else "iso-8859-1").encode("\r\n "),
            ),
            ("Date", format_datetime(date.astimezone(random.choice(_ZONES)))),
            ("Message-ID", message_id),
            ("In-Reply-To", answers),
            ("References", answers),
            ("MIME-Version", "1.0"),
        ]
        lines = "".join(f"{name}: {value}\r\n" for name, value in head if value)
        shape = random.choice(_SHAPES)
        return lines.encode("ascii") + shape(self, f"{self.words(20)} {number}"), message_id

    def words(self, count: int) -> str:
        """Return some words."""
        return " ".join(self.random.choices(_WORDS, k=count))


def _plain(_writer: Writer, text: str) -> bytes:
    return (
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + (text.replace(" ", "\r\n", 1) + "\r\n").encode()
    )


def _latin(_writer: Writer, text: str) -> bytes:
    return (
        b"Content-Type: text/plain; charset=iso-8859-1\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        + quopri.encodestring(text.encode("iso-8859-1")).replace(b"\n", b"\r\n")
        + b"\r\n"
    )


def _html(_writer: Writer, text: str) -> bytes:
    html = f"<html><head><title>x</title></head><body><p>{text}</p></body></html>"
    encoded = base64.encodebytes(html.encode()).replace(b"\n", b"\r\n")
    return (
        b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + encoded
    )


def _alternative(writer: Writer, text: str) -> bytes:
    return _parts("alternative", [_plain(writer, text), _html(writer, text)])


def _with_file(writer: Writer, text: str) -> bytes:
    size = writer.random.randint(1, 20_000)
    name = f"Angebot%20f%C3%BCr%20{writer.count}.pdf"
    file = (
        f"Content-Type: application/pdf\r\nContent-Disposition: attachment;"
        f" filename*=utf-8''{name}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    ).encode() + _encoded(b"%%PDF-1.7 %d " % writer.count + writer.random.randbytes(size))
    return _parts(
        "mixed", [writer.random.choice((_plain, _html, _alternative))(writer, text), file]
    )


def _with_picture(writer: Writer, text: str) -> bytes:
    html = _html(writer, text + '<img src="cid:logo">')
    picture = (
        b'Content-Type: image/png; name="logo.png"\r\nContent-ID: <logo>\r\n'
        b'Content-Disposition: inline; filename="logo.png"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + _encoded(_PICTURE)
    )
    return _parts("related", [html, picture])


def _encoded(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def _parts(kind: str, parts: Sequence[bytes]) -> bytes:
    edge = b"=_%b" % kind.encode()
    inner = b"".join(b"--%b\r\n%b\r\n" % (edge, part) for part in parts)
    head = b'Content-Type: multipart/%b; boundary="%b"\r\n\r\n' % (kind.encode(), edge)
    return head + inner + b"--%b--\r\n" % edge


_SHAPES: tuple[Callable[[Writer, str], bytes], ...] = (
    *(_plain, _plain, _latin, _html, _alternative, _alternative),
    *(_with_file, _with_picture),
)
