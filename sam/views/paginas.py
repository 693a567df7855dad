"""The pages: informes, historial, faltantes, notificaciones."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from sam.errors import NotVisible
from sam.models import Empresa, Usuario
from sam.selectors.empresas import empresas_for, equipos_at_a_glance, glance_rows, resumen
from sam.selectors.entrega import notificaciones_of, notification_json
from sam.selectors.solicitudes import history, requests_json, shown_requests, visible_requests, with_parts
from sam.services.notificaciones import read_notification
from sam.states import LIVE_REQUEST
from sam.views.requests import id_in, signed_in

EQUIPOS_A_PAGE = 50
REQUESTS_A_PAGE = 20
NOTIFICATIONS_A_PAGE = 50


@signed_in("GET", "HEAD")
def informes(request: HttpRequest, user: Usuario) -> HttpResponse:
    """The equipos at a glance and the ZIP card; staff choose the empresa."""
    empresa = _chosen_empresa(request, user)
    shown = requests_json(shown_requests(user.pk))
    mine = [one for one in shown if empresa is None or one["empresa"]["id"] == empresa.pk]
    live = next((one for one in mine if one["state"] in LIVE_REQUEST), None)
    context: dict[str, Any] = {
        "empresa": empresa,
        "empresas": empresas_for(user),
        "requests": mine,
        "live": live,
    }
    if empresa is not None:
        pages = Paginator(equipos_at_a_glance(empresa), EQUIPOS_A_PAGE)
        pagina = pages.get_page(request.GET.get("pagina"))
        context["pagina"] = pagina
        context["equipos"] = glance_rows(list(pagina.object_list))
        context["resumen"] = resumen(empresa)
    return render(request, "informes.html", context)


def _chosen_empresa(request: HttpRequest, user: Usuario) -> Empresa | None:
    if not user.is_staff:
        return user.empresa
    chosen = id_in(request.GET.dict(), "empresa")
    if chosen is None:
        return None
    empresa = Empresa.objects.filter(pk=chosen).first()
    if empresa is None:
        raise NotVisible
    return empresa


@signed_in("GET", "HEAD")
def historial(request: HttpRequest, user: Usuario) -> HttpResponse:
    pagina = Paginator(history(user), REQUESTS_A_PAGE).get_page(request.GET.get("pagina"))
    return render(request, "historial.html", {"pagina": pagina, "requests": requests_json(pagina.object_list)})


@signed_in("GET", "HEAD")
def faltantes(request: HttpRequest, user: Usuario, request_id: int) -> HttpResponse:
    """What is registered and not in the ZIP, and why."""
    found = with_parts(visible_requests(user).filter(pk=request_id)).first()
    if found is None:
        raise NotVisible
    parts = [(part, part.archive.faltantes) for part in found.parts.all() if part.archive and part.archive.missing]
    return render(request, "faltantes.html", {"solicitud": requests_json([found])[0], "partes": parts})


@signed_in("GET", "HEAD", "POST")
def notificaciones(request: HttpRequest, user: Usuario) -> HttpResponse:
    """The notification centre; a POST marks one as read."""
    if request.method == "POST":
        chosen = id_in(request.POST.dict(), "id")
        if chosen is None:
            raise NotVisible
        read_notification(user_id=user.pk, notificacion_id=chosen)
        messages.success(request, "Notificación leída.")
        return redirect("notificaciones")
    pagina = Paginator(notificaciones_of(user.pk), NOTIFICATIONS_A_PAGE).get_page(request.GET.get("pagina"))
    rows = [notification_json(one) for one in pagina.object_list]
    return render(request, "notificaciones.html", {"pagina": pagina, "notificaciones": rows})
