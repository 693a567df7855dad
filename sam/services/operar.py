"""What operators do to the queue; each thing is recorded with who, why and how much it changed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from sam.dispatch import ring, ring_on_commit
from sam.errors import BadInput, Forbidden, NotVisible, Refused
from sam.logs import current_trace
from sam.models import Empresa, OperatorAction, QueueControl, Usuario, WorkerBeat, ZipPart, ZipRequest
from sam.selectors.dia import retriable_parts
from sam.services.movimientos import CANCELLED, locked_request, move_parts, settle_request, usuario_actor
from sam.services.vida import place_again, retry_request_parts
from sam.states import LIVE_REQUEST, FailureReason, Move, PartState

logger = logging.getLogger(__name__)

MOST_IDS = 500
MOST_WHY = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was asked for: parts or workers by id, an empresa, or a reason of failure; and why."""

    action: str
    parts: tuple[int, ...] = ()
    workers: tuple[str, ...] = ()
    empresa: int | None = None
    reason: str = ""
    why: str = ""


def operate(*, actor: Usuario, order: Order) -> int:
    """Do it, and say how much it changed. Raises Forbidden, BadInput, NotVisible.

    What was asked for is recorded before it is done, so that nothing is done that is not recorded; and how much it
    changed after each request, so that the record of one that fails half-way tells of the half.
    """
    if not (actor.is_staff and actor.has_perm("sam.operate")):
        raise Forbidden
    check_order(order)
    if order.action in NEEDS_WHY and not order.why.strip():
        raise BadInput("Escriba por qué.")
    record = OperatorAction.objects.create(
        usuario=actor,
        action=order.action,
        target=_target(order),
        changed=0,
        why=order.why.strip()[:MOST_WHY],
        trace=current_trace(),
    )
    changed = 0
    for more in ACTIONS[order.action](actor, order):
        changed += more
        OperatorAction.objects.filter(pk=record.pk).update(changed=changed)
    logger.info("action=operate order=%s by=%s changed=%s", order.action, usuario_actor(actor.pk), changed)
    return changed


def check_order(order: Order) -> None:
    """Raise BadInput or NotVisible where it makes no sense, whoever asks and whyever."""
    if order.action not in ACTIONS:
        raise BadInput("Esa acción no existe.")
    given = {name for name in ("parts", "workers", "empresa", "reason") if getattr(order, name)}
    if given - TAKES[order.action]:
        raise BadInput("Esa acción no se hace sobre eso.")  # nor would the record of it say what was done
    if order.action in NEEDS_PARTS and not order.parts:
        raise BadInput("Diga qué partes.")
    if order.action in NEEDS_WORKERS and not order.workers:
        raise BadInput("Diga qué workers.")
    if order.action == "retry_reason" and order.reason not in set(FailureReason):
        raise BadInput("Ese motivo no existe.")
    if len(order.parts) > MOST_IDS or len(order.workers) > MOST_IDS:
        raise BadInput(f"Como mucho {MOST_IDS} a la vez.")
    if order.empresa is not None and not Empresa.objects.filter(pk=order.empresa).exists():
        raise NotVisible


def _target(order: Order) -> str:
    if order.parts:
        return f"{'parte' if len(order.parts) == 1 else 'partes'} {', '.join(map(str, order.parts))}"
    if order.workers:
        return f"{'worker' if len(order.workers) == 1 else 'workers'} {', '.join(order.workers)}"
    if order.reason:
        return f"motivo {order.reason}"
    return f"empresa {order.empresa}" if order.empresa is not None else "toda la cola"


def _cancel(actor: Usuario, order: Order) -> Iterator[int]:
    def cancel(request_id: int, parts: Collection[int]) -> int:
        with locked_request(request_id) as request:
            moved = move_parts(
                request,
                Move.CANCEL,
                to=PartState.CANCELLED,
                where=Q(pk__in=parts),
                changes=CANCELLED,
                by=usuario_actor(actor.pk),
                why="operator",
            )
            if moved:
                settle_request(request, moved)
            return len(moved)

    return _each_request(_of(order.parts), cancel)


def _retry_reason(actor: Usuario, order: Order) -> Iterator[int]:
    """The newest; those whose requester has asked again since take no place from the others."""
    same = {"requester": OuterRef("request__requester"), "empresa": OuterRef("request__empresa")}
    newer = ZipRequest.objects.filter(**same, state__in=LIVE_REQUEST).exclude(pk=OuterRef("request"))
    failed = retriable_parts().filter(~Exists(newer), error=order.reason).order_by("-finished_at")
    return _retry_all(actor, failed[:MOST_IDS])


def _retry(actor: Usuario, order: Order) -> Iterator[int]:
    return _retry_all(actor, _of(order.parts))


def _retry_all(actor: Usuario, parts: QuerySet[ZipPart]) -> Iterator[int]:
    """Those that can be; a request that is too old, or whose requester has a newer one, stays as it is."""

    def retry(request_id: int, mine: Collection[int]) -> int:
        try:
            return retry_request_parts(request_id, Q(pk__in=mine), by=usuario_actor(actor.pk))
        except (Refused, IntegrityError):
            return 0

    return _each_request(parts, retry)


def _of(parts: Collection[int]) -> QuerySet[ZipPart]:
    return ZipPart.objects.filter(pk__in=parts).order_by("request_id")


def _each_request(parts: QuerySet[ZipPart], act: Callable[[int, Collection[int]], int]) -> Iterator[int]:
    by_request: dict[int, list[int]] = {}
    for pk, request_id in parts.values_list("pk", "request_id"):
        by_request.setdefault(request_id, []).append(pk)
    return (act(request_id, mine) for request_id, mine in by_request.items())


def _prioritise(actor: Usuario, order: Order) -> Iterator[int]:
    waiting = ZipPart.objects.filter(pk__in=order.parts, state=PartState.PENDING)
    yield waiting.update(priority=F("priority") + 1)


def _pause(actor: Usuario, order: Order) -> Iterator[int]:
    if order.empresa is not None:
        yield Empresa.objects.filter(pk=order.empresa, pausada_desde__isnull=True).update(pausada_desde=Now())
        return
    QueueControl.objects.get_or_create(pk=1)
    yield QueueControl.objects.filter(pk=1, paused_at__isnull=True).update(paused_at=Now())


def _resume(actor: Usuario, order: Order) -> Iterator[int]:
    with transaction.atomic(durable=True):
        if order.empresa is None:
            changed = QueueControl.objects.filter(pk=1, paused_at__isnull=False).update(paused_at=None)
        else:
            paused = Empresa.objects.filter(pk=order.empresa, pausada_desde__isnull=False)
            if paused.exists():
                # Placed first, while nothing of it can start: by its old turns it would go before everybody.
                place_again(order.empresa)
            changed = paused.update(pausada_desde=None)
        ring_on_commit(MOST_IDS)
    yield changed


def _quiet(actor: Usuario, order: Order) -> Iterator[int]:
    yield WorkerBeat.objects.filter(pk__in=order.workers, quiet=False).update(quiet=True)


def _unquiet(actor: Usuario, order: Order) -> Iterator[int]:
    changed = WorkerBeat.objects.filter(pk__in=order.workers, quiet=True).update(quiet=False)
    ring(MOST_IDS)
    yield changed


ACTIONS: dict[str, Callable[[Usuario, Order], Iterator[int]]] = {
    "cancel": _cancel,
    "retry": _retry,
    "retry_reason": _retry_reason,
    "priority": _prioritise,
    "pause": _pause,
    "resume": _resume,
    "quiet": _quiet,
    "unquiet": _unquiet,
}
TAKES: dict[str, set[str]] = {
    "cancel": {"parts"},
    "retry": {"parts"},
    "retry_reason": {"reason"},
    "priority": {"parts"},
    "pause": {"empresa"},
    "resume": {"empresa"},
    "quiet": {"workers"},
    "unquiet": {"workers"},
}
NEEDS_WHY = frozenset({"priority"})
NEEDS_PARTS = frozenset({"cancel", "retry", "priority"})
NEEDS_WORKERS = frozenset({"quiet", "unquiet"})
