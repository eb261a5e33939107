"""Days of failure in no time: states, pauses and notices against a clock that is turned by hand."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Kind, NothingDelivered
from engine.status import (
    LASTS,
    PAUSES,
    QUIET,
    TRANSITIONS,
    WHOLE,
    Event,
    Health,
    Impossible,
    Notice,
    State,
    after,
    after_event,
    after_failure,
    after_success,
    begin,
    gives_up,
    pause,
    reading_of,
    rests_until,
    shows,
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
    """An account under a server that behaves as told; remembers each attempt and each notice."""

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


# -- the table --------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [None, *State])
@pytest.mark.parametrize("event", list(Event))
def test_every_pair_leads_somewhere_or_is_named(state, event):
    if (state, event) in TRANSITIONS:
        assert after(state, event) in (None, *State)
    else:
        with pytest.raises(Impossible) as caught:
            after(state, event)
        assert str(event) in str(caught.value)
        assert str(state or "not there") in str(caught.value)


@pytest.mark.parametrize("state", list(State))
def test_every_state_is_reached_left_and_can_be_disabled(state):
    assert state in TRANSITIONS.values()
    assert any(s is state and to is not state for (s, _), to in TRANSITIONS.items())
    assert after(state, Event.DISABLED) is None


def test_only_two_days_of_failure_lead_to_connection():
    into = [e for (s, e), to in TRANSITIONS.items() if to is State.CONNECTION]
    assert into == [Event.GAVE_UP]


def test_only_a_free_place_ends_waiting():
    out = [e for (s, e), to in TRANSITIONS.items() if s is State.PENDING and to is State.ENABLED]
    assert out == [Event.SLOT_FREED]


def test_what_is_billed_and_what_is_tried():
    assert {s for s in State if s.billable} == {State.ENABLED, State.ERROR}
    assert {s for s in State if s.attempts} == {State.ENABLED, State.ERROR}


@pytest.mark.parametrize("state", [State.PENDING, State.CONNECTION])
def test_an_account_that_is_not_tried_neither_fails_nor_succeeds(state):
    with pytest.raises(Impossible):
        after_failure(Health(state), kind=Kind.NET, code="timeout", now=T0, random=0)
    with pytest.raises(Impossible):
        after_success(Health(state), T0)


# -- reading and sending ----------------------------------------------------------------------


@pytest.mark.parametrize("sending", [State.ERROR, State.CONNECTION])
def test_sending_that_fails_is_an_error_and_billed_for_as_long_as_mails_are_read(sending):
    assert WHOLE[State.ENABLED, sending] is State.ERROR
    assert WHOLE[State.ENABLED, State.ENABLED] is State.ENABLED


@pytest.mark.parametrize("reading", [State.PENDING, State.ERROR, State.CONNECTION])
def test_whatever_sending_does_it_makes_an_account_that_is_not_read_no_better(reading):
    sending_can_be = (State.ENABLED, State.ERROR, State.CONNECTION)
    assert {WHOLE[reading, sending] for sending in sending_can_be} == {reading}


@pytest.mark.parametrize(("reading", "sending"), WHOLE)
def test_what_reading_does_is_known_from_the_account(reading, sending):
    account = WHOLE[reading, sending]
    assert reading_of(account, sending, reading is State.ERROR) is reading


# -- pauses -----------------------------------------------------------------------------------


@given(st.sampled_from(list(Kind)), st.integers(-1, 10**6), randoms)
def test_pauses_grow_and_end(kind, attempts, random):
    assert pause(kind, attempts, None, random) <= pause(kind, attempts + 1, None, random)
    assert timedelta(0) < pause(kind, attempts, None, random) <= 5 * HOUR


@given(st.sampled_from(list(Kind)), st.integers(1, 50), st.floats(0, 86400), randoms)
def test_never_sooner_than_the_server_says(kind, attempts, seconds, random):
    assert pause(kind, attempts, seconds, random) >= timedelta(seconds=seconds)


@pytest.mark.parametrize("seconds", [1e30, float("inf"), -5.0])
def test_an_absurd_wish_of_the_server_is_bounded(seconds):
    assert MINUTE <= pause(Kind.LIMIT, 1, seconds, 0.9) <= 2 * DAY


def test_accounts_that_failed_together_do_not_come_back_together():
    assert pause(Kind.NET, 3, None, 0.0) < pause(Kind.NET, 3, None, 0.9)


def test_a_limit_waits_longer_than_a_bad_moment():
    for attempts in range(1, 10):
        assert pause(Kind.LIMIT, attempts, None, 0) > pause(Kind.TRANS, attempts, None, 0)


# -- a wrong password -------------------------------------------------------------------------


@given(randoms)
def test_48_hours_of_a_wrong_password_are_no_storm(random):
    world = World(always(WRONG_PASSWORD), random=random).run(3 * DAY)
    assert at_most(3, world.attempts, HOUR)
    assert at_most(10, world.attempts, DAY)
    assert len(world.attempts) <= 16
    assert world.health.state is State.CONNECTION


def test_a_wrong_password_is_shown_and_told_at_once_and_once():
    world = World(always(WRONG_PASSWORD)).run(23 * HOUR)
    assert world.states == [(timedelta(0), State.ERROR)]
    assert world.notices == [(timedelta(0), Notice(owner=True))]


def test_a_single_refusal_disables_nothing():
    """A rate limit can look like a wrong password."""
    world = World(lambda t: WRONG_PASSWORD if t < MINUTE else OK).run(HOUR)
    assert world.health.state is State.ENABLED
    assert world.told("owner") == [(timedelta(0), False), (20 * MINUTE, True)]


def test_clicking_reconnect_does_not_undo_the_caution():
    world = World(always(WRONG_PASSWORD)).run(6 * HOUR)
    health = after_event(world.health, Event.RECONNECT, T0 + 6 * HOUR)
    health, due, notice = after_failure(
        health, kind=Kind.CRED, code="login_refused", now=T0 + 6 * HOUR, random=0
    )
    assert due >= T0 + 10 * HOUR
    assert notice is None


# -- failures that mend themselves ------------------------------------------------------------


@pytest.mark.parametrize("failure", [TIMEOUT, BUSY, THROTTLED])
def test_a_short_outage_is_nobodys_business(failure):
    world = World(lambda t: failure if t < 10 * MINUTE else OK).run(DAY)
    assert world.states == [(timedelta(0), State.ENABLED)]
    assert world.notices == []
    assert world.health == Health()


def test_a_failure_not_yet_shown_is_counted_and_tried_again_soon():
    world = World(always(TIMEOUT)).run(timedelta(0))
    assert world.health.state is State.ENABLED
    assert (world.health.failure_count, world.health.error_since) == (1, T0)
    assert world.health.error_code == "timeout"
    assert world.due - T0 <= 2 * MINUTE


@pytest.mark.parametrize("failure", [TIMEOUT, BUSY, THROTTLED])
@given(random=randoms)
def test_an_outage_that_lasts_is_shown_and_told(failure, random):
    world = World(always(failure), random=random).run(3 * HOUR)
    (_, before), (shown, then) = world.states
    assert (before, then) == (State.ENABLED, State.ERROR)
    assert LASTS[failure[0]][1] <= shown <= 2.25 * HOUR
    assert world.told("owner") == [(shown, False)]


def test_the_owner_hears_when_it_is_over_and_administrators_when_it_lasts_a_day():
    world = World(lambda t: TIMEOUT if t < 30 * HOUR else OK).run(40 * HOUR)
    (began, _), (over, was_over) = world.told("owner")
    assert (began < HOUR, was_over, over >= 30 * HOUR) == (True, True, True)
    ((day, admin_over),) = world.told("administrators")
    assert (DAY <= day <= DAY + 2 * HOUR, admin_over) == (True, False)
    assert world.states[-1] == (over, State.ENABLED)


@pytest.mark.parametrize("failure", [TIMEOUT, BUSY, THROTTLED, WRONG_PASSWORD, BAD_CERTIFICATE])
@given(random=randoms)
def test_two_days_end_in_connection_and_no_more_attempts(failure, random):
    world = World(always(failure), random=random).run(5 * DAY)
    assert world.health.state is State.CONNECTION
    assert world.due is None
    assert world.states[-1][0] == 2 * DAY
    assert world.attempts[-1] == 2 * DAY
    assert len(world.told("owner")) == 1
    assert len(world.told("administrators")) == 1


def test_just_under_two_days_is_not_two_days():
    world = World(lambda t: TIMEOUT if t < 2 * DAY - MINUTE else OK).run(3 * DAY)
    assert world.health.state is State.ENABLED
    assert gives_up(T0, T0 + 2 * DAY)
    assert not gives_up(T0, T0 + 2 * DAY - timedelta(seconds=1))
    assert not gives_up(None, T0)


def test_our_own_outage_of_three_days_is_not_the_mail_servers():
    """One failure, then no cron for three days, then another failure: nothing has lasted."""
    world = World(always(TIMEOUT)).run(timedelta(0))
    world.due = T0 + 3 * DAY
    world.run(3 * DAY)
    assert world.health.state is State.ENABLED


def test_an_administrator_hears_even_where_the_end_comes_at_once():
    health, _, _ = after_failure(Health(), kind=Kind.CRED, code="login_refused", now=T0, random=0)
    health, due, notice = after_failure(
        health, kind=Kind.CRED, code="login_refused", now=T0 + 3 * DAY, random=0
    )
    assert (health.state, due, notice) == (State.CONNECTION, None, Notice(administrators=True))


def test_the_server_says_how_long():
    world = World(always((Kind.LIMIT, "throttled", 7200.0))).run(timedelta(0))
    assert world.due >= T0 + 2 * HOUR


def test_a_limit_that_outlasts_the_two_days_is_respected():
    health = Health(State.ERROR, T0, 9, "throttled", True, True, T0)
    now = T0 + 47 * HOUR
    _, due, _ = after_failure(
        health, kind=Kind.LIMIT, code="throttled", now=now, random=0, retry_after=6 * 3600
    )
    assert due == now + 6 * HOUR


def test_the_clock_set_back():
    health, _, _ = after_failure(Health(), kind=Kind.NET, code="timeout", now=T0, random=0)
    health, due, _ = after_failure(health, kind=Kind.NET, code="timeout", now=T0 - DAY, random=0)
    assert health.error_since == T0 - DAY
    assert due > T0 - DAY


# -- coming and going -------------------------------------------------------------------------


def test_flapping_between_good_and_bad_minutes_stays_quiet():
    world = World(lambda t: TIMEOUT if t // MINUTE % 10 < 5 else OK).run(2 * DAY)
    assert world.notices == []
    assert world.health.state is State.ENABLED


def test_flapping_refusals_are_shown_each_time_and_told_rarely():
    """A limit that looks like a wrong password comes every half hour."""
    world = World(lambda t: WRONG_PASSWORD if t // MINUTE % 30 < 15 else OK).run(2 * DAY)
    assert sum(state is State.ERROR for _, state in world.states) > 20
    began = [when for when, over in world.told("owner") if not over]
    assert 1 <= len(began) <= 2 * DAY / QUIET
    assert all(b - a >= QUIET for a, b in itertools.pairwise(began))
    assert [over for _, over in world.told("owner")] == [False, True] * len(began)
    assert world.told("administrators") == []


def test_a_refusal_between_timeouts_is_shown_and_not_taken_back_by_a_timeout():
    def server(since):
        return WRONG_PASSWORD if since < MINUTE else TIMEOUT

    world = World(server).run(30 * MINUTE)
    assert world.states == [(timedelta(0), State.ERROR)]
    assert world.health.error_code == "timeout"


@given(st.lists(st.sampled_from([OK, WRONG_PASSWORD, TIMEOUT, BUSY, THROTTLED]), max_size=60))
def test_whatever_happens_each_row_is_told_at_most_once_and_ends_once(answers):
    answers = iter(answers)
    world = World(lambda since: next(answers, OK)).run(20 * DAY)
    overs = [over for _, over in world.told("owner")]
    assert overs == [False, True] * (len(overs) // 2) + [False] * (len(overs) % 2)
    if world.health.state is State.ENABLED:
        assert world.health == Health(told_at=world.health.told_at)


# -- what people do ---------------------------------------------------------------------------


def gave_up():
    return World(always(WRONG_PASSWORD)).run(3 * DAY).health


def test_reconnect_tries_again_for_two_more_days():
    health = after_event(gave_up(), Event.RECONNECT, T0 + 10 * DAY)
    assert health.state is State.ERROR  # and not enabled before it works
    world = World(always(WRONG_PASSWORD), health=health)
    world.due = T0 + 10 * DAY
    world.run(20 * DAY)
    assert world.states[-1] == (12 * DAY, State.CONNECTION)
    assert world.notices == []  # all of it was told


def test_reconnect_that_works_is_told():
    health, notice = after_success(after_event(gave_up(), Event.RECONNECT, T0), T0)
    assert (health.state, notice) == (State.ENABLED, Notice(over=True, owner=True))


def test_new_details_that_were_proven_start_again_with_a_clean_slate():
    health = after_event(gave_up(), Event.CONNECTED, T0)
    assert (health.state, health.failure_count, health.error_since) == (State.ENABLED, 0, None)
    _, notice = after_success(health, T0)
    assert notice == Notice(over=True, owner=True)


def test_new_details_that_nobody_proved_do_not_turn_an_account_green():
    assert after_event(gave_up(), Event.DETAILS_CHANGED, T0).state is State.ERROR


def test_waiting_accounts_start_when_a_place_is_free():
    health = begin(Event.QUEUED)
    assert health.state is State.PENDING
    assert after_event(health, Event.DETAILS_CHANGED, T0) == health
    assert after_event(health, Event.SLOT_FREED, T0) == Health()
    with pytest.raises(Impossible):
        after_event(health, Event.RECONNECT, T0)


@pytest.mark.parametrize("event", [Event.SYNCED, Event.FAILED, Event.GAVE_UP, Event.DISABLED])
def test_what_only_an_attempt_can_say_is_said_by_no_person(event):
    with pytest.raises(ValueError):
        after_event(Health(), event, T0)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_policy(kind):
    assert kind in PAUSES
    assert shows(kind, T0, T0 + DAY, 100)
    assert shows(kind, T0, T0, 1) is (kind in (Kind.CRED, Kind.SETUP, Kind.TLS))


def test_a_server_that_hands_out_nothing_is_shown_at_once():
    assert shows(Kind.TRANS, T0, T0, 1, code=NothingDelivered.code)
    assert not shows(Kind.TRANS, T0, T0, 1, code="connection_lost")


@pytest.mark.parametrize("kind", [Kind.TRANS, Kind.NET, Kind.LIMIT])
def test_three_turns_in_a_row_that_read_nothing_are_shown_however_short_a_time_they_took(kind):
    soon = T0 + timedelta(seconds=1)
    shown = [shows(kind, T0, soon, attempts, barren=True) for attempts in (1, 2, 3, 4)]
    assert shown == [False, False, True, True]
    assert not any(shows(kind, T0, soon, attempts) for attempts in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("minutes_ago", "minutes_left"),
    [
        ((), None),
        ((1, 0), None),
        ((59, 1, 0), 1),
        ((60, 1, 0), None),
        ((59, 30, 20, 10, 0), 40),
        (tuple(range(120, 1200, 108)), 24 * 60 - 1092),
    ],
)
def test_a_password_refused_thrice_in_an_hour_or_ten_times_a_day_rests(minutes_ago, minutes_left):
    refused_at = [T0 - timedelta(minutes=minutes) for minutes in minutes_ago]
    rests = rests_until(refused_at, T0)
    assert rests == (None if minutes_left is None else T0 + timedelta(minutes=minutes_left))
