"""Response codes of IMAP, reply codes and enhanced status codes of SMTP → a code of ours."""

from __future__ import annotations

import re

from ..errors import Step
from .rules import BOUNCE, SMTP

#: RFC 5530 §3, and RFC 9051 §7.1 (TRYCREATE). THROTTLED is in no RFC, and Yahoo and Gmail say it.
RESPONSE_CODES: dict[str, str] = {
    "authenticationfailed": "login_refused",
    "authorizationfailed": "login_refused",
    "expired": "password_expired",
    "privacyrequired": "plaintext_disallowed",
    "contactadmin": "contact_admin",
    "noperm": "mailbox_forbidden",
    "nonexistent": "mailbox_missing",
    "trycreate": "mailbox_missing",
    "cannot": "mailbox_missing",
    "unavailable": "server_unavailable",
    "inuse": "mailbox_busy",
    "limit": "throttled",
    "throttled": "throttled",
    "overquota": "throttled",  # full only at APPEND, see SENTENCES
    "expungeissued": "server_unavailable",
    "serverbug": "server_fault",
    "corruption": "server_fault",
    "clientbug": "command_refused",
    "alreadyexists": "command_refused",
}

#: The same code, said of a login: no mailbox has been named yet.
RESPONSE_CODES_AT_LOGIN: dict[str, str] = {
    "noperm": "contact_admin",
    "nonexistent": "refused",
    "cannot": "refused",
    "unavailable": "login_unavailable",
}

#: RFC 3463 §3, RFC 4954 §6, RFC 7372, and what the large providers made of them.
ENHANCED: dict[str, str] = {
    "5.1.0": "recipient_unknown",
    "5.1.1": "recipient_unknown",
    "5.1.3": "recipient_unknown",
    "5.1.6": "recipient_unknown",
    "5.1.10": "recipient_unknown",
    "5.1.2": "recipient_domain_unknown",
    "5.1.7": "sender_not_allowed",
    "5.1.8": "sender_not_allowed",
    "5.2.1": "recipient_disabled",
    "5.2.2": "recipient_full",
    "5.2.3": "message_too_large",
    "5.3.4": "message_too_large",
    "5.4.14": "mail_loop",
    "5.6.0": "message_malformed",
    "5.7.8": "login_refused",
    "5.7.11": "plaintext_disallowed",
    "4.4.5": "server_unavailable",
    "4.5.3": "too_many_recipients",
    "4.7.0": "throttled",
    "4.7.1": "throttled",
    "4.7.28": "throttled",
}

#: RFC 5321 §4.2.3 and RFC 4954 §6: replies that say enough alone.
REPLIES: dict[str, str] = {
    "454": "login_unavailable",
    "530": "smtp_not_authenticated",
    "535": "login_refused",
    "538": "plaintext_disallowed",
}

#: RFC 5321 §4.2.3: syntax, sequence, or a command or parameter that is not implemented.
_COMMAND_REFUSED = frozenset({"500", "501", "502", "503", "504"})

_RESPONSE_CODE = re.compile(r"\[([a-z]+)(?=[\] ])")
_REPLY = re.compile(r"^\W*([245]\d\d)\b")
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")


def by_number(text: str, step: Step, protocol: str) -> str:
    """Return the code for a sentence's numbers, empty where it has none that are known."""
    if protocol in (SMTP, BOUNCE):
        return _by_reply(text, step)
    return _by_response_code(text, step)


def _by_response_code(text: str, step: Step) -> str:
    """Classify by the first response code of RFC 5530; a folder may be called after others."""
    for name in _RESPONSE_CODE.findall(text):
        if step is Step.LOGIN and name in RESPONSE_CODES_AT_LOGIN:
            return RESPONSE_CODES_AT_LOGIN[name]
        if name in RESPONSE_CODES:
            return RESPONSE_CODES[name]
    return ""


def _by_reply(text: str, step: Step) -> str:
    """Classify by the numbers of an SMTP reply, of which the enhanced status code says more."""
    reply = _REPLY.search(text)
    number = reply.group(1) if reply else ""
    status = _ENHANCED.search(text)
    enhanced = status.group(1) if status else ""
    if number and not enhanced.startswith(number[0]):
        enhanced = ""  # a version number, or part of something else
    return (
        REPLIES.get(number, "")
        or ENHANCED.get(enhanced, "")
        or _by_class_of_reply(number or enhanced, step)
    )


def _by_class_of_reply(number: str, step: Step) -> str:
    """4 is *not now*, 5 is *never* (RFC 5321 §4.2.1): of a message only where one is being sent.

    To AUTH a 5xx is a refused login (RFC 4954 §4), but for 500 to 504, which refuse the command.
    """
    if number.startswith("4"):
        return "server_unavailable"
    if not number.startswith("5"):
        return ""
    if step is Step.LOGIN:
        return "refused" if number in _COMMAND_REFUSED else "login_refused"
    return "message_refused" if step is Step.SENDING else "refused"
