"""A cause and the words that show it: what the tables of the catalogue are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import Kind, Step

#: A sentence longer than this is no sentence; what decides stands at its beginning.
MAX_TEXT = 2000

#: The kind of every code that a text can lead to. A code has one kind and one remedy.
KINDS: dict[str, Kind] = {
    # IMAP is off, or not for this account
    "imap_disabled": Kind.SETUP,
    "imap_disabled_by_admin": Kind.SETUP,
    # the account wants something else than this password
    "app_password_needed": Kind.CRED,
    "authorization_code_needed": Kind.CRED,
    "browser_sign_in": Kind.CRED,
    "password_sign_in_off": Kind.SETUP,
    "security_policy": Kind.SETUP,
    "smtp_auth_disabled": Kind.SETUP,
    "smtp_not_authenticated": Kind.SETUP,
    "smtp_auth_missing": Kind.TLS,
    "authenticated_not_connected": Kind.CRED,
    "login_refused": Kind.CRED,
    "password_expired": Kind.CRED,
    "password_characters": Kind.CRED,
    "unsafe_login": Kind.SETUP,
    "wrong_server": Kind.SETUP,
    "contact_admin": Kind.SETUP,
    "account_restricted": Kind.SETUP,
    # not now
    "too_many_connections": Kind.LIMIT,
    "too_many_logins": Kind.LIMIT,
    "throttled": Kind.LIMIT,
    "mailbox_busy": Kind.LIMIT,
    "login_unavailable": Kind.TRANS,
    "server_unavailable": Kind.TRANS,
    "server_fault": Kind.TRANS,
    "session_ended": Kind.TRANS,
    "command_refused": Kind.TRANS,
    # mailboxes and their messages
    "mailbox_missing": Kind.SETUP,
    "mailbox_forbidden": Kind.SETUP,
    "mailbox_full": Kind.SETUP,
    "mailbox_rebuilt": Kind.SETUP,
    "message_unreadable": Kind.MSG,
    "copy_too_large": Kind.MSG,
    "copy_refused": Kind.MSG,
    # sending
    "sending_limit": Kind.LIMIT,
    "too_many_recipients": Kind.LIMIT,
    "too_many_bounces": Kind.LIMIT,
    "recipient_busy": Kind.LIMIT,
    "greylisted": Kind.TRANS,
    "sender_not_allowed": Kind.SETUP,
    "sending_blocked": Kind.SETUP,
    "licence_missing": Kind.SETUP,
    "message_too_large": Kind.BOUNCE,
    "message_malformed": Kind.BOUNCE,
    "content_refused": Kind.BOUNCE,
    "message_refused": Kind.BOUNCE,
    "recipient_unknown": Kind.BOUNCE,
    "recipient_domain_unknown": Kind.BOUNCE,
    "recipient_disabled": Kind.BOUNCE,
    "recipient_full": Kind.BOUNCE,
    "recipient_unreachable": Kind.BOUNCE,
    "mail_loop": Kind.BOUNCE,
    # TLS
    "plaintext_disallowed": Kind.TLS,
    "encryption_mismatch": Kind.TLS,
    "starttls_missing": Kind.TLS,
    "tls_on_plain_port": Kind.TLS,
    "tls_too_old": Kind.TLS,
    "tls_failed": Kind.TLS,
    "certificate_untrusted": Kind.TLS,
    "certificate_name": Kind.TLS,
    "certificate_expired": Kind.TLS,
    # network
    "host_not_found": Kind.NET,
    "lookup_failed": Kind.NET,
    "connection_refused": Kind.NET,
    "connection_lost": Kind.NET,
    "network_unreachable": Kind.NET,
    "timeout": Kind.NET,
    # neither known nor guessed
    "refused": Kind.TRANS,
    "unknown": Kind.TRANS,
}


#: ``protocol`` of :func:`classify`. A bounce (RFC 3464) is SMTP's words, arriving too late.
IMAP, SMTP, BOUNCE = "imap", "smtp", "dsn"

ANY: frozenset[Step] = frozenset(Step)
LOGIN = frozenset({Step.LOGIN})
#: In IMAP the only sending that there is: APPEND of a copy to Sent.
SENDING = frozenset({Step.SENDING})
READING = frozenset({Step.READING})


_NUMBERS = re.compile(r"^(\W*)([245]\d\d)[ -]([245]\.\d{1,3}\.\d{1,3} )?")


@dataclass(frozen=True, slots=True)
class Rule:
    """One cause and the words that show it, any of them, as a regular expression on lower case.

    ``protocol`` empty is both. The text comes from a server that may wish us ill: it is bounded
    (``MAX_TEXT``), and no pattern nests one repetition in another.
    """

    code: str
    pattern: re.Pattern[str]
    steps: frozenset[Step] = ANY
    protocol: str = ""

    def matches(self, text: str, step: Step, protocol: str) -> bool:
        spoken = SMTP if protocol == BOUNCE else protocol
        return (
            self.protocol in ("", spoken)
            and step in self.steps
            and self.pattern.search(text) is not None
        )


def rule(code: str, *words: str, steps: frozenset[Step] = ANY, protocol: str = "") -> Rule:
    """Return the rule that any of the words shows a cause."""
    return Rule(code, re.compile("|".join(words)), steps, protocol)


def normal(text: str) -> str:
    """Return a sentence on one line, in lower case, bounded."""
    text = " ".join(text[:MAX_TEXT].split()).lower().replace("\u2019", "'")
    return _one_reply(text)


def _one_reply(text: str) -> str:
    """Return an SMTP reply of several lines as one sentence.

    Each line repeats the numbers, in the middle of a phrase (RFC 5321 §4.2.1):

    >>> _one_reply("534-5.7.14 log in via 534 5.7.14 your web browser")
    '534 5.7.14 log in via your web browser'
    """
    numbers = _NUMBERS.match(text)
    if not numbers:
        return text
    before, reply, status = numbers.groups(default="")
    rest = text[numbers.end() :]
    again = rf"(?<!\S)(?:{reply}[ -])?{re.escape(status)}" if status else rf"(?<!\S){reply}[ -]"
    return f"{before}{reply} {status}{re.sub(again, '', rest)}"


def by_rule(rules: tuple[Rule, ...], text: str, step: Step, protocol: str) -> str:
    """Return the code of the first rule that matches a sentence, empty where none does."""
    return next((rule.code for rule in rules if rule.matches(text, step, protocol)), "")
