"""Which messages are copies of one mail: its id, and what tells others apart that reuse the id."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from .values import ABSURD, Envelope

#: Copies of one mail may differ in Date by the time a client takes between filing and sending.
SAME_MAIL = timedelta(hours=1)
#: Of mails without an id and a Date, from a scanner or a script, those that reach one mailbox
#: within this time are copies.
SAME_DELIVERY = timedelta(seconds=10)
#: What gateways and lists put before a subject, and behind it.
_PREFIX = re.compile(r"^(?:\s|\[[^\]]*\]|\*+[^*]*\*+|[^\s:]{1,12}\s?:)+")
_TAGS = re.compile(r"(?:\[[^\]]*\]\s*)*")


def identify(envelope: Envelope) -> str:
    """Return the id that identifies a mail: its Message-ID or, without one, a stable hash.

    The hash is made from what all copies of a mail share, so that two copies without a Message-ID
    are one mail, whichever mailboxes they are in.
    """
    if envelope.message_id:
        return envelope.message_id
    people = ",".join(sorted(a.email for a in (*envelope.to, *envelope.cc)))
    date = envelope.date.isoformat() if envelope.date else ""
    text = "\n".join((envelope.sender.email, people, date, envelope.subject))
    return hashlib.sha256(text.encode()).hexdigest()[:40] + "@no-message-id.invalid"


def same_mail(
    envelope: Envelope,
    date: datetime | None,
    subject: str | None,
    within: timedelta = SAME_MAIL,
) -> bool:
    """Whether a mail with the same Message-ID is a copy, and not another mail that reuses the id.

    Gateways and lists put a word before a subject, and clients file a copy a moment before they
    send. Programs that always use the same id differ in subject or time. A tag behind a subject,
    as some lists have it, is that of a copy only if both have the same Date. The envelope is
    ``dated``.
    """
    if date and envelope.date and abs(date - envelope.date) > within:
        return False
    if subject is None or envelope.subject_guessed:
        return True
    less, more = sorted((_words(envelope.subject), _words(subject)), key=len)
    if not less:
        return not more
    before, behind = more[: len(less)], more[len(less) :]
    if more[len(more) - len(less) :] == less:
        return True
    at_once = date and envelope.date and int(date.timestamp()) == int(envelope.date.timestamp())
    return bool(at_once) and before == less and bool(_TAGS.fullmatch(" ".join(behind)))


def plausible_date(envelope: Envelope, internaldate: datetime | None) -> datetime | None:
    """Return the Date header, or None if it comes from a wrong clock."""
    date = envelope.date
    return None if date and internaldate and date - internaldate > ABSURD else date


def dated(envelope: Envelope, internaldate: datetime | None) -> Envelope:
    """Return an envelope with the date by which its mail is told from others with the same id.

    That is a plausible Date. Copies of a mail with another one agree in that Date; each has its own
    server's date. Without an id and a Date, the server's date is all there is.
    """
    if envelope.date or envelope.message_id:
        return replace(envelope, date=plausible_date(envelope, internaldate))
    return replace(envelope, date=internaldate)


def variant_of(envelope: Envelope) -> int:
    """Return a number that distinguishes mails with the same id. Never 0."""
    moment = envelope.date or datetime.fromtimestamp(0, UTC)
    words = " ".join(_words(envelope.subject))
    text = f"{int(moment.timestamp())}\n{words}\n{envelope.sender.email}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) % (2**31 - 1) + 1


def _words(subject: str) -> list[str]:
    return _PREFIX.sub("", subject.casefold()).split()
