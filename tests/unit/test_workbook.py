"""The workbook: its sheets as listed, values of their own type, no formula from data, the same bytes each time."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.unit.planes import (
    calibracion,
    empresa_ficha,
    equipo_ficha,
)
from tests.unit.workbooks import PRESTAMO, records, written
from zipworker.workbook import WorkbookFile, build, sheet
from zipworker.workbook.cells import CELL_UNITS, legal_text

EQUIPOS = (
    "Código Interno, Nombre, Empresa, Tipo de Equipo, Marca, Modelo, Número de Serie, Ubicación, Responsable, "
    "Estado, Fecha de Adquisición, Rango de Medida, Resolución, Error Máximo Permisible, Puntos de Calibración, "
    "Fecha de Registro, Observaciones, Fecha Última Calibración, Próxima Calibración, Frecuencia Calibración (meses), "
    "Fecha Último Mantenimiento, Próximo Mantenimiento, Frecuencia Mantenimiento (meses), Fecha Última Comprobación, "
    "Próxima Comprobación, Frecuencia Comprobación (meses)"
)
SHEETS = {
    "Equipos": EQUIPOS,
    "Proveedores": "Nombre Empresa, Nombre Contacto, Correo Electrónico, Número Contacto, Tipo Servicio, Alcance, "
    "Servicio Prestado, Página Web",
    "Procedimientos": "Código, Nombre, Observaciones, Versión, Fecha de Emisión",
    "Préstamos": "Código Equipo, Nombre Equipo, Prestatario, Cédula, Cargo, Teléfono, Email, Fecha Préstamo, "
    "Devolución Programada, Devolución Real, Estado, Observaciones",
    "Documentos": "Equipo, Tipo, Número de Certificado, Fecha, Vence, Ruta en el ZIP, Parte, Bytes, SHA-256",
    "Matriz 6.4.13": "Código Interno, Nombre, Literal, Requisito, Qué Pide, Estado, Evidencia",
}


def row_of(path: Path, sheet: str = "Equipos") -> dict[str, Any]:
    rows = openpyxl.load_workbook(path)[sheet].iter_rows(min_row=1, max_row=2)
    titles, cells = rows
    return {str(title.value): cell for title, cell in zip(titles, cells, strict=True)}


def test_the_sheets_have_the_columns_of_the_contract_in_order(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(written(tmp_path / "i.xlsx", equipo_ficha(1, "E")))
    assert book.sheetnames == [*SHEETS, "Dashboard"]
    for title, columns in SHEETS.items():
        sheet = book[title]
        assert [cell.value for cell in sheet[1]] == columns.split(", ")
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref.startswith("A1:")
        assert all(dimension.width > 10 for dimension in sheet.column_dimensions.values())


def test_dates_are_dates_and_numbers_are_numbers(tmp_path: Path) -> None:
    row = row_of(written(tmp_path / "i.xlsx", equipo_ficha(1, "E")))
    assert row["Próxima Calibración"].value == datetime(2026, 1, 15)  # noqa: DTZ001  (a cell has no zone)
    assert row["Próxima Calibración"].number_format == "yyyy-mm-dd"
    assert row["Frecuencia Calibración (meses)"].value == 12
    assert row["Próximo Mantenimiento"].value is None
    assert row["Error Máximo Permisible"].value == "±0,5 °C"
    assert row["Empresa"].value == "CERTIBOY S.A.S."


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", "#N/A", "#REF!"])
def test_a_text_that_looks_like_a_formula_is_text(tmp_path: Path, text: str) -> None:
    cell = row_of(written(tmp_path / "i.xlsx", equipo_ficha(1, "E", nombre=text)))["Nombre"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)


def test_nothing_in_the_workbook_is_a_formula(tmp_path: Path) -> None:
    texts = [key for key, value in equipo_ficha(1, "E").items() if isinstance(value, str)]
    hostile = {key: "=1+1" for key in texts if "fech" not in key and not key.startswith("prox")}
    certificate = {**calibracion(1, 1), "numero_certificado": "@SUM(A1)", "resultado": "+1"}
    ficha = equipo_ficha(1, "=1", **hostile, calibraciones=[certificate])
    path = written(tmp_path / "i.xlsx", ficha, empresa=empresa_ficha(nombre="=1"))
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        assert len(names) == 7
        assert all(re.search(rb"<f[ >]", archive.read(name)) is None for name in names)
    assert records(path, "Documentos")[0]["Número de Certificado"].quotePrefix
    assert records(path, "Matriz 6.4.13")[3]["Evidencia"].quotePrefix
    estado = next(row[0] for row in openpyxl.load_workbook(path)["Dashboard"] if row[0].value == "=1+1")
    assert (estado.data_type, estado.quotePrefix) == ("s", True)


def test_a_text_keeps_what_xml_can_say_and_a_cell_can_hold(tmp_path: Path) -> None:
    text = "a\0b\x0bc\ud800d\ufffe é\nñ _x0041_ 😀 " + "x" * 40_000
    assert legal_text("_x0041_ _x41_") == "_x005F_x0041_ _x41_"
    cell = row_of(written(tmp_path / "i.xlsx", equipo_ficha(1, "E", observaciones=text)))["Observaciones"]
    assert cell.value.startswith("abcd é\nñ ")
    assert len(cell.value) == 32_766  # of its characters one counts twice, as in Excel
    assert len(legal_text("😀" * 40_000).encode("utf-16-le")) == 2 * (CELL_UNITS - 1)


def test_the_lists_of_the_empresa_have_their_rows(tmp_path: Path) -> None:
    path = written(tmp_path / "i.xlsx", equipo_ficha(1, "E"), empresa=empresa_ficha(prestamos=[PRESTAMO]))
    row = row_of(path, "Préstamos")
    assert row["Código Equipo"].value == "EQ-001"
    assert row["Cédula"].value is None
    assert row["Devolución Programada"].is_date


def test_the_same_data_give_the_same_bytes_whatever_the_clock_says(tmp_path: Path) -> None:
    first = written(tmp_path / "a.xlsx", equipo_ficha(1, "E"))
    second = written(tmp_path / "b.xlsx", equipo_ficha(1, "E"))
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2026, 1, 2, 9, 30, 6)}
        core = archive.read("docProps/core.xml").decode()
    assert core.count("2026-01-02T14:30:07Z") == 2


def test_a_workbook_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Invalid isoformat"):
        written(tmp_path / "i.xlsx", equipo_ficha(1, "E", fecha_registro="mañana"))
    assert list(tmp_path.iterdir()) == []


def test_a_day_before_the_calendar_of_spreadsheets_is_text(tmp_path: Path) -> None:
    path = written(
        tmp_path / "i.xlsx", equipo_ficha(1, "E", fecha_adquisicion="1899-07-01", fecha_registro="1900-03-01")
    )
    row = row_of(path)
    assert row["Fecha de Adquisición"].value == "1899-07-01"
    assert row["Fecha de Registro"].value == datetime(1900, 3, 1)  # noqa: DTZ001


def test_rows_that_no_sheet_can_hold_are_counted_in_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "Sheet", partial(sheet.Sheet, limit=4))
    path = written(tmp_path / "i.xlsx", *(equipo_ficha(n, f"E{n}") for n in range(1, 7)))
    codigos = [row["Código Interno"].value for row in records(path, "Equipos")]
    assert codigos == ["E1", "E2", "Esta hoja no puede tener más filas: faltan 4."]


def test_a_workbook_file_says_what_an_archive_must_know(tmp_path: Path) -> None:
    path = written(tmp_path / "i.xlsx", equipo_ficha(1, "E"))
    file = WorkbookFile.of(path)
    assert b"".join(file.chunks()) == path.read_bytes()
    assert file.size == path.stat().st_size
