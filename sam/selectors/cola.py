"""The order of work, who may start, and what a part can be told of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import Count, ExpressionWrapper, F, FloatField, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Now

from sam.models import Empresa, QueueControl, WorkerBeat, ZipPart
from sam.models.clock import database_now, in_seconds
from sam.planning.pronostico import Asked, Built, Pace, Span, forecast, pace_of
from sam.planning.turnos import turns
from sam.states import LIVE, PartState

# Of a heartbeat each 2.5 s: a worker that was killed is shown as lost within 10 s.
WORKER_FRESH_SECONDS = 8
PACE_SECONDS = 900
PACE_SAMPLES = 100
ASKED_SECONDS = 3600
# How long a heartbeat's lease is; what services.partes writes, and a test compares the two.
LEASE_SECONDS = {"postgresql": 10, "sqlite": 30}
PICTURE_SECONDS = 1.0
ORDER = ("-priority", "turn", "id")
MAY_START = Q(not_before__isnull=True) | Q(not_before__lte=Now())


@dataclass(frozen=True, slots=True)
class Outlook:
    """`position` 1 is next to start; `reason` says why the part waits; `eta` is when it may end, as a range."""

    position: int | None
    reason: str | None
    eta: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Blocked:
    """Whose parts may not start now: everybody's, those of paused empresas, and of those at their limit."""

    everybody: bool
    paused: frozenset[int]
    at_limit: frozenset[int]
    limits: Mapping[int, int] = field(default_factory=dict)  # empresa → parts at once

    def reason(self, empresa_id: int) -> str | None:
        if self.everybody or empresa_id in self.paused:
            return "paused"
        return "empresa_limit" if empresa_id in self.at_limit else None


def blocked_now() -> Blocked:
    """Read in two or three small queries: most empresas have neither a limit nor a pause."""
    everybody = QueueControl.objects.filter(paused_at__isnull=False).exists()
    special = Empresa.objects.filter(Q(pausada_desde__isnull=False) | Q(partes_a_la_vez__isnull=False))
    rows = list(special.values_list("pk", "pausada_desde", "partes_a_la_vez"))
    limits = {pk: limit for pk, _, limit in rows if limit is not None}
    building = _building_by_empresa(limits) if limits else {}
    return Blocked(
        everybody=everybody,
        paused=frozenset(pk for pk, since, _ in rows if since is not None),
        at_limit=frozenset(pk for pk, limit in limits.items() if building.get(pk, 0) >= limit),
        limits=limits,
    )


def _building_by_empresa(empresas: Collection[int]) -> dict[int, int]:
    building = ZipPart.objects.filter(state=PartState.PROCESSING, request__empresa__in=empresas)
    return dict(building.values_list("request__empresa").annotate(parts=Count("pk")).order_by())


def building_of(empresa_id: int) -> int:
    """How many parts of the empresa are being built."""
    return _building_by_empresa([empresa_id]).get(empresa_id, 0)


def claimable_parts() -> QuerySet[ZipPart]:
    """The waiting parts that may start now, in the order of work."""
    blocked = blocked_now()
    if blocked.everybody:
        return ZipPart.objects.none()
    parts = ZipPart.objects.filter(MAY_START, state=PartState.PENDING).order_by(*ORDER)
    kept_back = blocked.paused | blocked.at_limit
    return parts.exclude(request__empresa__in=kept_back) if kept_back else parts


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


def is_quiet(worker: str) -> bool:
    """Whether an operator asked this worker to take no more; asked at each claim, so that it holds from the answer."""
    return WorkerBeat.objects.filter(pk=worker, quiet=True).exists()


class Waiting(NamedTuple):
    """One waiting part as the queue sees it."""

    id: int
    empresa: int
    requester: int
    work: int
    turn: float
    reason: str | None


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole queue at one moment: who waits in which order, who is built, and when each may end."""

    at: datetime
    workers: int
    slots: int
    waiting: tuple[Waiting, ...]
    building: Mapping[int, int]  # part → requester
    ends: Mapping[int, Span]
    positions: Mapping[int, int] = field(repr=False)

    def outlook(self, part_id: int) -> Outlook | None:
        position = self.positions.get(part_id)
        if position is None:
            return Outlook(None, None, self._eta(part_id)) if part_id in self.building else None
        reason = self.waiting[position - 1].reason or ("queue_ahead" if self.workers else "no_workers")
        return Outlook(position, reason, self._eta(part_id))

    def _eta(self, part_id: int) -> tuple[datetime, datetime] | None:
        span = self.ends.get(part_id)
        if span is None:
            return None
        return self.at + timedelta(seconds=span.low), self.at + timedelta(seconds=span.high)


def picture() -> Picture:
    """Read the queue anew: eight queries, however long it is."""
    blocked = blocked_now()
    workers = live_workers().aggregate(workers=Count("pk"), slots=Sum("slots", filter=Q(quiet=False)))
    at = database_now()
    in_order = _in_order(blocked, at)
    # Positions are those of who may start now; what is kept back comes last.
    waiting = [one for one in in_order if one.reason is None] + [one for one in in_order if one.reason is not None]
    building = list(ZipPart.objects.filter(state=PartState.PROCESSING).select_related("request"))
    slots = workers["slots"] or 0
    ends = forecast(
        building={part.pk: _built(part, at) for part in building},
        # What a limit keeps back has its turn again as soon as there is room.
        waiting=[one for one in in_order if one.reason is None or one.reason == "empresa_limit"],
        slots=slots,
        pace=recent_pace(),
        limits=blocked.limits,
        asked=recently_asked(),
    )
    return Picture(
        at=at,
        workers=workers["workers"],
        slots=slots,
        waiting=tuple(waiting),
        building={part.pk: part.request.requester_id for part in building},
        ends=ends,
        positions={one.id: position for position, one in enumerate(waiting, 1)},
    )


def _built(part: ZipPart, at: datetime) -> Built:
    """How far a part was at its last heartbeat, and how long ago that is."""
    beaten = (part.lease_until or at) - timedelta(seconds=LEASE_SECONDS[connection.vendor])
    started = part.started_at or beaten
    equipos = part.last - part.first + 1
    return Built(
        empresa=part.request.empresa_id,
        work=part.work,
        done=part.work * part.done / equipos,
        seconds=max(0.0, (beaten - started).total_seconds()),
        ago=max(0.0, (at - beaten).total_seconds()),
    )


def recently_asked() -> Asked:
    """What was asked for in the last hour, request by request."""
    since = in_seconds(-ASKED_SECONDS)
    parts = ZipPart.objects.filter(Q(state__in=LIVE) | Q(finished_at__gt=since), queued_at__gt=since)
    rows = parts.values_list("request__empresa", "request").annotate(sum=Sum("work")).order_by()
    return Asked(((empresa, work) for empresa, _, work in rows), seconds=ASKED_SECONDS)


def recent_pace() -> Pace:
    """How fast parts were built in the last minutes."""
    built = ZipPart.objects.filter(
        finished_at__gt=in_seconds(-PACE_SECONDS), archive__isnull=False, started_at__isnull=False
    ).order_by("-finished_at")
    rows = built.values_list("work", "started_at", "finished_at")[:PACE_SAMPLES]
    return pace_of(
        [(work, (finished - started).total_seconds()) for work, started, finished in rows if started and finished]
    )


def _in_order(blocked: Blocked, at: datetime) -> list[Waiting]:
    """Every pending part by its turn, and why it may not start."""
    rows = ZipPart.objects.filter(state=PartState.PENDING).order_by(*ORDER)
    facts = ("pk", "request__empresa", "request__requester", "work", "turn", "storage_failures", "not_before")
    reasons = {empresa: blocked.reason(empresa) for empresa in {*blocked.paused, *blocked.at_limit}}
    everybody = "paused" if blocked.everybody else None
    return [
        Waiting(
            pk,
            empresa,
            requester,
            work,
            turn,
            everybody or reasons.get(empresa) or (_delay(failures) if not_before and not_before > at else None),
        )
        for pk, empresa, requester, work, turn, failures, not_before in rows.values_list(*facts)
    ]


def _delay(storage_failures: int) -> str:
    return "storage_unavailable" if storage_failures else "retry_later"


class _Kept:
    """The last picture of this process, for as long as what it shows may be old."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._picture: Picture | None = None
        self._until = 0.0

    def get(self, part_ids: Collection[int]) -> Picture:
        """One that knows all these parts, if any does."""
        with self._lock:
            kept = self._picture
            if kept is not None and time.monotonic() < self._until and all(map(kept.outlook, part_ids)):
                return kept
        return self.renew()

    def forget(self) -> None:
        with self._lock:
            self._picture = None

    def renew(self) -> Picture:
        found = picture()
        with self._lock:
            self._picture, self._until = found, time.monotonic() + PICTURE_SECONDS
        return found


KEPT = _Kept()


def outlooks(parts: Sequence[ZipPart]) -> dict[int, Outlook]:
    """What to tell of those of the parts that live, by id."""
    states = {part.pk: part.state for part in parts if part.state in LIVE}
    if not states:
        return {}
    known = KEPT.get([pk for pk, state in states.items() if state == PartState.PENDING])
    found = {pk: known.outlook(pk) or Outlook(None, None) for pk in states}
    # One that began since the picture was made waits no more.
    return {
        pk: outlook if states[pk] == PartState.PENDING else Outlook(None, None, outlook.eta)
        for pk, outlook in found.items()
    }


def outlooks_by_requester(user_ids: Collection[int]) -> dict[int, dict[int, Outlook]]:
    """What to tell these usuarios of their live parts: {usuario: {part: outlook}}."""
    # Few have live parts while thousands are connected: the long list stays here.
    live = ZipPart.objects.filter(state__in=LIVE).order_by()
    wanted = set(live.values_list("request__requester", flat=True).distinct()).intersection(user_ids)
    if not wanted:
        return {}
    now = KEPT.renew()
    owners = {one.id: one.requester for one in now.waiting} | dict(now.building)
    told: dict[int, dict[int, Outlook]] = {}
    for part_id, owner in owners.items():
        outlook = now.outlook(part_id) if owner in wanted else None
        if outlook is not None:
            told.setdefault(owner, {})[part_id] = outlook
    return told
