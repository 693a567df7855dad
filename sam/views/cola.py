"""The live queue for staff: the page, one part, and how long people wait."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.dateparse import parse_date

from sam.errors import BadInput
from sam.models import Usuario
from sam.planning.tablas import csv_table
from sam.selectors.busqueda import Wanted, find_rows
from sam.selectors.detalle import detail_of
from sam.selectors.empresas import empresas_for
from sam.selectors.panorama import KEPT
from sam.selectors.rendimiento import DayJSON, performance
from sam.selectors.tablero import digest
from sam.states import PartState
from sam.views.requests import id_in, signed_in, storable, wants_json

SHOWN_DAYS = 14
CSV_HEADER = (
    "dia", "empresa", "partes", "media_s", "p95_s", "espera_media_s", "media_bytes", "con_faltantes_porcentaje",
)  # fmt: skip


@signed_in("GET", "HEAD", staff=True)
def cola(request: HttpRequest, user: Usuario) -> HttpResponse:
    """The queue as it is now; for a program the digest itself, and what a filter found beside it."""
    wanted = _wanted(request)
    picture = KEPT.renew()
    now = digest(picture)
    found = find_rows(wanted, picture) if wanted.any else None
    if wants_json(request):
        return _by_accept(JsonResponse(now if found is None else dict(now, found=found)))
    context: dict[str, Any] = {
        "digest": now,
        "rows": now["rows"] if found is None else found,
        "filters": wanted.shown(),
        "empresas": empresas_for(user),
        "can_operate": user.has_perm("sam.operate"),
    }
    return _by_accept(render(request, "cola/cola.html", context))


@signed_in("GET", "HEAD", staff=True)
def parte(request: HttpRequest, user: Usuario, part_id: int) -> HttpResponse:
    detail = detail_of(part_id)
    return render(request, "cola/parte.html", {**detail, "can_operate": user.has_perm("sam.operate")})


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


def _by_accept(answer: HttpResponse) -> HttpResponse:
    """One address, two answers: the page asks for the other one itself, and "back" must not show that."""
    patch_vary_headers(answer, ["Accept"])
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
