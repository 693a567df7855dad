"""The life of a part: one winner for each move, nothing written by who lost the lease, the requester told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from sam.errors import Forbidden, Gone, LeaseLost, LiveRequestExists, NotReady, NotVisible, WrongState
from sam.models import Archive, Notificacion, Stream, Usuario, ZipPart, ZipRequest
from sam.selectors.entrega import snapshot
from sam.services.cuidado import archives_to_delete, expire_parts, reap_lost_parts
from sam.services.notificaciones import read_notification
from sam.services.partes import (
    SUSPECT_CRASHES,
    BuiltArchive,
    Claim,
    beat,
    check_lease,
    claim_part,
    fail_part,
    finish_part,
    hand_back,
    put_off,
)
from sam.services.solicitudes import request_zip
from sam.services.vida import cancel_request, extend_part, give_download, retry_part, retry_request
from sam.states import FailureReason
from tests.integration.making import held, make_empresa, make_usuario, real_database

pytestmark = [real_database, pytest.mark.sqlite]


@pytest.fixture
def user() -> Usuario:
    return make_usuario(make_empresa(equipos=40))


def claim(owner: str = "w1") -> Claim:
    claimed = claim_part(owner=owner)
    assert claimed is not None
    return claimed


def archive_of(claim: Claim, *, faltantes: int = 0) -> BuiltArchive:
    return BuiltArchive(
        key=f"zip_requests/part_{claim.part_id}_a{claim.attempt}.zip",
        bytes=100,
        sha256="a" * 64,
        manifest_sha256="b" * 64,
        registered=5,
        faltantes=[
            {"documento": 1, "equipo": "EQ-001", "nombre": "Manual", "ruta": "r", "motivo": "no_esta"}
            for _ in range(faltantes)
        ],
    )


def lose_lease(claim: Claim) -> None:
    ZipPart.objects.filter(pk=claim.part_id).update(lease_until=timezone.now() - timedelta(minutes=1))


def state_of(request_id: int) -> tuple[str, list[str]]:
    request = ZipRequest.objects.get(pk=request_id)
    return request.state, list(request.parts.order_by("number").values_list("state", flat=True))


def finish_all(**options: Any) -> None:
    while (claimed := claim_part(owner="w")) is not None:
        finish_part(claimed, archive_of(claimed, **options))


def test_the_request_follows_its_parts(user: Usuario) -> None:
    request_id, _ = request_zip(actor=user)
    assert state_of(request_id) == ("pending", ["pending", "pending"])
    first = claim()
    assert state_of(request_id) == ("processing", ["processing", "pending"])
    finish_part(first, archive_of(first))
    assert state_of(request_id) == ("processing", ["completed", "pending"])
    second = claim()
    finish_part(second, archive_of(second))
    assert state_of(request_id) == ("completed", ["completed", "completed"])
    assert claim_part(owner="w1") is None


def test_a_finished_request_notifies_its_requester_once(user: Usuario) -> None:
    request_zip(actor=user)
    finish_all()
    assert [one.kind for one in Notificacion.objects.filter(usuario=user)] == ["zip_ready"]


def test_what_is_missing_is_said_in_the_notification(user: Usuario) -> None:
    request_zip(actor=user)
    finish_all(faltantes=1)
    assert Notificacion.objects.get().kind == "zip_missing"


def test_the_frames_of_a_finish_are_the_part_the_request_and_the_notification_under_one_seq(
    user: Usuario, published: list[tuple[str, Any]]
) -> None:
    request_zip(actor=user)
    first, second = claim(), claim()
    finish_part(first, archive_of(first))
    published.clear()
    finish_part(second, archive_of(second))
    ((_, message),) = published
    (frame,) = message["frames"]
    assert frame["part"]["state"] == "completed"
    assert frame["request"]["state"] == "completed"
    assert frame["notification"]["kind"] == "zip_ready"
    assert frame["seq"] == Stream.objects.get(usuario=user).seq


def test_a_part_is_claimed_by_one_of_many_workers(user: Usuario) -> None:
    request_zip(actor=user)
    start = threading.Barrier(6)

    def take(number: int) -> Claim | None:
        try:
            start.wait()
            return claim_part(owner=f"w{number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        claims = [one for one in pool.map(take, range(6)) if one is not None]
    assert sorted(one.number for one in claims) == [1, 2]


LATE_WRITES: dict[str, Callable[[Claim], None]] = {
    "beat": lambda claim: beat(claim, done=1, current="EQ-001"),
    "look": check_lease,
    "finish": lambda claim: finish_part(claim, archive_of(claim)),
    "fail": lambda claim: fail_part(claim, FailureReason.BUILD_ERROR),
    "hand back": hand_back,
    "put off": put_off,
}


@pytest.mark.parametrize("write", LATE_WRITES.values(), ids=LATE_WRITES)
def test_a_worker_that_lost_its_lease_cannot(user: Usuario, write: Callable[[Claim], None]) -> None:
    request_zip(actor=user)
    lost = claim()
    lose_lease(lost)
    before = ZipPart.objects.values().get(pk=lost.part_id)
    with pytest.raises(LeaseLost):
        write(lost)
    assert ZipPart.objects.values().get(pk=lost.part_id) == before
    assert not Archive.objects.exists()


@pytest.mark.parametrize("write", LATE_WRITES.values(), ids=LATE_WRITES)
def test_an_older_attempt_cannot(user: Usuario, write: Callable[[Claim], None]) -> None:
    request_zip(actor=user)
    older = claim("w1")
    hand_back(older)
    newer = claim("w1")
    assert (newer.part_id, newer.attempt) == (older.part_id, older.attempt + 1)
    with pytest.raises(LeaseLost):
        write(older)
    check_lease(newer)


@pytest.mark.parametrize("write", LATE_WRITES.values(), ids=LATE_WRITES)
def test_another_worker_cannot_though_it_names_the_attempt(user: Usuario, write: Callable[[Claim], None]) -> None:
    request_zip(actor=user)
    mine = claim()
    with pytest.raises(LeaseLost):
        write(replace(mine, owner="otro"))
    assert ZipPart.objects.get(pk=mine.part_id).owner == mine.owner


def test_a_beat_extends_the_lease_and_keeps_the_progress(user: Usuario) -> None:
    request_zip(actor=user)
    mine = claim()
    before = ZipPart.objects.get(pk=mine.part_id)
    beat(mine, done=12, current="EQ-012")
    after = ZipPart.objects.get(pk=mine.part_id)
    assert before.lease_until is not None
    assert after.lease_until is not None
    assert after.lease_until > before.lease_until
    assert (after.done, after.current, after.version) == (12, "EQ-012", before.version)


def test_a_lost_part_goes_back_as_a_new_attempt_and_rings(user: Usuario, rings: list[int]) -> None:
    request_zip(actor=user)
    lost = claim()
    assert reap_lost_parts() == 0
    lose_lease(lost)
    rings.clear()
    assert reap_lost_parts() == 1
    part = ZipPart.objects.get(pk=lost.part_id)
    assert (part.state, part.attempt, part.crashes, part.owner) == ("pending", 2, 1, "")
    assert rings == [1]


def test_a_part_that_kills_each_of_its_workers_fails_and_lets_the_others_go_on(user: Usuario) -> None:
    request_id, _ = request_zip(actor=user)
    poisoned = claim().part_id
    for _ in range(5):
        ZipPart.objects.filter(pk=poisoned).update(not_before=None)
        if ZipPart.objects.get(pk=poisoned).state == "pending":
            assert claim().part_id == poisoned
        ZipPart.objects.filter(pk=poisoned).update(lease_until=timezone.now() - timedelta(minutes=1))
        reap_lost_parts()
    assert ZipPart.objects.get(pk=poisoned).error == "worker_lost"
    other = claim()
    finish_part(other, archive_of(other))
    assert state_of(request_id) == ("failed", ["failed", "completed"])
    assert Notificacion.objects.get().kind == "zip_failed"


def test_after_the_third_crash_a_part_waits_before_it_is_tried_again(user: Usuario) -> None:
    request_zip(actor=user)
    lost = claim()
    ZipPart.objects.filter(pk=lost.part_id).update(crashes=2)
    lose_lease(lost)
    reap_lost_parts()
    assert claim().part_id != lost.part_id  # the other part goes first
    assert claim_part(owner="w") is None


def test_a_suspect_waits_for_a_worker_that_builds_nothing_else(user: Usuario) -> None:
    request_zip(actor=user)
    ZipPart.objects.update(crashes=SUSPECT_CRASHES)
    assert claim_part(owner="w", take_suspect=lambda: "stop") is None
    assert claim_part(owner="w", take_suspect=lambda: "pass") is None
    claimed = claim_part(owner="w", take_suspect=lambda: "take")
    assert claimed is not None
    assert claimed.suspect


def test_a_suspect_that_is_passed_over_holds_up_nobody(user: Usuario) -> None:
    request_zip(actor=user)
    first = ZipPart.objects.order_by("id")[0]
    ZipPart.objects.filter(pk=first.pk).update(crashes=SUSPECT_CRASHES)
    claimed = claim_part(owner="w", take_suspect=lambda: "pass")
    assert claimed is not None
    assert claimed.part_id != first.pk


def test_storage_that_does_not_answer_delays_a_part_and_in_the_end_fails_it(user: Usuario) -> None:
    request_zip(actor=user)
    delayed = claim()
    put_off(delayed)
    part = ZipPart.objects.get(pk=delayed.part_id)
    assert (part.state, part.attempt, part.crashes) == ("pending", 2, 0)
    assert part.not_before is not None
    assert part.storage_failures == 1
    ZipPart.objects.filter(pk=part.pk).update(storage_failures=6, not_before=None)
    put_off(claim())
    assert ZipPart.objects.get(pk=part.pk).error == "storage_unavailable"


def test_cancels_and_hand_backs_do_not_count_as_failures_of_storage(user: Usuario) -> None:
    request_id, _ = request_zip(actor=user)
    for _ in range(8):
        cancel_request(actor=user, request_id=request_id)
        retry_request(actor=user, request_id=request_id)
    delayed = claim()
    put_off(delayed)
    assert ZipPart.objects.get(pk=delayed.part_id).state == "pending"


@contextmanager
def held_request(request_id: int) -> Iterator[None]:
    """Another transaction holds the request's row while this lasts."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer, and no rows to hold")
    with held(ZipRequest.objects.select_for_update().filter(pk=request_id)):
        yield


def test_a_claim_passes_over_a_request_that_somebody_holds(user: Usuario) -> None:
    busy, _ = request_zip(actor=user)
    free, _ = request_zip(actor=make_usuario(user.empresa))
    with held_request(busy):
        assert claim().request_id == free


def test_the_reaper_passes_over_a_request_that_somebody_holds(user: Usuario) -> None:
    busy, _ = request_zip(actor=user)
    free, _ = request_zip(actor=make_usuario(user.empresa))
    while claim_part(owner="w") is not None:
        pass
    ZipPart.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    with held_request(busy):
        assert reap_lost_parts() == ZipPart.objects.filter(request=free).count()
    assert set(ZipPart.objects.filter(request=busy).values_list("state", flat=True)) == {"processing"}


def test_cancel_ends_what_has_not_ended_and_again_changes_nothing(user: Usuario) -> None:
    request_id, _ = request_zip(actor=user)
    first = claim()
    finish_part(first, archive_of(first))
    second = claim()
    cancel_request(actor=user, request_id=request_id)
    assert state_of(request_id) == ("cancelled", ["completed", "cancelled"])
    with pytest.raises(LeaseLost):
        finish_part(second, archive_of(second))
    seq = snapshot(user.pk)["seq"]
    cancel_request(actor=user, request_id=request_id)
    assert snapshot(user.pk)["seq"] == seq


def test_retry_returns_all_that_failed_with_the_same_instant(user: Usuario) -> None:
    request_id, _ = request_zip(actor=user)
    instant = ZipRequest.objects.get(pk=request_id).instant
    fail_part(claim(), FailureReason.BUILD_ERROR)
    cancel_request(actor=user, request_id=request_id)
    retry_request(actor=user, request_id=request_id)
    assert state_of(request_id) == ("pending", ["pending", "pending"])
    request = ZipRequest.objects.get(pk=request_id)
    assert (request.instant, request.ended_at) == (instant, None)
    assert list(request.parts.values_list("attempt", "error", "crashes").distinct()) == [(2, "", 0)]


def test_retry_of_a_finished_part_is_refused(user: Usuario) -> None:
    request_id, _ = request_zip(actor=user)
    finish_all()
    with pytest.raises(WrongState):
        retry_request(actor=user, request_id=request_id)


def test_retry_is_refused_while_a_newer_request_lives_and_names_it(user: Usuario) -> None:
    older, _ = request_zip(actor=user)
    cancel_request(actor=user, request_id=older)
    newer, _ = request_zip(actor=user)
    with pytest.raises(LiveRequestExists) as refused:
        retry_request(actor=user, request_id=older)
    assert refused.value.request_id == newer
    assert state_of(older)[0] == "cancelled"


def test_retry_is_refused_seven_days_after_the_end(user: Usuario) -> None:
    request_id, _ = request_zip(actor=user)
    cancel_request(actor=user, request_id=request_id)
    ZipRequest.objects.update(ended_at=timezone.now() - timedelta(days=7, minutes=1))
    with pytest.raises(WrongState):
        retry_request(actor=user, request_id=request_id)


def test_an_expired_part_can_be_retried_alone(user: Usuario) -> None:
    request_id, _ = request_zip(actor=user)
    finish_all()
    ZipPart.objects.filter(number=1).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert expire_parts() == 1
    assert state_of(request_id) == ("completed", ["expired", "completed"])
    retry_part(actor=user, part_id=ZipPart.objects.get(number=1).pk)
    assert state_of(request_id) == ("processing", ["pending", "completed"])


def test_what_has_expired_can_be_retried_before_anybody_marked_it(user: Usuario) -> None:
    request_id, _ = request_zip(actor=user)
    finish_all()
    ZipPart.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    retry_request(actor=user, request_id=request_id)
    assert state_of(request_id) == ("pending", ["pending", "pending"])


def test_a_cancelled_request_is_no_news_to_who_cancelled_it(user: Usuario) -> None:
    request_id, _ = request_zip(actor=user)
    fail_part(claim(), FailureReason.BUILD_ERROR)
    cancel_request(actor=user, request_id=request_id)
    assert state_of(request_id)[0] == "failed"
    assert not Notificacion.objects.exists()


def test_a_live_request_is_shown_however_many_newer_ones_there_are(user: Usuario) -> None:
    older, _ = request_zip(actor=user)
    cancel_request(actor=user, request_id=older)
    newer = ZipRequest.objects.get(pk=older)
    for _ in range(20):
        ZipRequest.objects.create(
            empresa=newer.empresa,
            requester=user,
            instant=timezone.now(),
            root="x",
            lists=newer.lists,
            state="cancelled",
            ended_at=timezone.now(),
        )
    for request in ZipRequest.objects.exclude(pk=older):
        ZipPart.objects.create(
            request=request, number=1, of=1, first=1, last=1, first_codigo="a", last_codigo="a", state="cancelled"
        )
    retry_request(actor=user, request_id=older)
    assert snapshot(user.pk)["requests"][0]["id"] == older


def test_a_request_whose_parts_all_expired_is_expired_and_leaves_the_snapshot(user: Usuario) -> None:
    request_id, _ = request_zip(actor=user)
    finish_all()
    assert [one["id"] for one in snapshot(user.pk)["requests"]] == [request_id]
    ZipPart.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    expire_parts()
    assert state_of(request_id)[0] == "expired"
    assert snapshot(user.pk)["requests"] == []


def test_a_request_that_failed_or_was_cancelled_stays_in_the_snapshot_to_be_retried(user: Usuario) -> None:
    request_id, _ = request_zip(actor=user)
    cancel_request(actor=user, request_id=request_id)
    assert [one["state"] for one in snapshot(user.pk)["requests"]] == ["cancelled"]


def test_a_download_is_given_to_the_requester_and_remembered(user: Usuario) -> None:
    request_zip(actor=user)
    with pytest.raises(NotReady):
        give_download(actor=user, part_id=ZipPart.objects.get(number=1).pk)
    finish_all()
    part = give_download(actor=user, part_id=ZipPart.objects.get(number=1).pk)
    assert part.downloaded_at is not None
    seq = snapshot(user.pk)["seq"]
    give_download(actor=user, part_id=part.pk)
    assert snapshot(user.pk)["seq"] == seq  # "ya descargada" is news only once


def test_an_expired_part_is_gone_at_once_even_before_anybody_marked_it(user: Usuario) -> None:
    request_zip(actor=user)
    finish_all()
    ZipPart.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Gone):
        give_download(actor=user, part_id=ZipPart.objects.get(number=1).pk)


def test_a_part_is_extended_once(user: Usuario) -> None:
    request_zip(actor=user)
    finish_all()
    part = ZipPart.objects.get(number=1)
    extend_part(actor=user, part_id=part.pk)
    longer = ZipPart.objects.get(pk=part.pk)
    assert part.expires_at is not None
    assert longer.expires_at == part.expires_at + timedelta(hours=6)
    with pytest.raises(WrongState):
        extend_part(actor=user, part_id=part.pk)


def test_an_archive_goes_one_hour_after_expiry_and_after_the_last_link(user: Usuario) -> None:
    request_zip(actor=user)
    finish_all()
    hours = timezone.now() - timedelta(hours=3)
    ZipPart.objects.update(state="expired", expires_at=hours)
    assert archives_to_delete().count() == 2
    ZipPart.objects.filter(number=1).update(link_given_at=timezone.now())
    assert archives_to_delete().count() == 1


def test_what_a_retry_left_behind_stays_while_somebody_may_download_it(user: Usuario) -> None:
    request_zip(actor=user)
    finish_all()
    ZipPart.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    expire_parts()
    retry_request(actor=user, request_id=ZipRequest.objects.get().pk)
    assert archives_to_delete().count() == 0
    Archive.objects.update(created_at=timezone.now() - timedelta(hours=14))
    assert archives_to_delete().count() == 2


def strangers() -> dict[str, Usuario]:
    owner = ZipRequest.objects.get().requester
    return {
        "a colleague": make_usuario(owner.empresa),
        "somebody of another empresa": make_usuario(make_empresa("OTRA")),
    }


def test_to_others_a_request_is_not_there(user: Usuario) -> None:
    request_id, _ = request_zip(actor=user)
    part_id = ZipPart.objects.get(number=1).pk
    for stranger in strangers().values():
        for act in (cancel_request, retry_request):
            with pytest.raises(NotVisible):
                act(actor=stranger, request_id=request_id)
        for act_on_part in (retry_part, extend_part, give_download):
            with pytest.raises(NotVisible):
                act_on_part(actor=stranger, part_id=part_id)
        assert snapshot(stranger.pk)["requests"] == []
    assert state_of(request_id)[0] == "pending"


def test_staff_see_the_requests_of_others_and_only_operators_act_on_them(user: Usuario) -> None:
    request_id, _ = request_zip(actor=user)
    with pytest.raises(Forbidden):
        cancel_request(actor=make_usuario(None, staff=True), request_id=request_id)
    cancel_request(actor=make_usuario(None, staff=True, is_superuser=True), request_id=request_id)
    assert state_of(request_id)[0] == "cancelled"


def test_two_last_parts_that_finish_at_once_end_the_request(user: Usuario) -> None:
    for _ in range(10):
        request_id, _ = request_zip(actor=user)
        claims = [claim("a"), claim("b")]
        start = threading.Barrier(2)

        def finish(one: Claim, start: threading.Barrier = start) -> None:
            try:
                start.wait()
                finish_part(one, archive_of(one))
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(finish, claims))
        assert state_of(request_id) == ("completed", ["completed", "completed"])
    assert Notificacion.objects.count() == 10


def test_a_notification_is_read_once_and_only_by_its_usuario(user: Usuario) -> None:
    request_zip(actor=user)
    finish_all()
    notificacion = Notificacion.objects.get()
    with pytest.raises(NotVisible):
        read_notification(user_id=make_usuario(user.empresa).pk, notificacion_id=notificacion.pk)
    read_notification(user_id=user.pk, notificacion_id=notificacion.pk)
    seq = snapshot(user.pk)["seq"]
    read_notification(user_id=user.pk, notificacion_id=notificacion.pk)
    after = snapshot(user.pk)
    assert after["seq"] == seq
    assert after["notifications"]["unread"] == 0


def test_every_change_of_a_life_has_its_number_and_none_is_left_out(
    user: Usuario, published: list[tuple[str, Any]]
) -> None:
    request_id, _ = request_zip(actor=user)
    hand_back(claim())
    finish_all()
    give_download(actor=user, part_id=ZipPart.objects.get(number=2).pk)
    extend_part(actor=user, part_id=ZipPart.objects.get(number=2).pk)
    ZipPart.objects.filter(number=1).update(expires_at=timezone.now() - timedelta(seconds=1))
    expire_parts()
    retry_request(actor=user, request_id=request_id)
    cancel_request(actor=user, request_id=request_id)
    seqs = [frame["seq"] for _, message in published for frame in message["frames"]]
    assert seqs == list(range(1, Stream.objects.get(usuario=user).seq + 1))
