"""The rows of `Documentos`: each registered documento once, with its place in the ZIP and until when it is good. Pure.

`vence` is said of the documents of the latest calibración, mantenimiento or comprobación only: until the next one
that is registered. Earlier ones were superseded, and of an equipo de baja no next one is expected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sam.planning.fichas import EmpresaFicha, EquipoFicha
from sam.planning.plan import PlannedEquipo, StoredDocument
from zipworker.package.entries import Entry, equipo_entries, equipo_path, is_de_baja, procedimiento_entries, records_of

PROCEDIMIENTO: Final = "Procedimiento"
# By the folder of an equipo's tree: the history that its files come from, and when the next of it is due.
PROGRAMMED: Final = {
    "Calibraciones": ("calibraciones", "proxima_calibracion"),
    "Mantenimientos": ("mantenimientos", "proximo_mantenimiento"),
    "Comprobaciones": ("comprobaciones", "proxima_comprobacion"),
}
DIGITS: Final = "0123456789"


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """One registered documento; `bytes` and `sha256` are unknown where the documento is no longer known."""

    entry: Entry
    tipo: str
    vence: str | None
    parte: int

    @property
    def bytes(self) -> int | None:
        return self.entry.documento.bytes if self.entry.documento else None

    @property
    def sha256(self) -> str | None:
        return self.entry.documento.sha256 if self.entry.documento else None


def equipo_rows(equipo: PlannedEquipo, documents: Mapping[int, StoredDocument]) -> Iterator[DocumentRow]:
    """The documentos of one equipo, in the order of the archive."""
    base = len(equipo_path(equipo)) + 1
    due = _due_dates(equipo.ficha)
    for entry in equipo_entries(equipo, documents):
        folder = entry.path[base:].partition("/")[0]
        latest, proxima = due.get(folder, (None, None))
        # The labels of numbered files end in their number: "Certificado de calibración 2".
        tipo = entry.label.rstrip(DIGITS).rstrip()
        yield DocumentRow(entry, tipo, proxima if entry.fecha == latest else None, equipo.part)


def procedimiento_rows(
    empresa: EmpresaFicha, documents: Mapping[int, StoredDocument], *, parte: int
) -> Iterator[DocumentRow]:
    """The documentos of the procedimientos, which lie in the last part."""
    for entry in procedimiento_entries(empresa, documents):
        yield DocumentRow(entry, PROCEDIMIENTO, None, parte)


def _due_dates(ficha: EquipoFicha) -> dict[str, tuple[str, str]]:
    """For each folder the day of its latest record and the next day that is due, where there are both."""
    if is_de_baja(ficha):
        return {}
    record: Mapping[str, Any] = ficha
    due = {}
    for folder, (history, key) in PROGRAMMED.items():
        latest = max((row["fecha"] or "" for row in records_of(ficha, history)), default="")
        # A next day that is before the latest record belongs to a programme that was not kept up to date.
        if latest and record[key] and record[key] >= latest:
            due[folder] = (latest, record[key])
    return due
