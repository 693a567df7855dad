"""What was registered and is not in the archive as it should be: the reasons, and FALTANTES as CSV. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from sam.planning.tablas import csv_table
from sam.words import MISSING_REASONS


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
    rows = ((row.equipo, row.documento, row.ruta, WORDS[row.motivo]) for row in missing)
    return csv_table(("equipo", "documento", "ruta", "motivo"), rows)
