"""The charts of the queue: 15 minutes, a day, a week, from sums of the log of moves, and kept while they may be old."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.db import DatabaseError

from sam.events import ChartJSON
from sam.models.clock import database_now
from sam.planning.historia import History, history
from sam.selectors.cubetas import Buckets, one_look

logger = logging.getLogger(__name__)

PATIENCE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Window:
    """`step` seconds a bucket; read anew at most each `fresh` seconds."""

    name: str
    step: int
    buckets: int
    fresh: float

    def end(self, now: float) -> float:
        """Of the bucket that `now` is in, in seconds since 1970."""
        return (now // self.step + 1) * self.step


WINDOWS: Final = (
    Window("15min", step=30, buckets=30, fresh=4),
    Window("24h", step=1800, buckets=48, fresh=60),
    Window("7d", step=4 * 3600, buckets=42, fresh=600),
)


def charts() -> dict[str, ChartJSON]:
    """By the name of the window."""
    return {window.name: KEPT.get(window) for window in WINDOWS}


def _read(window: Window) -> ChartJSON:
    with one_look():
        now = database_now().timestamp()
        end = window.end(now)
        sums = Buckets(begin=int(end) - window.step * window.buckets, step=window.step, buckets=window.buckets)
        found = history(
            waits=sums.waits(),
            finished=sums.finished(),
            failures=sums.failures(),
            end=end,
            step=window.step,
            buckets=window.buckets,
            now=now,
        )
    return _json(found, now)


def _json(found: History, now: float) -> ChartJSON:
    # The last bucket has not ended: what waits is as old as it is now.
    ahead = int(found.end - now)
    last = max(0, found.oldest[-1] - ahead)
    return {
        "end": datetime.fromtimestamp(found.end, UTC).isoformat(timespec="seconds"),
        "step": found.step,
        "depth": list(found.depth),
        "oldest": [*found.oldest[:-1], last],
        "per_minute": list(found.per_minute),
        "p50": list(found.p50),
        "p95": list(found.p95),
        "completed": found.completed,
        "duration": found.duration,
        "failures": dict(found.failures),
    }


class _Kept:
    """The last charts of this process. One reads; meanwhile, and where reading fails, others have what there was."""

    def __init__(self) -> None:
        self._reading = threading.Lock()
        self._charts: dict[str, tuple[float, ChartJSON]] = {}

    def get(self, window: Window) -> ChartJSON:
        until, chart = self._charts.get(window.name, (0.0, None))
        if chart is not None and time.monotonic() < until:
            return chart
        # A week is a long sum: who waited for it here would keep a thread from the sockets.
        if not self._reading.acquire(timeout=PATIENCE_SECONDS if chart is None else 0.0):
            return chart or _blank(window)
        try:
            until, chart = self._charts.get(window.name, (0.0, None))
            if chart is None or time.monotonic() >= until:
                chart = self._read(window) or chart or _blank(window)
                self._charts[window.name] = (time.monotonic() + window.fresh, chart)
            return chart
        finally:
            self._reading.release()

    def _read(self, window: Window) -> ChartJSON | None:
        try:
            return _read(window)
        except DatabaseError as error:
            logger.warning("action=chart_lost error=%s", type(error).__name__)
            return None

    def forget(self) -> None:
        self._charts.clear()


def _blank(window: Window) -> ChartJSON:
    now = time.time()
    nothing = history(waits=[], finished=[], failures={}, end=window.end(now), step=window.step, buckets=window.buckets)
    return _json(nothing, now)


KEPT: Final = _Kept()
