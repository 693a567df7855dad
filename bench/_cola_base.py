"""What the order costs on PostgreSQL with 5,000 parts waiting: a claim, the picture of the queue, the digest."""

from __future__ import annotations

import json
import logging
import os
import secrets
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

from bench._servers import Servers, own_servers

WAITING: Final = 5000
EMPRESAS: Final = 50
BUILT: Final = 35_000  # in the last day: their moves are in the charts
BUILD_SECONDS: Final = 4
DAY_SECONDS: Final = 86_400
CLAIMS: Final = 200
FEW: Final = 300
RUNS: Final = 20
WORKERS: Final = 3
SLOTS: Final = 2
TARGETS: Final = {"claim": 10.0, "digest": 50.0, "bytes": 200_000}

Row = dict[str, object]


def measure() -> tuple[list[Row], bool]:
    """A table, and whether the targets are met. Starts servers of its own."""
    with own_servers() as servers:
        try:
            _setup(servers)
            return _measured()
        finally:
            from django.db import connections

            connections.close_all()


def _setup(servers: Servers) -> None:
    os.environ.update(
        DJANGO_SETTINGS_MODULE="sam.settings",
        SECRET_KEY=secrets.token_hex(32),
        SAM_DATA_DIR=str(servers.folder),
        DATABASE_URL=servers.database_url,
        REDIS_URL=servers.redis_url,
    )
    import django

    django.setup()
    logging.disable()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    _fill()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _fill() -> None:
    """Fifty empresas with a request of a hundred parts each, and what was built in the last day."""
    from sam.models import Empresa, Ficha, Stream, Usuario, WorkerBeat, ZipRequest
    from sam.models.clock import database_now

    now = database_now()
    lists = Ficha.objects.create(
        kind="empresa", subject=1, revision=1, data="{}", sha256="0" * 64, documents=0, bytes=0
    )
    for name in range(WORKERS):
        WorkerBeat.objects.create(name=f"w{name}", host="h", version="1", slots=SLOTS)
    WorkerBeat.objects.update(seen_at=now + timedelta(hours=1))  # they live as long as this takes
    empresas = Empresa.objects.bulk_create(Empresa(nombre=f"Empresa {n:02}", nit=f"900.{n}") for n in range(EMPRESAS))
    Empresa.objects.filter(pk=empresas[0].pk).update(partes_a_la_vez=1)
    users = Usuario.objects.bulk_create(Usuario(username=f"u{empresa.pk}", empresa=empresa) for empresa in empresas)
    Stream.objects.bulk_create(Stream(usuario=user) for user in users)
    for empresa, user in zip(empresas, users, strict=True):
        facts: dict[str, Any] = {"empresa": empresa, "requester": user, "instant": now, "root": "r", "lists": lists}
        _waiting(ZipRequest.objects.create(created_at=now - timedelta(minutes=5), **facts))
        begun = now - timedelta(days=1)
        _built(ZipRequest.objects.create(created_at=begun, state="completed", ended_at=now, **facts), now)


def _waiting(request: Any) -> None:
    from sam.models import ZipPart

    per = WAITING // EMPRESAS
    work = 385_000_000
    ZipPart.objects.bulk_create(
        ZipPart(
            request=request,
            number=number,
            of=per,
            first=35 * number - 34,
            last=35 * number,
            first_codigo="A",
            last_codigo="B",
            queued_at=request.created_at,
            turn=float(work * number),
            work=work,
        )
        for number in range(1, per + 1)
    )


def _built(request: Any, now: datetime) -> None:
    """What the day brought, evenly: archives, parts and their moves."""
    from sam.models import Archive, Transition, ZipPart

    per = BUILT // EMPRESAS
    ends = {number: now - timedelta(seconds=DAY_SECONDS * (per - number) / per) for number in range(1, per + 1)}
    archives = Archive.objects.bulk_create(
        Archive(
            key=f"{request.pk}/{number}", bytes=1, sha256="a" * 64, manifest_sha256="b" * 64, registered=1, missing=0
        )
        for number in ends
    )
    parts = ZipPart.objects.bulk_create(
        ZipPart(
            request=request,
            number=number,
            of=per,
            first=1,
            last=35,
            state="completed",
            work=385_000_000,
            archive=archive,
            done=35,
            queued_at=request.created_at,
            started_at=ended - timedelta(seconds=BUILD_SECONDS),
            finished_at=ended,
            expires_at=ended + timedelta(hours=6),
        )
        for (number, ended), archive in zip(ends.items(), archives, strict=True)
    )
    facts: dict[str, Any] = {"request": request, "actor": "w", "attempt": 1}
    Transition.objects.bulk_create(
        Transition(part=part, move=move, before=before, after=after, at=at, ms=1000 * BUILD_SECONDS, **facts)
        for part, ended in zip(parts, ends.values(), strict=True)
        for move, before, after, at in (
            ("claim", "pending", "processing", ended - timedelta(seconds=BUILD_SECONDS)),
            ("finish", "processing", "completed", ended),
        )
    )


def _measured() -> tuple[list[Row], bool]:
    from sam import dispatch
    from sam.models import ZipPart
    from sam.selectors import graficas
    from sam.selectors.cola import candidates
    from sam.selectors.panorama import KEPT
    from sam.selectors.tablero import digest
    from sam.services.partes import CANDIDATES, claim_part, fail_part
    from sam.states import FailureReason

    def end_the_last() -> None:
        """As many are built as there are places; and between two claims of a worker there is time to tell of one."""
        if len(held) == WORKERS * SLOTS:
            fail_part(held.popleft(), FailureReason.BUILD_ERROR)
        dispatch.settle()

    def take() -> None:
        claim = claim_part(owner="w0")
        assert claim is not None
        held.append(claim)

    held: deque[Any] = deque()
    looks = _times(lambda: candidates("w0", most=CANDIDATES), runs=CLAIMS)
    claims = _times(take, before=end_the_last, runs=CLAIMS)
    pictures = _times(KEPT.renew, runs=RUNS)
    digest()
    digests = _times(digest, runs=RUNS)
    size = len(json.dumps(digest(), ensure_ascii=False, separators=(",", ":")).encode())

    def all_charts() -> None:
        graficas.KEPT.forget()
        graficas.charts()

    charts = _times(all_charts, runs=5)
    ZipPart.objects.filter(state="pending", number__gt=FEW // EMPRESAS + 6).update(state="cancelled")
    few = _times(take, before=end_the_last, runs=CLAIMS)
    rows: list[Row] = [
        _row("las 20 primeras que pueden empezar", looks),
        _row("tomar una parte, transacción entera", claims),
        _row(f"lo mismo con {FEW} en espera", few),
        _row("cuadro de la cola", pictures),
        _row("resumen para `/cola/`, gráficas guardadas", digests),
        _row("gráficas leídas de nuevo (las de 15 min, cada 4 s)", charts),
        {"qué": "JSON del resumen", "p50 ms": "", "p95 ms": "", "CPU ms": "", "bytes": f"{size:,}"},
    ]
    met = (
        _share(claims, 0.95)[0] < TARGETS["claim"]
        and median(cpu for _, cpu in digests) < TARGETS["digest"]
        and size < TARGETS["bytes"]
    )
    return rows, met


def _times(
    act: Callable[[], object], *, runs: int, before: Callable[[], object] = lambda: None
) -> list[tuple[float, float]]:
    """(elapsed, of this process's CPU) in milliseconds, of each run after a first; without what is done `before`."""
    act()
    found = []
    for _ in range(runs):
        before()
        wall, cpu = time.perf_counter(), time.process_time()
        act()
        found.append((1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)))
    return found


def _share(times: list[tuple[float, float]], share: float) -> tuple[float, float]:
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def _row(name: str, times: list[tuple[float, float]]) -> Row:
    return {
        "qué": name,
        "p50 ms": f"{_share(times, 0.5)[0]:.1f}",
        "p95 ms": f"{_share(times, 0.95)[0]:.1f}",
        "CPU ms": f"{median(cpu for _, cpu in times):.1f}",
        "bytes": "",
    }
