"""The queue played event by event: who starts when, first come first served or in the order of work of the product."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Final, Literal

from bench._cola_mundo import Part, Request
from sam.planning.demanda import HOUR_SECONDS, Demand, Wish, demand_of
from sam.planning.pronostico import Built
from sam.planning.ritmo import Pace, pace_of
from sam.planning.turnos import turns

Order = Literal["FIFO", "turnos"]
BEAT_SECONDS: Final = 2.5  # what is told of a part's progress is as old as its last heartbeat
PACE_SECONDS: Final = 900
PACE_SAMPLES: Final = 100


class Queue:
    """What waits and what is built; `run` plays all the requests and fills in when each part started and ended."""

    def __init__(self, order: Order, *, workers: int) -> None:
        self.now = 0.0
        self.workers = workers
        self.building: dict[int, Part] = {}
        self._order = order
        self._waiting: list[tuple[float, int, Part]] = []
        self._ends: list[tuple[float, int]] = []
        self._live: Counter[int] = Counter()
        self._end_of: dict[int, float] = {}
        self._built: deque[Part] = deque(maxlen=PACE_SAMPLES)
        self._asked: deque[Request] = deque()

    def run(
        self, requests: Sequence[Request], *, watch: Callable[[Queue], None] | None = None, every: float = 0.0
    ) -> None:
        """`watch` looks at the queue each `every` seconds."""
        looks = every
        coming = deque(requests)
        while coming or self._ends:
            at = min(coming[0].at if coming else float("inf"), self._ends[0][0] if self._ends else float("inf"))
            while watch and looks < at and coming:
                self.now = looks
                watch(self)
                looks += every
            self.now = at
            if self._ends and self._ends[0][0] <= at:
                self._end(heapq.heappop(self._ends)[1])
            else:
                self._queue(coming.popleft())
            self._start()

    def _queue(self, request: Request) -> None:
        works = [part.work for part in request.parts]
        known = self._live[request.empresa] > 0
        end = self._end_of[request.empresa] if known else 0.0
        tags = turns(works, weight=1, now=self._tag(), end=end, welcome=bool(self.building) and not known)
        for part, turn in zip(request.parts, tags, strict=True):
            part.turn = turn
            heapq.heappush(self._waiting, (turn if self._order == "turnos" else part.queued, part.id, part))
        self._end_of[request.empresa] = request.parts[-1].turn + works[-1]
        self._live[request.empresa] += len(works)
        self._asked.append(request)

    def _tag(self) -> float:
        if self.building:
            return max(part.turn for part in self.building.values())
        return self._waiting[0][2].turn if self._waiting else 0.0

    def _start(self) -> None:
        while self._waiting and len(self.building) < self.workers:
            part = heapq.heappop(self._waiting)[2]
            part.started, part.ended = self.now, self.now + part.seconds
            self.building[part.id] = part
            heapq.heappush(self._ends, (part.ended, part.id))

    def _end(self, part_id: int) -> None:
        part = self.building.pop(part_id)
        self._live[part.empresa] -= 1
        self._built.append(part)

    # What the product knows of it.

    def told_building(self) -> dict[int, Built]:
        return {id: self._told(part) for id, part in self.building.items()}

    def _told(self, part: Part) -> Built:
        lived = self.now - part.started
        told = lived // BEAT_SECONDS * BEAT_SECONDS
        equipos = int(told / part.seconds * part.equipos)
        return Built(part.empresa, part.work, part.work * equipos / part.equipos, told, lived - told)

    def told_waiting(self) -> list[Part]:
        return [part for _, _, part in sorted(self._waiting)]

    def parts_waiting(self) -> list[Part]:
        return [part for _, _, part in self._waiting]

    def told_pace(self) -> Pace:
        recent = [part for part in self._built if part.ended > self.now - PACE_SECONDS]
        return pace_of([(part.work, part.ended - part.started) for part in recent])

    def told_demand(self) -> Demand:
        while self._asked and self._asked[0].at < self.now - HOUR_SECONDS:
            self._asked.popleft()
        return demand_of(Wish(one.empresa, one.work, len(one.parts), self.now - one.at) for one in self._asked)
