"""The queue over time: what the buckets say is what a replay of every part's life, moment by moment, finds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sam.planning.historia import History, Step, history
from sam.states import Move, PartState

END, STEP, BUCKETS = 1000.0, 10, 12
START = END - STEP * BUCKETS
PENDING, PROCESSING = PartState.PENDING, PartState.PROCESSING


@dataclass
class Life:
    """One part: its moves, and the waits (from, to, as old as since) that follow from them."""

    part: int
    moves: list[Step]
    waits: list[tuple[float, float, float]]

    @property
    def waits_now(self) -> bool:
        return self.waits[-1][1] == float("inf")

    @property
    def first_queued(self) -> float:
        return self.waits[0][0]

    @property
    def queued(self) -> float:
        """What its row says."""
        return self.waits[-1][2]


AFTER = {
    Move.CLAIM: PROCESSING,
    Move.HAND_BACK: PENDING,
    Move.REAP: PENDING,
    Move.FINISH: PartState.COMPLETED,
    Move.FAIL: PartState.FAILED,
    Move.CANCEL: PartState.CANCELLED,
    Move.RETRY: PENDING,
}
NEXT: dict[str, list[Move]] = {
    PENDING: [Move.CLAIM, Move.CLAIM, Move.CLAIM, Move.CANCEL],
    PROCESSING: [Move.FINISH, Move.FINISH, Move.FAIL, Move.HAND_BACK, Move.REAP, Move.CANCEL],
    PartState.FAILED: [Move.RETRY],
    PartState.CANCELLED: [Move.RETRY],
}
REASONS = {Move.FAIL: "storage_unavailable", Move.REAP: "worker_lost"}


@st.composite
def lives(draw: st.DrawFn) -> list[Life]:
    """Parts that are queued before or within the time shown, and move as the table allows."""
    found = []
    for part in range(draw(st.integers(0, 8))):
        at = draw(st.floats(START - 60, END - 1))
        life = Life(part, [], [(at, float("inf"), at)])
        state: str = PENDING
        attempt = 1
        for _ in range(draw(st.integers(0, 7))):
            at += draw(st.floats(0.5, 40))
            if at >= END or state not in NEXT:
                break
            move = draw(st.sampled_from(NEXT[state]))
            after: str = AFTER[move]
            life.moves.append(Step(at, part, move, state, after, attempt, REASONS.get(move, "")))
            if state == PENDING:
                life.waits[-1] = (life.waits[-1][0], at, life.queued)
            if after == PENDING:
                life.waits.append((at, float("inf"), at if move == Move.RETRY else life.queued))
                attempt += 1
            state = after
        found.append(life)
    return found


def told(parts: list[Life]) -> History:
    """As the selector asks: the moves of the time shown, and since when those wait that were claimed first in it."""
    steps = sorted((step for one in parts for step in one.moves if step.at >= START), key=lambda step: step.at)
    queued = {step.part: parts[step.part].first_queued for step in steps if step.attempt == 1}
    waiting = [one.part for one in parts if one.waits_now]
    for part in waiting:
        queued.setdefault(part, parts[part].queued)
    return history(steps=steps, queued=queued, waiting=waiting, end=END, step=STEP, buckets=BUCKETS)


def ends() -> list[float]:
    return [START + STEP * (bucket + 1) for bucket in range(BUCKETS)]


def waiting_at(parts: list[Life], at: float) -> list[float]:
    """How old those are that wait just before this moment: since when."""
    return [since for one in parts for begin, until, since in one.waits if begin < at <= until]


@given(lives())
def test_depth_is_how_many_wait_when_a_bucket_ends(parts: list[Life]) -> None:
    assert list(told(parts).depth) == [len(waiting_at(parts, at)) for at in ends()]


@given(lives())
def test_throughput_counts_what_was_finished(parts: list[Life]) -> None:
    done = [step.at for one in parts for step in one.moves if step.move == Move.FINISH and step.at >= START]
    found = told(parts)
    expected = [sum(at - STEP <= moment < at for moment in done) for at in ends()]
    assert [round(rate * STEP / 60) for rate in found.per_minute] == expected
    assert found.completed == len(done)


@given(lives())
def test_failures_are_counted_by_reason(parts: list[Life]) -> None:
    failed = [step for one in parts for step in one.moves if step.after == PartState.FAILED and step.at >= START]
    assert Counter(told(parts).failures) == Counter(step.reason for step in failed)


@given(lives())
def test_durations_are_from_claim_to_finish_of_one_attempt(parts: list[Life]) -> None:
    spans: list[list[float]] = [[] for _ in range(BUCKETS)]
    for one in parts:
        for claim, finish in zip(one.moves, one.moves[1:], strict=False):
            if finish.move == Move.FINISH and claim.at >= START:
                spans[int((finish.at - START) // STEP)].append(finish.at - claim.at)
    found = told(parts)
    for some, p50, p95 in zip(spans, found.p50, found.p95, strict=True):
        assert (p50 is None) == (not some)
        if some and p50 is not None and p95 is not None:
            assert min(some) - 0.01 <= p50 <= p95 <= max(some) + 0.01
    every = [seconds for some in spans for seconds in some]
    assert (found.duration is None) == (not every)


@given(lives())
def test_the_oldest_is_the_longest_wait_of_those_in_the_queue(parts: list[Life]) -> None:
    found = told(parts)
    for at, oldest in zip(ends(), found.oldest, strict=True):
        waits = waiting_at(parts, at)
        assert oldest <= (int(at - min(waits)) if waits else 0)
        # Of what was queued before the time shown, and moved in it, the beginning may not be known.
        known = [since for since in waits if since >= START]
        assert oldest >= (int(at - min(known)) if known else 0)


@pytest.mark.parametrize("before", [5.0, 500.0], ids=["within", "long before"])
def test_a_part_that_never_moved_waits_since_it_was_queued(before: float) -> None:
    queued = END - before
    found = history(steps=[], queued={1: queued}, waiting=[1], end=END, step=STEP, buckets=BUCKETS)
    assert found.depth == tuple(int(queued < at) for at in ends())
    assert found.oldest == tuple(max(0, int(at - queued)) for at in ends())


def test_a_part_of_which_nothing_is_known_has_waited_since_the_beginning() -> None:
    claim = Step(END - 15, 1, Move.CLAIM, PENDING, PROCESSING, 3, "")
    found = history(steps=[claim], queued={}, waiting=[], end=END, step=STEP, buckets=BUCKETS)
    assert found.depth == (1,) * (BUCKETS - 2) + (0, 0)
    assert found.oldest[0] == STEP


def test_nothing_happened() -> None:
    found = history(steps=[], queued={}, waiting=[], end=END, step=STEP, buckets=BUCKETS)
    assert found.depth == found.oldest == (0,) * BUCKETS
    assert found.per_minute == (0.0,) * BUCKETS
    assert found.p50 == found.p95 == (None,) * BUCKETS
    assert (found.completed, found.duration, found.failures) == (0, None, {})


def test_a_failure_without_a_reason_is_an_error_of_the_builder() -> None:
    moves = [
        Step(END - 9, 1, Move.CLAIM, PENDING, PROCESSING, 1, ""),
        Step(END - 8, 1, Move.FAIL, PROCESSING, PartState.FAILED, 1, ""),
    ]
    found = history(steps=moves, queued={1: END - 9}, waiting=[], end=END, step=STEP, buckets=BUCKETS)
    assert found.failures == {"build_error": 1}


@given(lives())
def test_parts_that_never_moved_may_be_told_by_their_number(parts: list[Life]) -> None:
    still = [one for one in parts if not one.moves]
    moved = [one for one in parts if one.moves]
    steps = sorted((step for one in moved for step in one.moves if step.at >= START), key=lambda step: step.at)
    queued = {one.part: one.queued for one in parts}
    waiting = [one.part for one in parts if one.waits_now]
    one_by_one = history(steps=steps, queued=queued, waiting=waiting, end=END, step=STEP, buckets=BUCKETS)
    counted = history(
        steps=steps,
        queued={one.part: one.queued for one in moved},
        waiting=[one.part for one in moved if one.waits_now],
        untouched=Counter(one.queued for one in still).items(),
        end=END,
        step=STEP,
        buckets=BUCKETS,
    )
    assert counted == one_by_one
