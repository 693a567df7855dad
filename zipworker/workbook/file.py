"""A workbook on disk, with what an archive must know of it before its first byte."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WORKBOOK_NAME: Final = "Informe_Consolidado.xlsx"
CHUNK_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class WorkbookFile:
    """Where it is, its size and its checksums."""

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


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(CHUNK_BYTES), b"")
