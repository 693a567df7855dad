"""The plan of a part: everything its builder needs to know, fixed at one instant and handed over as a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sam.planning.fichas import EmpresaFicha, EquipoFicha

EQUIPOS_PER_PART = 35


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """One documento as it was stored: `bytes`, `crc32` and `sha256` (hex) were taken from what came in."""

    id: int
    key: str
    nombre: str
    bytes: int
    crc32: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PlannedEquipo:
    """One equipo of a request: `ordinal` counts from 1 through all parts, `folder` is unique in the request."""

    ordinal: int
    part: int
    codigo: str
    folder: str
    ficha: EquipoFicha


@dataclass(frozen=True, slots=True)
class PartRange:
    """What one part holds, as ordinals (both ends included) and as the codes at its ends."""

    number: int
    first: int
    last: int
    first_codigo: str
    last_codigo: str


@dataclass(frozen=True, slots=True)
class PartPlan:
    """One part of a request at its instant (aware, UTC), with every documento its Fichas name."""

    request_id: int
    part_id: int
    number: int
    of: int
    instant: datetime
    empresa: EmpresaFicha
    root: str
    equipos: tuple[PlannedEquipo, ...]
    documents: Mapping[int, StoredDocument]
    ranges: tuple[PartRange, ...]


def split_into_parts(codigos: Sequence[str], *, size: int = EQUIPOS_PER_PART) -> tuple[PartRange, ...]:
    """The ranges of the parts for codes already in their order: 69 codes make 1–35 and 36–69."""
    return tuple(
        PartRange(
            number=start // size + 1,
            first=start + 1,
            last=min(start + size, len(codigos)),
            first_codigo=codigos[start],
            last_codigo=codigos[min(start + size, len(codigos)) - 1],
        )
        for start in range(0, len(codigos), size)
    )
