"""What the ZIP of a dump must hold, worked out from the dump and the contract alone: path → SHA-256."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

# Folder and stem of each numbered documento, by history and key of the dump (SPEC, "The ZIP of a part").
NUMBERED: Final = {
    ("calibraciones", "certificado"): "Calibraciones/Certificados_Calibracion/cal",
    ("calibraciones", "confirmacion"): "Calibraciones/Confirmacion_Metrologica/conf",
    ("calibraciones", "intervalos"): "Calibraciones/Intervalos_Calibracion/int",
    ("mantenimientos", "documento"): "Mantenimientos/mant",
    ("mantenimientos", "documento_externo"): "Mantenimientos/Documentos_Externos/ext",
    ("mantenimientos", "documento_interno"): "Mantenimientos/Documentos_Internos/int",
    ("comprobaciones", "certificado"): "Comprobaciones/Certificados_Comprobacion/comp",
    ("comprobaciones", "documento_externo"): "Comprobaciones/Documentos_Externos/ext",
    ("comprobaciones", "documento_interno"): "Comprobaciones/Documentos_Internos/int",
    ("comprobaciones", "documento"): "Comprobaciones/Documentos_Generales/doc",
}


@dataclass(frozen=True)
class Expected:
    """A dump's equipos with the places of their documentos."""

    folder: Path

    @cached_property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads((self.folder / "data.json").read_text())
        return data

    @cached_property
    def codigos(self) -> list[str]:
        """In the order of the request: by code point."""
        return sorted(equipo["codigo_interno"] for equipo in self.data["equipos"])

    def documents(self, folders: Mapping[str, str]) -> dict[str, str]:
        """The SHA-256 of each documento of an equipo by its path from the root folder."""
        return {
            f"Equipos/{folders[equipo['codigo_interno']]}/{path}{_extension(file)}": self.sha256(file)
            for equipo in self.data["equipos"]
            for path, file in _of_equipo(equipo)
        }

    def procedimientos(self) -> list[str]:
        return sorted(self.sha256(row["documento"]) for row in self.data["procedimientos"] if row.get("documento"))

    def sha256(self, file: str) -> str:
        return hashlib.sha256((self.folder / file).read_bytes()).hexdigest()


def _of_equipo(equipo: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for field, file in (equipo.get("documentos") or {}).items():
        if file:
            yield field, file
    if equipo.get("imagen"):
        yield "imagen", equipo["imagen"]
    for (history, field), stem in NUMBERED.items():
        # Sorting is stable: of one day, the order of the dump is that of the ids.
        records = sorted(equipo.get(history, []), key=lambda record: str(record["fecha"]))
        for number, file in enumerate((record[field] for record in records if record.get(field)), 1):
            yield f"{stem}_{number}", file
    baja = equipo.get("baja")
    if equipo.get("estado") == "De Baja" and baja and baja.get("documento"):
        yield "Baja/documento_baja", baja["documento"]


def _extension(file: str) -> str:
    found = re.search(r"\.[A-Za-z0-9]{1,7}$", file)
    return found[0].lower() if found else ""
