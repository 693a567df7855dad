"""Equipos and what happened to them."""

from __future__ import annotations

from django.contrib import admin

from sam.models import Baja, Calibracion, Comprobacion, Equipo, Mantenimiento, Prestamo


class BajaInline(admin.StackedInline[Baja, Equipo]):
    model = Baja
    extra = 0
    raw_id_fields = ("documento",)


@admin.register(Equipo)
class EquipoAdmin(admin.ModelAdmin[Equipo]):
    list_display = ("codigo_interno", "nombre", "marca", "modelo", "estado", "proxima_calibracion", "empresa")
    list_filter = ("estado", "empresa")
    search_fields = ("codigo_interno", "nombre", "numero_serie")
    raw_id_fields = ("compra", "ficha_tecnica", "manual", "otros_documentos", "imagen")
    inlines = (BajaInline,)


@admin.register(Calibracion)
class CalibracionAdmin(admin.ModelAdmin[Calibracion]):
    list_display = ("equipo", "fecha", "numero_certificado", "proveedor", "resultado")
    search_fields = ("equipo__codigo_interno", "numero_certificado")
    list_select_related = ("equipo",)
    raw_id_fields = ("equipo", "certificado", "confirmacion", "intervalos")


@admin.register(Mantenimiento)
class MantenimientoAdmin(admin.ModelAdmin[Mantenimiento]):
    list_display = ("equipo", "fecha", "tipo", "proveedor", "responsable")
    search_fields = ("equipo__codigo_interno",)
    list_select_related = ("equipo",)
    raw_id_fields = ("equipo", "documento", "documento_externo", "documento_interno")


@admin.register(Comprobacion)
class ComprobacionAdmin(admin.ModelAdmin[Comprobacion]):
    list_display = ("equipo", "fecha", "consecutivo", "responsable", "resultado")
    search_fields = ("equipo__codigo_interno", "consecutivo")
    list_select_related = ("equipo",)
    raw_id_fields = ("equipo", "certificado", "documento", "documento_externo", "documento_interno")


@admin.register(Baja)
class BajaAdmin(admin.ModelAdmin[Baja]):
    list_display = ("equipo", "fecha", "razon")
    list_select_related = ("equipo",)
    raw_id_fields = ("equipo", "documento")


@admin.register(Prestamo)
class PrestamoAdmin(admin.ModelAdmin[Prestamo]):
    list_display = ("equipo", "prestatario", "fecha_prestamo", "devolucion_programada", "devolucion_real")
    search_fields = ("equipo__codigo_interno", "prestatario")
    list_select_related = ("equipo",)
    raw_id_fields = ("equipo",)
