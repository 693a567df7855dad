"""The live queue for staff: the page, one part, what operators do, and how long people wait."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date

from sam.errors import BadInput, Forbidden
from sam.models import Usuario
from sam.planning.tablas import csv_table
from sam.selectors.busqueda import Wanted, find_rows
from sam.selectors.detalle import detail_of
from sam.selectors.empresas import empresas_for
from sam.selectors.rendimiento import DayJSON, performance
from sam.selectors.tablero import digest, retriable_reasons
from sam.services.operar import Order, operate
from sam.states import PartState
from sam.views.requests import JSON, body_of, id_in, signed_in, storable, wants_json

SHOWN_DAYS = 14
CSV_HEADER = (
    "dia", "empresa", "partes", "media_s", "p95_s", "espera_media_s", "media_bytes", "con_faltantes_porcentaje",
)  # fmt: skip


@signed_in("GET", "HEAD", staff=True)
def cola(request: HttpRequest, user: Usuario) -> HttpResponse:
    """The queue as it is now; for a program the digest itself."""
    wanted = _wanted(request)
    found = digest()
    if wants_json(request):
        return JsonResponse(found)
    context: dict[str, Any] = {
        "digest": found,
        "rows": find_rows(wanted) if wanted.any else found["rows"],
        "filters": wanted.shown(),
        "empresas": empresas_for(user),
        "can_operate": user.has_perm("sam.operate"),
        "reasons": retriable_reasons(),
    }
    return render(request, "cola/cola.html", context)


@signed_in("GET", "HEAD", staff=True)
def parte(request: HttpRequest, user: Usuario, part_id: int) -> HttpResponse:
    detail = detail_of(part_id)
    return render(request, "cola/parte.html", {**detail, "can_operate": user.has_perm("sam.operate")})


@signed_in("POST", staff=True)
def acciones(request: HttpRequest, user: Usuario) -> HttpResponse:
    """Do what an operator asks; how much it changed, or back to the page."""
    if not user.has_perm("sam.operate"):
        raise Forbidden  # before the order is read: nothing is to be learned of it
    order = _order(request)
    changed = operate(actor=user, order=order)
    if wants_json(request):
        return JsonResponse({"changed": changed})
    messages.success(request, f"Hecho: {changed} {'cambio' if changed == 1 else 'cambios'}.")
    return HttpResponseRedirect(reverse("cola"), status=303)


@signed_in("GET", "HEAD", staff=True)
def rendimiento(request: HttpRequest, user: Usuario) -> HttpResponse:
    since, until, empresa_id = _span(request)
    context = {
        "dias": performance(since=since, until=until, empresa_id=empresa_id),
        "desde": since,
        "hasta": until,
        "empresa": empresa_id,
        "empresas": empresas_for(user),
    }
    return render(request, "cola/rendimiento.html", context)


@signed_in("GET", "HEAD", staff=True)
def rendimiento_csv(request: HttpRequest, user: Usuario) -> HttpResponse:
    since, until, empresa_id = _span(request)
    rows = map(_cells, performance(since=since, until=until, empresa_id=empresa_id))
    answer = HttpResponse(csv_table(CSV_HEADER, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="SAM_rendimiento_{since:%Y%m%d}-{until:%Y%m%d}.csv"'
    return answer


def _cells(day: DayJSON) -> tuple[object, ...]:
    return (
        day["dia"].isoformat(), day["empresa"], day["partes"], day["media_s"], day["p95_s"], day["espera_s"],
        day["media_bytes"], day["con_faltantes"],
    )  # fmt: skip


def _wanted(request: HttpRequest) -> Wanted:
    asked = request.GET.dict()
    state = str(asked.get("estado", ""))
    if state and state not in set(PartState):
        raise BadInput("Ese estado no existe.")
    return Wanted(
        empresa=id_in(asked, "empresa"),
        usuario=storable(str(asked.get("usuario", "")), "usuario").strip()[:150],
        state=state,
        id=id_in(asked, "id"),
    )


def _span(request: HttpRequest) -> tuple[date, date, int | None]:
    today = timezone.localdate()
    asked = request.GET.dict()
    until = _day(asked.get("hasta"), today)
    since = _day(asked.get("desde"), until - timedelta(days=SHOWN_DAYS - 1))
    if since > until:
        raise BadInput("La fecha inicial es posterior a la final.")
    return since, until, id_in(asked, "empresa")


def _day(text: str | None, usual: date) -> date:
    if not text:
        return usual
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None or not 1900 < day.year < 2200:
        raise BadInput("Esa fecha no existe; escríbala como 2026-01-31.")
    return day


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
        workers=tuple(storable(str(worker), "workers") for worker in workers),
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


def _id(value: str | int) -> int:
    found = id_in({"ids": value}, "ids")
    if found is None:
        raise BadInput("«ids» tiene que ser una lista de números.")
    return found
