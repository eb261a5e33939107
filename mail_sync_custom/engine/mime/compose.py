"""What a person writes → the mail that leaves, as a good mail program would write it.

Text and HTML that say the same, quoted-printable; pictures inside; the writer's own time zone; a
Message-ID in their own domain; References of the conversation only (RFC 5322 §3.6.4). Nothing in
it refers to records of the CRM.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address, BaseHeader
from email.message import EmailMessage, Message
from email.policy import EmailPolicy
from html import escape
from quopri import encodestring

#: Octets per line, as mail programs write it (RFC 2045 §6.7 rule 5, RFC 2047 §2).
MAX_LINE = 76
_ID_FIELDS = frozenset(
    "message-id in-reply-to references x-forwarded-message-id x-mail-sync-id".split()
)


class _Policy(EmailPolicy):
    """Python's policy without two of its errors.

    It writes a long id as an encoded word, so that nobody finds the conversation, and loses the
    space between two encoded words of a subject.
    """

    def fold(self, name: str, value: str) -> str:
        return self._own(name, value) or super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        own = self._own(name, value)
        return own.encode("utf-8", "surrogateescape") if own else super().fold_binary(name, value)

    def _own(self, name: str, value: str) -> str:
        """Return the lines of a header that Python would get wrong; empty for any other."""
        # Anything but a header object belongs to an attached mail, and is left unchanged.
        if not isinstance(value, BaseHeader):
            return f"{name}: {self.linesep.join(str(value).splitlines())}{self.linesep}"
        if name.lower() in _ID_FIELDS and value.isascii():
            return f"{name}: {(self.linesep + ' ').join(value.split())}{self.linesep}"
        if name.lower() == "subject" and not value.isascii():
            header = Header(str(value), "utf-8", self.max_line_length, name)
            return f"{name}: {header.encode(linesep=self.linesep)}{self.linesep}"
        return ""


POLICY = _Policy(linesep="\r\n", max_line_length=MAX_LINE)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to which the HTML refers by ``cid:`` and its id."""

    content_id: str
    content: bytes
    media_type: str
    filename: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What to send; ``text`` and ``html`` say the same.

    ``headers`` are those besides the body's own, in order. ``language`` is a tag of BCP 47.
    ``files`` are finished parts.
    """

    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    date: datetime
    language: str = ""
    pictures: tuple[Picture, ...] = ()
    files: tuple[Message, ...] = ()


def message_id(domain: str) -> str:
    """Return a new Message-ID in a domain; it reveals nothing else (RFC 5322 §3.6.4)."""
    return f"<{uuid.uuid4()}@{domain}>"


def addresses(text: str) -> tuple[Address, ...]:
    """Return the addresses of a header's text."""
    mail = EmailMessage(policy=POLICY)
    mail["To"] = text
    return mail["To"].addresses


def compose(draft: Draft) -> EmailMessage:
    """Return a draft as a mail that is ready to be sent."""
    mail = EmailMessage(policy=POLICY)
    mail["Date"] = draft.date
    for name, value in draft.headers:
        mail[name] = value
    _set_text(mail, draft.text, "plain")
    mail["MIME-Version"] = "1.0"
    mail.make_alternative()
    mail.attach(_html_part(draft))
    if draft.files:
        mail.make_mixed()
        for part in draft.files:
            mail.attach(part)
    _tidy(mail)
    return mail


def _html_part(draft: Draft) -> EmailMessage:
    part = EmailMessage(policy=POLICY)
    language = f' lang="{escape(draft.language)}"' if draft.language else ""
    document = (
        f'<!DOCTYPE html>\n<html{language}>\n<head><meta charset="utf-8"></head>\n'
        f"<body>\n{draft.html}\n</body>\n</html>\n"
    )
    _set_text(part, document, "html")
    for picture in draft.pictures:
        maintype, _, subtype = picture.media_type.partition("/")
        part.add_related(
            picture.content,
            maintype,
            subtype,
            disposition="inline",
            filename=picture.filename,
            cid=f"<{picture.content_id}>",
        )
    return part


def _set_text(part: EmailMessage, text: str, subtype: str) -> None:
    """Set a part's text: unencoded if every transport keeps it so, else quoted-printable."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    plain = text.isascii() and all(
        len(line) <= MAX_LINE and not line.startswith("From ") for line in lines
    )
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "7bit" if plain else "quoted-printable"
    raw = "\n".join(lines).encode("utf-8", "replace")
    payload = raw if plain else _quoted(raw)
    part.set_payload(payload.decode("ascii"))


def _quoted(raw: bytes) -> bytes:
    # Many mailboxes change a line that begins like this (RFC 4155).
    return b"\n".join(
        line.replace(b"From ", b"=46rom ", 1) if line.startswith(b"From ") else line
        for line in encodestring(raw).split(b"\n")
    )


def _tidy(part: Message, *, whole: bool = True) -> None:
    """Remove what does not belong to a part; an attached mail is left unchanged."""
    if not whole:
        del part["MIME-Version"]  # the mail's own (RFC 2045 §4)
    if part.get_content_maintype() == "multipart":
        part.set_boundary("-" * 12 + secrets.token_hex(12))
        for one in part.get_payload():
            _tidy(one, whole=False)
