"""How often the true end of a part lies in the range told, how wide the ranges are, and how the error falls."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, NamedTuple

from bench._cola_juego import Queue
from bench._cola_mundo import Part, requests
from sam.planning.pronostico import forecast

WORKERS: Final = 4
EVERY_SECONDS: Final = 45.0  # not a multiple of anything
WARM_SECONDS: Final = 3600.0  # until then nobody knows what is usual
LOADS: Final = (0.5, 0.8, 0.95)
FEWEST_TOLD: Final = 100  # of which a share is said
QUARTERS: Final = ("0–25 %", "25–50 %", "50–75 %", "75–100 %")


class Told(NamedTuple):
    """What was told of a part at one moment: seconds until then, the range, and how it was (in the end)."""

    part: Part
    now: float
    low: float
    high: float
    waits: bool

    @property
    def truth(self) -> float:
        return self.part.ended - self.now

    @property
    def held(self) -> bool:
        return self.low <= self.truth <= self.high

    @property
    def width(self) -> float:
        """Of the range, over its middle."""
        return 2 * (self.high - self.low) / (self.high + self.low)

    @property
    def error(self) -> float:
        return abs((self.low + self.high) / 2 - self.truth)

    @property
    def lived(self) -> float:
        """How much of the part's life was over."""
        return (self.now - self.part.queued) / (self.part.ended - self.part.queued)

    @property
    def advanced(self) -> float:
        """How much of it was built."""
        return (self.now - self.part.started) / (self.part.ended - self.part.started)


def told(*, load: float, hours: float, seed: int = 6) -> list[Told]:
    """All that is told in a simulated time, each EVERY_SECONDS of every live part."""
    found: list[Told] = []

    def look(queue: Queue) -> None:
        if queue.now < WARM_SECONDS:
            return
        spans = forecast(
            building=queue.told_building(),
            waiting=queue.told_waiting(),
            slots=queue.workers,
            pace=queue.told_pace(),
            demand=queue.told_demand(),
        )
        for part in (*queue.building.values(), *queue.parts_waiting()):
            span = spans[part.id]
            found.append(Told(part, queue.now, span.low, span.high, part.started > queue.now))

    rng = random.Random(seed)
    Queue("turnos", workers=WORKERS).run(
        requests(rng, load=load, workers=WORKERS, hours=hours), watch=look, every=EVERY_SECONDS
    )
    return found


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Three tables, and the least share of any load and kind of part whose end lay in the range."""

    ranges: list[dict[str, object]]
    lived: list[dict[str, object]]
    advanced: list[dict[str, object]]
    held: float


def accuracy(*, hours: float) -> Accuracy:
    ranges, lived, advanced, held = [], [], [], list[float]()
    for load in LOADS:
        some = told(load=load, hours=hours)
        for kind, these in by_kind(some).items():
            held.append(share_held(these))
            ranges.append({"carga": f"{load:.0%}", "parte": kind, **ranges_row(these)})
        lived.append({"carga": f"{load:.0%}", **_errors((one.lived, one.error) for one in some)})
        built = [one for one in some if not one.waits]
        advanced.append({"carga": f"{load:.0%}", **_errors((one.advanced, one.error) for one in built)})
    return Accuracy(ranges, lived, advanced, min(held))


def by_kind(some: Sequence[Told]) -> dict[str, Sequence[Told]]:
    """What was told of parts that were built, that waited so long, and of all; without those of which little was."""
    kinds = {
        "se arma": [one for one in some if not one.waits],
        "espera < 1 min": [one for one in some if one.waits and one.truth < 60],
        "espera 1–10 min": [one for one in some if one.waits and 60 <= one.truth < 600],
        "espera > 10 min": [one for one in some if one.waits and one.truth >= 600],
        "todas": some,
    }
    return {kind: these for kind, these in kinds.items() if len(these) >= FEWEST_TOLD}


def share_held(these: Sequence[Told]) -> float:
    return sum(one.held for one in these) / len(these)


def ranges_row(these: Sequence[Told]) -> dict[str, object]:
    return {
        "pronósticos": f"{len(these):,}",
        "aciertos": f"{share_held(these):.1%}",
        "antes": f"{sum(one.truth < one.low for one in these) / len(these):.1%}",
        "después": f"{sum(one.truth > one.high for one in these) / len(these):.1%}",
        "ancho relativo (mediana)": f"{median(one.width for one in these):.2f}",
    }


def _errors(pairs: Iterable[tuple[float, float]]) -> dict[str, object]:
    by_quarter: dict[str, list[float]] = defaultdict(list)
    for share, error in pairs:
        by_quarter[QUARTERS[min(3, int(4 * share))]].append(error)
    return {name: f"{median(by_quarter[name]):.2f}" for name in QUARTERS}
