"""One account: state × event → state, when to try again, and whom to tell.

A state changes only through ``TRANSITIONS``. An event that is not listed there is a programming
error: :class:`Impossible` names both. Nothing here reads a clock or generates a random number; the
caller passes ``now`` (UTC, like all times in a ``Health``) and a ``random`` from 0 up to 1.

The states:

* ``pending`` — set up, and waiting for one of the company's places. Nothing is attempted.
* ``enabled`` — the last attempt worked, **or** failed in a way that usually clears by itself and
  has not lasted long. Such a failure is counted in ``Health`` from the start (``failure_count``,
  ``error_since``), the next attempt is minutes away, and neither the state nor any screen changes
  until it has lasted (``LASTS``). Mail servers restart; nobody looks at a status that turns red and
  green all day.
* ``error`` — the last attempt failed, and the user must know: at once where waiting does not help
  (a refused login, a certificate), otherwise once it has lasted. Attempts continue.
* ``connection`` — it has failed for two days. Nothing is attempted until someone reconnects.

*Reconnect* moves an account from ``connection`` to ``error``, not to ``enabled``: its last attempt
did fail, and it becomes ``enabled`` with the next sync that works.

Reading and sending fail and recover independently. Each has its own ``Health`` and goes through the
same table; ``WHOLE`` derives the account's state from the two. Failed sending is retried by logging
in without a mail, at the same intervals. After two days without success it stops, as reading would,
and mails wait for *Reconnect* or new details; the account stays in ``error`` as long as reading
works, for it is in use. When reading stops, sending stops too: nothing is attempted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from .errors import Kind, NothingDelivered


class State(StrEnum):
    """The four states of an account. ``None`` stands for an account that does not exist."""

    PENDING = "pending"
    ENABLED = "enabled"
    ERROR = "error"
    CONNECTION = "connection"

    @property
    def attempts(self) -> bool:
        """Whether a sync is tried."""
        return self in (State.ENABLED, State.ERROR)

    @property
    def billable(self) -> bool:
        """Whether a day in this state is billed: only where a sync is tried."""
        return self.attempts


class Event(StrEnum):
    """What can happen to an account."""

    CONNECTED = "connected"  # set-up finished, details proven by a log-in, and a place is free
    QUEUED = "queued"  # set-up finished, and the company's limit is reached
    SLOT_FREED = "slot_freed"  # the limit was raised, or someone disconnected
    SYNCED = "synced"  # a sync went through
    STUMBLED = "stumbled"  # a sync failed, but this is not shown yet
    FAILED = "failed"  # a sync failed, and the user must know
    GAVE_UP = "gave_up"  # two days of failure
    RECONNECT = "reconnect"  # someone asks for another attempt now
    DETAILS_CHANGED = "details_changed"  # new details, not yet proven by a log-in
    DISABLED = "disabled"  # the user, an administrator, or the archiving of the user


_P, _EN, _ER, _C = State.PENDING, State.ENABLED, State.ERROR, State.CONNECTION

#: The transitions. A pair that is not listed cannot happen.
TRANSITIONS: Mapping[tuple[State | None, Event], State | None] = MappingProxyType(
    {
        (None, Event.CONNECTED): _EN,
        (None, Event.QUEUED): _P,
        # Pending: details may be corrected while waiting, without jumping the queue.
        (_P, Event.SLOT_FREED): _EN,
        (_P, Event.DETAILS_CHANGED): _P,
        (_P, Event.QUEUED): _P,
        (_P, Event.DISABLED): None,
        # Enabled
        (_EN, Event.SYNCED): _EN,
        (_EN, Event.STUMBLED): _EN,
        (_EN, Event.FAILED): _ER,
        (_EN, Event.RECONNECT): _EN,
        (_EN, Event.CONNECTED): _EN,
        (_EN, Event.DETAILS_CHANGED): _EN,
        (_EN, Event.DISABLED): None,
        # Error: a transient failure does not clear a permanent one.
        (_ER, Event.SYNCED): _EN,
        (_ER, Event.STUMBLED): _ER,
        (_ER, Event.FAILED): _ER,
        (_ER, Event.GAVE_UP): _C,
        (_ER, Event.RECONNECT): _ER,
        (_ER, Event.CONNECTED): _EN,
        (_ER, Event.DETAILS_CHANGED): _ER,
        (_ER, Event.DISABLED): None,
        # Connection: an account keeps its place among the company's, and its way back.
        (_C, Event.RECONNECT): _ER,
        (_C, Event.CONNECTED): _EN,
        (_C, Event.DETAILS_CHANGED): _ER,
        (_C, Event.DISABLED): None,
    }
)


#: The state of an account, from those of reading and sending. Sending does not wait for a place.
WHOLE: Mapping[tuple[State, State], State] = MappingProxyType(
    {
        **{(reading, sending): reading for reading in State for sending in (_EN, _ER, _C)},
        (_EN, _ER): _ER,
        (_EN, _C): _ER,
    }
)


def reading_of(account: State, sending: State, failed: bool) -> State:
    """Return the state of reading in an account, derived back from ``WHOLE``.

    An account in ``error`` may be read successfully only if sending fails: ``failed`` tells.
    """
    return _EN if account is _ER and sending is not _EN and not failed else account


class Impossible(ValueError):
    """An event that cannot happen in this state: a bug in the program, not an outside fault."""

    def __init__(self, state: State | None, event: Event):
        super().__init__(f"{event} cannot happen to an account that is {state or 'not there'}")
        self.state, self.event = state, event


def after(state: State | None, event: Event) -> State | None:
    """Return the state that an event leads to. Raises Impossible for a pair not in the table."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise Impossible(state, event) from None


# -- the retry policy --------------------------------------------------------------------------

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)

#: Repeating a refused login locks the account. With these pauses, which jitter only lengthens, at
#: most three attempts are made in the first hour and ten in any 24 hours.
_RARELY = (20 * _MINUTE, 40 * _MINUTE, 4 * _HOUR)

#: The most a provider may see: this many refusals of one password in this period.
REFUSALS = ((3, _HOUR), (10, 24 * _HOUR))

#: The pauses after the first, second … consecutive failure. The last one repeats.
PAUSES: Mapping[Kind, tuple[timedelta, ...]] = MappingProxyType(
    {
        Kind.CRED: _RARELY,
        Kind.SETUP: _RARELY,  # these too usually show only when logging in
        Kind.TLS: (10 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 4 * _HOUR),
        Kind.LIMIT: (15 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 4 * _HOUR),
        **dict.fromkeys(
            (Kind.TRANS, Kind.NET, Kind.MSG, Kind.BOUNCE),
            (_MINUTE, 3 * _MINUTE, 8 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR),
        ),
    }
)

#: Every pause is lengthened by up to this fraction, so that accounts that failed together, as when
#: a server restarts, do not come back together.
JITTER = 0.25

#: A transient failure is shown after this many attempts *and* this long. Both, because after an
#: outage of our own machine a single attempt may come days after the last.
LASTS: Mapping[Kind, tuple[int, timedelta]] = MappingProxyType(
    {
        # One message, or a bounce, is not an account failure; if it ends whole runs, it is.
        **dict.fromkeys((Kind.TRANS, Kind.NET, Kind.MSG, Kind.BOUNCE), (3, 15 * _MINUTE)),
        # Most limits expire within the hour, and the user can do nothing about them.
        Kind.LIMIT: (3, _HOUR),
    }
)

#: Failures that are transient by kind but shown at once: an account that cannot be read at all is
#: not healthy, although its server says OK.
AT_ONCE = frozenset({NothingDelivered.code})

#: After this many turns in a row that read nothing although there was something, their failure is
#: shown, however short the time.
BARREN = 3

#: When administrators are told, and when the attempts stop.
ADMIN_AFTER = timedelta(days=1)
GIVES_UP_AFTER = timedelta(days=2)

#: No owner is told of a new failure within this time of the last notice: one that comes and goes
#: all day would cause a flood of messages. It is still shown at once, and told if it lasts.
QUIET = timedelta(hours=6)

#: The longest pause that a server may ask for.
MAX_RETRY_AFTER = timedelta(days=1)


def pause(kind: Kind, attempts: int, retry_after: float | None, random: float) -> timedelta:
    """Return how long to wait after ``attempts`` failures in a row, the last of them ``kind``.

    Grows with the attempts, is jittered, and is never shorter than the server asked for.
    """
    pauses = PAUSES[kind]
    wait = pauses[min(max(attempts, 1), len(pauses)) - 1]
    asked = min(timedelta(seconds=min(retry_after or 0.0, 1e6)), MAX_RETRY_AFTER)
    return max(wait, asked) * (1 + JITTER * random)


def rests_until(refused_at: Iterable[datetime], now: datetime) -> datetime | None:
    """Return until when a password that was refused at these times must not be sent again.

    None if it may be sent now. This limits buttons; scheduled attempts pause anyway.
    """
    latest = sorted(refused_at, reverse=True)
    ends = [latest[often - 1] + long for often, long in REFUSALS if len(latest) >= often]
    return max((end for end in ends if end > now), default=None)


def shows(
    kind: Kind,
    first_failure: datetime,
    now: datetime,
    attempts: int,
    *,
    code: str = "",
    barren: bool = False,
) -> bool:
    """Whether to show a failure to the user: at once unless waiting may clear it, else if it lasts.

    ``attempts`` counts the consecutive failures since ``first_failure``, this one included.
    ``barren`` says that all of them read nothing although there was something to read.
    """
    if kind not in LASTS or code in AT_ONCE or (barren and attempts >= BARREN):
        return True
    often, long = LASTS[kind]
    return attempts >= often and now - first_failure >= long


def gives_up(error_since: datetime | None, now: datetime) -> bool:
    """Whether an account has failed for two days without a break."""
    return error_since is not None and now - error_since >= GIVES_UP_AFTER


# -- health ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Health:
    """How well an account reads, or sends; the account has fields for both.

    ``error_since`` is the first of the current consecutive failures, shown or not, and
    ``failure_count`` their number; ``error_code`` is the last one's. ``told_owner`` and
    ``told_admin`` say whether they were told of this outage; ``told_at`` is when the owner was last
    told anything, and outlives the outage.
    """

    state: State = State.ENABLED
    error_since: datetime | None = None
    failure_count: int = 0
    error_code: str = ""
    told_owner: bool = False
    told_admin: bool = False
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Whom to tell now: that a lasting failure has begun, or that it is over.

    The owner hears each once. Administrators hear once of a failure that has lasted a day.
    """

    over: bool = False
    owner: bool = False
    administrators: bool = False


def after_failure(
    health: Health,
    *,
    kind: Kind,
    code: str,
    now: datetime,
    random: float,
    retry_after: float | None = None,
    barren: bool = False,
) -> tuple[Health, datetime | None, Notice | None]:
    """Return an account's health after a failed attempt, when to retry, and whom to tell.

    The next attempt is None when this was the last. One more attempt comes exactly two days after
    the first failure, whatever the pause would have been, so that giving up is not hours late.
    ``barren``: the turn read nothing although there was something to read.

    Raises Impossible for an account that makes no attempts.
    """
    since = min(health.error_since or now, now)  # a clock that was set back
    health = replace(
        health, error_since=since, failure_count=health.failure_count + 1, error_code=code
    )
    if health.state is State.ERROR and gives_up(since, now):
        health, notice = _tell(replace(health, state=after(health.state, Event.GAVE_UP)), now)
        return health, None, notice
    shown = shows(kind, since, now, health.failure_count, code=code, barren=barren)
    health = replace(health, state=after(health.state, Event.FAILED if shown else Event.STUMBLED))
    health, notice = _tell(health, now)
    due = now + pause(kind, health.failure_count, retry_after, random)
    return health, _not_past_the_end(due, since, now, retry_after), notice


def after_success(health: Health, now: datetime) -> tuple[Health, Notice | None]:
    """Return an account's health after a successful sync, and whether to tell the owner.

    Raises Impossible for an account that makes no attempts.
    """
    well = Health(after(health.state, Event.SYNCED), told_at=health.told_at)
    if not health.told_owner:
        return well, None
    return replace(well, told_at=now), Notice(over=True, owner=True)


def begin(event: Event) -> Health:
    """Return the health of a new account: CONNECTED with a free place, QUEUED without."""
    return Health(after(None, event))


def after_event(health: Health, event: Event, now: datetime) -> Health:
    """Return an account's health after a person's action; the next attempt is now.

    New details, or a return from ``connection``, start a new period of two days; notices of the
    old failure still count, and it is over only with a successful sync. *Reconnect* with the same
    details before that is one more attempt in the same row, so that clicking does not bypass the
    caution with a password.

    Raises Impossible, and ValueError for an event that has its own function.
    """
    if event in (Event.SYNCED, Event.STUMBLED, Event.FAILED, Event.GAVE_UP, Event.DISABLED):
        raise ValueError(f"{event} does not come from here")
    state = after(health.state, event)
    if event is Event.RECONNECT and state is health.state:
        return health
    anew = replace(health, state=state, failure_count=0)
    if state is State.ERROR:
        return replace(anew, error_since=now)
    return replace(anew, error_since=None, error_code="")


def _tell(health: Health, now: datetime) -> tuple[Health, Notice | None]:
    """Decide whom to tell now of a failure that is shown; each is told once per outage."""
    if health.state not in (State.ERROR, State.CONNECTION):
        return health, None
    quiet = health.told_at is not None and now - health.told_at < QUIET
    owner = not health.told_owner and not quiet
    administrators = not health.told_admin and now - health.error_since >= ADMIN_AFTER
    if not owner and not administrators:
        return health, None
    told = replace(
        health,
        told_owner=health.told_owner or owner,
        told_admin=health.told_admin or administrators,
        told_at=now if owner else health.told_at,
    )
    return told, Notice(owner=owner, administrators=administrators)


def _not_past_the_end(
    due: datetime, since: datetime, now: datetime, retry_after: float | None
) -> datetime:
    """Move an attempt due after the two days to their end, unless the server asked to wait."""
    end = since + GIVES_UP_AFTER
    if retry_after or not now < end < due:
        return due
    return end
