"""Paths to views."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path, re_path
from django.views.generic import RedirectView

from sam.views import cola, cuentas, descargas, metricas, ordenes, paginas, salud, solicitudes, verificar

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="informes"), name="inicio"),
    path("entrar/", cuentas.EntrarView.as_view(), name="entrar"),
    path("salir/", cuentas.salir, name="salir"),
    path("informes/", paginas.informes, name="informes"),
    path("historial/", paginas.historial, name="historial"),
    path("notificaciones/", paginas.notificaciones, name="notificaciones"),
    path("zip/solicitudes/", solicitudes.solicitar, name="zip-solicitar"),
    path("zip/solicitudes/<int:request_id>/cancelar/", solicitudes.cancelar, name="zip-cancelar"),
    path("zip/solicitudes/<int:request_id>/reintentar/", solicitudes.reintentar, name="zip-reintentar"),
    path("zip/solicitudes/<int:request_id>/faltantes/", paginas.faltantes, name="faltantes"),
    path("zip/partes/<int:part_id>/reintentar/", solicitudes.reintentar_parte, name="parte-reintentar"),
    path("zip/partes/<int:part_id>/ampliar/", solicitudes.ampliar_parte, name="parte-ampliar"),
    path("zip/partes/<int:part_id>/descargar/", descargas.descargar, name="parte-descargar"),
    path("cola/", cola.cola, name="cola"),
    path("cola/partes/<int:part_id>/", cola.parte, name="cola-parte"),
    path("cola/acciones/", ordenes.acciones, name="cola-acciones"),
    path("cola/rendimiento/", cola.rendimiento, name="cola-rendimiento"),
    path("cola/rendimiento.csv", cola.rendimiento_csv, name="cola-rendimiento-csv"),
    path("verificar/", verificar.verificar, name="verificar"),
    re_path(r"^verificar/manifiesto/(?P<sha256>[0-9a-f]{64})/$", verificar.manifiesto, name="verificar-manifiesto"),
    path("healthz", salud.healthz, name="healthz"),
    path("readyz", salud.readyz, name="readyz"),
    path("healthz/worker", salud.healthz_worker, name="healthz-worker"),
    path("metrics", metricas.metrics, name="metrics"),
    path("admin/", admin.site.urls),
]

handler400 = "sam.views.errors.bad_request"
handler403 = "sam.views.errors.permission_denied"
handler404 = "sam.views.errors.not_found"
handler500 = "sam.views.errors.server_error"
