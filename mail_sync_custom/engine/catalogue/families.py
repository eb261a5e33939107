"""Words that many servers share: a table."""

from __future__ import annotations

from .rules import ANY, IMAP, LOGIN, Rule, rule
from .stems import AGAIN, CREDENTIALS, LATER

#: Words that many servers share, for what the lists above do not know.
FAMILIES: tuple[Rule, ...] = (
    rule("too_many_connections", r"\b(connections?|sessions?) (limit|exceeded)"),
    rule(
        "throttled",
        r"\btoo many\b",
        r"\bthrottl",
        r"\brate[- ]limit",
        r"\b(limit|quota) (is |was |has been )?(exceeded|reached)",
    ),
    rule("login_unavailable", LATER, rf"^(?!.*{CREDENTIALS}).*(?:{AGAIN})", steps=LOGIN),
    rule("server_unavailable", r"try again later", r"\btemporar", r"\bunavailable\b"),
    rule(
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
    rule("certificate_expired", r"certificate has expired", r"certificate is not yet valid"),
    rule(
        "certificate_name",
        r"hostname mismatch",
        r"certificate is not valid for",
        r"doesn't match (either of )?'",
    ),
    rule("certificate_untrusted", r"certificate[_ ]verify[_ ]failed", r"self[- ]signed cert"),
    rule("tls_on_plain_port", r"wrong[_ ]version[_ ]number", r"record layer failure"),
    rule(
        "tls_too_old",
        r"alert[_ ]handshake[_ ]failure",
        r"unsupported[_ ]protocol",
        r"alert[_ ]protocol[_ ]version",
        r"dh[_ ]key[_ ]too[_ ]small",
    ),
    rule("plaintext_disallowed", r"plain ?text authentication (is )?disallowed", r"logindisabled"),
    rule("tls_failed", r"\[ssl[:\]]", r"\btls (handshake|negotiation) "),
    rule(
        "host_not_found",
        r"getaddrinfo failed",
        r"\benotfound\b",
        r"name or service not known",
        r"nodename nor servname",
        r"no address associated with hostname",
    ),
    rule("connection_refused", r"connection refused", r"\beconnrefused\b"),
    rule("timeout", r"\btimed? ?out\b", r"\betimedout\b", r"greeting never received"),
    rule(
        "network_unreachable",
        r"network is unreachable",
        r"no route to host",
        r"\b(enetunreach|ehostunreach)\b",
    ),
    rule(
        "connection_lost",
        r"socket error: eof",
        r"connection (unexpectedly )?(closed|reset|aborted|lost)",
        r"broken pipe",
        r"\beconnreset\b",
        r"eof occurred",
    ),
    rule("session_ended", r"^(\* )?bye\b", protocol=IMAP),
    rule(
        "mailbox_missing",
        r"(mailbox|folder) (doesn't|does not) exist",
        r"(unknown|no such) (mailbox|folder)",
        steps=ANY - LOGIN,
        protocol=IMAP,
    ),
    rule("mailbox_forbidden", r"permission denied", steps=ANY - LOGIN, protocol=IMAP),
    rule(
        "command_refused",
        r"error in imap command",
        r"command unrecognized",
        r"unknown command",
        r"^(\w+ )?bad\b",
        protocol=IMAP,
    ),
)
