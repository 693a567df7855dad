"""Clean-up and imports: these store first and name last, under keys that an older import may have left."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from sam.errors import DumpError, StorageUnavailable
from sam.management import loading
from sam.models import Documento, Equipo, Procedimiento
from sam.services import candado
from sam.services.candado import importing, nobody_imports
from sam.services.importar import write_dump
from sam.storage import FileStorage
from tests.integration.aging import A_DAY, OLD, Aged, clean_up, elsewhere, file_and_s3, held_elsewhere
from tests.integration.making import real_database
from zipworker import cleaning
from zipworker.cleaning import MARK

pytestmark = [real_database, pytest.mark.sqlite]


@pytest.fixture(params=["file", "s3"])
def aged(request: pytest.FixtureRequest, file_storage: FileStorage) -> Aged:
    return file_and_s3(request, file_storage)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "volcado"
    (path / "files").mkdir(parents=True)
    (path / "files" / "manual.pdf").write_bytes(b"%PDF manual")
    (path / "files" / "p1.pdf").write_bytes(b"%PDF procedimiento")
    data = {
        "formato": "sam-dump/1",
        "empresa": {"nombre": "CERTIBOY S.A.S.", "nit": "900.1"},
        "equipos": [{"codigo_interno": "EQ-1", "nombre": "Balanza", "documentos": {"manual": "files/manual.pdf"}}],
        "procedimientos": [{"codigo": "P-1", "nombre": "Balanzas", "documento": "files/p1.pdf"}],
    }
    (path / "data.json").write_text(json.dumps(data))
    return path


@contextmanager
def interrupted(monkeypatch: pytest.MonkeyPatch, *, by: Callable[[], None]) -> Iterator[None]:
    """Something happens when an import's files are stored and its rows are not written."""

    def write_after(*args: Any, **options: Any) -> Any:
        by()
        return write_dump(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(loading, "write_dump", write_after)
        yield


def forget_the_documents() -> None:
    """As if the import that stored them had been killed before its rows were written."""
    Equipo.objects.update(manual=None, dump_sha256="")
    Procedimiento.objects.all().delete()
    Documento.objects.all().delete()


def test_an_import_that_uses_again_what_a_dead_one_left_loses_nothing_to_clean_up(
    aged: Aged, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "get_storage", lambda: aged.storage)
    loading.load_dump(folder)
    forget_the_documents()
    for key in aged.stored():
        aged.set_age(key, 30 * A_DAY)
    left = aged.stored()
    with interrupted(monkeypatch, by=lambda: elsewhere(lambda: clean_up(aged.storage))):
        loading.load_dump(folder)
    assert aged.stored() == left
    assert set(Documento.objects.values_list("key", flat=True)) == left


def test_an_import_that_runs_for_days_loses_nothing_to_clean_up(
    folder: Path, file_storage: FileStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    aged = Aged(file_storage)

    def days_pass() -> None:
        for key in aged.stored():
            aged.set_age(key, 3 * A_DAY)
        elsewhere(lambda: clean_up(file_storage))

    with interrupted(monkeypatch, by=days_pass):
        loading.load_dump(folder)
    for document in Documento.objects.all():
        assert file_storage.size(document.key) == document.bytes


def test_the_documentos_that_no_import_named_go_once_none_runs(aged: Aged) -> None:
    aged.put("documentos/1/ab/abc.pdf", age=OLD)
    aged.put("zip_requests/1/x.zip", age=OLD)
    with held_elsewhere(importing):
        clean_up(aged.storage)
    assert aged.stored() == {"documentos/1/ab/abc.pdf"}
    aged.storage.delete(MARK)
    clean_up(aged.storage)
    assert aged.stored() == set()


def test_imports_run_beside_each_other() -> None:
    with held_elsewhere(importing), importing(), nobody_imports() as alone:
        assert not alone


def test_an_import_does_not_begin_while_a_documento_is_being_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candado, "IMPORT_PATIENCE_SECONDS", 0)
    with held_elsewhere(nobody_imports), pytest.raises(StorageUnavailable), importing():
        pytest.fail("both at once")
    with importing():
        pass


def test_an_import_waits_for_the_delete_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, asked, again = candado._imports_lock, threading.Event(), threading.Event()

    def ask(*, shared: bool) -> Any:
        if shared:
            (again if asked.is_set() else asked).set()
        return lock(shared=shared)

    def import_something() -> None:
        with importing():
            pass

    with ThreadPoolExecutor(1) as pool:
        with held_elsewhere(nobody_imports):
            monkeypatch.setattr(candado, "_imports_lock", ask)
            waiting = pool.submit(elsewhere, import_something)
            assert again.wait(30)
            assert not waiting.done()
        waiting.result(30)


def test_a_lock_is_let_go_whatever_ends_the_import() -> None:
    with pytest.raises(ZeroDivisionError), importing():
        raise ZeroDivisionError
    elsewhere(_require_to_be_alone)


def _require_to_be_alone() -> None:
    with nobody_imports() as alone:
        assert alone


def fail() -> None:
    raise DumpError("files/p1.pdf", "cambió mientras se leía")


def test_an_import_that_fails_takes_back_what_it_stored(
    folder: Path, file_storage: FileStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with interrupted(monkeypatch, by=fail), pytest.raises(DumpError):
        loading.load_dump(folder)
    assert Aged(file_storage).stored() == set()


def test_an_import_that_fails_beside_another_one_leaves_its_files_to_clean_up(
    folder: Path, file_storage: FileStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    aged = Aged(file_storage)
    with held_elsewhere(importing):  # which may have found our files, and be about to name them
        with interrupted(monkeypatch, by=fail), pytest.raises(DumpError):
            loading.load_dump(folder)
        assert len(aged.stored()) == 2
    for key in aged.stored():
        aged.set_age(key, OLD)
    clean_up(file_storage)
    assert aged.stored() == set()


def test_the_reason_of_a_failed_import_is_told_even_where_its_files_cannot_be_deleted(
    folder: Path, file_storage: FileStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: str) -> None:
        raise StorageUnavailable

    monkeypatch.setattr(file_storage, "delete", away)
    with interrupted(monkeypatch, by=fail), pytest.raises(DumpError):
        loading.load_dump(folder)


def test_what_an_import_names_between_the_look_and_the_delete_stays(
    aged: Aged, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "get_storage", lambda: aged.storage)
    loading.load_dump(folder)
    forget_the_documents()
    for key in aged.stored():
        aged.set_age(key, 30 * A_DAY)
    left = aged.stored()

    def after_an_import() -> AbstractContextManager[bool]:
        elsewhere(lambda: loading.load_dump(folder))
        return nobody_imports()

    monkeypatch.setattr(cleaning, "nobody_imports", after_an_import)
    clean_up(aged.storage)
    assert aged.stored() == left


def test_an_import_that_lost_its_session_and_so_its_lock_names_nothing(
    folder: Path, file_storage: FileStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("the lock of SQLite is the process's own")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (ours,) = cursor.fetchone()

    def cut_off() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [ours])

    with interrupted(monkeypatch, by=lambda: elsewhere(cut_off)), pytest.raises(OperationalError):
        loading.load_dump(folder)
    elsewhere(_require_to_be_alone)
    connection.close()
    assert not Documento.objects.exists()
    aged = Aged(file_storage)
    for key in aged.stored():
        aged.set_age(key, OLD)
    clean_up(file_storage)
    assert aged.stored() == set()
