"""What every answer shares: the usuario's language, and refusals as pages or as JSON."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from sam.errors import Refused, StorageError
from sam.logs import HEALTH_PATHS
from sam.selectors.sesiones import is_session_key
from sam.views.errors import refusal, storage_failure

Answer = Callable[[HttpRequest], HttpResponse]


class IdiomaMiddleware:
    """Spanish unless the usuario chose otherwise; never by Accept-Language."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Health is asked when the database may be away, and says no word that a person reads.
        user = None if request.path.startswith(HEALTH_PATHS) else getattr(request, "user", None)
        with translation.override(getattr(user, "idioma", None) or "es-co"):
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
        return None
