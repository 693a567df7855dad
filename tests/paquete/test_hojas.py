"""The hoja de vida as people read it, by pdftotext; and a thousand of them, by the clock and the memory."""

from __future__ import annotations

import hashlib
import io
import os
import resource
import statistics
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sam.planning.fichas import EquipoFicha
from tests.paquete.conftest import Delivered
from tests.paquete.photos import GOOD, logo
from tests.unit.planes import (
    Store,
    calibracion,
    comprobacion,
    empresa_ficha,
    equipo_ficha,
    full_ficha,
    magnitud,
    mantenimiento,
    part_plan,
)
from zipworker.hoja_de_vida import hoja_de_vida, normalise_logo, normalise_photo
from zipworker.hoja_de_vida.text import printable

pytestmark = pytest.mark.timeout(300)

HOJAS = 1000
CPU_MS, GROWTH_MEGABYTES = 60, 40


def pages_of(pdf: bytes | Path) -> list[str]:
    """The text of each page, its blanks and line ends as one space."""
    source, data = ("-", pdf) if isinstance(pdf, bytes) else (pdf, None)
    done = subprocess.run(["pdftotext", "-layout", source, "-"], input=data, capture_output=True, check=True)
    *pages, rest = done.stdout.decode().replace("\u200b", "").split("\f")
    assert rest == ""
    return [" ".join(page.split()) for page in pages]


def read(ficha: EquipoFicha) -> list[str]:
    plan = part_plan([ficha], documents={})
    return pages_of(hoja_de_vida().render(plan, plan.equipos[0], logo=None, imagen=None))


# ── As people read it ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("history", "header"),
    [
        ({"calibraciones": [calibracion(n % 70) for n in range(150)]}, "Fecha Proveedor Resultado Certificado"),
        ({"mantenimientos": [mantenimiento(n % 70) for n in range(150)]}, "Fecha Tipo Proveedor Responsable Costo"),
        ({"comprobaciones": [comprobacion(n % 70) for n in range(150)]}, "Fecha Consecutivo Proveedor Responsable"),
    ],
    ids=["calibraciones", "mantenimientos", "comprobaciones"],
)
def test_a_long_history_goes_on_over_pages_that_each_repeat_its_header(history: dict[str, Any], header: str) -> None:
    pages = read(equipo_ficha(1, "EQ-001", **history))
    (rows,) = history.values()
    with_rows = [page for page in pages if "-01-15 " in page or "-03-01 " in page or "-06-01 " in page]
    assert len(with_rows) >= 3
    for page in with_rows[:-1]:
        assert header in page
    assert sum(page.count(f"{row['fecha']} ") for page in pages for row in rows[:70]) >= len(rows)
    for number, page in enumerate(pages, 1):
        assert f"Página {number} de {len(pages)}" in page
        assert "HOJA DE VIDA DE EQUIPOS" in page


def test_one_row_of_ten_thousand_characters_goes_on_over_pages_too() -> None:
    rows = [{**mantenimiento(n), "descripcion": "palabra " * 1250 if n == 2 else "Limpieza."} for n in (1, 2, 3)]
    pages = read(equipo_ficha(1, "E", mantenimientos=rows))
    assert sum(page.count("palabra") for page in pages) == 1250
    assert any("2023-03-01" in page for page in pages)


def test_the_hostile_long_histories_are_whole(hostile: Delivered) -> None:
    equipos = [equipo for equipo in hostile.expected.data["equipos"] if len(equipo["mantenimientos"]) > 100]
    assert len(equipos) == 4
    for equipo in equipos:
        folder = hostile.delivery.folders[equipo["codigo_interno"]]
        text = " ".join(pages_of(hostile.extracted / "Equipos" / folder / "Hoja_de_vida.pdf"))
        assert all(row["fecha"] in text for row in equipo["mantenimientos"])
        assert all(f"Limpieza número {number}." in text for number in range(150) if number != 100)


def test_each_page_of_an_equipo_de_baja_says_so_and_no_other_does(delivered: Delivered) -> None:
    seen = 0
    for equipo in delivered.expected.data["equipos"]:
        withdrawn = equipo["estado"] == "De Baja"
        if not withdrawn and not equipo.get("baja"):
            continue
        folder = delivered.delivery.folders[equipo["codigo_interno"]]
        for page in pages_of(delivered.extracted / "Equipos" / folder / "Hoja_de_vida.pdf"):
            assert ("EQUIPO DE BAJA DESDE" in page) == withdrawn
        seen += withdrawn
    assert seen >= 2


@pytest.mark.parametrize("emp", ["±0,5 °C", "0,5", "2 % FS", "según fabricante", "± (0,1 % + 2 dígitos)", "≤ 3 µm"])
def test_an_emp_is_shown_as_it_was_written(emp: str) -> None:
    row = {**calibracion(1), "magnitudes": [magnitud(1, emp=emp)]}
    text = " ".join(read(equipo_ficha(1, "E", error_maximo_permisible=emp, calibraciones=[row])))
    assert "Error máximo permisible" in text
    assert text.count(emp) >= 2  # in Información General, and with the chart
    assert "N/A" not in text


@pytest.mark.slow
def test_the_demo_shows_each_emp_as_its_dump_has_it(demo: Delivered) -> None:
    for equipo in demo.expected.data["equipos"][::5]:
        folder = demo.delivery.folders[equipo["codigo_interno"]]
        text = " ".join(pages_of(demo.extracted / "Equipos" / folder / "Hoja_de_vida.pdf"))
        assert " ".join(printable(str(equipo["error_maximo_permisible"])).split()).split(" ")[0] in text


# ── A thousand of them ────────────────────────────────────────────────────────────────────


def strange(number: int) -> EquipoFicha:
    """The n-th of a thousand different equipos."""
    store, codigo = Store(), f"EQ-{number:05}"
    changes: Mapping[str, Any] = {
        "nombre": f"Termómetro {number} ñ 漢 😀",
        "observaciones": f"Observación número {number}. " * (number % 40),
        "calibraciones": [
            {**calibracion(n), "magnitudes": [magnitud(n + number % 9, emp=(0.5, "±0,5 °C", None)[number % 3])]}
            for n in range(1, 2 + number % 5)
        ],
        "mantenimientos": [mantenimiento(n) for n in range(1, 1 + number % 12)],
        "comprobaciones": [comprobacion(n) for n in range(1, 1 + number % 4)],
        "estado": "De Baja" if number % 20 == 0 else "Activo",
    }
    return full_ficha(store, number, codigo, **changes)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_thousand_different_hojas_cost_the_same_in_time_and_memory(request: pytest.FixtureRequest) -> None:
    photos = [normalise_photo(io.BytesIO(data)) for data in GOOD.values()]
    mark, compiler = normalise_logo(io.BytesIO(logo())), hoja_de_vida()
    plan = part_plan([strange(1)], documents={}, empresa=empresa_ficha())
    spent, resident, different = [], [], set()
    for number in range(1, HOJAS + 1):
        ficha = strange(number)
        equipo = replace(plan.equipos[0], ordinal=number, codigo=ficha["codigo_interno"], ficha=ficha)
        start = time.process_time()
        pdf = compiler.render(plan, equipo, logo=mark, imagen=photos[number % len(photos)])
        spent.append(1000 * (time.process_time() - start))
        different.add(hashlib.sha256(pdf).digest())
        resident.append(resident_megabytes())
    assert len(different) == HOJAS
    tenth = HOJAS // 10
    mean = statistics.mean(spent)
    early, late = statistics.mean(spent[tenth : 2 * tenth]), statistics.mean(spent[-tenth:])
    request.config.get_terminal_writer().line(
        f"\n{HOJAS} hojas: {mean:.1f} ms of CPU on average ({early:.1f} at first, {late:.1f} at last); "
        f"{resident[tenth]:.0f} MB resident after a tenth, {resident[-1]:.0f} at the end, {max(resident):.0f} at most"
    )
    assert mean < CPU_MS
    assert late < 2 * early + 5
    assert max(resident) - resident[tenth] < GROWTH_MEGABYTES


def resident_megabytes() -> float:
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
