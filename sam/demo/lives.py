"""The life of one equipo: when it was bought, calibrated, kept and checked, and what falls due."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sam.demo import quirks
from sam.demo.catalogue import Instrument
from sam.demo.chance import dice
from sam.demo.companies import CALIBRATION, CERTIBOY, MAINTENANCE, SALES, Company, Supplier
from sam.demo.measuring import Serie, Temperament, measure, temperament
from sam.demo.schedule import Due, draw_day, due_of, history, months_later, working
from sam.demo.subjects import Calibracion, Comprobacion, Mantenimiento, Subject

# How many of each, by the last digit of the ordinal.
CALIBRACIONES: Final = (2, 1, 3, 2, 1, 2, 5, 1, 2, 4)
MANTENIMIENTOS: Final = (1, 2, 1, 0, 1, 2, 1, 1, 0, 1)
COMPROBACIONES: Final = (1, 2, 1, 1, 2, 1, 0, 1, 2, 1)

MONTHS_OF_MAINTENANCE: Final = 12
MONTHS_OF_CHECKS: Final = 6

PREVENTIVO: Final = (
    "Limpieza externa e interna",
    "Inspección de conexiones, cables y batería",
    "Verificación de nivel y de cero",
    "Lubricación de partes móviles",
    "Prueba de funcionamiento en todo el intervalo",
)
CORRECTIVO: Final = (
    "Diagnóstico de la falla",
    "Cambio del elemento averiado",
    "Ajuste en tres puntos",
    "Prueba de repetibilidad",
)
HALLAZGOS: Final = (
    "Sin novedad. Se recomienda mantener el equipo cubierto cuando no está en uso.",
    "Desgaste leve de los apoyos; no afecta la medición. Se revisará en el próximo mantenimiento.",
    "Batería con el 60 % de su capacidad; se deja registrada para cambio en doce meses.",
    "Se retiró polvo acumulado en la rejilla; conviene revisar la filtración de aire del recinto.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """A recurring activity: every so many months, next on this day; None where nobody planned it."""

    meses: int | None
    proxima: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """All that the demo knows about one equipo."""

    subject: Subject
    calibraciones: tuple[Calibracion, ...]
    mantenimientos: tuple[Mantenimiento, ...]
    comprobaciones: tuple[Comprobacion, ...]
    calibracion: Cycle
    mantenimiento: Cycle
    comprobacion: Cycle


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """What a life follows from; `brief`: one calibración and one comprobación, and that is all."""

    ordinal: int
    codigo: str
    instrument: Instrument
    company: Company
    seed: int
    brief: bool = False

    @property
    def is_certiboy(self) -> bool:
        return self.company is CERTIBOY


def live(birth: Birth) -> Life:
    """The same life for the same birth."""
    rng = dice(birth.seed, birth.company.prefijo, birth.ordinal)
    nature = temperament(rng)
    ordinal, digit = birth.ordinal, birth.ordinal % 10
    calibracion, days = _cycle(birth, rng, shift=0, months=birth.instrument.meses, count=CALIBRACIONES[digit])
    calibraciones = _calibraciones(birth, days, nature, rng)
    mantenimiento, days = _cycle(
        birth, rng, shift=3, months=MONTHS_OF_MAINTENANCE, count=0 if birth.brief else MANTENIMIENTOS[digit]
    )
    mantenimientos = _mantenimientos(birth, days, calibraciones, rng)
    comprobacion, days = _cycle(birth, rng, shift=5, months=MONTHS_OF_CHECKS, count=COMPROBACIONES[digit])
    comprobaciones = _comprobaciones(birth, days, nature, rng)
    done = [c.fecha for c in calibraciones] + [m.fecha for m in mantenimientos] + [c.fecha for c in comprobaciones]
    return Life(
        subject=Subject(
            ordinal=ordinal,
            codigo=birth.codigo,
            instrument=birth.instrument,
            numero_serie=f"{birth.instrument.modelo[:2].upper()}{rng.randrange(100_000, 999_999)}",
            company=birth.company,
            responsable=birth.company.personas[ordinal % len(birth.company.personas)],
            comprado=working(months_later(min(done), -rng.randrange(1, 9))),
            vendedor=SALES[ordinal % len(SALES)],
        ),
        calibraciones=calibraciones,
        mantenimientos=mantenimientos,
        comprobaciones=comprobaciones,
        calibracion=calibracion,
        mantenimiento=mantenimiento,
        comprobacion=comprobacion,
    )


def _cycle(birth: Birth, rng: random.Random, *, shift: int, months: int, count: int) -> tuple[Cycle, Sequence[date]]:
    """The plan of one activity and the days on which it was done, the last of them one interval before due."""
    withdrawn = birth.is_certiboy and birth.ordinal in quirks.BAJAS
    due = Due.SIN_PROGRAMACION if withdrawn else due_of(birth.ordinal + shift)
    day = draw_day(due, months=months, rng=rng)
    if not count:
        return Cycle(meses=None, proxima=None), []
    if birth.brief:
        count = 1
    if due is Due.SIN_PROGRAMACION:
        cycle = Cycle(meses=months if withdrawn else None, proxima=None)
        return cycle, history(day, months=months, count=count, rng=rng)
    last = working(months_later(day, -months))
    return Cycle(meses=months, proxima=months_later(last, months)), history(last, months=months, count=count, rng=rng)


def _calibraciones(
    birth: Birth, days: Sequence[date], nature: Temperament, rng: random.Random
) -> tuple[Calibracion, ...]:
    done = []
    for index, day in enumerate(days):
        supplier = CALIBRATION[rng.randrange(len(CALIBRATION))]
        fails = birth.is_certiboy and quirks.FALLAS.get(birth.ordinal) == index
        declared = not birth.is_certiboy or (
            birth.ordinal not in quirks.SIN_INCERTIDUMBRE
            and not (index == 0 and birth.ordinal in quirks.SIN_INCERTIDUMBRE_AL_PRINCIPIO)
        )
        done.append(
            Calibracion(
                fecha=day,
                proveedor=supplier,
                numero=f"{supplier.issuer.siglas}-{day:%y}-{rng.randrange(1, 9999):04d}",
                series=_series(birth, day, days[0], nature, rng, fails=fails, declared=declared),
                costo=rng.randrange(120, 980) * 1_000,
            )
        )
    return tuple(done)


def _series(
    birth: Birth,
    day: date,
    since: date,
    nature: Temperament,
    rng: random.Random,
    *,
    fails: bool = False,
    declared: bool = True,
) -> tuple[Serie, ...]:
    years = (day - since).days / 365
    return tuple(
        # Where a calibración fails, it fails in its first magnitud.
        measure(magnitud, nature=nature, years=years, rng=rng, fails=fails and index == 0, declared=declared)
        for index, magnitud in enumerate(birth.instrument.magnitudes)
    )


def _mantenimientos(
    birth: Birth, days: Sequence[date], calibraciones: Sequence[Calibracion], rng: random.Random
) -> tuple[Mantenimiento, ...]:
    repairs = [c.fecha + timedelta(days=10) for c in calibraciones if not c.conforme]
    done = []
    for day in sorted([*days, *map(working, repairs)]):
        corrective = day in map(working, repairs)
        supplier: Supplier | None = MAINTENANCE if corrective or rng.random() < 0.5 else None
        done.append(
            Mantenimiento(
                fecha=day,
                tipo="Correctivo" if corrective else "Preventivo",
                proveedor=supplier,
                costo=None if supplier is None else rng.randrange(60, 640) * 1_000,
                actividades=CORRECTIVO if corrective else PREVENTIVO,
                hallazgo=rng.choice(HALLAZGOS),
            )
        )
    return tuple(done)


def _comprobaciones(
    birth: Birth, days: Sequence[date], nature: Temperament, rng: random.Random
) -> tuple[Comprobacion, ...]:
    return tuple(
        Comprobacion(
            fecha=day,
            consecutivo=f"CI-{day.year}-{birth.ordinal:03d}{'ABC'[index]}",
            referencia=f"Patrón de trabajo PT-{rng.randrange(1, 30):02d}",
            series=_series(birth, day, days[0], nature, rng),
        )
        for index, day in enumerate(days)
    )
