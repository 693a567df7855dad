"""What people do to requests and parts after the click: cancel, retry, extend, download."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from sam.dispatch import ring_on_commit
from sam.errors import Forbidden, Gone, LiveRequestExists, NotReady, NotVisible, WrongState
from sam.logs import current_trace
from sam.models import Download, Usuario, ZipPart, ZipRequest
from sam.models.clock import database_now, later
from sam.selectors.cola import next_turns
from sam.selectors.solicitudes import live_request_id, visible_parts, visible_requests
from sam.services.entrega import announce
from sam.services.movimientos import (
    CANCELLED,
    locked_request,
    move_parts,
    settle_request,
    tell_on_commit,
    usuario_actor,
)
from sam.services.partes import back_to_pending
from sam.states import LIVE_REQUEST, RETRY_DAYS, Move, PartState


def cancel_request(*, actor: Usuario, request_id: int) -> None:
    """Cancel whatever of the request has not ended; its builders notice by their lease. Again: nothing more."""
    _require_hand_in(actor, request_id)
    with locked_request(request_id) as request:
        moved = move_parts(
            request,
            Move.CANCEL,
            to=PartState.CANCELLED,
            where=Q(),
            changes=CANCELLED,
            by=usuario_actor(actor.pk),
        )
        if moved:
            settle_request(request, moved, notify=False)


def retry_request(*, actor: Usuario, request_id: int) -> None:
    """Return every failed, cancelled and expired part to pending, with the original instant.

    Raises WrongState where there is none or seven days have passed, LiveRequestExists while a newer one lives.
    """
    _require_hand_in(actor, request_id)
    retry_request_parts(request_id, Q(), by=usuario_actor(actor.pk))


def retry_part(*, actor: Usuario, part_id: int) -> None:
    """The same for one part."""
    part = _visible_part(actor, part_id)
    _require_hand_in(actor, part.request_id)
    retry_request_parts(part.request_id, Q(pk=part.pk), by=usuario_actor(actor.pk))


def retry_request_parts(request_id: int, where: Q, *, by: str) -> int:
    """Return those of the request's parts to pending that ended without an archive to download; how many.

    Raises WrongState, LiveRequestExists.
    """
    try:
        with locked_request(request_id) as request:
            _refuse_retry_of_old(request)
            # What a download is told to retry may not have been marked yet.
            due = where & Q(expires_at__lte=Now())
            move_parts(request, Move.EXPIRE, to=PartState.EXPIRED, where=due, changes={}, by=by)
            moved = move_parts(request, Move.RETRY, to=PartState.PENDING, where=where, changes=_fresh_start(), by=by)
            if not moved:
                raise WrongState("No hay partes fallidas, canceladas o vencidas que reintentar.")
            _place(request.empresa_id, moved)
            settle_request(request, moved)
            ring_on_commit(len(moved))
            return len(moved)
    except IntegrityError as error:
        raise _live_one(request_id) from error


def place_again(empresa_id: int) -> None:
    """Give what an empresa has waiting turns of now: it was held up, and must not go before all that came since.

    Inside a transaction, which then holds the requests, in the order in which every move takes them.
    """
    requests = ZipRequest.objects.filter(empresa=empresa_id, state__in=LIVE_REQUEST).order_by("pk")
    list(requests.select_for_update(of=("self",)).values_list("pk", flat=True))
    waiting = ZipPart.objects.filter(state=PartState.PENDING, request__empresa=empresa_id)
    _place(empresa_id, list(waiting.order_by("turn", "id").values_list("pk", flat=True)))


def _place(empresa_id: int, part_ids: Sequence[int]) -> None:
    """Give parts that begin anew their turns behind what the empresa has queued."""
    works = dict(ZipPart.objects.filter(pk__in=part_ids).values_list("pk", "work"))
    placed = next_turns(empresa_id, [works[pk] for pk in part_ids], but=part_ids)
    parts = [ZipPart(pk=pk, turn=turn) for pk, turn in zip(part_ids, placed, strict=True)]
    ZipPart.objects.bulk_update(parts, ["turn"], batch_size=500)


def _fresh_start() -> dict[str, Any]:
    return {
        **back_to_pending(),
        "error": "",
        "archive": None,
        "priority": 0,  # it was raised for that time
        "crashes": 0,
        "storage_failures": 0,
        "not_before": None,
        "queued_at": Now(),
        "finished_at": None,
        "expires_at": None,
        "extended": False,
        "downloaded_at": None,
        "link_given_at": None,
    }


def _refuse_retry_of_old(request: ZipRequest) -> None:
    if request.ended_at is not None and database_now() - request.ended_at > timedelta(days=RETRY_DAYS):
        raise WrongState(f"Pasaron más de {RETRY_DAYS} días: solicite un ZIP nuevo.")


def _live_one(request_id: int) -> Exception:
    request = ZipRequest.objects.get(pk=request_id)
    living = live_request_id(user_id=request.requester_id, empresa_id=request.empresa_id)
    return LiveRequestExists(living) if living else WrongState()


def extend_part(*, actor: Usuario, part_id: int) -> None:
    """Six hours more (the setting), once; raises Gone or WrongState."""
    part = _visible_part(actor, part_id)
    _require_hand_in(actor, part.request_id)
    with locked_request(part.request_id) as request:
        extended = ZipPart.objects.filter(
            pk=part_id, state=PartState.COMPLETED, extended=False, expires_at__gt=Now()
        ).update(
            extended=True,
            expires_at=later("expires_at", settings.SAM.part_life_seconds),
            version=F("version") + 1,
        )
        if not extended:
            part.refresh_from_db()
            raise _why_not_extended(part)
        announce(request.requester_id, part_ids=[part_id])


def _why_not_extended(part: ZipPart) -> Exception:
    if part.extended:
        return WrongState("La parte ya se amplió una vez.")
    if part.state == PartState.EXPIRED or (part.expires_at and part.expires_at <= timezone.now()):
        return Gone()
    return NotReady()


def find_download(*, actor: Usuario, part_id: int) -> ZipPart:
    """The part whose archive may be downloaded now. Raises NotVisible, Gone, NotReady."""
    part = _visible_part(actor, part_id)
    if part.state == PartState.COMPLETED and ZipPart.objects.filter(pk=part_id, expires_at__gt=Now()).exists():
        return part
    raise Gone() if part.state in {PartState.EXPIRED, PartState.COMPLETED} else NotReady()


def give_download(*, actor: Usuario, part_id: int) -> ZipPart:
    """The same, remembering that a link was given; the first time to its requester is news for their tabs."""
    part = find_download(actor=actor, part_id=part_id)
    with locked_request(part.request_id) as request:
        given = ZipPart.objects.filter(pk=part_id, state=PartState.COMPLETED)
        given.update(link_given_at=Now())
        if request.requester_id == actor.pk and given.filter(downloaded_at__isnull=True).update(
            downloaded_at=Now(), version=F("version") + 1
        ):
            announce(actor.pk, part_ids=[part_id])
        given_now = given.select_related("archive").first()
        if given_now is not None and given_now.archive is not None:
            Download.objects.create(
                usuario=actor, part_id=part_id, sha256=given_now.archive.sha256, trace=current_trace()
            )
            tell_on_commit("action=download request=%s part=%s by=%s", request.pk, part_id, usuario_actor(actor.pk))
    part.refresh_from_db()
    return part


def _visible_part(actor: Usuario, part_id: int) -> ZipPart:
    part = visible_parts(actor).filter(pk=part_id).first()
    if part is None:
        raise NotVisible
    return part


def _require_hand_in(actor: Usuario, request_id: int) -> None:
    """Its requester may, and an operator; read-only staff see it and may not; to others it is not there."""
    request = visible_requests(actor).filter(pk=request_id).first()
    if request is None:
        raise NotVisible
    if request.requester_id != actor.pk and not actor.has_perm("sam.operate"):
        raise Forbidden
