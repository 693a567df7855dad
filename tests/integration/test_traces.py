"""What happened can be asked for afterwards: who moved which part, who got which archive, under which trace."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from sam.models import Download, Transition, Usuario, ZipPart
from sam.services.cuidado import forget_transitions, reap_lost_parts
from sam.services.movimientos import TRANSITION_DAYS
from sam.services.partes import claim_part, hand_back
from sam.services.solicitudes import request_zip
from sam.services.vida import cancel_request, retry_request
from sam.storage import FileStorage
from tests.integration.making import build_next, make_empresa, make_usuario, real_database

pytestmark = [real_database, pytest.mark.sqlite]


@pytest.fixture
def user(file_storage: FileStorage) -> Usuario:
    return make_usuario(make_empresa(equipos=2, documents=True))


def moves() -> list[tuple[str, str, str, str, int, str]]:
    rows = Transition.objects.order_by("id")
    return [(row.actor, row.move, row.before, row.after, row.attempt, row.reason) for row in rows]


def test_every_move_of_a_part_is_told_with_who_and_why(user: Usuario, file_storage: FileStorage) -> None:
    request_id, _ = request_zip(actor=user)
    handed = claim_part(owner="uno")
    assert handed is not None
    hand_back(handed)
    claim_part(owner="dos")
    ZipPart.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    reap_lost_parts(by="worker:tres")
    cancel_request(actor=user, request_id=request_id)
    retry_request(actor=user, request_id=request_id)
    build_next(owner="cuatro", storage=file_storage, stopping=threading.Event())
    me = f"usuario:{user.pk}"
    assert moves() == [
        ("worker:uno", "claim", "pending", "processing", 1, ""),
        ("worker:uno", "hand_back", "processing", "pending", 1, "stopping"),
        ("worker:dos", "claim", "pending", "processing", 2, ""),
        ("worker:tres", "reap", "processing", "pending", 2, "worker_lost"),
        (me, "cancel", "pending", "cancelled", 3, ""),
        (me, "retry", "cancelled", "pending", 3, ""),
        ("worker:cuatro", "claim", "pending", "processing", 4, ""),
        ("worker:cuatro", "finish", "processing", "completed", 4, ""),
    ]


def test_the_trace_of_the_click_is_in_the_moves_of_its_builder(user: Usuario, file_storage: FileStorage) -> None:
    browser = Client()
    browser.force_login(user)
    answer = browser.post("/zip/solicitudes/", headers={"Accept": "application/json", "X-Request-ID": "abcd-1234-efgh"})
    assert answer.status_code == 201
    assert answer["X-Request-ID"] == "abcd-1234-efgh"
    build_next(owner="w", storage=file_storage, stopping=threading.Event())
    assert {row.trace for row in Transition.objects.all()} == {"abcd-1234-efgh"}


@pytest.mark.parametrize("given", ["", "corto", "x" * 33, "con espacio 123", "línea\u2028nueva", 'a"b"c"d"e'])
def test_a_trace_that_is_none_is_replaced(client: Client, given: str) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    assert len(answer["X-Request-ID"]) == 16


def test_a_download_leaves_who_when_and_which_archive(user: Usuario, file_storage: FileStorage) -> None:
    request_zip(actor=user)
    build_next(owner="w", storage=file_storage, stopping=threading.Event())
    part = ZipPart.objects.select_related("archive").get()
    operator = make_usuario(None, staff=True)
    operator.user_permissions.add(Permission.objects.get(codename="operate"))
    for who in (user, operator):
        browser = Client()
        browser.force_login(who)
        answer = browser.get(f"/zip/partes/{part.pk}/descargar/", headers={"X-Request-ID": f"descarga-{who.pk}"})
        assert answer.status_code == 200
        answer.close()
    assert part.archive is not None
    assert set(Download.objects.values_list("usuario", "sha256", "trace")) == {
        (user.pk, part.archive.sha256, f"descarga-{user.pk}"),
        (operator.pk, part.archive.sha256, f"descarga-{operator.pk}"),
    }


def test_a_head_and_a_refused_download_leave_nothing(user: Usuario, file_storage: FileStorage) -> None:
    request_zip(actor=user)
    browser = Client()
    browser.force_login(user)
    part = ZipPart.objects.get()
    assert browser.get(f"/zip/partes/{part.pk}/descargar/").status_code == 409
    build_next(owner="w", storage=file_storage, stopping=threading.Event())
    assert browser.head(f"/zip/partes/{part.pk}/descargar/").status_code == 200
    assert not Download.objects.exists()


def test_moves_are_forgotten_after_ninety_days(user: Usuario) -> None:
    request_zip(actor=user)
    claim_part(owner="w")
    young = Transition.objects.get()
    old = Transition.objects.create(
        part=young.part,
        request=young.request,
        actor="worker:viejo",
        move="claim",
        before="pending",
        after="processing",
        attempt=1,
        at=timezone.now() - timedelta(days=TRANSITION_DAYS, minutes=1),
    )
    forget_transitions()
    assert list(Transition.objects.all()) == [young]
    assert TRANSITION_DAYS == 90
    assert old.pk != young.pk


def test_staff_see_the_moves_of_a_part_and_the_downloads(user: Usuario, file_storage: FileStorage) -> None:
    request_zip(actor=user)
    build_next(owner="w", storage=file_storage, stopping=threading.Event())
    part = ZipPart.objects.get()
    admin = Client()
    admin.force_login(Usuario.objects.create(username="jefa", is_staff=True, is_superuser=True))
    page = admin.get(f"/admin/sam/zippart/{part.pk}/change/").content.decode()
    assert "worker:w" in page
    assert "finish" in page
    for model in ("transition", "download"):
        assert admin.get(f"/admin/sam/{model}/").status_code == 200
    assert admin.get("/admin/sam/transition/add/").status_code == 403


def test_a_worker_speaks_in_its_operators_words(
    user: Usuario, file_storage: FileStorage, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        request_id, _ = request_zip(actor=user)
        build_next(owner="w", storage=file_storage, stopping=threading.Event())
    said = [str(record.words) for record in caplog.records if hasattr(record, "words")]
    words = [one for one in said if not one.startswith("[EQUIPO]")]  # told by time: here none, one or two
    archive = ZipPart.objects.select_related("archive").get().archive
    assert archive is not None
    assert words[:3] == [
        f"[PROCESANDO] Solicitud #{request_id} de {user.username}",
        "[GENERANDO] Parte 1 de 1, 2 equipos",
        f"[EXCEL] Informe consolidado de la solicitud #{request_id} armado",
    ]
    assert words[-1] == f"[EXITOSO] Solicitud #{request_id}, parte 1 de 1 ({archive.bytes} bytes)"
