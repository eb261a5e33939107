"""Which UIDs are read, in which order, and how far a commit's coverage extends."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import plan
from engine.plan import (
    Batch,
    Room,
    backward,
    begin,
    forward,
    needs_search,
    renumbered,
    slices,
    unchanged,
)
from engine.values import MAX_UID, MailboxState, Snapshot

READ = MailboxState(uidvalidity=7, low=1, high=100, floor=1)
FULL = [plan.CHUNK, plan.FIRST_BATCH, plan.BATCH, plan.FIRST_BATCH + plan.BATCH]
COUNTS = sorted({0, 1, *(n * size + edge for size in FULL for n in (1, 2) for edge in (-1, 0, 1))})

uids = st.sets(st.integers(1, 60)).map(sorted)


# -- has anything changed -------------------------------------------------------------------------


def test_a_mailbox_is_unchanged_when_it_has_been_read_and_says_the_same_uidnext():
    assert unchanged(READ, Snapshot(7, 100))


@pytest.mark.parametrize(
    "snapshot",
    [Snapshot(7, 101), Snapshot(7, 99), Snapshot(8, 100), Snapshot(7, None), Snapshot(None, 100)],
    ids=str,
)
def test_any_other_answer_means_that_the_mailbox_is_opened(snapshot):
    assert not unchanged(READ, snapshot)


def test_a_mailbox_is_opened_while_its_history_is_unread():
    assert not unchanged(MailboxState(7, low=50, high=100, floor=1), Snapshot(7, 100))
    assert not unchanged(MailboxState(), Snapshot(7, 1))


@pytest.mark.parametrize(
    ("state", "snapshot", "anew"),
    [
        (MailboxState(), Snapshot(7, 1), True),
        (READ, Snapshot(7, 100), False),
        (READ, Snapshot(7, 5000), False),
        (READ, Snapshot(8, 100), True),
        (READ, Snapshot(7, 99), True),
        (READ, Snapshot(7, None), False),
        (READ, Snapshot(None, 100), True),
        (READ, Snapshot(0, 100), True),
        (MailboxState(0, 1, 100, 1), Snapshot(None, 100), False),
        (MailboxState(0, 1, 100, 1), Snapshot(0, 200), False),
        (MailboxState(0, 1, 100, 1), Snapshot(7, 100), True),
        (MailboxState(MAX_UID, 1, 100, 1), Snapshot(MAX_UID, MAX_UID), False),
    ],
    ids=str,
)
def test_saved_uids_are_void_under_another_numbering(state, snapshot, anew):
    assert renumbered(state, snapshot) is anew


def test_nothing_is_covered_at_the_start_of_a_numbering():
    assert begin(Snapshot(7, 100), 100, 30) == MailboxState(7, low=100, high=100, floor=30)
    assert begin(Snapshot(None, None), 100, 100).complete
    assert begin(Snapshot(7, 1), 1, 500).floor == 1  # an empty mailbox has no window


# -- what a commit covers -------------------------------------------------------------------------


def test_a_cursor_never_jumps():
    state = MailboxState(7, low=50, high=100, floor=1)
    assert state.after(100, 120) == MailboxState(7, 50, 120, 1)
    assert state.after(40, 50) == MailboxState(7, 40, 100, 1)
    assert state.after(60, 61) == state
    for lo, hi in ((101, 120), (20, 49), (70, 60)):
        with pytest.raises(ValueError, match="does not touch"):
            state.after(lo, hi)


@pytest.mark.parametrize("count", COUNTS)
def test_new_mail_is_cut_into_batches_without_gaps(count):
    state = MailboxState(7, 10, 10, 10)
    wanted = range(10, 10 + count)
    batches = list(forward(state, 10 + count, list(wanted)))
    assert [uid for batch in batches for uid in batch.uids] == list(wanted)
    for batch in batches:
        assert batch.lo == state.high
        state = state.after(batch.lo, batch.hi)
    assert state.high == 10 + count
    assert not batches or batches[-1].remaining == 0
    assert all(len(batch.uids) <= plan.BATCH for batch in batches)


@pytest.mark.parametrize("count", COUNTS)
def test_history_is_cut_into_batches_newest_first_without_gaps(count):
    state = MailboxState(7, 5 + count, 5 + count, 5)
    wanted = range(5, 5 + count)
    batches = list(backward(state, list(wanted)))
    assert [uid for batch in reversed(batches) for uid in batch.uids] == list(wanted)
    for batch in batches:
        assert batch.hi == state.low
        state = state.after(batch.lo, batch.hi)
    assert state.complete
    assert not batches or len(batches[0].uids) <= plan.FIRST_BATCH  # something to see at once
    left = count
    for batch in batches:
        left -= len(batch.uids)
        assert batch.remaining == left


@settings(derandomize=True, database=None, max_examples=40, deadline=None)
@given(uids, st.integers(1, 5), st.data())
def test_however_sparse_the_uids_each_is_in_one_batch_and_coverage_has_no_gap(found, size, data):
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CHUNK", "FIRST_BATCH", "BATCH"):
            patch.setattr(plan, name, size)
        middle = data.draw(st.integers(1, 61))
        state = MailboxState(7, low=middle, high=middle, floor=1)
        new = [uid for uid in found if uid >= middle]
        for batch in forward(state, 61, new):
            state = state.after(batch.lo, batch.hi)
            new = [uid for uid in new if uid not in batch.uids]
            assert all(uid >= state.high for uid in new)
        old = [uid for uid in found if uid < middle]
        for batch in backward(state, old):
            state = state.after(batch.lo, batch.hi)
            old = [uid for uid in old if uid not in batch.uids]
            assert all(uid < state.low for uid in old)
    assert (state.low, state.high, new, old) == (1, 61, [], [])


ROOMS = [Room(0, 0), Room(1, 60), Room(3, 20), Room(3, 60)]


@settings(derandomize=True, database=None, max_examples=80, deadline=None)
@given(
    uids,
    st.dictionaries(st.integers(1, 60), st.integers(1, 50)),
    st.booleans(),
    st.lists(st.sampled_from(ROOMS), min_size=1),
)
def test_however_large_the_mails_slices_cover_their_batch_without_gaps(found, weights, down, rooms):
    turns = itertools.cycle(rooms)
    batch = Batch(1, 61, tuple(found), 5)
    parts = list(slices(batch, found, weights, down, lambda: next(turns)))
    edges = [(part.lo, part.hi) for part in (reversed(parts) if down else parts)]
    assert edges[0][0] == 1 and edges[-1][1] == 61
    assert all(one[1] == other[0] for one, other in itertools.pairwise(edges))
    for part, room in zip(parts, itertools.cycle(rooms), strict=False):
        assert all(part.lo <= uid < part.hi for uid in part.uids)
        heavy = [weights[uid] for uid in part.uids if uid in weights]
        assert (len(heavy) <= room.mails and sum(heavy) <= room.size) or len(heavy) == 1
    assert sorted(uid for part in parts for uid in part.uids) == found
    assert [part.remaining == 5 for part in parts] == [False] * (len(parts) - 1) + [True]


def full() -> Room:
    return Room(plan.SLICE_MESSAGES, plan.SLICE_BYTES)


def test_a_mail_too_large_for_a_slice_gets_its_own():
    weights = {1: 10, 2: plan.SLICE_BYTES * 3, 3: 10}
    parts = slices(Batch(1, 5, (1, 2, 3, 4)), [1, 2, 3, 4], weights, down=False, room=full)
    assert [part.uids for part in parts] == [(1,), (2,), (3, 4)]


def test_mail_that_concerns_no_lead_costs_no_slice():
    many = list(range(1, plan.BATCH + 1))
    [_] = slices(Batch(1, plan.BATCH + 1, tuple(many)), many, {}, down=False, room=full)


@pytest.mark.parametrize(
    ("sizes", "seconds", "room"),
    [
        ([1000] * 50, 0.5, Room(500, 1_000_000)),
        ([1000] * 50, 50, Room(10, 10_000)),
        ([400_000] * 2, 1, Room(20, 8_000_000)),
        ([50_000_000], 20, Room(0.5, plan.SLICE_BYTES)),
        ([1000], 0, Room(500, plan.SLICE_BYTES)),
        ([], 100, Room(7, 8)),
    ],
)
def test_a_slice_has_as_much_as_should_take_ten_seconds(sizes, seconds, room):
    assert Room(7, 8).after(sizes, seconds) == room


# -- what is requested ----------------------------------------------------------------------------


def test_a_short_range_is_fetched_without_a_search():
    assert not needs_search(READ, READ.high + plan.CHUNK)
    (batch,) = forward(READ, READ.high + plan.CHUNK, None)
    assert batch.ranges() == [(100, 99 + plan.CHUNK)]


def test_a_long_one_is_searched_first():
    assert needs_search(READ, READ.high + plan.CHUNK + 1)


def test_a_gap_is_covered_without_a_fetch():
    (batch,) = forward(READ, 420_000, [])
    assert batch.ranges() == []
    assert READ.after(batch.lo, batch.hi).high == 420_000


def test_a_fully_deleted_window_is_covered_without_a_fetch():
    (batch,) = backward(MailboxState(7, 100, 100, 1), [])
    assert batch.ranges() == []
    assert (batch.lo, batch.hi) == (1, 100)


def test_no_fetch_exceeds_a_chunk_or_overlaps_another():
    found = range(3, 3 + 2 * (plan.FIRST_BATCH + plan.BATCH), 2)
    asked = []
    for batch in forward(MailboxState(7, 3, 3, 3), found[-1] + 1, list(found)):
        for lo, hi in batch.ranges():
            assert 1 <= lo <= hi
            assert sum(lo <= uid <= hi for uid in found) <= plan.CHUNK
            asked.append((lo, hi))
    assert asked == sorted(asked)
    assert all(any(lo <= uid <= hi for lo, hi in asked) for uid in found)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(asked))


@settings(derandomize=True, database=None, max_examples=100, deadline=None)
@given(uids, st.sets(st.integers(1, 60), max_size=9), st.booleans())
def test_messages_set_aside_are_not_fetched_and_all_others_once(found, aside, exact):
    batch = Batch(1, 61, tuple(found), exact=exact)
    asked = [uid for lo, hi in batch.ranges(aside) for uid in range(lo, hi + 1)]
    assert [uid for uid in asked if uid in found] == sorted({*found} - aside)


def test_nothing_new_requests_nothing():
    assert list(forward(READ, READ.high, None)) == []
    assert list(forward(READ, READ.high - 5, None)) == []  # a derived UIDNEXT
