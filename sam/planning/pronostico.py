"""When each part will end, as a range: the queue played forward over its builders, at the pace of the last minutes.

One play with the mean pace says when each part ends; how far that may stray is added up apart. What strays by
itself, each part's own time, adds as squares and so almost cancels out in a long queue; what strays together, the
machines' day and what is asked for meanwhile, grows with the time.
"""

from __future__ import annotations

import heapq
import threading
from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from math import sqrt
from typing import NamedTuple, Protocol

from sam.planning.demanda import NO_DEMAND, Demand
from sam.planning.ritmo import FIXED_SECONDS, Pace

# A part's own pace counts as much as everybody's when this share of it is done.
OWN_PACE_SHARE = 0.25
NOBODY = -1  # holds a place that counts against no limit
# A range is never narrower than this much to each side: clocks and luck are no better.
LEAST_SECONDS = 0.5
# All parts of the next minutes may be so much faster or slower than those of the last, to each side.
DRIFT = 0.15
# Of what newcomers may take, if as much is asked for as lately: what they take at least, and at most.
FEWER_NEWCOMERS, MORE_NEWCOMERS = 0.8, 1.15
MOST_TAKEN = 0.85


class Built(NamedTuple):
    """A part in the middle: of its `work` in bytes so much was done after so many `seconds`, and that is `ago`."""

    empresa: int
    work: int
    done: float
    seconds: float
    ago: float


class Queued(Protocol):
    """A part that waits, of an empresa, with so many bytes of work, and its place in the order of work."""

    @property
    def id(self) -> int: ...
    @property
    def empresa(self) -> int: ...
    @property
    def work(self) -> int: ...
    @property
    def turn(self) -> float: ...


class Left(NamedTuple):
    """Seconds that a part which is built still takes, if all goes as it should and as it looks."""

    least: float
    most: float


class Taken(NamedTuple):
    """The share of the builders that newcomers take while a part waits."""

    least: float
    most: float


class Span(NamedTuple):
    """Seconds from now, the soonest and the latest."""

    low: float
    high: float


def forecast(
    *,
    building: Mapping[int, Built],
    waiting: Sequence[Queued],
    slots: int,
    pace: Pace,
    limits: Mapping[int, int] | None = None,
    demand: Demand = NO_DEMAND,
) -> Mapping[int, Span]:
    """When each part ends, by id: those that are built, then those that wait, in their order.

    `limits` are the parts at once of the empresas that have one. By the `demand`, more will be asked for meanwhile: as
    much as the lesser of the two says, or as the greater. Without a builder that takes more, nothing of what waits:
    nobody can say when one comes.
    """
    if slots < 1:
        waiting, slots = (), 1
    limits = limits or {}
    left = {id: _left(one, pace) for id, one in building.items()}
    running = [(one.most, building[id].empresa) for id, one in left.items()]
    # Not of those whose limit held them up: their turns are long past.
    now = min([one.turn for one in waiting if one.empresa not in limits], default=0.0)
    played = _starts(running, waiting, slots, pace, limits)
    return _Forecast(left, played, frozenset([one.id for one in waiting]), now, slots, pace, demand)


class _Forecast(Mapping[int, Span]):
    """The ranges, each made when it is asked for, and the queue played no further than to there.

    Of thousands that wait few are looked at, and most of those stand in front. Threads may ask together.
    """

    def __init__(
        self,
        left: Mapping[int, Left],
        played: Iterator[tuple[Queued, float]],
        waiting: Collection[int],
        now: float,
        slots: int,
        pace: Pace,
        demand: Demand,
    ) -> None:
        self._left, self._played, self._waiting = left, played, waiting
        self._now, self._slots, self._pace, self._demand = now, slots, pace, demand
        self._playing = threading.Lock()
        self._starts: dict[int, tuple[Queued, float, float]] = {}
        self._squares = sum(one.most**2 for one in left.values())
        # If those that are late end at once, all that waits begins so much sooner.
        self._sooner = sum(one.most - one.least for one in left.values()) / slots

    def __getitem__(self, id: int) -> Span:
        left = self._left.get(id)
        if left is not None:
            soonest, latest = (_span(0.0, 0.0, one, one, Taken(0.0, 0.0), self._pace) for one in left)
            return Span(soonest.low, latest.high)
        if id not in self._waiting:
            raise KeyError(id)
        self._play(until=id)
        one, start, squares = self._starts[id]
        seconds = self._pace.seconds(one.work)
        alone = sqrt(squares / self._slots**2 + seconds**2)
        return _span(max(0.0, start - self._sooner), start, seconds, alone, self._taken(one), self._pace)

    def _play(self, *, until: int | None) -> None:
        """Play on until that part starts; None: to the end."""
        with self._playing:
            while until not in self._starts:
                one, start = next(self._played, (None, 0.0))
                if one is None:
                    return
                self._starts[one.id] = one, start, self._squares
                self._squares += self._pace.seconds(one.work) ** 2

    def _taken(self, one: Queued) -> Taken:
        if one.turn <= self._now:
            return Taken(0.0, 0.0)
        # The queue's time moves on to its turn meanwhile: half of the way on average, and a part more.
        depth = (one.turn - self._now) / 2 + one.work
        shares = [asked.ahead(depth, of=one.empresa, rate=self._pace.rate) / self._slots for asked in self._demand]
        return Taken(
            least=min(FEWER_NEWCOMERS * min(shares), MOST_TAKEN), most=min(MORE_NEWCOMERS * max(shares), MOST_TAKEN)
        )

    def __iter__(self) -> Iterator[int]:
        self._play(until=None)
        return chain(self._left, self._starts)

    def __len__(self) -> int:
        self._play(until=None)
        return len(self._left) + len(self._starts)


def _left(one: Built, pace: Pace) -> Left:
    """By the part's own pace the more of it is done, by everybody's until then.

    One that has taken longer than all of it should have may end at once, or take as long again as it is late: of what
    hangs, nobody can say that it ends within a second.
    """
    prior = OWN_PACE_SHARE * one.work
    seconds = max(0.0, one.seconds - FIXED_SECONDS) if one.done else 0.0
    rate = (seconds + prior * pace.rate) / (one.done + prior) if one.work else 0.0
    late = one.seconds + one.ago - pace.seconds(one.work)
    left = max(FIXED_SECONDS / 2, (one.work - one.done) * rate - one.ago)
    return Left(left, max(left, late))


def _starts(
    running: Sequence[tuple[float, int]],
    waiting: Sequence[Queued],
    slots: int,
    pace: Pace,
    limits: Mapping[int, int],
) -> Iterator[tuple[Queued, float]]:
    """When each waiting part starts: the first in the order whose empresa has room, whenever a builder is free."""
    # More than there are places for are those of workers that take no more: the last to end keep their places.
    busy = sorted(running)[-slots:]
    places = [(end, empresa if empresa in limits else NOBODY) for end, empresa in busy]
    places += [(0.0, NOBODY)] * (slots - len(busy))
    heapq.heapify(places)
    at_once = Counter(empresa for _, empresa in places)
    kept_back: dict[int, deque[Queued]] = {}
    coming = iter(waiting)

    def take(ended: int) -> Queued | None:
        # What an empresa's limit kept back is older than all that is still to come.
        if kept_back.get(ended) and at_once[ended] < limits[ended]:
            return kept_back[ended].popleft()
        for one in coming:
            limit = limits.get(one.empresa)
            if limit is None or at_once[one.empresa] < limit:
                return one
            kept_back.setdefault(one.empresa, deque()).append(one)
        return None

    while places:
        start, ended = places[0]
        at_once[ended] -= 1
        one = take(ended)
        if one is None:
            heapq.heappop(places)  # has nothing more to do that may be done
            continue
        yield one, start
        holder = one.empresa if one.empresa in limits else NOBODY
        at_once[holder] += 1
        heapq.heapreplace(places, (start + FIXED_SECONDS + one.work * pace.rate, holder))


def _span(sooner: float, start: float, seconds: float, alone: float, taken: Taken, pace: Pace) -> Span:
    """The range of one part that starts then, or `sooner`; `alone` is what strays by itself."""
    soonest = sooner * (1 - DRIFT) / (1 - taken.least)
    latest = start * (1 + DRIFT) / (1 - taken.most)
    low = soonest + seconds - (1 - pace.low) * alone - LEAST_SECONDS
    return Span(max(0.0, low), latest + seconds + (pace.high - 1) * alone + LEAST_SECONDS)
