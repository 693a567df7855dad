"""The semáforo of a programmed activity: how its next date stands on the day that a document describes. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date
from typing import Final

DUE_SOON_DAYS: Final = 30
DE_BAJA: Final = "De Baja"


class Semaforo(enum.StrEnum):
    VIGENTE = "vigente"
    POR_VENCER = "por_vencer"
    VENCIDO = "vencido"
    SIN_PROGRAMACION = "sin_programacion"


WORDS: Final = {
    Semaforo.VIGENTE: "Vigente",
    Semaforo.POR_VENCER: "Por vencer",
    Semaforo.VENCIDO: "Vencido",
    Semaforo.SIN_PROGRAMACION: "Sin programación",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A state of the semáforo with the days left, negative when overdue; None without a date."""

    estado: Semaforo
    days: int | None

    @property
    def palabra(self) -> str:
        return WORDS[self.estado]

    @property
    def detalle(self) -> str:
        """ "faltan 12 días", "hace 1 día", "hoy"; "" without a date."""
        if self.days is None:
            return ""
        if self.days == 0:
            return "hoy"
        days = f"{abs(self.days)} día{'' if abs(self.days) == 1 else 's'}"
        if self.days < 0:
            return f"hace {days}"
        return f"falta{'' if self.days == 1 else 'n'} {days}"


def due_day(proxima: str | None, *, estado: str) -> str | None:
    """The ISO day that an activity is due: none of an equipo de baja, whatever date was left in its record."""
    return None if estado == DE_BAJA else proxima


def standing(proxima: str | None, *, today: date, due_soon_days: int = DUE_SOON_DAYS) -> Standing:
    """How an activity due on an ISO day stands: on that day itself it is not yet overdue."""
    if proxima is None:
        return Standing(Semaforo.SIN_PROGRAMACION, None)
    days = (date.fromisoformat(proxima) - today).days
    if days < 0:
        return Standing(Semaforo.VENCIDO, days)
    return Standing(Semaforo.POR_VENCER if days <= due_soon_days else Semaforo.VIGENTE, days)
