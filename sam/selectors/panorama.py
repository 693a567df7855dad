"""What can be told of the parts that live: the whole queue read at one moment, and kept while it may be old."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import BooleanField, Count, ExpressionWrapper, F, Max, Q, Sum
from django.db.models.functions import Now

from sam.models import ZipPart
from sam.models.clock import LEASE_SECONDS, database_now, in_seconds
from sam.planning.demanda import HOUR_SECONDS, Demand, Wish, demand_of
from sam.planning.pronostico import Built, Span, forecast
from sam.planning.ritmo import FEWEST_SAMPLES, Pace, pace_of
from sam.selectors.cola import ORDER, Blocked, blocked_now, live_workers
from sam.states import LIVE, PartState

PACE_SECONDS, PACE_LONG_SECONDS = 900, 86_400
PACE_SAMPLES = 100
PICTURE_SECONDS = 1.0
EXPERIENCE_SECONDS = 5.0
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


class Building(NamedTuple):
    """One part that is built."""

    requester: int
    owner: str
    built: Built


class Experience(NamedTuple):
    """What the last minutes tell of the next: how fast parts are built, and how much is asked for."""

    pace: Pace
    demand: Demand


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole queue at one moment: who waits in which order, who is built, and when each may end."""

    at: datetime
    paused_at: datetime | None
    workers: int
    slots: int
    waiting: tuple[Waiting, ...]
    reasons: Mapping[int, str]  # of those that may not start
    building: Mapping[int, Building]
    ends: Mapping[int, Span]
    positions: Mapping[int, int] = field(repr=False)

    def outlook(self, part_id: int) -> Outlook | None:
        position = self.positions.get(part_id)
        if position is None:
            return Outlook(None, None, self._eta(part_id)) if part_id in self.building else None
        reason = self.reasons.get(part_id) or ("queue_ahead" if self.slots else "no_workers")
        return Outlook(position, reason, self._eta(part_id))

    def _eta(self, part_id: int) -> tuple[datetime, datetime] | None:
        span = self.ends.get(part_id)
        if span is None:
            return None
        return self.at + timedelta(seconds=span.low), self.at + timedelta(seconds=span.high)


def picture(experience: Experience | None = None) -> Picture:
    """Read the queue anew: eight queries at most, however long it is, and two more where no experience is given."""
    experience = experience or recent_experience()
    blocked = blocked_now()
    workers = live_workers().aggregate(workers=Count("pk"), slots=Sum("slots", filter=Q(quiet=False)))
    at = database_now()
    in_order = _in_order()
    reasons = _reasons(in_order, blocked)
    # Positions are those of who may start now; what is kept back comes last.
    waiting = [one for one in in_order if one.id not in reasons] + [one for one in in_order if one.id in reasons]
    building = _building(at)
    slots = workers["slots"] or 0
    ends = forecast(
        # Where no worker lives nothing that is built will end, though a quiet one ends what it has.
        building={pk: one.built for pk, one in building.items()} if workers["workers"] else {},
        # What a limit keeps back has its turn again as soon as there is room.
        waiting=[one for one in in_order if reasons.get(one.id, "empresa_limit") == "empresa_limit"],
        slots=slots,
        pace=experience.pace,
        limits=blocked.limits,
        demand=experience.demand,
    )
    return Picture(
        at=at,
        paused_at=blocked.paused_at,
        workers=workers["workers"],
        slots=slots,
        waiting=tuple(waiting),
        reasons=reasons,
        building=building,
        ends=ends,
        positions={one.id: position for position, one in enumerate(waiting, 1)},
    )


def _building(at: datetime) -> dict[int, Building]:
    """The parts that are built, by id: how far each was at its last heartbeat, and how long ago that is."""
    lease = timedelta(seconds=LEASE_SECONDS[connection.vendor])
    facts = ("pk", "request__requester", "request__empresa", "owner", "work", "first", "last", "done", "started_at")
    rows = ZipPart.objects.filter(state=PartState.PROCESSING).order_by("pk").values_list(*facts, "lease_until")
    found: dict[int, Building] = {}
    for pk, requester, empresa, owner, work, first, last, done, started_at, lease_until in rows:
        beaten = (lease_until or at) - lease
        built = Built(
            empresa=empresa,
            work=work,
            done=work * done / (last - first + 1),
            seconds=max(0.0, (beaten - (started_at or beaten)).total_seconds()),
            ago=max(0.0, (at - beaten).total_seconds()),
        )
        found[pk] = Building(requester, owner, built)
    return found


def recent_experience() -> Experience:
    return Experience(_recent_pace(), demand_of(_wishes()))


def _wishes() -> Iterator[Wish]:
    """What was asked for in the last hour, request by request."""
    since = in_seconds(-HOUR_SECONDS)
    parts = ZipPart.objects.filter(Q(state__in=LIVE) | Q(finished_at__gt=since), queued_at__gt=since)
    sums = {"sum": Sum("work"), "count": Count("pk"), "since": Now() - Max("queued_at")}
    for empresa, _, work, count, ago in parts.values_list("request__empresa", "request").annotate(**sums).order_by():
        yield Wish(empresa, work, count, ago.total_seconds())


def _recent_pace() -> Pace:
    """How fast parts were built in the last minutes; after a quiet time, how fast the last ones of the day were."""
    built = ZipPart.objects.filter(
        finished_at__gt=in_seconds(-PACE_LONG_SECONDS), archive__isnull=False, started_at__isnull=False
    ).order_by("-finished_at")
    lasted = F("finished_at") - F("started_at")
    recent = ExpressionWrapper(Q(finished_at__gt=in_seconds(-PACE_SECONDS)), output_field=BooleanField())
    rows = list(built.values_list("work", lasted, recent)[:PACE_SAMPLES])
    of_these_minutes = [row for row in rows if row[2]]
    chosen = of_these_minutes if len(of_these_minutes) >= FEWEST_SAMPLES else rows[: 2 * FEWEST_SAMPLES]
    return pace_of([(work, seconds.total_seconds()) for work, seconds, _ in chosen])


def _in_order() -> list[Waiting]:
    """Every pending part by its turn: thousands each second, so nothing is done to a row."""
    parts = ZipPart.objects.filter(state=PartState.PENDING).order_by(*ORDER)
    rows = parts.values_list("pk", "request__empresa", "request__requester", "work", "turn")
    with connection.cursor() as cursor:
        cursor.execute(*rows.query.sql_with_params())
        return list(map(Waiting._make, cursor.fetchall()))


def _reasons(waiting: Sequence[Waiting], blocked: Blocked) -> dict[int, str]:
    """Why those may not start that may not, by id."""
    if blocked.paused_at:
        return {one.id: "paused" for one in waiting}
    put_off = ZipPart.objects.filter(state=PartState.PENDING, not_before__gt=Now()).order_by()
    found = {pk: _delay(failures) for pk, failures in put_off.values_list("pk", "storage_failures")}
    of_empresa = {empresa: blocked.reason(empresa) for empresa in {*blocked.paused, *blocked.at_limit}}
    if of_empresa:
        found |= {one.id: reason for one in waiting if (reason := of_empresa.get(one.empresa))}
    return found


def _delay(storage_failures: int) -> str:
    return "storage_unavailable" if storage_failures else "retry_later"


class _Kept:
    """The last picture of this process, for as long as what it shows may be old."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._picture: Picture | None = None
        self._until = 0.0
        self._experience: Experience | None = None
        self._experience_until = 0.0

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
            self._picture = self._experience = None

    def renew(self) -> Picture:
        found = picture(self._recent_experience())
        with self._lock:
            self._picture, self._until = found, time.monotonic() + PICTURE_SECONDS
        return found

    def _recent_experience(self) -> Experience:
        """Of the last seconds: minutes and hours are summed up in it."""
        with self._lock:
            kept, until = self._experience, self._experience_until
        if kept is None or time.monotonic() >= until:
            kept = recent_experience()
            with self._lock:
                self._experience, self._experience_until = kept, time.monotonic() + EXPERIENCE_SECONDS
        return kept


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
    owners = {one.id: one.requester for one in now.waiting}
    owners |= {pk: one.requester for pk, one in now.building.items()}
    told: dict[int, dict[int, Outlook]] = {}
    for part_id, owner in owners.items():
        outlook = now.outlook(part_id) if owner in wanted else None
        if outlook is not None:
            told.setdefault(owner, {})[part_id] = outlook
    return told
