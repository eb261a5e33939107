"""A sentence or an exception → its cause: the order in which the tables are asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import Kind, MailError, Step, chain
from .classes import by_class, words
from .families import FAMILIES
from .meanings import MEANINGS
from .numbers import by_number
from .rules import BOUNCE, IMAP, KINDS, by_rule, normal
from .sentences import SENTENCES

#: No server is believed when it asks for a longer pause than the longest known ban, in seconds.
MAX_RETRY_AFTER = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Cause:
    """Why it failed. ``retry_after`` is the pause in seconds that the server asked for, or None."""

    code: str
    kind: Kind
    retry_after: float | None = None


#: Codes of our own errors that say how it ended, and not why: the texts behind may.
VAGUE = frozenset({"connection_lost", "protocol", "refused", "tls_failed", "unknown"})

#: What the numbers say in general, and words may say better.
OUTRANKED = frozenset(
    "login_refused contact_admin password_expired message_refused refused recipient_unknown "
    "recipient_disabled recipient_full sender_not_allowed server_unavailable login_unavailable "
    "throttled smtp_not_authenticated".split()
)

_WORDS = re.compile(r"\w")
_NO_REFUSAL = re.compile(r"(?:\* )?(?:\w+ )?(?:bad|bye)\b")
_BACKOFF = re.compile(r"suggested backoff time: ?(\d{1,12}) ?(?:milliseconds|ms)\b")
_AGAIN_IN = re.compile(r"(?:again|retry) (?:in|after) (\d{1,6}) ?(second|minute|hour)s?\b")
_SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0}


def classify(text: str, *, step: Step, protocol: str = IMAP) -> Cause:
    """Return what a server's sentence means, said while doing ``step``.

    ``protocol`` is ``imap``, ``smtp``, or ``dsn`` for the text of a bounce that came as a mail,
    whose kind is always BOUNCE whatever its code. Never raises; what nobody knows is ``unknown``.

    >>> classify("[AUTHENTICATIONFAILED] Invalid credentials (Failure)", step=Step.LOGIN)
    Cause(code='login_refused', kind=<Kind.CRED: 'cred'>, retry_after=None)
    >>> classify("[UNAVAILABLE] Temporary authentication failure.", step=Step.LOGIN).code
    'login_unavailable'
    """
    text = normal(text)
    code = (
        _said_exactly(text, step, protocol)
        or by_rule(FAMILIES, text, step, protocol)
        or _by_step(text, step, protocol)
        or "unknown"
    )
    return _cause(code, text, protocol)


def _said_exactly(text: str, step: Step, protocol: str) -> str:
    """Return the code for a sentence that is known, or whose meaning or number is."""
    known = by_rule(SENTENCES, text, step, protocol)
    if known:
        return known
    number = by_number(text, step, protocol)
    if number and number not in OUTRANKED:
        return number
    return by_rule(MEANINGS, text, step, protocol) or number


def _by_step(text: str, step: Step, protocol: str) -> str:
    """A NO to LOGIN or AUTHENTICATE is a refused login, whatever it says (RFC 9051 §6.2.3).

    BAD is about the command, and BYE about the connection.
    """
    refusal = step is Step.LOGIN and protocol == IMAP and _WORDS.search(text)
    return "login_refused" if refusal and not _NO_REFUSAL.match(text) else ""


def classify_chain(error: BaseException, *, step: Step, protocol: str = IMAP) -> Cause:
    """Return the cause of an exception, looked for in all that it hides.

    Libraries wrap, so the sentence that says most may be the innermost and the class that tells a
    lost connection from a refusal another one. What a server said exactly goes first, then what
    the socket or TLS library is sure of, then families of words: *login failed* around a lost
    connection is not a wrong password.
    """
    found = chain(error)
    ours = [each for each in found if isinstance(each, MailError) and each.code != "unknown"]
    known = next((each for each in ours if each.code not in VAGUE), None)
    if known:
        return Cause(known.code, known.kind, known.retry_after)
    texts = [normal(words(each)) for each in found]
    code = _first(_said_exactly(text, step, protocol) for text in texts) or _first(
        by_class(each) for each in found
    )
    if not code and ours:
        return Cause(ours[0].code, ours[0].kind, ours[0].retry_after)
    code = code or _first(by_rule(FAMILIES, text, step, protocol) for text in texts)
    return _cause(code or "unknown", " ".join(texts), protocol)


def _cause(code: str, text: str, protocol: str) -> Cause:
    kind = Kind.BOUNCE if protocol == BOUNCE else KINDS[code]
    return Cause(code, kind, _retry_after(text) if kind in (Kind.LIMIT, Kind.TRANS) else None)


def _first(codes: Iterable[str]) -> str:
    return next(filter(None, codes), "")


def _retry_after(text: str) -> float | None:
    """Return the pause in seconds that a text asks for, as Microsoft's in milliseconds."""
    if match := _BACKOFF.search(text):
        return min(int(match.group(1)) / 1000, MAX_RETRY_AFTER)
    if match := _AGAIN_IN.search(text):
        return min(int(match.group(1)) * _SECONDS[match.group(2)], MAX_RETRY_AFTER)
    return None
