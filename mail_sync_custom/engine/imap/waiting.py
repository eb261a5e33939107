"""Waiting until the server tells of new mail (RFC 9051 §6.3.13, RFC 2177)."""

from __future__ import annotations

import contextlib

from ..errors import ProtocolViolation, ServerRefused
from ..net.dial import Deadline
from ..net.wire import Response
from ..values import Snapshot
from . import answers, scope
from .dialogue import MAX_CHATTER, Dialogue
from .mailboxes import Mailboxes

#: Seconds that a connection which may have died in IDLE has to end it.
WAKING = 5.0


class Wait:
    """The wait of a session, while there is one."""

    def __init__(self, dialogue: Dialogue, mailboxes: Mailboxes):
        self._dialogue = dialogue
        self._mailboxes = mailboxes
        self._idling: bytes | None = None
        self._news = False
        self._chatter = 0

    @property
    def possible(self) -> bool:
        """Whether the server offers IDLE, which is a part of IMAP4rev2."""
        return not {"IDLE", "IMAP4REV2"}.isdisjoint(self._dialogue.capabilities)

    def begin(self, name: str) -> Snapshot | None:
        """Open a mailbox and have the server tell what comes into it from now on.

        Returns what EXAMINE said; None where the server has no IDLE or refuses it.
        """
        if not self.possible:
            return None
        found = self._mailboxes.examine(name)
        dialogue = self._dialogue
        self._news, self._chatter = False, 0
        dialogue.begin()
        tag = dialogue.send(b"IDLE")
        try:
            dialogue.await_continuation(tag, self._hear)
        except ServerRefused as error:
            # A limit, or a server that cannot do it now, is no reason to do without from now on.
            if error.code not in scope.OF_COMMAND:
                raise
            return None
        self._idling = tag
        dialogue.wire.let_go()
        return found

    def news(self) -> bool:
        """Whether the server has told of new mail since the wait began, or since the last call.

        Never waits. Raises MailError where the server has ended IDLE or the connection.
        """
        if self._idling is None:
            raise ProtocolViolation("nothing is waited for", step=self._dialogue.wire.step)
        for response in self._dialogue.arrived(self._idling):
            self._hear(response)
        found, self._news = self._news, False
        return found

    def _hear(self, response: Response) -> None:
        """EXISTS is new mail; FETCH, EXPUNGE, RECENT and *Still here* are not (§7.4.1)."""
        self._chatter += 1
        if self._chatter > MAX_CHATTER:
            raise ProtocolViolation("answers without end", step=self._dialogue.wire.step)
        self._news |= answers.is_exists(response[0])

    def end(self) -> None:
        """End IDLE and leave the mailbox, in one round trip: the session is as after the login.

        Of a mailbox that is open STATUS may be stale (§6.3.11). Raises MailError where the
        connection is dead.
        """
        if self._idling is None:
            return
        dialogue, idling, self._idling = self._dialogue, self._idling, None
        dialogue.begin()
        dialogue.wire.deadline = Deadline(min(WAKING, dialogue.patience or WAKING))
        dialogue.say(b"DONE")
        leaving = dialogue.send(self._mailboxes.leaving)
        self._mailboxes.open = None
        with contextlib.suppress(ServerRefused):  # of IDLE, which is over in any case
            dialogue.finish(idling)
        dialogue.finish(leaving)
