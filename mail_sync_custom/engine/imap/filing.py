"""Filing a message in a mailbox (RFC 9051 §6.3.12): the copy of what was sent."""

from __future__ import annotations

from datetime import datetime

from ..errors import Kind, MailboxMissing, ServerRefused, Step
from . import answers, commands, internaldate
from .dialogue import Dialogue


def append(dialogue: Dialogue, name: str, raw: bytes, when: datetime) -> None:
    """File a message as seen, with CRLF at the end of each line. No mailbox may be open."""
    dialogue.wire.step = Step.SENDING
    message = commands.wired(raw)
    limit = answers.append_limit(dialogue.capabilities)
    if limit is not None and len(message) > limit:
        raise ServerRefused(
            f"APPENDLIMIT={limit}", code="copy_too_large", kind=Kind.MSG, step=Step.SENDING
        )
    date = internaldate.encode(when)
    try:
        dialogue.command(b"APPEND", commands.mailbox(name), b"(\\Seen)", date, message)
    except ServerRefused as error:
        if "[TRYCREATE]" in error.detail.upper() or error.code == MailboxMissing.code:
            raise MailboxMissing(error.detail) from error
        raise
