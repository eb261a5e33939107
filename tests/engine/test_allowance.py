"""The limits of a provider: how many mails go now, and when the others do."""

from datetime import datetime, timedelta

import pytest

from engine.allowance import Limits, Slot, slots

NOW = datetime(2026, 11, 12, 10, 0, 0)


def ago(**before):
    return NOW - timedelta(**before)


def after(found):
    """Return after how many seconds each mail leaves, and which limit it waits for."""
    return [((slot.at - NOW).total_seconds(), slot.cause) for slot in found]


def test_without_a_limit_all_leave_now():
    assert slots(NOW, [], [1] * 3, Limits()) == [Slot(NOW)] * 3


def test_the_minute_is_used_up():
    found = slots(NOW, [], [1] * 5, Limits(per_minute=2))
    # 61 seconds, because the provider's minute begins a little later, and then the next step.
    assert after(found) == [(0, ""), (0, ""), (70, "minute"), (70, "minute"), (140, "minute")]


def test_what_was_handed_over_counts_for_a_minute():
    found = slots(NOW, [(ago(seconds=50), 1), (ago(seconds=20), 1)], [1, 1], Limits(2))
    assert after(found) == [(20, "minute"), (50, "minute")]


def test_what_was_handed_over_earlier_does_not():
    assert after(slots(NOW, [(ago(seconds=90), 2)], [1, 1], Limits(2))) == [(0, ""), (0, "")]


def test_the_day_is_the_last_24_hours_and_not_the_calendars():
    handed_over = [(ago(hours=23), 99), (ago(hours=1), 1)]
    found = slots(NOW, handed_over, [1, 99, 1], Limits(None, 100))
    # A day after the 99, after the one that followed them, and after the first of these three.
    hours = [(1, 10), (23, 10), (25, 20)]
    assert after(found) == [(hour * 3600 + seconds, "day") for hour, seconds in hours]


def test_recipients_count_and_not_mails():
    assert after(slots(NOW, [], [20, 15], Limits(30))) == [(0, ""), (70, "minute")]


def test_a_mail_to_nobody_waits_for_nothing():
    assert after(slots(NOW, [], [2, 0, 1], Limits(2))) == [(0, ""), (0, ""), (70, "minute")]


def test_a_mail_to_more_people_than_the_limit_goes_alone():
    handed_over = [(ago(seconds=30), 1)]
    assert after(slots(NOW, handed_over, [50, 1], Limits(30))) == [(40, "minute"), (110, "minute")]


@pytest.mark.parametrize("limits", [Limits(30, 500), Limits(7, 100), Limits(None, 40)])
def test_no_window_ever_holds_more_than_its_limit(limits):
    earlier = [(ago(minutes=5 * n), 3) for n in range(30, 0, -1)]
    sizes = [1, 2, 3] * 60
    found = slots(NOW, earlier, sizes, limits)
    left = earlier + [(slot.at, size) for slot, size in zip(found, sizes, strict=True)]
    assert [slot.at for slot in found] == sorted(slot.at for slot in found)
    for length, limit in ((60, limits.per_minute), (86400, limits.per_day)):
        for at, _ in left[len(earlier) :]:
            within = [n for t, n in left if at - timedelta(seconds=length) < t <= at]
            assert not limit or sum(within) <= limit
