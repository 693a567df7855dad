"""Requests and their parts as a usuario may see them, and their JSON, everywhere the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Prefetch, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.urls import reverse

from sam.events import PartJSON, RequestJSON, RequestSummaryJSON, percent_of
from sam.models import Archive, Usuario, ZipPart, ZipRequest
from sam.selectors.panorama import Outlook, outlooks
from sam.states import LIVE_REQUEST, PartState

SNAPSHOT_REQUESTS = 20


def visible_requests(user: Usuario) -> QuerySet[ZipRequest]:
    """What the usuario made; staff reach all by id."""
    if user.is_staff:
        return ZipRequest.objects.all()
    return ZipRequest.objects.filter(requester=user)


def visible_parts(user: Usuario) -> QuerySet[ZipPart]:
    return ZipPart.objects.filter(request__in=visible_requests(user)).select_related("request", "archive")


def shown_requests(user_id: int) -> QuerySet[ZipRequest]:
    """What a usuario's page shows: requests that live or have an unexpired part, the newest first."""
    unexpired = ZipPart.objects.filter(request=OuterRef("pk")).exclude(state=PartState.EXPIRED)
    mine = ZipRequest.objects.filter(requester_id=user_id)
    shown = with_parts(mine.filter(Q(state__in=LIVE_REQUEST) | Exists(unexpired)))
    # A live one is shown however old it is: an old request may be retried after many newer ones.
    return shown.order_by(
        OrderBy(ExpressionWrapper(Q(state__in=LIVE_REQUEST), output_field=BooleanField()), descending=True),
        "-created_at",
        "-id",
    )[:SNAPSHOT_REQUESTS]


def history(user: Usuario) -> QuerySet[ZipRequest]:
    """All requests that the usuario made, the newest first."""
    return with_parts(ZipRequest.objects.filter(requester=user))


def live_request_id(*, user_id: int, empresa_id: int) -> int | None:
    found = ZipRequest.objects.filter(requester_id=user_id, empresa_id=empresa_id, state__in=LIVE_REQUEST)
    return found.values_list("pk", flat=True).first()


def loaded_parts() -> QuerySet[ZipPart]:
    """Parts in their order with what their JSON needs; the detail of the faltantes may be megabytes and stays."""
    return ZipPart.objects.select_related("archive").defer("archive__faltantes").order_by("number")


def moved_parts(part_ids: Collection[int]) -> list[ZipPart]:
    """The same of few parts, most of which have no archive yet: without the join, which costs each claim more."""
    parts = list(ZipPart.objects.filter(pk__in=part_ids).order_by("number"))
    keys = [part.archive_id for part in parts if part.archive_id is not None]
    archives = Archive.objects.defer("faltantes").in_bulk(keys) if keys else {}
    for part in parts:
        part.archive = archives[part.archive_id] if part.archive_id is not None else None
    return parts


def with_parts(requests: QuerySet[ZipRequest]) -> QuerySet[ZipRequest]:
    return (
        requests.select_related("empresa")
        .prefetch_related(Prefetch("parts", queryset=loaded_parts()))
        .order_by("-created_at", "-id")
    )


def requests_json(requests: Iterable[ZipRequest]) -> list[RequestJSON]:
    """Requests that `with_parts` loaded, whole."""
    loaded = list(requests)
    found = outlooks([part for request in loaded for part in request.parts.all()])
    return [
        {
            **request_summary(request),
            "parts": [part_json(part, found.get(part.pk)) for part in request.parts.all()],
        }
        for request in loaded
    ]


def request_json(request_id: int) -> RequestJSON:
    return requests_json(with_parts(ZipRequest.objects.filter(pk=request_id)))[0]


def request_summary(request: ZipRequest) -> RequestSummaryJSON:
    return {
        "id": request.pk,
        "empresa": {"id": request.empresa_id, "nombre": request.empresa.nombre},
        "requester": request.requester_id,
        "state": request.state,
        "version": request.version,
        "instant": request.instant.isoformat(),
        "created_at": request.created_at.isoformat(),
    }


def part_json(part: ZipPart, outlook: Outlook | None = None) -> PartJSON:
    """One part; its archive has to be loaded with it."""
    completed = part.state == PartState.COMPLETED
    processing = part.state == PartState.PROCESSING
    equipos = part.last - part.first + 1
    archive = part.archive
    return {
        "id": part.pk,
        "request": part.request_id,
        "number": part.number,
        "of": part.of,
        "state": part.state,
        "version": part.version,
        "attempt": part.attempt,
        "equipos": equipos,
        "done": part.done,
        "percent": percent_of(done=part.done, equipos=equipos, completed=completed),
        "current": (part.current or None) if processing else None,
        "bytes": archive.bytes if archive else None,
        "sha256": archive.sha256 if archive else None,
        "missing": archive.missing if archive else 0,
        "error": part.error or None,
        "position": outlook.position if outlook else None,
        "eta": eta_json(outlook),
        "reason": outlook.reason if outlook else None,
        "download": reverse("parte-descargar", args=[part.pk]) if completed else None,
        "downloaded_at": iso(part.downloaded_at),
        "extended": part.extended,
        "queued_at": part.queued_at.isoformat(),
        "started_at": iso(part.started_at),
        "finished_at": iso(part.finished_at),
        "expires_at": iso(part.expires_at),
    }


def eta_json(outlook: Outlook | None) -> tuple[str, str] | None:
    if outlook is None or outlook.eta is None:
        return None
    soonest, latest = outlook.eta
    return soonest.isoformat(timespec="seconds"), latest.isoformat(timespec="seconds")


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 with zone, as every JSON has it."""
    return moment.isoformat() if moment else None
