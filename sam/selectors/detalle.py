"""One part as its operators ask for it: how it moved, what its attempts logged, its request, what it lacks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from sam.errors import NotVisible
from sam.events import PartJSON, QueueRowJSON, RequestSummaryJSON
from sam.models import AttemptLog, Transition, Usuario, ZipPart
from sam.selectors.panorama import KEPT, outlooks
from sam.selectors.solicitudes import loaded_parts, part_json, request_summary
from sam.selectors.tablero import rows_of


class TransitionJSON(TypedDict):
    at: datetime
    move: str
    before: str
    after: str
    attempt: int
    actor: str
    reason: str


class LogJSON(TypedDict):
    attempt: int
    worker: str
    lines: list[str]


class Detail(TypedDict):
    """All that `/cola/partes/<id>/` shows."""

    row: QueueRowJSON
    part: PartJSON
    siblings: list[PartJSON]
    solicitud: RequestSummaryJSON
    transitions: list[TransitionJSON]
    logs: list[LogJSON]
    faltantes: list[dict[str, Any]]


def detail_of(part_id: int) -> Detail:
    """Raises NotVisible."""
    part = loaded_parts().filter(pk=part_id).select_related("request__empresa", "request__requester").first()
    if part is None:
        raise NotVisible
    siblings = list(loaded_parts().filter(request=part.request_id).order_by("number"))
    [row] = rows_of(ZipPart.objects.filter(pk=part_id), KEPT.renew())
    found = outlooks(siblings)  # of the same look at the queue
    return {
        "row": row,
        "part": part_json(part, found.get(part.pk)),
        "siblings": [part_json(one, found.get(one.pk)) for one in siblings],
        "solicitud": request_summary(part.request),
        "transitions": _transitions(part_id),
        "logs": [
            {"attempt": log.attempt, "worker": log.worker, "lines": log.lines.splitlines()}
            for log in AttemptLog.objects.filter(part=part_id).order_by("attempt", "id")
        ],
        "faltantes": list(part.archive.faltantes) if part.archive else [],
    }


def _transitions(part_id: int) -> list[TransitionJSON]:
    rows = list(Transition.objects.filter(part=part_id).order_by("id"))
    people = [row.actor.removeprefix("usuario:") for row in rows if row.actor.startswith("usuario:")]
    names = dict(
        Usuario.objects.filter(pk__in=[one for one in people if one.isdecimal()]).values_list("pk", "username")
    )
    return [
        {
            "at": row.at,
            "move": row.move,
            "before": row.before,
            "after": row.after,
            "attempt": row.attempt,
            "actor": _named(row.actor, names),
            "reason": row.reason,
        }
        for row in rows
    ]


def _named(actor: str, names: dict[int, str]) -> str:
    kind, _, name = actor.partition(":")
    return names.get(int(name), actor) if kind == "usuario" and name.isdecimal() else actor
