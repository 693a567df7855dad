"""importar_dump: whole or not at all, and with the same dump nothing twice."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from sam.management import loading
from sam.models import Calibracion, Documento, Empresa, Equipo, Ficha, Prestamo, Procedimiento, Proveedor
from sam.storage import FileStorage
from tests.integration.making import real_database

pytestmark = [real_database, pytest.mark.sqlite]

Data = dict[str, Any]


def minimal() -> Data:
    return {
        "formato": "sam-dump/1",
        "empresa": {"nombre": "CERTIBOY S.A.S.", "nit": "900.1"},
        "proveedores": [{"nombre_empresa": "Metrólogos Ltda."}],
        "procedimientos": [{"codigo": "P-1", "nombre": "Balanzas", "documento": "files/p1.pdf"}],
        "equipos": [
            {
                "codigo_interno": "EQ-001",
                "nombre": "Balanza",
                "documentos": {"manual": "files/manual.pdf"},
                "calibraciones": [
                    {
                        "fecha": "2026-01-15",
                        "certificado": "files/cal.pdf",
                        "magnitudes": [{"nombre": "Masa", "unidad": "g", "puntos": [{"nominal": "0,5"}]}],
                    }
                ],
            },
            {"codigo_interno": "EQ-002", "nombre": "Termómetro", "documentos": {"manual": "files/manual.pdf"}},
        ],
        "prestamos": [{"equipo": "EQ-002", "prestatario": "Ana", "fecha_prestamo": "2026-02-01"}],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "volcado"
    (path / "files").mkdir(parents=True)
    for name in ("p1", "manual", "cal"):
        (path / "files" / f"{name}.pdf").write_bytes(f"%PDF {name}".encode() * 100)
    write(path, minimal())
    return path


def write(folder: Path, data: Data) -> None:
    (folder / "data.json").write_text(json.dumps(data))


def load(folder: Path) -> dict[str, int]:
    out = io.StringIO()
    call_command("importar_dump", str(folder), stdout=out)
    answer: dict[str, int] = json.loads(out.getvalue().splitlines()[-1])
    return answer


def rows() -> dict[str, int]:
    models = (Empresa, Equipo, Calibracion, Documento, Prestamo, Procedimiento, Proveedor, Ficha)
    return {model.__name__: model._default_manager.count() for model in models}


def stored(storage: FileStorage) -> list[str]:
    return sorted(path.name for path in storage.root.rglob("*") if path.is_file()) if storage.root.exists() else []


def test_a_dump_is_loaded_whole(folder: Path, file_storage: FileStorage) -> None:
    answer = load(folder)
    empresa = Empresa.objects.get()
    assert answer == {"empresa": empresa.pk, "equipos": 2, "documentos": 3}
    assert rows() == {
        "Empresa": 1,
        "Equipo": 2,
        "Calibracion": 1,
        "Documento": 3,
        "Prestamo": 1,
        "Procedimiento": 1,
        "Proveedor": 1,
        "Ficha": 2,
    }
    assert Calibracion.objects.get().magnitudes[0]["puntos"][0]["nominal"] == 0.5
    for document in Documento.objects.all():
        assert f"/{empresa.pk}/" in document.key
        assert b"".join(file_storage.read(document.key)) == (folder / "files" / document.nombre).read_bytes()


def test_the_same_dump_again_writes_nothing_twice(folder: Path, file_storage: FileStorage) -> None:
    answer = load(folder)
    before = rows(), stored(file_storage), list(Equipo.objects.order_by("pk").values())
    assert load(folder) == answer
    assert (rows(), stored(file_storage), list(Equipo.objects.order_by("pk").values())) == before


def test_another_dump_changes_what_it_tells_differently_and_only_that(folder: Path) -> None:
    load(folder)
    untouched = Equipo.objects.values().get(codigo_interno="EQ-002")
    data = minimal()
    data["equipos"][0]["nombre"] = "Balanza analítica"
    data["equipos"][0]["calibraciones"].append({"fecha": "2026-03-01"})
    data["proveedores"] = []
    write(folder, data)
    load(folder)
    changed = Equipo.objects.get(codigo_interno="EQ-001")
    assert (changed.nombre, changed.calibraciones.count(), changed.revision) == ("Balanza analítica", 2, 2)
    assert Equipo.objects.values().get(codigo_interno="EQ-002") == untouched
    assert not Proveedor.objects.exists()


def test_a_file_with_other_bytes_is_another_documento(folder: Path) -> None:
    load(folder)
    before = Equipo.objects.get(codigo_interno="EQ-001").manual_id
    (folder / "files" / "manual.pdf").write_bytes(b"%PDF another")
    load(folder)
    assert Equipo.objects.get(codigo_interno="EQ-001").manual_id != before
    assert Documento.objects.count() == 4


def spoil_format(folder: Path) -> None:
    write(folder, {**minimal(), "formato": "sam-dump/2"})


def truncate(folder: Path) -> None:
    file = folder / "data.json"
    file.write_text(file.read_text()[:-40])


def lead_outside(folder: Path) -> None:
    data = minimal()
    (folder.parent / "secreto.pdf").write_bytes(b"secreto")
    data["equipos"][1]["documentos"]["manual"] = "../secreto.pdf"
    write(folder, data)


def lose_a_file(folder: Path) -> None:
    (folder / "files" / "cal.pdf").unlink()


def mistype(folder: Path) -> None:
    data = minimal()
    data["equipos"][1]["calibraciones"] = {"fecha": "2026-01-01"}
    write(folder, data)


def misdate(folder: Path) -> None:
    data = minimal()
    data["equipos"][0]["calibraciones"][0]["fecha"] = "2026-02-30"
    write(folder, data)


def remove(folder: Path) -> None:
    shutil.rmtree(folder)


BAD: dict[str, tuple[Callable[[Path], None], str]] = {
    "an unknown format": (spoil_format, "formato"),
    "truncated JSON": (truncate, "data.json"),
    "a path outside the folder": (lead_outside, "equipos[1].documentos.manual"),
    "a missing file": (lose_a_file, "equipos[0].calibraciones[0].certificado"),
    "a wrong type": (mistype, "equipos[1].calibraciones"),
    "a date that is none": (misdate, "equipos[0].calibraciones[0].fecha"),
    "no folder": (remove, "no es una carpeta"),
}


@pytest.mark.parametrize(("spoil", "place"), BAD.values(), ids=BAD)
def test_a_bad_dump_is_refused_whole_naming_the_place(
    folder: Path, file_storage: FileStorage, spoil: Callable[[Path], None], place: str
) -> None:
    spoil(folder)
    with pytest.raises(CommandError) as refused:
        load(folder)
    assert place in str(refused.value)
    assert set(rows().values()) == {0}
    assert stored(file_storage) == []


def test_rows_that_cannot_be_written_leave_no_files_behind(
    folder: Path, file_storage: FileStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("la base de datos se fue")

    monkeypatch.setattr(loading, "write_dump", fail)
    with pytest.raises(RuntimeError):
        load(folder)
    assert stored(file_storage) == []
    assert set(rows().values()) == {0}


def test_a_freeze_that_fails_leaves_what_was_loaded(
    folder: Path, file_storage: FileStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OperationalError("la base de datos se fue")

    monkeypatch.setattr(loading, "freeze_in_batches", fail)
    with pytest.raises(OperationalError):
        load(folder)
    for document in Documento.objects.all():
        assert file_storage.size(document.key) == document.bytes


def test_a_new_name_reaches_the_loans_of_the_empresa(folder: Path) -> None:
    load(folder)
    before = Empresa.objects.get().revision
    data = minimal()
    data["equipos"][1]["nombre"] = "Termómetro digital"
    write(folder, data)
    load(folder)
    assert Empresa.objects.get().revision > before


def test_unknown_keys_are_ignored_with_a_warning(folder: Path) -> None:
    data = minimal()
    data["equipos"][0]["color"] = "azul"
    write(folder, data)
    err = io.StringIO()
    call_command("importar_dump", str(folder), stdout=io.StringIO(), stderr=err)
    assert "equipos[0].color" in err.getvalue()
