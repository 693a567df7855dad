"""One click on "Solicitar ZIP": the plan at one instant, the request and its parts, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, OperationalError
from django.db.models import Q
from django.utils import timezone

from sam.dispatch import ring_on_commit
from sam.errors import EmpresaRequired, NothingToZip, NotVisible, TooManyRequests
from sam.logs import current_trace
from sam.models import Empresa, Ficha, PartEquipo, Usuario, ZipPart, ZipRequest
from sam.models.clock import database_now, is_serialization_failure, one_instant
from sam.planning.batches import in_batches
from sam.planning.names import equipo_folders, root_name
from sam.planning.plan import EQUIPOS_PER_PART, PartRange, split_into_parts
from sam.planning.turnos import work_of
from sam.selectors.cola import next_turns
from sam.selectors.solicitudes import live_request_id
from sam.services.candado import one_plan_of
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
            with one_plan_of(empresa.pk):
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
        empresa = Empresa.objects.get(pk=empresa_id)
        _refuse_too_many(Q(requester=actor), settings.SAM.requests_per_hour)
        if empresa.solicitudes_por_hora is not None:
            _refuse_too_many(Q(empresa=empresa), empresa.solicitudes_por_hora)
        request = _plan(actor, empresa)
        parts = list(request.parts.values_list("pk", flat=True))
        announce(actor.pk, request_id=request.pk, part_ids=parts)
        ring_on_commit(len(parts))
        tell_on_commit("action=request_zip request=%s parts=%s by=%s", request.pk, len(parts), usuario_actor(actor.pk))
        return request.pk, True


def _refuse_too_many(whose: Q, limit: int) -> None:
    hour_ago = timezone.now() - timedelta(seconds=HOUR_SECONDS)
    recent = ZipRequest.objects.filter(whose, created_at__gt=hour_ago).order_by("created_at")
    times = list(recent.values_list("created_at", flat=True))
    if len(times) >= limit:
        # One is free again when the oldest that still counts is an hour old.
        oldest = times[len(times) - limit] if limit else timezone.now()
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
    parts = _create_parts(request, empresa, split_into_parts(codigos), _works(ordered))
    folders = equipo_folders(codigos)
    PartEquipo.objects.bulk_create(
        [
            PartEquipo(part_id=parts[ordinal], ordinal=ordinal, codigo=codigo, folder=folder, ficha_id=ficha)
            for ordinal, ((codigo, ficha), folder) in enumerate(zip(ordered, folders, strict=True), start=1)
        ],
        batch_size=1000,
    )
    return request


def _works(ordered: Sequence[tuple[str, int]]) -> list[int]:
    """What each part will cost, of the equipos (código, Ficha) in their order."""
    sizes: dict[int, int] = {}
    for batch in in_batches(ficha for _, ficha in ordered):
        sizes.update(Ficha.objects.filter(pk__in=batch).values_list("pk", "bytes"))
    return [
        work_of(equipos=len(part), document_bytes=sum(sizes[ficha] for _, ficha in part))
        for part in in_batches(ordered, size=EQUIPOS_PER_PART)
    ]


def _create_parts(
    request: ZipRequest, empresa: Empresa, ranges: tuple[PartRange, ...], works: Sequence[int]
) -> Mapping[int, int]:
    """Create the parts; returns the part's id for each ordinal."""
    turns = next_turns(empresa.pk, works)
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
                turn=turn,
                work=work,
            )
            for one, turn, work in zip(ranges, turns, works, strict=True)
        ]
    )
    return {
        ordinal: part.pk for part, one in zip(parts, ranges, strict=True) for ordinal in range(one.first, one.last + 1)
    }
