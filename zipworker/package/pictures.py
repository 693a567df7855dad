"""The logo and the photo of a hoja de vida: documentos that are checked as such, and then must be images as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from sam.planning.plan import StoredDocument
from zipworker.hoja_de_vida import BrokenImage, Picture
from zipworker.package.documents import Payload, ReadDocument, open_document, spool_document

# A larger image is not shown (its file goes into the archive all the same): decoding it is not worth the time.
PICTURE_BYTES = 64 * 1024 * 1024

Normalise = Callable[[IO[bytes]], Picture]


def open_picture(
    document: StoredDocument, read: ReadDocument, *, spool: IO[bytes], normalise: Normalise
) -> tuple[Payload, Picture | None]:
    """The documento's payload, and its picture or None where its right bytes are no image that can be shown.

    Raises NotIncluded.
    """
    if document.bytes > PICTURE_BYTES:
        return open_document(document, read), None
    payload = spool_document(document, read, spool)
    spool.seek(0)
    try:
        return payload, normalise(spool)
    except BrokenImage:
        return payload, None
