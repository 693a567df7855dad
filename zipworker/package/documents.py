"""Reading a documento so that nothing is promised in the archive that its bytes do not keep."""

from __future__ import annotations

import hashlib
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from sam.errors import MissingObject, SamError, UnreadableObject
from sam.planning.plan import StoredDocument
from zipworker.package.missing import Motivo

HELD_BYTES = 8 * 1024 * 1024
CHUNK_BYTES = 256 * 1024

ReadDocument = Callable[[StoredDocument], Iterator[bytes]]


class NotIncluded(SamError):
    """A documento that was found wanting before its header was written: it is named in FALTANTES."""

    code = "not_included"
    words = "El documento no se puede incluir."

    def __init__(self, motivo: Motivo) -> None:
        super().__init__()
        self.motivo = motivo


class DocumentChanged(SamError):
    """A large documento that was found wanting after its header was written: the part must begin again without it."""

    code = "document_changed"
    words = "Un documento grande no es el que se registró."

    def __init__(self, documento_id: int, motivo: Motivo) -> None:
        super().__init__()
        self.documento_id = documento_id
        self.motivo = motivo


@dataclass(frozen=True, slots=True)
class Payload:
    """Bytes on their way into the archive, and what they will amount to."""

    size: int
    crc32: int
    sha256: str
    chunks: Iterator[bytes]


def payload_of(data: bytes) -> Payload:
    """The payload of bytes in memory."""
    return Payload(len(data), zlib.crc32(data), hashlib.sha256(data).hexdigest(), iter((data,)))


def open_document(document: StoredDocument, read: ReadDocument) -> Payload:
    """A small documento read and checked whole, a large one opened and checked as it passes.

    Raises NotIncluded; a large one's chunks raise DocumentChanged. StorageUnavailable passes through both:
    a store that does not answer says nothing about the documento.
    """
    if document.bytes <= HELD_BYTES:
        return payload_of(_held(document, read))
    chunks = _passing(document, read)
    try:
        first = next(chunks)
    except DocumentChanged as error:
        raise NotIncluded(error.motivo) from error
    return Payload(document.bytes, document.crc32, document.sha256, _chained(first, chunks))


def spool_document(document: StoredDocument, read: ReadDocument, spool: IO[bytes]) -> Payload:
    """A documento copied into a file and checked, for a reader that wants to seek; raises NotIncluded.

    The payload's chunks come from the file, from its start, wherever that reader left it.
    """
    crc32 = 0
    try:
        for chunk in _passing(document, read):
            crc32 = zlib.crc32(chunk, crc32)
            spool.write(chunk)
    except DocumentChanged as error:
        raise NotIncluded(error.motivo) from error
    return Payload(document.bytes, crc32, document.sha256, _chunks_of(spool))


def _chunks_of(spool: IO[bytes]) -> Iterator[bytes]:
    spool.seek(0)
    yield from iter(lambda: spool.read(CHUNK_BYTES), b"")


def new_spool() -> IO[bytes]:
    """A file that is in memory while it is small, and has no name."""
    return tempfile.SpooledTemporaryFile(max_size=HELD_BYTES)


def _held(document: StoredDocument, read: ReadDocument) -> bytes:
    try:
        return b"".join(_passing(document, read))
    except DocumentChanged as error:
        raise NotIncluded(error.motivo) from error


def _passing(document: StoredDocument, read: ReadDocument) -> Iterator[bytes]:
    """The chunks of a documento, never more than were registered; the last comes only if all of them were right."""
    size, digest = 0, hashlib.sha256()
    try:
        for chunk in read(document):
            size += len(chunk)
            if size > document.bytes:
                raise DocumentChanged(document.id, Motivo.ALTERADO)
            digest.update(chunk)
            yield chunk
    except MissingObject as error:
        raise DocumentChanged(document.id, Motivo.NO_ESTA) from error
    except UnreadableObject as error:
        raise DocumentChanged(document.id, Motivo.ILEGIBLE) from error
    if size != document.bytes or digest.hexdigest() != document.sha256:
        raise DocumentChanged(document.id, Motivo.ALTERADO)


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
