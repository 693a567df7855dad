"""Building the workbook: rows go to disk as they come, and the file's bytes depend on the data only."""

from __future__ import annotations

import hashlib
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.packaging.core import DocumentProperties
from openpyxl.xml.constants import ARC_CORE
from openpyxl.xml.functions import tostring

from sam.planning.fichas import EmpresaFicha
from sam.planning.names import BOGOTA
from sam.planning.plan import PlannedEquipo
from zipworker.workbook.columns import (
    PRESTAMOS,
    PROCEDIMIENTOS,
    PROVEEDORES,
    Column,
    Record,
    equipos_columns,
)
from zipworker.workbook.sheet import Sheet, legal_text

WORKBOOK_NAME: Final = "Informe_Consolidado.xlsx"
CHUNK_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class WorkbookFile:
    """A workbook on disk, with what an archive must know before its first byte."""

    path: Path
    size: int
    crc32: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> WorkbookFile:
        size, crc32, digest = 0, 0, hashlib.sha256()
        for chunk in _chunks(path):
            size += len(chunk)
            crc32 = zlib.crc32(chunk, crc32)
            digest.update(chunk)
        return cls(path, size, crc32, digest.hexdigest())

    def chunks(self) -> Iterator[bytes]:
        return _chunks(self.path)


def build_workbook(*, empresa: EmpresaFicha, equipos: Iterable[PlannedEquipo], instant: datetime, target: Path) -> None:
    """Write the workbook of an empresa's lists and all its equipos; `target` appears when it is whole."""
    book = Workbook(write_only=True)
    nombre = empresa["nombre"]
    _write_sheet(book, "Equipos", equipos_columns(nombre), (equipo.ficha for equipo in equipos))
    _write_sheet(book, "Proveedores", PROVEEDORES, empresa["proveedores"])
    _write_sheet(book, "Procedimientos", PROCEDIMIENTOS, empresa["procedimientos"])
    _write_sheet(book, "Préstamos", PRESTAMOS, empresa["prestamos"])
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        with tempfile.TemporaryFile() as raw:
            book.save(raw)
            _rewrite(raw, unfinished, instant=instant, core=_properties(nombre, instant))
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _write_sheet(book: Workbook, title: str, columns: tuple[Column, ...], records: Iterable[Record]) -> None:
    sheet = Sheet(book, title, columns)
    try:
        for record in records:
            sheet.append(record)
    except BaseException:
        sheet.abandon()
        raise
    sheet.close()


def _properties(nombre: str, instant: datetime) -> bytes:
    moment = instant.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    properties = DocumentProperties(
        creator="SAM", title=legal_text(f"Informe consolidado de {nombre}"), created=moment, modified=moment
    )
    return cast("bytes", tostring(properties.to_tree()))  # lxml's, which its stub takes for ElementTree's


def _rewrite(raw: IO[bytes], target: Path, *, instant: datetime, core: bytes) -> None:
    """The same entries with the instant as their time: openpyxl writes the clock's, here and in its properties."""
    when = instant.astimezone(BOGOTA).timetuple()[:6]
    with ZipFile(raw) as source, ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for name in source.namelist():
            entry = ZipInfo(name, when)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with source.open(name) as old, archive.open(entry, "w") as new:
                if name == ARC_CORE:
                    new.write(core)
                    continue
                for chunk in iter(lambda: old.read(CHUNK_BYTES), b""):
                    new.write(chunk)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(CHUNK_BYTES), b"")
