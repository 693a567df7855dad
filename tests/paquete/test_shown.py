"""What an auditor should not see: activities due of what is de baja, gaps, characters that a terminal obeys."""

from __future__ import annotations

import subprocess
import unicodedata
from typing import Any

import pytest

from sam.planning.fichas import EquipoFicha
from tests.paquete.conftest import Delivered
from tests.unit.indices import page_of
from tests.unit.planes import empresa_ficha, equipo_ficha, part_plan
from zipworker.hoja_de_vida import hoja_de_vida
from zipworker.package.leeme import leeme_txt
from zipworker.package.manifest import Counts

pytestmark = pytest.mark.timeout(300)

BAJA: dict[str, Any] = {"fecha": "2025-11-30", "razon": "Daño", "observaciones": "", "documento": None}
ALL_DUE = {
    "proxima_calibracion": "2020-01-01",
    "proximo_mantenimiento": "2020-01-01",
    "proxima_comprobacion": "2026-01-05",
}


def lines_of(ficha: EquipoFicha, *, nombre: str = "CERTIBOY S.A.S.") -> list[str]:
    plan = part_plan([ficha], documents={}, empresa=empresa_ficha(nombre=nombre))
    pdf = hoja_de_vida().render(plan, plan.equipos[0], logo=None, imagen=None)
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode().replace("\u200b", "").splitlines()


def test_no_activity_is_due_of_an_equipo_de_baja() -> None:
    fichas = [equipo_ficha(1, "A", **ALL_DUE), equipo_ficha(2, "B", estado="De Baja", baja=BAJA, **ALL_DUE)]
    page = page_of(part_plan(fichas, documents={}))
    rows = {attrs["id"]: attrs for tag, attrs in page.tags if tag == "tbody" and attrs.get("id")}
    assert rows["equipo-1"]["data-semaforos"] == "por_vencer vencido"
    assert rows["equipo-2"]["data-semaforos"] == "sin_programacion"
    assert "Calibración 1 0 0 0 Mantenimiento 1 0 0 0 Comprobación 0 1 0 0" in page.text
    assert "Equipos de esta parte que no están de baja" in page.text


def test_a_blank_name_leaves_no_gap_in_the_footer() -> None:
    (line,) = [line for line in lines_of(equipo_ficha(1, "E", nombre="  ")) if "Información al" in line]
    assert line.strip().startswith("E · Información al 2026-01-02 09:30")


def test_leeme_has_nothing_that_a_terminal_obeys(hostile: Delivered) -> None:
    for part in hostile.delivery.parts:
        text = part.read(part.name("LEEME", "txt")).decode("utf-8-sig")
        assert {character for character in text if unicodedata.category(character) in {"Cc", "Cf"}} == {"\r", "\n"}
    plan = part_plan([equipo_ficha(1, "\x1b[31mEQ\u202e")], documents={}, empresa=empresa_ficha(nombre="A\x9bB"))
    text = leeme_txt(plan, counts=Counts(equipos=1, registered=0, missing=0)).decode("utf-8-sig")
    assert "EQUIPOS DE AB" in text
    assert "([31mEQ a [31mEQ)" in text


def test_a_long_folder_goes_on_in_its_own_column() -> None:
    lines = lines_of(equipo_ficha(1, "EQUIPO-" + "W" * 33), nombre="METROLOGÍA Y ENSAYOS DEL CAMPO LTDA X")
    (first,) = [index for index, line in enumerate(lines) if "Dónde está en el ZIP" in line]
    column = lines[first].index("Dónde está en el ZIP")
    (rest,) = [line for line in lines[first + 1 : first + 3] if "WWW" in line]
    assert rest[: column - 2].strip() == ""
