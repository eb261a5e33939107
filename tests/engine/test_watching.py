"""Who is watched, and when: in situations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.values import MailboxState, Snapshot
from engine.watching import (
    AHEAD,
    LASTED,
    LONGEST_AWAY,
    LONGEST_PAUSE,
    LOOK,
    LOOKS,
    PAUSE,
    SPREAD,
    UNFIT_FOR,
    Setback,
    Wanted,
    after_end,
    after_no_answer,
    ahead,
    look,
    missed,
    pause,
    to_begin,
    to_let_go,
    unfit,
)

SOON = Wanted("as it was", 100)


def begun(wanted, watched=(), setbacks=(), away=(), trying=(), now=0.0):
    return list(to_begin(wanted, dict(watched), dict(setbacks), dict(away), trying, now))


def test_who_is_wanted_is_begun_and_who_is_not_is_let_go():
    wanted, watched = {1: SOON, 2: SOON}, {2: "as it was", 3: "as it was"}
    assert begun(wanted, watched) == [1]
    assert to_let_go(wanted, watched) == [3]


def test_changed_settings_let_go_and_begin_anew():
    wanted = {1: Wanted("changed", 100)}
    assert to_let_go(wanted, {1: "as it was"}) == [1]
    assert begun(wanted) == [1]


def test_who_is_due_first_begins_first():
    wanted = {1: Wanted("", 170), 2: Wanted("", -5), 3: Wanted("", 60)}
    assert begun(wanted) == [2, 3, 1]


def test_nobody_begins_within_their_pause():
    setback = after_end(None, "as it was", lasted=5, now=1000, random=0)
    assert begun({1: SOON}, setbacks={1: setback}, now=1000 + PAUSE - 1) == []
    assert begun({1: SOON}, setbacks={1: setback}, now=1000 + PAUSE) == [1]


def test_who_changes_the_settings_need_not_wait():
    setback = after_end(None, "as it was", lasted=5, now=1000, random=0)
    assert begun({1: Wanted("changed", 100)}, setbacks={1: setback}, now=1001) == [1]
    assert after_end(setback, "changed", lasted=5, now=1000, random=0).count == 1


def test_a_server_that_ends_the_wait_after_half_an_hour_is_connected_to_within_seconds():
    setback = after_end(Setback("s", 7, 0), "s", lasted=30 * 60, now=5000, random=1)
    assert (setback.count, setback.until) == (1, 5000 + 2 * PAUSE)


def test_a_server_that_restarts_has_its_accounts_back_within_seconds():
    setback = after_end(None, "s", lasted=5, now=5000, random=1)
    assert setback.until - 5000 <= 2


@given(st.lists(st.tuples(st.floats(0, LASTED, exclude_max=True), st.floats(0, 1)), min_size=1))
def test_a_server_that_ends_every_connection_is_left_in_peace_for_longer_and_longer(ends):
    setback, now, pauses = None, 0.0, []
    for lasted, random in ends:
        setback = after_end(setback, "s", lasted, now, random)
        pauses.append(setback.until - now)
        now = setback.until
    assert min(pauses) >= PAUSE - 1e-6
    assert max(pauses) <= LONGEST_PAUSE * 2 + 1e-6
    assert all(wait >= LONGEST_PAUSE - 1e-6 for wait in pauses[11:])


@given(st.integers(1, 10**6))
def test_pauses_are_spread(count):
    assert pause(count, 0) < pause(count, 0.5) < pause(count, 1)


def test_a_server_without_idle_is_asked_again_after_an_hour():
    assert unfit("s", 100) == Setback("s", 0, 100 + UNFIT_FOR)


@given(st.floats(0, 1))
def test_the_ordinary_turn_comes_before_the_scheduled_action(random):
    assert AHEAD <= ahead(random) <= AHEAD + SPREAD < 180


COVERED = MailboxState(uidvalidity=7, low=1, high=12, floor=1)


@pytest.mark.parametrize(
    ("told", "before", "expected"),
    [
        (Snapshot(7, 12), None, False),
        (Snapshot(7, 13), None, True),
        (Snapshot(7, 13), Snapshot(7, 12), True),
        (Snapshot(7, 13), Snapshot(7, 13), False),  # it has had its turn, and nothing came of it
        (Snapshot(8, 1), Snapshot(7, 12), True),
        (Snapshot(8, 1), Snapshot(8, 1), False),
        (Snapshot(7, 5), Snapshot(7, 12), False),
    ],
)
def test_what_came_before_the_wait_began(told, before, expected):
    assert missed(told, COVERED, before) is expected


def test_a_server_without_uidvalidity_is_not_new_each_time():
    assert not missed(Snapshot(None, 12), MailboxState(0, 1, 12, 1), None)


# -- a host that is away ---------------------------------------------------------------------


def on(host, *accounts):
    return {account: Wanted("", 100 + account, host) for account in accounts}


def test_of_the_accounts_of_a_host_that_is_away_one_is_tried_at_a_time():
    wanted = on("away", 1, 2, 3) | on("here", 4, 5)
    gone = {"away": after_no_answer(None, now=100, random=0)}
    assert begun(wanted, away=gone, now=100 + PAUSE - 0.1) == [4, 5]
    assert begun(wanted, away=gone, now=100 + PAUSE) == [4, 5, 2]
    assert begun(wanted, away=gone, trying=["away"], now=100 + PAUSE) == [4, 5]
    assert begun(wanted, {2: ""}, away=gone, now=100 + PAUSE) == [4, 5, 3]


def test_while_a_host_is_away_its_accounts_are_tried_in_turn():
    wanted, away, tried = on("away", 1, 2, 3), None, set()
    for _ in range(3):
        away = after_no_answer(away, 0, 0)
        tried.update(begun(wanted, away={"away": away}, now=away.until))
    assert tried == {1, 2, 3}


@given(st.lists(st.floats(0, 1), min_size=5))
def test_a_host_that_stays_away_is_tried_a_few_times_a_minute(randoms):
    away, now, waits = None, 0.0, []
    for random in randoms:
        away = after_no_answer(away, now, random)
        waits.append(away.until - now)
        now = away.until
    assert waits[0] <= 2 * PAUSE
    assert all(LONGEST_AWAY <= wait + 1e-6 <= LONGEST_AWAY * 1.25 + 1e-5 for wait in waits[4:])


# -- mailboxes that the server does not report on -----------------------------------------------


@pytest.mark.parametrize(("watched", "seconds"), [(1, LOOK), (500, LOOK), (5000, 5000 / LOOKS)])
def test_many_accounts_are_looked_at_less_often_than_few(watched, seconds):
    assert look(watched, 0) == seconds
    assert seconds < look(watched, 1) < 2 * seconds
