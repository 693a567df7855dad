"""The sheets of the workbook as tables: each column's title, width, kind and where its value comes from. Pure."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Record = Mapping[str, Any]


class Kind(enum.Enum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `width` is in characters, as spreadsheets count it."""

    title: str
    width: int
    value: Callable[[Record], str | int | None]
    kind: Kind = Kind.TEXT


def _text(title: str, key: str, width: int) -> Column:
    return Column(title, width, lambda record: record[key])


def _date(title: str, key: str) -> Column:
    return Column(title, max(13, len(title) + 4), lambda record: record[key], Kind.DATE)


def _number(title: str, key: str) -> Column:
    return Column(title, len(title) + 4, lambda record: record[key], Kind.NUMBER)


def equipos_columns(empresa: str) -> tuple[Column, ...]:
    """The columns of `Equipos`, for the Fichas of one empresa's equipos."""
    return (
        _text("Código Interno", "codigo_interno", 18),
        _text("Nombre", "nombre", 34),
        Column("Empresa", 26, lambda _: empresa),
        _text("Tipo de Equipo", "tipo_equipo", 22),
        _text("Marca", "marca", 18),
        _text("Modelo", "modelo", 18),
        _text("Número de Serie", "numero_serie", 20),
        _text("Ubicación", "ubicacion", 24),
        _text("Responsable", "responsable", 24),
        _text("Estado", "estado", 18),
        _date("Fecha de Adquisición", "fecha_adquisicion"),
        _text("Rango de Medida", "rango_medida", 22),
        _text("Resolución", "resolucion", 16),
        _text("Error Máximo Permisible", "error_maximo_permisible", 26),
        _text("Puntos de Calibración", "puntos_calibracion", 26),
        _date("Fecha de Registro", "fecha_registro"),
        _text("Observaciones", "observaciones", 50),
        _date("Fecha Última Calibración", "fecha_ultima_calibracion"),
        _date("Próxima Calibración", "proxima_calibracion"),
        _number("Frecuencia Calibración (meses)", "frecuencia_calibracion_meses"),
        _date("Fecha Último Mantenimiento", "fecha_ultimo_mantenimiento"),
        _date("Próximo Mantenimiento", "proximo_mantenimiento"),
        _number("Frecuencia Mantenimiento (meses)", "frecuencia_mantenimiento_meses"),
        _date("Fecha Última Comprobación", "fecha_ultima_comprobacion"),
        _date("Próxima Comprobación", "proxima_comprobacion"),
        _number("Frecuencia Comprobación (meses)", "frecuencia_comprobacion_meses"),
    )


PROVEEDORES: Final = (
    _text("Nombre Empresa", "nombre_empresa", 34),
    _text("Nombre Contacto", "nombre_contacto", 26),
    _text("Correo Electrónico", "correo_electronico", 32),
    _text("Número Contacto", "numero_contacto", 20),
    _text("Tipo Servicio", "tipo_servicio", 20),
    _text("Alcance", "alcance", 40),
    _text("Servicio Prestado", "servicio_prestado", 40),
    _text("Página Web", "pagina_web", 32),
)
PROCEDIMIENTOS: Final = (
    _text("Código", "codigo", 18),
    _text("Nombre", "nombre", 50),
    _text("Observaciones", "observaciones", 50),
    _text("Versión", "version", 12),
    _date("Fecha de Emisión", "fecha_emision"),
)
PRESTAMOS: Final = (
    _text("Código Equipo", "equipo", 18),
    _text("Nombre Equipo", "equipo_nombre", 34),
    _text("Prestatario", "prestatario", 26),
    _text("Cédula", "cedula", 16),
    _text("Cargo", "cargo", 22),
    _text("Teléfono", "telefono", 18),
    _text("Email", "email", 30),
    _date("Fecha Préstamo", "fecha_prestamo"),
    _date("Devolución Programada", "devolucion_programada"),
    _date("Devolución Real", "devolucion_real"),
    _text("Estado", "estado", 16),
    _text("Observaciones", "observaciones", 50),
)
