"""Fichas: the frozen record of one equipo, or of an empresa's lists, as canonical JSON with its SHA-256.

The bytes are canonical (RFC 8785 in spirit: sorted keys, no spaces, UTF-8, no NaN), so that the same
record always has the same hash, whichever database or process froze it. Dates are ISO 8601 days or null,
money is a decimal string or null, a documento is its id or null, a text is never null.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

FICHA_VERSION = 1

CALIBRACION_DOCUMENTS = ("certificado", "confirmacion", "intervalos")
MANTENIMIENTO_DOCUMENTS = ("documento", "documento_externo", "documento_interno")
COMPROBACION_DOCUMENTS = ("certificado", "documento", "documento_externo", "documento_interno")


class PuntoFicha(TypedDict):
    """One measured point; `emp_absoluto` is text where it was written as text ("±0,5 °C")."""

    nominal: float | None
    lectura: float | None
    error: float | None
    emp_absoluto: float | str | None
    incertidumbre: float | None
    conformidad: str


class MagnitudFicha(TypedDict):
    nombre: str
    unidad: str
    puntos: list[PuntoFicha]


class CalibracionFicha(TypedDict):
    id: int
    fecha: str | None
    proveedor: str
    resultado: str
    numero_certificado: str
    observaciones: str
    costo: str | None
    certificado: int | None
    confirmacion: int | None
    intervalos: int | None
    magnitudes: list[MagnitudFicha]


class MantenimientoFicha(TypedDict):
    id: int
    fecha: str | None
    tipo: str
    proveedor: str
    responsable: str
    costo: str | None
    descripcion: str
    observaciones: str
    documento: int | None
    documento_externo: int | None
    documento_interno: int | None


class ComprobacionFicha(TypedDict):
    id: int
    fecha: str | None
    proveedor: str
    responsable: str
    resultado: str
    observaciones: str
    consecutivo: str
    equipo_referencia: str
    certificado: int | None
    documento: int | None
    documento_externo: int | None
    documento_interno: int | None
    magnitudes: list[MagnitudFicha]


class BajaFicha(TypedDict):
    fecha: str | None
    razon: str
    observaciones: str
    documento: int | None


class DocumentosFicha(TypedDict):
    compra: int | None
    ficha_tecnica: int | None
    manual: int | None
    otros_documentos: int | None


class EquipoFicha(TypedDict):
    """One equipo with its whole history; the lists are in the order (fecha, id)."""

    v: int
    id: int
    codigo_interno: str
    nombre: str
    tipo_equipo: str
    marca: str
    modelo: str
    numero_serie: str
    proveedor: str
    ubicacion: str
    responsable: str
    estado: str
    fecha_adquisicion: str | None
    fecha_registro: str | None
    rango_medida: str
    resolucion: str
    error_maximo_permisible: str
    unidad: str
    puntos_calibracion: str
    observaciones: str
    frecuencia_calibracion_meses: int | None
    frecuencia_mantenimiento_meses: int | None
    frecuencia_comprobacion_meses: int | None
    fecha_ultima_calibracion: str | None
    fecha_ultima_comprobacion: str | None
    fecha_ultimo_mantenimiento: str | None
    proxima_calibracion: str | None
    proxima_comprobacion: str | None
    proximo_mantenimiento: str | None
    documentos: DocumentosFicha
    imagen: int | None
    calibraciones: list[CalibracionFicha]
    mantenimientos: list[MantenimientoFicha]
    comprobaciones: list[ComprobacionFicha]
    baja: BajaFicha | None


class ProveedorFicha(TypedDict):
    id: int
    nombre_empresa: str
    tipo_servicio: str
    nombre_contacto: str
    numero_contacto: str
    correo_electronico: str
    pagina_web: str
    alcance: str
    servicio_prestado: str
    entidad_acreditadora: str
    numero_acreditacion: str


class ProcedimientoFicha(TypedDict):
    id: int
    codigo: str
    nombre: str
    version: str
    fecha_emision: str | None
    observaciones: str
    documento: int | None


class PrestamoFicha(TypedDict):
    """One loan; `cedula`, `telefono` and `email` are empty where the empresa leaves personal data out."""

    id: int
    equipo: str
    equipo_nombre: str
    prestatario: str
    cedula: str
    cargo: str
    telefono: str
    email: str
    fecha_prestamo: str | None
    devolucion_programada: str | None
    devolucion_real: str | None
    estado: str
    observaciones: str


class EmpresaFicha(TypedDict):
    """The empresa and its lists: proveedores, procedimientos, préstamos."""

    v: int
    id: int
    nombre: str
    nit: str
    direccion: str
    telefono: str
    email: str
    formato_codigo: str
    formato_version: str
    formato_fecha: str | None
    logo: int | None
    dias_por_vencer: int
    sin_datos_personales: bool
    proveedores: list[ProveedorFicha]
    procedimientos: list[ProcedimientoFicha]
    prestamos: list[PrestamoFicha]


def canonical_json(record: Mapping[str, Any]) -> str:
    """The one text of a record; raises ValueError for NaN and infinities."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256_of(text: str) -> str:
    """The hex SHA-256 of the UTF-8 bytes of a canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()


def equipo_documents(ficha: EquipoFicha) -> Iterator[int]:
    """The ids of every documento that an equipo's Ficha names, in its own order, repeats included."""
    yield from (i for i in ficha["documentos"].values() if isinstance(i, int))
    if ficha["imagen"] is not None:
        yield ficha["imagen"]
    for rows, names in (
        (ficha["calibraciones"], CALIBRACION_DOCUMENTS),
        (ficha["mantenimientos"], MANTENIMIENTO_DOCUMENTS),
        (ficha["comprobaciones"], COMPROBACION_DOCUMENTS),
        ([ficha["baja"]] if ficha["baja"] else [], ("documento",)),
    ):
        for row in rows:
            record: Mapping[str, Any] = row
            yield from (record[name] for name in names if record[name] is not None)


def empresa_documents(ficha: EmpresaFicha) -> Iterator[int]:
    """The ids of the documentos that an empresa's Ficha names: its logo and its procedimientos."""
    if ficha["logo"] is not None:
        yield ficha["logo"]
    for procedimiento in ficha["procedimientos"]:
        if procedimiento["documento"] is not None:
            yield procedimiento["documento"]
