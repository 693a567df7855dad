"""Building the workbook: one pass over the equipos, rows to disk as they come, bytes that follow from the data only."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.workbook.properties import CalcProperties

from sam.planning.fichas import EmpresaFicha, empresa_documents, equipo_documents
from sam.planning.names import BOGOTA
from sam.planning.plan import PlannedEquipo, StoredDocument
from sam.planning.semaforo import DUE_SOON_DAYS
from sam.words import moment
from zipworker.matriz import CLAUSES, evaluate
from zipworker.workbook.archive import write_again
from zipworker.workbook.columns import (
    DOCUMENTOS,
    MATRIZ,
    PRESTAMOS,
    PROCEDIMIENTOS,
    PROVEEDORES,
    Column,
    MatrizRow,
    equipos_columns,
)
from zipworker.workbook.dashboard import write_dashboard
from zipworker.workbook.documents import equipo_rows, procedimiento_rows
from zipworker.workbook.figures import Figures
from zipworker.workbook.sections import sections
from zipworker.workbook.sheet import Sheet

ReadDocuments = Callable[[set[int]], Mapping[int, StoredDocument]]

EXCEL_CALC: Final = 191_029  # the engine of Excel 2019 and later: a file of an older one is calculated again
BATCH: Final = 200  # equipos whose documentos are read at once


def build_workbook(
    *,
    empresa: EmpresaFicha,
    equipos: Iterable[PlannedEquipo],
    documents: ReadDocuments,
    instant: datetime,
    target: Path,
    due_soon_days: int = DUE_SOON_DAYS,
) -> None:
    """Write the workbook of an empresa's lists and all its equipos, read once; `target` appears when it is whole."""
    today = instant.astimezone(BOGOTA).date()
    title = f"Informe consolidado de {empresa['nombre']}"
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        with _Book(empresa) as book, tempfile.TemporaryFile() as raw:
            figures = Figures(today, due_soon_days)
            book.write_all(equipos, documents, figures)
            about = f"Lo que había registrado al {moment(instant.isoformat())} (hora de Colombia)."
            write_dashboard(book.openpyxl, title=title, about=about, sections=sections(figures))
            book.openpyxl.save(raw)
            write_again(raw, unfinished, sheets=book.sheets, title=title, instant=instant)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


class _Book:
    """The long sheets, open side by side: what one equipo has goes into three of them."""

    def __init__(self, empresa: EmpresaFicha) -> None:
        self.openpyxl = Workbook(write_only=True)
        # There is nothing to calculate: else Excel does so, and asks whether to save the file when it is closed.
        self.openpyxl.calculation = CalcProperties(calcId=EXCEL_CALC, fullCalcOnLoad=False)
        self.sheets: list[Sheet] = []
        self._empresa = empresa
        self._stack = ExitStack()
        self._equipos = self._sheet("Equipos", equipos_columns(empresa["nombre"]))
        self._proveedores = self._sheet("Proveedores", PROVEEDORES)
        self._procedimientos = self._sheet("Procedimientos", PROCEDIMIENTOS)
        self._prestamos = self._sheet("Préstamos", PRESTAMOS)
        self._documentos = self._sheet("Documentos", DOCUMENTOS)
        self._matriz = self._sheet("Matriz 6.4.13", MATRIZ)

    def __enter__(self) -> _Book:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def write_all(self, equipos: Iterable[PlannedEquipo], documents: ReadDocuments, figures: Figures) -> None:
        """Every row of every long sheet; `figures` counts on the way."""
        last_part = 1
        for batch in _batches(equipos):
            stored = documents({id for equipo in batch for id in equipo_documents(equipo.ficha)})
            for equipo in batch:
                self._write_equipo(equipo, stored, figures)
            last_part = batch[-1].part
        self._write_lists(documents, figures, last_part=last_part)
        for sheet in self.sheets:
            sheet.finish()

    def _write_equipo(self, equipo: PlannedEquipo, stored: Mapping[int, StoredDocument], figures: Figures) -> None:
        ficha, cells = equipo.ficha, evaluate(equipo.ficha)
        figures.add(ficha, cells)
        self._equipos.append(ficha)
        for row in equipo_rows(equipo, stored):
            figures.documentos += 1
            self._documentos.append(row)
        for clause, cell in zip(CLAUSES, cells, strict=True):
            self._matriz.append(MatrizRow(equipo.codigo, ficha["nombre"], clause, cell))

    def _write_lists(self, documents: ReadDocuments, figures: Figures, *, last_part: int) -> None:
        empresa = self._empresa
        for proveedor in empresa["proveedores"]:
            self._proveedores.append(proveedor)
        for procedimiento in empresa["procedimientos"]:
            self._procedimientos.append(procedimiento)
        for prestamo in empresa["prestamos"]:
            self._prestamos.append(prestamo)
        for row in procedimiento_rows(empresa, documents(set(empresa_documents(empresa))), parte=last_part):
            figures.documentos += 1
            self._documentos.append(row)

    def _sheet(self, title: str, columns: tuple[Column, ...]) -> Sheet:
        sheet = self._stack.enter_context(closing(Sheet(self.openpyxl, title, columns)))
        self.sheets.append(sheet)
        return sheet


def _batches(equipos: Iterable[PlannedEquipo]) -> Iterator[list[PlannedEquipo]]:
    left = iter(equipos)
    return iter(lambda: list(islice(left, BATCH)), [])
