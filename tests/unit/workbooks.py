"""Workbooks made of a few Fichas, and what a reader finds in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl

from sam.planning.fichas import EmpresaFicha, EquipoFicha
from sam.planning.plan import StoredDocument
from tests.unit.planes import INSTANT, Store, empresa_ficha, part_plan
from zipworker.workbook import build_workbook

PRESTAMO = {
    "id": 1,
    "equipo": "EQ-001",
    "equipo_nombre": "Termómetro",
    "prestatario": "Luis",
    "cedula": "",
    "cargo": "Analista",
    "telefono": "",
    "email": "",
    "fecha_prestamo": "2025-03-01",
    "devolucion_programada": "2025-04-01",
    "devolucion_real": None,
    "estado": "Activo",
    "observaciones": "",
}


def written(
    target: Path,
    *fichas: EquipoFicha,
    empresa: EmpresaFicha | None = None,
    store: Store | None = None,
    instant: datetime = INSTANT,
) -> Path:
    """The workbook of a request of these equipos, two in each part."""
    known: Mapping[int, StoredDocument] = store.documents if store else {}
    empresa = empresa or empresa_ficha()
    parts = -(-len(fichas) // 2)
    plans = [part_plan(list(fichas), documents=known, empresa=empresa, number=n, size=2) for n in range(1, parts + 1)]
    build_workbook(
        empresa=empresa,
        equipos=(equipo for plan in plans for equipo in plan.equipos),
        documents=lambda ids: {id: known[id] for id in ids if id in known},
        instant=instant,
        target=target,
    )
    return target


def records(path: Path, title: str) -> list[dict[str, Any]]:
    """The rows of a sheet by its header: cells, not values."""
    titles, *rows = openpyxl.load_workbook(path)[title].iter_rows()
    return [{str(title.value): cell for title, cell in zip(titles, row, strict=True)} for row in rows]


def dashboard(path: Path) -> dict[str, list[Any]]:
    """The values of each line of the Dashboard by its first; of several equal the first."""
    lines: dict[str, list[Any]] = {}
    for first, *others in openpyxl.load_workbook(path)["Dashboard"].iter_rows(values_only=True):
        lines.setdefault(str(first), [value for value in others if value is not None])
    return lines
