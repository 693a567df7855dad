"""The order of work between empresas: start-time fair queueing, so that a large one does not make a small one wait.

Each part gets a start tag, its `turn`, when it is queued: the later of the queue's own time (the tag that was served
last) and the end of what its empresa has queued already; then the empresa's end moves on by the part's work over
its weight. Parts are served by their tags, so that each empresa with something to do gets its share of the work,
whatever the others have queued, and one that was idle saves nothing up (Goyal, Vin and Cheng, 1996).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

# What an equipo costs besides its documentos (hoja de vida, index, headers), in bytes that are copied meanwhile.
EQUIPO_WORK_BYTES = 5_000_000


def work_of(*, equipos: int, document_bytes: int) -> int:
    """What a part will cost, in bytes: those of its documentos, and what its equipos are worth."""
    return document_bytes + equipos * EQUIPO_WORK_BYTES


def turns(works: Iterable[int], *, weight: int, now: float, end: float = 0.0, welcome: bool = False) -> Iterator[float]:
    """The start tag of each of an empresa's next parts, in their order.

    `now` is the tag that the queue serves, `end` that at which the empresa's queued parts end. `welcome` is one that
    has none and comes while others are built: its first part is not counted. Each of the others has one that is built
    already, and whoever comes with two would wait with the second until all of them had begun another.
    """
    at = max(now, end)
    for index, work in enumerate(works):
        yield at
        if index or not welcome:
            at += work / weight
