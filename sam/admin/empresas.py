"""Empresas, usuarios, and the empresa's lists."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from sam.models import Documento, Empresa, Procedimiento, Proveedor, Usuario
from sam.services.vida import place_again


@admin.register(Empresa)
class EmpresaAdmin(admin.ModelAdmin[Empresa]):
    list_display = ("nombre", "nit", "email", "telefono")
    search_fields = ("nombre", "nit")
    raw_id_fields = ("logo",)

    def save_model(self, request: HttpRequest, obj: Empresa, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "partes_a_la_vez" in form.changed_data:
            place_again(obj.pk)  # what the old limit held up has turns that are long past


@admin.register(Usuario)
class UsuarioAdmin(UserAdmin[Usuario]):
    list_display = ("username", "first_name", "last_name", "empresa", "is_staff", "is_active")
    list_filter = ("is_staff", "is_active", "empresa")
    list_select_related = ("empresa",)
    fieldsets = (*(UserAdmin.fieldsets or ()), ("SAM", {"fields": ("empresa", "idioma")}))
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "empresa", "is_staff", "usable_password", "password1", "password2"),
            },
        ),
    )


@admin.register(Proveedor)
class ProveedorAdmin(admin.ModelAdmin[Proveedor]):
    list_display = ("nombre_empresa", "tipo_servicio", "empresa")
    list_filter = ("empresa",)
    search_fields = ("nombre_empresa",)


@admin.register(Procedimiento)
class ProcedimientoAdmin(admin.ModelAdmin[Procedimiento]):
    list_display = ("codigo", "nombre", "version", "fecha_emision", "empresa")
    list_filter = ("empresa",)
    search_fields = ("codigo", "nombre")
    raw_id_fields = ("documento",)


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows that only the product writes: they can be seen, not changed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Documento)
class DocumentoAdmin(ReadOnlyAdmin):
    list_display = ("id", "nombre", "empresa", "bytes", "created_at")
    list_filter = ("empresa",)
    search_fields = ("nombre", "sha256")
