"""A part built for real: claimed, streamed into storage, finished; and what becomes of it when something breaks."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import threading
import zipfile
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from openpyxl import load_workbook

from sam.errors import StorageUnavailable
from sam.logs import Lines
from sam.models import Archive, Documento, Empresa, Equipo, Usuario, ZipPart, ZipRequest
from sam.services.partes import claim_part, finish_part
from sam.services.solicitudes import request_zip
from sam.services.vida import cancel_request, retry_request
from sam.storage import FileStorage
from tests.integration.making import (
    build_next,
    make_empresa,
    make_procedimiento,
    make_usuario,
    real_database,
    store_document,
)
from zipworker import build
from zipworker.heart import Heart

pytestmark = [real_database, pytest.mark.sqlite]


@pytest.fixture
def empresa(file_storage: FileStorage) -> Empresa:
    made = make_empresa(equipos=37, documents=True)
    make_procedimiento(made, "P-01")
    return made


@pytest.fixture
def user(empresa: Empresa) -> Usuario:
    return make_usuario(empresa)


def build_all(storage: FileStorage, *, stopping: threading.Event | None = None) -> None:
    while build_next(owner="w", storage=storage, stopping=stopping or threading.Event()):
        pass


def archives(storage: FileStorage) -> list[zipfile.ZipFile]:
    parts = ZipPart.objects.select_related("archive").order_by("number")
    keys = [part.archive.key for part in parts if part.archive]
    return [zipfile.ZipFile(io.BytesIO(b"".join(storage.read(key)))) for key in keys]


def test_the_parts_hold_every_documento_once_and_agree_with_their_manifests(
    user: Usuario, file_storage: FileStorage, tmp_path: Path
) -> None:
    request_zip(actor=user)
    build_all(file_storage)
    opened = archives(file_storage)
    assert [archive.testzip() for archive in opened] == [None, None]
    hashes = [hashlib.sha256(archive.read(name)).hexdigest() for archive in opened for name in archive.namelist()]
    for document in Documento.objects.all():
        assert hashes.count(document.sha256) == 1
    for archive in opened:
        archive.extractall(tmp_path)
    root = tmp_path / "CERTIBOY S.A.S"
    for manifest in ("MANIFIESTO_P1de2.sha256", "MANIFIESTO_P2de2.sha256"):
        checked = subprocess.run(
            ["sha256sum", "--check", "--quiet", "--strict", manifest], cwd=root, capture_output=True, check=False
        )
        assert checked.returncode == 0, checked.stderr.decode()
    assert (root / "Equipos" / "EQ-037" / "Calibraciones" / "Certificados_Calibracion" / "cal_1.pdf").exists()
    assert list((root / "Procedimientos").iterdir())


def test_the_row_says_what_is_in_storage(user: Usuario, file_storage: FileStorage) -> None:
    request_zip(actor=user)
    build_all(file_storage)
    for archive in Archive.objects.all():
        data = b"".join(file_storage.read(archive.key))
        assert (archive.bytes, archive.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            (name,) = [name for name in opened.namelist() if "manifiesto" in name]
            assert hashlib.sha256(opened.read(name)).hexdigest() == archive.manifest_sha256
            assert json.loads(opened.read(name))["part"] in {1, 2}


def test_the_workbook_is_built_once_and_the_same_in_every_part(user: Usuario, file_storage: FileStorage) -> None:
    request_zip(actor=user)
    build_all(file_storage)
    books = [archive.read("CERTIBOY S.A.S/Informe_Consolidado.xlsx") for archive in archives(file_storage)]
    assert books[0] == books[1]
    assert len(list(file_storage.root.rglob("*.xlsx"))) == 1
    sheet = load_workbook(io.BytesIO(books[0]))["Equipos"]
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [f"EQ-{n:03}" for n in range(1, 38)]


def test_the_same_part_built_again_is_byte_for_byte_the_same(user: Usuario, file_storage: FileStorage) -> None:
    request_id, _ = request_zip(actor=user)
    build_all(file_storage)
    first = list(ZipPart.objects.order_by("number").values_list("archive__sha256", flat=True))
    ZipPart.objects.update(state="expired")
    ZipRequest.objects.update(state="expired")
    retry_request(actor=user, request_id=request_id)
    build_all(file_storage)
    assert list(ZipPart.objects.order_by("number").values_list("archive__sha256", flat=True)) == first
    assert {part.attempt for part in ZipPart.objects.all()} == {2}


def lose(storage: FileStorage, document: Documento) -> None:
    storage.delete(document.key)


def alter(storage: FileStorage, document: Documento) -> None:
    storage.write(document.key, [b"x" * document.bytes])


def truncate(storage: FileStorage, document: Documento) -> None:
    storage.write(document.key, [b"%PDF"])


def make_a_folder(storage: FileStorage, document: Documento) -> None:
    storage.delete(document.key)
    (storage.root / document.key).mkdir()


@pytest.mark.parametrize("harm", [lose, alter, truncate, make_a_folder])
def test_a_documento_that_cannot_be_included_is_named_and_the_rest_is_whole(
    user: Usuario, file_storage: FileStorage, harm: Any
) -> None:
    document = Equipo.objects.get(codigo_interno="EQ-005").manual
    assert document is not None
    harm(file_storage, document)
    request_zip(actor=user)
    build_all(file_storage)
    part = ZipPart.objects.select_related("archive").get(number=1)
    assert part.archive is not None
    assert (part.state, part.archive.missing) == ("completed", 1)
    assert part.archive.faltantes[0]["equipo"] == "EQ-005"
    assert part.archive.registered == 70
    with archives(file_storage)[0] as opened:
        assert opened.testzip() is None
        rows = opened.read("CERTIBOY S.A.S/FALTANTES_P1de2.csv").decode("utf-8-sig").splitlines()
        assert len(rows) == 2
        assert "CERTIBOY S.A.S/Equipos/EQ-005/manual.pdf" not in opened.namelist()


def test_a_large_documento_that_was_altered_restarts_the_part_without_it(
    user: Usuario, empresa: Empresa, file_storage: FileStorage
) -> None:
    large = store_document(empresa, "grande.pdf", bytes(9 * 1024 * 1024))
    Equipo.objects.filter(codigo_interno="EQ-005").update(otros_documentos=large, revision=2)
    file_storage.write(large.key, [bytes(9 * 1024 * 1024 - 1), b"x"])
    request_zip(actor=user)
    build_all(file_storage)
    part = ZipPart.objects.select_related("archive").get(number=1)
    assert part.archive is not None
    assert (part.state, part.attempt, part.archive.missing) == ("completed", 1, 1)
    assert archives(file_storage)[0].testzip() is None


class Interrupting(FileStorage):
    """A store that calls back after so many chunks of an archive, and may then fail."""

    def __init__(self, root: Path, *, after: int, then: Any) -> None:
        super().__init__(root)
        self._after, self._then = after, then

    def write(self, key: str, chunks: Iterable[bytes]) -> None:
        super().write(key, self._interrupted(chunks) if key.endswith(".zip") else chunks)

    def _interrupted(self, chunks: Iterable[bytes]) -> Generator[bytes]:
        for number, chunk in enumerate(chunks):
            if number == self._after:
                self._then()
            yield chunk


def test_a_cancelled_part_is_given_up_and_leaves_no_bytes(user: Usuario, file_storage: FileStorage) -> None:
    request_id, _ = request_zip(actor=user)

    def cancel() -> None:
        cancel_request(actor=user, request_id=request_id)

    build_all(Interrupting(file_storage.root, after=0, then=cancel))
    assert {part.state for part in ZipPart.objects.all()} == {"cancelled"}
    assert list(file_storage.root.rglob("*.zip*")) == []


def test_a_stopped_worker_hands_its_part_back(user: Usuario, file_storage: FileStorage) -> None:
    request_zip(actor=user)
    stopping = threading.Event()
    store = Interrupting(file_storage.root, after=0, then=stopping.set)
    assert build_next(owner="w", storage=store, stopping=stopping)
    part = ZipPart.objects.get(number=1)
    assert (part.state, part.attempt, part.crashes) == ("pending", 2, 0)
    build_all(file_storage)
    assert {part.state for part in ZipPart.objects.all()} == {"completed"}


def test_storage_that_goes_away_delays_the_part(user: Usuario, file_storage: FileStorage) -> None:
    request_zip(actor=user)

    def go_away() -> None:
        raise StorageUnavailable

    build_all(Interrupting(file_storage.root, after=0, then=go_away))
    assert {part.state for part in ZipPart.objects.all()} == {"pending"}
    assert all(part.not_before for part in ZipPart.objects.all())


def test_a_builder_that_breaks_fails_its_part_with_a_reason(user: Usuario, file_storage: FileStorage) -> None:
    request_id, _ = request_zip(actor=user)

    def break_down() -> None:
        raise ZeroDivisionError

    build_all(Interrupting(file_storage.root, after=0, then=break_down))
    assert {part.error for part in ZipPart.objects.all()} == {"build_error"}
    assert ZipRequest.objects.get(pk=request_id).state == "failed"
    assert list(file_storage.root.rglob("*.zip*")) == []


def test_a_database_that_fails_at_the_last_moment_costs_the_part_nothing(
    user: Usuario, file_storage: FileStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_zip(actor=user)
    failures = iter([OperationalError("cortada"), OperationalError("cortada")])

    def fail_twice(*args: Any) -> None:
        if (error := next(failures, None)) is not None:
            raise error
        finish_part(*args)

    monkeypatch.setattr(build, "finish_part", fail_twice)
    build_all(file_storage)
    assert {(part.state, part.attempt) for part in ZipPart.objects.all()} == {("completed", 1)}


def test_a_database_that_fails_for_longer_returns_the_part_and_never_fails_it(
    user: Usuario, file_storage: FileStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_zip(actor=user)

    def fail(*_: Any) -> None:
        raise OperationalError("cortada")

    monkeypatch.setattr(build, "finish_part", fail)
    assert build_next(owner="w", storage=file_storage, stopping=threading.Event())
    part = ZipPart.objects.get(number=1)
    assert (part.state, part.attempt, part.crashes) == ("pending", 2, 0)


def test_two_parts_of_one_request_built_at_once_share_one_workbook(user: Usuario, file_storage: FileStorage) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("two writers at once are PostgreSQL's")
    request_zip(actor=user)

    def work() -> None:
        build_next(owner="w", storage=file_storage, stopping=threading.Event())
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {part.state for part in ZipPart.objects.all()} == {"completed"}
    assert len(list(file_storage.root.rglob("*.xlsx"))) == 1


def test_progress_is_told_while_a_part_is_built(
    user: Usuario, file_storage: FileStorage, published: list[tuple[str, Any]]
) -> None:
    request_zip(actor=user)
    claim = claim_part(owner="w")
    assert claim is not None
    seen = threading.Event()
    frames: list[Any] = []
    with Heart(claim, stopping=threading.Event(), on_stall=lambda: None, lines=Lines()) as heart:
        heart.report(12, "EQ-012")
        for _ in range(100):
            frames = [frame for _, message in published for frame in message["frames"] if frame["type"] == "progress"]
            if frames:
                break
            seen.wait(0.05)
    assert frames == [
        {"type": "progress", "part": claim.part_id, "attempt": 1, "done": 12, "percent": 34, "current": "EQ-012"}
    ]
