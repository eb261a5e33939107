"""A connection to an IMAP server: the commands a recorder needs, each in few round trips.

The only file that imports imapclient: its decoder of mailbox names, and its parser of responses
for the answers that are of no usual shape. Everything a server says comes in through ``wire``,
within bounds; everything that goes wrong goes out as a MailError. Nothing here changes a flag:
mailboxes are opened with EXAMINE, messages are read with BODY.PEEK.

The numbers are sections of RFC 9051 (IMAP4rev2) unless said otherwise; nothing is used that
IMAP4rev1 lacks unless the server offers it.
"""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from types import TracebackType
from typing import Any

from imapclient import imap_utf7
from imapclient.exceptions import ProtocolError
from imapclient.response_parser import parse_fetch_response

from ..errors import (
    Kind,
    MailboxMissing,
    ProtocolViolation,
    ServerRefused,
    Step,
    TlsError,
    safe_text,
)
from ..net import dial
from ..net.dial import Deadline
from ..net.wire import Response, Wire, greet_in_plain
from ..values import MAX_UID, Connected, Credentials, Endpoint, Folder, Headers, Snapshot
from . import internaldate, sequence
from .dialogue import CODE_CAPABILITY, MAX_CHATTER, Dialogue, Literal
from .sequence import Ranges

#: Seconds for a whole connection attempt, and for a command that nothing is heard of.
BUDGET = 30.0
PATIENCE = 60.0

#: Seconds that a connection which may have died in IDLE has to end it.
WAKING = 5.0

#: Bytes of one message that are read at most, and of one message's header fields that are kept.
MAX_MESSAGE = 160 * 1024 * 1024
MAX_HEADER = 256 * 1024

#: Bytes of all the headers that are asked for together.
MAX_HEADERS = 128 * 1024 * 1024

#: Bytes of an answer, its literals apart, that is read item by item in Python: a slow business.
MAX_UNUSUAL = 64 * 1024

#: Mailboxes in one LIST answer.
MAX_FOLDERS = 20_000

#: UIDs named in one command; the line stays below the 8,192 bytes that RFC 7162 §4 asks for.
MAX_NAMED = 500

#: Addresses in one SEARCH: its line stays as short, and the tree of its keys no server's burden.
MAX_SEARCHED = 10

#: Fetches that a server may refuse before it is the server that is at fault and not a message.
#: One bad message among 500 costs ten.
MAX_REFUSED = 64

_FIELDS = (
    "FROM TO CC BCC REPLY-TO SENDER MESSAGE-ID IN-REPLY-TO REFERENCES DATE SUBJECT "
    "X-MAIL-SYNC-ID AUTO-SUBMITTED"
)
_HEADER_ITEMS = f"(UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS ({_FIELDS})])".encode()

_GREETING = re.compile(rb"\* (OK|PREAUTH|BYE)\b ?(.*)", re.IGNORECASE | re.DOTALL)
_SEARCH = re.compile(rb"\* SEARCH\b([\d ]*)", re.IGNORECASE)
_NUMBER = re.compile(rb"\d{1,20}")
_ESEARCH = re.compile(rb"\* ESEARCH\b.* ALL ([\d:,]+)", re.IGNORECASE)
_STATUS = re.compile(rb"\* STATUS (.+) \(([^()]*)\) *\Z", re.IGNORECASE | re.DOTALL)
_UIDVALIDITY = re.compile(rb"\bUIDVALIDITY (\d{1,20})", re.IGNORECASE)
_UIDNEXT = re.compile(rb"\bUIDNEXT (\d{1,20})", re.IGNORECASE)
_EXISTS = re.compile(rb"\* (\d{1,20}) EXISTS\b", re.IGNORECASE)
_LIST = re.compile(
    rb'\* LIST \(([^)]*)\) (NIL|"(?:\\.|[^"\\])") '
    rb'(?:"((?:\\.|[^"\\])*)"(?: .*)?|(\{\d+\+?\})|(\S.*))\Z',
    re.IGNORECASE | re.DOTALL,
)

_FETCH = re.compile(rb"\* \d+ FETCH \(", re.IGNORECASE)
_STAMP = re.compile(rb'\bINTERNALDATE "([^"]*)"', re.IGNORECASE)

# The usual FETCH answer: its items in any order and its one literal last. A group that is repeated
# keeps what it found last.
_ITEMS = (
    rb'(?:UID (\d{1,20})|RFC822\.SIZE (\d{1,20})|INTERNALDATE "([^"]*)"'
    rb"|FLAGS \([^()]*\)|MODSEQ \(\d+\))"
)
_USUAL_HEADER = re.compile(
    rb"\* \d+ FETCH \((?:" + _ITEMS + rb" )*BODY\[HEADER\.FIELDS \([^()]*\)\] \{\d+\}\Z",
    re.IGNORECASE,
)
_USUAL_BODY = re.compile(
    rb"\* \d+ FETCH \((?:" + _ITEMS + rb" )*BODY\[\](?:<0>)? \{\d+\}\Z", re.IGNORECASE
)
_USUAL_TAIL = re.compile(rb"(?: " + _ITEMS + rb")*\)\Z", re.IGNORECASE)

# An address that stands in a header as it is, and fits into a quoted string; 254 is the longest
# that a mail can be sent to (RFC 5321 §4.5.3.1.3).
_SEARCHABLE = re.compile(r"[ -~]{1,254}")

# Coremail's servers (163.com, 126.com, qiye.163.com) refuse EXAMINE to a client that has not said
# its name (RFC 2971); they announce this extension of theirs.
_WANTS_ID = "X-CM-EXT-1"
_ID = b'ID ("name" "mail_sync_custom")'


#: What is read of a FETCH answer: UID, RFC822.SIZE, INTERNALDATE, and the section asked for.
_Items = tuple[int, int | None, bytes | None, bytes]


# -- connecting ------------------------------------------------------------------------------


def connect(
    endpoint: Endpoint,
    credentials: Credentials,
    *,
    budget: float = BUDGET,
    patience: float = PATIENCE,
    allow: Callable[[str], bool] = dial.everywhere,
    message_limit: int = MAX_MESSAGE,
) -> ImapSession:
    """Return a session that is logged in, or raise the cause why there is none.

    ``budget`` is for the whole of it: lookup, TCP, TLS, greeting and login. ``patience`` is for
    each command after that. ``allow`` is asked for each address before it is connected to.
    ``message_limit`` bounds the literals that are read.
    """
    dial.check_settings(endpoint, credentials)
    dialogue = _open(endpoint, Deadline(budget), allow, message_limit)
    try:
        _log_in(dialogue, credentials)
        dialogue.patience = patience
        return ImapSession(dialogue, dial.describe(dialogue.wire.sock, endpoint))
    except BaseException:
        dialogue.close()
        raise


def inspect_certificate(
    endpoint: Endpoint, budget: float = BUDGET, *, allow: Callable[[str], bool] = dial.everywhere
) -> str:
    """Return the fingerprint of the certificate a server shows, without logging in."""
    dial.check_settings(endpoint)
    asked = dial.inspected(endpoint)
    dialogue = _open(asked, Deadline(budget), allow, MAX_HEADER)
    try:
        return dial.describe(dialogue.wire.sock, asked).fingerprint
    finally:
        dialogue.close()


def _open(
    endpoint: Endpoint, deadline: Deadline, allow: Callable[[str], bool], limit: int
) -> Dialogue:
    """Return a connection that was greeted and is as encrypted as it is going to be."""
    sock = dial.open_socket(endpoint, deadline, allow)
    wire = Wire(sock, deadline, limit)
    dialogue = Dialogue(wire)
    try:
        if endpoint.implicit_tls:
            wire.encrypt(dial.start_tls(sock, endpoint, deadline))
            _greet(dialogue)
        else:
            greet_in_plain(wire, lambda: _greet(dialogue))
            _upgrade(dialogue, endpoint, deadline)
    except BaseException:
        dialogue.close()
        raise
    return dialogue


def _greet(dialogue: Dialogue) -> None:
    """Read the greeting (§7.1.1 to §7.1.5), and the capabilities it may tell."""
    line = dialogue.wire.response()[0]
    greeting = _GREETING.match(line)
    if not greeting:
        raise ProtocolViolation(safe_text(line[:200]), code="not_imap")
    status, text = greeting[1].upper(), greeting[2]
    if status == b"BYE":
        raise dialogue.farewell(text)
    if status == b"PREAUTH":
        # Whose mailbox would that be? And on a plain connection it is the way to keep a client
        # from STARTTLS, which is not allowed any more (§7.1.4; CVE-2020-14093).
        raise ProtocolViolation("the server logs us in by itself (PREAUTH)", code="preauth")
    if told := CODE_CAPABILITY.match(text):
        dialogue.learn(told[1])


def _upgrade(dialogue: Dialogue, endpoint: Endpoint, deadline: Deadline) -> None:
    """Encrypt with STARTTLS where it is offered (§6.2.1); where not, follow the user's choice."""
    wire = dialogue.wire
    wire.step = Step.TLS
    if "STARTTLS" not in dialogue.capabilities:
        dial.check_plain_allowed(endpoint)
        return
    dialogue.command(b"STARTTLS")
    wire.refuse_pending()
    wire.encrypt(dial.start_tls(wire.sock, endpoint, deadline))
    dialogue.forget_capabilities()


# -- logging in ------------------------------------------------------------------------------


def _log_in(dialogue: Dialogue, credentials: Credentials) -> None:
    """Log in by the first way that the server offers; the capabilities change with it (§6.2.2)."""
    wire = dialogue.wire
    wire.step = Step.LOGIN
    offered = dialogue.capabilities
    secret = base64.b64encode(f"\0{credentials.username}\0{credentials.password}".encode())
    dialogue.hide(credentials.password, secret)
    dialogue.before_login = offered
    dialogue.forget_capabilities()
    if "LOGINDISABLED" in offered and not wire.encrypted:
        raise TlsError("LOGINDISABLED", code="plaintext_disallowed", step=Step.LOGIN)
    if "AUTH=PLAIN" in offered:
        _authenticate_plain(dialogue, secret, initial="SASL-IR" in offered)
        return
    if "LOGINDISABLED" in offered:
        # OAuth alone (Microsoft 365): no password can work, so none is sent.
        raise ServerRefused(
            "LOGINDISABLED", code="password_sign_in_off", kind=Kind.SETUP, step=Step.LOGIN
        )
    name, password = credentials.username.encode(), credentials.password.encode()
    dialogue.command(b"LOGIN", _string(name), _string(password))


def _authenticate_plain(dialogue: Dialogue, secret: bytes, *, initial: bool) -> None:
    """SASL PLAIN (RFC 4616), with its one answer in the command where that is known (RFC 4959)."""
    if initial:
        dialogue.command(b"AUTHENTICATE PLAIN", secret)
        return
    tag = dialogue.send(b"AUTHENTICATE PLAIN")
    dialogue.await_continuation(tag)
    dialogue.wire.send(secret + b"\r\n")
    dialogue.finish(tag)


# -- the session -----------------------------------------------------------------------------


class ImapSession:
    """The Session of ``sync``, on a real server. ``connected`` tells how it is encrypted."""

    def __init__(self, dialogue: Dialogue, connected: Connected):
        self.connected = connected
        self._dialogue = dialogue
        self._introduced = False
        self._idling: bytes | None = None
        self._news = False
        self._chatter = 0

    @property
    def wire(self) -> Wire:
        """The wire below, which counts bytes and round trips."""
        return self._dialogue.wire

    def __enter__(self) -> ImapSession:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Log out, whatever state the connection is in. Never raises."""
        self._dialogue.close()

    # mailboxes

    def folders(self) -> list[Folder]:
        """Return every mailbox that LIST shows (§6.3.9), each once."""
        self.wire.step = Step.FOLDERS
        found: dict[str, Folder] = {}
        for response in self._list():
            folder = _folder(response)
            if folder and len(found) < MAX_FOLDERS:
                # Exchange and some Dovecot set-ups list INBOX once as such and once as a child.
                found.setdefault(folder.name, folder)
        return list(found.values())

    def _list(self) -> list[Response]:
        """RETURN (SPECIAL-USE) is RFC 6154's; a server without it shows the attributes it has."""
        if {"SPECIAL-USE", "LIST-EXTENDED"} <= self._dialogue.capabilities:
            return self._dialogue.command(b'LIST "" "*" RETURN (SPECIAL-USE)')
        return self._dialogue.command(b'LIST "" "*"')

    def status(self, names: Sequence[str]) -> dict[str, Snapshot | None]:
        """Return STATUS (§6.3.11) of each mailbox, all asked for in one round trip."""
        self.wire.step = Step.FOLDERS
        dialogue = self._dialogue
        commands = [(b"STATUS", _mailbox(name), b"(UIDNEXT UIDVALIDITY)") for name in names]
        found: dict[str, Snapshot | None] = dict.fromkeys(names)
        introduction = self._introduction()
        tags = dialogue.pipeline(introduction + commands)
        for _ in introduction:
            self._said_name(next(tags))
        for name, tag in zip(names, tags, strict=True):
            with _missing_is_none():
                self._take_status(name, tag, found)
        return found

    def _take_status(self, name: str, tag: bytes, found: dict[str, Snapshot | None]) -> None:
        """An answer is the mailbox's that it names; one that names none of ours is the next's."""
        for response in self._dialogue.answers(tag):
            if told := _status(response):
                answered, snapshot = told
                found[answered if answered in found else name] = snapshot
        if found[name] is None:
            found[name] = Snapshot()  # it is there, and the server says nothing of it

    def examine(self, name: str) -> Snapshot:
        """Open a mailbox read-only (§6.3.3)."""
        self.wire.step = Step.FOLDERS
        introduction = self._introduction()
        tags = self._dialogue.pipeline([*introduction, (b"EXAMINE", _mailbox(name))])
        for _ in introduction:
            self._said_name(next(tags))
        try:
            return _snapshot(
                b" ".join(answer[0] for answer in self._answers_of_examine(next(tags)))
            )
        except ServerRefused as error:
            if error.code in _OF_MAILBOX:
                raise _missing(error) from error
            raise

    def _answers_of_examine(self, tag: bytes) -> Iterator[Response]:
        return (
            answer
            for answer in self._dialogue.answers(tag)
            if _EXISTS.match(answer[0]) or b"[UID" in answer[0].upper()
        )

    def _introduction(self) -> list[tuple[bytes, ...]]:
        """The command that says our name, where the server wants one and has not had it."""
        wanted = not self._introduced and {"ID", _WANTS_ID} <= self._dialogue.told
        self._introduced = True
        return [(_ID,)] if wanted else []

    def _said_name(self, tag: bytes) -> None:
        with contextlib.suppress(ServerRefused):  # then it was not so important
            self._dialogue.finish(tag)

    # waiting for new mail (§6.3.13, RFC 2177)

    @property
    def can_idle(self) -> bool:
        """Whether the server offers IDLE, which is a part of IMAP4rev2."""
        return not {"IDLE", "IMAP4REV2"}.isdisjoint(self._dialogue.capabilities)

    def idle(self, name: str) -> Snapshot | None:
        """Open a mailbox read-only and have the server tell what comes into it from now on.

        Returns what EXAMINE said, so that whoever asks can see whether something came before
        that; None where the server has no IDLE or refuses it, and polling must do.
        """
        if not self.can_idle:
            return None
        found = self.examine(name)
        dialogue = self._dialogue
        self._news, self._chatter = False, 0
        dialogue.begin()
        tag = dialogue.send(b"IDLE")
        try:
            dialogue.await_continuation(tag, self._hear)
        except ServerRefused as error:
            # A limit, or a server that cannot do it now, is no reason to do without from now on.
            if error.code not in _OF_COMMAND:
                raise
            return None
        self._idling = tag
        self.wire.let_go()
        return found

    def news(self) -> bool:
        """Whether the server has told of new mail since IDLE began, or since the last call.

        Never waits. Raises MailError where the server has ended IDLE or the connection.
        """
        if self._idling is None:
            raise ProtocolViolation("nothing is waited for", step=self.wire.step)
        for response in self._dialogue.arrived(self._idling):
            self._hear(response)
        found, self._news = self._news, False
        return found

    def _hear(self, response: Response) -> None:
        """EXISTS is new mail; FETCH, EXPUNGE, RECENT and *Still here* are not (§7.4.1)."""
        self._chatter += 1
        if self._chatter > MAX_CHATTER:
            raise ProtocolViolation("answers without end", step=self.wire.step)
        self._news |= bool(_EXISTS.match(response[0]))

    def done(self) -> None:
        """End IDLE and leave the mailbox, in one round trip: the session is as after the login.

        Of a mailbox that is open STATUS may be stale (§6.3.11). Left by CLOSE, one that was
        opened with EXAMINE loses nothing (§6.4.1). Raises MailError where the connection is dead.
        """
        if self._idling is None:
            return
        dialogue, idling, self._idling = self._dialogue, self._idling, None
        dialogue.begin()
        self.wire.deadline = Deadline(min(WAKING, dialogue.patience or WAKING))
        dialogue.say(b"DONE")
        leaving = dialogue.send(b"UNSELECT" if "UNSELECT" in dialogue.capabilities else b"CLOSE")
        with contextlib.suppress(ServerRefused):  # of IDLE, which is over in any case
            dialogue.finish(idling)
        dialogue.finish(leaving)

    def fileno(self) -> int:
        """Return the socket's file descriptor, for a selector; -1 once it is closed."""
        return self.wire.sock.fileno()

    # searching (§6.4.4)

    def search(self, lo: int, hi: int, since: date | None = None) -> list[int]:
        """Return the UIDs that exist in ``lo <= uid <= hi``, ascending, of the open mailbox."""
        wanted = sequence.wanted([(lo, hi)])
        if not wanted:
            return []
        criteria = [b"UID " + sequence.encode(wanted)]
        if since:
            criteria.append(b"SINCE " + internaldate.encode_day(since))
        (lo, hi), *_ = wanted
        return [uid for uid in self._search(*criteria) if lo <= uid <= hi]

    def mentioning(self, lo: int, hi: int, emails: Collection[str]) -> list[int] | None:
        """Return the UIDs of ``lo <= uid <= hi`` with one of the addresses in a header, ascending.

        From, To, Cc, Bcc and Reply-To are searched, for a few addresses at a time, all on their
        way together. ``None`` where the server refuses to search so, or would have to know how
        an address beyond ASCII is written in each header.
        """
        if not all(_SEARCHABLE.fullmatch(email) for email in emails):
            return None
        wanted = sequence.encode(sequence.wanted([(lo, hi)]))
        if not wanted:
            return []
        self.wire.step = Step.READING
        command = self._search_command
        keys = map(_any_address, _in_parts(sorted(emails), MAX_SEARCHED))
        tags = self._dialogue.pipeline([(command, b"UID", wanted, key) for key in keys])
        found: set[int] = set()
        try:
            for tag in tags:
                for response in self._dialogue.answers(tag):
                    found.update(_found(response[0]))
        except ServerRefused as error:
            if error.code not in _OF_SEARCH:
                raise
            return None
        return sorted(uid for uid in found if lo <= uid <= hi)

    def find(self, name: str, header: str, value: str) -> list[int]:
        """Return the UIDs in a mailbox whose header field contains a value. Opens that mailbox."""
        dial.check_text(value)
        charset = [] if value.isascii() else [b"CHARSET UTF-8"]
        self.examine(name)
        return self._search(*charset, b"HEADER", _string(header.encode()), _string(value.encode()))

    def _search(self, *criteria: bytes) -> list[int]:
        self.wire.step = Step.READING
        found: set[int] = set()
        for response in self._dialogue.command(self._search_command, *criteria):
            found.update(_found(response[0]))
        return sorted(found)

    @property
    def _search_command(self) -> bytes:
        """ESEARCH says 1:20000 where SEARCH says 20,000 numbers (RFC 4731)."""
        extended = not {"ESEARCH", "IMAP4REV2"}.isdisjoint(self._dialogue.capabilities)
        return b"UID SEARCH RETURN (ALL)" if extended else b"UID SEARCH"

    # reading (§6.4.5)

    def headers(self, ranges: Sequence[tuple[int, int]]) -> Iterator[Headers]:
        """Yield the headers of all messages in the ranges as they come, each once."""
        latest = internaldate.latest()
        sets = sequence.gathered(ranges, MAX_NAMED)
        seen: set[int] = set()
        room = MAX_HEADERS
        for uid, header in self._fetch(sets, _HEADER_ITEMS, lambda each: _header(each, latest)):
            room -= len(header.raw)
            if room < 0:
                raise ProtocolViolation("headers without end", step=Step.READING)
            if uid not in seen:
                seen.add(uid)
                yield header

    def bodies(self, uids: Sequence[int], limit: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Yield ``(uid, raw)`` as the messages come: one at a time is in memory."""
        named = sorted({uid for uid in uids if 0 < uid <= MAX_UID})
        groups = _in_parts(named, MAX_NAMED)
        items = (
            b"(UID BODY.PEEK[])" if limit is None else b"(UID BODY.PEEK[]<0.%d>)" % max(limit, 1)
        )
        seen: set[int] = set()
        for uid, raw in self._fetch([sequence.of_uids(group) for group in groups], items, _body):
            if uid not in seen:
                seen.add(uid)
                yield uid, raw if limit is None else raw[:limit]
                self._dialogue.begin()  # the consumer's time is not the server's

    def _fetch(
        self, sets: list[Ranges], items: bytes, read: Callable[[Response], tuple[int, Any] | None]
    ) -> Iterator[tuple[int, Any]]:
        """Yield what ``read`` makes of the answers to UID FETCH, all sets on their way at once.

        A set that is refused is asked for again in halves: one message that the server cannot
        read must not keep the others. What is refused alone is not in the answer.
        """
        self.wire.step = Step.READING
        asked = sequence.wanted(each for ranges in sets for each in ranges)
        refusals = 0
        while sets:
            halves: list[Ranges] = []
            tags = self._dialogue.pipeline(
                [(b"UID FETCH", sequence.encode(ranges), items) for ranges in sets]
            )
            for ranges, tag in zip(sets, tags, strict=True):
                try:
                    for response in self._dialogue.answers(tag, _at_most(ranges)):
                        if (found := read(response)) and sequence.covers(asked, found[0]):
                            yield found
                except ServerRefused as error:
                    refusals += 1
                    if error.code not in _OF_MESSAGE or refusals > MAX_REFUSED:
                        raise
                    halves += sequence.halves(ranges)
            sets = halves

    # filing (§6.3.12)

    def append(self, name: str, raw: bytes, when: datetime) -> None:
        """File a message as seen, with CRLF at each line's end and at the last one's too.

        Yahoo answers "[CLIENTBUG] Additional arguments found" to a message without it.
        """
        self.wire.step = Step.SENDING
        message = Literal(
            re.sub(rb"\r?\n|\r", b"\r\n", raw.removesuffix(b"\n").removesuffix(b"\r") + b"\n")
        )
        limit = _append_limit(self._dialogue.capabilities)
        if limit is not None and len(message) > limit:
            raise ServerRefused(
                f"APPENDLIMIT={limit}", code="copy_too_large", kind=Kind.MSG, step=Step.SENDING
            )
        try:
            self._dialogue.command(
                b"APPEND", _mailbox(name), b"(\\Seen)", internaldate.encode(when), message
            )
        except ServerRefused as error:
            if "[TRYCREATE]" in error.detail.upper() or error.code == MailboxMissing.code:
                raise MailboxMissing(error.detail) from error
            raise


# -- what is asked: pure functions -----------------------------------------------------------


def _string(text: bytes) -> bytes:
    """Return a quoted string, or a literal where a quoted one may not hold it (§4.3)."""
    if not text.isascii() or len(text) > 1000:
        return Literal(text)
    return b'"%b"' % text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def _in_parts(values: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


def _any_address(emails: Iterable[str]) -> bytes:
    """Return the key that finds the addresses among a message's correspondents."""
    fields = (b"FROM", b"TO", b"CC", b"BCC", b"HEADER REPLY-TO")
    quoted = [_string(email.encode()) for email in emails]
    return _any([b"%b %b" % (field, email) for email in quoted for field in fields])


def _any(keys: Sequence[bytes]) -> bytes:
    """Return the key that finds what any of the keys finds: OR takes two (§6.4.4).

    >>> _any([b"FROM a", b"TO a", b"CC a"])
    b'OR FROM a OR TO a CC a'
    """
    if len(keys) == 1:
        return keys[0]
    half = len(keys) // 2
    return b"OR %b %b" % (_any(keys[:half]), _any(keys[half:]))


def _mailbox(name: str) -> bytes:
    """Return a mailbox's name as IMAP4rev1 has it: modified UTF-7 (RFC 3501 §5.1.3), quoted."""
    dial.check_text(name)
    return _string(imap_utf7.encode(name))


def _at_most(ranges: Ranges) -> int:
    """Return how many answers a set may have: what is between two UIDs may not exist."""
    return min(sequence.size(ranges), sequence.MAX_FOUND)


def _append_limit(capabilities: Iterable[str]) -> int | None:
    """Return the size of a message that is filed at most (RFC 7889)."""
    for capability in capabilities:
        name, _, limit = capability.partition("=")
        if name == "APPENDLIMIT" and limit.isdigit():
            return int(limit)
    return None


# -- what is answered: pure functions --------------------------------------------------------


def _number(found: re.Match[bytes] | None) -> int | None:
    """Return a number, ``None`` where it is missing, zero, or not one of 32 bits."""
    value = int(found[1]) if found else 0
    return value if 0 < value <= MAX_UID else None


def _snapshot(text: bytes) -> Snapshot:
    exists = _EXISTS.search(text)
    return Snapshot(
        _number(_UIDVALIDITY.search(text)),
        _number(_UIDNEXT.search(text)),
        int(exists[1]) if exists else None,
    )


def _status(response: Response) -> tuple[str, Snapshot] | None:
    """
    >>> _status([b'* STATUS "INBOX" (UIDNEXT 7 UIDVALIDITY 0)'])
    ('INBOX', Snapshot(uidvalidity=None, uidnext=7, exists=None))
    """
    if len(response) == 3 and response[0][:9].upper() == b"* STATUS ":
        return _mailbox_name(response[1]), _snapshot(response[2])
    found = _STATUS.match(response[0])
    return (_mailbox_name(_unquoted(found[1])), _snapshot(found[2])) if found else None


def _unquoted(text: bytes) -> bytes:
    if text[:1] == text[-1:] == b'"' and len(text) > 1:
        return re.sub(rb"\\(.)", rb"\1", text[1:-1])
    return text


def _mailbox_name(raw: bytes) -> str:
    """Return a name from the wire. INBOX is case-insensitive (§5.1); some servers send UTF-8."""
    if raw.upper() == b"INBOX":
        return "INBOX"
    try:
        name = imap_utf7.decode(raw) if raw.isascii() else raw.decode()
        name.encode()
    except UnicodeError:
        return raw.decode("utf-8", "replace")
    return name


def _folder(response: Response) -> Folder | None:
    r"""Read one line of LIST (§7.3.1).

    >>> _folder([b'* LIST (\Sent) "." "Envoy&AOk-s"'])
    Folder(name='Envoyés', delimiter='.', attributes=frozenset({'\\sent'}))
    """
    found = _LIST.match(response[0])
    if not found:
        return None
    attributes, delimiter, quoted, literal, atom = found.groups()
    if literal:
        raw = response[1] if len(response) > 1 else b""
    else:
        raw = _unquoted(b'"%b"' % quoted) if quoted is not None else atom.rstrip()
    delimiter = (
        "" if delimiter.upper() == b"NIL" else _unquoted(delimiter).decode("ascii", "replace")
    )
    return Folder(
        _mailbox_name(raw),
        delimiter,
        frozenset(attributes.decode("ascii", "replace").lower().split()),
    )


def _found(line: bytes) -> Iterable[int]:
    """Return the UIDs of a SEARCH or ESEARCH answer.

    >>> list(_found(b'* ESEARCH (TAG "A1") UID ALL 2,4:6'))
    [2, 4, 5, 6]
    """
    if plain := _SEARCH.match(line):
        return (int(each[0]) for each in _NUMBER.finditer(plain[1]))
    extended = _ESEARCH.match(line)
    return sequence.decode(extended[1]) if extended else ()


def _header(response: Response, latest: datetime) -> tuple[int, Headers] | None:
    """Return the headers in a FETCH answer, or None for an answer that is something else.

    A header that is NIL is no answer: whoever asked finds the UID lacking, and asks why.
    """
    items = _usual_items(_USUAL_HEADER, response) or _unusual_items(b"BODY[HEADER", response)
    if not items:
        return None
    uid, size, stamp, raw = items
    return uid, Headers(uid, size or None, internaldate.decode(stamp, latest), raw[:MAX_HEADER])


def _body(response: Response) -> tuple[int, bytes] | None:
    items = _usual_items(_USUAL_BODY, response) or _unusual_items(b"BODY[]", response)
    return (items[0], items[3]) if items else None


def _usual_items(shape: re.Pattern[bytes], response: Response) -> _Items | None:
    """Return (uid, size, internaldate, literal) of an answer of the shape nearly all have."""
    if len(response) != 3:
        return None
    head = shape.match(response[0])
    tail = _USUAL_TAIL.match(response[2]) if head else None
    if not head or not tail:
        return None
    uid, size, stamp = head.groups()
    if tail.end() > 1:
        late_uid, late_size, late_stamp = tail.groups()
        uid, size, stamp = uid or late_uid, size or late_size, stamp or late_stamp
    return (int(uid), int(size or 0), stamp, response[1]) if uid else None


def _unusual_items(section: bytes, response: Response) -> _Items | None:
    """The same of any other answer, read by IMAPClient's parser: quoted strings, NIL, literal8 …"""
    text = b" ".join(response[::2])
    if len(text) > MAX_UNUSUAL or b"BODY[" not in text.upper() or not _FETCH.match(text):
        return None
    for items in _parsed(response).values():
        uid, size, stamp = items.get(b"UID"), items.get(b"RFC822.SIZE"), _STAMP.search(text)
        raw = next((value for key, value in items.items() if key.startswith(section)), None)
        if isinstance(uid, int) and isinstance(raw, bytes):
            return uid, size if isinstance(size, int) else None, stamp[1] if stamp else None, raw
    return None


def _parsed(response: Response) -> dict:
    """Hand a response to IMAPClient as imaplib would: pairs of a text and its literal."""
    texts = [re.sub(rb"~(?=\{\d+\}\Z)", b"", text) for text in response[::2]]
    texts[0] = re.sub(rb"\A\* (\d+) FETCH ", rb"\1 ", texts[0], flags=re.IGNORECASE)
    rows = [*zip(texts, response[1::2], strict=False), texts[-1]]
    try:
        return parse_fetch_response(rows, normalise_times=False, uid_is_key=False)
    except (ProtocolError, ValueError, TypeError, IndexError, AttributeError, RecursionError):
        return {}  # not to be understood, so no answer: its UID is found lacking


# -- what a refusal of one thing means -------------------------------------------------------

# Said of the one mailbox or message that was asked for, as far as anybody knows.
_OF_MAILBOX = {"mailbox_missing", "mailbox_forbidden", "command_refused", "refused", "unknown"}
_OF_COMMAND = {"command_refused", "refused", "unknown"}
_OF_SEARCH = {"mailbox_missing", "server_fault", *_OF_COMMAND}
_OF_MESSAGE = {"message_unreadable", "server_fault", "command_refused", "refused", "unknown"}


def _missing(error: ServerRefused) -> MailboxMissing:
    forbidden = error.code == "mailbox_forbidden"
    return MailboxMissing(error.detail, code=error.code if forbidden else None)


@contextlib.contextmanager
def _missing_is_none() -> Iterator[None]:
    try:
        yield
    except ServerRefused as error:
        if error.code not in _OF_MAILBOX:
            raise
