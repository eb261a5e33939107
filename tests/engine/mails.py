"""Mails made for a test, part by part."""

import base64

from engine.mime.email import email
from engine.values import Email

HEAD = (
    b"From: Ann <ann@example.com>\r\nTo: bob@example.com\r\nSubject: Offer\r\nMIME-Version: 1.0\r\n"
)
PDF = b"%PDF-1.7 \x00\xff" * 20


def part(content: str | bytes, kind: str = "text/plain; charset=utf-8", **more: str) -> bytes:
    """A part, its further fields given as content_id="<x>"; base64 where the content is bytes."""
    if isinstance(content, bytes):
        more["content_transfer_encoding"] = "base64"
        content = base64.encodebytes(content).decode().replace("\n", "\r\n")
    fields = {"content_type": kind, **more}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"{head}\r\n{content}".encode()


def multi(kind: str, *parts: bytes, boundary: str = "", close: bool = True) -> bytes:
    kind, _, more = kind.partition(";")
    boundary = boundary or f"=_{kind}_{len(parts)}"
    line = b"\r\n--" + boundary.encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}";{more}\r\n\r\npreamble'.encode()
    return head + b"".join(line + b"\r\n" + one for one in parts) + line * close + b"--\r\n" * close


def mail(body: bytes) -> Email:
    return email(HEAD + body)


def names(found: Email) -> list[str]:
    return [one.name for one in found.attachments]
