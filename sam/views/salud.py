"""Health, for machines: alive, ready, and whether a worker lives. Names of what is wrong, never exception texts."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from sam.dispatch import redis_answers
from sam.errors import MissingObject
from sam.selectors.cola import live_workers
from sam.storage import get_storage

REMEMBER_SECONDS = 5.0
CHECK_SECONDS = 1.0
ABSENT_KEY = "salud/ninguno"


def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, naming what else is away; 503 when it does not."""
    if not DATABASE.answers():
        return JsonResponse({"status": "unavailable", "unavailable": ["database"]}, status=503)
    degraded = [name for name, check in OTHERS.items() if not check.answers()]
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


class _Check:
    """One thing that must answer: asked at most every REMEMBER_SECONDS, by one thread, waited for CHECK_SECONDS.

    A check that hangs is not asked again until it comes back, so that it can hold up no other.
    """

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._running: Future[bool] | None = None
        self._asked_at = float("-inf")

    def answers(self) -> bool:
        with self._lock:
            if self._running is None or (self._running.done() and self._is_old()):
                self._asked_at = time.monotonic()
                self._running = Future()
                threading.Thread(target=self._run, args=(self._running,), daemon=True).start()
            running = self._running
        try:
            return running.result(CHECK_SECONDS if not self._is_old() else 0)
        except TimeoutError:
            return False

    def _is_old(self) -> bool:
        return time.monotonic() - self._asked_at > REMEMBER_SECONDS

    def _run(self, running: Future[bool]) -> None:
        try:
            running.set_result(self._ask())
        except Exception:  # noqa: BLE001  # a check that breaks has not answered; its text is nobody's business
            running.set_result(False)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    finally:
        connection.close()


def _storage_answers() -> bool:
    with contextlib.suppress(MissingObject):
        get_storage().size(ABSENT_KEY)
    return True


DATABASE = _Check(_database_answers)
OTHERS = {"redis": _Check(redis_answers), "storage": _Check(_storage_answers)}
