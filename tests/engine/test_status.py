"""The table of states and events, what is shown and billed, and the pauses between attempts."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Kind, NothingDelivered
from engine.status import (
    PAUSES,
    TRANSITIONS,
    WHOLE,
    Event,
    Health,
    Impossible,
    State,
    after,
    after_failure,
    after_success,
    pause,
    reading_of,
    rests_until,
    shows,
)
from tests.engine.days import DAY, HOUR, MINUTE, T0, randoms

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
def test_sending_never_improves_an_account_that_is_not_read(reading):
    sending_can_be = (State.ENABLED, State.ERROR, State.CONNECTION)
    assert {WHOLE[reading, sending] for sending in sending_can_be} == {reading}


@pytest.mark.parametrize(("reading", "sending"), WHOLE)
def test_the_state_of_reading_is_derived_from_the_account(reading, sending):
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
def test_an_absurd_retry_time_from_the_server_is_bounded(seconds):
    assert MINUTE <= pause(Kind.LIMIT, 1, seconds, 0.9) <= 2 * DAY


def test_accounts_that_failed_together_do_not_come_back_together():
    assert pause(Kind.NET, 3, None, 0.0) < pause(Kind.NET, 3, None, 0.9)


def test_a_limit_waits_longer_than_a_bad_moment():
    for attempts in range(1, 10):
        assert pause(Kind.LIMIT, attempts, None, 0) > pause(Kind.TRANS, attempts, None, 0)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_policy(kind):
    assert kind in PAUSES
    assert shows(kind, T0, T0 + DAY, 100)
    assert shows(kind, T0, T0, 1) is (kind in (Kind.CRED, Kind.SETUP, Kind.TLS))


def test_a_server_that_delivers_nothing_is_shown_at_once():
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
