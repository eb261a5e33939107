"""Whom an entry of a never-record list covers, and which entries cover an address.

An entry is a mail address, or a domain with its subdomains. Both are stored as mails carry them:
in lower case, an internationalised domain in its A-labels (RFC 5890 §2.3.2.1). Knows nothing of
whose list it is.
"""

from __future__ import annotations

import re

from .addresses import STRICT, Rules, ascii_domain, key

#: Maximum lengths of an address (RFC 5321 §4.5.3.1) and of a domain (RFC 1035 §2.3.4).
MAX_LOCAL, MAX_DOMAIN = 64, 253
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
#: One or more atoms joined by dots (RFC 5322 §3.2.3), including SMTPUTF8 (RFC 6532 §3.2).
_LOCAL = re.compile(r"[^\s\x00-\x20\x7f\ud800-\udfff()<>\[\]:;@\\,\"]+")
_SEPARATORS = re.compile(r"[,;\n]")


class NotAPattern(ValueError):
    """The entry is neither one address nor one domain. ``code`` says what is wrong."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


def normalize(text: str) -> str:
    """Return an entry as it is stored. Raises NotAPattern.

    A domain may be written as people do, with ``@``, ``*@`` or ``*.`` in front.

    >>> normalize(" Ann@Example.com "), normalize("@Example.com"), normalize("müller.example")
    ('ann@example.com', 'example.com', 'xn--mller-kva.example')
    """
    text = text.strip()
    if not text:
        raise NotAPattern("empty")
    if _SEPARATORS.search(text) or text.count("@") > 1:
        raise NotAPattern("several")
    if any(map(str.isspace, text)):
        raise NotAPattern("space")
    local, _, domain = text.rpartition("@")
    local = "" if local == "*" else local
    domain = ascii_domain(domain if local else domain.removeprefix("*."))
    if not domain:
        raise NotAPattern("no_domain")
    if "." not in domain:
        raise NotAPattern("no_dot" if local else "no_domain")
    if len(domain) > MAX_DOMAIN or not all(map(_LABEL.fullmatch, domain.split("."))):
        raise NotAPattern("bad_domain")
    if not local:
        return domain
    if not _LOCAL.fullmatch(local) or len(local.encode()) > MAX_LOCAL:
        raise NotAPattern("bad_address")
    if not (address := key(f"{local}@{domain}")):
        raise NotAPattern("bad_address")
    return address


def covering(email: str, rules: Rules = STRICT) -> tuple[str, ...]:
    """Return every entry that would cover an address: itself, its domain and parent domains.

    Under ``rules`` an entry also covers addresses that they make equal: ann@ covers ann+shop@, but
    not the other way round.

    >>> covering("ann@mail.example.com")
    ('ann@mail.example.com', 'mail.example.com', 'example.com')
    """
    own = key(email) or email
    labels = ascii_domain(own.rpartition("@")[2]).split(".")
    above = (".".join(labels[n:]) for n in range(len(labels) - 1))
    return tuple(dict.fromkeys((own, key(own, rules) or own, *above)))
