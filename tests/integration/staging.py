"""What scenes are made of: usuarios with equipos, builders that finish or are lost, and time that has passed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from sam.models import Usuario, WorkerBeat, ZipPart, ZipRequest
from sam.services.partes import BuiltArchive, Claim, claim_part, finish_part
from sam.services.solicitudes import request_zip
from sam.services.vida import cancel_request
from tests.integration.making import make_empresa, make_usuario
from tests.integration.recording import Scene

SHOWN_REQUESTS: Final = 20


@dataclass(frozen=True, slots=True)
class Named:
    """A scene, and the one service that it is about."""

    name: str
    service: Callable[..., object]
    scene: Scene


SCENES: Final[list[Named]] = []


def about(service: Callable[..., object]) -> Callable[[Scene], Scene]:
    def keep(scene: Scene) -> Scene:
        words = scene.__name__.replace("_", " ")
        SCENES.append(Named(f"{service.__name__}: {words}", service, scene))
        return scene

    return keep


def somebody(*, parts: int = 1) -> Usuario:
    """A usuario whose empresa has equipos for so many parts, where a worker lives for ever."""
    soon = timezone.now() + timedelta(days=1)
    WorkerBeat.objects.get_or_create(pk="w", defaults={"slots": 1, "seen_at": soon, "started_at": soon})
    return make_usuario(make_empresa(equipos=35 * (parts - 1) + 2))


def asked(user: Usuario) -> Claim:
    """A new request of theirs, and its first part in a builder's hands."""
    request_zip(actor=user)
    return claim()


def claim() -> Claim:
    claimed = claim_part(owner="w")
    assert claimed is not None
    return claimed


def finish(mine: Claim, *, missing: int = 0) -> None:
    one = {"documento": 1, "equipo": "EQ-001", "nombre": "Manual", "ruta": "manual.pdf", "motivo": "no_esta"}
    finish_part(
        mine,
        BuiltArchive(
            key=f"zip_requests/part_{mine.part_id}_a{mine.attempt}.zip",
            bytes=1_234_567,
            sha256=f"{mine.part_id:064x}",
            manifest_sha256="b" * 64,
            registered=5,
            faltantes=[one] * missing,  # type: ignore[list-item]  # a dict is one
        ),
    )


def over(user: Usuario, *, requests: int) -> None:
    """So many cancelled requests, one for each of the last hours."""
    for hours in range(requests, 0, -1):
        request_id, _ = request_zip(actor=user)
        cancel_request(actor=user, request_id=request_id)
        created_at = timezone.now() - timedelta(hours=hours)
        ZipRequest.objects.filter(pk=request_id).update(created_at=created_at)


def lose(mine: Claim, *, crashes: int) -> None:
    """Its worker is gone, and so many were before."""
    ZipPart.objects.filter(pk=mine.part_id).update(lease_until=ago(), crashes=crashes)


def let_expire(*part_ids: int) -> None:
    ZipPart.objects.filter(pk__in=part_ids).update(expires_at=ago())


def ago() -> datetime:
    """Long before the scene began, however slow the machine is; told as noon like the scene itself."""
    return timezone.now() - timedelta(minutes=15)
