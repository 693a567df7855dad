"""Times as rows of a table, each with its target and whether it was met."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

Row = dict[str, object]

NO_TARGET = "sin meta"


@dataclass
class Verdicts:
    """Says of each figure whether it met its target, and remembers those that did not."""

    missed: list[str] = field(default_factory=list)

    def of(self, name: str, value: float, most: float | None, unit: str = "ms") -> str:
        """The words for one figure; `most` None where nothing was promised."""
        if most is None:
            return NO_TARGET
        if value <= most:
            return f"≤ {most:g} {unit}: se cumple"
        self.missed.append(f"{name}: {value:.0f} {unit}, y la meta es {most:g}")
        return f"≤ {most:g} {unit}: NO se cumple"

    def times(self, name: str, seconds: Sequence[float], *, most_ms: float | None = None) -> Row:
        """The cells of a row for these times; the target is of their p95."""
        if not seconds:
            self.missed.append(f"{name}: no llegó nada")
            return {"n": 0, "p50 ms": "-", "p95 ms": "-", "p99 ms": "-", "máx. ms": "-", "meta del p95": "NO se cumple"}
        p50, p95, p99, most = (1000 * quantile(seconds, q) for q in (0.5, 0.95, 0.99, 1.0))
        return {
            "n": len(seconds),
            "p50 ms": f"{p50:.1f}",
            "p95 ms": f"{p95:.1f}",
            "p99 ms": f"{p99:.1f}",
            "máx. ms": f"{most:.1f}",
            "meta del p95": self.of(name, p95, most_ms),
        }

    def all_came(self, name: str, came: int, expected: int) -> str:
        """The words for what did not arrive at all."""
        if came < expected:
            self.missed.append(f"{name}: {expected - came} de {expected} no llegaron")
        return str(expected - came)


def quantile(values: Sequence[float], q: float) -> float:
    """Of the values themselves, the next above."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)]


def thousands(number: int) -> str:
    return f"{number:,}".replace(",", ".")
