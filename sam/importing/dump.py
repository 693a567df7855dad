"""The dump `sam-dump/1` as values: `read_dump` reads a folder whole, or refuses it by its first wrong place.

The dataclasses are the table of the format: an annotation says how a key's value is read. The first wrong
place is the first in the order in which the dump is written.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final

from sam.errors import DumpError
from sam.importing.folder import DATA_FILE, DumpFolder
from sam.importing.kinds import Codigo, Day, Document, Money, Months, Number, NumberOrText, OneOf, Text
from sam.importing.reading import Reading, read_record
from sam.importing.source import load_data
from sam.importing.words import shown, unlike

FORMATO: Final = "sam-dump/1"
ESTADOS: Final = (
    "Activo",
    "En Mantenimiento",
    "En Calibración",
    "En Comprobación",
    "En Préstamo",
    "Inactivo",
    "De Baja",
)

Nombre = Annotated[str, Text(300)]
Largo = Annotated[str, Text(20_000)]
# Systems export these now as "0,1 °C", now as the bare number.
Medida = Annotated[str, Text(20_000, numbers=True)]
Etiqueta = Annotated[str, Text(300, numbers=True)]
Fecha = Annotated[date | None, Day()]
# An event without its day would have no place in the ZIP's numbering, which is by date.
FechaDeEvento = Annotated[date, Day(required=True)]
Meses = Annotated[int | None, Months()]
Costo = Annotated[Decimal | None, Money()]
Numero = Annotated[float | None, Number()]
Archivo = Annotated[str | None, Document()]


@dataclass(frozen=True, slots=True)
class Dump:
    """One empresa and all it has; `files` in the order of their first mention, `warnings` in Spanish."""

    formato: Annotated[str, OneOf((FORMATO,))]
    empresa: EmpresaDump
    proveedores: tuple[ProveedorDump, ...]
    procedimientos: tuple[ProcedimientoDump, ...]
    equipos: tuple[EquipoDump, ...]
    prestamos: tuple[PrestamoDump, ...]
    files: tuple[str, ...] = field(metadata={"in_dump": False})
    warnings: tuple[str, ...] = field(metadata={"in_dump": False})


@dataclass(frozen=True, slots=True)
class EmpresaDump:
    nombre: Annotated[str, Text(300, required=True)]
    nit: Nombre
    direccion: Nombre
    telefono: Nombre
    email: Nombre
    formato_codigo: Nombre
    formato_version: Etiqueta
    formato_fecha: Fecha
    logo: Archivo


@dataclass(frozen=True, slots=True)
class ProveedorDump:
    nombre_empresa: Nombre
    tipo_servicio: Nombre
    nombre_contacto: Nombre
    numero_contacto: Nombre
    correo_electronico: Nombre
    pagina_web: Nombre
    alcance: Largo
    servicio_prestado: Largo
    entidad_acreditadora: Nombre
    numero_acreditacion: Nombre


@dataclass(frozen=True, slots=True)
class ProcedimientoDump:
    codigo: Nombre
    nombre: Nombre
    version: Etiqueta
    fecha_emision: Fecha
    observaciones: Largo
    documento: Archivo


@dataclass(frozen=True, slots=True)
class EquipoDump:
    codigo_interno: Annotated[str, Codigo(200)]
    nombre: Nombre
    tipo_equipo: Nombre
    marca: Nombre
    modelo: Nombre
    numero_serie: Nombre
    proveedor: Nombre
    ubicacion: Nombre
    responsable: Nombre
    estado: Annotated[str, OneOf(ESTADOS, absent="Activo")]
    fecha_adquisicion: Fecha
    fecha_registro: Fecha
    rango_medida: Medida
    resolucion: Medida
    error_maximo_permisible: Medida
    unidad: Nombre
    puntos_calibracion: Medida
    observaciones: Largo
    frecuencia_calibracion_meses: Meses
    frecuencia_mantenimiento_meses: Meses
    frecuencia_comprobacion_meses: Meses
    fecha_ultima_calibracion: Fecha
    fecha_ultima_comprobacion: Fecha
    fecha_ultimo_mantenimiento: Fecha
    proxima_calibracion: Fecha
    proxima_comprobacion: Fecha
    proximo_mantenimiento: Fecha
    documentos: DocumentosDump
    imagen: Archivo
    calibraciones: tuple[CalibracionDump, ...]
    mantenimientos: tuple[MantenimientoDump, ...]
    comprobaciones: tuple[ComprobacionDump, ...]
    baja: BajaDump | None


@dataclass(frozen=True, slots=True)
class DocumentosDump:
    manual: Archivo
    ficha_tecnica: Archivo
    compra: Archivo
    otros_documentos: Archivo


@dataclass(frozen=True, slots=True)
class CalibracionDump:
    fecha: FechaDeEvento
    proveedor: Nombre
    resultado: Nombre
    numero_certificado: Nombre
    observaciones: Largo
    costo: Costo
    certificado: Archivo
    confirmacion: Archivo
    intervalos: Archivo
    magnitudes: tuple[MagnitudDump, ...]


@dataclass(frozen=True, slots=True)
class MantenimientoDump:
    fecha: FechaDeEvento
    tipo: Nombre
    proveedor: Nombre
    responsable: Nombre
    costo: Costo
    descripcion: Largo
    observaciones: Largo
    documento: Archivo
    documento_externo: Archivo
    documento_interno: Archivo


@dataclass(frozen=True, slots=True)
class ComprobacionDump:
    fecha: FechaDeEvento
    proveedor: Nombre
    responsable: Nombre
    resultado: Nombre
    observaciones: Largo
    consecutivo: Etiqueta
    equipo_referencia: Nombre
    certificado: Archivo
    documento: Archivo
    documento_externo: Archivo
    documento_interno: Archivo
    magnitudes: tuple[MagnitudDump, ...]


@dataclass(frozen=True, slots=True)
class MagnitudDump:
    nombre: Nombre
    unidad: Nombre
    puntos: tuple[PuntoDump, ...]


@dataclass(frozen=True, slots=True)
class PuntoDump:
    nominal: Numero
    lectura: Numero
    error: Numero
    # A number where it is one, else as written: "±0,5 °C", "2 % FS".
    emp_absoluto: Annotated[float | str | None, NumberOrText(300)]
    incertidumbre: Numero
    conformidad: Nombre


@dataclass(frozen=True, slots=True)
class BajaDump:
    fecha: FechaDeEvento
    razon: Largo
    observaciones: Largo
    documento: Archivo


@dataclass(frozen=True, slots=True)
class PrestamoDump:
    equipo: Annotated[str, Text(200, required=True)]
    prestatario: Nombre
    cedula: Etiqueta
    cargo: Nombre
    telefono: Etiqueta
    email: Nombre
    fecha_prestamo: Fecha
    devolucion_programada: Fecha
    devolucion_real: Fecha
    estado: Nombre
    observaciones: Largo


def read_dump(folder: Path) -> Dump:
    """The dump in `folder`, every file that it names seen to be there; raises DumpError (SPEC)."""
    reading = Reading(folder=DumpFolder(folder))
    with _collector_at_rest():
        data = load_data(reading.folder)
        _check_top(data)
        values = read_record(Dump, data, "", reading)
    dump = Dump(**values, files=tuple(reading.files), warnings=tuple(reading.warnings))
    _check_prestamos(dump)
    return dump


@contextlib.contextmanager
def _collector_at_rest() -> Iterator[None]:
    """A dump becomes millions of values and no cycle; to search them took 2 s of 8 (10,000 equipos)."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _check_top(data: object) -> None:
    """Before all else: in another format no other place means anything."""
    if not isinstance(data, dict):
        raise DumpError(DATA_FILE, unlike("un objeto", data))
    formato = data.get("formato")
    if formato != FORMATO:
        problem = "falta" if formato is None else f"formato desconocido {shown(formato)}"
        raise DumpError("formato", f"{problem}; se espera {FORMATO}")
    for key in ("empresa", "equipos"):
        if data.get(key) is None:
            # A misspelt key must not load an empresa without equipos.
            raise DumpError(key, "falta")


def _check_prestamos(dump: Dump) -> None:
    codigos = {equipo.codigo_interno for equipo in dump.equipos}
    for index, prestamo in enumerate(dump.prestamos):
        if prestamo.equipo not in codigos:
            problem = f"{shown(prestamo.equipo)} no es el código de un equipo de este volcado"
            raise DumpError(f"prestamos[{index}].equipo", problem)
