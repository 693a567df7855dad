"""What the Dashboard counts, equipo by equipo, so that none has to be kept. Pure.

An equipo de baja is counted by estado, by tipo and in the matriz, whose records outlive it; no activity is due of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sam.planning.fichas import EquipoFicha
from sam.planning.semaforo import Semaforo, standing
from zipworker.matriz import Cell, State
from zipworker.package.entries import is_de_baja

ACTIVITIES: Final = {
    "Calibración": "proxima_calibracion",
    "Mantenimiento": "proximo_mantenimiento",
    "Comprobación": "proxima_comprobacion",
}
MONTHS_BEFORE: Final = 6
MONTHS_AFTER: Final = 12
LONGEST_TIPO: Final = 60

# Months are counted from the year 0.
BEFORE: Final = -1
AFTER: Final = 12 * 10_000


@dataclass(slots=True)
class Month:
    """The activities due in one month: those before the day that the workbook describes, and those still to come."""

    vencidas: int = 0
    por_hacer: int = 0
    by_activity: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Figures:
    """The counts of all the equipos on one day."""

    today: date
    due_soon_days: int
    equipos: int = 0
    de_baja: int = 0
    documentos: int = 0
    estados: Counter[str] = field(default_factory=Counter)
    tipos: Counter[str] = field(default_factory=Counter)
    lights: dict[str, Counter[Semaforo]] = field(default_factory=lambda: {name: Counter() for name in ACTIVITIES})
    clauses: dict[str, Counter[State]] = field(default_factory=dict)
    months: dict[int, Month] = field(init=False)

    def __post_init__(self) -> None:
        now = month_of(self.today)
        self.months = {month: Month() for month in (BEFORE, *range(now - MONTHS_BEFORE, now + MONTHS_AFTER + 1), AFTER)}

    def add(self, ficha: EquipoFicha, cells: Iterable[Cell]) -> None:
        self.equipos += 1
        self.estados[_named(ficha["estado"], "Sin estado")] += 1
        self.tipos[_named(ficha["tipo_equipo"], "Sin tipo")] += 1
        for cell in cells:
            self.clauses.setdefault(cell.clause, Counter())[cell.state] += 1
        if is_de_baja(ficha):
            self.de_baja += 1
        else:
            self._add_activities(ficha)

    def _add_activities(self, record: Mapping[str, Any]) -> None:
        for name, key in ACTIVITIES.items():
            light = standing(record[key], today=self.today, due_soon_days=self.due_soon_days)
            self.lights[name][light.estado] += 1
            if light.days is not None:
                month = self._month(date.fromisoformat(record[key]))
                month.by_activity[name] += 1
                if light.days < 0:
                    month.vencidas += 1
                else:
                    month.por_hacer += 1

    def _month(self, day: date) -> Month:
        return self.months.get(month_of(day)) or self.months[BEFORE if day < self.today else AFTER]

    @property
    def all_lights(self) -> Counter[Semaforo]:
        return sum(self.lights.values(), Counter[Semaforo]())

    @property
    def all_states(self) -> Counter[State]:
        return sum(self.clauses.values(), Counter[State]())


def month_of(day: date) -> int:
    return day.year * 12 + day.month - 1


def on_time(lights: Counter[Semaforo]) -> float | None:
    """The part of the programmed activities that are not overdue; None where nothing is programmed."""
    good = lights[Semaforo.VIGENTE] + lights[Semaforo.POR_VENCER]
    return share(good, programmed(lights))


def programmed(lights: Counter[Semaforo]) -> int:
    return lights.total() - lights[Semaforo.SIN_PROGRAMACION]


def fulfilled(states: Counter[State]) -> float | None:
    """The part of what the clause asks for that is there; None where it asks nothing."""
    return share(states[State.PRESENTE], states[State.PRESENTE] + states[State.NO_CARGADO])


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _named(text: str, otherwise: str) -> str:
    name = " ".join(text.split()) or otherwise
    return name if len(name) <= LONGEST_TIPO else f"{name[: LONGEST_TIPO - 1]}…"
