"""How the matriz reads a Ficha: what counts as said, as a failed result, as an equipo that measures. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from sam.planning.fichas import EquipoFicha, PuntoFicha

Record = Mapping[str, Any]
R = TypeVar("R", bound=Record)

SHOWN: Final = 80  # characters of a text that are repeated as evidence

# What people type into a field that they must fill and have nothing for.
PLACEHOLDERS: Final = frozenset(
    ["n/a", "n.a", "na", "s/n", "no aplica", "no registra", "no tiene", "ninguno", "ninguna", "sin dato", "sin datos"]
)
# A result is free text: "No Aprobado", "NO CONFORME", "Rechazado", "Fuera de tolerancia".
FAILED: Final = re.compile(r"^(no (aprob|conform|cumpl|acept|apt)|rechaz|fuera de|inconform|desaprob|reprob|fall)")
# The kinds of mantenimiento that are about something that went wrong or was changed.
REPAIR: Final = re.compile(r"correctiv|repar|modific|averi|dano|falla|emergenc")
# A measurement standard (masas patrón, bloques patrón) is none: it is calibrated, and clause e speaks of it.
REFERENCE_MATERIAL: Final = re.compile(
    r"\bmaterial(es)? de referencia\b|\bmrc\b|\bsolucion(es)? (patron|buffer|tampon|amortiguadora)"
)
SOFTWARE: Final = re.compile(r"\b(software|firmware)\b")
ADJUSTMENT: Final = re.compile(r"\bajust")


def said(text: str) -> str:
    """The text on one line and not too long; "" where it says nothing, as "N/A" or "---" do."""
    line = short_line(text)
    if not any(character.isalnum() for character in line) or folded(line).rstrip(".") in PLACEHOLDERS:
        return ""
    return line


def short_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1].rstrip() + "…"


def folded(text: str) -> str:
    """The text without case and accents, to look for words in it."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def is_reference_material(ficha: EquipoFicha) -> bool:
    return bool(REFERENCE_MATERIAL.search(folded(f"{ficha['tipo_equipo']} {ficha['nombre']}")))


def is_measuring(ficha: EquipoFicha) -> bool:
    """Whether anything says that the equipo measures, or that someone means to calibrate it."""
    texts = ("rango_medida", "resolucion", "error_maximo_permisible", "unidad", "puntos_calibracion")
    programme = ("frecuencia_calibracion_meses", "fecha_ultima_calibracion", "proxima_calibracion", "calibraciones")
    record: Record = ficha
    return any(said(record[text]) for text in texts) or any(record[key] for key in programme)


def points(record: Record) -> Iterator[PuntoFicha]:
    """The measured points of a calibración or a comprobación."""
    for magnitud in record["magnitudes"]:
        yield from magnitud["puntos"]


def latest(records: Sequence[R]) -> R:
    """The one with the last date; of several, the last of them."""
    return max(enumerate(records), key=lambda pair: (pair[1]["fecha"] or "", pair[0]))[1]


def dated(nombre: str, record: Record) -> str:
    """ "calibración de 2025-01-15"."""
    return f"{nombre} de {record['fecha']}" if record["fecha"] else f"{nombre} sin fecha"


def counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
