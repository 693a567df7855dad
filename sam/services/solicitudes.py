"""One click on "Solicitar ZIP": the plan at one instant, the request and its parts, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from sam.dispatch import ring_on_commit
from sam.errors import EmpresaRequired, NothingToZip, NotVisible, TooManyRequests
from sam.logs import current_trace
from sam.models import Empresa, PartEquipo, Usuario, ZipPart, ZipRequest
from sam.models.clock import database_now, is_serialization_failure, one_instant
from sam.planning.names import equipo_folders, root_name
from sam.planning.plan import PartRange, split_into_parts
from sam.selectors.solicitudes import live_request_id
from sam.services.entrega import announce, ensure_stream, lock_stream
from sam.services.fichas import ficha_of_empresa, fichas_of_equipos, freeze_in_batches
from sam.services.movimientos import tell_on_commit, usuario_actor

TRIES = 8
HOUR_SECONDS = 3600


def request_zip(*, actor: Usuario, empresa_id: int | None = None) -> tuple[int, bool]:
    """The id of the actor's live request for the empresa, and whether this call made it.

    A usuario asks for their own empresa; staff name one. Raises EmpresaRequired, NotVisible, NothingToZip,
    TooManyRequests.
    """
    empresa = _empresa_for(actor, empresa_id)
    # Outside the plan's transaction: it holds locks, and on SQLite the only writer, for as long as it lasts.
    freeze_in_batches(empresa.pk)
    ensure_stream(actor.pk)
    tries = 1
    while True:
        try:
            return _find_or_plan(actor, empresa.pk)
        except IntegrityError:
            # Another click of the same usuario committed first (the live-request constraint): theirs is the one.
            # Or two requests froze the same revision at once, and the second finds it now.
            if tries == TRIES:
                raise
        except OperationalError as error:
            if tries == TRIES or not is_serialization_failure(error):
                raise
        tries += 1


def _empresa_for(actor: Usuario, empresa_id: int | None) -> Empresa:
    if not actor.is_staff:
        if empresa_id not in {None, actor.empresa_id}:
            raise NotVisible
        empresa_id = actor.empresa_id
    if empresa_id is None:
        raise EmpresaRequired
    empresa = Empresa.objects.filter(pk=empresa_id).first()
    if empresa is None:
        raise NotVisible
    return empresa


def _find_or_plan(actor: Usuario, empresa_id: int) -> tuple[int, bool]:
    with one_instant():
        # First of all: whatever else changes for this usuario waits, instead of making this transaction fail late.
        lock_stream(actor.pk)
        living = live_request_id(user_id=actor.pk, empresa_id=empresa_id)
        if living is not None:
            return living, False
        _refuse_too_many(actor)
        request = _plan(actor, Empresa.objects.get(pk=empresa_id))
        parts = list(request.parts.values_list("pk", flat=True))
        announce(actor.pk, request_id=request.pk, part_ids=parts)
        ring_on_commit(len(parts))
        tell_on_commit("action=request_zip request=%s parts=%s by=%s", request.pk, len(parts), usuario_actor(actor.pk))
        return request.pk, True


def _refuse_too_many(actor: Usuario) -> None:
    hour_ago = timezone.now() - timedelta(seconds=HOUR_SECONDS)
    recent = ZipRequest.objects.filter(requester=actor, created_at__gt=hour_ago).order_by("created_at")
    times = list(recent.values_list("created_at", flat=True))
    if len(times) >= settings.SAM.requests_per_hour:
        # One is free again when the oldest that still counts is an hour old.
        oldest = times[len(times) - settings.SAM.requests_per_hour]
        raise TooManyRequests(max(1, int((oldest - hour_ago).total_seconds()) + 1))


def _plan(actor: Usuario, empresa: Empresa) -> ZipRequest:
    instant = database_now()
    fichas = fichas_of_equipos(empresa)
    if not fichas:
        raise NothingToZip
    request = ZipRequest.objects.create(
        empresa=empresa,
        requester=actor,
        instant=instant,
        created_at=instant,
        root=root_name(empresa.nombre),
        trace=current_trace(),
        lists=ficha_of_empresa(empresa),
    )
    ordered = sorted(fichas.values())
    codigos = [codigo for codigo, _ in ordered]
    parts = _create_parts(request, split_into_parts(codigos))
    folders = equipo_folders(codigos)
    PartEquipo.objects.bulk_create(
        [
            PartEquipo(part_id=parts[ordinal], ordinal=ordinal, codigo=codigo, folder=folder, ficha_id=ficha)
            for ordinal, ((codigo, ficha), folder) in enumerate(zip(ordered, folders, strict=True), start=1)
        ],
        batch_size=1000,
    )
    return request


def _create_parts(request: ZipRequest, ranges: tuple[PartRange, ...]) -> Mapping[int, int]:
    """Create the parts; returns the part's id for each ordinal."""
    parts = ZipPart.objects.bulk_create(
        [
            ZipPart(
                request=request,
                number=one.number,
                of=len(ranges),
                first=one.first,
                last=one.last,
                first_codigo=one.first_codigo,
                last_codigo=one.last_codigo,
                queued_at=request.created_at,
            )
            for one in ranges
        ]
    )
    return {
        ordinal: part.pk for part, one in zip(parts, ranges, strict=True) for ordinal in range(one.first, one.last + 1)
    }
