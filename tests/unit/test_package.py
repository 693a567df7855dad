"""The content of a part: every documento once, what is missing with its reason, and manifests that can be checked."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sam.errors import MissingObject, StorageUnavailable, UnreadableObject
from sam.planning.fichas import EquipoFicha
from sam.planning.names import PATH_LIMIT
from sam.planning.plan import PartPlan
from tests.unit.planes import (
    INSTANT,
    Store,
    calibracion,
    empresa_ficha,
    equipo_ficha,
    full_ficha,
    jpeg,
    part_plan,
)
from zipworker.hoja_de_vida import HojaDeVida, HojaFailed
from zipworker.package.documents import HELD_BYTES, DocumentChanged
from zipworker.package.ledger import Ledger, Unbalanced
from zipworker.package.missing import Missing, Motivo, faltantes_csv
from zipworker.package.package import Package
from zipworker.workbook import WorkbookFile

LARGE = HELD_BYTES + 3


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def workbook(tmp_path: Path) -> WorkbookFile:
    path = tmp_path / "informe.xlsx"
    path.write_bytes(b"PK a workbook")
    return WorkbookFile.of(path)


class Built:
    """A part that was built, opened again."""

    def __init__(
        self, plan: PartPlan, store: Store, workbook: WorkbookFile, excluded: Mapping[int, str] | None = None
    ) -> None:
        self.seen: list[tuple[int, str]] = []
        self.package = Package(
            plan,
            read_document=store.read,
            workbook=lambda: workbook,
            on_equipo=lambda done, codigo: self.seen.append((done, codigo)),
            excluded=excluded,
        )
        self.data = b"".join(self.package.chunks())
        self.zip = zipfile.ZipFile(io.BytesIO(self.data))
        self.root = plan.root

    def names(self) -> list[str]:
        return [name.removeprefix(f"{self.root}/") for name in self.zip.namelist()]

    def read(self, path: str) -> bytes:
        return self.zip.read(f"{self.root}/{path}")

    def manifest(self) -> dict[str, Any]:
        name = next(name for name in self.names() if name.startswith("manifiesto"))
        manifest: dict[str, Any] = json.loads(self.read(name))
        return manifest

    def reasons(self) -> dict[str, str]:
        return {missing.ruta: missing.motivo.value for missing in self.package.missing}


def full_part(store: Store, **changes: Any) -> PartPlan:
    return part_plan([full_ficha(store, 1, "EQ-001", **changes)], documents=store.documents)


def test_the_entries_come_in_the_order_of_the_contract(store: Store, workbook: WorkbookFile) -> None:
    de_baja = {"fecha": "2025-11-30", "razon": "Daño", "observaciones": "", "documento": store.add("acta.pdf", b"acta")}
    plan = full_part(store, estado="De Baja", baja=de_baja)
    procedimiento = {
        "id": 1,
        "codigo": "P-01",
        "nombre": "Calibración / termómetros",
        "version": "1",
        "fecha_emision": None,
        "observaciones": "",
        "documento": store.add("p.PDF", b"proc"),
    }
    plan = replace(plan, empresa=empresa_ficha(procedimientos=[procedimiento]))
    built = Built(plan, store, workbook)
    base = "Equipos/EQ-001/"
    assert built.names() == [
        f"{base}Hoja_de_vida.pdf",
        f"{base}compra.pdf",
        f"{base}ficha_tecnica.pdf",
        f"{base}manual.docx",
        f"{base}imagen.jpg",
        f"{base}Calibraciones/Certificados_Calibracion/cal_1.pdf",
        f"{base}Calibraciones/Certificados_Calibracion/cal_2.pdf",
        f"{base}Calibraciones/Confirmacion_Metrologica/conf_1.pdf",
        f"{base}Calibraciones/Confirmacion_Metrologica/conf_2.pdf",
        f"{base}Calibraciones/Intervalos_Calibracion/int_1.pdf",
        f"{base}Calibraciones/Intervalos_Calibracion/int_2.pdf",
        f"{base}Mantenimientos/mant_1.pdf",
        f"{base}Mantenimientos/Documentos_Externos/ext_1.pdf",
        f"{base}Mantenimientos/Documentos_Internos/int_1.pdf",
        f"{base}Comprobaciones/Certificados_Comprobacion/comp_1.pdf",
        f"{base}Comprobaciones/Documentos_Externos/ext_1.pdf",
        f"{base}Comprobaciones/Documentos_Internos/int_1.pdf",
        f"{base}Comprobaciones/Documentos_Generales/doc_1.pdf",
        f"{base}Baja/documento_baja.pdf",
        "Procedimientos/P-01_Calibración _ termómetros.pdf",
        "Informe_Consolidado.xlsx",
        "INDICE.html",
        "FALTANTES.csv",
        "LEEME.txt",
        "manifiesto.json",
        "MANIFIESTO.sha256",
    ]
    assert built.package.missing == []
    assert built.package.registered == built.package.included == len(store.documents)


def test_a_documento_de_baja_is_there_only_for_an_equipo_de_baja(store: Store, workbook: WorkbookFile) -> None:
    baja = {"fecha": None, "razon": "", "observaciones": "", "documento": store.add("acta.pdf", b"acta")}
    built = Built(full_part(store, estado="Activo", baja=baja), store, workbook)
    assert not any("Baja" in name for name in built.names())


def test_numbers_count_the_files_of_a_folder(store: Store, workbook: WorkbookFile) -> None:
    rows = [calibracion(1), calibracion(2, store.add("b.pdf", b"b")), calibracion(3, store.add("c.pdf", b"c"))]
    plan = part_plan([equipo_ficha(1, "E", calibraciones=rows)], documents=store.documents)
    built = Built(plan, store, workbook)
    folder = "Equipos/E/Calibraciones/Certificados_Calibracion"
    assert (built.read(f"{folder}/cal_1.pdf"), built.read(f"{folder}/cal_2.pdf")) == (b"b", b"c")


def test_extracted_together_the_parts_are_one_folder_that_sha256sum_accepts(
    store: Store, workbook: WorkbookFile, tmp_path: Path
) -> None:
    fichas = [full_ficha(store, n, codigo) for n, codigo in enumerate(["A/1", "a:1", "ñ..", "CON", "Z"], 1)]
    folder = tmp_path / "juntas"
    written: dict[str, bytes] = {}
    documents: list[int] = []
    for number in (1, 2, 3):
        plan = part_plan(fichas, documents=store.documents, number=number, size=2)
        built = Built(plan, store, workbook)
        for name in built.names():
            data = built.read(name)
            assert written.setdefault(name.casefold(), data) == data
        documents += [file["documento"] for file in built.manifest()["files"] if file["documento"]]
        archive = tmp_path / f"{number}.zip"
        archive.write_bytes(built.data)
        subprocess.run(["unzip", "-q", "-o", archive, "-d", folder], check=True)
        lines = ["sha256sum", "--check", "--strict", "--quiet", f"MANIFIESTO_P{number}de3.sha256"]
        assert subprocess.run(lines, cwd=folder / plan.root, check=True, capture_output=True).stdout == b""
    assert sorted(documents) == sorted(store.documents)
    root = folder / "CERTIBOY S.A.S"
    listed = {line.split("  ", 1)[1] for path in root.glob("*.sha256") for line in path.read_text().splitlines()}
    on_disk = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert listed == {path for path in on_disk if not path.endswith(".sha256")}


@pytest.mark.skipif(shutil.which("bsdtar") is None, reason="bsdtar is not installed")
def test_bsdtar_reads_it_without_a_word(store: Store, workbook: WorkbookFile, tmp_path: Path) -> None:
    archive = tmp_path / "parte.zip"
    archive.write_bytes(Built(full_part(store), store, workbook).data)
    assert subprocess.run(["bsdtar", "-tf", archive], check=True, capture_output=True).stderr == b""


def test_the_manifest_lists_what_was_written(store: Store, workbook: WorkbookFile) -> None:
    built = Built(full_part(store), store, workbook)
    manifest = built.manifest()
    assert (manifest["request"], manifest["part"], manifest["of"]) == (7, 1, 1)
    assert manifest["instant"] == "2026-01-02T09:30:07-05:00"
    counts = manifest["counts"]
    assert counts["registered"] == counts["included"] + counts["missing"] == len(store.documents)
    for file in manifest["files"]:
        data = built.read(file["path"])
        assert (file["bytes"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert [file["path"] for file in manifest["files"]] == built.names()[:-2]
    assert built.package.manifest_sha256 == hashlib.sha256(built.read("manifiesto.json")).hexdigest()


def test_an_equipo_is_reported_after_its_last_file_has_passed(store: Store, workbook: WorkbookFile) -> None:
    fichas = [full_ficha(store, 1, "A"), full_ficha(store, 2, "B")]
    reported: list[tuple[int, int]] = []
    passed = 0

    def on_equipo(done: int, codigo: str) -> None:
        reported.append((done, passed))

    package = Package(
        part_plan(fichas, documents=store.documents),
        read_document=store.read,
        workbook=lambda: workbook,
        on_equipo=on_equipo,
    )
    for chunk in package.chunks():
        passed += len(chunk)
    assert [done for done, _ in reported] == [1, 2]
    assert 0 < reported[0][1] < reported[1][1]


def test_the_same_plan_gives_the_same_bytes_in_another_thread_too(store: Store, workbook: WorkbookFile) -> None:
    plan = replace(full_part(store), empresa=empresa_ficha(logo=store.add("logo.png", jpeg("red"))))
    built: list[bytes] = []
    build = [threading.Thread(target=lambda: built.append(Built(plan, store, workbook).data)) for _ in range(2)]
    for thread in build:
        thread.start()
    for thread in build:
        thread.join()
    assert built == [Built(plan, store, workbook).data] * 2


@pytest.mark.parametrize(
    ("broken", "motivo"),
    [
        (MissingObject(), "no_esta"),
        (UnreadableObject(), "ilegible"),
        (b"", "alterado"),
        (b"%PDF-1.4 EQ-001 compra" * 39, "alterado"),
        (b"X" * 880, "alterado"),
        (b"X" * 2_000_000, "alterado"),
    ],
)
def test_a_documento_that_is_not_as_registered_is_named_and_the_rest_is_whole(
    store: Store, workbook: WorkbookFile, broken: bytes | Exception, motivo: str
) -> None:
    plan = full_part(store)
    whole = Built(plan, store, workbook)
    store.bytes_of[1] = broken
    built = Built(plan, store, workbook)
    path = "Equipos/EQ-001/compra.pdf"
    assert built.reasons() == {path: motivo}
    assert built.package.missing[0] == Missing(1, "EQ-001", "Documento de compra", path, Motivo(motivo))
    assert set(whole.names()) - set(built.names()) == {path}
    assert built.package.registered == whole.package.registered == built.package.included + 1
    rows = list(csv.reader(io.StringIO(built.read("FALTANTES.csv").decode("utf-8-sig"), newline="")))
    assert rows[0] == ["equipo", "documento", "ruta", "motivo"]
    assert rows[1][:3] == ["EQ-001", "Documento de compra", path]
    assert b"faltan 1 de 17" in built.read("LEEME.txt")
    assert built.manifest()["missing"][0]["reason"] == motivo


def test_a_whole_part_has_no_row_of_faltantes(store: Store, workbook: WorkbookFile) -> None:
    built = Built(full_part(store), store, workbook)
    assert built.read("FALTANTES.csv") == "\ufeffequipo,documento,ruta,motivo\r\n".encode()


def test_a_documento_that_is_no_longer_known_is_named_too(store: Store, workbook: WorkbookFile) -> None:
    plan = full_part(store)
    known = {id: document for id, document in store.documents.items() if id != 2}
    built = Built(replace(plan, documents=known), store, workbook)
    assert built.reasons() == {"Equipos/EQ-001/ficha_tecnica": "no_esta"}


@pytest.mark.parametrize("id", [1, 4])
def test_a_store_that_does_not_answer_is_no_reason_to_call_a_documento_missing(
    store: Store, workbook: WorkbookFile, id: int
) -> None:
    plan = full_part(store)
    store.bytes_of[id] = StorageUnavailable()
    with pytest.raises(StorageUnavailable):
        Built(plan, store, workbook)


def large_part(store: Store) -> tuple[PartPlan, int]:
    id = store.add("video.mp4", b"\x01" * LARGE)
    rows = [calibracion(1, id)]
    small = store.add("x.pdf", b"small")
    fichas = [equipo_ficha(1, "E", calibraciones=rows), equipo_ficha(2, "F", calibraciones=[calibracion(1, small)])]
    return part_plan(fichas, documents=store.documents), id


def test_a_large_documento_passes_in_chunks(store: Store, workbook: WorkbookFile) -> None:
    plan, _ = large_part(store)
    built = Built(plan, store, workbook)
    path = "Equipos/E/Calibraciones/Certificados_Calibracion/cal_1.mp4"
    assert len(built.read(path)) == LARGE
    assert built.package.missing == []


def test_a_large_documento_that_is_not_there_is_found_before_its_header(store: Store, workbook: WorkbookFile) -> None:
    plan, id = large_part(store)
    store.bytes_of[id] = MissingObject()
    assert list(Built(plan, store, workbook).reasons().values()) == ["no_esta"]


@pytest.mark.parametrize("broken", [b"\x01" * (LARGE - 1), b"\x01" * (LARGE + 1), b"\x01" * (LARGE - 1) + b"\x02"])
def test_a_large_documento_found_changed_at_its_end_is_left_out_at_the_next_try(
    store: Store, workbook: WorkbookFile, broken: bytes
) -> None:
    plan, id = large_part(store)
    store.bytes_of[id] = broken
    with pytest.raises(DocumentChanged) as changed:
        Built(plan, store, workbook)
    assert (changed.value.documento_id, changed.value.motivo) == (id, Motivo.ALTERADO)
    built = Built(plan, store, workbook, excluded={id: "alterado"})
    assert list(built.reasons().values()) == ["alterado"]
    assert built.package.registered == 2


def test_a_part_that_may_pass_four_gigabytes_is_written_as_zip64(store: Store, workbook: WorkbookFile) -> None:
    plan, id = large_part(store)
    assert b"PK\x06\x06" not in Built(plan, store, workbook).data
    store.bytes_of[id] = MissingObject()
    huge = replace(plan, documents={**plan.documents, id: replace(plan.documents[id], bytes=5 * 2**30)})
    built = Built(huge, store, workbook)
    assert b"PK\x06\x06" in built.data
    assert built.zip.testzip() is None


def test_a_wrong_crc_in_the_register_does_not_stop_a_part_for_ever(store: Store, workbook: WorkbookFile) -> None:
    plan, id = large_part(store)
    plan = replace(plan, documents={**plan.documents, id: replace(plan.documents[id], crc32=1)})
    with pytest.raises(DocumentChanged) as changed:
        Built(plan, store, workbook)
    assert changed.value.documento_id == id
    small = {other: replace(document, crc32=1) for other, document in plan.documents.items() if other != id}
    built = Built(replace(plan, documents=small), store, workbook, excluded={id: "alterado"})
    assert built.zip.testzip() is None


def test_an_image_that_cannot_be_shown_is_named_and_its_file_is_there(store: Store, workbook: WorkbookFile) -> None:
    plan = full_part(store, imagen=store.add("foto.png", b"no image at all"))
    built = Built(plan, store, workbook)
    assert built.reasons() == {"Equipos/EQ-001/imagen.png": "imagen_rota"}
    assert built.read("Equipos/EQ-001/imagen.png") == b"no image at all"
    assert built.package.registered == built.package.included + 1


def test_a_large_photo_is_shown_and_passes_whole(store: Store, workbook: WorkbookFile) -> None:
    photo = jpeg() + bytes(LARGE)  # what follows the image is no concern of a decoder
    plan = full_part(store, imagen=store.add("foto.jpg", photo))
    built = Built(plan, store, workbook)
    assert built.package.missing == []
    assert built.read("Equipos/EQ-001/imagen.jpg") == photo


@pytest.mark.parametrize(("broken", "motivo"), [(MissingObject(), "no_esta"), (b"no image", "imagen_rota")])
def test_a_logo_that_is_not_there_makes_the_part_incomplete(
    store: Store, workbook: WorkbookFile, broken: bytes | Exception, motivo: str
) -> None:
    logo = store.add("logo.png", b"no image")
    store.bytes_of[logo] = broken
    plan = replace(full_part(store), empresa=empresa_ficha(logo=logo))
    missing = Built(plan, store, workbook).package.missing
    assert [(one.equipo, one.documento, one.motivo) for one in missing] == [
        ("", "Logo de la empresa", Motivo(motivo)),
    ]


def test_a_hoja_de_vida_that_fails_is_named_and_the_documentos_are_there(
    store: Store, workbook: WorkbookFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise HojaFailed

    monkeypatch.setattr(HojaDeVida, "render", fail)
    built = Built(full_part(store), store, workbook)
    assert built.reasons() == {"Equipos/EQ-001/Hoja_de_vida.pdf": "pdf_fallo"}
    counts = built.manifest()["counts"]
    assert counts["registered"] == counts["included"] + counts["missing"] == len(store.documents) + 1


def test_procedimientos_are_in_the_last_part_only(store: Store, workbook: WorkbookFile) -> None:
    fichas = [full_ficha(store, 1, "A"), full_ficha(store, 2, "B")]
    procedimiento = {
        "id": 1,
        "codigo": "P",
        "nombre": "x",
        "version": "",
        "fecha_emision": None,
        "observaciones": "",
        "documento": store.add("p.pdf", b"p"),
    }
    empresa = empresa_ficha(procedimientos=[procedimiento, {**procedimiento, "id": 2, "documento": None}])
    for number, expected in ((1, 0), (2, 1)):
        plan = part_plan(fichas, documents=store.documents, empresa=empresa, number=number, size=1)
        built = Built(plan, store, workbook)
        assert sum(name.startswith("Procedimientos/") for name in built.names()) == expected


def test_a_cell_of_faltantes_is_never_a_formula() -> None:
    starts = ["=1+1", "+1", "-1", "@SUM", "\tx", "\rx"]
    rows = [Missing(1, start, 'a "b", c\nd', start, Motivo.ALTERADO) for start in starts]
    data = faltantes_csv(rows)
    assert data.startswith(b"\xef\xbb\xbfequipo,")
    cells = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))[1:]
    assert [(row[0], row[2]) for row in cells] == [(f"'{start}", f"'{start}") for start in starts]
    assert {row[1] for row in cells} == {'a "b", c\nd'}


HOSTILE: list[str] = [
    "../../etc/passwd",
    "CON",
    "a\u202epdf",
    "x" * 300,
    "EQ\\1",
    " . ",
    "é" * 60,
    "=cmd|' /C calc'!A0",
]


def test_hostile_data_give_safe_paths_and_an_honest_list(store: Store, workbook: WorkbookFile) -> None:
    fichas: list[EquipoFicha] = [
        full_ficha(store, n, codigo, nombre=codigo, observaciones=codigo * 50) for n, codigo in enumerate(HOSTILE, 1)
    ]
    procedimiento = {
        "id": 1,
        "codigo": "../..",
        "nombre": "NUL\n" * 100,
        "version": "",
        "fecha_emision": None,
        "observaciones": "",
        "documento": store.add("p.exe\u202efdp", b"p"),
    }
    empresa = empresa_ficha(nombre="..\\ Ñandú: " + "x" * 90, procedimientos=[procedimiento])
    built = Built(part_plan(fichas, documents=store.documents, empresa=empresa), store, workbook)
    names = built.zip.namelist()
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert len(name) <= PATH_LIMIT
        assert not name.startswith("/")
        assert not {"", ".", ".."} & set(name.split("/"))
        assert "\\" not in name
        assert name.isprintable()
    assert built.package.missing == []
    assert built.seen == [(n, codigo) for n, codigo in enumerate(HOSTILE, 1)]


def test_the_instant_is_the_time_of_every_entry(store: Store, workbook: WorkbookFile) -> None:
    built = Built(full_part(store), store, workbook)
    assert {entry.date_time for entry in built.zip.infolist()} == {(2026, 1, 2, 9, 30, 6)}  # two seconds' grain
    assert INSTANT.second == 7


def test_a_ledger_that_does_not_add_up_is_refused() -> None:
    ledger = Ledger()
    ledger.expect(1)
    with pytest.raises(Unbalanced):
        ledger.counts(equipos=1)
