"""The rows of INDICE: each equipo of a part with its semáforos, its matriz and its documentos. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils.safestring import SafeString

from sam.planning.names import BOGOTA
from sam.planning.plan import PartPlan, PlannedEquipo
from sam.planning.semaforo import DE_BAJA, DUE_SOON_DAYS, WORDS, Semaforo, due_day, standing
from sam.words import counted, semaforo_icon
from zipworker.indice.contents import Contents
from zipworker.indice.documents import equipo_documents
from zipworker.indice.marks import evidence, letters
from zipworker.indice.markup import href
from zipworker.matriz import Cell, evaluate
from zipworker.package.entries import HOJA_DE_VIDA, equipo_path

ACTIVITIES: Final = (
    ("Calibración", "proxima_calibracion"),
    ("Mantenimiento", "proximo_mantenimiento"),
    ("Comprobación", "proxima_comprobacion"),
)
# As urgent first, which is how they are counted and offered as a filter.
LIGHTS: Final = (Semaforo.VENCIDO, Semaforo.POR_VENCER, Semaforo.VIGENTE, Semaforo.SIN_PROGRAMACION)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What the semáforo depends on besides dates: an activity is "por vencer" this many days before it is due."""

    por_vencer_days: int = DUE_SOON_DAYS


@dataclass(frozen=True, slots=True)
class Light:
    """How one activity of one equipo stands; `look` names its icon and its colour."""

    actividad: str
    estado: str
    palabra: str
    look: str
    proxima: str
    detalle: str


@dataclass(frozen=True, slots=True)
class Row:
    """One equipo; texts are as they were registered, links are ready for `href`."""

    id: str
    codigo: str
    nombre: str
    about: str
    ubicacion: str
    estado: str
    hoja: str
    lights: tuple[Light, ...]
    semaforos: str
    cells: tuple[Cell, ...]
    letters: SafeString
    evidence: SafeString
    groups: SafeString
    documentos: str
    faltantes: str


def equipo_rows(plan: PartPlan, contents: Contents, thresholds: Thresholds) -> Iterator[Row]:
    """The equipos of the part in its order, as they stood on the plan's day in Colombia."""
    today = plan.instant.astimezone(BOGOTA).date()
    for equipo in plan.equipos:
        yield _row(plan, equipo, contents, today=today, thresholds=thresholds)


def _row(plan: PartPlan, equipo: PlannedEquipo, contents: Contents, *, today: date, thresholds: Thresholds) -> Row:
    ficha = equipo.ficha
    documents = equipo_documents(equipo, plan.documents, contents)
    cells = evaluate(ficha)
    lights = tuple(_lights(equipo, today=today, thresholds=thresholds))
    hoja = f"{equipo_path(equipo)}/{HOJA_DE_VIDA}"
    serie = f"serie {ficha['numero_serie']}" if ficha["numero_serie"] else ""
    about = (ficha["tipo_equipo"], f"{ficha['marca']} {ficha['modelo']}".strip(), serie)
    return Row(
        id=f"equipo-{equipo.ordinal}",
        codigo=equipo.codigo,
        nombre=ficha["nombre"],
        about=" · ".join(text for text in about if text),
        ubicacion=ficha["ubicacion"],
        estado=ficha["estado"],
        hoja=href(hoja) if hoja in contents.bytes_of else "",
        lights=lights,
        semaforos=" ".join(sorted({light.estado for light in lights})),
        cells=cells,
        letters=letters(cells),
        evidence=evidence(cells),
        groups=documents.groups,
        documentos=counted(documents.documentos, "documento", "documentos"),
        faltantes=counted(documents.faltantes, "faltante", "faltantes") if documents.faltantes else "",
    )


def _lights(equipo: PlannedEquipo, *, today: date, thresholds: Thresholds) -> Iterator[Light]:
    record: dict[str, Any] = {**equipo.ficha}
    for actividad, key in ACTIVITIES:
        due = due_day(record[key], estado=equipo.ficha["estado"])
        light = standing(due, today=today, due_soon_days=thresholds.por_vencer_days)
        look = semaforo_icon(light.estado.value)
        yield Light(actividad, light.estado.value, light.palabra, look, due or "", light.detalle)


def light_words() -> list[dict[str, str]]:
    """The states of the semáforo as the page names them."""
    return [{"value": light.value, "palabra": WORDS[light], "look": semaforo_icon(light.value)} for light in LIGHTS]


def light_tally(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """For each activity, how many of the equipos that are not de baja stand in each state of the semáforo."""
    working = [row for row in rows if row.estado != DE_BAJA]
    counts = Counter((light.actividad, light.estado) for row in working for light in row.lights)
    return [
        {
            "actividad": actividad,
            "cells": [{**light, "count": str(counts[actividad, light["value"]])} for light in light_words()],
        }
        for actividad, _ in ACTIVITIES
    ]
