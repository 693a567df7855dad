"""The queue as its operators see it: counts, lanes by empresa, workers, rows, figures of the last hours."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from sam.events import ChartJSON, CountsJSON, DigestJSON, LaneJSON, OrderJSON, QueueRowJSON, WorkerJSON
from sam.models import Empresa, OperatorAction, Usuario, WorkerBeat, ZipPart
from sam.models.clock import in_seconds
from sam.selectors import dia
from sam.selectors.cola import WORKER_FRESH_SECONDS
from sam.selectors.dia import Day
from sam.selectors.graficas import charts
from sam.selectors.panorama import KEPT, Picture
from sam.selectors.solicitudes import eta_json, iso
from sam.states import LIVE, PartState
from sam.words import ORDERS_IN_WORDS

ROWS = 200
SHOWN = (
    *("pk", "request", "request__empresa", "request__empresa__nombre", "request__requester__username", "number", "of"),
    *("state", "attempt", "crashes", "priority", "error", "done", "first", "last", "owner", "queued_at", "started_at"),
)
LANES = 100
ORDERS = 20
MOST_NAMED = 8
LOST_SECONDS = 3600


def digest(picture: Picture | None = None) -> DigestJSON:
    """Read it anew, but for the picture where one is given; some eighteen queries, however long the queue is."""
    picture = picture or KEPT.renew()
    now = picture.at
    workers = _workers(picture)
    day = dia.KEPT.get()
    lanes, oldest = _lanes(day)
    rows = _rows(picture)
    alive = sum(not worker["lost"] for worker in workers)
    found: DigestJSON = {
        "version": "",
        "at": now.isoformat(timespec="seconds"),
        "paused": picture.paused_at is not None,
        "paused_since": iso(picture.paused_at),
        # Said only when it means something: work waits, nobody will take it, and nobody asked for a pause.
        "idle": bool(picture.waiting) and picture.slots == 0 and picture.paused_at is None,
        "counts": _counts(picture, day, alive),
        "oldest_seconds": max(0, int((now - oldest).total_seconds())) if oldest else 0,
        "lanes": _most_telling(lanes),
        "more_lanes": max(0, len(lanes) - LANES),
        "workers": workers,
        "rows": rows,
        "hidden": max(0, len(picture.waiting) + len(picture.building) - len(rows)),
        "reasons": list(day.reasons),
        "orders": _latest_orders(),
        "charts": charts(),
    }
    found["version"] = _version(found)
    return found


def digest_for(user_ids: Collection[int]) -> tuple[set[int], DigestJSON]:
    """Those of the usuarios who may see it now, and the digest."""
    staff = Usuario.objects.filter(pk__in=user_ids, is_staff=True, is_active=True)
    return set(staff.values_list("pk", flat=True)), digest(KEPT.shared())


def _version(found: DigestJSON) -> str:
    """What names this content: not what moves by itself, such as ages and estimates."""
    workers = [{**worker, "age": 0, "seen_at": "", "memory": 0} for worker in found["workers"]]
    rows = [{**row, "eta": None} for row in found["rows"]]
    charts = {name: _without_now(chart) for name, chart in found["charts"].items()}
    steady: dict[str, Any] = {
        **found,
        "at": "",
        "oldest_seconds": 0,
        "workers": workers,
        "rows": rows,
        "charts": charts,
    }
    return hashlib.sha256(json.dumps(steady, sort_keys=True).encode()).hexdigest()[:16]


def _without_now(chart: ChartJSON) -> dict[str, Any]:
    """What the time that passes does not change by itself."""
    return {**chart, "end": "", "oldest": chart["oldest"][:-1], "per_minute": chart["per_minute"][:-1]}


def _counts(picture: Picture, day: Day, alive: int) -> CountsJSON:
    return {
        "waiting": len(picture.waiting),
        "building": len(picture.building),
        "workers": alive,
        "completed": day.completed,
        "failed": day.failed,
        "missing": day.missing,
    }


def _lanes(day: Day) -> tuple[list[LaneJSON], datetime | None]:
    """One for each empresa with live parts or a pause; and since when the oldest part of all waits."""
    live = ZipPart.objects.filter(state__in=LIVE).values("request__empresa").order_by("request__empresa")
    rows = live.annotate(
        waiting=Count("pk", filter=Q(state=PartState.PENDING)),
        building=Count("pk", filter=Q(state=PartState.PROCESSING)),
        oldest=Min("queued_at", filter=Q(state=PartState.PENDING)),
    )
    by_empresa = {row["request__empresa"]: row for row in rows}
    shown = Empresa.objects.filter(Q(pk__in=by_empresa) | Q(pausada_desde__isnull=False)).order_by("nombre", "pk")
    shown = shown.only("nombre", "pausada_desde", "partes_a_la_vez")
    lanes: list[LaneJSON] = []
    for empresa in shown:
        row = by_empresa.get(empresa.pk, {})
        lanes.append(
            {
                "empresa": empresa.pk,
                "nombre": empresa.nombre,
                "waiting": row.get("waiting", 0),
                "building": row.get("building", 0),
                "done": day.done.get(empresa.pk, 0),
                "oldest": iso(row.get("oldest")),
                "paused": empresa.pausada_desde is not None,
                "limit": empresa.partes_a_la_vez,
            }
        )
    return lanes, min([row["oldest"] for row in rows if row["oldest"]], default=None)


def _most_telling(lanes: list[LaneJSON]) -> list[LaneJSON]:
    """Those that are paused and those where most waits, in the order of their names, so that none jumps about."""
    chosen = sorted(lanes, key=lambda lane: (not lane["paused"], -lane["waiting"]))[:LANES]
    return sorted(chosen, key=lambda lane: (lane["nombre"], lane["empresa"]))


def _workers(picture: Picture) -> list[WorkerJSON]:
    now = picture.at
    building: dict[str, list[int]] = {}
    for pk, one in picture.building.items():
        building.setdefault(one.owner, []).append(pk)
    shown = WorkerBeat.objects.filter(seen_at__gt=in_seconds(-LOST_SECONDS)).order_by("started_at", "name")
    return [
        {
            "name": beat.name,
            "host": beat.host,
            "version": beat.version,
            "slots": beat.slots,
            "building": building.get(beat.name, []),
            "started_at": beat.started_at.isoformat(timespec="seconds"),
            "seen_at": beat.seen_at.isoformat(timespec="seconds"),
            "age": int((now - beat.seen_at).total_seconds()),
            "memory": beat.memory_bytes,
            "quiet": beat.quiet,
            "lost": now - beat.seen_at > timedelta(seconds=WORKER_FRESH_SECONDS),
        }
        for beat in shown
    ]


def _rows(picture: Picture) -> list[QueueRowJSON]:
    """The first rows: what is built, then what waits, in their order."""
    ids = [*picture.building, *(one.id for one in picture.waiting)][:ROWS]
    found = rows_of(ZipPart.objects.filter(pk__in=ids), picture)
    order = {pk: index for index, pk in enumerate(ids)}
    return sorted(found, key=lambda row: order[row["id"]])


def rows_of(parts: QuerySet[ZipPart], picture: Picture) -> list[QueueRowJSON]:
    # Two hundred rows a second: the columns that are shown, and no objects.
    return [_row(part, picture) for part in parts.values(*SHOWN)]


def _row(part: dict[str, Any], picture: Picture) -> QueueRowJSON:
    outlook = picture.outlook(part["pk"])
    waits = part["state"] == PartState.PENDING
    return {
        "id": part["pk"],
        "request": part["request"],
        "empresa": part["request__empresa"],
        "nombre": part["request__empresa__nombre"],
        "requester": part["request__requester__username"],
        "number": part["number"],
        "of": part["of"],
        "state": part["state"],
        "attempt": part["attempt"],
        "crashes": part["crashes"],
        "priority": part["priority"],
        "position": outlook.position if outlook and waits else None,
        "eta": eta_json(outlook),
        "reason": outlook.reason if outlook and waits else (part["error"] or None),
        "done": part["done"],
        "equipos": part["last"] - part["first"] + 1,
        "worker": part["owner"],
        "queued_at": part["queued_at"].isoformat(timespec="seconds"),
        "started_at": iso(part["started_at"]),
    }


def _latest_orders() -> list[OrderJSON]:
    """What operators did last, the newest first."""
    rows = OperatorAction.objects.select_related("usuario").order_by("-id")[:ORDERS]
    return [
        {
            "id": row.pk,
            "at": row.at.isoformat(timespec="seconds"),
            "usuario": row.usuario.username,
            "what": f"{ORDERS_IN_WORDS.get(row.action, row.action)}: {_shortened(row.target)}",
            "changed": row.changed,
            "why": row.why,
        }
        for row in rows
    ]


def _shortened(target: str) -> str:
    """An order may name hundreds of parts, and goes to every window each second; the record has them all."""
    first, *others = target.split(", ")
    more = len(others) + 1 - MOST_NAMED
    return ", ".join([first, *others[: MOST_NAMED - 1]]) + (f" y {more} más" if more > 0 else "")


def named(*, parts: Sequence[int], workers: Sequence[str], empresa_id: int | None) -> list[str]:
    """What an order is about, as people call it; only the first of many. Nothing: the whole queue."""
    if empresa_id is not None:
        return list(Empresa.objects.filter(pk=empresa_id).values_list("nombre", flat=True))
    facts = ("number", "of", "request", "request__empresa__nombre")
    rows = ZipPart.objects.filter(pk__in=parts).order_by("request", "number").values_list(*facts)[:MOST_NAMED]
    found = [f"Parte {number} de {of} · solicitud {request}, {nombre}" for number, of, request, nombre in rows]
    found += workers[:MOST_NAMED]
    more = len(parts) + len(workers) - len(found)
    return [*found, f"y {more} más"] if more > 0 else found
