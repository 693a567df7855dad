"""The bytes of an archive, read piece by piece: the one place of this package that touches a disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from sam.verifying.outcome import Problem, Unreadable

CHUNK_BYTES: Final = 256 * 1024


class Source(Protocol):
    """Bytes of a known length."""

    @property
    def size(self) -> int: ...

    def read(self, start: int, length: int) -> bytes:
        """Exactly so many bytes; raises Unreadable where they are not there."""


class FileSource:
    """A file on disk; raises OSError where it cannot be opened."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self.size = os.fstat(self._file.fileno()).st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def read(self, start: int, length: int) -> bytes:
        data = b""
        while len(data) < length:
            piece = os.pread(self._file.fileno(), length - len(data), start + len(data))
            if not piece:
                raise Unreadable(Problem.NOT_ZIP)
            data += piece
        return data


def chunks(source: Source, start: int, length: int) -> Iterator[bytes]:
    """A stretch of the archive, a bounded piece at a time."""
    for done in range(0, length, CHUNK_BYTES):
        yield source.read(start + done, min(CHUNK_BYTES, length - done))
