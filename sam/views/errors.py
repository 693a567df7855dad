"""Errors as a person or a program reads them: a Spanish page, or `{"error": code, "message": …}`."""

from __future__ import annotations

import logging
import sys

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.urls import reverse
from django.utils.http import urlencode

from sam.errors import (
    Forbidden,
    LiveRequestExists,
    NotSignedIn,
    NotVisible,
    Refused,
    StorageError,
    TooManyRequests,
    WrongMethod,
)
from sam.views.outage import UNAVAILABLE, database_failure
from sam.views.requests import wants_json

SERVER_ERROR = "Algo falló de nuestro lado; quedó registrado."

logger = logging.getLogger(__name__)


def refusal(request: HttpRequest, refused: Refused) -> HttpResponse:
    if isinstance(refused, NotSignedIn) and not wants_json(request):
        back = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
        return HttpResponseRedirect(f"{reverse('entrar')}?{back}" if back else reverse("entrar"))
    extra = {"request": refused.request_id} if isinstance(refused, LiveRequestExists) else {}
    response = _answer(request, refused.status, refused.code, refused.message, extra)
    if isinstance(refused, TooManyRequests):
        response["Retry-After"] = str(refused.retry_after_seconds)
    if isinstance(refused, WrongMethod):
        response["Allow"] = ", ".join(refused.allowed)
    return response


def storage_failure(request: HttpRequest, error: StorageError) -> HttpResponse:
    logger.error("action=storage_failed code=%s path=%s", error.code, request.path)
    return _answer(request, 503, error.code, error.message, {})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400, "bad_input", "La solicitud no se entiende.", {})


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, Forbidden.code, Forbidden.words, {})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, NotVisible.code, NotVisible.words, {})


def server_error(request: HttpRequest) -> HttpResponse:
    """A page of its own that needs neither the database nor the manifest of static files: these may be what failed."""
    error = sys.exc_info()[1]
    if isinstance(error, UNAVAILABLE):  # in a middleware, where no view's refusals are turned into answers
        return database_failure(request, error)
    if wants_json(request):
        return JsonResponse({"error": "server_error", "message": SERVER_ERROR}, status=500)
    return HttpResponse(loader.render_to_string("500.html"), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    message = "La página llevaba mucho tiempo abierta. Recárguela e intente de nuevo."
    return _answer(request, 403, "csrf", message, {})


def _answer(request: HttpRequest, status: int, code: str, message: str, extra: dict[str, int]) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"error": code, "message": message, **extra}, status=status)
    return render(request, "error.html", {"codigo": status, "mensaje": message}, status=status)
