"""The sheets of the workbook as tables: each column's title, width, kind and where its value comes from. Pure."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from zipworker.matriz import Cell, Clause
from zipworker.workbook.documents import DocumentRow


class Kind(enum.Enum):
    TEXT = "text"
    LONG = "long"  # a text that is broken over lines
    NUMBER = "number"
    AMOUNT = "amount"  # a number with thousands apart
    DATE = "date"  # an ISO day
    LINK = "link"  # a path from the workbook's own folder
    STATE = "state"  # of the matriz: a word with its colour


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `width` is in characters, as spreadsheets count it."""

    title: str
    width: int
    value: Callable[[Any], str | int | None]
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class MatrizRow:
    """How one equipo stands by one clause."""

    codigo: str
    nombre: str
    clause: Clause
    cell: Cell


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


def _of_document(title: str, width: int, value: Callable[[DocumentRow], str | int | None], kind: Kind) -> Column:
    return Column(title, width, value, kind)


DOCUMENTOS: Final = (
    _of_document("Equipo", 18, lambda row: row.entry.codigo, Kind.TEXT),
    _of_document("Tipo", 36, lambda row: row.tipo, Kind.TEXT),
    _of_document("Número de Certificado", 25, lambda row: row.entry.numero, Kind.TEXT),
    _of_document("Fecha", 13, lambda row: row.entry.fecha, Kind.DATE),
    _of_document("Vence", 13, lambda row: row.vence, Kind.DATE),
    _of_document("Ruta en el ZIP", 70, lambda row: row.entry.path, Kind.LINK),
    _of_document("Parte", 11, lambda row: row.parte, Kind.NUMBER),
    _of_document("Bytes", 14, lambda row: row.bytes, Kind.AMOUNT),
    _of_document("SHA-256", 68, lambda row: row.sha256, Kind.TEXT),
)


def _of_matriz(title: str, width: int, value: Callable[[MatrizRow], str | int | None], kind: Kind) -> Column:
    return Column(title, width, value, kind)


MATRIZ: Final = (
    _of_matriz("Código Interno", 18, lambda row: row.codigo, Kind.TEXT),
    _of_matriz("Nombre", 34, lambda row: row.nombre, Kind.TEXT),
    _of_matriz("Literal", 11, lambda row: row.clause.letter, Kind.TEXT),
    _of_matriz("Requisito", 22, lambda row: row.clause.nombre, Kind.TEXT),
    _of_matriz("Qué Pide", 60, lambda row: row.clause.asks, Kind.LONG),
    _of_matriz("Estado", 14, lambda row: row.cell.state, Kind.STATE),
    _of_matriz("Evidencia", 70, lambda row: row.cell.evidence, Kind.LONG),
)
