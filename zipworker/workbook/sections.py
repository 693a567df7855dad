"""What the Dashboard says: its tables, from the figures, with the bars that are drawn of each. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sam.planning.semaforo import Semaforo
from sam.words import MONTHS
from zipworker.matriz import CLAUSES, State
from zipworker.workbook.figures import AFTER, BEFORE, Figures, fulfilled, on_time, programmed, share

Value = str | int | float | None  # a float is a part of one, shown as a percentage

TIPOS_SHOWN: Final = 12
BLUE, TEAL, GREEN, AMBER, RED, GREY = "2F6C9E", "2A7F86", "2E7D4F", "E0A12B", "B93A32", "A9B3BA"


@dataclass(frozen=True, slots=True)
class Drawn:
    """One row of bars: the column of the table that it shows (its header names it), and its colour."""

    column: int
    colour: str


@dataclass(frozen=True, slots=True)
class Bars:
    """How a table is drawn; its first column names the categories."""

    title: str
    drawn: Sequence[Drawn]
    horizontal: bool = False
    grouping: str = "clustered"  # or "stacked", "percentStacked"


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    note: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Value]]
    total: Sequence[Value] | None = None
    bars: Bars | None = None


def sections(figures: Figures) -> Iterator[Section]:
    """The tables from the top of the sheet to its end."""
    yield _summary(figures)
    yield _by_estado(figures)
    yield _by_tipo(figures)
    yield _by_month(figures)
    yield _activities(figures)
    yield _matriz(figures)


def _summary(figures: Figures) -> Section:
    lights, states = figures.all_lights, figures.all_states
    rows: list[tuple[Value, ...]] = [
        ("Equipos", figures.equipos),
        ("De ellos, de baja", figures.de_baja),
        ("Documentos registrados", figures.documentos),
        ("Actividades vencidas", lights[Semaforo.VENCIDO]),
        (f"Actividades por vencer en {figures.due_soon_days} días", lights[Semaforo.POR_VENCER]),
        ("Actividades programadas al día", on_time(lights)),
        ("Registros del numeral 6.4.13 presentes", fulfilled(states)),
    ]
    return Section("Resumen", "", ("Concepto", "Valor"), rows)


def _by_estado(figures: Figures) -> Section:
    return Section(
        "Equipos por estado",
        "",
        ("Estado", "Equipos", "Porcentaje"),
        [(name, number, share(number, figures.equipos)) for name, number in _ranked(figures.estados)],
        ("Total", figures.equipos, share(figures.equipos, figures.equipos)),
        Bars("Equipos por estado", [Drawn(2, BLUE)], horizontal=True),
    )


def _by_tipo(figures: Figures) -> Section:
    ranked = _ranked(figures.tipos)
    rows: list[tuple[Value, ...]] = [
        (name, number, share(number, figures.equipos)) for name, number in ranked[:TIPOS_SHOWN]
    ]
    others = ranked[TIPOS_SHOWN:]
    if others:
        number = sum(number for _, number in others)
        rows.append((f"Otros ({len(others)} tipos)", number, share(number, figures.equipos)))
    return Section(
        "Equipos por tipo",
        "",
        ("Tipo de equipo", "Equipos", "Porcentaje"),
        rows,
        ("Total", figures.equipos, share(figures.equipos, figures.equipos)),
        Bars("Equipos por tipo", [Drawn(2, TEAL)], horizontal=True),
    )


def _by_month(figures: Figures) -> Section:
    months = [month for month in figures.months if month not in (BEFORE, AFTER)]
    labels = {
        BEFORE: f"Antes de {_month_name(months[0])}",
        AFTER: f"Después de {_month_name(months[-1])}",
    }
    rows: list[tuple[Value, ...]] = [
        (
            labels.get(key) or _month_name(key),
            month.vencidas,
            month.por_hacer,
            *_by_activity(figures, month.by_activity),
        )
        for key, month in figures.months.items()
    ]
    everything: Counter[str] = sum((month.by_activity for month in figures.months.values()), Counter())
    overdue = sum(month.vencidas for month in figures.months.values())
    coming = sum(month.por_hacer for month in figures.months.values())
    return Section(
        "Actividades por mes",
        "Por el mes en que vencen; no cuentan los equipos de baja.",
        ("Mes", "Vencidas", "Próximas", *figures.lights),
        rows,
        ("Total", overdue, coming, *_by_activity(figures, everything)),
        Bars("Actividades vencidas y próximas por mes", [Drawn(2, RED), Drawn(3, BLUE)], grouping="stacked"),
    )


def _activities(figures: Figures) -> Section:
    def row(name: str, lights: Counter[Semaforo]) -> tuple[Value, ...]:
        return (
            name,
            lights[Semaforo.VIGENTE],
            lights[Semaforo.POR_VENCER],
            lights[Semaforo.VENCIDO],
            programmed(lights),
            on_time(lights),
            lights[Semaforo.SIN_PROGRAMACION],
        )

    return Section(
        "Cumplimiento de las actividades",
        f"Por vencer: en los próximos {figures.due_soon_days} días. Cumplimiento: las vigentes y por vencer, de las "
        "programadas. No cuentan los equipos de baja.",
        ("Actividad", "Vigentes", "Por vencer", "Vencidas", "Programadas", "Cumplimiento", "Sin programación"),
        [row(name, lights) for name, lights in figures.lights.items()],
        row("Total", figures.all_lights),
        Bars(
            "Estado de las actividades programadas",
            [Drawn(2, GREEN), Drawn(3, AMBER), Drawn(4, RED)],
            horizontal=True,
            grouping="percentStacked",
        ),
    )


def _matriz(figures: Figures) -> Section:
    def row(name: str, states: Counter[State]) -> tuple[Value, ...]:
        counts = (states[state] for state in (State.PRESENTE, State.NO_CARGADO, State.NO_APLICA))
        return (name, *counts, fulfilled(states))

    return Section(
        "Cumplimiento del numeral 6.4.13 de ISO/IEC 17025:2017",
        "Cumplimiento: los registros presentes, de los que aplican. El detalle está en la hoja Matriz 6.4.13.",
        ("Literal", "Presente", "No cargado", "No aplica", "Cumplimiento"),
        [row(f"{clause.letter}) {clause.nombre}", figures.clauses.get(clause.letter, Counter())) for clause in CLAUSES],
        row("Total", figures.all_states),
        Bars(
            "Registros presentes y no cargados, de los que aplican",
            [Drawn(2, GREEN), Drawn(3, AMBER)],
            horizontal=True,
            grouping="percentStacked",
        ),
    )


def _by_activity(figures: Figures, counts: Counter[str]) -> tuple[int, ...]:
    return tuple(counts[name] for name in figures.lights)


def _ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """The largest first; equals by name."""
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _month_name(month: int) -> str:
    return f"{MONTHS[month % 12]} {month // 12}"
