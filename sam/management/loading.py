"""Loading a dump: read and check it, store its files, then write its rows. What fails leaves nothing behind."""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from django.db import DatabaseError, IntegrityError, InterfaceError

from sam.errors import DumpError, MissingObject, StorageError
from sam.importing.dump import Dump, read_dump
from sam.planning.names import extension_of
from sam.services.candado import importing, nobody_imports
from sam.services.cuidado import unclaimed_documents
from sam.services.fichas import freeze_in_batches
from sam.services.importar import Imported, StoredFile, known_empresa, reserve_empresa_id, write_dump
from sam.storage import CHUNK_BYTES, Storage, get_storage

logger = logging.getLogger(__name__)

LONGEST_NAME = 255


def load_dump(folder: Path, *, progress: Callable[[int, int], None] = lambda done, of: None) -> tuple[Imported, Dump]:
    """Load the empresa of a dump; raises DumpError, and then nothing of it is loaded."""
    dump = read_dump(folder)
    storage = get_storage()
    try:
        imported = _load(folder, dump, storage, progress)
    except IntegrityError:
        # Somebody else imported the same new empresa meanwhile: now it is known, and the files go under its id.
        imported = _load(folder, dump, storage, progress)
    freeze_in_batches(imported.empresa)  # ahead of the first click, which would do it too
    return imported, dump


def _load(folder: Path, dump: Dump, storage: Storage, progress: Callable[[int, int], None]) -> Imported:
    written: list[str] = []
    try:
        with importing():
            empresa_id = known_empresa(dump.empresa) or reserve_empresa_id()
            stored: dict[str, StoredFile] = {}
            for number, path in enumerate(dump.files, start=1):
                stored[path] = _store(storage, folder / path, path, empresa_id, written)
                progress(number, len(dump.files))
            return write_dump(dump, empresa_id=empresa_id, stored=stored)
    except BaseException:
        _take_back(storage, written)
        raise


def _take_back(storage: Storage, written: list[str]) -> None:
    """Delete what an import that failed has stored; what cannot be deleted now is left to clean-up.

    Keys are made of contents: another import may name one of ours by now, or be about to.
    """
    try:
        with nobody_imports() as alone:
            for key in unclaimed_documents(written) if alone else ():
                storage.delete(key)
    except (DatabaseError, InterfaceError, StorageError) as error:
        logger.warning("action=left_for_clean_up keys=%s error=%s", len(written), type(error).__name__)


def _store(storage: Storage, file: Path, path: str, empresa_id: int, written: list[str]) -> StoredFile:
    """Store one file under its content's hash, unless it is there; measured from the bytes that were stored."""
    size, crc32, sha256 = _measure(file, path)
    key = f"documentos/{empresa_id}/{sha256[:2]}/{sha256}{extension_of(path)}"
    one = StoredFile(key=key, nombre=file.name[-LONGEST_NAME:], bytes=size, crc32=crc32, sha256=sha256)
    if not _is_stored(storage, one):
        storage.write(key, _chunks(file, path))
        written.append(key)
        if _measure(file, path) != (size, crc32, sha256):
            raise DumpError(path, "cambió mientras se leía")
    return one


def _is_stored(storage: Storage, one: StoredFile) -> bool:
    try:
        return storage.size(one.key) == one.bytes
    except MissingObject:
        return False


def _measure(file: Path, path: str) -> tuple[int, int, str]:
    size, crc32, digest = 0, 0, hashlib.sha256()
    for chunk in _chunks(file, path):
        size += len(chunk)
        crc32 = zlib.crc32(chunk, crc32)
        digest.update(chunk)
    return size, crc32, digest.hexdigest()


def _chunks(file: Path, path: str) -> Iterator[bytes]:
    try:
        with file.open("rb") as opened:
            while chunk := opened.read(CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise DumpError(path, f"no se puede leer ({error.strerror})") from error
