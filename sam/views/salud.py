"""Health, for machines: alive, ready, and whether a worker lives. Names of what is wrong, never exception texts."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow

from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from sam.dispatch import redis_answers
from sam.errors import MissingObject, StorageError
from sam.selectors.cola import live_workers
from sam.storage import get_storage

REMEMBER_SECONDS = 5.0
CHECK_SECONDS = 1.0
ABSENT_KEY = "salud/ninguno"

_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="sam-salud")
_known: dict[str, tuple[float, bool]] = {}


def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, naming what else is away; 503 when it does not."""
    if not _remembered("database", _database_answers):
        return JsonResponse({"status": "unavailable", "unavailable": ["database"]}, status=503)
    checks = {"redis": redis_answers, "storage": _storage_answers}
    degraded = [name for name, check in checks.items() if not _remembered(name, check)]
    return JsonResponse({"status": "degraded", "degraded": degraded} if degraded else {"status": "ok"})


def healthz_worker(request: HttpRequest) -> HttpResponse:
    """200 when a worker's heartbeat is fresh."""
    try:
        alive = live_workers().count()
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "unavailable": ["database"]}, status=503)
    if not alive:
        return JsonResponse({"status": "unavailable", "unavailable": ["worker"]}, status=503)
    return JsonResponse({"status": "ok", "workers": alive})


def _remembered(name: str, check: Callable[[], bool]) -> bool:
    at, answer = _known.get(name, (0.0, False))
    if time.monotonic() - at < REMEMBER_SECONDS and at:
        return answer
    try:
        answer = _threads.submit(check).result(CHECK_SECONDS)
    except TooSlow:
        answer = False
    _known[name] = (time.monotonic(), answer)
    return answer


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    except DatabaseError:
        return False
    finally:
        connection.close()


def _storage_answers() -> bool:
    try:
        get_storage().size(ABSENT_KEY)
    except MissingObject:
        return True
    except StorageError:
        return False
    return True
