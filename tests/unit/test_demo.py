"""The demo: complete, openable, within its size, and the same bytes each time."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from sam.demo import write_second_demo
from sam.demo.spanish import comma
from sam.importing.dump import ESTADOS, Dump, EquipoDump, read_dump

TODAY = date(2026, 11, 24)
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def dump(demo_dump: Path) -> Dump:
    return read_dump(demo_dump)


def documents_of(equipo: EquipoDump) -> list[str]:
    """Every document that an equipo's record names."""
    named: list[str | None] = [equipo.imagen]
    named += [getattr(equipo.documentos, name) for name in ("manual", "ficha_tecnica", "compra", "otros_documentos")]
    for calibracion in equipo.calibraciones:
        named += [calibracion.certificado, calibracion.confirmacion, calibracion.intervalos]
    for done in equipo.mantenimientos:
        named += [done.documento, done.documento_externo, done.documento_interno]
    for check in equipo.comprobaciones:
        named += [check.certificado, check.documento, check.documento_externo, check.documento_interno]
    named += [equipo.baja.documento] if equipo.baja else []
    return [path for path in named if path is not None]


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_demo_has_what_the_product_promises(dump: Dump) -> None:
    assert dump.warnings == ()
    assert dump.empresa.nombre == "CERTIBOY S.A.S."
    assert (len(dump.equipos), len(dump.procedimientos)) == (69, 3)
    assert len(dump.proveedores) > 3
    assert len(dump.prestamos) > 3
    assert all(procedimiento.documento for procedimiento in dump.procedimientos)


def test_each_equipo_has_about_twelve_documents_of_its_own(dump: Dump) -> None:
    counts = [len(documents_of(equipo)) for equipo in dump.equipos]
    assert 11 <= sum(counts) / len(counts) <= 14
    named = [path for equipo in dump.equipos for path in documents_of(equipo)]
    assert len(named) == len(set(named))
    # The rest: three procedimientos and the logo.
    assert len(dump.files) == len(named) + 4


def test_the_demo_weighs_between_20_and_40_megabytes(demo_dump: Path) -> None:
    total = sum(path.stat().st_size for path in demo_dump.rglob("*") if path.is_file())
    assert 20 * MEGABYTE <= total <= 40 * MEGABYTE


def test_no_file_is_left_that_the_dump_does_not_name(demo_dump: Path, dump: Dump) -> None:
    assert set(digests(demo_dump)) == {"data.json", *dump.files}


def test_no_two_documents_are_the_same(demo_dump: Path) -> None:
    repeated = [digest for digest, count in Counter(digests(demo_dump).values()).items() if count > 1]
    assert repeated == []


def test_every_pdf_opens_and_says_something_in_spanish(demo_dump: Path, dump: Dump) -> None:
    papers = [path for path in dump.files if path.endswith(".pdf")]
    assert len(papers) > 700
    for path in papers:
        reader = PdfReader(demo_dump / path, strict=True)
        assert len(reader.pages) >= 1
    # Reading the text of all would take a minute; one of each kind shows that there is some.
    for path in {name.rsplit("/", 1)[-1].split("_")[0]: name for name in papers}.values():
        text = PdfReader(demo_dump / path).pages[0].extract_text()
        assert len(text) > 100
        assert "Documento de demostración" in text


def test_every_picture_opens_and_shows_more_than_one_color(demo_dump: Path, dump: Dump) -> None:
    for equipo in dump.equipos:
        assert equipo.imagen is not None
        path = demo_dump / equipo.imagen
        assert 40_000 <= path.stat().st_size <= 120_000
        with Image.open(path) as picture:
            picture.load()
            assert (picture.format, picture.size) == ("JPEG", (800, 600))
            assert len(set(picture.resize((80, 60)).get_flattened_data())) > 200
    assert dump.empresa.logo is not None
    with Image.open(demo_dump / dump.empresa.logo) as logo:
        logo.load()


def test_the_codes_are_what_breaks_programs(dump: Dump) -> None:
    codigos = [equipo.codigo_interno for equipo in dump.equipos]
    assert {"BAL/ñ-07", "..", "con", "EQ-010", "EQ-010.", "EQ-001"} <= set(codigos)
    assert max(map(len, codigos)) == 100
    assert len({codigo.casefold() for codigo in codigos}) == 68
    assert all(unicodedata.is_normalized("NFC", codigo) for codigo in codigos)


def test_two_equipos_are_de_baja_and_every_estado_occurs(dump: Dump) -> None:
    assert {equipo.estado for equipo in dump.equipos} == set(ESTADOS)
    withdrawn = [equipo for equipo in dump.equipos if equipo.baja is not None]
    assert [equipo.estado for equipo in withdrawn] == ["De Baja", "De Baja"]
    assert all(equipo.baja and equipo.baja.documento for equipo in withdrawn)


def test_at_the_end_of_2026_something_is_in_date_near_due_overdue_and_unplanned(dump: Dump) -> None:
    nexts = [equipo.proxima_calibracion for equipo in dump.equipos]
    soon = TODAY + timedelta(days=30)
    assert sum(day is None for day in nexts) >= 5
    assert sum(day is not None and day < TODAY for day in nexts) >= 5
    assert sum(day is not None and TODAY <= day <= soon for day in nexts) >= 5
    assert sum(day is not None and day > soon for day in nexts) >= 20


def test_nothing_happens_before_the_purchase_nor_in_the_future(dump: Dump) -> None:
    for equipo in dump.equipos:
        assert equipo.fecha_adquisicion is not None
        days = [done.fecha for done in equipo.calibraciones]
        days += [done.fecha for done in equipo.mantenimientos]
        days += [done.fecha for done in equipo.comprobaciones]
        assert all(equipo.fecha_adquisicion < day < TODAY for day in days)
        assert equipo.baja is None or max(days) < equipo.baja.fecha < TODAY


def test_the_points_have_all_the_forms_that_certificates_have(dump: Dump) -> None:
    calibraciones = [done for equipo in dump.equipos for done in equipo.calibraciones]
    puntos = [punto for done in calibraciones for magnitud in done.magnitudes for punto in magnitud.puntos]
    assert {len(equipo.calibraciones) for equipo in dump.equipos} == {1, 2, 3, 4, 5}
    assert {"±0,5 °C", "2 % FS", 0.05} <= {punto.emp_absoluto for punto in puntos}
    assert any(punto.incertidumbre is None for punto in puntos)
    assert {punto.conformidad for punto in puntos} == {"Conforme", "No conforme"}
    assert {done.resultado for done in calibraciones} == {"Aprobado", "No Aprobado"}
    assert all(_adds_up(punto.nominal, punto.lectura, punto.error) for punto in puntos)


def _adds_up(nominal: float | None, lectura: float | None, error: float | None) -> bool:
    if nominal is None or lectura is None or error is None:
        return False
    return abs(lectura - nominal - error) < 1e-6


def test_the_second_demo_is_small_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    for name in ("una", "otra"):
        write_second_demo(tmp_path / name, progress=lambda done, total: steps.append((done, total)))
    assert digests(tmp_path / "una") == digests(tmp_path / "otra")
    dump = read_dump(tmp_path / "una")
    assert dump.warnings == ()
    assert dump.empresa.nombre == "OTRA METROLOGÍA LTDA."
    assert len(dump.equipos) == 4
    assert all(3 <= len(documents_of(equipo)) <= 6 for equipo in dump.equipos)
    assert steps[-1] == (len(dump.files), len(dump.files))
    assert _grows(done for done, _ in steps[: len(steps) // 2])


def _grows(numbers: Iterable[int]) -> bool:
    found = list(numbers)
    return found == sorted(found)


def test_another_seed_makes_other_data(tmp_path: Path) -> None:
    write_second_demo(tmp_path / "una", seed=1)
    write_second_demo(tmp_path / "otra", seed=2)
    assert read_dump(tmp_path / "una").equipos != read_dump(tmp_path / "otra").equipos


@pytest.mark.parametrize(("value", "written"), [(0.5, "0,5"), (-0.0, "0"), (1000, "1000"), (1e-5, "0,00001")])
def test_numbers_are_written_with_a_comma(value: float, written: str) -> None:
    assert comma(value) == written
