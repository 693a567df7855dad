"""Rows as Fichas: an equipo with its whole history, an empresa with its lists, as the values to be frozen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from sam.models import Baja, Empresa, Equipo, Prestamo, Procedimiento, Proveedor
from sam.planning.fichas import (
    FICHA_VERSION,
    BajaFicha,
    EmpresaFicha,
    EquipoFicha,
    PrestamoFicha,
)

EQUIPO_DOCUMENTS = ("compra", "ficha_tecnica", "manual", "otros_documentos")
NOT_SHOWN = frozenset({"empresa", "revision", "dump_sha256", *EQUIPO_DOCUMENTS})


def equipos_to_freeze(ids: Sequence[int]) -> QuerySet[Equipo]:
    """Equipos with everything that their Fichas show; a handful of queries however many there are."""
    return (
        Equipo.objects.filter(pk__in=ids)
        .select_related("baja")
        .prefetch_related("calibraciones", "mantenimientos", "comprobaciones")
    )


def equipo_ficha(equipo: Equipo) -> EquipoFicha:
    """The record of an equipo that `equipos_to_freeze` loaded."""
    record: dict[str, Any] = {"v": FICHA_VERSION, **_values(equipo, leave_out=NOT_SHOWN)}
    record["documentos"] = {name: getattr(equipo, f"{name}_id") for name in EQUIPO_DOCUMENTS}
    for name in ("calibraciones", "mantenimientos", "comprobaciones"):
        rows = sorted(getattr(equipo, name).all(), key=lambda row: (row.fecha or date.min, row.pk))
        record[name] = [_values(row, leave_out=frozenset({"equipo"})) for row in rows]
    record["baja"] = _baja(getattr(equipo, "baja", None))
    return record  # type: ignore[return-value]  # the fields of the models are the keys of the type; a test compares


def empresa_ficha(empresa: Empresa) -> EmpresaFicha:
    """The record of an empresa: its own data, proveedores, procedimientos and préstamos."""
    record: dict[str, Any] = {
        "v": FICHA_VERSION,
        **_values(empresa, leave_out=frozenset({"revision", "dump_sha256"})),
    }
    leave_out = frozenset({"empresa"})
    proveedores = Proveedor.objects.filter(empresa=empresa).order_by("nombre_empresa", "id")
    procedimientos = Procedimiento.objects.filter(empresa=empresa).order_by("codigo", "id")
    prestamos = Prestamo.objects.filter(equipo__empresa=empresa).select_related("equipo")
    record["proveedores"] = [_values(row, leave_out=leave_out) for row in proveedores]
    record["procedimientos"] = [_values(row, leave_out=leave_out) for row in procedimientos]
    record["prestamos"] = [
        _prestamo(row, personal=not empresa.sin_datos_personales) for row in prestamos.order_by("fecha_prestamo", "id")
    ]
    return record  # type: ignore[return-value]  # as above


def _prestamo(prestamo: Prestamo, *, personal: bool) -> PrestamoFicha:
    record = _values(prestamo, leave_out=frozenset())
    record["equipo"] = prestamo.equipo.codigo_interno
    record["equipo_nombre"] = prestamo.equipo.nombre
    if not personal:
        record.update(cedula="", telefono="", email="")
    return record  # type: ignore[return-value]


def _baja(baja: Baja | None) -> BajaFicha | None:
    if baja is None:
        return None
    return _values(baja, leave_out=frozenset({"id", "equipo"}))  # type: ignore[return-value]


def _values(row: Any, *, leave_out: frozenset[str]) -> dict[str, Any]:
    return {
        field.name: _plain(getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if field.name not in leave_out
    }


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value
