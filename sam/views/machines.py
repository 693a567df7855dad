"""The paths for machines: they know an address and no name, have no session, and ask every few seconds."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import resolve

from sam.logs import HEALTH_PATHS


class MachineMiddleware:
    """Answers health and metrics before anything that looks at the Host, at cookies or at the database.

    A scrape or a probe comes to a container's address, which no list of allowed hosts can know.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path not in HEALTH_PATHS:
            return self.get_response(request)
        view: Callable[[HttpRequest], HttpResponse] = resolve(request.path).func
        return view(request)
