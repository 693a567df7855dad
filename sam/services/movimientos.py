"""The guarded writes that every move of a part is made of: lock the request, move, settle the request, announce.

    with locked_request(request_id) as request:         the row lock that decides between two last finishes
        moved = move_parts(request, Move.X, …)           one guarded UPDATE; no rows is an answer
        settle_request(request, moved)                   the request's state follows; seq is bumped last

Lock order, everywhere: request, parts, stream. If the process dies before the commit nothing has happened; if it
dies after it, what was not published is found by the sweep, and what was not rung by the workers, who look.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import DurationField, F, Q, Value
from django.db.models.functions import Now

from sam.logs import current_trace, traced
from sam.models import Notificacion, Transition, ZipPart, ZipRequest
from sam.models.entrega import NotificacionKind
from sam.services.entrega import announce
from sam.states import LIVE_REQUEST, MOVES, Move, PartState, RequestState, check_move, request_state

logger = logging.getLogger(__name__)

TRANSITION_DAYS = 90
# The others are told by the worker that makes them, with what it cost.
TOLD_HERE = frozenset({Move.CANCEL, Move.RETRY, Move.REAP, Move.EXPIRE})
# What `Transition.ms` counts from, by move; the others have no such time.
SINCE = {
    Move.CLAIM: "queued_at",
    Move.FINISH: "started_at",
    Move.FAIL: "started_at",
    Move.HAND_BACK: "started_at",
    Move.REAP: "started_at",
}
NOT_BUILDING: dict[str, Any] = {"owner": "", "lease_until": None}
CANCELLED: dict[str, Any] = {**NOT_BUILDING, "current": "", "finished_at": Now(), "not_before": None}


def worker_actor(owner: str) -> str:
    """A worker, as the log of transitions names it."""
    return f"worker:{owner}"


def usuario_actor(usuario_id: int) -> str:
    return f"usuario:{usuario_id}"


@contextmanager
def locked_request(request_id: int) -> Iterator[ZipRequest]:
    """One durable transaction that holds the request's row."""
    with transaction.atomic(durable=True):
        request = ZipRequest.objects.select_for_update().get(pk=request_id)
        with traced(current_trace() or request.trace):
            yield request


@contextmanager
def free_request(request_id: int) -> Iterator[ZipRequest | None]:
    """The same without waiting: None while another transaction holds the request's row."""
    with transaction.atomic(durable=True):
        request = next(iter(ZipRequest.objects.select_for_update(skip_locked=True).filter(pk=request_id)), None)
        with traced(current_trace() or (request.trace if request else "")):
            yield request


def move_parts(
    request: ZipRequest, move: Move, *, to: PartState, where: Q, changes: dict[str, Any], by: str, why: str = ""
) -> list[int]:
    """Move those parts of the locked request that `where` finds in a state the move starts from; returns their ids.

    Who moved them (`by`) and why goes into the log of transitions, in the same transaction.
    """
    sources, _ = MOVES[move]
    for source in sources:
        check_move(move, source, to)
    guarded = ZipPart.objects.filter(where, request=request, state__in=sources)
    lasted = Now() - F(SINCE[move]) if move in SINCE else Value(None, DurationField())
    found = list(guarded.order_by("number").values_list("pk", "state", "attempt", lasted))
    if not found:
        return []
    wanted = [pk for pk, *_ in found]
    # The request's row is ours, and every move takes it first: what was found is still so, but for a lease. That may
    # have run out since, or been renewed by a beat that waited: then the UPDATE, which says it again, finds nothing.
    moved = guarded.filter(pk__in=wanted).update(state=to, version=F("version") + 1, **changes)
    if not moved:
        return []
    if moved != len(wanted):
        raise RuntimeError(f"{move}: {moved} of {len(wanted)} parts moved")  # rolls back; never, see above
    Transition.objects.bulk_create(
        [
            Transition(
                part_id=pk,
                request=request,
                actor=by,
                move=move,
                before=before,
                after=to,
                attempt=attempt,
                reason=why,
                ms=None if duration is None else max(0, round(duration.total_seconds() * 1000)),
                trace=current_trace(),
            )
            for pk, before, attempt, duration in found
        ]
    )
    if move in TOLD_HERE:
        tell_on_commit("action=%s request=%s parts=%s to=%s by=%s", move, request.pk, _listed(wanted), to, by)
    return wanted


def tell_on_commit(template: str, *values: object) -> None:
    """A line in the log once the transaction has committed, under the trace of now."""
    trace = current_trace()

    def tell() -> None:
        with traced(trace):
            logger.info(template, *values)

    transaction.on_commit(tell, robust=True)


def _listed(part_ids: Sequence[int]) -> str:
    return ",".join(map(str, part_ids))


def settle_request(
    request: ZipRequest, moved: Sequence[int], *, after: RequestState | None = None, notify: bool = True
) -> None:
    """Store the state that follows from the parts, tell the requester if all has ended, and announce the change.

    `after` is that state where the caller knows it without a look: one part that is built is enough for it.
    """
    after = after or request_state(_part_states(request))
    before = RequestState(request.state)
    notificacion = None
    if after != before:
        ended = after not in LIVE_REQUEST
        ended_at = (request.ended_at or Now()) if ended else None
        ZipRequest.objects.filter(pk=request.pk).update(state=after, version=F("version") + 1, ended_at=ended_at)
        if notify and ended and before in LIVE_REQUEST:
            notificacion = _notify_end(request, after)
    announce(
        request.requester_id,
        request_id=request.pk if after != before else None,
        part_ids=moved,
        notificacion=notificacion,
    )


def _part_states(request: ZipRequest) -> list[PartState]:
    """Which states its parts are in, each once."""
    return [PartState(state) for state in request.parts.order_by().values_list("state", flat=True).distinct()]


def _notify_end(request: ZipRequest, state: RequestState) -> Notificacion | None:
    empresa = request.empresa.nombre
    if state == RequestState.FAILED:
        kind, text = NotificacionKind.FAILED, f"El ZIP de {empresa} no se pudo completar."
    elif state == RequestState.COMPLETED:
        if request.parts.filter(archive__missing__gt=0).exists():
            kind = NotificacionKind.READY_WITH_MISSING
            text = f"El ZIP de {empresa} está listo, con documentos faltantes."
        else:
            kind, text = NotificacionKind.READY, f"El ZIP de {empresa} está listo para descargar."
    else:
        return None
    return Notificacion.objects.create(usuario_id=request.requester_id, kind=kind, request=request, text=text)
