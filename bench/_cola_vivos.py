"""The forecasts against real workers: what was told of each part while requests came, and when it ended in truth."""

from __future__ import annotations

import logging
import math
import os
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from typing import Any, Final

from bench._cola_aciertos import Told, by_kind, ranges_row, share_held
from bench._cola_mundo import Part
from bench._servers import own_servers
from tests.running import Sam, new_sam, wait_for

SEED: Final = 6
EMPRESAS: Final = 30
STAFF: Final = 20
MOST_PARTS: Final = 12
MOST_YEARS: Final = 6
CERTIFICATE_BYTES: Final = 10_000
BURST_PARTS: Final = 120  # at the start, when nothing is known of the machine's pace yet
FIRST_SECONDS: Final = 30.0  # the burst is worked off, and the requests that follow it are not yet taken for usual
LOAD: Final = 0.9  # of what the burst showed that the workers do
MEASURED: Final = [
    {
        "nombre": "Masa",
        "unidad": "g",
        "puntos": [
            {
                "nominal": nominal,
                "lectura": nominal + 0.01,
                "error": 0.01,
                "emp_absoluto": 0.1,
                "incertidumbre": 0.02,
                "conformidad": "Conforme",
            }
            for nominal in (1.0, 10.0, 50.0, 100.0, 200.0)
        ],
    }
]
EVERY_SECONDS: Final = 3.0
DRAIN_SECONDS: Final = 600.0
PREPARE: Final = (
    "from django.core.management import call_command as do;"
    "do('migrate', verbosity=0); do('collectstatic', interactive=False, verbosity=0)"
)


def accuracy(*, minutes: float, workers: int) -> tuple[list[dict[str, object]], float]:
    """A table by kind of part, and the share that held of what was told once it could be known how much is asked."""
    told = watch(minutes=minutes, workers=workers, seed=SEED)
    began = min(one.now for one in told)
    first = [one for one in told if one.now < began + FIRST_SECONDS]
    then = [one for one in told if one.now >= began + FIRST_SECONDS]
    kinds = {f"primeros {FIRST_SECONDS:g} s": first, **by_kind(then)}
    return [{"parte": kind, **ranges_row(these)} for kind, these in kinds.items()], share_held(then)


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
    over = threading.Event()
    with ThreadPoolExecutor(1) as people:
        # Apart from who looks: a look that always came just before the next requests would be told little of them.
        asking = people.submit(_go_on_asking, rng, staff, empresas, over)
        try:
            for _ in range(int(seconds / EVERY_SECONDS)):
                _look(told)
                time.sleep(EVERY_SECONDS)
        finally:
            over.set()
    asking.result()
    wait_for(lambda: _ended(told), seconds=DRAIN_SECONDS, what="every part has ended")
    parts = {part.pk: _played(part) for part in ZipPart.objects.select_related("request")}
    return [Told(parts[id], now, low, high, waits) for now, id, low, high, waits in told]


def _go_on_asking(rng: random.Random, staff: list[Any], empresas: list[tuple[int, int]], over: threading.Event) -> None:
    """A burst, and when half of it is built, requests at random moments, so many that the workers can just do them."""
    from django.db import connection

    from sam.models import ZipPart

    began = time.time()
    asked = 0
    while asked < BURST_PARTS:
        asked += _ask(staff, rng.choice(empresas))
    built = ZipPart.objects.filter(finished_at__isnull=False)
    while (done := built.count()) < BURST_PARTS // 2 and not over.wait(0.1):
        pass
    parts = sum(parts for _, parts in empresas) / len(empresas)
    gap = parts * (time.time() - began) / (LOAD * done) if done else math.inf
    next_at = time.time()
    while not over.wait(max(0.0, next_at - time.time())):
        _ask(staff, rng.choice(empresas))
        next_at += rng.expovariate(1 / gap)
    connection.close()


def _people(rng: random.Random) -> tuple[list[Any], list[tuple[int, int]]]:
    """Who asks, one for each live request of an empresa; and (empresa, parts), most of them small.

    An empresa's equipos have up to six calibraciones each, with a certificate and a chart: so each has its own pace.
    """
    from sam.models import Calibracion, Empresa, Equipo, Usuario
    from sam.services.usuarios import ensure_usuario
    from tests.integration.making import store_document

    empresas = []
    for number in range(EMPRESAS):
        parts = min(MOST_PARTS, 1 + int(rng.paretovariate(1.1)) // 2)
        empresa = Empresa.objects.create(nombre=f"Empresa {number:02}")
        equipos = Equipo.objects.bulk_create(
            Equipo(empresa=empresa, codigo_interno=f"EQ-{n:04}", nombre="Balanza")
            for n in range(35 * (parts - 1) + rng.randint(5, 35))
        )
        certificate, years = (
            store_document(empresa, "certificado.pdf", rng.randbytes(CERTIFICATE_BYTES)),
            rng.randint(0, MOST_YEARS),
        )
        Calibracion.objects.bulk_create(
            Calibracion(equipo=equipo, fecha=date(2026 - year, 1, 15), certificado=certificate, magnitudes=MEASURED)
            for equipo in equipos
            for year in range(years)
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
