"""Mails of one record → its conversations, by what answers what (RFC 5322 §3.6.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """What ties one mail to others. ``number`` is its own, ``parent`` that of another, or 0.

    ``answers`` is the Message-ID that the mail names, whether or not that mail is recorded.
    ``subject`` is without any *Re:*. A parent counts for a mail that names one; for any other, a
    program has chosen it, and it counts only with the same subject.
    """

    number: int
    message_id: str = ""
    parent: int = 0
    answers: str = ""
    subject: str = ""


def conversations(links: Sequence[Link]) -> list[list[int]]:
    """Return the numbers of the mails by conversation, in the order in which they were given.

    A conversation stands where its first mail stands. Two answers to the same mail belong
    together, even if that mail is not recorded.
    """
    leader = {link.number: link.number for link in links}
    by_id = {link.message_id: link.number for link in links if link.message_id}
    subjects = {link.number: link.subject for link in links}

    def lead(number: int) -> int:
        while leader[number] != number:
            leader[number] = number = leader[leader[number]]
        return number

    for link in links:
        if link.answers:
            leader[lead(link.number)] = lead(by_id.setdefault(link.answers, link.number))
        if link.parent in leader and (link.answers or link.subject == subjects[link.parent]):
            leader[lead(link.number)] = lead(link.parent)
    found: dict[int, list[int]] = {}
    for link in links:
        found.setdefault(lead(link.number), []).append(link.number)
    return list(found.values())
