"""A thousand empresas that ask for their ZIPs: few large, many small, at random moments, each at a pace of its own."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from sam.planning.plan import EQUIPOS_PER_PART
from sam.planning.turnos import work_of

EMPRESAS = 1000
BYTES_PER_SECOND = 100_000_000
LARGEST_EQUIPOS = 10_000
# Pareto: half of the empresas have fewer than 16 equipos, one in a hundred more than 600.
SMALLEST_EQUIPOS, TAIL = 8, 1.05
EQUIPO_BYTES, EQUIPO_SPREAD = 6_000_000, 0.6  # of an empresa's equipos, on average; lognormal between empresas
# What nobody can know beforehand: how fast an empresa's documentos go, each part, and the machines' day.
EMPRESA_NOISE, PART_NOISE, DAY_NOISE = 0.15, 0.15, 0.15
DAY_SECONDS = 1200.0  # in which the machines' pace forgets what it was
FIXED_SECONDS = 0.3
LOST = 0.003  # of the parts; their worker dies in the middle, and they begin anew


@dataclass(slots=True, eq=False)
class Part:
    """One part: `seconds` is what it will take, known to nobody; times are seconds since the beginning."""

    id: int
    empresa: int
    request: int
    equipos: int
    work: int
    seconds: float
    queued: float
    turn: float = 0.0
    started: float = math.inf
    ended: float = math.inf


@dataclass(frozen=True, slots=True)
class Request:
    """One click; `alone` is what it would take with all the workers to itself."""

    at: float
    empresa: int
    parts: tuple[Part, ...] = field(repr=False)

    @property
    def work(self) -> int:
        return sum(part.work for part in self.parts)

    @property
    def waited(self) -> float:
        return min(part.started for part in self.parts) - self.at

    @property
    def took(self) -> float:
        return max(part.ended for part in self.parts) - self.at

    def alone(self, workers: int) -> float:
        seconds = [part.seconds for part in self.parts]
        return max(max(seconds), sum(seconds) / workers)


@dataclass(frozen=True, slots=True)
class Empresa:
    equipos: int
    equipo_bytes: int
    pace: float


def empresas(rng: random.Random, count: int = EMPRESAS) -> list[Empresa]:
    return [
        Empresa(
            equipos=min(LARGEST_EQUIPOS, int(SMALLEST_EQUIPOS * rng.paretovariate(TAIL))),
            equipo_bytes=int(EQUIPO_BYTES * rng.lognormvariate(0, EQUIPO_SPREAD)),
            pace=rng.lognormvariate(0, EMPRESA_NOISE),
        )
        for _ in range(count)
    ]


def works(one: Empresa) -> list[tuple[int, int]]:
    """(equipos, work) of each part of a request."""
    sizes = [min(EQUIPOS_PER_PART, one.equipos - first) for first in range(0, one.equipos, EQUIPOS_PER_PART)]
    return [(size, work_of(equipos=size, document_bytes=size * one.equipo_bytes)) for size in sizes]


def requests(rng: random.Random, *, load: float, workers: int, hours: float, noise: bool = True) -> list[Request]:
    """All that is asked for in so many hours, so that `workers` are busy for a share `load` of the time."""
    everybody = empresas(rng)
    parts = [works(one) for one in everybody]
    each_once = sum(FIXED_SECONDS + work / BYTES_PER_SECOND for some in parts for _, work in some)
    gap = each_once / (load * workers * len(everybody))
    day = _Day(rng)
    at, number, found = 0.0, 0, list[Request]()
    while (at := at + rng.expovariate(1 / gap)) < hours * 3600:
        who = rng.randrange(len(everybody))
        slow = day.at(at) * everybody[who].pace if noise else 1.0
        mine = [
            Part(
                id=number + index,
                empresa=who,
                request=len(found),
                equipos=equipos,
                work=work,
                seconds=_seconds(rng, work, slow, noise=noise),
                queued=at,
            )
            for index, (equipos, work) in enumerate(parts[who])
        ]
        number += len(mine)
        found.append(Request(at, who, tuple(mine)))
    return found


def _seconds(rng: random.Random, work: int, slow: float, *, noise: bool) -> float:
    if not noise:
        return FIXED_SECONDS + work / BYTES_PER_SECOND
    whole = FIXED_SECONDS + work / BYTES_PER_SECOND * slow * rng.lognormvariate(0, PART_NOISE)
    return whole + (rng.random() * whole + 10 if rng.random() < LOST else 0)  # the lease runs out first


class _Day:
    """A pace that wanders about 1 (Ornstein and Uhlenbeck's, of the logarithm)."""

    def __init__(self, rng: random.Random) -> None:
        self._rng, self._last, self._value = rng, 0.0, rng.gauss(0, DAY_NOISE)

    def at(self, now: float) -> float:
        kept = math.exp(-(now - self._last) / DAY_SECONDS)
        self._value = self._value * kept + self._rng.gauss(0, DAY_NOISE) * math.sqrt(1 - kept**2)
        self._last = now
        return math.exp(self._value)


def size_of(parts: Sequence[Part]) -> str:
    """What a request of so many parts is called in the tables."""
    return "1–2" if len(parts) <= 2 else "3–20" if len(parts) <= 20 else "21–286"
