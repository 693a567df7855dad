"""What operators order: a program sends it, a page asks first, and the server does it or says why not."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from sam.errors import BadInput, Forbidden
from sam.models import Usuario
from sam.selectors.tablero import named
from sam.services.operar import NEEDS_WHY, Order, check_order, operate
from sam.views.requests import JSON, body_of, id_in, signed_in, storable, wants_json
from sam.words import ERRORS, ORDERS_IN_WORDS, ORDERS_WILL

MOST_NAME = 100  # of a worker, as its heartbeat stores it
CONFIRMED = "confirmada"


@signed_in("POST", staff=True)
def acciones(request: HttpRequest, user: Usuario) -> HttpResponse:
    """Do what an operator asks; how much it changed, or back to the page."""
    if not user.has_perm("sam.operate"):
        raise Forbidden  # before the order is read: nothing is to be learned of it
    order = _order(request)
    if request.content_type != JSON and not wants_json(request) and CONFIRMED not in request.POST:
        return _ask(request, order)  # where there is no script there is no dialog that asked
    changed = operate(actor=user, order=order)
    if wants_json(request):
        return JsonResponse({"changed": changed})
    messages.success(request, f"Hecho: {changed} {'cambio' if changed == 1 else 'cambios'}.")
    return HttpResponseRedirect(reverse("cola"), status=303)


def _ask(request: HttpRequest, order: Order) -> HttpResponse:
    """The order once more, to be confirmed; raises BadInput or NotVisible for one that makes no sense."""
    check_order(order)
    about = named(parts=order.parts, workers=order.workers, empresa_id=order.empresa)
    context = {
        "order": order,
        "title": ORDERS_IN_WORDS[order.action],
        "will": ORDERS_WILL[order.action],
        "about": [ERRORS[order.reason]] if order.reason else about,
        "needs_why": order.action in NEEDS_WHY,
        "confirmed": CONFIRMED,
    }
    return render(request, "cola/confirmar.html", context)


def _order(request: HttpRequest) -> Order:
    body = body_of(request)
    action = body.get("action")
    if not isinstance(action, str):
        raise BadInput("Diga qué acción.")
    reason, why = body.get("reason", ""), body.get("why", "")
    if not isinstance(reason, str) or not isinstance(why, str):
        raise BadInput("«reason» y «why» tienen que ser texto.")
    ids = _list(request, body, "ids")
    workers = _list(request, body, "workers")
    if action in {"quiet", "unquiet"}:
        ids, workers = [], [*workers, *ids]
    return Order(
        action=action,
        parts=tuple(map(_id, ids)),
        workers=tuple(map(_worker, workers)),
        empresa=id_in(body, "empresa"),
        reason=reason,
        why=storable(why, "why"),
    )


def _list(request: HttpRequest, body: dict[str, Any], name: str) -> list[Any]:
    found = body.get(name) if request.content_type == JSON else request.POST.getlist(name)
    if found is None:
        return []
    if not isinstance(found, list) or any(not isinstance(one, str | int) or isinstance(one, bool) for one in found):
        raise BadInput(f"«{name}» tiene que ser una lista.")
    return found


def _worker(value: str | int) -> str:
    name = storable(str(value), "workers")
    if len(name) > MOST_NAME:
        raise BadInput("Ese worker no existe.")
    return name


def _id(value: str | int) -> int:
    found = id_in({"ids": value}, "ids")
    if found is None:
        raise BadInput("«ids» tiene que ser una lista de números.")
    return found
