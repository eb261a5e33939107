"""Which accounts are read at the same time, and how many connections a host may have."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import (
    CertificateExpired,
    ConnectionLost,
    ConnectionTimeout,
    HostNotFound,
    Kind,
    LoginRefused,
    ServerRefused,
    Step,
)
from engine.pacing import (
    FIRST,
    LONGEST,
    MOST,
    PAUSE,
    Host,
    Trouble,
    Windows,
    after_trouble,
    choose,
    room,
    steps_aside,
    trouble,
)

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
A, B = "a.example:993", "b.example:993"


# -- connections of one process to a host ---------------------------------------------------------


def windows(*answers, host=A):
    made = Windows()
    for answered in answers:
        made.begin(host)
        made.end(host, answered)
    return made


def test_a_host_starts_with_a_few_connections():
    assert Windows().left(A) == FIRST


def test_each_answer_allows_one_more_up_to_the_most():
    assert windows(True, True).left(A) == FIRST + 2
    assert windows(*[True] * 500).left(A) == MOST


def test_after_a_failure_a_host_has_one_connection_until_it_answers():
    assert windows(True, True, False).left(A) == 1
    assert windows(True, False, True).left(A) == 2


def test_a_turn_that_did_not_ask_the_host_changes_nothing():
    assert windows(True, None).left(A) == FIRST + 1


def test_a_running_turn_takes_a_connection_and_the_end_returns_it():
    made = Windows()
    for _ in range(FIRST):
        made.begin(A)
    assert made.full() == {A}
    assert made.left(B) == FIRST
    made.end(A, None)
    assert made.full() == set()
    assert made.left(A) == 1


# -- whose turn it is -----------------------------------------------------------------------------


def test_the_longest_due_come_first():
    assert choose([(3, A), (1, A), (2, A)], {A: 9}, 2) == ([3, 1], set())


def test_a_host_without_room_does_not_keep_those_behind_it():
    due = [(1, A), (2, A), (3, A), (4, B)]
    assert choose(due, {A: 1, B: 5}, 3) == ([1, 4], {A})


def test_nothing_is_chosen_beyond_the_free_places():
    assert choose([(1, A), (2, B)], {A: 5, B: 5}, 1) == ([1], set())


# -- lanes ----------------------------------------------------------------------------------------


def test_turns_that_take_long_leave_the_fast_lane_oldest_first():
    fast = [(1, 95.0), (2, 90.0), (3, 99.5)]
    assert steps_aside(fast, slow=0, most=9, now=100.0) == [2, 1]


def test_they_stay_while_the_slow_lane_is_full():
    fast = [(1, 95.0), (2, 90.0)]
    assert steps_aside(fast, slow=8, most=9, now=100.0) == [2]
    assert steps_aside(fast, slow=9, most=9, now=100.0) == []


# -- what a failure says about the host -----------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionTimeout(), Trouble.AWAY),
        (ConnectionTimeout(step=Step.TLS), Trouble.AWAY),
        (HostNotFound(), Trouble.AWAY),
        # The server knows by then who is connecting: it may be this account alone.
        (ConnectionLost(step=Step.LOGIN), None),
        (ConnectionTimeout(step=Step.READING), None),
        (LoginRefused(), None),
        (CertificateExpired(), None),
        (ServerRefused(code="too_many_connections", kind=Kind.LIMIT), Trouble.CROWDED),
        (ServerRefused(code="mailbox_busy", kind=Kind.LIMIT), None),
    ],
)
def test_what_a_failure_says_about_the_host(error, expected):
    assert trouble(error) is expected


def after(*failures, host=None, random=0.0, asked=0.0):
    host = host or Host()
    for account, found in failures:
        host = after_trouble(host, found, account, NOON, random, asked)
    return host


def test_a_host_is_away_when_two_accounts_failed_in_a_row():
    assert not after((1, Trouble.AWAY)).away
    assert after((1, Trouble.AWAY), (2, Trouble.AWAY)).away


def test_one_account_that_fails_again_says_nothing_of_the_others():
    assert not after(*[(1, Trouble.AWAY)] * 9).away


def test_a_crowded_host_is_left_alone_longer_each_time():
    twice = after((1, Trouble.CROWDED), (2, Trouble.CROWDED))
    assert not after((1, Trouble.CROWDED)).paused(NOON)
    assert twice.paused_until == NOON + PAUSE
    assert after((3, Trouble.CROWDED), host=twice).paused_until == NOON + 2 * PAUSE
    many = after(*[(n, Trouble.CROWDED) for n in range(1, 40)])
    assert many.paused_until == NOON + LONGEST


def test_the_pause_that_a_server_asks_for_counts_within_reason():
    both = [(1, Trouble.CROWDED), (2, Trouble.CROWDED)]
    assert after(*both, asked=120).paused_until == NOON + timedelta(seconds=120)
    assert after(*both, asked=1e9).paused_until == NOON + LONGEST


# -- connections of all processes together --------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "connected", "left", "expected"),
    [
        (Host(), 100, 0, -1),
        (Host(at_once=10), 7, 0, 3),
        (Host(at_once=10), 12, 0, 0),
        (Host(a_minute=60), 0, 5, 5),
        (Host(at_once=3, a_minute=60), 1, 5, 2),
        (Host(failures=1), 8, 0, -1),
        # Away: one account at a time tries.
        (Host(failures=2), 0, 0, 1),
        (Host(failures=2), 1, 0, 0),
        (Host(at_once=10, paused_until=NOON + PAUSE), 0, 0, 0),
        (Host(at_once=10, paused_until=NOON - PAUSE), 0, 0, 10),
    ],
)
def test_the_connections_left_to_a_host(host, connected, left, expected):
    assert room(host, connected, left, NOON) == expected
