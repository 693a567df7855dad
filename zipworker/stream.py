"""A ZIP as an iterator of bytes: members come in one by one, and nothing holds more than the chunk that passes."""

from __future__ import annotations

import stat
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from isal import isal_zlib
from stream_zip import NO_COMPRESSION_32, NO_COMPRESSION_64, ZIP_32, ZIP_64, MemberFile, Method, stream_zip

from sam.planning.names import BOGOTA

CHUNK_BYTES = 256 * 1024
FILE_MODE = stat.S_IFREG | 0o644
# The limits of ZIP without ZIP64 are 4 GiB and 65,535 entries; the margin is for headers and generated files.
ZIP32_BYTES = 2**32 - 256 * 1024 * 1024
ZIP32_ENTRIES = 60_000
RAW_DEFLATE_WBITS = -15


@dataclass(frozen=True, slots=True)
class Member:
    """One entry: its whole path in the archive, what its chunks will amount to, and whether they are deflated.

    A stored member's size and CRC-32 stand in its header, before the bytes: they must be right.
    """

    name: str
    size: int
    crc32: int
    chunks: Iterable[bytes]
    deflate: bool = False


def needs_zip64(*, planned_bytes: int, entries: int) -> bool:
    """Whether an archive of so much may pass what the plain format can express."""
    return planned_bytes > ZIP32_BYTES or entries > ZIP32_ENTRIES


def zip_stream(members: Iterable[Member], *, instant: datetime, zip64: bool) -> Iterator[bytes]:
    """The archive's bytes; the next member is asked for only when the one before has passed.

    Times are written in the plain format only, which has no zone: every reader, wherever it stands, shows
    the hour in Bogota that the LEEME states. Raises stream_zip's ZipError where a member is not as it said.
    """
    when = instant.astimezone(BOGOTA)

    def files() -> Iterator[MemberFile]:
        for member in members:
            yield member.name, when, FILE_MODE, _method(member, zip64=zip64), member.chunks

    yield from stream_zip(files(), chunk_size=CHUNK_BYTES, get_compressobj=_new_deflater, extended_timestamps=False)


def _method(member: Member, *, zip64: bool) -> Method:
    if member.deflate:
        return ZIP_64 if zip64 else ZIP_32
    stored = NO_COMPRESSION_64 if zip64 else NO_COMPRESSION_32
    return stored(member.size, member.crc32)


def _new_deflater() -> zlib._Compress:
    # Level 1 of isal has zlib's usual ratio on text at many times its speed; it is zlib's object in all but name.
    return cast("zlib._Compress", isal_zlib.compressobj(level=1, wbits=RAW_DEFLATE_WBITS))
