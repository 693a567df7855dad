"""A database that does not answer: each request is told so at once, instead of waiting in line to find out."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader

from sam.errors import DatabaseUnavailable
from sam.views.requests import wants_json

logger = logging.getLogger(__name__)

RETRY_SECONDS = 2
UNAVAILABLE = (OperationalError, InterfaceError)


class Gate:
    """Remembers that the database is away: then one request in RETRY_SECONDS tries it, the others do not wait.

    A connection that cannot be made is waited for by the pool for seconds, and requests wait for one another.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._closed_until: float | None = None

    def may_try(self) -> bool:
        with self._lock:
            if self._closed_until is None:
                return True
            if self._clock() < self._closed_until:
                return False
            self._closed_until = self._clock() + RETRY_SECONDS
            return True

    def answered(self) -> None:
        with self._lock:
            if self._closed_until is not None:
                logger.info("action=database_back")
            self._closed_until = None

    def failed(self) -> None:
        with self._lock:
            if self._closed_until is None:
                logger.error("action=database_away")
            self._closed_until = self._clock() + RETRY_SECONDS


GATE = Gate()


def database_failure(request: HttpRequest, error: Exception | None = None) -> HttpResponse:
    """503 and Retry-After, by means that need no database; `error` is what it said, if it was asked."""
    if error is not None:
        if _is_away(error):
            GATE.failed()
        else:
            logger.warning("action=database_refused error=%s", type(error.__cause__ or error).__name__)
    refused = DatabaseUnavailable()
    answer: HttpResponse
    if wants_json(request):
        answer = JsonResponse({"error": refused.code, "message": refused.message}, status=503)
    else:
        answer = HttpResponse(loader.render_to_string("503.html", {"mensaje": refused.message}), status=503)
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer


def _is_away(error: Exception) -> bool:
    """No connection, rather than a statement that was given up (a lock, a time limit): that one has a SQLSTATE."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(("08", "57P"))
