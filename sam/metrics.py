"""What one process counts of itself, for `/metrics`: its sockets, its event loop, its memory.

Whoever does the thing says so here; who asks is `sam.views.metricas`. What all processes share is in the database
and is counted there (`sam.selectors.metricas`). Label values come from closed lists, never from data.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

# A second series for each counter, with the time of its birth: twice the text, for nobody.
disable_created_metrics()  # type: ignore[no-untyped-call]

PROCESS: Final = CollectorRegistry(auto_describe=True)
LAG_BUCKETS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

ProcessCollector(registry=PROCESS)
SOCKETS: Final = Gauge("sam_sockets_open", "Sockets that are open now.", registry=PROCESS)
CLOSED: Final = Counter(
    "sam_sockets_closed", "Sockets that ended, by close code (gone: the client left).", ["code"], registry=PROCESS
)
FRAMES: Final = Counter("sam_frames_sent", "Frames written to sockets, by type.", ["type"], registry=PROCESS)
REPAIRS: Final = Counter(
    "sam_seq_repairs",
    "Snapshots that were read because a socket had missed a change, by what found it out.",
    ["cause"],
    registry=PROCESS,
)
MISSED: Final = Counter(
    "sam_changes_missed", "Changes that a socket was not told when they happened, and then repaired.", registry=PROCESS
)
UNANSWERED: Final = Counter(
    "sam_questions_unanswered", "Questions of sockets that the database did not answer in time.", registry=PROCESS
)
LAG: Final = Histogram(
    "sam_event_loop_lag_seconds",
    "How much later than asked the event loop woke up, measured four times a second.",
    buckets=LAG_BUCKETS,
    registry=PROCESS,
)
