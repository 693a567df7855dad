"""Who is built next: shares between empresas, limits, pauses, priority; and what each waiting part is told of it."""

from __future__ import annotations

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from sam.errors import TooManyRequests
from sam.models import Archive, Empresa, QueueControl, Usuario, WorkerBeat, ZipPart, ZipRequest
from sam.models.clock import LEASE_SECONDS
from sam.selectors.cola import candidates, claimable_parts
from sam.selectors.panorama import KEPT, Outlook, is_news, outlooks, picture, recent_experience
from sam.selectors.tablero import digest
from sam.services.cuidado import worker_seen
from sam.services.operar import Order, operate
from sam.services.partes import Claim, beat, claim_part, fail_part, hand_back, lease_seconds, put_off
from sam.services.solicitudes import request_zip
from sam.services.vida import cancel_request, retry_request
from sam.states import FailureReason, PartState
from tests.integration.making import held, make_empresa, make_usuario, real_database

# What is published and rung is not looked at here.
pytestmark = [real_database, pytest.mark.sqlite, pytest.mark.usefixtures("published", "rings")]

WORK = 1000


def ask(parts: int, *, empresa: Empresa | None = None, work: int = WORK) -> ZipRequest:
    """A request of so many parts of equal work, made as the product makes it."""
    empresa = empresa or make_empresa(f"Empresa {Empresa.objects.count()}", equipos=1)
    while empresa.equipos.count() < 35 * parts:
        first = empresa.equipos.count()
        empresa.equipos.bulk_create(
            type(empresa.equipos.model())(empresa=empresa, codigo_interno=f"Q-{number:05}", nombre="Balanza")
            for number in range(first, min(first + 35, 35 * parts))
        )
    request_id, _ = request_zip(actor=make_usuario(empresa))
    return ZipRequest.objects.get(pk=request_id)


def claim(owner: str = "w") -> Claim:
    claimed = claim_part(owner=owner)
    assert claimed is not None
    return claimed


def claimed_empresas(count: int) -> list[int]:
    """The empresas of the next so many claims, each of which ends before the next."""
    found = []
    for _ in range(count):
        one = claim()
        found.append(ZipRequest.objects.values_list("empresa", flat=True).get(pk=one.request_id))
        fail_part(one, FailureReason.BUILD_ERROR)
    return found


def outlook_of(part: ZipPart) -> Outlook:
    KEPT.renew()
    return outlooks([ZipPart.objects.get(pk=part.pk)])[part.pk]


def first_part(request: ZipRequest) -> ZipPart:
    return request.parts.order_by("number")[0]


def operator() -> Usuario:
    return make_usuario(None, staff=True, is_superuser=True)


def pause(empresa: Empresa | None = None) -> None:
    operate(actor=operator(), order=Order(action="pause", empresa=empresa.pk if empresa else None))


def resume(empresa: Empresa | None = None) -> None:
    operate(actor=operator(), order=Order(action="resume", empresa=empresa.pk if empresa else None))


def start_worker(slots: int = 2) -> None:
    worker_seen(name="w", host="h", version="1", slots=slots, memory_bytes=0)


def test_a_newcomer_s_two_parts_go_before_the_rest_of_a_large_empresa() -> None:
    large = ask(6)
    claim("w1"), claim("w2")
    small = ask(2)
    assert [claim().request_id for _ in range(3)] == [small.pk, small.pk, large.pk]


def test_empresas_that_wait_take_turns() -> None:
    one, other = ask(4), ask(4)
    counts = Counter(claimed_empresas(4))
    assert counts == {one.empresa_id: 2, other.empresa_id: 2}


def test_an_empresa_of_double_weight_gets_double() -> None:
    heavy = make_empresa(equipos=1)
    Empresa.objects.filter(pk=heavy.pk).update(peso=2)
    ask(8, empresa=heavy)
    light = ask(8)
    counts = Counter(claimed_empresas(9))
    assert counts[heavy.pk] == 2 * counts[light.empresa_id] == 6


def test_the_parts_of_a_request_are_begun_in_their_order() -> None:
    ask(4)
    assert [claim().number for _ in range(4)] == [1, 2, 3, 4]


def test_another_usuario_of_the_same_empresa_waits_behind_what_it_has_queued() -> None:
    first = ask(3)
    second = ask(3, empresa=first.empresa)
    assert [claim().request_id for _ in range(6)] == [first.pk] * 3 + [second.pk] * 3


def test_a_part_that_was_raised_goes_first_whoever_waits_longer() -> None:
    ask(2)
    late = ask(3)
    last = late.parts.order_by("-number")[0]
    operate(actor=operator(), order=Order(action="priority", parts=(last.pk,), why="auditoría"))
    assert claim().part_id == last.pk


def test_a_raised_part_that_is_built_does_not_set_the_queue_s_time() -> None:
    large = ask(5)
    last = large.parts.order_by("-number")[0]
    ZipPart.objects.filter(pk=last.pk).update(priority=1)
    claim()
    newcomer = ask(1)
    assert newcomer.pk in {claim().request_id, claim().request_id}


@pytest.mark.parametrize("whole", [True, False], ids=["queue", "empresa"])
def test_what_is_paused_is_not_claimed_until_it_is_resumed(whole: bool) -> None:
    held = ask(1)
    target = None if whole else held.empresa
    pause(target)
    assert claim_part(owner="w") is None
    resume(target)
    assert claim().request_id == held.pk


def test_while_an_empresa_is_paused_the_others_go_on() -> None:
    held, other = ask(2), ask(1)
    pause(held.empresa)
    assert claim().request_id == other.pk
    assert claim_part(owner="w") is None


def held_up_far_behind(held: ZipRequest) -> ZipRequest:
    """Another empresa's, of which much was built while this one was held up: its turns are far ahead."""
    busy = ask(6)
    ZipPart.objects.filter(request=busy).update(turn=1e12)
    assert ZipPart.objects.filter(request=held, turn__lt=1e9).count() == held.parts.count()
    return busy


def test_a_newcomer_is_not_placed_by_the_old_turns_of_an_empresa_that_is_paused() -> None:
    held = ask(2)
    pause(held.empresa)
    busy = held_up_far_behind(held)
    newcomer = ask(4)
    assert Counter(claimed_empresas(4))[busy.empresa_id] >= 1
    assert ZipPart.objects.filter(request=newcomer, turn__gte=1e11).count() == 4


def test_a_newcomer_is_not_placed_by_the_old_turns_of_an_empresa_at_its_limit() -> None:
    held = ask(3)
    Empresa.objects.filter(pk=held.empresa_id).update(partes_a_la_vez=1)
    claim()
    held_up_far_behind(held)
    newcomer = ask(4)
    assert ZipPart.objects.filter(request=newcomer, turn__gte=1e11).count() == 4


def test_a_newcomer_is_not_placed_by_a_part_that_was_put_off() -> None:
    held = ask(1)
    put_off(claim())
    held_up_far_behind(held)
    ZipPart.objects.filter(request=held).update(not_before=None)
    assert claim().request_id == held.pk
    newcomer = ask(4)
    assert ZipPart.objects.filter(request=newcomer, turn__gte=1e11).count() == 4


def test_an_empresa_alone_in_the_queue_and_paused_holds_no_newcomer_back() -> None:
    held = ask(3)
    ZipPart.objects.filter(request=held).update(turn=1e12)
    pause(held.empresa)
    newcomer = ask(1)
    assert claim().request_id == newcomer.pk


def test_a_retried_part_goes_behind_what_its_empresa_has_queued() -> None:
    first = ask(2)
    failed = claim()
    fail_part(failed, FailureReason.BUILD_ERROR)
    waiting = ask(2, empresa=first.empresa)
    retry_request(actor=first.requester, request_id=first.pk)
    order = [claim() for _ in range(4)]
    assert [one.request_id for one in order] == [first.pk, waiting.pk, waiting.pk, first.pk]
    assert order[-1].part_id == failed.part_id


def test_a_part_that_was_handed_back_keeps_its_place() -> None:
    first = ask(2)
    handed = claim()
    ask(2)
    hand_back(handed)
    assert claim().part_id == handed.part_id
    assert first.parts.get(pk=handed.part_id).attempt == 2


@pytest.mark.parametrize("limit", [1, 2])
def test_an_empresa_has_no_more_parts_built_at_once_than_its_limit(limit: int) -> None:
    limited = ask(4)
    Empresa.objects.filter(pk=limited.empresa_id).update(partes_a_la_vez=limit)
    other = ask(1)
    taken = [claim() for _ in range(limit + 1)]
    assert Counter(one.request_id for one in taken) == {limited.pk: limit, other.pk: 1}
    assert claim_part(owner="w") is None
    mine = next(one for one in taken if one.request_id == limited.pk)
    fail_part(mine, FailureReason.BUILD_ERROR)
    assert claim().request_id == limited.pk


def test_many_claims_at_the_same_moment_do_not_exceed_a_limit() -> None:
    limit, threads = 2, 8
    limited = make_empresa(equipos=1)
    ask(4, empresa=limited), ask(4, empresa=limited)  # two requests: no row of theirs is shared but the empresa's
    Empresa.objects.filter(pk=limited.pk).update(partes_a_la_vez=limit)
    other = ask(3)
    start = threading.Barrier(threads)

    def take(number: int) -> Claim | None:
        try:
            start.wait(20)
            return claim_part(owner=f"w{number}")
        finally:
            connection.close()

    for _ in range(5):
        with ThreadPoolExecutor(threads) as pool:
            taken = [one for one in pool.map(take, range(threads)) if one is not None]
        by_other = sum(one.request_id == other.pk for one in taken)
        assert (len(taken) - by_other, by_other) == (limit, 3)
        for one in taken:
            hand_back(one)


def test_an_empresa_past_its_hourly_limit_is_told_when_to_come_again() -> None:
    empresa = make_empresa(equipos=1)
    Empresa.objects.filter(pk=empresa.pk).update(solicitudes_por_hora=2)
    for _ in range(2):
        ask(1, empresa=empresa)
    oldest = ZipRequest.objects.order_by("created_at")[0]
    ZipRequest.objects.filter(pk=oldest.pk).update(created_at=timezone.now() - timedelta(minutes=50))
    client = Client()
    client.force_login(make_usuario(empresa))
    answer = client.post("/zip/solicitudes/", json.dumps({}), content_type="application/json")
    assert answer.status_code == 429
    assert 590 <= int(answer["Retry-After"]) <= 601
    ZipRequest.objects.filter(pk=oldest.pk).update(created_at=timezone.now() - timedelta(minutes=61))
    ask(1, empresa=empresa)


def test_the_hourly_limit_of_one_empresa_is_nobody_else_s() -> None:
    empresa = make_empresa(equipos=1)
    Empresa.objects.filter(pk=empresa.pk).update(solicitudes_por_hora=1)
    ask(1, empresa=empresa)
    with pytest.raises(TooManyRequests):
        ask(1, empresa=empresa)
    ask(1)


def test_what_is_told_why_it_waits_is_what_no_worker_may_take() -> None:
    start_worker()
    never, full, roomy, held, put, free = (ask(2) for _ in range(6))
    for request, limit in ((never, 0), (full, 1), (roomy, 2)):
        Empresa.objects.filter(pk=request.empresa_id).update(partes_a_la_vez=limit)
    while not full.parts.filter(state=PartState.PROCESSING).exists():
        claim()
    pause(held.empresa)
    first = first_part(put)
    ZipPart.objects.filter(pk=first.pk).update(not_before=timezone.now() + timedelta(seconds=20))
    told = picture()
    may_start = [one.id for one in told.waiting if one.id not in told.reasons]
    assert [one.id for one in candidates("w", most=100)] == may_start
    assert list(claimable_parts().values_list("pk", flat=True)) == may_start
    kept_back = {one.empresa: told.reasons[one.id] for one in told.waiting if one.id in told.reasons}
    assert kept_back.pop(put.empresa_id) == "retry_later"
    assert kept_back == {
        never.empresa_id: "empresa_limit",
        full.empresa_id: "empresa_limit",
        held.empresa_id: "paused",
    }
    assert {free.pk, roomy.pk} <= set(ZipPart.objects.filter(pk__in=may_start).values_list("request", flat=True))
    pause(None)
    assert candidates("w", most=100) == []


def test_a_claim_takes_nine_statements_however_long_the_queue_is(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    ask(3), ask(3)
    claim(), claim()  # now both requests are being built
    with django_assert_max_num_queries(9):
        claim()


# What a part is told.


def test_positions_are_the_order_of_the_claims() -> None:
    start_worker()
    ask(3), ask(2), ask(1)
    told = picture().positions
    claims = [claim().part_id for _ in range(6)]
    assert [told[pk] for pk in claims] == [1, 2, 3, 4, 5, 6]


def test_a_part_waits_for_those_ahead_or_for_a_worker() -> None:
    request = ask(2)
    part = request.parts.get(number=2)
    assert outlook_of(part) == Outlook(2, "no_workers", None)
    start_worker()
    told = outlook_of(part)
    assert (told.position, told.reason) == (2, "queue_ahead")
    assert told.eta is not None
    WorkerBeat.objects.update(seen_at=timezone.now() - timedelta(seconds=11))
    assert outlook_of(part) == Outlook(2, "no_workers", None)


@pytest.mark.parametrize("whole", [True, False], ids=["queue", "empresa"])
def test_a_part_is_told_of_a_pause_and_that_nobody_knows_when_it_ends(whole: bool) -> None:
    start_worker()
    request, other = ask(1), ask(1)
    pause(None if whole else request.empresa)
    assert outlook_of(first_part(request)) == Outlook(1 if whole else 2, "paused", None)
    assert outlook_of(first_part(other)).reason == ("paused" if whole else "queue_ahead")


def test_a_part_that_storage_put_off_says_so_and_one_that_was_lost_says_that_it_is_tried_later() -> None:
    start_worker()
    put, lost = ask(1), ask(1)
    put_off(claim())
    ZipPart.objects.filter(request=lost).update(not_before=timezone.now() + timedelta(seconds=20))
    assert outlook_of(first_part(put)).reason == "storage_unavailable"
    assert outlook_of(first_part(lost)).reason == "retry_later"
    ZipPart.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    assert {outlook_of(first_part(one)).reason for one in (put, lost)} == {"queue_ahead"}


def test_parts_of_an_empresa_at_its_limit_say_so_and_are_told_their_time() -> None:
    start_worker(slots=3)
    limited = ask(4)
    Empresa.objects.filter(pk=limited.empresa_id).update(partes_a_la_vez=1)
    other = ask(1)
    claim()
    assert outlook_of(first_part(other)).position == 1
    told = [outlook_of(part) for part in limited.parts.filter(state="pending").order_by("number")]
    assert [one.reason for one in told] == ["empresa_limit"] * 3
    middles = [one.eta[0] + (one.eta[1] - one.eta[0]) / 2 for one in told if one.eta]
    assert len(middles) == 3
    assert all(later > sooner for sooner, later in pairwise(middles))


def test_a_part_that_is_built_has_an_end_and_neither_position_nor_reason() -> None:
    start_worker()
    ask(1)
    mine = claim()
    told = outlook_of(ZipPart.objects.get(pk=mine.part_id))
    assert (told.position, told.reason) == (None, None)
    assert told.eta is not None


def test_the_end_of_a_part_comes_nearer_as_its_equipos_are_done() -> None:
    start_worker()
    ask(1, work=WORK)
    mine = claim()
    ZipPart.objects.filter(pk=mine.part_id).update(work=10**11, started_at=timezone.now() - timedelta(seconds=100))
    ends = []
    for done in (1, 17, 34):
        beat(mine, done=done, current="")
        span = picture().ends[mine.part_id]
        ends.append(span.high)
    assert ends == sorted(ends, reverse=True)


@pytest.mark.parametrize("minutes", [1, 60])
def test_the_pace_is_that_of_these_minutes_and_after_a_quiet_time_that_of_the_last_parts(minutes: int) -> None:
    start_worker()
    ask(6, work=WORK)
    for _ in range(6):
        fail_part(claim(), FailureReason.BUILD_ERROR)
    archive = Archive.objects.create(
        key="k", bytes=1, sha256="a" * 64, manifest_sha256="b" * 64, registered=1, missing=0
    )
    ended = timezone.now() - timedelta(minutes=minutes)
    ZipPart.objects.update(
        state=PartState.COMPLETED,
        error="",
        work=10**9,
        archive=archive,
        expires_at=ended + timedelta(hours=6),
        started_at=ended - timedelta(seconds=100),
        finished_at=ended,
    )
    pace = recent_experience().pace
    assert pace.seconds(10**9) == pytest.approx(100, rel=0.01)


def test_where_every_worker_is_quiet_nobody_takes_what_waits_and_it_says_so() -> None:
    start_worker()
    request = ask(1)
    assert not digest()["idle"]
    WorkerBeat.objects.update(quiet=True)
    assert outlook_of(first_part(request)) == Outlook(1, "no_workers", None)
    told = digest()
    assert (told["idle"], told["counts"]["workers"]) == (True, 1)


def test_what_a_quiet_worker_builds_is_told_its_end_and_what_a_lost_one_built_is_not() -> None:
    start_worker()
    ask(1)
    part = ZipPart.objects.get(pk=claim().part_id)
    WorkerBeat.objects.update(quiet=True)
    assert outlook_of(part).eta is not None
    WorkerBeat.objects.update(seen_at=timezone.now() - timedelta(seconds=30))
    assert outlook_of(part).eta is None


def test_what_has_ended_is_told_nothing() -> None:
    request = ask(1)
    cancel_request(actor=request.requester, request_id=request.pk)
    assert outlooks(list(request.parts.all())) == {}


def test_the_picture_counts_heartbeats_by_the_lease_that_they_write() -> None:
    assert LEASE_SECONDS[connection.vendor] == lease_seconds()


def test_the_queue_s_switch_is_one_row_whoever_pauses_it_again() -> None:
    pause()
    since = QueueControl.objects.get().paused_at
    pause()
    assert QueueControl.objects.get().paused_at == since
    assert QueueControl.objects.filter(paused_at__lte=Now()).count() == 1


def test_an_empresa_that_is_resumed_does_not_go_before_all_that_came_since() -> None:
    held = ask(4)
    pause(held.empresa)
    busy = held_up_far_behind(held)
    claim()
    resume(held.empresa)
    assert Counter(claimed_empresas(4)) == {held.empresa_id: 2, busy.empresa_id: 2}


def test_an_empresa_with_a_limit_whose_row_somebody_holds_stops_nobody_else() -> None:
    """An import holds it for as long as it takes."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has no rows to hold")
    limited, other = ask(1), ask(1)
    Empresa.objects.filter(pk=limited.empresa_id).update(partes_a_la_vez=1)
    with held(Empresa.objects.select_for_update(no_key=True).filter(pk=limited.empresa_id)) as holder:
        assert claim().request_id == other.pk
        assert holder.is_alive()
    assert claim().request_id == limited.pk


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("later", "news"),
    [
        ({1: Outlook(2, "queue_ahead", (NOON, NOON + timedelta(seconds=10)))}, False),
        ({1: Outlook(2, "queue_ahead", (NOON + timedelta(seconds=1), NOON + timedelta(seconds=12)))}, False),
        ({1: Outlook(2, "queue_ahead", (NOON, NOON + timedelta(seconds=13)))}, True),
        ({1: Outlook(2, "queue_ahead")}, True),
        ({1: Outlook(1, "queue_ahead", (NOON, NOON + timedelta(seconds=10)))}, True),
        ({1: Outlook(2, "paused", (NOON, NOON + timedelta(seconds=10)))}, True),
        ({}, True),
    ],
)
def test_an_estimate_that_moves_by_less_than_two_seconds_is_no_news(later: dict[int, Outlook], news: bool) -> None:
    assert is_news({1: Outlook(2, "queue_ahead", (NOON, NOON + timedelta(seconds=10)))}, later) is news
