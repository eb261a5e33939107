"""What is kept of a report whose mail is not recorded: enough to know when to read it again.

Nothing of nobody is stored. So only 32 bits of a hash of each id and address are kept: enough to
tell that a mail recorded later may be meant, too few to tell anything else.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from .report import Report

#: Keys kept of one report, and reports kept of one mailbox: the latest.
MAX_KEYS = 20
MAX_PENDING = 500


def keys_of(report: Report) -> tuple[str, ...]:
    """Return the keys of the ids and the recipients that a report names."""
    addresses = [address for fate in report.fates for address in fate.addresses]
    return keys(report.ids, addresses)[:MAX_KEYS]


def keys(ids: Iterable[str], addresses: Iterable[str]) -> tuple[str, ...]:
    """Return the keys by which pending reports about a mail are found.

    >>> keys(["1@x.example"], [])
    ('d62643e1',)
    """
    texts = [*(f"<{one}>" for one in ids), *addresses]
    return tuple(dict.fromkeys(sha256(text.encode()).hexdigest()[:8] for text in texts))
