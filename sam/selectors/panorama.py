"""What can be told of the parts that live: the whole queue read at one moment, and kept while it may be old."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import Count, Q, Sum

from sam.models import ZipPart
from sam.models.clock import LEASE_SECONDS, database_now, in_seconds
from sam.planning.pronostico import Asked, Built, Pace, Span, forecast, pace_of
from sam.selectors.cola import ORDER, Blocked, blocked_now, live_workers
from sam.states import LIVE, PartState

PACE_SECONDS = 900
PACE_SAMPLES = 100
ASKED_SECONDS = 3600
PICTURE_SECONDS = 1.0
ETA_NEWS = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Outlook:
    """`position` 1 is next to start; `reason` says why the part waits; `eta` is when it may end, as a range."""

    position: int | None
    reason: str | None
    eta: tuple[datetime, datetime] | None = None


def is_news(told: Mapping[int, Outlook], now: Mapping[int, Outlook]) -> bool:
    """Whether somebody who was told this should be told that: estimates move by themselves, a little each second."""
    return told.keys() != now.keys() or any(_differs(told[part], one) for part, one in now.items())


def _differs(before: Outlook, after: Outlook) -> bool:
    if (before.position, before.reason) != (after.position, after.reason):
        return True
    if before.eta is None or after.eta is None:
        return before.eta is not after.eta
    return max(abs(one - other) for one, other in zip(before.eta, after.eta, strict=True)) > ETA_NEWS


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
        self._looking = threading.Lock()
        self._picture: Picture | None = None
        self._until = 0.0

    def shared(self) -> Picture:
        """One of this second: who looks once a second, for tabs and for the page, look together."""
        with self._looking:
            with self._lock:
                if self._picture is not None and time.monotonic() < self._until - PICTURE_SECONDS / 2:
                    return self._picture
            return self.renew()

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
    now = KEPT.shared()
    owners = {one.id: one.requester for one in now.waiting} | dict(now.building)
    told: dict[int, dict[int, Outlook]] = {}
    for part_id, owner in owners.items():
        outlook = now.outlook(part_id) if owner in wanted else None
        if outlook is not None:
            told.setdefault(owner, {})[part_id] = outlook
    return told
