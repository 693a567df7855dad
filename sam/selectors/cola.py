"""The order of work, and what a waiting part can be told of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils import timezone

from sam.models import WorkerBeat, ZipPart
from sam.models.clock import in_seconds
from sam.states import PartState

WORKER_FRESH_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Outlook:
    """`position` 1 is next to start; `reason` says why the part waits."""

    position: int | None
    reason: str | None


ORDER = ("-priority", "queued_at", "id")
MAY_START = Q(not_before__isnull=True) | Q(not_before__lte=Now())


def waiting_parts() -> QuerySet[ZipPart]:
    """Every pending part in the order in which they will start; those that are delayed come last."""
    delayed = Case(When(MAY_START, then=Value(0)), default=Value(1))
    return ZipPart.objects.filter(state=PartState.PENDING).order_by(delayed, *ORDER)


def claimable_parts() -> QuerySet[ZipPart]:
    """The waiting parts that may start now."""
    return ZipPart.objects.filter(MAY_START, state=PartState.PENDING).order_by(*ORDER)


def live_workers() -> QuerySet[WorkerBeat]:
    return WorkerBeat.objects.filter(seen_at__gt=in_seconds(-WORKER_FRESH_SECONDS))


def outlooks(parts: list[ZipPart]) -> dict[int, Outlook]:
    """Position and reason of those of the parts that wait, by id; two queries however many there are."""
    wanted = {part.pk: part for part in parts if part.state == PartState.PENDING}
    if not wanted:
        return {}
    nobody_works = not live_workers().exists()
    positions = {pk: index for index, pk in enumerate(waiting_parts().values_list("pk", flat=True), start=1)}
    return {pk: Outlook(position=positions.get(pk), reason=_reason(part, nobody_works)) for pk, part in wanted.items()}


def outlooks_by_requester(user_ids: Collection[int]) -> dict[int, dict[int, Outlook]]:
    """What to tell these usuarios of their waiting parts: {usuario: {part: outlook}}."""
    # Few wait while thousands are connected: the long list stays here.
    pending = ZipPart.objects.filter(state=PartState.PENDING)
    wait = set(pending.order_by().values_list("request__requester", flat=True).distinct()).intersection(user_ids)
    parts = pending.filter(request__requester__in=wait)
    waiting = list(parts.select_related("request").defer("current", "first_codigo", "last_codigo"))
    found = outlooks(waiting)
    told: dict[int, dict[int, Outlook]] = {}
    for part in waiting:
        told.setdefault(part.request.requester_id, {})[part.pk] = found[part.pk]
    return told


def _reason(part: ZipPart, nobody_works: bool) -> str:
    if part.not_before is not None and part.not_before > timezone.now():
        return "storage_unavailable" if part.storage_failures else "retry_later"
    return "no_workers" if nobody_works else "queue_ahead"
