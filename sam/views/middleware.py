"""What every answer shares: its trace, the usuario's language, and refusals as pages or as JSON."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from sam.errors import Refused, StorageError
from sam.logs import HEALTH_PATHS, TRACE, traced
from sam.selectors.sesiones import is_session_key
from sam.views.errors import refusal, storage_failure
from sam.views.outage import GATE, UNAVAILABLE, database_failure

Answer = Callable[[HttpRequest], HttpResponse]
TRACE_HEADER = "X-Request-ID"


class TraceMiddleware:
    """Gives each request a word that its log lines, its moves and its solicitud carry: the proxy's, or one of ours."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(TRACE_HEADER, "")
        trace = given if TRACE.fullmatch(given) else secrets.token_hex(8)
        with traced(trace):
            answer = self.get_response(request)
        answer[TRACE_HEADER] = trace
        return answer


class OutageMiddleware:
    """While the database is away, whatever needs it is told so at once. Health checks ask for themselves."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(HEALTH_PATHS):
            return self.get_response(request)
        if not GATE.may_try():
            return database_failure(request)
        answer = self.get_response(request)
        # A page that asked the database nothing says nothing of it; one that did still has its connection here.
        if answer.status_code < 500 and connection.connection is not None:
            GATE.answered()
        return answer


class IdiomaMiddleware:
    """Spanish unless the usuario chose otherwise; never by Accept-Language."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            # Health is asked when the database may be away, and says no word that a person reads.
            user = None if request.path.startswith(HEALTH_PATHS) else getattr(request, "user", None)
            idioma = getattr(user, "idioma", None) or "es-co"
        except UNAVAILABLE as error:  # the first question that most requests ask
            return database_failure(request, error)
        with translation.override(idioma):
            return self.get_response(request)


class SessionCookieMiddleware:
    """Forgets a session cookie that cannot be one of ours: a NUL in it would reach the database."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_session_key(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        return self.get_response(request)


class RefusalMiddleware:
    """Turns what a service refused into the answer that its class names."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refused):
            return refusal(request, exception)
        if isinstance(exception, StorageError):
            return storage_failure(request, exception)
        if isinstance(exception, UNAVAILABLE):
            return database_failure(request, exception)
        return None
