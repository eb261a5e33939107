"""The oracle's own IMAP client: every message of a mailbox, in whichever folder it is."""

from __future__ import annotations

import imaplib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dev import dovecot
from dev.passwords import PASSWORD

_LISTED = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?:[^"\\]|\\.)*"|NIL) (?P<name>.+)')
#: Messages in one FETCH.
PORTION = 200


@dataclass(frozen=True, slots=True)
class Message:
    """A message on the server: its folder as the protocol names it, and its flags."""

    folder: str
    uid: int
    flags: frozenset[str]
    raw: bytes


@contextmanager
def opened(user: str) -> Iterator[imaplib.IMAP4]:
    """Yield a connection to somebody's mailbox. Raises imaplib.IMAP4.error or OSError."""
    with imaplib.IMAP4(dovecot.SELF_SIGNED, dovecot.listening()["imap"], timeout=60) as imap:
        imap.login(user, PASSWORD)
        yield imap


def said(reply: tuple[str, list]) -> list:
    """Return the data of a reply. Raises imaplib.IMAP4.error unless it is OK."""
    status, data = reply
    if status != "OK":
        raise imaplib.IMAP4.error(f"{status} {data}")
    return data


def quoted(name: str) -> str:
    """Return the name of a folder as a quoted string."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def folders(imap: imaplib.IMAP4) -> list[str]:
    """Return the folders that can be opened, as the protocol names them."""
    found = []
    for line in said(imap.list()):
        if isinstance(line, tuple):  # a name as a literal
            flags, name = line[0], line[1]
        elif line:
            listed = _LISTED.match(line)
            flags, name = listed["flags"], listed["name"].strip(b'"')
        else:
            continue
        if b"\\noselect" not in flags.lower():
            found.append(name.replace(b'\\"', b'"').replace(b"\\\\", b"\\").decode())
    return found


def uids(imap: imaplib.IMAP4) -> list[int]:
    """Return the UIDs of the open folder, ascending."""
    [found] = said(imap.uid("SEARCH", "ALL"))
    return sorted(map(int, (found or b"").split()))


def messages(user: str) -> Iterator[Message]:
    """Yield every message of somebody's mailbox, without changing a flag."""
    with opened(user) as imap:
        for folder in folders(imap):
            said(imap.select(quoted(folder), readonly=True))
            every = uids(imap)
            for start in range(0, len(every), PORTION):
                yield from _fetched(imap, folder, every[start : start + PORTION])


def _fetched(imap: imaplib.IMAP4, folder: str, wanted: list[int]) -> Iterator[Message]:
    numbers = ",".join(map(str, wanted))
    for item in said(imap.uid("FETCH", numbers, "(UID FLAGS BODY.PEEK[])")):
        if isinstance(item, tuple):
            about, raw = item
            uid = int(re.search(rb"UID (\d+)", about)[1])
            flags = re.search(rb"FLAGS \(([^)]*)\)", about)[1].decode().split()
            yield Message(folder, uid, frozenset(flags), raw)
