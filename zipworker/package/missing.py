"""What was registered and is not in the archive as it should be: the reasons, and FALTANTES as CSV. Pure."""

from __future__ import annotations

import csv
import enum
import io
from collections.abc import Iterable
from dataclasses import dataclass

from sam.words import MISSING_REASONS

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
BOM = "\ufeff"


class Motivo(enum.StrEnum):
    """Why a documento is missing: a closed list."""

    NO_ESTA = "no_esta"
    ILEGIBLE = "ilegible"
    ALTERADO = "alterado"
    IMAGEN_ROTA = "imagen_rota"
    PDF_FALLO = "pdf_fallo"


WORDS = {motivo: MISSING_REASONS[motivo] for motivo in Motivo}


@dataclass(frozen=True, slots=True)
class Missing:
    """One row of FALTANTES; `documento_id` is None for a generated file, `equipo` is "" outside the equipos."""

    documento_id: int | None
    equipo: str
    documento: str
    ruta: str
    motivo: Motivo


def faltantes_csv(missing: Iterable[Missing]) -> bytes:
    """UTF-8 with BOM, comma, CRLF, as spreadsheets open it; a cell is never a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("equipo", "documento", "ruta", "motivo"))
    for row in missing:
        cells = (row.equipo, row.documento, row.ruta, WORDS[row.motivo])
        writer.writerow([inert(cell) for cell in cells])
    return (BOM + text.getvalue()).encode("utf-8", "replace")


def inert(cell: str) -> str:
    """The cell with a leading `'` where a spreadsheet would take it for a formula (CWE-1236)."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
