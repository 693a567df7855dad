"""`GET /metrics` for Prometheus: who may read it, and the figures of this process and of the database."""

from __future__ import annotations

import hmac
import ipaddress
import time

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseNotFound
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from sam.metrics import PROCESS
from sam.selectors.metricas import Figures, read_figures
from sam.views.checks import Check
from sam.views.exposition import Exposition
from sam.views.salud import CHECKS, what_is_away

READ_SECONDS = 5.0  # half of what Prometheus waits for by default
FORWARDING = ("forwarded", "via", "x-real-ip")
FORWARDING_PREFIX = "x-forwarded-"


def metrics(request: HttpRequest) -> HttpResponse:
    """Text of Prometheus, or OpenMetrics where that is asked for; 401 for a wrong token, 404 where it is not open.

    A database that is away takes its figures along, and nothing else: the rest says so.
    """
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if not _may_read(request):
        if not settings.SAM.metrics_token:
            return HttpResponseNotFound("No existe.\n", content_type="text/plain; charset=utf-8")
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    answer = HttpResponse(encode(_collect()), content_type=content_type)
    answer["Cache-Control"] = "no-store"
    return answer


def _may_read(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization")
    if given is None:
        return bool(settings.SAM.metrics_loopback) and _is_direct_from_here(request)
    expected = f"Bearer {settings.SAM.metrics_token}"
    same = hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))
    return same and bool(settings.SAM.metrics_token)


def _is_direct_from_here(request: HttpRequest) -> bool:
    """From this machine, and not on behalf of another: a proxy on it speaks for the whole world."""
    names = {name.lower() for name in request.headers}
    if any(name in FORWARDING or name.startswith(FORWARDING_PREFIX) for name in names):
        return False
    request.get_host()  # refuses a page of elsewhere whose name was made to lead here
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:  # a unix socket has none
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _collect() -> CollectorRegistry:
    reading = FIGURES.begin()
    away = what_is_away()
    found = None if "database" in away else FIGURES.answer(reading)
    figures, seconds = found or (None, 0.0)
    up = {name: name not in away for name in CHECKS}
    if figures is None:
        up["database"] = False
    else:
        up["worker"] = figures.workers.living > 0
    registry = CollectorRegistry()
    registry.register(Exposition(up, figures, seconds))
    registry.register(PROCESS)
    return registry


def _read() -> tuple[Figures, float]:
    began = time.perf_counter()
    return read_figures(), time.perf_counter() - began


FIGURES = Check(_read, remember=0, patience=READ_SECONDS)
