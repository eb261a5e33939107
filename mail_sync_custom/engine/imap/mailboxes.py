"""Which mailboxes exist, what is new in them, and which one is open (RFC 9051 §6.3, §6.4).

Mailboxes are only opened with EXAMINE, so that reading never changes a flag.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from ..errors import ServerRefused, Step
from ..net.wire import Response
from ..values import Folder, Snapshot
from . import answers, commands, scope
from .dialogue import Dialogue

#: Mailboxes in one LIST answer, and the bytes of it that are read.
MAX_FOLDERS = 20_000
MAX_LISTED = 4 * 1024 * 1024

# Coremail's servers (163.com, 126.com, qiye.163.com) refuse EXAMINE to a client that has not sent
# its name (RFC 2971); they announce this extension of their own.
_WANTS_ID = "X-CM-EXT-1"


class Mailboxes:
    """The mailboxes of a session. ``open`` is the name of the one that is open, or None."""

    def __init__(self, dialogue: Dialogue):
        self.open: str | None = None
        self._dialogue = dialogue
        self._introduced = False

    def listed(self) -> list[Folder]:
        """Return every mailbox that LIST shows (§6.3.9), each once."""
        self._dialogue.wire.step = Step.FOLDERS
        found: dict[str, Folder] = {}
        room = MAX_LISTED
        for response in self._list():
            room -= answers.size(response)
            if room < 0 or len(found) == MAX_FOLDERS:
                break
            if folder := answers.folder(response):
                # Exchange and some Dovecot setups list INBOX once as such and once as a child.
                found.setdefault(folder.name, folder)
        return list(found.values())

    def _list(self) -> list[Response]:
        """Ask for SPECIAL-USE where RFC 6154 is supported; others show the attributes they have."""
        if {"SPECIAL-USE", "LIST-EXTENDED"} <= self._dialogue.capabilities:
            return self._dialogue.command(b'LIST "" "*" RETURN (SPECIAL-USE)')
        return self._dialogue.command(b'LIST "" "*"')

    def status(
        self, names: Sequence[str], heard: Callable[[Response], object] = lambda _: None
    ) -> dict[str, Snapshot | None]:
        """Return STATUS (§6.3.11) of each mailbox, all requested in one round trip.

        ``heard`` is called with what else the server says meanwhile.
        """
        asked = [(b"STATUS", commands.mailbox(name), commands.STATUS_ITEMS) for name in names]
        found: dict[str, Snapshot | None] = dict.fromkeys(names)
        tags = self._introduced_pipeline(asked)
        for name, tag in zip(names, tags, strict=True):
            with scope.none_of(scope.OF_MAILBOX):
                self._take_status(name, tag, found, heard)
        return found

    def _take_status(
        self,
        name: str,
        tag: bytes,
        found: dict[str, Snapshot | None],
        heard: Callable[[Response], object],
    ) -> None:
        """Assign an answer to the mailbox that it names; if that is not ours, to the next one."""
        for response in self._dialogue.answers(tag):
            if told := answers.status(response):
                answered, snapshot = told
                found[answered if answered in found else name] = snapshot
            else:
                heard(response)
        if found[name] is None:
            found[name] = Snapshot()  # it exists, but the server reports nothing about it

    def examine(self, name: str) -> Snapshot:
        """Open a mailbox read-only (§6.3.3). Raises MailboxMissing if that is not possible."""
        (tag,) = self._introduced_pipeline([(b"EXAMINE", commands.mailbox(name))])
        self.open = None  # even if this one is refused (§6.3.2)
        try:
            snapshot = answers.examined(self._lines_of_examine(tag))
        except ServerRefused as error:
            if error.code in scope.OF_MAILBOX:
                raise scope.missing(error) from error
            raise
        self.open = name
        return snapshot

    def _lines_of_examine(self, tag: bytes) -> Iterator[bytes]:
        lines = (response[0] for response in self._dialogue.answers(tag))
        return (line for line in lines if answers.is_exists(line) or b"[UID" in line.upper())

    def leave(self) -> None:
        """Close the open mailbox, if any, without losing anything in it.

        UNSELECT (RFC 3691) never expunges, nor does CLOSE in a mailbox opened with EXAMINE
        (§6.4.1). If a server refuses that, another mailbox is opened instead.
        """
        left, self.open = self.open, None
        if left is None:
            return
        try:
            self._dialogue.command(self.leaving)
        except ServerRefused as error:
            if error.code not in scope.OF_MAILBOX:
                raise
            if left.upper() != "INBOX":
                self.examine("INBOX")

    @property
    def leaving(self) -> bytes:
        """The command that closes the open mailbox."""
        unselects = not {"UNSELECT", "IMAP4REV2"}.isdisjoint(self._dialogue.capabilities)
        return b"UNSELECT" if unselects else b"CLOSE"

    def _introduced_pipeline(self, asked: list[tuple[bytes, ...]]) -> Iterator[bytes]:
        """Send commands, preceded once a session by our name where the server wants it."""
        self._dialogue.wire.step = Step.FOLDERS
        wanted = not self._introduced and {"ID", _WANTS_ID} <= self._dialogue.told
        self._introduced = True
        tags = self._dialogue.pipeline([*([(commands.ID,)] if wanted else []), *asked])
        if wanted:
            with contextlib.suppress(ServerRefused):  # then it was not that important
                self._dialogue.finish(next(tags))
        return tags
