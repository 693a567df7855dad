"""How long requests wait, small, medium and large, first come first served and in the product's order of work."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

from bench._cola_juego import Order, Queue
from bench._cola_mundo import Request, requests, size_of

WORKERS: Final = 4
LOADS: Final = (0.5, 0.8, 0.95)
SIZES: Final = ("1–2", "3–20", "21–286")
ORDERS: Final[tuple[Order, ...]] = ("FIFO", "turnos")
Played = dict[tuple[float, Order], list[Request]]


def play(*, hours: float, seed: int = 6) -> Played:
    """The same requests under both orders, for each load; the seconds of every part are the same too."""
    played: Played = {}
    for load in LOADS:
        for order in ORDERS:
            asked = requests(random.Random(seed), load=load, workers=WORKERS, hours=hours)
            Queue(order, workers=WORKERS).run(asked)
            played[load, order] = asked
    return played


def waits(played: Played) -> list[dict[str, object]]:
    """A row for each load, size of request and order: seconds until the first part starts, and slowdown."""
    return [
        {"carga": f"{load:.0%}", "partes": size, "orden": order, **_row(_of(played[load, order], size))}
        for load in LOADS
        for size in SIZES
        for order in ORDERS
    ]


def curves(played: Played, load: float) -> dict[tuple[str, Order], list[float]]:
    """The sorted waits of each size under each order."""
    return {
        (size, order): sorted(one.waited for one in _of(played[load, order], size))
        for size in SIZES
        for order in ORDERS
    }


def at_share(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _of(some: Sequence[Request], size: str) -> list[Request]:
    return [one for one in some if size_of(one.parts) == size]


def _row(some: Sequence[Request]) -> dict[str, object]:
    waited = sorted(one.waited for one in some)
    slowed = sorted(one.took / one.alone(WORKERS) for one in some)
    return {
        "solicitudes": f"{len(some):,}",
        "espera p50 (s)": f"{at_share(waited, 0.5):,.1f}",
        "p95 (s)": f"{at_share(waited, 0.95):,.1f}",
        "máx. (s)": f"{waited[-1]:,.0f}",
        "demora p50": f"{at_share(slowed, 0.5):,.1f}×",
        "demora p95": f"{at_share(slowed, 0.95):,.1f}×",
    }
