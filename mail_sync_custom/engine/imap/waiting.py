"""Waiting for the server to report new mail (RFC 9051 §6.3.13, RFC 5465).

IDLE reports only the open mailbox. If the server also has NOTIFY, it reports others in the same
wait; if not, STATUS polls them (``look``) without giving up the wait.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..errors import ProtocolViolation, ServerRefused
from ..net.dial import Deadline
from ..net.wire import Response
from ..values import Snapshot, Watched
from . import answers, commands, scope
from .dialogue import MAX_CHATTER, Dialogue
from .mailboxes import Mailboxes

#: Seconds in which a connection that may have died during IDLE must end it.
WAKING = 5.0


class Wait:
    """The wait of a session, if there is one."""

    def __init__(self, dialogue: Dialogue, mailboxes: Mailboxes):
        self._dialogue = dialogue
        self._mailboxes = mailboxes
        self._idling: bytes | None = None
        self._open = ""
        self._told: dict[str, Snapshot | None] = {}
        self._notified: frozenset[str] = frozenset()
        self._overflowed = False
        self._news: set[str] = set()
        self._chatter = 0

    @property
    def possible(self) -> bool:
        """Whether the server offers IDLE, which is part of IMAP4rev2."""
        return not {"IDLE", "IMAP4REV2"}.isdisjoint(self._dialogue.capabilities)

    def begin(self, names: Sequence[str]) -> Watched | None:
        """Open the first mailbox, and have the server report new mail in it and the others.

        Returns None if the server has no IDLE or refuses it.
        """
        if not self.possible:
            return None
        self._open, *others = names
        self._news, self._chatter, self._notified = set(), 0, frozenset()
        self._told = {self._open: self._mailboxes.examine(self._open)}
        self._notify(others)
        self._ask(others)
        if not self._idle():
            self._stop_notifying()
            return None
        self._dialogue.wire.let_go()
        return Watched(dict(self._told), self._notified | {self._open})

    def _notify(self, names: Sequence[str]) -> None:
        """Request notification for other mailboxes (RFC 5465 §3.1); if refused, ``look`` polls."""
        if not names or self._overflowed or "NOTIFY" not in self._dialogue.capabilities:
            return
        with scope.none_of(scope.OF_NOTIFY):
            self._hear_all(self._dialogue.command(commands.notify(names)))
            self._notified = frozenset(names)

    def _ask(self, others: Sequence[str]) -> None:
        """Ask for what EXAMINE did not report: the other mailboxes, and UIDNEXT (Courier).

        Asked once notifications are on, so that nothing arrives unnoticed in between. A server must
        answer for the open mailbox, too (RFC 9051 §6.3.11).
        """
        opened = self._told[self._open] or Snapshot()
        mute = [self._open] if opened.uidnext is None else []
        told = self._mailboxes.status([*others, *mute], heard=self._hear)
        self._told.update((name, told[name]) for name in others)
        if mute and (asked := told[self._open]):
            self._told[self._open] = replace(opened, uidnext=asked.uidnext)

    def _idle(self) -> bool:
        dialogue = self._dialogue
        dialogue.begin()
        tag = dialogue.send(b"IDLE")
        try:
            dialogue.await_continuation(tag, self._hear)
        except ServerRefused as error:
            # A limit, or a temporary inability, is no reason to do without NOTIFY from now on.
            if error.code not in scope.OF_COMMAND:
                raise
            return False
        self._idling = tag
        return True

    def news(self) -> frozenset[str]:
        """Return the mailboxes with new mail reported since the last call. Never waits.

        Raises MailError if the server has ended IDLE or the connection.
        """
        self._hear_all(self._dialogue.arrived(self._waiting()))
        found, self._news = frozenset(self._news), set()
        return found

    def look(self) -> frozenset[str]:
        """Poll the mailboxes that the server does not report by itself, and go on waiting.

        Returns the same as ``news``. Raises MailError if the connection is dead, or if the server
        refuses to continue IDLE.
        """
        idling = self._waiting()
        quiet = self._told.keys() - self._notified - {self._open}
        if quiet:
            self._wake()
            self._hear_all(self._dialogue.finish(idling))
            for name, told in self._mailboxes.status(sorted(quiet), heard=self._hear).items():
                self._compare(name, told)
            if not self._idle():
                raise ProtocolViolation("IDLE is refused", step=self._dialogue.wire.step)
        return self.news()

    def end(self) -> None:
        """End the wait and leave the mailbox, in one round trip: the session is as after login.

        STATUS may be stale for an open mailbox (RFC 9051 §6.3.11). Raises MailError if the
        connection is dead.
        """
        if self._idling is None:
            return
        idling = self._waiting()
        self._wake()
        ending = [b"NOTIFY NONE"] if self._notified else []
        tags = [self._dialogue.send(word) for word in (*ending, self._mailboxes.leaving)]
        self._mailboxes.open, self._notified = None, frozenset()
        for tag in (idling, *tags[:-1]):
            with contextlib.suppress(ServerRefused):  # it is over anyway
                self._dialogue.finish(tag)
        self._dialogue.finish(tags[-1])

    def _waiting(self) -> bytes:
        if self._idling is None:
            raise ProtocolViolation("nothing is waited for", step=self._dialogue.wire.step)
        return self._idling

    def _wake(self) -> None:
        dialogue, self._idling = self._dialogue, None
        dialogue.begin()
        dialogue.wire.deadline = Deadline(min(WAKING, dialogue.patience or WAKING))
        dialogue.say(b"DONE")

    def _stop_notifying(self) -> None:
        if self._notified:
            self._notified = frozenset()
            with contextlib.suppress(ServerRefused):
                self._dialogue.command(b"NOTIFY NONE")

    # what is heard

    def _hear_all(self, responses: Iterable[Response]) -> None:
        for response in responses:
            self._hear(response)

    def _hear(self, response: Response) -> None:
        """EXISTS is new mail; FETCH, EXPUNGE, RECENT and *Still here* are not (§7.4.1).

        STATUS of another mailbox is, if its UIDNEXT has risen (RFC 5465 §5.2).
        """
        self._chatter += 1
        if self._chatter > MAX_CHATTER:
            raise ProtocolViolation("answers without end", step=self._dialogue.wire.step)
        if answers.is_exists(response[0]):
            self._news.add(self._open)
        elif told := answers.status(response):
            name, snapshot = told
            if name in self._notified:
                self._compare(name, snapshot)
        elif answers.is_overflow(response[0]):
            # Whatever has happened since must be polled for, and NOTIFY is not requested again.
            self._news |= self._notified
            self._overflowed = True

    def _compare(self, name: str, now: Snapshot | None) -> None:
        if name not in self._told:
            return  # it is being polled right now
        before = self._told[name]
        if now and before:  # a server reports what has changed, and may omit the rest
            validity, uidnext = now.uidvalidity or before.uidvalidity, now.uidnext or before.uidnext
            now = replace(now, uidvalidity=validity, uidnext=uidnext)
        self._told[name] = now
        if _has_news(before, now):
            self._news.add(name)


def _has_news(before: Snapshot | None, now: Snapshot | None) -> bool:
    """Whether a mailbox has new mail, has been replaced, or has appeared or gone."""
    if now is None or before is None:
        return now is not before
    return now.uidvalidity != before.uidvalidity or (now.uidnext or 0) > (before.uidnext or 0)
