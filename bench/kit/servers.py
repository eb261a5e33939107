"""Mailboxes on our Dovecot, and how to connect to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from dev import certificates, dovecot, services
from dev.passwords import PASSWORD as PASSWORD

from .mails import Mail, fingerprint, mailbox

#: The trusted authorities, including our own.
CA = str(certificates.BUNDLE)


def filled(count: int, *, leads: int = 1, every: int = 0) -> str:
    """Return the user whose inbox has these mails. It is kept for the next run."""
    return filled_with((leads, every), count, lambda: mailbox(count, leads=leads, every=every))


def filled_with(what: object, count: int, made: Callable[[], Iterable[Mail]]) -> str:
    """Return the user whose inbox has that many mails; fill it unless it is filled."""
    user = f"bench.{fingerprint(what, count)}@sales.example"
    if messages(user) != count:
        fill(user, made())
    return user


def fill(user: str, mails: Iterable[Mail]) -> None:
    """Empty a user's inbox, then put mails into it."""
    dovecot.doveadm("expunge", "-u", user, "mailbox", "INBOX", "all")
    dovecot.import_mail(user, "INBOX", ((mail.raw, mail.date.timestamp()) for mail in mails))


def messages(user: str) -> int:
    """Return how many messages are in a user's inbox."""
    told = dovecot.doveadm("-f", "json", "mailbox", "status", "-u", user, "messages", "INBOX")
    return sum(int(one["messages"]) for one in json.loads(told))


def imaps() -> tuple[str, int]:
    """Return where Dovecot listens with TLS and a certificate that is trusted."""
    described = services.describe()
    return described.hosts.trusted, described.imaps_port


def plain() -> tuple[str, int]:
    """Return where Dovecot listens and offers no TLS at all."""
    described = services.describe()
    return described.hosts.plain, described.imap_port
