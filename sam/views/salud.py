"""Health, for machines: alive, ready, and whether a worker lives. Names of what is wrong, never exception texts."""

from __future__ import annotations

import contextlib

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from sam.dispatch import redis_answers
from sam.errors import MissingObject
from sam.selectors.cola import live_workers
from sam.storage import get_storage
from sam.views.checks import Check

ABSENT_KEY = "salud/ninguno"


def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, naming what else is away; 503 when it does not."""
    away = what_is_away()
    if "database" in away:
        return JsonResponse({"status": "unavailable", "unavailable": ["database"]}, status=503)
    return JsonResponse({"status": "degraded", "degraded": away} if away else {"status": "ok"})


def healthz_worker(request: HttpRequest) -> HttpResponse:
    """200 when a worker's heartbeat is fresh."""
    alive = WORKERS.answer()
    if alive is None:
        return JsonResponse({"status": "unavailable", "unavailable": ["database"]}, status=503)
    if not alive:
        return JsonResponse({"status": "unavailable", "unavailable": ["worker"]}, status=503)
    return JsonResponse({"status": "ok", "workers": alive})


def what_is_away() -> list[str]:
    """The names of what does not answer; all are asked at once, so that two that hang take no longer than one."""
    for check in CHECKS.values():
        check.begin()
    return [name for name, check in CHECKS.items() if not check.answer()]


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _storage_answers() -> bool:
    with contextlib.suppress(MissingObject):
        get_storage().size(ABSENT_KEY)
    return True


CHECKS = {"database": Check(_database_answers), "redis": Check(redis_answers), "storage": Check(_storage_answers)}
# A heartbeat is fresh for seconds: this answer is not kept.
WORKERS = Check(lambda: live_workers().count(), remember=0)
