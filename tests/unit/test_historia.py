"""The queue over time: what the buckets say is what a replay of every part's life, moment by moment, finds."""

from __future__ import annotations

from collections import Counter
from math import inf
from random import Random
from statistics import quantiles
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sam.planning.historia import Finished, History, Waits, history
from sam.states import Move, PartState
from tests.lives import Life, lives, replay

STEP, BUCKETS = 10, 12
END = 1000
BEGIN = END - STEP * BUCKETS
GRID = {"begin": BEGIN, "step": STEP, "buckets": BUCKETS}

randoms = st.randoms(use_true_random=False)


def told(parts: list[Life]) -> History:
    """Of sums as the database makes them, but by hand."""
    waits = [
        Waits(bucket_of(one.entered), BUCKETS if one.left == inf else bucket_of(one.left), one.since / 1000, 1)
        for life in parts
        for one in life.waits
        if one.left >= 1000 * BEGIN
    ]
    moves = [move for life in parts for move in life.moves if move.at >= 1000 * BEGIN]
    finished = [
        Finished(bucket_of(move.at), None if move.ms is None else move.ms / 1000, 1)
        for move in moves
        if move.move == Move.FINISH
    ]
    failures = Counter(move.reason for move in moves if move.after == PartState.FAILED)
    return shown(waits=waits, finished=finished, failures=failures)


def bucket_of(ms: float) -> int:
    return int((ms - 1000 * BEGIN) // (1000 * STEP))


def shown(**sums: Any) -> History:
    return history(**{"waits": [], "finished": [], "failures": {}, **sums}, end=END, step=STEP, buckets=BUCKETS)


def some_lives(random: Random) -> list[Life]:
    return lives(random, parts=random.randrange(12), **GRID)


@given(randoms)
def test_depth_is_how_many_wait_when_a_bucket_ends(random: Random) -> None:
    parts = some_lives(random)
    assert list(told(parts).depth) == replay(parts, **GRID).depth


@given(randoms)
def test_the_oldest_is_the_longest_wait_of_those_in_the_queue(random: Random) -> None:
    parts = some_lives(random)
    assert list(told(parts).oldest) == replay(parts, **GRID).oldest


@given(randoms)
def test_throughput_counts_what_was_finished(random: Random) -> None:
    parts = some_lives(random)
    found, expected = told(parts), [len(some) for some in replay(parts, **GRID).finished]
    assert [round(rate * STEP / 60) for rate in found.per_minute] == expected
    assert found.completed == sum(expected)


@given(randoms)
def test_failures_are_counted_by_reason(random: Random) -> None:
    parts = some_lives(random)
    assert told(parts).failures == replay(parts, **GRID).failures


@given(st.lists(st.tuples(st.integers(0, BUCKETS - 1), st.integers(0, 9000), st.integers(1, 4))))
def test_durations_are_cut_as_statistics_cuts_them(counted: list[tuple[int, int, int]]) -> None:
    found = shown(finished=[Finished(bucket, ms / 1000, parts) for bucket, ms, parts in counted])
    spans: list[list[float]] = [[] for _ in range(BUCKETS)]
    for bucket, ms, parts in counted:
        spans[bucket] += parts * [ms / 1000]
    for some, p50, p95 in zip(spans, found.p50, found.p95, strict=True):
        assert_cuts(some, (p50, p95))
    assert_cuts([seconds for some in spans for seconds in some], found.duration or (None, None))


def assert_cuts(seconds: list[float], found: tuple[float | None, float | None]) -> None:
    if not seconds:
        assert found == (None, None)
        return
    cuts = quantiles(seconds, n=20, method="inclusive") if len(seconds) > 1 else seconds * 19
    assert found == pytest.approx((cuts[9], cuts[18]), abs=0.0051)


@pytest.mark.parametrize("before", [5.0, 500.0], ids=["within", "long before"])
def test_a_part_that_never_moved_waits_since_it_was_queued(before: float) -> None:
    queued = END - before
    found = shown(waits=[Waits(bucket_of(1000 * queued), BUCKETS, queued, 1)])
    ends = [BEGIN + STEP * (bucket + 1) for bucket in range(BUCKETS)]
    assert found.depth == tuple(int(queued < at) for at in ends)
    assert found.oldest == tuple(max(0, int(at - queued)) for at in ends)


def test_what_was_finished_of_unknown_duration_is_counted_all_the_same() -> None:
    found = shown(finished=[Finished(3, None, 2), Finished(3, 1.5, 1)])
    assert (found.completed, found.per_minute[3], found.p50[3]) == (3, 18.0, 1.5)


def test_what_happened_while_the_window_moved_on_is_for_the_next_one() -> None:
    found = shown(waits=[Waits(BUCKETS, BUCKETS + 1, END + 1, 1)], finished=[Finished(BUCKETS, 1.0, 1)])
    assert found == shown()


@pytest.mark.parametrize(("lived", "told"), [(5, 18.0), (10, 18.0), (20, 9.0), (60, 3.0)])
def test_the_throughput_of_a_bucket_that_goes_on_is_that_of_its_time_until_now(lived: float, told: float) -> None:
    finished = [Finished(2, 1.5, 3), Finished(3, 1.5, 3)]
    now = END - 60 + lived
    found = history(waits=[], finished=finished, failures={}, end=END, step=60, buckets=4, now=now)
    assert found.per_minute[2:] == (3.0, told)


def test_nothing_happened() -> None:
    found = shown()
    assert found.depth == found.oldest == (0,) * BUCKETS
    assert found.per_minute == (0.0,) * BUCKETS
    assert found.p50 == found.p95 == (None,) * BUCKETS
    assert (found.completed, found.duration, found.failures) == (0, None, {})


def test_a_failure_without_a_reason_is_an_error_of_the_builder() -> None:
    assert shown(failures={"": 2, "build_error": 1}).failures == {"build_error": 3}
