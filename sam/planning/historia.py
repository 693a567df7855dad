"""What the queue looked like over time, from the log of moves: depth, oldest wait, throughput, durations, failures."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import NamedTuple

from sam.states import Move, PartState


class Step(NamedTuple):
    """One move of one part; `at` in seconds of any one clock."""

    at: float
    part: int
    move: str
    before: str
    after: str
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True)
class History:
    """Equal buckets of `step` seconds, the last of them ending at `end`; what a bucket cannot say is None.

    `depth` and `oldest` (seconds) are as they were at the end of each bucket, `per_minute` the parts completed.
    """

    end: float
    step: int
    depth: tuple[int, ...]
    oldest: tuple[int, ...]
    per_minute: tuple[float, ...]
    p50: tuple[float | None, ...]
    p95: tuple[float | None, ...]
    completed: int
    duration: tuple[float, float] | None  # p50 and p95 of the whole, in seconds
    failures: Mapping[str, int]


def history(
    *,
    steps: Sequence[Step],
    queued: Mapping[int, float],
    waiting: Iterable[int],
    end: float,
    step: int,
    buckets: int,
    untouched: Iterable[tuple[float, int]] = (),
) -> History:
    """`steps` since the first bucket began, in their order; `queued`: since when parts wait; `waiting`: who does now.

    Of those that have waited since they were queued and never moved it is enough to know how many did so since when:
    `untouched`, (since, parts). They are most of a long queue.

    A part of whose wait `queued` knows nothing is taken to have waited since the beginning. One that its builder
    returned is as old as it was: only a retry begins anew.
    """
    start = end - step * buckets
    waits = _waits_at(start, steps, queued, waiting)
    since = {**queued, **waits}
    begins = sorted((at, part) for part, at in queued.items() if part not in waits and at >= start)
    still = deque(sorted(untouched))
    still_waiting, oldest_still = 0, end
    depth: list[int] = []
    oldest: list[int] = []
    finished: list[list[float]] = [[] for _ in range(buckets)]
    claimed: dict[tuple[int, int], float] = {}
    done: Counter[int] = Counter()
    failures: Counter[str] = Counter()
    next_step = next_begin = 0
    for bucket in range(buckets):
        until = start + step * (bucket + 1)
        # Those that a first request queued: no move says so. Afterwards each return to the queue is a move.
        while next_begin < len(begins) and begins[next_begin][0] < until:
            at, part = begins[next_begin]
            waits[part] = at
            next_begin += 1
        while next_step < len(steps) and steps[next_step].at < until:
            one = steps[next_step]
            next_step += 1
            if one.before == PartState.PENDING:
                waits.pop(one.part, None)
            if one.after == PartState.PENDING:
                if one.move == Move.RETRY:
                    since[one.part] = one.at
                waits[one.part] = since.get(one.part, one.at)
            if one.move == Move.CLAIM:
                claimed[one.part, one.attempt] = one.at
            if one.move == Move.FINISH:
                done[bucket] += 1
                begun = claimed.get((one.part, one.attempt))
                if begun is not None:
                    finished[bucket].append(one.at - begun)
            if one.after == PartState.FAILED:
                failures[one.reason or "build_error"] += 1
        while still and still[0][0] < until:
            at, parts = still.popleft()
            oldest_still = min(oldest_still, at)
            still_waiting += parts
        depth.append(len(waits) + still_waiting)
        oldest.append(max(0, int(until - min(oldest_still, *waits.values(), until))))
    cuts = [_p50_p95(some) for some in finished]
    return History(
        end=end,
        step=step,
        depth=tuple(depth),
        oldest=tuple(oldest),
        per_minute=tuple(round(done[bucket] * 60 / step, 2) for bucket in range(buckets)),
        p50=tuple(cut[0] if cut else None for cut in cuts),
        p95=tuple(cut[1] if cut else None for cut in cuts),
        completed=done.total(),
        duration=_p50_p95([seconds for some in finished for seconds in some]),
        failures=dict(sorted(failures.items())),
    )


def _waits_at(
    start: float, steps: Sequence[Step], queued: Mapping[int, float], waiting: Iterable[int]
) -> dict[int, float]:
    """Who waited when the first bucket began: whose first move since leaves the queue, or who never moved and waits."""
    first: dict[int, Step] = {}
    for one in steps:
        first.setdefault(one.part, one)
    waits = {part: queued.get(part, start) for part, one in first.items() if one.before == PartState.PENDING}
    # `queued` may tell of a later wait than the one that the first move ended.
    waits = {part: at if at <= first[part].at else start for part, at in waits.items()}
    waits |= {part: queued.get(part, start) for part in waiting if part not in first}
    return {part: at for part, at in waits.items() if at <= start}


def _p50_p95(values: Sequence[float]) -> tuple[float, float] | None:
    if not values:
        return None
    if len(values) == 1:
        return round(values[0], 2), round(values[0], 2)
    cuts = quantiles(values, n=20, method="inclusive")
    return round(cuts[9], 2), round(cuts[18], 2)
