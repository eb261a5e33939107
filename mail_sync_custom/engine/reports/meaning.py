"""Why a mail came back: a status code (RFC 3463) and a server's words → a code of ours."""

from __future__ import annotations

import re

from ..catalogue import classify
from ..errors import Step
from .report import State

#: RFC 3463 §3, by class and detail. ``x`` stands for 4 and 5: the action says which.
_DETAILS = {
    "1.0": "recipient_unknown",
    "1.1": "recipient_unknown",
    "1.2": "recipient_domain_unknown",
    "1.3": "recipient_unknown",
    "1.4": "recipient_unknown",
    "1.6": "recipient_moved",
    "1.7": "sender_not_allowed",
    "1.8": "sender_not_allowed",
    "1.10": "recipient_domain_unknown",
    "2.0": "recipient_unavailable",
    "2.1": "recipient_disabled",
    "2.2": "recipient_full",
    "2.3": "message_too_large",
    "2.4": "recipient_list",
    "3.1": "recipient_system_full",
    "3.2": "recipient_unreachable",
    "3.4": "message_too_large",
    "3.5": "recipient_misconfigured",
    "4.0": "recipient_unreachable",
    "4.1": "recipient_unreachable",
    "4.2": "recipient_unreachable",
    "4.3": "recipient_unreachable",
    "4.4": "recipient_unreachable",
    "4.5": "recipient_busy",
    "4.6": "mail_loop",
    "4.7": "delivery_expired",
    "5.3": "too_many_recipients",
    "5.4": "recipient_misconfigured",
    "6.0": "message_malformed",
    "7.0": "message_refused",
    "7.1": "message_refused",
    "7.2": "recipient_list",
    "7.13": "recipient_disabled",
    # RFC 7372, RFC 8601 §2.7 and RFC 7504
    **dict.fromkeys(
        ("7.20", "7.21", "7.22", "7.23", "7.24", "7.25", "7.26", "7.27"), "sender_distrusted"
    ),
    "1.9": "recipient_domain_unknown",
    # Microsoft's own
    "4.14": "mail_loop",
    "4.310": "recipient_domain_unknown",
    "4.312": "recipient_domain_unknown",
    "4.316": "recipient_unreachable",
    "7.12": "recipient_restricted",
    "7.124": "recipient_restricted",
    "7.133": "recipient_restricted",
    "7.134": "recipient_restricted",
    "7.136": "recipient_restricted",
    "7.193": "recipient_restricted",
    "7.501": "sending_blocked",
    "7.502": "sending_blocked",
    "7.503": "sending_blocked",
    "7.606": "sender_distrusted",
    "7.705": "sending_limit",
    "7.708": "sender_distrusted",
    "7.750": "sender_distrusted",
}
#: RFC 3463 §3.1: the subject of a detail that nobody has listed.
_SUBJECTS = {
    "1": "recipient_unknown",
    "2": "recipient_unavailable",
    "3": "recipient_misconfigured",
    "4": "recipient_unreachable",
    "5": "recipient_misconfigured",
    "6": "message_malformed",
    "7": "message_refused",
}

#: What the catalogue finds in a sentence, where it means something else in a bounce: it was said
#: by another server than ours, or after the sender had been logged in.
_IN_A_BOUNCE = {
    "smtp_not_authenticated": "recipient_misconfigured",
    "mailbox_full": "recipient_full",
    "greylisted": "delivery_expired",
    "throttled": "recipient_busy",
    "too_many_connections": "recipient_busy",
    "server_unavailable": "",
    "server_fault": "recipient_unreachable",
    "security_policy": "sender_distrusted",
    "host_not_found": "recipient_domain_unknown",
    "lookup_failed": "recipient_domain_unknown",
    "connection_refused": "recipient_unreachable",
    "connection_lost": "recipient_unreachable",
    "network_unreachable": "recipient_unreachable",
    "timeout": "recipient_unreachable",
    "message_refused": "",
    "refused": "",
    "unknown": "",
}
_AS_FOUND = frozenset(
    "recipient_unknown recipient_domain_unknown recipient_disabled recipient_full recipient_busy "
    "recipient_unreachable message_too_large message_malformed content_refused mail_loop "
    "sending_limit too_many_recipients too_many_bounces sender_not_allowed sending_blocked".split()
)

# What bounces say and servers do not. The first that matches decides.
_WORDS = (
    (
        "recipient_restricted",
        r"(?:not authori[sz]ed|permission|restricted|only accepts?|not permitted|not allowed)"
        r".{0,60}(?:to (?:this|the) (?:recipient|group|mailbox|address)|from (?:inside|internal|people in)|"
        r"members|outside)|resolver\.rst|senders? (?:is )?(?:not|aren't) (?:on|in) ",
    ),
    (
        "sender_distrusted",
        r"black-?list|block-?list|\brbl\b|dnsbl|spamhaus|barracuda|poor reputation|bad reputation|"
        r"\bspf\b|\bdkim\b|\bdmarc\b|reverse dns|\bptr\b|client host.{0,80}blocked|"
        r"unauthenticated (?:e?mail|sender)",
    ),
    (
        "content_refused",
        r"virus|malware|spam|unsolicited|attachment.{0,30}(?:not allowed|blocked|forbidden|type)|"
        r"blocked.{0,30}(?:attachment|content)|content (?:rejected|policy|filter)",
    ),
    (
        "recipient_domain_unknown",
        r"(?:host|domain)(?: name)?.{0,60}(?:not found|does not exist|unknown|nxdomain|no such)|"
        r"nxdomain|unrouteable mail domain|(?:null|nullmx|no mail) ?mx|"
        r"domain.{0,40}(?:does not|doesn't) (?:accept|receive) mail|no (?:valid )?mx|"
        r"couldn't find any host",
    ),
    (
        "delivery_expired",
        r"retry time(?:out)? .{0,40}exceeded|(?:delivery|message|queue) .{0,30}(?:expired|timed? ?out)|"
        r"too long|could not be delivered for|in the queue too long|giv(?:en|ing) up",
    ),
    (
        "recipient_unreachable",
        r"connection (?:refused|timed out|reset)|no route to host|network (?:is )?unreachable|"
        r"could ?n[o']t (?:connect|establish)|unable to connect|cannot (?:connect|reach)|"
        r"operation timed out|not responding|all (?:relevant )?mx",
    ),
    ("mail_loop", r"loop|too many hops|hop count"),
    (
        "recipient_unknown",
        r"no such (?:user|mailbox|recipient|address|person)|(?:user|recipient|mailbox|address|account)"
        r"(?: name)?.{0,40}(?:unknown|not (?:found|listed|recogni[sz]ed|exist)|does(?: not|n't) exist|"
        r"invalid|unavailable)|(?:unknown|invalid|bad) (?:user|recipient|address|mailbox|local part)|"
        r"no mailbox here|not (?:a )?(?:valid|known) (?:user|recipient|mailbox)|not listed in",
    ),
)
_COMPILED = tuple((code, re.compile(pattern)) for code, pattern in _WORDS)
_STATUS = re.compile(r"(?<![\d.])[245]\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")


def meaning(status: str, words: str, state: State) -> str:
    """Return the code of the reason why a mail came back or is late; empty if it did neither.

    What the server said goes before the status code, which says less, and less reliably.
    """
    if state not in (State.FAILED, State.DELAYED):
        return ""
    text = " ".join(words.split()).lower()
    found = classify(f"{words} ", step=Step.SENDING, protocol="dsn").code if text else ""
    code = found if found in _AS_FOUND else _IN_A_BOUNCE.get(found, "")
    if code in ("", "recipient_busy", "recipient_misconfigured", "sender_not_allowed"):
        by_words = next((name for name, pattern in _COMPILED if pattern.search(text)), "")
        code = by_words or code
    return code or _by_status(status) or _by_status(words) or _otherwise(state)


def _by_status(text: str) -> str:
    """Return the code for an enhanced status code in a text (RFC 3463 §3)."""
    found = _STATUS.search(text)
    if not found or (found[1], found[2]) == ("0", "0"):
        return ""
    return _DETAILS.get(f"{found[1]}.{found[2]}") or _SUBJECTS.get(found[1], "")


def _otherwise(state: State) -> str:
    return "recipient_unreachable" if state is State.DELAYED else "message_refused"
