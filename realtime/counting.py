"""What the sockets of this process did, in the counters of `sam.metrics`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final, Literal, get_args

from realtime.protocol import CloseCode, ServerFrame
from sam.metrics import CLOSED, FRAMES, LAG, MISSED, REPAIRS, SOCKETS, UNANSWERED

LAG_SECONDS: Final = 0.25
GONE: Final = "gone"  # the client left, or its network did: there was no code of ours
Cause = Literal["gap", "sweep"]
FRAME_TYPES: Final = ("snapshot", "change", "progress", "outlook", "queue", "beat", "error")

# A counter that first appears at 1 has no increase that anybody could see.
for _code in CloseCode:
    CLOSED.labels(str(int(_code)))
CLOSED.labels(GONE)
for _type in FRAME_TYPES:
    FRAMES.labels(_type)
for _cause in get_args(Cause):
    REPAIRS.labels(_cause)


def socket_opened() -> None:
    SOCKETS.inc()


def socket_ended() -> None:
    SOCKETS.dec()


def socket_closed(code: CloseCode | None) -> None:
    """How it ended: by a code of ours, or None when the client had gone."""
    CLOSED.labels(GONE if code is None else str(int(code))).inc()


def frame_sent(frame: ServerFrame) -> None:
    FRAMES.labels(frame["type"]).inc()


def repair(cause: Cause, *, missed: int) -> None:
    """A socket had missed so many changes, and reads a snapshot instead."""
    REPAIRS.labels(cause).inc()
    MISSED.inc(missed)


def unanswered() -> None:
    UNANSWERED.inc()


async def watch_lag(clock: Callable[[], float] = time.monotonic) -> None:
    """Measure until cancelled how late this event loop wakes: whatever blocks it delays every socket and page."""
    while True:
        asked = clock()
        await asyncio.sleep(LAG_SECONDS)
        LAG.observe(max(0.0, clock() - asked - LAG_SECONDS))
