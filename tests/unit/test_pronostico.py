"""When parts will end: ranges in their order, wider the later, by work and places; nothing where nobody works."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sam.planning.demanda import HOUR_SECONDS, LATELY_SECONDS, Asked, Wish, demand_of
from sam.planning.pronostico import Built, Span, forecast
from sam.planning.ritmo import FEWEST_SAMPLES, FIXED_SECONDS, USUAL, Pace, pace_of


class Queued(NamedTuple):
    id: int
    empresa: int
    work: int
    turn: float


MB = 1_000_000
PACE = Pace(rate=1 / (100 * MB), low=0.8, high=1.3)  # 100 MB a second
SECOND = 100 * MB  # of work


def middle(span: Span) -> float:
    return (span.low + span.high) / 2


def waiting(*works: int, empresa: int = 1) -> list[Queued]:
    return [Queued(id, empresa, work, turn=0.0) for id, work in enumerate(works, 1)]


def built(*, work: int = 10 * SECOND, done: float = 0.0, seconds: float = 0.0, ago: float = 0.0) -> Built:
    """A part of `done` (0…1) of its work."""
    return Built(empresa=1, work=work, done=done * work, seconds=seconds, ago=ago)


sizes = st.lists(st.integers(1, 50 * SECOND), max_size=60)
started = st.builds(
    built, work=st.integers(1, 50 * SECOND), done=st.floats(0, 1), seconds=st.floats(0, 100), ago=st.floats(0, 10)
)
halfway = st.dictionaries(st.integers(1001, 1010), started, max_size=6)
wishes = st.lists(
    st.builds(
        Wish,
        empresa=st.integers(1, 9),
        work=st.integers(0, 500 * SECOND),
        parts=st.integers(1, 20),
        ago=st.floats(-1, HOUR_SECONDS, exclude_max=True),
    ),
    max_size=20,
)
paces = st.builds(Pace, rate=st.floats(1e-10, 1e-6), low=st.floats(0.1, 1), high=st.floats(1, 5))


@given(works=sizes, building=halfway, slots=st.integers(1, 8), pace=paces, some=wishes)
def test_every_part_has_a_range_and_its_ends_are_in_order(
    works: list[int], building: dict[int, Built], slots: int, pace: Pace, some: list[Wish]
) -> None:
    spans = forecast(building=building, waiting=waiting(*works), slots=slots, pace=pace, demand=demand_of(some))
    assert set(spans) == {*building, *range(1, len(works) + 1)}
    assert all(0 <= span.low < span.high for span in spans.values())


@given(works=sizes, building=halfway, slots=st.integers(1, 8), order=st.randoms(use_true_random=False))
def test_a_range_is_the_same_whichever_is_asked_for_first(
    works: list[int], building: dict[int, Built], slots: int, order: Random
) -> None:
    one, other = (forecast(building=building, waiting=waiting(*works), slots=slots, pace=PACE) for _ in range(2))
    asked_for = [*building, *range(1, len(works) + 1)]
    order.shuffle(asked_for)
    assert {id: one[id] for id in asked_for} == dict(other)
    assert one.get(len(works) + 1) is None


@given(works=sizes, building=halfway)
def test_where_nobody_takes_more_only_what_is_built_is_told(works: list[int], building: dict[int, Built]) -> None:
    told = forecast(building=building, waiting=waiting(*works), slots=0, pace=PACE)
    assert dict(told) == dict(forecast(building=building, waiting=[], slots=1, pace=PACE))


@given(count=st.integers(2, 80), work=st.integers(1, 10 * SECOND), building=halfway, slots=st.integers(1, 8))
def test_of_equal_parts_the_later_ends_later(count: int, work: int, building: dict[int, Built], slots: int) -> None:
    spans = forecast(building=building, waiting=waiting(*[work] * count), slots=slots, pace=PACE)
    for one, next_one in pairwise([spans[id] for id in range(1, count + 1)]):
        assert middle(next_one) >= middle(one) - 1e-9
        assert next_one.high >= one.high - 1e-9


@given(works=sizes.filter(bool), slots=st.integers(1, 7))
def test_with_one_place_more_nothing_is_told_to_end_later(works: list[int], slots: int) -> None:
    equal = [max(works)] * len(works)
    fewer = forecast(building={}, waiting=waiting(*equal), slots=slots, pace=PACE)
    more = forecast(building={}, waiting=waiting(*equal), slots=slots + 1, pace=PACE)
    assert all(more[id].high <= fewer[id].high + 1e-9 for id in fewer)


@given(works=sizes, building=halfway, slots=st.integers(1, 4))
def test_what_comes_behind_changes_nothing(works: list[int], building: dict[int, Built], slots: int) -> None:
    alone = forecast(building=building, waiting=waiting(*works), slots=slots, pace=PACE)
    behind = [*waiting(*works), Queued(999, 2, SECOND, turn=0.0)]
    together = forecast(building=building, waiting=behind, slots=slots, pace=PACE)
    assert {id: together[id] for id in alone} == alone


def test_work_counts_and_not_parts() -> None:
    few_large = forecast(building={}, waiting=waiting(30 * SECOND, SECOND), slots=1, pace=PACE)
    many_small = forecast(building={}, waiting=waiting(*[SECOND] * 5), slots=1, pace=PACE)
    assert few_large[2].low > many_small[5].high
    assert middle(few_large[2]) == pytest.approx(31 + 2 * FIXED_SECONDS, rel=0.2)


def test_a_waiting_part_ends_after_what_is_built_and_then_takes_its_own_time() -> None:
    spans = forecast(building={100: built()}, waiting=waiting(10 * SECOND), slots=1, pace=PACE)
    assert spans[100].low <= 10 <= spans[100].high
    assert spans[1].low <= 20.3 <= spans[1].high
    assert spans[1].low > 10


def test_a_range_grows_narrower_as_the_part_advances() -> None:
    def width(done: float) -> float:
        part = built(done=done, seconds=FIXED_SECONDS + 10 * done)
        span = forecast(building={1: part}, waiting=[], slots=1, pace=PACE)[1]
        return span.high - span.low

    assert width(0.0) > width(0.25) > width(0.5) > width(0.75)


def test_a_part_that_is_slow_is_believed_more_than_everybody_s_pace() -> None:
    half_in_twenty_seconds = built(done=0.5, seconds=20.0)
    span = forecast(building={1: half_in_twenty_seconds}, waiting=[], slots=1, pace=PACE)[1]
    assert middle(span) > 12


@pytest.mark.parametrize("late", [5.0, 60.0, 600.0])
def test_a_part_that_hangs_is_not_said_to_end_at_once(late: float) -> None:
    hangs = built(done=0.0, seconds=10 + FIXED_SECONDS + late, ago=0.0)
    span = forecast(building={1: hangs}, waiting=[], slots=1, pace=PACE)[1]
    assert span.low < 10
    assert late * 1.2 < span.high < late * 1.5 + 20


def test_what_waits_behind_a_part_that_hangs_may_end_soon_or_much_later() -> None:
    hangs = built(done=0.0, seconds=10 + FIXED_SECONDS + 600, ago=0.0)
    span = forecast(building={100: hangs}, waiting=waiting(10 * SECOND), slots=1, pace=PACE)[1]
    assert span.low < 20
    assert span.high > 600


def test_what_happened_since_the_last_heartbeat_is_taken_off() -> None:
    fresh = forecast(building={1: built()}, waiting=[], slots=1, pace=PACE)[1]
    old = forecast(building={1: built(ago=2.0)}, waiting=[], slots=1, pace=PACE)[1]
    assert 0 < middle(fresh) - middle(old) < 3


def test_the_places_of_workers_that_take_no_more_are_not_counted() -> None:
    building = {100: built(work=2 * SECOND), 101: built(work=20 * SECOND)}
    spans = forecast(building=building, waiting=waiting(SECOND), slots=1, pace=PACE)
    assert spans[1].low > 10


def test_an_empresa_with_a_limit_is_built_at_its_pace_and_the_others_meanwhile() -> None:
    mine = [Queued(id, 7, 10 * SECOND, turn=0.0) for id in (1, 2, 3, 4)]
    other = Queued(5, 8, 10 * SECOND, turn=1.0)
    spans = forecast(building={}, waiting=[*mine, other], slots=4, pace=PACE, limits={7: 1})
    assert spans[4].low <= 4 * 10.3 <= spans[4].high
    assert spans[5].high < spans[2].low + 10
    free = forecast(building={}, waiting=[*mine, other], slots=4, pace=PACE)
    assert free[4].high < spans[4].low


def test_a_limit_of_nothing_tells_nothing() -> None:
    assert forecast(building={}, waiting=waiting(SECOND), slots=1, pace=PACE, limits={1: 0}) == {}


@given(
    owners=st.lists(st.integers(1, 4), max_size=30),
    limits=st.dictionaries(st.integers(1, 4), st.integers(1, 3), max_size=4),
    slots=st.integers(1, 5),
)
def test_under_any_limits_every_part_is_told_of_once(owners: list[int], limits: dict[int, int], slots: int) -> None:
    parts = [Queued(id, empresa, SECOND, turn=0.0) for id, empresa in enumerate(owners)]
    assert set(forecast(building={}, waiting=parts, slots=slots, pace=PACE, limits=limits)) == set(range(len(owners)))


def test_newcomers_are_counted_against_what_stands_deep_in_the_queue_and_not_against_its_head() -> None:
    busy = [hourly(empresa, 100 * SECOND) for empresa in range(100, 112)]  # a third of one builder
    calm, told = told_at(0, []), told_at(0, busy)
    assert told == calm
    assert told_at(19, busy).high > 1.2 * told_at(19, []).high


def hourly(empresa: int, work: int, *, parts: int = 1, ago: float = HOUR_SECONDS / 2) -> Wish:
    return Wish(empresa, work, parts, ago)


def told_at(place: int, some: list[Wish]) -> Span:
    """What is told of one of twenty parts of empresa 1, at its place."""
    deep = [Queued(id, 1, 10 * SECOND, turn=10.0 * SECOND * id) for id in range(20)]
    return forecast(building={}, waiting=deep, slots=1, pace=PACE, demand=demand_of(some))[place]


def test_demand_that_goes_on_is_told_of_within_a_minute_whatever_the_hour_was() -> None:
    each_second = [hourly(100 + n, SECOND // 2, ago=float(n)) for n in range(int(LATELY_SECONDS))]
    assert told_at(19, each_second).high > 2 * told_at(19, []).high
    assert told_at(19, each_second).low == pytest.approx(told_at(19, []).low, rel=0.05)  # it may also end at once


def test_what_is_asked_for_all_the_time_makes_the_soonest_end_later_too() -> None:
    all_the_hour = [hourly(100 + n, SECOND // 2, ago=float(n)) for n in range(int(HOUR_SECONDS))]
    assert told_at(19, all_the_hour).low > 1.5 * told_at(19, []).low


@pytest.mark.parametrize("ago", [0.0, 9.99, 30.0])
def test_a_burst_is_in_the_queue_and_is_not_taken_for_more_to_come(ago: float) -> None:
    burst = [hourly(empresa, 10 * SECOND, parts=20, ago=ago + empresa / 100) for empresa in range(100, 110)]
    assert told_at(19, burst).high == pytest.approx(told_at(19, []).high, rel=0.15)


def test_many_small_parts_are_counted_with_what_each_takes_however_little_it_holds() -> None:
    few, many = ([hourly(100, 100 * SECOND, parts=parts)] for parts in (1, 200))
    assert Asked(many, seconds=1).ahead(100 * SECOND, of=1, rate=PACE.rate) == pytest.approx(100 + 200 * FIXED_SECONDS)
    assert told_at(19, many).high > told_at(19, few).high


def test_what_the_empresa_itself_asked_for_is_no_newcomer() -> None:
    own = Asked([hourly(1, 1000 * SECOND)], seconds=3600)
    assert own.ahead(100 * SECOND, of=1, rate=PACE.rate) == 0
    assert own.ahead(36 * SECOND, of=2, rate=PACE.rate) == pytest.approx(0.01, rel=0.01)


@given(some=wishes, depth=st.integers(0, 10**9), of=st.integers(1, 5))
def test_a_request_puts_no_more_ahead_than_it_has_nor_than_the_depth(some: list[Wish], depth: int, of: int) -> None:
    counted = [(wish, min(wish.work, depth)) for wish in some if wish.empresa != of and wish.work]
    expected = sum(work * PACE.rate + FIXED_SECONDS * wish.parts * work / wish.work for wish, work in counted)
    usual, _ = demand_of(some)
    assert usual.ahead(depth, of=of, rate=PACE.rate) * HOUR_SECONDS == pytest.approx(expected, abs=1e-6)


def test_too_few_samples_say_nothing() -> None:
    assert pace_of([(SECOND, 1.0)] * (FEWEST_SAMPLES - 1)) == USUAL
    assert pace_of([(0, 1.0)] * 50) == USUAL


@given(st.lists(st.tuples(st.integers(1, 10**11), st.floats(0.001, 10_000)), max_size=60))
def test_a_pace_is_positive_and_its_factors_lie_around_one(samples: list[tuple[int, float]]) -> None:
    pace = pace_of(samples)
    assert pace.rate > 0
    assert 0 < pace.low <= 1 <= pace.high


def test_equal_parts_give_their_pace_and_the_more_the_surer() -> None:
    some = [(10 * SECOND, 10 + FIXED_SECONDS)]
    few, many = pace_of(some * 5), pace_of(some * 100)
    assert few.rate == pytest.approx(PACE.rate)
    assert few.low < many.low < 1 < many.high < few.high
