"""The sheets Documentos, Matriz 6.4.13 and Dashboard: what they say follows from the Fichas and the day."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sam.planning.plan import StoredDocument
from tests.unit.planes import INSTANT, Store, calibracion, empresa_ficha, equipo_ficha, full_ficha, part_plan
from tests.unit.workbooks import PRESTAMO, dashboard, records, written
from zipworker.matriz import evaluate
from zipworker.package.entries import equipo_entries
from zipworker.workbook import build, build_workbook, sheet
from zipworker.workbook.links import Links, link_target

BAJA = {"fecha": "2025-11-30", "razon": "Daño", "observaciones": "", "documento": None}


def test_documentos_has_each_registered_documento_once(tmp_path: Path) -> None:
    store = Store()
    fichas = [full_ficha(store, n, f"EQ-{n}") for n in (1, 2, 3, 4)]
    procedimiento = {
        "id": 1,
        "codigo": "P-01",
        "nombre": "Año nuevo",
        "version": "1",
        "fecha_emision": "2024-02-01",
        "observaciones": "",
        "documento": store.add("p.PDF", b"proc"),
    }
    empresa = empresa_ficha(procedimientos=[procedimiento])
    rows = records(written(tmp_path / "i.xlsx", *fichas, empresa=empresa, store=store), "Documentos")
    assert len(rows) == len(store.documents)
    assert {row["SHA-256"].value for row in rows} == {document.sha256 for document in store.documents.values()}

    certificate = next(
        row
        for row in rows
        if row["Ruta en el ZIP"].value.endswith("EQ-3/Calibraciones/Certificados_Calibracion/cal_2.pdf")
    )
    assert certificate["Equipo"].value == "EQ-3"
    assert certificate["Tipo"].value == "Certificado de calibración"
    assert certificate["Número de Certificado"].value == "C-002"
    assert certificate["Fecha"].value == datetime(2022, 1, 15)  # noqa: DTZ001
    assert certificate["Parte"].value == 2
    assert certificate["Bytes"].value == next(
        d.bytes for d in store.documents.values() if d.sha256 == certificate["SHA-256"].value
    )

    last = rows[-1]
    assert (last["Equipo"].value, last["Tipo"].value, last["Parte"].value) == (None, "Procedimiento", 2)
    assert last["Ruta en el ZIP"].value == "Procedimientos/P-01_Año nuevo.pdf"
    assert last["Ruta en el ZIP"].hyperlink.target == "Procedimientos/P-01_Año%20nuevo.pdf"


def test_a_documento_that_is_no_longer_known_keeps_its_row(tmp_path: Path) -> None:
    ficha = equipo_ficha(1, "E", calibraciones=[calibracion(1, 99)])
    (row,) = records(written(tmp_path / "i.xlsx", ficha), "Documentos")
    assert row["Ruta en el ZIP"].value == "Equipos/E/Calibraciones/Certificados_Calibracion/cal_1"
    assert (row["Bytes"].value, row["SHA-256"].value) == (None, None)


@pytest.mark.parametrize(
    ("changes", "vence"),
    [
        ({}, [None, "2026-01-15"]),
        ({"proxima_calibracion": None}, [None, None]),
        ({"proxima_calibracion": "2021-06-01"}, [None, None]),  # of a programme that was not kept up to date
        ({"estado": "De Baja", "baja": BAJA}, [None, None]),
    ],
)
def test_only_what_the_next_activity_will_replace_has_a_last_day(
    tmp_path: Path, changes: dict[str, Any], vence: list[str | None]
) -> None:
    ficha = equipo_ficha(1, "E", **{"calibraciones": [calibracion(1, 1), calibracion(2, 2)], **changes})
    rows = records(written(tmp_path / "i.xlsx", ficha), "Documentos")
    assert [row["Vence"].value and f"{row['Vence'].value:%Y-%m-%d}" for row in rows] == vence


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("Equipos/Ñandú 1/cal_1.pdf", "Equipos/Ñandú%201/cal_1.pdf"),
        ("Equipos/100%#2/a.pdf", "Equipos/100%25%232/a.pdf"),
        ("Equipos/a[b]{c}^`~/a.pdf", "Equipos/a%5Bb%5D%7Bc%7D%5E%60~/a.pdf"),
        ("Equipos/'x' & y+=@;(z)/a.pdf", "Equipos/'x'%20&%20y+=@;(z)/a.pdf"),
    ],
)
def test_a_link_is_encoded_as_excel_writes_it(path: str, target: str) -> None:
    assert link_target(path) == target


def test_beyond_the_links_that_excel_allows_a_path_is_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "Links", partial(Links, limit=3))
    store = Store()
    rows = records(written(tmp_path / "i.xlsx", full_ficha(store, 1, "E"), store=store), "Documentos")
    links = [row["Ruta en el ZIP"].hyperlink is not None for row in rows]
    assert links == [True] * 3 + [False] * (len(rows) - 3)
    assert all(row["Ruta en el ZIP"].value.startswith("Equipos/E/") for row in rows)


def test_the_matriz_has_a_row_for_each_equipo_and_clause(tmp_path: Path) -> None:
    fichas = [equipo_ficha(1, "E1"), equipo_ficha(2, "E2", estado="De Baja", baja=BAJA, marca="")]
    rows = records(written(tmp_path / "i.xlsx", *fichas), "Matriz 6.4.13")
    said = [
        (row["Código Interno"].value, row["Literal"].value, row["Estado"].value, row["Evidencia"].value) for row in rows
    ]
    assert said == [(f["codigo_interno"], c.clause, c.state, c.evidence) for f in fichas for c in evaluate(f)]
    assert all(row["Qué Pide"].value for row in rows)
    fills = {row["Estado"].value: row["Estado"].fill.fgColor.rgb for row in rows}
    assert set(fills) == {"presente", "no cargado", "no aplica"}
    assert len(set(fills.values())) == 3


def test_the_dashboard_counts_what_the_equipos_say_on_that_day(tmp_path: Path) -> None:
    fichas = [
        equipo_ficha(1, "E1"),  # calibración por vencer, comprobación vencida
        equipo_ficha(2, "E2", proxima_calibracion="2027-06-01", proxima_comprobacion=None, tipo_equipo="Balanza"),
        equipo_ficha(3, "E3", proxima_calibracion="2020-01-01", proxima_comprobacion="2026-01-02", tipo_equipo=""),
        equipo_ficha(4, "E4", estado="De Baja", baja=BAJA, proxima_calibracion="2020-01-01"),
    ]
    lines = dashboard(written(tmp_path / "i.xlsx", *fichas))
    assert lines["Equipos"] == [4]
    assert lines["De ellos, de baja"] == [1]
    assert lines["Activo"] == [3, 0.75]
    assert lines["De Baja"] == [1, 0.25]
    assert (lines["Termómetro"], lines["Balanza"], lines["Sin tipo"]) == ([2, 0.5], [1, 0.25], [1, 0.25])
    assert lines["Antes de jul 2025"] == [1, 0, 1, 0, 0]
    assert lines["dic 2025"] == [1, 0, 0, 0, 1]
    assert lines["ene 2026"] == [0, 2, 1, 0, 1]
    assert lines["Después de ene 2027"] == [0, 1, 1, 0, 0]
    # vigentes, por vencer, vencidas, programadas, cumplimiento, sin programación
    assert lines["Calibración"] == [1, 1, 1, 3, pytest.approx(2 / 3), 0]
    assert lines["Mantenimiento"] == [0, 0, 0, 0, "—", 3]
    assert lines["Comprobación"] == [0, 1, 1, 2, 0.5, 1]
    assert lines["Actividades programadas al día"] == [0.6]
    assert lines["d) Ubicación"] == [4, 0, 0, 1]


def test_the_day_is_that_of_colombia(tmp_path: Path) -> None:
    late = datetime(2026, 1, 16, 4, 59, tzinfo=UTC)  # 23:59 of the 15th in Bogota, when the calibración is due
    lines = dashboard(written(tmp_path / "i.xlsx", equipo_ficha(1, "E"), instant=late))
    assert "Lo que había registrado al 15 ene 2026, 23:59 (hora de Colombia)." in lines
    assert lines["Calibración"][:3] == [0, 1, 0]


def test_many_tipos_are_summed_up(tmp_path: Path) -> None:
    fichas = [equipo_ficha(n, f"E{n}", tipo_equipo=f"Tipo {n:02}  " + "x" * 99 * (n == 1)) for n in range(1, 17)]
    lines = dashboard(written(tmp_path / "i.xlsx", *fichas))
    assert lines["Otros (4 tipos)"] == [4, 0.25]
    assert lines["Tipo 02"] == [1, 0.0625]
    assert lines["Tipo 01 " + "x" * 51 + "…"] == [1, 0.0625]


def test_each_chart_draws_cells_of_the_dashboard_itself(tmp_path: Path) -> None:
    path = written(tmp_path / "i.xlsx", equipo_ficha(1, "E"))
    page: Any = openpyxl.load_workbook(path)["Dashboard"]
    assert len(page._charts) == 5
    for series in (series for chart in page._charts for series in chart.series):
        name, categories, values = (
            referred(page, reference) for reference in (series.tx.strRef.f, series.cat.strRef.f, series.val.numRef.f)
        )
        assert all(isinstance(text, str) for text in [*name, *categories])
        assert all(isinstance(number, int) for number in values)
        assert len(values) == len(categories) > 0


def referred(page: Any, reference: str) -> list[Any]:
    title, cells = reference.split("!")
    assert title.strip("'") == "Dashboard"
    area = page[cells.replace("$", "")]
    return [cell.value for row in (area if isinstance(area, tuple) else ((area,),)) for cell in row]


def test_the_equipos_are_read_once_and_their_documentos_in_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "BATCH", 2)
    store, asked = Store(), []
    plan = part_plan([full_ficha(store, n, f"E{n}") for n in range(1, 6)], documents=store.documents)

    def documents(ids: set[int]) -> Mapping[int, StoredDocument]:
        asked.append(len(ids))
        return {id: store.documents[id] for id in ids}

    target = tmp_path / "i.xlsx"
    build_workbook(
        empresa=plan.empresa, equipos=iter(plan.equipos), documents=documents, instant=INSTANT, target=target
    )
    each = len(list(equipo_entries(plan.equipos[0], store.documents)))
    assert asked == [2 * each, 2 * each, each, 0]
    assert len(records(target, "Documentos")) == 5 * each


@pytest.mark.slow
def test_libreoffice_opens_it_and_finds_everything(tmp_path: Path) -> None:
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    store = Store()
    fichas = [
        full_ficha(store, n, codigo, observaciones="=1+1\nñ 😀") for n, codigo in enumerate(["E 1", "Ñ#%", "-3", "4"])
    ]
    empresa = empresa_ficha(prestamos=[PRESTAMO])
    path = written(tmp_path / "i.xlsx", *fichas, empresa=empresa, store=store)
    profile = (tmp_path / "profile").as_uri()
    subprocess.run(
        [soffice, f"-env:UserInstallation={profile}", "--headless", "--convert-to", "xlsx", "--outdir", "out", path],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        timeout=100,
    )
    ours, theirs = openpyxl.load_workbook(path), openpyxl.load_workbook(tmp_path / "out" / "i.xlsx")
    assert theirs.sheetnames == ours.sheetnames
    for title in ours.sheetnames:
        page: Any = ours[title]
        other: Any = theirs[title]
        for cell in (cell for row in page for cell in row):
            found = other[cell.coordinate]
            value = pytest.approx(cell.value) if isinstance(cell.value, float) else cell.value
            assert found.value == value, (title, cell.coordinate)
            assert (found.hyperlink is None) == (cell.hyperlink is None)
        assert other.auto_filter.ref == page.auto_filter.ref
        assert len(other._charts) == len(page._charts)
