"""What is asked for: how much newcomers would put ahead of what waits, if it goes on as it does."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate, chain
from typing import NamedTuple

from sam.planning.ritmo import FIXED_SECONDS

# What is usual, and what is so now: the last minute, without those few moments in which the most was asked for.
HOUR_SECONDS = 3600.0
LATELY_SECONDS, MOMENTS, BURSTS = 60.0, 6, 2


class Wish(NamedTuple):
    """What one request asked for, so many seconds `ago`: its `work` in bytes, in so many parts."""

    empresa: int
    work: int
    parts: int
    ago: float


class Asked:
    """What was asked for in some `seconds`: how much of it newcomers would put ahead of a part, in fair queueing.

    Ahead of a part that stands `depth` bytes behind the queue's time, a request gets no more than as many.
    """

    def __init__(self, wishes: Iterable[Wish], *, seconds: float) -> None:
        self._seconds = seconds
        self._by_empresa: dict[int, list[Wish]] = {}
        for wish in wishes:
            self._by_empresa.setdefault(wish.empresa, []).append(wish)
        everybody = sorted((wish for own in self._by_empresa.values() for wish in own), key=lambda wish: wish.work)
        self._works = [wish.work for wish in everybody]
        self._sums = [0, *accumulate(self._works)]
        self._parts = [0, *accumulate(wish.parts for wish in everybody)]
        self._parts_of_a_byte = [0.0, *accumulate(wish.parts / wish.work for wish in everybody)]

    def ahead(self, depth: float, *, of: int, rate: float) -> float:
        """Seconds of builders in a second, for everybody but this empresa, at `rate` seconds a byte."""
        small, all = bisect_right(self._works, depth), len(self._works)
        work = self._sums[small] + depth * (all - small)
        parts = self._parts[small] + depth * (self._parts_of_a_byte[all] - self._parts_of_a_byte[small])
        for own in self._by_empresa.get(of, ()):
            counted = min(own.work, depth)
            work -= counted
            parts -= own.parts * counted / own.work
        return max(0.0, work * rate + parts * FIXED_SECONDS) / self._seconds


class Demand(NamedTuple):
    """What is usual, of the last hour; and what goes on lately."""

    usual: Asked
    lately: Asked


def demand_of(wishes: Iterable[Wish]) -> Demand:
    """What was asked for in the last hour, and in the last minutes as it goes on: without the bursts.

    An hour says what is usual, and nothing of a day that has just begun; the last minutes say what is so now, but for
    what came all at once: that is in the queue already, and need not come again.
    """
    hour = [wish for wish in wishes if wish.work > 0 and wish.ago < HOUR_SECONDS]
    moments: list[list[Wish]] = [[] for _ in range(MOMENTS)]
    for wish in hour:
        if wish.ago < LATELY_SECONDS:
            moments[max(0, int(wish.ago / LATELY_SECONDS * MOMENTS))].append(wish)
    usual = sorted(moments, key=lambda moment: sum(wish.work for wish in moment))[: MOMENTS - BURSTS]
    lately = LATELY_SECONDS * (MOMENTS - BURSTS) / MOMENTS
    return Demand(Asked(hour, seconds=HOUR_SECONDS), Asked(chain.from_iterable(usual), seconds=lately))


NO_DEMAND = demand_of(())
