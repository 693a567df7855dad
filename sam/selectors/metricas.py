"""What the database says of the queue, its workers and its past, in a handful of small reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, Q, Sum

from sam.models import Empresa, QueueControl, WorkerBeat, ZipPart
from sam.models.clock import database_now, in_seconds
from sam.selectors.cola import WORKER_FRESH_SECONDS
from sam.selectors.cuentas import Counts, all_counts
from sam.selectors.tablero import LOST_SECONDS
from sam.states import LIVE, PartState


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Parts that wait, those of them that a pause keeps back, those that are built, and what was paused."""

    waiting: int
    held: int
    building: int
    oldest_seconds: float
    paused: bool
    paused_empresas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """Those with a fresh heartbeat, asked to be quiet or not, and those that fell silent within the hour."""

    alive: int
    quiet: int
    lost: int
    slots: int
    memory_bytes: int
    largest_memory_bytes: int

    @property
    def living(self) -> int:
        return self.alive + self.quiet


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    queue: Queue
    workers: Workers
    counts: Counts


def read_figures() -> Figures:
    """Read them anew; raises Django's DatabaseError."""
    return Figures(queue=_queue(database_now()), workers=_workers(), counts=all_counts())


def _queue(now: datetime) -> Queue:
    paused = QueueControl.objects.filter(paused_at__isnull=False).exists()
    waits = Q(state=PartState.PENDING)
    of_paused = waits & Q(request__empresa__pausada_desde__isnull=False)
    row = ZipPart.objects.filter(state__in=LIVE).aggregate(
        waiting=Count("pk", filter=waits),
        building=Count("pk", filter=Q(state=PartState.PROCESSING)),
        held=Count("pk", filter=of_paused),
        oldest=Min("queued_at", filter=waits & ~of_paused),
    )
    oldest = None if paused else row["oldest"]
    return Queue(
        waiting=row["waiting"],
        held=row["waiting"] if paused else row["held"],
        building=row["building"],
        oldest_seconds=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
        paused=paused,
        paused_empresas=Empresa.objects.filter(pausada_desde__isnull=False).count(),
    )


def _workers() -> Workers:
    fresh = Q(seen_at__gt=in_seconds(-WORKER_FRESH_SECONDS))
    row = WorkerBeat.objects.filter(seen_at__gt=in_seconds(-LOST_SECONDS)).aggregate(
        alive=Count("pk", filter=fresh & Q(quiet=False)),
        calm=Count("pk", filter=fresh & Q(quiet=True)),
        lost=Count("pk", filter=~fresh),
        places=Sum("slots", filter=fresh & Q(quiet=False)),
        memory=Sum("memory_bytes", filter=fresh),
        largest=Max("memory_bytes", filter=fresh),
    )
    return Workers(
        alive=row["alive"],
        quiet=row["calm"],
        lost=row["lost"],
        slots=row["places"] or 0,
        memory_bytes=row["memory"] or 0,
        largest_memory_bytes=row["largest"] or 0,
    )


def beat_ages(host: str) -> list[float]:
    """How many seconds ago the workers of this machine were seen, the last one first."""
    now = database_now()
    seen = WorkerBeat.objects.filter(host=host[:100]).order_by("-seen_at").values_list("seen_at", flat=True)
    return [(now - at).total_seconds() for at in seen]
