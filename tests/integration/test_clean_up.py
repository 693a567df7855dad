"""Clean-up: what dead processes left goes within a day, and nothing that a row names, or soon will, goes ever."""

from __future__ import annotations

import logging
import random
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from sam.errors import StorageUnavailable
from sam.models import Archive, Documento, Epoch, Usuario, ZipPart, ZipRequest
from sam.services.cuidado import ORPHAN_SECONDS
from sam.services.partes import Claim, claim_part, finish_part, hand_back
from sam.services.solicitudes import request_zip
from sam.storage import FileStorage
from tests.integration.aging import A_DAY, OLD, YOUNG, Aged, clean_up, elsewhere, file_and_s3
from tests.integration.making import build_next, make_empresa, make_usuario, real_database
from zipworker import build
from zipworker.cleaning import CLEAN_UP_SECONDS, MARK

pytestmark = [real_database, pytest.mark.sqlite]


@pytest.fixture(params=["file", "s3"])
def aged(request: pytest.FixtureRequest, file_storage: FileStorage) -> Aged:
    return file_and_s3(request, file_storage)


def make_archive(key: str, *, deleted: bool = False) -> Archive:
    return Archive.objects.create(
        key=key,
        bytes=1,
        sha256="a" * 64,
        manifest_sha256="b" * 64,
        registered=0,
        missing=0,
        deleted_at=datetime.now(UTC) if deleted else None,
    )


def make_documento(key: str) -> Documento:
    return Documento.objects.create(
        empresa=make_empresa(equipos=0), key=key, nombre="x.pdf", bytes=1, crc32=1, sha256="a" * 64
    )


# ── what goes and what stays ──


def test_an_old_object_that_nobody_points_to_goes(aged: Aged) -> None:
    aged.put("zip_requests/1/x_a1.zip", age=OLD)
    aged.put("zip_requests/1/informe.xlsx", age=OLD)
    aged.put("documentos/1/ab/abc.pdf", age=OLD)
    clean_up(aged.storage)
    assert aged.stored() == set()


def test_an_orphan_is_gone_within_a_day_even_where_the_worker_whose_turn_it_was_dies() -> None:
    assert ORPHAN_SECONDS + 2 * CLEAN_UP_SECONDS < A_DAY


def test_a_young_object_stays_whoever_points_to_it(aged: Aged) -> None:
    young = {aged.put(f"{prefix}/1/young", age=YOUNG) for prefix in ("zip_requests", "documentos")}
    clean_up(aged.storage)
    assert aged.stored() == young


def test_what_a_row_names_stays_however_old(aged: Aged) -> None:
    make_archive(aged.put("zip_requests/1/x_a1.zip", age=365 * A_DAY))
    make_documento(aged.put("documentos/1/ab/abc.pdf", age=365 * A_DAY))
    request_id, _ = request_zip(actor=make_usuario(make_empresa()))
    workbook = aged.put("zip_requests/1/informe.xlsx", age=365 * A_DAY)
    ZipRequest.objects.filter(pk=request_id).update(workbook_key=workbook, workbook_sha256="a" * 64)
    clean_up(aged.storage)
    assert aged.stored() == {"zip_requests/1/x_a1.zip", "documentos/1/ab/abc.pdf", workbook}


def test_an_archive_that_was_deleted_and_is_there_again_goes(aged: Aged) -> None:
    make_archive(aged.put("zip_requests/1/x_a1.zip", age=OLD), deleted=True)
    clean_up(aged.storage)
    assert aged.stored() == set()


@pytest.mark.parametrize("seed", range(3))
def test_exactly_the_old_objects_that_no_row_names_go(aged: Aged, seed: int) -> None:
    rng = random.Random(seed)
    request_id, _ = request_zip(actor=make_usuario(make_empresa()))
    expected = set()
    for number in range(230):  # more than two batches
        kind = rng.choice(["archive", "workbook", "documento", "nobody's archive", "nobody's documento", "elsewhere"])
        prefix = {"documento": "documentos", "nobody's documento": "documentos", "elsewhere": "otros"}
        key = f"{prefix.get(kind, 'zip_requests')}/{rng.randint(1, 3)}/{number}"
        age = rng.choice([0, YOUNG, OLD, 30 * A_DAY])
        aged.put(key, age=age)
        if kind == "archive":
            make_archive(key)
        elif kind == "workbook":
            ZipRequest.objects.filter(pk=request_id).update(workbook_key=key, workbook_sha256="a" * 64)
        elif kind == "documento":
            make_documento(key)
        if kind in {"archive", "documento"} or age <= YOUNG:
            expected.add(key)
    expected |= set(ZipRequest.objects.values_list("workbook_key", flat=True)) - {""}
    elsewhere = {one.key for one in aged.storage.objects("otros/")}
    clean_up(aged.storage)
    assert aged.stored() == {key for key in expected if not key.startswith("otros/")}
    assert {one.key for one in aged.storage.objects("otros/")} == elsewhere


def test_unfinished_writes_go_with_the_rest(file_storage: FileStorage, caplog: pytest.LogCaptureFixture) -> None:
    aged = Aged(file_storage)
    for prefix in ("zip_requests", "documentos"):
        aged.put(f"{prefix}/1/dead.0123abcd.sin-terminar", age=OLD)
        aged.put(f"{prefix}/1/alive.0123abcd.sin-terminar", age=1)
    with caplog.at_level(logging.INFO):
        clean_up(file_storage)
    left = {path.name for path in file_storage.root.rglob("*.sin-terminar")}
    assert left == {"alive.0123abcd.sin-terminar"}
    assert "action=clean_up removed=2" in caplog.messages


# ── parts ──


@pytest.fixture
def user(file_storage: FileStorage) -> Usuario:
    return make_usuario(make_empresa(equipos=2, documents=True))


def test_what_a_killed_attempt_stored_goes_when_the_next_one_has_finished(
    user: Usuario, file_storage: FileStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_zip(actor=user)

    def die(claim: Claim, _: object) -> None:
        hand_back(claim)  # as the reaper would
        raise SystemExit

    monkeypatch.setattr(build, "finish_part", die)
    with pytest.raises(SystemExit):
        build_next(owner="w", storage=file_storage, stopping=threading.Event())
    monkeypatch.setattr(build, "finish_part", finish_part)
    assert build_next(owner="w", storage=file_storage, stopping=threading.Event())
    aged = Aged(file_storage)
    (part,) = ZipPart.objects.select_related("archive")
    assert part.archive is not None
    assert part.attempt == 2
    assert [key for key in aged.stored() if key.endswith(".zip")] == [part.archive.key]
    for key in aged.stored():
        aged.set_age(key, OLD)
    clean_up(file_storage)
    assert file_storage.size(part.archive.key) == part.archive.bytes
    for document in Documento.objects.all():
        assert file_storage.size(document.key) == document.bytes


def test_a_part_in_the_making_loses_nothing_to_clean_up(
    user: Usuario, file_storage: FileStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_zip(actor=user)

    def finish_after_clean_up(*args: Any) -> None:
        elsewhere(lambda: clean_up(file_storage))
        finish_part(*args)

    monkeypatch.setattr(build, "finish_part", finish_after_clean_up)
    assert build_next(owner="w", storage=file_storage, stopping=threading.Event())
    archive = Archive.objects.get()
    assert file_storage.size(archive.key) == archive.bytes
    assert claim_part(owner="w") is None


# ── whose store, whose turn ──


def test_the_store_of_another_database_is_left_alone(aged: Aged, caplog: pytest.LogCaptureFixture) -> None:
    clean_up(aged.storage)
    aged.set_age(MARK, CLEAN_UP_SECONDS)
    kept = {aged.put("documentos/1/ab/abc.pdf", age=OLD), aged.put("zip_requests/1/x.zip", age=OLD)}
    Epoch.objects.all().delete()
    Epoch.objects.create()
    clean_up(aged.storage)
    assert aged.stored() == kept
    assert any("clean_up_refused" in message for message in caplog.messages)


def test_one_of_many_workers_cleans_up_and_the_others_leave_it_at_that(aged: Aged) -> None:
    clean_up(aged.storage)
    aged.put("zip_requests/1/x.zip", age=OLD)
    clean_up(aged.storage)
    assert aged.stored() == {"zip_requests/1/x.zip"}
    aged.set_age(MARK, CLEAN_UP_SECONDS)
    clean_up(aged.storage)
    assert aged.stored() == set()


def test_an_object_that_cannot_be_deleted_does_not_keep_the_others(
    file_storage: FileStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    aged = Aged(file_storage)
    stuck = aged.put("zip_requests/1/a.zip", age=OLD)
    for name in ("zip_requests/1/b.zip", "documentos/1/c.pdf"):
        aged.put(name, age=OLD)

    def delete(key: str) -> None:
        if key == stuck:
            raise StorageUnavailable
        FileStorage.delete(file_storage, key)

    monkeypatch.setattr(file_storage, "delete", delete)
    clean_up(file_storage)
    assert aged.stored() == {stuck}


def test_storage_that_does_not_answer_is_said_and_tried_again(
    file_storage: FileStorage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object, **__: object) -> Any:
        raise StorageUnavailable

    aged = Aged(file_storage)
    aged.put("zip_requests/1/x.zip", age=OLD)
    with monkeypatch.context() as patch:
        patch.setattr(file_storage, "objects", away)
        clean_up(file_storage)
    assert any("clean_up_failed" in message for message in caplog.messages)
    clean_up(file_storage)
    assert aged.stored() == set()
