"""Plausible readings: an equipo errs in its own way, drifts a little each year, and now and then fails."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, log10
from typing import Any, Final

from sam.demo.catalogue import Magnitud
from sam.demo.spanish import comma

# Shares of the EMP.
BIAS: Final = 0.45
DRIFT_A_YEAR: Final = 0.08
SCATTER: Final = 0.12
FAILURE: Final = 1.35
UNCERTAINTY: Final = (0.18, 0.33)


@dataclass(frozen=True, slots=True, kw_only=True)
class Punto:
    """One point of a calibration; `emp` in the magnitude's unit, `emp_escrito` as the certificate has it."""

    nominal: float
    lectura: float
    error: float
    emp: float
    emp_escrito: str
    incertidumbre: float | None
    conformidad: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Serie:
    magnitud: Magnitud
    puntos: tuple[Punto, ...]

    @property
    def conforme(self) -> bool:
        return all(punto.conformidad == "Conforme" for punto in self.puntos)


@dataclass(frozen=True, slots=True)
class Temperament:
    """How one equipo errs: its bias, and its drift a year, as shares of the EMP."""

    bias: float
    drift: float


def temperament(rng: random.Random) -> Temperament:
    return Temperament(rng.uniform(-BIAS, BIAS), rng.uniform(-DRIFT_A_YEAR, DRIFT_A_YEAR))


def measure(
    magnitud: Magnitud,
    *,
    nature: Temperament,
    years: float,
    rng: random.Random,
    fails: bool = False,
    declared: bool = True,
) -> Serie:
    """One series at every point; `declared` False leaves the uncertainty out, `fails` breaks one point."""
    broken = rng.randrange(len(magnitud.nominales)) if fails else -1
    share = nature.bias + nature.drift * years
    relative = rng.uniform(*UNCERTAINTY)
    puntos = []
    for index, nominal in enumerate(magnitud.nominales):
        error = FAILURE if index == broken else share + rng.uniform(-SCATTER, SCATTER)
        puntos.append(_punto(magnitud, nominal, error, relative if declared else None))
    return Serie(magnitud=magnitud, puntos=tuple(puntos))


def _punto(magnitud: Magnitud, nominal: float, share: float, uncertainty: float | None) -> Punto:
    emp = magnitud.limite_en(nominal)
    lectura = round(nominal + share * emp, magnitud.decimales)
    error = round(lectura - nominal, magnitud.decimales)
    return Punto(
        nominal=nominal,
        lectura=lectura,
        error=error,
        emp=emp,
        emp_escrito=magnitud.escrito or comma(emp),
        incertidumbre=None if uncertainty is None else two_digits(uncertainty * emp),
        conformidad="Conforme" if abs(error) <= emp else "No conforme",
    )


def two_digits(value: float) -> float:
    """An uncertainty, rounded to two significant digits as the GUM asks."""
    return round(value, 1 - floor(log10(abs(value)))) if value else 0.0


def as_dump(serie: Serie, *, with_comma: bool) -> Mapping[str, Any]:
    """The series as the dump holds it; systems export numbers as numbers, or as text with a comma."""

    def number(value: float | None) -> float | str | None:
        return comma(value) if with_comma and value is not None else value

    magnitud = serie.magnitud
    return {
        "nombre": magnitud.nombre,
        "unidad": magnitud.unidad,
        "puntos": [
            {
                "nominal": number(punto.nominal),
                "lectura": number(punto.lectura),
                "error": number(punto.error),
                "emp_absoluto": magnitud.escrito or number(punto.emp),
                "incertidumbre": number(punto.incertidumbre),
                "conformidad": punto.conformidad,
            }
            for punto in serie.puntos
        ],
    }
