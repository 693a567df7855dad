"""What the queue looked like over time, from sums by bucket: depth, oldest wait, throughput, durations, failures."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from typing import NamedTuple

# A bucket that has just begun is told by no less than this: three parts in its first second are no 180 a minute.
FEWEST_SECONDS = 10


class Waits(NamedTuple):
    """Parts that came into the queue in one bucket and left it in another; the oldest was queued at `since`.

    The buckets are numbers: negative before the first, and past the last for those that wait still.
    """

    entered: int
    left: int
    since: float
    parts: int


class Finished(NamedTuple):
    """Parts completed in one bucket, each after so many seconds; None where nobody wrote how many."""

    bucket: int
    seconds: float | None
    parts: int


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
    waits: Iterable[Waits],
    finished: Iterable[Finished],
    failures: Mapping[str, int],
    end: float,
    step: int,
    buckets: int,
    now: float | None = None,
) -> History:
    """What was until `now`, in the last bucket; without one it has ended.

    A wait is seen at the end of each bucket from the one it began in to the one before it ended in.

    A part that its builder returned waits from its return, and is as old as it was: only a retry begins anew.
    """
    begin = end - step * buckets
    depth = [0] * buckets
    oldest = [inf] * buckets
    for one in waits:
        for bucket in range(max(0, one.entered), min(one.left, buckets)):
            depth[bucket] += one.parts
            oldest[bucket] = min(oldest[bucket], one.since)
    done = [0] * buckets
    durations: list[Counter[float]] = [Counter() for _ in range(buckets)]
    for some in finished:
        if some.bucket >= buckets:  # the clock went on while this was read
            continue
        done[some.bucket] += some.parts
        if some.seconds is not None:
            durations[some.bucket][some.seconds] += some.parts
    cuts = [_p50_p95(counted) for counted in durations]
    so_far = step if now is None else min(step, max(FEWEST_SECONDS, now - (end - step)))
    lasts = [*[step] * (buckets - 1), so_far]
    reasons: Counter[str] = Counter()
    for reason, parts in failures.items():
        reasons[reason or "build_error"] += parts
    return History(
        end=end,
        step=step,
        depth=tuple(depth),
        oldest=tuple(max(0, int(begin + step * (n + 1) - since)) if depth[n] else 0 for n, since in enumerate(oldest)),
        per_minute=tuple(round(parts * 60 / lasted, 2) for parts, lasted in zip(done, lasts, strict=True)),
        p50=tuple(cut[0] if cut else None for cut in cuts),
        p95=tuple(cut[1] if cut else None for cut in cuts),
        completed=sum(done),
        duration=_p50_p95(sum(durations, Counter())),
        failures=dict(sorted(reasons.items())),
    )


def _p50_p95(counted: Mapping[float, int]) -> tuple[float, float] | None:
    """Of values that each occur so many times; between two of them as `statistics.quantiles` does, inclusive."""
    if not counted:
        return None
    values = sorted(counted)
    until = list(accumulate(counted[value] for value in values))
    return _at(0.5, values, until), _at(0.95, values, until)


def _at(share: float, values: list[float], until: list[int]) -> float:
    place = share * (until[-1] - 1)
    below = int(place)
    low, high = (values[bisect_right(until, min(n, until[-1] - 1))] for n in (below, below + 1))
    return round(low + (high - low) * (place - below), 2)
