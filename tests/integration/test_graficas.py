"""The charts of the queue: the sums of the database tell what a replay of all moves tells, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from sam.models import Archive, Ficha, Transition, ZipPart, ZipRequest
from sam.planning.historia import history
from sam.selectors.cubetas import Buckets
from sam.selectors.graficas import charts
from sam.services.cuidado import reap_lost_parts
from sam.services.partes import BuiltArchive, Claim, claim_part, finish_part, hand_back
from sam.services.solicitudes import request_zip
from sam.services.vida import cancel_request, retry_request
from sam.states import Move, PartState
from tests.integration.making import make_empresa, make_usuario, real_database
from tests.lives import Life, Moved, lives, replay

pytestmark = [real_database, pytest.mark.sqlite]

GRID = {"begin": 1_764_000_000, "step": 60, "buckets": 30}
WEEK = 7 * 86_400
# What the constraints want of a part in each state.
FACTS: dict[PartState, dict[str, Any]] = {
    PartState.PROCESSING: {"owner": "w", "lease_until": datetime(2026, 1, 1, tzinfo=UTC)},
    PartState.COMPLETED: {"expires_at": datetime(2026, 1, 1, tzinfo=UTC)},
    PartState.EXPIRED: {"expires_at": datetime(2026, 1, 1, tzinfo=UTC)},
    PartState.FAILED: {"error": "build_error"},
}


def moment(ms: float) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms)


def store(parts: Sequence[Life]) -> None:
    """Each part in a request of its own."""
    empresa = make_empresa(equipos=0)
    user = make_usuario(empresa)
    lists = Ficha.objects.create(
        kind="empresa", subject=1, revision=1, data="{}", sha256="0" * 64, documents=0, bytes=0
    )
    archive = Archive.objects.create(
        key="k", bytes=1, sha256="a" * 64, manifest_sha256="b" * 64, registered=0, missing=0
    )
    requests = ZipRequest.objects.bulk_create(
        ZipRequest(
            empresa=empresa,
            requester=user,
            state="completed",
            ended_at=timezone.now(),
            instant=moment(one.created),
            created_at=moment(one.created),
            root="r",
            lists=lists,
        )
        for one in parts
    )
    rows = ZipPart.objects.bulk_create(
        ZipPart(
            request=request,
            number=1,
            of=1,
            first=1,
            last=1,
            state=one.state,
            attempt=one.attempt,
            queued_at=moment(one.queued),
            archive=archive if one.state == PartState.COMPLETED else None,
            **FACTS.get(one.state, {}),
        )
        for request, one in zip(requests, parts, strict=True)
    )
    moves = ((move, row) for row, one in zip(rows, parts, strict=True) for move in one.moves)
    Transition.objects.bulk_create(
        Transition(
            part=row,
            request_id=row.request_id,
            actor="w",
            at=moment(move.at),
            move=move.move,
            before=move.before,
            after=move.after,
            attempt=move.attempt,
            reason=move.reason,
            ms=move.ms,
        )
        for move, row in sorted(moves, key=lambda one: one[0].at)
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_sums_of_any_history_are_those_of_its_replay(seed: int) -> None:
    parts = lives(Random(seed), parts=150, **GRID)
    store(parts)
    expected = replay(parts, **GRID)
    assert max(expected.depth) > 9
    assert max(expected.oldest) > 3 * GRID["step"]
    assert len(expected.failures) == 3
    sums = Buckets(**GRID)
    found = history(
        waits=sums.waits(),
        finished=sums.finished(),
        failures=sums.failures(),
        end=GRID["begin"] + GRID["step"] * GRID["buckets"],
        step=GRID["step"],
        buckets=GRID["buckets"],
    )
    assert list(found.depth) == expected.depth
    assert list(found.oldest) == expected.oldest
    assert found.failures == expected.failures
    assert found.completed == sum(map(len, expected.finished))
    for some, rate in zip(expected.finished, found.per_minute, strict=True):
        assert rate == pytest.approx(len(some) * 60 / GRID["step"], abs=0.01)
    assert_durations(sums, expected.finished)


def assert_durations(sums: Buckets, expected: Iterable[list[int | None]]) -> None:
    """Each is told by a rung that is at most 1.6 % away."""
    told: list[list[int | None]] = [[] for _ in expected]
    for bucket, seconds, parts in sums.finished():
        told[bucket] += parts * [None if seconds is None else round(1000 * seconds)]
    for found, wanted in zip(told, expected, strict=True):
        timed = [one for one in wanted if one is not None]
        assert len(found) == len(wanted)
        assert sorted(one for one in found if one is not None) == pytest.approx(sorted(timed), rel=0.016, abs=1)


def test_every_duration_has_a_rung_near_it() -> None:
    begin, longest = 1000 * GRID["begin"], 64 << 23
    took = sorted({ms for power in range(32) for ms in (2**power - 1, 2**power, 3 * 2**power // 2)})
    life = Life(created=begin, queued=begin, state=PartState.EXPIRED)
    life.moves = [Moved(begin, Move.FINISH, PartState.PROCESSING, PartState.COMPLETED, 1, "", ms) for ms in took]
    store([life])
    told = sorted(one.seconds or 0.0 for one in Buckets(**GRID).finished() for _ in range(one.parts))
    assert [1000 * seconds for seconds in told] == pytest.approx([min(ms, longest) for ms in took], rel=0.016, abs=1)


def test_what_the_log_has_forgotten_was_before_the_first_bucket() -> None:
    begin, minute = 1000 * GRID["begin"], 60_000
    queued = begin - 100 * minute
    waits = Life(created=begin - 900 * minute, queued=queued, state=PartState.PENDING, attempt=3)
    claimed = Life(created=begin - 900 * minute, queued=queued, state=PartState.PROCESSING, attempt=3)
    at = begin + 2 * minute + 1
    claimed.moves = [Moved(at, Move.CLAIM, PartState.PENDING, PartState.PROCESSING, 3, "", at - queued)]
    store([waits, claimed])
    found = list(Buckets(**GRID).waits())
    assert {(one.entered, one.left, one.since, one.parts) for one in found} == {
        (-1, GRID["buckets"], queued / 1000, 1),
        (-1, 2, queued / 1000, 1),
    }


def test_a_part_that_was_built_meanwhile_did_not_wait_then_and_is_as_old_as_it_was() -> None:
    begin, minute = 1000 * GRID["begin"], 60_000
    life = Life(created=begin + 1, queued=begin + 1, state=PartState.PENDING, attempt=2)
    life.moves = [
        Moved(begin + minute, Move.CLAIM, PartState.PENDING, PartState.PROCESSING, 1, "", minute - 1),
        Moved(begin + 9 * minute, Move.HAND_BACK, PartState.PROCESSING, PartState.PENDING, 1, "stopping", 8 * minute),
    ]
    store([life])
    since = life.queued / 1000
    assert set(Buckets(**GRID).waits()) == {(0, 1, since, 1), (9, GRID["buckets"], since, 1)}


def test_a_cancel_which_tells_no_age_is_as_old_as_the_last_retry() -> None:
    begin, minute = 1000 * GRID["begin"], 60_000
    life = Life(created=begin - 90 * minute, queued=begin + 1, state=PartState.CANCELLED, attempt=3)
    life.moves = [
        Moved(begin - 80 * minute, Move.CANCEL, PartState.PENDING, PartState.CANCELLED, 1, "", None),
        Moved(life.queued, Move.RETRY, PartState.CANCELLED, PartState.PENDING, 1, "", None),
        Moved(begin + 2, Move.CLAIM, PartState.PENDING, PartState.PROCESSING, 2, "", 1),
        Moved(begin + 3 * minute, Move.HAND_BACK, PartState.PROCESSING, PartState.PENDING, 2, "stopping", 3 * minute),
        Moved(begin + 5 * minute, Move.CANCEL, PartState.PENDING, PartState.CANCELLED, 3, "", None),
    ]
    store([life])
    assert set(Buckets(**GRID).waits()) == {(3, 5, life.queued / 1000, 1)}


def test_the_charts_tell_what_the_services_did() -> None:
    user = make_usuario(make_empresa(equipos=36))
    request_id, _ = request_zip(actor=user)
    for _ in range(2):
        hand_back(claim())
    first, lost = claim(), claim()
    ZipPart.objects.filter(pk=lost.part_id).update(lease_until=F("queued_at") - timedelta(hours=1))
    assert reap_lost_parts() == 1
    finish_part(first, BuiltArchive("k", 1000, "a" * 64, "b" * 64, 0, []))
    cancel_request(actor=user, request_id=request_id)
    retry_request(actor=user, request_id=request_id)
    request_zip(actor=make_usuario(make_empresa("Otra", equipos=1)))
    for chart in charts().values():
        assert chart["depth"][-1] == ZipPart.objects.filter(state=PartState.PENDING).count() == 2
        assert max(chart["oldest"]) < 60
        assert chart["completed"] == 1
        assert chart["duration"] is not None
        assert chart["failures"] == {}


def claim() -> Claim:
    found = claim_part(owner="w")
    assert found is not None
    return found


def test_a_week_of_very_many_moves_is_whole() -> None:
    now = int(timezone.now().timestamp())
    begin = now - WEEK
    waits = Life(created=1000 * (begin - WEEK), queued=1000 * (begin - WEEK))
    life = Life(created=1000 * begin, queued=1000 * begin, state=PartState.EXPIRED)
    for number in range(1000):
        at = 1000 * begin + number * 1000 * WEEK // 1000
        life.moves += [
            Moved(at, Move.CLAIM, PartState.PENDING, PartState.PROCESSING, 1, "", 2000),
            Moved(at + 1000, Move.FINISH, PartState.PROCESSING, PartState.COMPLETED, 1, "", 1000),
        ]
    store([waits, life])
    assert _double(times=5) == 64_000
    chart = charts()["7d"]
    step = chart["step"]
    # The week shown begins up to a bucket later.
    assert chart["completed"] >= 32_000 * (1 - 1.1 * step / WEEK)
    whole = chart["per_minute"][1:-1]
    assert min(whole) > 0.9 * max(whole) > 2
    assert chart["depth"][0] == chart["depth"][-1] == 1
    assert chart["oldest"][0] >= WEEK
    assert chart["duration"] == pytest.approx((1, 1), rel=0.016)


def _double(*, times: int) -> int:
    columns = "part_id, request_id, actor, at, move, before, after, attempt, reason, ms, trace"
    with connection.cursor() as cursor:
        for _ in range(times):
            cursor.execute(f"INSERT INTO sam_transition ({columns}) SELECT {columns} FROM sam_transition")
    return Transition.objects.count()
