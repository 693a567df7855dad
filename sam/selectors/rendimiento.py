"""How long people wait for their parts, by day and empresa: for a meeting, not for an alarm."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from statistics import fmean, quantiles
from typing import TypedDict

from django.utils import timezone

from sam.errors import BadInput
from sam.models import Empresa, ZipPart

MOST_DAYS = 92
MOST_PARTS = 200_000


class DayJSON(TypedDict):
    """The parts that one empresa got on one day (Colombian time); seconds from claim to finish, of the last attempt."""

    dia: date
    empresa: str
    partes: int
    media_s: float
    p95_s: float
    espera_s: float
    media_bytes: int
    con_faltantes: float


def performance(*, since: date, until: date, empresa_id: int | None) -> list[DayJSON]:
    """The newest day first, then by empresa. Raises BadInput for more than MOST_DAYS days, or too many parts."""
    if until - since >= timedelta(days=MOST_DAYS):
        raise BadInput(f"Como mucho {MOST_DAYS} días a la vez.")
    zone = timezone.get_default_timezone()
    parts = ZipPart.objects.filter(
        archive__isnull=False,
        started_at__isnull=False,
        finished_at__gte=datetime.combine(since, time.min, zone),
        finished_at__lt=datetime.combine(until + timedelta(days=1), time.min, zone),
    )
    if empresa_id is not None:
        parts = parts.filter(request__empresa=empresa_id)
    if parts.count() > MOST_PARTS:
        raise BadInput("Son demasiadas partes: elija menos días o una empresa.")
    rows = parts.values_list(
        "finished_at", "started_at", "queued_at", "request__empresa", "archive__bytes", "archive__missing"
    )
    groups: defaultdict[tuple[date, int], list[tuple[float, float, int, bool]]] = defaultdict(list)
    for finished, started, queued, empresa, size, missing in rows.iterator():
        if finished is None or started is None:
            continue
        day = timezone.localdate(finished, zone)
        figures = ((finished - started).total_seconds(), (started - queued).total_seconds(), size, missing > 0)
        groups[day, empresa].append(figures)
    found = Empresa.objects.filter(pk__in={empresa for _, empresa in groups})
    names = dict(found.values_list("pk", "nombre"))  # two may have the same
    ordered = sorted(groups, key=lambda group: (-group[0].toordinal(), names[group[1]].casefold(), group[1]))
    return [_day(day, names[empresa], groups[day, empresa]) for day, empresa in ordered]


def _day(day: date, nombre: str, figures: list[tuple[float, float, int, bool]]) -> DayJSON:
    seconds = [one for one, _, _, _ in figures]
    return {
        "dia": day,
        "empresa": nombre,
        "partes": len(figures),
        "media_s": round(fmean(seconds), 2),
        "p95_s": round(quantiles(seconds, n=20, method="inclusive")[18] if len(seconds) > 1 else seconds[0], 2),
        "espera_s": round(fmean(max(0.0, wait) for _, wait, _, _ in figures), 2),
        "media_bytes": round(fmean(size for _, _, size, _ in figures)),
        "con_faltantes": round(100 * sum(lacks for _, _, _, lacks in figures) / len(figures), 1),
    }
