"""One click: a plan at one instant, a request with its parts, and never a second one that lives."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import F

from sam.errors import EmpresaRequired, NothingToZip, NotVisible, TooManyRequests
from sam.models import Calibracion, Empresa, Equipo, Ficha, PartEquipo, Stream, ZipPart, ZipRequest
from sam.planning.fichas import sha256_of
from sam.selectors.planes import load_plan
from sam.services.solicitudes import request_zip
from sam.services.vida import cancel_request
from tests.integration.making import make_empresa, make_usuario, real_database

pytestmark = real_database


@pytest.mark.sqlite
def test_69_equipos_make_the_parts_1_to_35_and_36_to_69(rings: list[int]) -> None:
    request_id, created = request_zip(actor=make_usuario(make_empresa(equipos=69)))
    assert created
    ranges = ZipPart.objects.filter(request=request_id).order_by("number")
    assert list(ranges.values_list("number", "of", "first", "last")) == [(1, 2, 1, 35), (2, 2, 36, 69)]
    assert rings == [2]


def test_the_order_of_the_parts_is_by_code_point() -> None:
    empresa = make_empresa(equipos=0)
    codes = ["b", "B", "ñ", "a-10", "a-2", "Á", "_"]
    Equipo.objects.bulk_create([Equipo(empresa=empresa, codigo_interno=code, nombre=code) for code in codes])
    request_id, _ = request_zip(actor=make_usuario(empresa))
    plan = PartEquipo.objects.filter(part__request=request_id).order_by("ordinal")
    assert list(plan.values_list("codigo", flat=True)) == sorted(codes)


@pytest.mark.sqlite
def test_a_second_click_gets_the_live_request_and_rings_nobody(rings: list[int]) -> None:
    user = make_usuario(make_empresa())
    first = request_zip(actor=user)
    assert request_zip(actor=user) == (first[0], False)
    assert len(rings) == 1


def test_of_many_simultaneous_clicks_one_makes_the_request() -> None:
    user = make_usuario(make_empresa(equipos=40, documents=False))
    start = threading.Barrier(8)

    def click(_: int) -> tuple[int, bool]:
        try:
            start.wait()
            return request_zip(actor=user)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(click, range(8)))
    assert len({request_id for request_id, _ in answers}) == 1
    assert [created for _, created in answers].count(True) == 1
    assert ZipRequest.objects.count() == 1


def test_colleagues_have_live_requests_of_their_own() -> None:
    empresa = make_empresa()
    first, _ = request_zip(actor=make_usuario(empresa))
    second, created = request_zip(actor=make_usuario(empresa))
    assert created
    assert first != second


def test_an_empresa_without_equipos_is_refused_and_leaves_nothing() -> None:
    user = make_usuario(make_empresa(equipos=0))
    with pytest.raises(NothingToZip):
        request_zip(actor=user)
    assert not ZipRequest.objects.exists()
    assert set(Stream.objects.values_list("seq", flat=True)) <= {0}


def test_a_usuario_cannot_ask_for_another_empresa() -> None:
    other = make_empresa("OTRA")
    with pytest.raises(NotVisible):
        request_zip(actor=make_usuario(make_empresa()), empresa_id=other.pk)


def test_staff_name_the_empresa() -> None:
    admin = make_usuario(None, staff=True)
    with pytest.raises(EmpresaRequired):
        request_zip(actor=admin)
    with pytest.raises(NotVisible):
        request_zip(actor=admin, empresa_id=10**9)
    request_id, _ = request_zip(actor=admin, empresa_id=make_empresa().pk)
    assert ZipRequest.objects.get(pk=request_id).requester == admin


def test_the_hourly_limit_counts_new_requests_and_says_how_long_to_wait() -> None:
    user = make_usuario(make_empresa(equipos=1))
    for _ in range(settings.SAM.requests_per_hour):
        request_id, _ = request_zip(actor=user)
        request_zip(actor=user)  # the live one: does not count
        cancel_request(actor=user, request_id=request_id)
    with pytest.raises(TooManyRequests) as refused:
        request_zip(actor=user)
    assert 3500 < refused.value.retry_after_seconds <= 3600


def test_later_edits_appear_in_no_part() -> None:
    empresa = make_empresa(equipos=1, documents=True)
    request_id, _ = request_zip(actor=make_usuario(empresa))
    equipo = Equipo.objects.get(empresa=empresa)
    equipo.nombre = "otro nombre"
    equipo.save()
    Calibracion.objects.filter(equipo=equipo).first().delete()  # type: ignore[union-attr]
    (planned,) = load_plan(ZipPart.objects.get(request=request_id).pk).equipos
    assert planned.ficha["nombre"] == "Balanza 1"
    assert len(planned.ficha["calibraciones"]) == 1


@pytest.mark.sqlite
def test_fichas_are_shared_by_requests_until_something_changes() -> None:
    empresa = make_empresa(equipos=3, documents=True)
    request_zip(actor=make_usuario(empresa))
    frozen = Ficha.objects.count()
    request_zip(actor=make_usuario(empresa))
    assert Ficha.objects.count() == frozen
    Calibracion.objects.filter(equipo__codigo_interno="EQ-002").first().save()  # type: ignore[union-attr]
    request_zip(actor=make_usuario(empresa))
    assert Ficha.objects.count() == frozen + 1


def test_a_ficha_is_canonical_and_its_hash_is_of_its_bytes() -> None:
    request_zip(actor=make_usuario(make_empresa(equipos=2, documents=True)))
    for ficha in Ficha.objects.all():
        assert sha256_of(ficha.data) == ficha.sha256
        assert (
            json.dumps(json.loads(ficha.data), ensure_ascii=False, sort_keys=True, separators=(",", ":")) == ficha.data
        )


def test_saving_a_row_that_was_read_before_a_change_does_not_reuse_a_revision() -> None:
    empresa = make_empresa(equipos=1, documents=True)
    stale = Equipo.objects.get(empresa=empresa)
    Calibracion.objects.filter(equipo=stale).first().save()  # type: ignore[union-attr]
    before = Equipo.objects.values_list("revision", flat=True).get(pk=stale.pk)
    stale.ubicacion = "Laboratorio 2"
    stale.save()
    assert Equipo.objects.values_list("revision", flat=True).get(pk=stale.pk) == before + 1


def test_a_row_that_moves_to_another_equipo_leaves_the_ficha_of_the_first() -> None:
    empresa = make_empresa(equipos=2, documents=True)
    request_zip(actor=make_usuario(empresa))
    moved = Calibracion.objects.get(equipo__codigo_interno="EQ-001")
    moved.equipo = Equipo.objects.get(codigo_interno="EQ-002")
    moved.save()
    request_id, _ = request_zip(actor=make_usuario(empresa))
    first, second = load_plan(ZipPart.objects.get(request=request_id).pk).equipos
    assert (len(first.ficha["calibraciones"]), len(second.ficha["calibraciones"])) == (0, 2)


def test_the_change_names_the_request_once_and_each_part_in_consecutive_frames(
    published: list[tuple[str, Any]],
) -> None:
    user = make_usuario(make_empresa(equipos=69))
    request_id, _ = request_zip(actor=user)
    ((group, message),) = published
    assert group == f"user.{user.pk}"
    frames = message["frames"]
    assert [frame["seq"] for frame in frames] == [1, 2]
    assert frames[0]["request"]["id"] == request_id
    assert "request" not in frames[1]
    assert [frame["part"]["number"] for frame in frames] == [1, 2]


def test_nothing_is_told_nor_rung_of_what_is_rolled_back(
    published: list[tuple[str, Any]], rings: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("sam.services.solicitudes.tell_on_commit", fail)
    with pytest.raises(ZeroDivisionError):
        request_zip(actor=make_usuario(make_empresa(equipos=1)))
    assert not ZipRequest.objects.exists()
    assert (published, rings) == ([], [])


def test_a_request_of_very_many_parts_sends_one_resync_instead_of_frames(published: list[tuple[str, Any]]) -> None:
    user = make_usuario(make_empresa(equipos=35 * 65))
    request_zip(actor=user)
    assert published == [(f"user.{user.pk}", {"type": "sam.resync"})]
    assert Stream.objects.get(usuario=user).seq == 65


def test_a_plan_reads_the_empresa_at_one_instant() -> None:
    """An edit that commits while the plan is being made is in all of it or in none."""
    empresa = make_empresa(equipos=400)
    Equipo.objects.filter(empresa=empresa).update(nombre="generación 0")
    user = make_usuario(empresa)
    stop = threading.Event()

    def rename_all() -> None:
        try:
            generation = 0
            while not stop.is_set():
                generation += 1
                Equipo.objects.filter(empresa=empresa).update(
                    nombre=f"generación {generation}", revision=F("revision") + 1
                )
        finally:
            connection.close()

    writer = threading.Thread(target=rename_all)
    writer.start()
    try:
        for _ in range(3):
            request_id, _ = request_zip(actor=user)
            plan = PartEquipo.objects.filter(part__request=request_id).values_list("ficha__data", flat=True)
            assert len({json.loads(data)["nombre"] for data in plan}) == 1
            cancel_request(actor=user, request_id=request_id)
    finally:
        stop.set()
        writer.join()
    assert Empresa.objects.get(pk=empresa.pk).nombre == empresa.nombre
