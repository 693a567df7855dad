"""The calls that change requests and parts: for a form a redirect to the page, for a program JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from sam.errors import NotVisible
from sam.models import Usuario
from sam.selectors.solicitudes import request_json, visible_parts
from sam.services.solicitudes import request_zip
from sam.services.vida import cancel_request, extend_part, retry_part, retry_request
from sam.views.requests import body_of, id_in, signed_in, wants_json

if TYPE_CHECKING:
    from collections.abc import Callable


@signed_in("POST")
def solicitar(request: HttpRequest, user: Usuario) -> HttpResponse:
    """201 with a new request, 200 with the one that lives; a form goes back to the page."""
    empresa_id = id_in(body_of(request), "empresa")
    if wants_json(request):
        request_id, created = request_zip(actor=user, empresa_id=empresa_id)
        return JsonResponse(request_json(request_id), status=201 if created else 200)
    request_zip(actor=user, empresa_id=empresa_id)
    return HttpResponseRedirect(_informes(empresa_id if user.is_staff else None), status=303)


@signed_in("POST")
def cancelar(request: HttpRequest, user: Usuario, request_id: int) -> HttpResponse:
    return _changed(request, user, request_id, lambda: cancel_request(actor=user, request_id=request_id))


@signed_in("POST")
def reintentar(request: HttpRequest, user: Usuario, request_id: int) -> HttpResponse:
    return _changed(request, user, request_id, lambda: retry_request(actor=user, request_id=request_id))


@signed_in("POST")
def reintentar_parte(request: HttpRequest, user: Usuario, part_id: int) -> HttpResponse:
    owner = _request_of(user, part_id)
    return _changed(request, user, owner, lambda: retry_part(actor=user, part_id=part_id))


@signed_in("POST")
def ampliar_parte(request: HttpRequest, user: Usuario, part_id: int) -> HttpResponse:
    owner = _request_of(user, part_id)
    return _changed(request, user, owner, lambda: extend_part(actor=user, part_id=part_id))


def _changed(request: HttpRequest, user: Usuario, request_id: int, change: Callable[[], object]) -> HttpResponse:
    change()
    if wants_json(request):
        return JsonResponse(request_json(request_id))
    return HttpResponseRedirect(_back(request, user), status=303)


def _back(request: HttpRequest, user: Usuario) -> str:
    if not user.is_staff:
        return _informes(None)
    return _informes(id_in(request.POST.dict(), "empresa"))


def _informes(empresa_id: int | None) -> str:
    page = reverse("informes")
    return f"{page}?empresa={empresa_id}" if empresa_id else page


def _request_of(user: Usuario, part_id: int) -> int:
    owner = visible_parts(user).filter(pk=part_id).values_list("request_id", flat=True).first()
    if owner is None:
        raise NotVisible
    return owner
