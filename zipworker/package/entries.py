"""Where each documento of an equipo lies in the ZIP: the tree that auditors and their scripts depend on. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sam.planning.fichas import EmpresaFicha, EquipoFicha
from sam.planning.names import extension_of, procedimiento_names
from sam.planning.plan import PlannedEquipo, StoredDocument
from sam.planning.semaforo import DE_BAJA

HOJA_DE_VIDA: Final = "Hoja_de_vida.pdf"


@dataclass(frozen=True, slots=True)
class Entry:
    """One registered documento and its path from the root folder; `codigo` is "" for a procedimiento.

    `documento` is None where the documento itself is no longer known (a retry days later).
    """

    documento_id: int
    documento: StoredDocument | None
    codigo: str
    label: str
    path: str
    fecha: str | None = None
    numero: str = ""


@dataclass(frozen=True, slots=True)
class General:
    """A documento that an equipo has once."""

    field: str
    label: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of numbered files, one for each record of `history` whose `field` names a documento."""

    history: str
    field: str
    path: str
    stem: str
    label: str


GENERAL: Final = (
    General("compra", "Documento de compra"),
    General("ficha_tecnica", "Ficha técnica"),
    General("manual", "Manual"),
    General("otros_documentos", "Otros documentos"),
)
IMAGEN: Final = General("imagen", "Imagen")
FOLDERS: Final = (
    Folder(
        "calibraciones",
        "certificado",
        "Calibraciones/Certificados_Calibracion",
        "cal",
        "Certificado de calibración",
    ),
    Folder(
        "calibraciones",
        "confirmacion",
        "Calibraciones/Confirmacion_Metrologica",
        "conf",
        "Confirmación metrológica",
    ),
    Folder(
        "calibraciones",
        "intervalos",
        "Calibraciones/Intervalos_Calibracion",
        "int",
        "Intervalos de calibración",
    ),
    Folder("mantenimientos", "documento", "Mantenimientos", "mant", "Informe de mantenimiento"),
    Folder(
        "mantenimientos",
        "documento_externo",
        "Mantenimientos/Documentos_Externos",
        "ext",
        "Documento externo de mantenimiento",
    ),
    Folder(
        "mantenimientos",
        "documento_interno",
        "Mantenimientos/Documentos_Internos",
        "int",
        "Documento interno de mantenimiento",
    ),
    Folder(
        "comprobaciones",
        "certificado",
        "Comprobaciones/Certificados_Comprobacion",
        "comp",
        "Certificado de comprobación",
    ),
    Folder(
        "comprobaciones",
        "documento_externo",
        "Comprobaciones/Documentos_Externos",
        "ext",
        "Documento externo de comprobación",
    ),
    Folder(
        "comprobaciones",
        "documento_interno",
        "Comprobaciones/Documentos_Internos",
        "int",
        "Documento interno de comprobación",
    ),
    Folder(
        "comprobaciones",
        "documento",
        "Comprobaciones/Documentos_Generales",
        "doc",
        "Documento general de comprobación",
    ),
)
BAJA: Final = Folder("baja", "documento", "Baja", "documento_baja", "Documento de baja")


def equipo_entries(equipo: PlannedEquipo, documents: Mapping[int, StoredDocument]) -> Iterator[Entry]:
    """The documentos of one equipo in the order of the archive; numbers count what a folder holds."""
    ficha = equipo.ficha
    base = equipo_path(equipo)

    def entry(id: int, label: str, path: str, fecha: str | None = None, numero: str = "") -> Entry:
        documento = documents.get(id)
        extension = extension_of(documento.nombre) if documento else ""
        return Entry(id, documento, equipo.codigo, label, f"{base}/{path}{extension}", fecha, numero)

    for general in GENERAL:
        if (id := general_document(ficha, general)) is not None:
            yield entry(id, general.label, general.field)
    if ficha["imagen"] is not None:
        yield entry(ficha["imagen"], IMAGEN.label, IMAGEN.field)
    for folder in FOLDERS:
        for number, record in enumerate(records_with_document(ficha, folder), 1):
            yield entry(
                record[folder.field],
                f"{folder.label} {number}",
                f"{folder.path}/{folder.stem}_{number}",
                record["fecha"],
                record.get("numero_certificado", ""),
            )
    baja = ficha["baja"]
    if is_de_baja(ficha) and baja and baja["documento"] is not None:
        yield entry(baja["documento"], BAJA.label, f"{BAJA.path}/{BAJA.stem}", baja["fecha"])


def equipo_path(equipo: PlannedEquipo) -> str:
    """The equipo's folder, from the root folder."""
    return f"Equipos/{equipo.folder}"


def is_de_baja(ficha: EquipoFicha) -> bool:
    return ficha["estado"] == DE_BAJA


def general_document(ficha: EquipoFicha, general: General) -> int | None:
    """The id of a documento that an equipo has once; None is "no cargado"."""
    return cast("Mapping[str, int | None]", ficha["documentos"])[general.field]


def records_of(ficha: EquipoFicha, history: str) -> Sequence[Mapping[str, Any]]:
    """The calibraciones, mantenimientos or comprobaciones, in the order (fecha, id)."""
    return cast("Mapping[str, Sequence[Mapping[str, Any]]]", ficha)[history]


def records_with_document(ficha: EquipoFicha, folder: Folder) -> list[Mapping[str, Any]]:
    """The records that a folder has a file of, in the order of their numbers."""
    return [record for record in records_of(ficha, folder.history) if record[folder.field] is not None]


def procedimiento_entries(empresa: EmpresaFicha, documents: Mapping[int, StoredDocument]) -> list[Entry]:
    """The procedimientos that have a documento; they lie in the last part only."""
    registered = [(row, row["documento"]) for row in empresa["procedimientos"] if row["documento"] is not None]
    stored = [documents.get(id) for _, id in registered]
    names = procedimiento_names(
        [
            (row["codigo"], row["nombre"], documento.nombre if documento else "")
            for (row, _), documento in zip(registered, stored, strict=True)
        ]
    )
    return [
        Entry(
            id,
            documento,
            "",
            f"Procedimiento {row['codigo']}".rstrip(),
            f"Procedimientos/{name}",
            row["fecha_emision"],
        )
        for (row, id), documento, name in zip(registered, stored, names, strict=True)
    ]
