"""What a server's sentence means: text → one code, one kind, and the pause that it asks for.

Servers say why in free text, and the response codes of RFC 5530 and RFC 3463 are used by few and
used alike by fewer, so that the sentences themselves are listed here, as providers write them. A
sentence is looked up in this order, and the first that knows it answers:

1. ``SENTENCES``, the list of what is known, in the order that keeps one cause from being taken
   for another: switched off, then what is asked of the user, then limits and bad moments, and
   only then a wrong password;
2. the SMTP reply and enhanced status code (RFC 5321 §4.2, RFC 3463), or the IMAP response code
   (RFC 5530, RFC 9051 §7.1);
3. ``FAMILIES``, words that many servers share;
4. ``unknown``, which quotes the server and accuses nobody.

A refusal counts as a wrong password only when the server says so. Temporary errors taken for wrong
passwords have disabled good accounts elsewhere (frappe/frappe#4968, chatwoot/chatwoot#13671).

This file knows no words for a user (the addon's ``remedies``) and no connection (``session``).
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import Kind, MailError, Step, chain

#: A sentence longer than this is no sentence; what decides stands at its beginning.
MAX_TEXT = 2000

#: No server is believed when it asks for a longer pause than the longest known ban, in seconds.
MAX_RETRY_AFTER = 24 * 3600.0

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


@dataclass(frozen=True, slots=True)
class Cause:
    """Why it failed. ``retry_after`` is the pause in seconds that the server asked for, or None."""

    code: str
    kind: Kind
    retry_after: float | None = None


#: Codes of our own errors that say how it ended, and not why: the texts behind may.
VAGUE = frozenset({"connection_lost", "protocol", "refused", "tls_failed", "unknown"})

#: ``protocol`` of :func:`classify`. A bounce (RFC 3464) is SMTP's words, arriving too late.
IMAP, SMTP, BOUNCE = "imap", "smtp", "dsn"

ANY: frozenset[Step] = frozenset(Step)
LOGIN = frozenset({Step.LOGIN})
#: In IMAP the only sending that there is: APPEND of a copy to Sent.
SENDING = frozenset({Step.SENDING})
READING = frozenset({Step.READING})


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


def _rule(code: str, *words: str, steps: frozenset[Step] = ANY, protocol: str = "") -> Rule:
    return Rule(code, re.compile("|".join(words)), steps, protocol)


_IMAP_OFF = (
    _rule("imap_disabled_by_admin", r"imap access is disabled for your domain"),
    _rule(
        "imap_disabled",
        r"not enabled for imap",  # Gmail
        r"yet to enable imap",  # Zoho: off per mailbox, whatever the organisation's policy permits
        r"imap (access )?(is )?(disabled|not enabled|switched off|turned off)",
        protocol=IMAP,
    ),
)

_APP_PASSWORD = (
    _rule(
        "app_password_needed",
        r"application-specific password",
        r"app(lication)?[- ]?(specific )?password (is )?(required|needed)",
        r"^\W*534 5\.7\.9\b",
    ),
    _rule(
        "authorization_code_needed",  # QQ, Tencent Exmail
        r"using authorized code",
        r"authorized code is incorrect",
        r"please using weixin token",
    ),
)

_BROWSER = (
    _rule(
        "browser_sign_in",
        r"log ?in via your web browser",
        r"web login required",
        r"\[webalert",
        r"^\W*534 5\.7\.14\b",
    ),
)

_PASSWORDS_OFF = (
    _rule("smtp_auth_disabled", r"smtpclientauthentication is disabled"),
    _rule(
        "password_sign_in_off",
        r"basicauthblocked",
        r"logondenied",
        r"basic authentication is disabled",
        # A capability list that leaves OAuth alone: Microsoft 365 and Outlook.com, also after TLS.
        # With STARTTLS in the list LOGINDISABLED means only that encryption comes first.
        r"^(?!.*(?:starttls|auth=(?:plain|login|cram|digest|scram|ntlm))).*logindisabled.*"
        r"auth=(?:xoauth2|oauthbearer)",
        r"^(?!.*(?:starttls|auth=(?:plain|login|cram|digest|scram|ntlm))).*"
        r"auth=(?:xoauth2|oauthbearer).*logindisabled",
    ),
    # "the user credentials were incorrect" is the one text under 5.7.139 that is about a password.
    _rule("login_refused", r"the user credentials were incorrect"),
    _rule(
        "security_policy",
        r"locked by your organization's security defaults",
        r"did not meet the criteria to be authenticated",
        r"\b5\.7\.139\b",
    ),
    _rule("smtp_not_authenticated", r"\b5\.7\.57\b", r"client not authenticated to send mail"),
)

# What can only be meant of one thing, although some speak of limits while meaning something else.
_EXACT = (
    _rule("authenticated_not_connected", r"authenticated but not connected"),
    _rule("wrong_server", r"server details you are using seems? incorrect"),
    _rule("contact_admin", r"cannot convert mailbox"),
    _rule("unsafe_login", r"unsafe login"),
    _rule("encryption_mismatch", r"command received in invalid state"),
    _rule("sender_not_allowed", r"sendasdenied", r"send as denied", r"relaying disallowed as"),
    _rule(
        "sender_not_allowed",
        r"\b5\.7\.60\b",
        r"\b5\.2\.252\b",
        r"sender address rejected: not (owned|logged)",  # Postfix, reject_sender_login_mismatch
        protocol=SMTP,
    ),
    _rule("licence_missing", r"\b5\.2\.253\b", protocol=SMTP),
    _rule("sending_blocked", r"\b5\.2\.25[45]\b", protocol=SMTP),
    # The sender's own mailbox is full; 5.2.2 without Microsoft's word is the recipient's.
    _rule("mailbox_full", r"5\.2\.2\b.*quotaexceeded", r"\b5\.2\.251\b", protocol=SMTP),
    _rule(
        "smtp_not_authenticated",
        r"turn on smtp authentication",
        r"not permitted to relay through this server without auth",
    ),
    _rule("plaintext_disallowed", r"must issue a starttls command", protocol=SMTP),
    _rule(
        "too_many_connections",
        r"concurrent connections? limit",
        r"sender thread limit",
        r"too many simultaneous",
        r"(too many|maximum number of) (open |concurrent |imap )?connections",
        r"mail_max_userip_connections",
    ),
    _rule(
        "sending_limit",
        r"sending quota exceeded",
        r"reached a limit for sending mail",
        r"\b5\.4\.5\b",
        r"554 5\.2\.0 .*storedrv",
    ),
    _rule("too_many_bounces", r"max defers and failures per hour"),
    _rule("recipient_busy", r"receiving mail at a rate"),
    _rule("too_many_recipients", r"too many recipients", protocol=SMTP),
    _rule("recipient_unreachable", r"able to establish an smtp connection"),
    _rule("mail_loop", r"\b5\.4\.6\b", r"\blooping\b", protocol=SMTP),
    _rule(
        "content_refused",
        r"\bspam or virus\b",
        r"(classified|identified|detected|rejected) as spam",
        r"552 5\.7\.0\b",
        protocol=SMTP,
    ),
    _rule(
        "recipient_unknown",
        r"recipient not found",
        r"\b(user|recipient|mailbox) unknown\b",
        r"\b(no such|unknown) (user|recipient)\b",
        steps=SENDING,
        protocol=SMTP,
    ),
    _rule("greylisted", r"gr[ea]y[- ]?list", protocol=SMTP),
    _rule(
        "starttls_missing", r"starttls .{0,80}not supported", r"starttls not (offered|available)"
    ),
    _rule(
        "smtp_auth_missing",  # Python's words for a server that offers no AUTH, or none of ours
        r"auth extension not supported",
        r"no suitable authentication method",
        protocol=SMTP,
    ),
    _rule("copy_too_large", r"size of appendable message", protocol=IMAP),
    _rule(
        "copy_refused",  # a body without its last CRLF, a line too long
        r"additional arguments found after last expected",
        r"command argument error",
        r"contains a virus",
        steps=SENDING,
        protocol=IMAP,
    ),
    _rule("message_unreadable", r"got more than \d+ bytes", protocol=IMAP),
    _rule("message_unreadable", r"command argument error", steps=READING, protocol=IMAP),
    _rule("password_characters", r"invalid characters in atom", steps=LOGIN, protocol=IMAP),
    # Bandwidth before quota: Gmail's daily upload limit is met at APPEND too, and nothing is full.
    _rule("throttled", r"command or bandwidth limits"),
    _rule(
        "mailbox_full",
        r"not enough disk quota",
        r"mailbox is full",
        r"blocks limit exceeded",
        r"quota limit will be exceeded",
        protocol=IMAP,
    ),
    _rule("mailbox_full", r"\[overquota\b", steps=SENDING, protocol=IMAP),
    _rule("mailbox_rebuilt", r"uid ?validity problem", r"too many uidvalidity resyncs"),
)

_TEMPORARY = (
    _rule("lookup_failed", r"temporary failure in name resolution", r"\beai_again\b"),
    _rule(
        "too_many_logins",
        r"too many (bad |failed |incorrect )?(log ?in|authentication|auth)\b",
        r"already reached per-.{1,20} limit for logins",
    ),
    _rule(
        "throttled",
        r"request is throttled",
        r"suggested backoff time",
        r"service is temporarily not available",  # Yahoo, under load that we caused
        r"due to temporary system problem",
        r"unusual rate of unsolicited",
        r"message submission rate",
    ),
    _rule("login_unavailable", r"temporary authentication failure", steps=LOGIN),
    _rule("server_unavailable", r"\bserver (is )?busy\b"),
    _rule(
        "session_ended",
        r"session expired",
        r"connection closed\. \d+",
        r"server logging out",
        protocol=IMAP,
    ),
)

#: What is known word by word, in the order of the tests. The first match decides.
SENTENCES: tuple[Rule, ...] = (
    *_IMAP_OFF,
    *_APP_PASSWORD,
    *_BROWSER,
    *_PASSWORDS_OFF,
    *_EXACT,
    *_TEMPORARY,
)

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

#: Words that many servers share, for what the lists above do not know.
FAMILIES: tuple[Rule, ...] = (
    _rule("too_many_connections", r"\b(connections?|sessions?) (limit|exceeded)"),
    _rule(
        "throttled",
        r"\btoo many\b",
        r"\bthrottl",
        r"\brate[- ]limit",
        r"\b(limit|quota) (is |was |has been )?(exceeded|reached)",
    ),
    _rule("login_unavailable", r"try again later", r"\btemporar", r"\bunavailable\b", steps=LOGIN),
    _rule("server_unavailable", r"try again later", r"\btemporar", r"\bunavailable\b"),
    _rule(
        "login_refused",
        r"\b(log ?in|log ?on|sign[- ]?in) (attempt )?(failed|failure|incorrect|invalid)",
        r"\bauthenticat(e|ion) (was |has )?(failed|failure|unsuccessful)",
        r"\binvalid (credentials?|log ?in|user ?name|user|password)\b",
        r"\b(incorrect|wrong|bad) (credentials?|log ?in|user ?name|user|password|"
        r"authentication data)\b",
        r"\b(user ?name|password) (or password )?(is )?(incorrect|wrong|invalid|not accepted)\b",
        r"\bcredentials (are |were )?(incorrect|wrong|invalid|rejected)\b",
        steps=LOGIN,
    ),
    _rule("certificate_expired", r"certificate has expired", r"certificate is not yet valid"),
    _rule(
        "certificate_name",
        r"hostname mismatch",
        r"certificate is not valid for",
        r"doesn't match (either of )?'",
    ),
    _rule("certificate_untrusted", r"certificate[_ ]verify[_ ]failed", r"self[- ]signed cert"),
    _rule("tls_on_plain_port", r"wrong[_ ]version[_ ]number", r"record layer failure"),
    _rule(
        "tls_too_old",
        r"alert[_ ]handshake[_ ]failure",
        r"unsupported[_ ]protocol",
        r"alert[_ ]protocol[_ ]version",
        r"dh[_ ]key[_ ]too[_ ]small",
    ),
    _rule("plaintext_disallowed", r"plain ?text authentication (is )?disallowed", r"logindisabled"),
    _rule("tls_failed", r"\[ssl[:\]]", r"\btls (handshake|negotiation) "),
    _rule(
        "host_not_found",
        r"getaddrinfo failed",
        r"\benotfound\b",
        r"name or service not known",
        r"nodename nor servname",
        r"no address associated with hostname",
    ),
    _rule("connection_refused", r"connection refused", r"\beconnrefused\b"),
    _rule("timeout", r"\btimed? ?out\b", r"\betimedout\b", r"greeting never received"),
    _rule(
        "network_unreachable",
        r"network is unreachable",
        r"no route to host",
        r"\b(enetunreach|ehostunreach)\b",
    ),
    _rule(
        "connection_lost",
        r"socket error: eof",
        r"connection (unexpectedly )?(closed|reset|aborted|lost)",
        r"broken pipe",
        r"\beconnreset\b",
        r"eof occurred",
    ),
    _rule("session_ended", r"^(\* )?bye\b", protocol=IMAP),
    _rule(
        "mailbox_missing",
        r"(mailbox|folder) (doesn't|does not) exist",
        r"(unknown|no such) (mailbox|folder)",
        protocol=IMAP,
    ),
    _rule("mailbox_forbidden", r"permission denied", steps=ANY - LOGIN, protocol=IMAP),
    _rule(
        "command_refused",
        r"error in imap command",
        r"command unrecognized",
        r"unknown command",
        r"^(\w+ )?bad\b",
        protocol=IMAP,
    ),
)

_RESPONSE_CODE = re.compile(r"\[([a-z]+)(?=[\] ])")
_REPLY = re.compile(r"^\W*([245]\d\d)\b")
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
_NUMBERS = re.compile(r"^(\W*)([245]\d\d)[ -]([245]\.\d{1,3}\.\d{1,3} )?")
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
    text = _normal(text)
    code = (
        _by_rule(SENTENCES, text, step, protocol)
        or _by_number(text, step, protocol)
        or _by_rule(FAMILIES, text, step, protocol)
        or "unknown"
    )
    return _cause(code, text, protocol)


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
    texts = [_normal(_words(each)) for each in found]
    code = (
        _first(_by_rule(SENTENCES, text, step, protocol) for text in texts)
        or _first(_by_number(text, step, protocol) for text in texts)
        or _first(_by_class(each) for each in found)
    )
    if not code and ours:
        return Cause(ours[0].code, ours[0].kind, ours[0].retry_after)
    code = code or _first(_by_rule(FAMILIES, text, step, protocol) for text in texts)
    return _cause(code or "unknown", " ".join(texts), protocol)


def _cause(code: str, text: str, protocol: str) -> Cause:
    kind = Kind.BOUNCE if protocol == BOUNCE else KINDS[code]
    return Cause(code, kind, _retry_after(text) if kind in (Kind.LIMIT, Kind.TRANS) else None)


def _first(codes: Iterable[str]) -> str:
    return next(filter(None, codes), "")


def _normal(text: str) -> str:
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


def _by_rule(rules: tuple[Rule, ...], text: str, step: Step, protocol: str) -> str:
    return next((rule.code for rule in rules if rule.matches(text, step, protocol)), "")


def _by_number(text: str, step: Step, protocol: str) -> str:
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
    """4 is *not now*, 5 is *never* (RFC 5321 §4.2.1): of a message only where one is being sent."""
    if number.startswith("4"):
        return "server_unavailable"
    if number.startswith("5"):
        return "message_refused" if step is Step.SENDING else "refused"
    return ""


#: X509_V_ERR_… of OpenSSL (``x509_vfy.h``), which Python hands on as ``verify_code``.
_VERIFY_CODES = {
    9: "certificate_expired",  # CERT_NOT_YET_VALID
    10: "certificate_expired",  # CERT_HAS_EXPIRED
    62: "certificate_name",  # HOSTNAME_MISMATCH
    63: "certificate_name",  # EMAIL_MISMATCH
    64: "certificate_name",  # IP_ADDRESS_MISMATCH
}

_ERRNOS = {
    errno.ECONNREFUSED: "connection_refused",
    errno.ENETUNREACH: "network_unreachable",
    errno.EHOSTUNREACH: "network_unreachable",
    errno.EADDRNOTAVAIL: "network_unreachable",
    errno.ETIMEDOUT: "timeout",
}


def certificate_code(verify_code: int) -> str:
    """Return the code for a certificate that OpenSSL refuses with this number."""
    return _VERIFY_CODES.get(verify_code, "certificate_untrusted")


def _by_class(error: BaseException) -> str:
    """Classify what the standard library is sure of, whatever its text and language."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return certificate_code(error.verify_code)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "connection_lost"
    if isinstance(error, ssl.SSLError) and not isinstance(error, TimeoutError):
        return _by_rule(FAMILIES, _normal(str(error)), Step.TLS, IMAP) or "tls_failed"
    if isinstance(error, socket.gaierror):
        return "lookup_failed" if error.errno == socket.EAI_AGAIN else "host_not_found"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, OSError) and error.errno in _ERRNOS:
        return _ERRNOS[error.errno]
    if isinstance(error, ConnectionRefusedError):
        return "connection_refused"
    if isinstance(error, ConnectionError | EOFError):
        return "connection_lost"
    return ""


def _words(error: BaseException) -> str:
    """Return what an exception says; smtplib's keep the reply's number and words apart."""
    if isinstance(error, MailError):
        return error.detail
    code, said = getattr(error, "smtp_code", None), getattr(error, "smtp_error", None)
    refused = getattr(error, "recipients", None)
    if code is None and isinstance(refused, dict) and refused:
        code, said = next(iter(refused.values()))
    if isinstance(said, bytes):
        said = said.decode("utf-8", "replace")
    return f"{code} {said}" if code is not None else str(error)


def _retry_after(text: str) -> float | None:
    """Return the pause in seconds that a text asks for, as Microsoft's in milliseconds."""
    if match := _BACKOFF.search(text):
        return min(int(match.group(1)) / 1000, MAX_RETRY_AFTER)
    if match := _AGAIN_IN.search(text):
        return min(int(match.group(1)) * _SECONDS[match.group(2)], MAX_RETRY_AFTER)
    return None
