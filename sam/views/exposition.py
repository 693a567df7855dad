"""The database's figures as metrics: names, units, help and labels, by Prometheus' conventions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from sam.selectors.cuentas import LE, Counts
from sam.selectors.metricas import Figures
from sam.states import MOVES, FailureReason, Move, PartState

# Shown from the start with 0: what first appears at 1 has no increase that anybody could see.
ALWAYS = [
    *((move, after, "") for move in (Move.CLAIM, Move.FINISH, Move.RETRY, Move.EXPIRE) for after in MOVES[move][1]),
    *((Move.FAIL, PartState.FAILED, reason) for reason in FailureReason if reason != FailureReason.WORKER_LOST),
    *((Move.REAP, after, FailureReason.WORKER_LOST) for after in sorted(MOVES[Move.REAP][1])),
    *((Move.HAND_BACK, PartState.PENDING, why) for why in ("stopping", FailureReason.STORAGE_UNAVAILABLE)),
    *((Move.CANCEL, PartState.CANCELLED, why) for why in ("requester", "operator")),
]
ENDED = {PartState.COMPLETED, PartState.FAILED, PartState.CANCELLED}


class Exposition(Collector):
    """One scrape: what does answer (`up`, by name), and the figures unless the database is away."""

    def __init__(self, up: dict[str, bool], figures: Figures | None, seconds: float) -> None:
        self._up = up
        self._figures = figures
        self._seconds = seconds

    def collect(self) -> Iterator[Metric]:
        yield _gauge("sam_up", "1 where what this process depends on answers it.", "check", self._up.items())
        if self._figures is not None:
            yield _gauge("sam_metrics_read_seconds", "What it took to read the database's part of this.", self._seconds)
            yield from _gauges(self._figures)
            yield from _counters(self._figures.counts)


def _gauges(now: Figures) -> Iterator[Metric]:
    queue, workers = now.queue, now.workers
    by_state = {"waiting": queue.waiting, "building": queue.building}
    yield _gauge("sam_queue_parts", "Parts of the queue, by state.", "state", by_state.items())
    yield _gauge("sam_queue_held_parts", "Waiting parts that a pause keeps back.", queue.held)
    yield _gauge(
        "sam_queue_oldest_waiting_seconds",
        "Age of the oldest waiting part that no pause keeps back; 0 without one.",
        queue.oldest_seconds,
    )
    yield _gauge("sam_queue_paused", "1 while the whole queue is paused.", float(queue.paused))
    yield _gauge("sam_empresas_paused", "Empresas whose parts are paused.", queue.paused_empresas)
    by_state = {"alive": workers.alive, "quiet": workers.quiet, "lost": workers.lost}
    yield _gauge(
        "sam_workers", "Workers: alive, quiet (take no more), lost within the hour.", "state", by_state.items()
    )
    yield _gauge("sam_worker_slots", "Parts that the workers can build at once.", workers.slots)
    yield _gauge("sam_workers_memory_bytes", "Memory of all living workers.", workers.memory_bytes)
    yield _gauge("sam_worker_memory_max_bytes", "Memory of the largest living worker.", workers.largest_memory_bytes)


def _counters(counts: Counts) -> Iterator[Metric]:
    moves = dict.fromkeys(ALWAYS, 0.0) | {labels: n for (name, labels), n in counts.items() if name == "moves"}
    yield _moves(moves)
    yield _ended(moves)
    yield _histogram("sam_part_wait_seconds", "From the click, or a retry, to the start of an attempt.", "wait", counts)
    yield _histogram("sam_part_run_seconds", "From the start of an attempt to its finished archive.", "run", counts)
    archives = CounterMetricFamily("sam_archives", "Archives that were finished, by wholeness.", labels=["whole"])
    archives.add_metric(["yes"], counts.get(("archives", ("whole",)), 0))
    archives.add_metric(["no"], counts.get(("archives", ("incomplete",)), 0))
    yield archives
    size = counts.get(("archive_bytes", ("",)), 0)
    yield CounterMetricFamily("sam_archive_bytes", "Bytes of the archives that were finished.", value=size)
    missing = counts.get(("missing", ("",)), 0)
    yield CounterMetricFamily(
        "sam_missing_documents", "Registered documentos that could not be put into a finished archive.", value=missing
    )


def _moves(moves: dict[tuple[str, ...], float]) -> Metric:
    family = CounterMetricFamily(
        "sam_part_moves", "Moves of parts, by their reason: claims, hand-backs, …", labels=["move", "after", "reason"]
    )
    for (move, after, reason), count in sorted(moves.items()):
        family.add_metric([str(move), str(after), str(reason)], count)
    return family


def _ended(moves: dict[tuple[str, ...], float]) -> Metric:
    ended: dict[tuple[str, str], float] = {}
    for (move, after, reason), count in moves.items():
        if after in ENDED and move != Move.RETRY:
            key = (str(after), str(reason))
            ended[key] = ended.get(key, 0.0) + count
    family = CounterMetricFamily("sam_parts_ended", "Parts that ended, by how and why.", labels=["state", "reason"])
    for labels, count in sorted(ended.items()):
        family.add_metric(labels, count)
    return family


def _histogram(name: str, help_text: str, kind: str, counts: Counts) -> Metric:
    buckets = [(bound, counts.get((f"{kind}_le", (bound,)), 0.0)) for bound in LE.values()]
    buckets.append(("+Inf", counts.get((f"{kind}_count", ("",)), 0.0)))
    return HistogramMetricFamily(
        name, help_text, buckets=buckets, sum_value=counts.get((f"{kind}_ms", ("",)), 0.0) / 1000
    )


def _gauge(name: str, help_text: str, value: float | str, by: Iterable[tuple[str, float]] = ()) -> Metric:
    if isinstance(value, str):
        family = GaugeMetricFamily(name, help_text, labels=[value])
        for label, amount in by:
            family.add_metric([label], amount)
        return family
    return GaugeMetricFamily(name, help_text, value=value)
