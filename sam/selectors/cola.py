"""The order of work between empresas, and who may start."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import (
    Count,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    Max,
    Min,
    Q,
    QuerySet,
)
from django.db.models.functions import Now

from sam.models import Empresa, QueueControl, WorkerBeat, ZipPart
from sam.models.clock import in_seconds
from sam.planning.turnos import turns
from sam.states import LIVE, PartState

# Of a heartbeat each 2.5 s: a worker that was killed is shown as lost within 10 s.
WORKER_FRESH_SECONDS = 8
ORDER = ("-priority", "turn", "id")
MAY_START = Q(not_before__isnull=True) | Q(not_before__lte=Now())


@dataclass(frozen=True, slots=True)
class Blocked:
    """Whose parts may not start now: everybody's, those of paused empresas, and of those at their limit."""

    paused_at: datetime | None  # since when the whole queue is
    paused: frozenset[int]
    at_limit: frozenset[int]
    limits: Mapping[int, int] = field(default_factory=dict)  # empresa → parts at once

    def reason(self, empresa_id: int) -> str | None:
        if self.paused_at or empresa_id in self.paused:
            return "paused"
        return "empresa_limit" if empresa_id in self.at_limit else None


def blocked_now() -> Blocked:
    """Read in two or three small queries: most empresas have neither a limit nor a pause."""
    special = Empresa.objects.filter(Q(pausada_desde__isnull=False) | Q(partes_a_la_vez__isnull=False))
    rows = list(special.values_list("pk", "pausada_desde", "partes_a_la_vez"))
    limits = {pk: limit for pk, _, limit in rows if limit is not None}
    at_limit = _at_limit().values_list("request__empresa", flat=True) if limits else ()
    return Blocked(
        paused_at=_whole_pause().values_list("paused_at", flat=True).first(),
        paused=frozenset(pk for pk, since, _ in rows if since is not None),
        at_limit=frozenset([*(pk for pk, limit in limits.items() if limit == 0), *at_limit]),
        limits=limits,
    )


def _at_limit() -> QuerySet[ZipPart, dict[str, int]]:
    """The empresas that have as many parts built as they may."""
    limit = F("request__empresa__partes_a_la_vez")
    building = ZipPart.objects.filter(state=PartState.PROCESSING, request__empresa__partes_a_la_vez__isnull=False)
    by_empresa = building.order_by().values("request__empresa").annotate(parts=Count("pk"))
    return by_empresa.filter(parts__gte=limit).values("request__empresa")


def _whole_pause() -> QuerySet[QueueControl]:
    return QueueControl.objects.filter(paused_at__isnull=False)


def building_of(empresa_id: int) -> int:
    """How many parts of the empresa are being built."""
    return ZipPart.objects.filter(state=PartState.PROCESSING, request__empresa=empresa_id).count()


def claimable_parts() -> QuerySet[ZipPart]:
    """The waiting parts that may start now, in the order of work; what `blocked_now` tells is asked in the query."""
    never = Empresa.objects.filter(Q(pausada_desde__isnull=False) | Q(partes_a_la_vez=0))
    parts = ZipPart.objects.filter(MAY_START, ~Exists(_whole_pause()), state=PartState.PENDING)
    kept_back = Q(request__empresa__in=never.values("pk")) | Q(request__empresa__in=_at_limit())
    return parts.exclude(kept_back).order_by(*ORDER)


class Candidate(NamedTuple):
    """A part that may start now, with what does not change before its next attempt; `limit` is its empresa's."""

    id: int
    request: int
    attempt: int
    crashes: int
    number: int
    of: int
    first: int
    last: int
    requester: str
    limit: int | None


def candidates(worker: str, *, most: int) -> list[Candidate]:
    """The parts that this worker may take, in the order of work; none when an operator asked it to take no more."""
    with connection.cursor() as cursor:
        cursor.execute(*_candidates_sql(worker, most))
        return [Candidate(*row) for row in cursor.fetchall()]


@lru_cache(maxsize=16)
def _candidates_sql(worker: str, most: int) -> tuple[str, tuple[Any, ...]]:
    """Always the same for a worker: to make it anew would be half of what a claim costs."""
    parts = claimable_parts().filter(~Exists(_asked_to_be_quiet(worker)))
    own = ("pk", "request_id", "attempt", "crashes", "number", "of", "first", "last")
    rows = parts.values_list(*own, "request__requester__username", "request__empresa__partes_a_la_vez")
    return rows[:most].query.sql_with_params()


def next_turns(empresa_id: int, works: Sequence[int], *, but: Collection[int] = ()) -> list[float]:
    """The turns of an empresa's next parts, each of so much work; `but` names parts that are being placed."""
    live = ZipPart.objects.filter(state__in=LIVE).exclude(pk__in=but)
    weight = Empresa.objects.values_list("peso", flat=True).get(pk=empresa_id)
    ends = ExpressionWrapper(F("turn") + F("work") / float(weight), output_field=FloatField())
    end = live.filter(request__empresa=empresa_id).aggregate(end=Max(ends))["end"]
    now, busy = _queue_time(live)
    return list(turns(works, weight=weight, now=now, end=end or 0.0, welcome=busy and end is None))


def _queue_time(live: QuerySet[ZipPart]) -> tuple[float, bool]:
    """The turn that was served last, or where nothing is built the one that is served next; and whether any is built.

    What was held up keeps a turn that is long past, and who came next would be placed before everybody else: a part
    of an empresa that is paused or has a limit, and one that was lost or put off. Nor does one that was raised tell.
    """
    waiting, built = Q(state=PartState.PENDING), Q(state=PartState.PROCESSING)
    tells = Q(priority=0, crashes=0, storage_failures=0)
    free = tells & Q(request__empresa__pausada_desde__isnull=True, request__empresa__partes_a_la_vez__isnull=True)
    found = live.aggregate(
        served=Max("turn", filter=built & free),
        next=Min("turn", filter=waiting & free),
        # Where there are no others.
        held_served=Max("turn", filter=built & tells),
        held_next=Min("turn", filter=waiting),
    )
    times = (found["served"], found["next"], found["held_served"], found["held_next"])
    busy = found["served"] is not None or found["held_served"] is not None
    return next((float(time) for time in times if time is not None), 0.0), busy


def live_workers() -> QuerySet[WorkerBeat]:
    return WorkerBeat.objects.filter(seen_at__gt=in_seconds(-WORKER_FRESH_SECONDS))


def is_paused(empresa_id: int) -> bool:
    """Whether nothing of this empresa may start."""
    return _whole_pause().exists() or Empresa.objects.filter(pk=empresa_id, pausada_desde__isnull=False).exists()


def is_quiet(worker: str) -> bool:
    """Whether an operator asked this worker to take no more."""
    return _asked_to_be_quiet(worker).exists()


def _asked_to_be_quiet(worker: str) -> QuerySet[WorkerBeat]:
    return WorkerBeat.objects.filter(pk=worker, quiet=True)
