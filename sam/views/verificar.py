"""Checking a ZIP in the browser: the page, and whether a manifest is one that SAM issued. For everybody.

The ZIP never comes here. Who asks holds the manifest already, and learns one thing that it does not say: that it
was really issued, and when. Nobody guesses a SHA-256, so there is nothing to go through.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from sam.errors import WrongMethod
from sam.selectors.archivos import issued_at

READING = ("GET", "HEAD")


def verificar(request: HttpRequest) -> HttpResponse:
    """The page where one drops a ZIP."""
    if request.method not in READING:
        raise WrongMethod(*READING)
    return render(request, "verificar.html")


def manifiesto(request: HttpRequest, sha256: str) -> HttpResponse:
    """Whether SAM issued the manifest with this SHA-256, and when."""
    if request.method not in READING:
        raise WrongMethod(*READING)
    when = issued_at(sha256)
    response = JsonResponse({"known": when is not None, "created_at": when.isoformat() if when else None})
    response["Cache-Control"] = "no-store"  # the answer changes when the part is finished
    return response
