"""What every answer shares: the usuario's language, and refusals as pages or as JSON."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from sam.errors import Refused, StorageError
from sam.views.errors import refusal, storage_failure

Answer = Callable[[HttpRequest], HttpResponse]


class IdiomaMiddleware:
    """Spanish unless the usuario chose otherwise; never by Accept-Language."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = getattr(request, "user", None)
        with translation.override(getattr(user, "idioma", None) or "es-co"):
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
