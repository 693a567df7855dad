"""A store in a folder: each object is a file, written aside and renamed when it is whole."""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sam.errors import MissingObject, StorageUnavailable, UnreadableObject
from sam.storage.interface import CHUNK_BYTES, StoredObject

UNFINISHED = ".sin-terminar"


class FileStorage:
    """Objects under one root folder; a key that would leave it is refused."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, key: str, chunks: Iterable[bytes]) -> None:
        target = self._path(key)
        # The unfinished file lies beside its target (a rename is atomic within one file system only), and its
        # name says so: clean-up removes what a dead process left.
        unfinished = target.with_name(f"{target.name}.{secrets.token_hex(4)}{UNFINISHED}")
        try:
            with _answering():
                target.parent.mkdir(parents=True, exist_ok=True)
                file = unfinished.open("xb")
            try:
                for chunk in chunks:  # what these raise is not the store's failure
                    with _answering():
                        file.write(chunk)
                with _answering():
                    file.flush()
                    os.fsync(file.fileno())
            finally:
                with suppress(OSError):  # on a full disk closing fails again; the first failure is the one to tell
                    file.close()
            with _answering():
                unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Generator[bytes]:
        try:
            with self._path(key).open("rb") as file:
                file.seek(start)
                left = None if end is None else end - start
                while left is None or left > 0:
                    chunk = file.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left))
                    if not chunk:
                        return
                    yield chunk
                    left = None if left is None else left - len(chunk)
        except OSError as error:
            raise _reading_failed(error) from error

    def size(self, key: str) -> int:
        try:
            return self._path(key).stat().st_size
        except OSError as error:
            raise _reading_failed(error) from error

    def delete(self, key: str) -> None:
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise StorageUnavailable(f"No se pudo borrar ({error.strerror}).") from error

    def link(self, key: str, *, filename: str, seconds: int) -> str | None:
        return None

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        for path, age_seconds in self._files(prefix):
            if not path.endswith(UNFINISHED):
                yield StoredObject(os.path.relpath(path, self.root), age_seconds)

    def remove_unfinished(self, prefix: str, *, older_than_seconds: float) -> int:
        removed = 0
        for path, age_seconds in self._files(prefix):
            # A file that is being written is young: its age counts from the last chunk.
            if path.endswith(UNFINISHED) and age_seconds > older_than_seconds:
                with _answering("borrar"):
                    Path(path).unlink(missing_ok=True)
                removed += 1
        return removed

    def _files(self, prefix: str) -> Iterator[tuple[str, float]]:
        """Every file below a folder, whole or not, with its age; its entries are read as they are asked for."""
        with _answering("listar"):
            yield from _walk(str(self._path(prefix.removesuffix("/"))))

    def _path(self, key: str) -> Path:
        pieces = key.split("/")
        if not key or any(piece in {"", ".", ".."} or "\0" in piece for piece in pieces):
            raise ValueError(f"not a storage key: {key!r}")
        return self.root.joinpath(*pieces)


def _walk(folder: str) -> Iterator[tuple[str, float]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _walk(entry.path)
                    continue
                with suppress(FileNotFoundError):  # deleted, or renamed because it is whole, since it was listed
                    yield entry.path, time.time() - entry.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return


@contextmanager
def _answering(what: str = "escribir") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(f"No se pudo {what} ({error.strerror}).") from error


def _reading_failed(error: OSError) -> Exception:
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return MissingObject()
    if error.errno in {errno.EACCES, errno.EISDIR, errno.EIO, errno.ELOOP, errno.EPERM}:
        return UnreadableObject()
    return StorageUnavailable(f"No se pudo leer ({error.strerror}).")
