"""Days of failure in no time: outages, wrong passwords, and how people react to them."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Kind
from engine.status import (
    LASTS,
    QUIET,
    Event,
    Health,
    Impossible,
    Notice,
    State,
    after_event,
    after_failure,
    after_success,
    begin,
    gives_up,
)
from tests.engine.days import (
    BAD_CERTIFICATE,
    BUSY,
    DAY,
    HOUR,
    MINUTE,
    OK,
    T0,
    THROTTLED,
    TIMEOUT,
    WRONG_PASSWORD,
    World,
    always,
    at_most,
    randoms,
)

# -- a wrong password -------------------------------------------------------------------------


@given(randoms)
def test_48_hours_of_a_wrong_password_cause_few_attempts(random):
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
def test_a_short_outage_is_not_shown(failure):
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
    """One failure, then no cron for three days, then another failure: no outage has lasted."""
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
def test_whatever_happens_each_outage_is_reported_at_most_once_and_ends_once(answers):
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


def test_proven_new_details_start_with_a_clean_slate():
    health = after_event(gave_up(), Event.CONNECTED, T0)
    assert (health.state, health.failure_count, health.error_since) == (State.ENABLED, 0, None)
    _, notice = after_success(health, T0)
    assert notice == Notice(over=True, owner=True)


def test_unproven_new_details_do_not_turn_an_account_green():
    assert after_event(gave_up(), Event.DETAILS_CHANGED, T0).state is State.ERROR


def test_waiting_accounts_start_when_a_place_is_free():
    health = begin(Event.QUEUED)
    assert health.state is State.PENDING
    assert after_event(health, Event.DETAILS_CHANGED, T0) == health
    assert after_event(health, Event.SLOT_FREED, T0) == Health()
    with pytest.raises(Impossible):
        after_event(health, Event.RECONNECT, T0)


@pytest.mark.parametrize("event", [Event.SYNCED, Event.FAILED, Event.GAVE_UP, Event.DISABLED])
def test_a_person_cannot_trigger_the_events_of_an_attempt(event):
    with pytest.raises(ValueError):
        after_event(Health(), event, T0)
