"""How fast parts are built: the pace of those of the last minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

FEWEST_SAMPLES = 5
# So many parts as usual are counted among those that were seen: a few that are alike prove little.
USUAL_SAMPLES = 10
# What a part takes however little it holds: claim, plan, workbook, storing, finish.
FIXED_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds for one byte of work of one builder; and by which factor nine of ten parts take less, or more."""

    rate: float
    low: float
    high: float

    def seconds(self, work: float) -> float:
        """What a part of so much work takes, on average."""
        return FIXED_SECONDS + work * self.rate


USUAL = Pace(rate=1 / 200_000_000, low=0.5, high=2.0)


def pace_of(samples: Sequence[tuple[int, float]]) -> Pace:
    """The pace of recent parts, each (work in bytes, seconds); the usual one where there are too few."""
    known = [(work, seconds) for work, seconds in samples if work > 0 and seconds > 0]
    if len(known) < FEWEST_SAMPLES:
        return USUAL
    # Of all together, not the mean of each: a queue ends when the sum of its parts does.
    rate = sum(max(seconds - FIXED_SECONDS, 0.01) for _, seconds in known) / sum(work for work, _ in known)
    cuts = quantiles([seconds / (FIXED_SECONDS + work * rate) for work, seconds in known], n=20, method="inclusive")
    seen = len(known) / (len(known) + USUAL_SAMPLES)
    return Pace(
        rate,
        low=min(1.0, seen * cuts[0] + (1 - seen) * USUAL.low),
        high=max(1.0, seen * cuts[-1] + (1 - seen) * USUAL.high),
    )
