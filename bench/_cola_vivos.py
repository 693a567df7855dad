"""The forecasts against real workers: what was told of each part while requests came, and when it ended in truth."""

from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from bench._cola_aciertos import Told, by_kind, ranges_row, share_held
from bench._cola_mundo import Part
from bench._servers import own_servers
from tests.running import Sam, new_sam, wait_for

SEED: Final = 6
EMPRESAS: Final = 30
STAFF: Final = 20
MOST_PARTS: Final = 12
BURST_PARTS: Final = 120  # at the start, when nothing is known of the machine's pace yet
LOAD: Final = 0.9  # of what the burst showed that the workers do
EVERY_SECONDS: Final = 3.0
DRAIN_SECONDS: Final = 600.0
PREPARE: Final = (
    "from django.core.management import call_command as do;"
    "do('migrate', verbosity=0); do('collectstatic', interactive=False, verbosity=0)"
)


def accuracy(*, minutes: float, workers: int) -> tuple[list[dict[str, object]], float]:
    """A table by kind of part, and the share of all that was told that held."""
    told = watch(minutes=minutes, workers=workers, seed=SEED)
    return [{"parte": kind, **ranges_row(these)} for kind, these in by_kind(told).items()], share_held(told)


def watch(*, minutes: float, workers: int, seed: int) -> list[Told]:
    """All that was told, every three seconds, of each part of a burst and of the requests that followed it."""
    with _installation(workers) as sam:
        os.environ.update(sam.environment, DJANGO_SETTINGS_MODULE="sam.settings")
        import django

        django.setup()
        logging.disable()
        return _watch(random.Random(seed), minutes * 60)


@contextmanager
def _installation(workers: int) -> Iterator[Sam]:
    with own_servers() as servers:
        sam = new_sam(
            folder=servers.folder / "sam",
            database_url=servers.database_url,
            redis_url=servers.redis_url,
            SAM_REQUESTS_PER_HOUR="100000",
            SAM_WORKER_SLOTS="1",
        )
        try:
            sam.manage("shell", "-v", "0", "-c", PREPARE)
            for _ in range(workers):
                sam.start_worker()
            yield sam
        finally:
            from django.db import connections

            connections.close_all()
            sam.close()


def _watch(rng: random.Random, seconds: float) -> list[Told]:
    from sam.models import ZipPart

    staff, empresas = _people(rng)
    told: list[tuple[float, int, float, float, bool]] = []
    began = time.time()
    asked = 0
    while asked < BURST_PARTS:
        asked += _ask(staff, rng.choice(empresas))
    gap, next_at = 0.0, began
    while time.time() < began + seconds:
        _look(told)
        if not gap and (done := ZipPart.objects.filter(finished_at__isnull=False).count()) >= BURST_PARTS // 2:
            per_second = done / (time.time() - began)
            parts = sum(parts for _, parts in empresas) / len(empresas)
            gap = parts / (LOAD * per_second)
            next_at = time.time()
        while gap and next_at <= time.time():
            _ask(staff, rng.choice(empresas))
            next_at += rng.expovariate(1 / gap)
        time.sleep(EVERY_SECONDS)
    wait_for(lambda: _ended(told), seconds=DRAIN_SECONDS, what="every part has ended")
    parts = {part.pk: _played(part) for part in ZipPart.objects.select_related("request")}
    return [Told(parts[id], now, low, high, waits) for now, id, low, high, waits in told]


def _people(rng: random.Random) -> tuple[list[Any], list[tuple[int, int]]]:
    """Who asks, one for each live request of an empresa; and (empresa, parts), most of them small."""
    from sam.models import Empresa, Equipo, Usuario
    from sam.services.usuarios import ensure_usuario

    empresas = []
    for number in range(EMPRESAS):
        parts = min(MOST_PARTS, 1 + int(rng.paretovariate(1.1)) // 2)
        empresa = Empresa.objects.create(nombre=f"Empresa {number:02}")
        Equipo.objects.bulk_create(
            Equipo(empresa=empresa, codigo_interno=f"EQ-{n:04}", nombre="Balanza")
            for n in range(35 * (parts - 1) + rng.randint(5, 35))
        )
        empresas.append((empresa.pk, parts))
    for number in range(STAFF):
        ensure_usuario(username=f"op{number}", password="-", empresa_id=None, staff=True)  # noqa: S106  # nobody signs in
    return list(Usuario.objects.filter(is_staff=True)), empresas


def _ask(staff: list[Any], empresa: tuple[int, int]) -> int:
    """Let the first ask whose earlier request for the empresa has ended; how many parts that made."""
    from sam.services.solicitudes import request_zip

    for actor in staff:
        _, made = request_zip(actor=actor, empresa_id=empresa[0])
        if made:
            return empresa[1]
    return 0


def _look(told: list[tuple[float, int, float, float, bool]]) -> None:
    from sam.selectors.panorama import KEPT

    picture = KEPT.renew()
    now = picture.at.timestamp()
    told += [(now, id, span.low, span.high, id not in picture.building) for id, span in picture.ends.items()]


def _ended(told: list[tuple[float, int, float, float, bool]]) -> bool:
    from sam.models import ZipPart

    _look(told)
    time.sleep(EVERY_SECONDS)
    return not ZipPart.objects.filter(finished_at__isnull=True).exists()


def _played(part: Any) -> Part:
    return Part(
        id=part.pk,
        empresa=part.request.empresa_id,
        request=part.request_id,
        equipos=part.last - part.first + 1,
        work=part.work,
        seconds=(part.finished_at - part.started_at).total_seconds(),
        queued=part.queued_at.timestamp(),
        started=part.started_at.timestamp(),
        ended=part.finished_at.timestamp(),
    )
