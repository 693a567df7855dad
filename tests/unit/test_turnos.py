"""The order of work between empresas: shares by weight, no newcomer behind a long queue, nothing saved up."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from sam.planning.turnos import EQUIPO_WORK_BYTES, turns, work_of

WORK = 100
WHOLE, NEW = 286, 2  # parts of the largest empresa there is, and of one that comes while they wait


@dataclass
class Queue:
    """Builders of equal pace, one byte a second, that take the part with the lowest turn; `started` in that order."""

    slots: int
    clock: float = 0.0
    waiting: list[tuple[float, int, str, int]] = field(default_factory=list)
    building: list[tuple[float, float, str]] = field(default_factory=list)
    started: list[tuple[float, str]] = field(default_factory=list)
    ends: dict[str, float] = field(default_factory=dict)
    numbers: int = 0

    def ask(self, empresa: str, works: list[int], *, weight: int = 1) -> None:
        known = empresa in {one[2] for one in (*self.waiting, *self.building)}
        end = self.ends[empresa] if known else 0.0
        welcome = bool(self.building) and not known
        placed = turns(works, weight=weight, now=self._now(), end=end, welcome=welcome)
        for turn, work in zip(placed, works, strict=True):
            self.numbers += 1
            heapq.heappush(self.waiting, (turn, self.numbers, empresa, work))
            self.ends[empresa] = turn + work / weight
        self._fill()

    def _now(self) -> float:
        if self.building:
            return max(turn for _, turn, _ in self.building)
        return self.waiting[0][0] if self.waiting else 0.0

    def _fill(self) -> None:
        while self.waiting and len(self.building) < self.slots:
            turn, _, empresa, work = heapq.heappop(self.waiting)
            self.started.append((self.clock, empresa))
            heapq.heappush(self.building, (self.clock + work, turn, empresa))

    def run(self, parts: int | None = None) -> None:
        """Until so many parts more have ended, or all."""
        while self.building and parts != 0:
            self.clock = heapq.heappop(self.building)[0]
            self._fill()
            parts = None if parts is None else parts - 1

    def starts_of(self, empresa: str) -> list[float]:
        return [at for at, who in self.started if who == empresa]


@given(slots=st.integers(1, 12), after=st.integers(0, 250))
def test_a_newcomer_s_parts_start_within_one_part_of_each_worker(slots: int, after: int) -> None:
    queue = Queue(slots)
    queue.ask("grande", [WORK - 7 * number % 50 for number in range(WHOLE)])  # the workers are out of step
    queue.run(after)
    came = queue.clock
    queue.ask("nueva", [WORK] * NEW)
    queue.run()
    waited = [at - came for at in queue.starts_of("nueva")]
    assert waited[0] <= WORK
    assert waited[-1] <= (2 * WORK if slots == 1 else WORK)  # the second of a single worker waits for the first


@given(st.integers(2, 20))
def test_each_of_many_that_wait_gets_a_part_before_any_gets_two(empresas: int) -> None:
    queue = Queue(1)
    for number in range(empresas):
        queue.ask(str(number), [WORK] * 10)
    queue.run()
    rounds = [who for _, who in queue.started][1:]  # the first came alone
    assert Counter(rounds[: 3 * empresas]).most_common()[-1][1] >= 2


@given(weight=st.integers(1, 10), slots=st.integers(1, 4))
def test_while_both_wait_an_empresa_with_a_weight_gets_so_many_times_as_much(weight: int, slots: int) -> None:
    queue = Queue(slots)
    queue.ask("pesada", [WORK] * 400, weight=weight)
    queue.ask("ligera", [WORK] * 400)
    queue.run(300)
    both = [who for _, who in queue.started[slots:]]
    counts = Counter(both)
    assert abs(counts["pesada"] - weight * counts["ligera"]) <= 2 * weight + slots


def test_shares_are_of_work_and_not_of_parts() -> None:
    queue = Queue(1)
    queue.ask("pocas y grandes", [3 * WORK] * 100)
    queue.ask("muchas y pequeñas", [WORK] * 300)
    queue.run(200)
    counts = Counter(who for _, who in queue.started)
    assert abs(counts["muchas y pequeñas"] - 3 * counts["pocas y grandes"]) <= 4


@given(st.integers(1, 250))
def test_one_that_was_idle_saves_nothing_up(busy: int) -> None:
    queue = Queue(1)
    queue.ask("grande", [WORK] * WHOLE)
    queue.run(busy)
    queue.ask("descansada", [WORK] * 30)
    begin = len(queue.started)
    queue.run(20)
    counts = Counter(who for _, who in queue.started[begin:])
    assert abs(counts["descansada"] - counts["grande"]) <= 2


def test_asking_twice_is_no_better_than_asking_once() -> None:
    queue = Queue(1)
    queue.ask("paciente", [WORK] * 20)
    for _ in range(10):
        queue.ask("insistente", [WORK] * 2)
    queue.run(20)
    counts = Counter(who for _, who in queue.started)
    assert abs(counts["paciente"] - counts["insistente"]) <= 2


works = st.lists(st.integers(1, 10**10), max_size=40)


@given(works=works, weight=st.integers(1, 100), now=st.floats(0, 1e14), end=st.floats(0, 1e14), welcome=st.booleans())
def test_turns_begin_where_the_queue_is_or_where_the_empresa_ends_and_never_fall(
    works: list[int], weight: int, now: float, end: float, welcome: bool
) -> None:
    placed = list(turns(works, weight=weight, now=now, end=end, welcome=welcome))
    assert len(placed) == len(works)
    assert placed == sorted(placed)
    assert placed[:1] == [max(now, end)] * bool(works)


def test_the_first_part_of_who_comes_anew_is_not_counted() -> None:
    assert list(turns([3, 4, 5], weight=1, now=10.0, welcome=True)) == [10.0, 10.0, 14.0]
    assert list(turns([3, 4, 5], weight=1, now=10.0)) == [10.0, 13.0, 17.0]


@given(works=works, cut=st.integers(0, 40))
def test_parts_asked_for_in_two_halves_have_the_turns_of_one_whole(works: list[int], cut: int) -> None:
    first, second = works[:cut], works[cut:]
    before = list(turns(first, weight=1, now=7.0, end=9.0))
    end = before[-1] + first[-1] if first else 9.0
    assert [*before, *turns(second, weight=1, now=7.0, end=end)] == list(turns(works, weight=1, now=7.0, end=9.0))


def test_who_comes_later_waits_behind_who_came_before_while_nothing_is_built() -> None:
    queue = Queue(slots=0)
    for number in range(5):
        queue.ask(str(number), [WORK * (number + 1)] * 2)
    order = [empresa for _, _, empresa, _ in sorted(queue.waiting)]
    assert order[:5] == [str(number) for number in range(5)]


def test_an_equipo_without_documentos_is_work_too() -> None:
    assert work_of(equipos=35, document_bytes=0) == 35 * EQUIPO_WORK_BYTES
    assert work_of(equipos=1, document_bytes=10) == EQUIPO_WORK_BYTES + 10
