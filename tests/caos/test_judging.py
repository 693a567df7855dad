"""The judge of a storm sees each kind of broken promise, and sees none where there is none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tests.caos.ledger import NO_ANSWER, Answer, Farewell, Kill, Ledger, Outage
from tests.caos.moves import (
    NEVER,
    ONCE_OR_MORE,
    Move,
    broken_chains,
    finished_twice,
    live_spans,
    moved_by_others,
    quantiles,
    recoveries,
)
from tests.caos.plan import ActKind, make_plan
from tests.caos.promises import Found, Part, Request, broken_in_answers, broken_in_database

BEGAN = datetime(2026, 3, 2, 15, tzinfo=UTC)

ENDS = {
    "claim": "processing", "finish": "completed", "fail": "failed", "cancel": "cancelled", "hand_back": "pending",
    "reap": "pending", "retry": "pending", "expire": "expired",
}  # fmt: skip


def chain(*steps: tuple[str, float], part: int = 1, request: int = 1, pid: int = 77) -> list[Move]:
    """The moves of one part, each at so many seconds after the beginning."""
    state, attempt, moves = "pending", 1, []
    for number, (move, at) in enumerate(steps):
        after = ENDS[move]
        moves.append(
            Move(
                id=1000 * int(at) + number,
                part_id=part,
                request_id=request,
                at=BEGAN + timedelta(seconds=at),
                actor=f"worker:host:{pid}:abc",
                move=move,
                before=state,
                after=after,
                attempt=attempt,
                reason="",
            )
        )
        attempt += after == "pending"
        state = after
    return moves


def found(*chains: Sequence[Move], created: Sequence[float] = (), notified: Sequence[int] = ()) -> Found:
    """A database with one request of one part for each chain."""
    parts, requests = [], []
    for number, moves in enumerate(chains, start=1):
        state = moves[-1].after if moves else "pending"
        parts.append(Part(number, number, 1, state, "", 1, None, None))
        at = BEGAN + timedelta(seconds=created[number - 1] if created else 0)
        told = notified[number - 1] if notified else int(state in ("completed", "failed"))
        requests.append(Request(number, 1, f"usuario{number}", state, at, told))
    return Found(parts, requests, dict(enumerate(chains, start=1)))


WELL = (("claim", 1), ("finish", 2))


def test_nothing_is_broken_where_all_is_well() -> None:
    assert list(broken_in_database(found(chain(*WELL)), Ledger())) == []


def test_a_part_that_was_finished_twice_is_seen() -> None:
    twice = chain(*WELL)
    twice.append(twice[-1]._replace(attempt=2))
    assert "terminada dos veces" in next(finished_twice({1: twice}))


def test_a_part_that_was_finished_again_after_a_retry_is_well() -> None:
    again = chain(*WELL, ("expire", 3), ("retry", 4), ("claim", 5), ("finish", 6))
    assert list(finished_twice({1: again})) == []
    assert list(broken_chains({1: again}, {1: "completed"})) == []


def test_a_move_that_the_log_does_not_have_is_seen() -> None:
    assert "sale de processing" in next(broken_chains({1: chain(*WELL)[1:]}, {1: "completed"}))


def test_a_row_that_is_not_where_its_log_ends_is_seen() -> None:
    assert "la fila dice cancelled" in next(broken_chains({1: chain(*WELL)}, {1: "cancelled"}))


def test_an_attempt_that_goes_back_is_seen() -> None:
    moves = chain(("claim", 1), ("reap", 2), ("claim", 3))
    moves[2] = moves[2]._replace(attempt=1)
    moves[1] = moves[1]._replace(attempt=2)
    assert "intento 1 después del 2" in next(broken_chains({1: moves}, {1: "processing"}))


def test_a_part_that_another_than_its_builder_finished_is_seen() -> None:
    moves = chain(("claim", 1), ("reap", 2), ("claim", 3), ("finish", 4))
    assert list(moved_by_others({1: moves})) == []
    moves[3] = moves[3]._replace(actor="worker:host:78:def")
    assert "finish de worker:host:78:def después de claim de worker:host:77:abc" in next(moved_by_others({1: moves}))


def test_a_part_that_never_ended_is_seen() -> None:
    assert "parte 1: sigue processing" in list(broken_in_database(found(chain(("claim", 1))), Ledger()))


def test_an_accepted_request_that_is_gone_is_seen() -> None:
    ledger = Ledger()
    ledger.answers.append(an_answer(status=201, request_id=9))
    assert "la solicitud 9 de ana se aceptó y no existe" in list(broken_in_database(found(), ledger))


def test_two_requests_that_live_at_once_are_seen_and_one_after_the_other_are_not() -> None:
    first, second = chain(("claim", 1), ("finish", 5)), chain(("claim", 6), ("finish", 7), part=2, request=2)
    both = found(first, second, created=(0, 3))
    both = Found(both.parts, [one._replace(requester="ana") for one in both.requests], both.moves)
    assert list(broken_in_database(both, Ledger())) == ["solicitudes 1 y 2 de ana vivas a la vez"]
    later = found(first, second, created=(0, 5.5))
    later = Found(later.parts, [one._replace(requester="ana") for one in later.requests], later.moves)
    assert list(broken_in_database(later, Ledger())) == []


@pytest.mark.parametrize("notified", [0, 2])
def test_an_end_that_nobody_or_everybody_twice_was_told_of_is_seen(notified: int) -> None:
    assert "notificaciones" in next(broken_in_database(found(chain(*WELL), notified=[notified]), Ledger()))


def test_a_request_lives_while_any_of_its_parts_does() -> None:
    spans = live_spans(BEGAN.timestamp(), [chain(("cancel", 1), ("retry", 7)), chain(("claim", 1), ("finish", 4))])
    assert [(one.since - BEGAN.timestamp(), one.until - BEGAN.timestamp()) for one in spans] == [(0, 4), (7, math.inf)]


def test_recovery_is_from_the_kill_until_the_next_claim() -> None:
    moves = {1: chain(("claim", 1), ("reap", 10), ("claim", 11), ("finish", 12))}
    kills = [Kill(at=BEGAN.timestamp() + 2, pid=77), Kill(at=BEGAN.timestamp() + 2, pid=78)]
    assert recoveries(moves, kills) == [9]
    assert recoveries(moves, kills, until="reap") == [8]


def test_recovery_tells_first_losses_from_later_ones_and_leaves_out_what_was_cancelled() -> None:
    kill = [Kill(at=BEGAN.timestamp() + 5.5, pid=77)]
    thrice = (("claim", 1), ("reap", 2), ("claim", 3), ("reap", 4), ("claim", 5), ("reap", 10), ("claim", 40))
    assert recoveries({1: chain(*thrice)}, kill, lost_before=NEVER) == []
    assert recoveries({1: chain(*thrice)}, kill, lost_before=ONCE_OR_MORE) == [34.5]
    assert recoveries({1: chain(("claim", 5), ("cancel", 7), ("retry", 8), ("claim", 9))}, kill) == []


@pytest.mark.parametrize(("outages", "is_broken"), [((), True), ((Outage("PostgreSQL", began=0),), False)])
def test_a_part_that_a_stopped_worker_kept_is_seen_unless_the_database_was_away(
    outages: Sequence[Outage], is_broken: bool
) -> None:
    kept = chain(("claim", 1), ("reap", 14), ("claim", 15), ("finish", 16))
    told = BEGAN.timestamp() + 3
    ledger = Ledger(farewells=[Farewell(told=told, ended=told + 5, pid=77)], outages=list(outages))
    assert bool(list(broken_in_database(found(kept), ledger))) is is_broken


def test_a_part_that_a_stopped_worker_gave_back_is_well() -> None:
    given = chain(("claim", 1), ("hand_back", 4), ("claim", 5), ("finish", 6))
    told = BEGAN.timestamp() + 3
    ledger = Ledger(farewells=[Farewell(told=told, ended=told + 5, pid=77)])
    assert list(broken_in_database(found(given), ledger)) == []


def test_quantiles_are_values_that_were_seen() -> None:
    assert quantiles([float(one) for one in range(1, 101)]) == (50, 95, 100)
    assert quantiles([3.0]) == (3, 3, 3)


def an_answer(*, status: int, request_id: int | None = None, act: str = ActKind.REQUEST) -> Answer:
    return Answer(
        username="ana", act=act, method="POST", path="/", status=status, began=100, ended=101, web=0,
        request_id=request_id,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "away", "is_broken"),
    [
        (201, "", False),
        (500, "PostgreSQL", True),
        (503, "", True),
        (503, "PostgreSQL", False),
        (503, "web 0", True),
        (NO_ANSWER, "web 0", False),
        (NO_ANSWER, "", True),
        (404, "almacén", True),
    ],
)
def test_a_storm_excuses_some_answers_and_not_others(status: int, away: str, is_broken: bool) -> None:
    ledger = Ledger(answers=[an_answer(status=status)])
    if away:
        ledger.outages.append(Outage(away, began=99, ended=100.5))
    assert bool(list(broken_in_answers(ledger))) is is_broken


def test_an_outage_excuses_nothing_long_after_its_end() -> None:
    ledger = Ledger(answers=[an_answer(status=503)], outages=[Outage("PostgreSQL", began=50, ended=60)])
    assert list(broken_in_answers(ledger)) != []


def test_a_seed_is_a_storm_and_another_is_another() -> None:
    assert make_plan(minutes=5, seed=3) == make_plan(minutes=5, seed=3)
    assert make_plan(minutes=5, seed=3) != make_plan(minutes=5, seed=4)


def test_a_storm_has_every_kind_of_fault_and_every_act() -> None:
    plan = make_plan(minutes=15, seed=1)
    assert len({fault.kind for fault in plan.faults}) == 17
    assert {act.kind for acts in plan.acts.values() for act in acts} == set(ActKind)
