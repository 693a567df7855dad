"""One equipo of the demo, and what happened to it: the values from which its papers and its record are written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sam.demo.catalogue import Instrument
from sam.demo.companies import Company, Person, Supplier
from sam.demo.measuring import Serie


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An equipo as its papers name it; `ordinal` counts from 1 and names its folder in the dump."""

    ordinal: int
    codigo: str
    instrument: Instrument
    numero_serie: str
    company: Company
    responsable: Person
    comprado: date
    vendedor: Supplier

    def path(self, name: str) -> str:
        """Where a document goes in the dump: never by the codigo, which may be hostile."""
        return f"files/{self.ordinal:03d}/{name}"

    @property
    def imagen(self) -> str:
        return self.path("imagen.jpg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibracion:
    fecha: date
    proveedor: Supplier
    numero: str
    series: tuple[Serie, ...]
    costo: int

    @property
    def conforme(self) -> bool:
        return all(serie.conforme for serie in self.series)

    @property
    def resultado(self) -> str:
        return "Aprobado" if self.conforme else "No Aprobado"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mantenimiento:
    fecha: date
    tipo: str
    proveedor: Supplier | None
    costo: int | None
    actividades: tuple[str, ...]
    hallazgo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comprobacion:
    fecha: date
    consecutivo: str
    referencia: str
    series: tuple[Serie, ...]
