"""An account over days, with a server that behaves as told and a clock that is set by hand."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from engine.errors import Kind
from engine.status import (
    Event,
    Notice,
    State,
    after_failure,
    after_success,
    begin,
)

T0 = datetime(2025, 3, 3, 8, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
POLL = 5 * MINUTE  # how often a healthy account is looked at

OK = None
WRONG_PASSWORD = (Kind.CRED, "login_refused", None)
TIMEOUT = (Kind.NET, "timeout", None)
BUSY = (Kind.TRANS, "server_unavailable", None)
THROTTLED = (Kind.LIMIT, "throttled", None)
BAD_CERTIFICATE = (Kind.TLS, "certificate_expired", None)


class World:
    """An account on a server that behaves as told; records each attempt and each notice."""

    def __init__(self, server, health=None, random=0.0):
        self.server = server  # time since T0 → OK or (kind, code, retry_after)
        self.health = health or begin(Event.CONNECTED)
        self.random = random
        self.now = self.due = T0
        self.attempts: list[timedelta] = []
        self.notices: list[tuple[timedelta, Notice]] = []
        self.states: list[tuple[timedelta, State]] = []

    def run(self, until):
        while self.due is not None and self.due <= T0 + until:
            self.now = self.due
            self._attempt()
        return self

    def _attempt(self):
        since = self.now - T0
        self.attempts.append(since)
        answer = self.server(since)
        if answer is OK:
            self.health, notice = after_success(self.health, self.now)
            self.due = self.now + POLL
        else:
            kind, code, retry_after = answer
            self.health, self.due, notice = after_failure(
                self.health,
                kind=kind,
                code=code,
                now=self.now,
                random=self.random,
                retry_after=retry_after,
            )
        if notice:
            self.notices.append((since, notice))
        if not self.states or self.states[-1][1] is not self.health.state:
            self.states.append((since, self.health.state))

    def told(self, who):
        return [(when, notice.over) for when, notice in self.notices if getattr(notice, who)]


def always(answer):
    return lambda since: answer


def at_most(count, attempts, window):
    return all(sum(a <= b < a + window for b in attempts) <= count for a in attempts)


randoms = st.floats(0, 1, exclude_max=True)
