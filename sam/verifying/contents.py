"""One entry of an archive: its two headers compared, its bytes as they were before they were packed."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from struct import Struct, pack
from typing import Final

from sam.verifying.directory import LOCAL_HEADER_BYTES, UNICODE_PATH_EXTRA, Entry, extra_fields, resolve_zip64
from sam.verifying.outcome import Damaged, Reason, Unreadable
from sam.verifying.source import CHUNK_BYTES, Source, chunks

STORED: Final = 0
DEFLATED: Final = 8
ENCRYPTED_FLAGS: Final = 1 << 0 | 1 << 6 | 1 << 13
PATCH_FLAG: Final = 1 << 5
NEWEST_VERSION: Final = 63  # other readers refuse what asks for more
SIZES_FOLLOW_FLAG: Final = 1 << 3
RAW_DEFLATE_WBITS: Final = -15

_LOCAL = Struct("<4s5H3L2H")  # APPNOTE 4.3.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an entry's packed bytes begin, and whether bytes of nobody come after them."""

    start: int
    is_followed_by_stray: bool


def locate(source: Source, entry: Entry) -> Place:
    """Raises Damaged where the entry's own header does not say what the directory says, or others share its bytes."""
    if entry.limit - entry.offset < LOCAL_HEADER_BYTES:
        raise Damaged(Reason.OVERLAP)
    record = _LOCAL.unpack(source.read(entry.offset, LOCAL_HEADER_BYTES))
    signature, version, flags, method, _, _, crc32, compressed, size, name_length, extra_length = record
    start = entry.offset + LOCAL_HEADER_BYTES + name_length + extra_length
    end = start + entry.compressed
    if end > entry.limit:
        raise Damaged(Reason.OVERLAP)
    tail = source.read(entry.offset + LOCAL_HEADER_BYTES, name_length + extra_length)
    name, extra = tail[:name_length], tail[name_length:]
    if signature != b"PK\x03\x04" or (name, flags, method) != (entry.raw_name, entry.flags, entry.method):
        raise Damaged(Reason.HEADER)
    if version & 0xFF > NEWEST_VERSION:
        raise Damaged(Reason.HEADER)
    _compare(entry, crc32=crc32, narrow=(size, compressed), extra=extra)
    return Place(start=start, is_followed_by_stray=_is_stray(source, entry, end))


def content(source: Source, entry: Entry, place: Place) -> Iterator[bytes]:
    """The entry's bytes, at most as many as its header says.

    Raises Damaged: at once where they are packed in a way that is not read, later where they are not all there.
    """
    if entry.flags & ENCRYPTED_FLAGS:
        raise Damaged(Reason.ENCRYPTED)
    known = entry.method in (STORED, DEFLATED) and entry.version <= NEWEST_VERSION
    if not known or entry.flags & PATCH_FLAG:
        raise Damaged(Reason.METHOD)
    return _unpacked(source, entry, place)


def sums(pieces: Iterable[bytes]) -> tuple[str, int]:
    """The SHA-256 and the CRC-32 of what passes."""
    sha256, crc32 = hashlib.sha256(), 0
    for piece in pieces:
        sha256.update(piece)
        crc32 = zlib.crc32(piece, crc32)
    return sha256.hexdigest(), crc32


def _unpacked(source: Source, entry: Entry, place: Place) -> Iterator[bytes]:
    packed = chunks(source, place.start, entry.compressed)
    passed = 0
    for chunk in packed if entry.method == STORED else _inflated(packed):
        passed += len(chunk)
        if passed > entry.size:  # a bomb is left alone here
            raise Damaged(Reason.BYTES)
        yield chunk
    if passed != entry.size:
        raise Damaged(Reason.DATA)


def _compare(entry: Entry, *, crc32: int, narrow: tuple[int, int], extra: bytes) -> None:
    """The local header against the directory; with sizes that follow the data, it may leave its own at zero."""
    try:
        sizes = resolve_zip64(extra, *narrow)
        renamed = UNICODE_PATH_EXTRA in extra_fields(extra)
    except Unreadable as error:
        raise Damaged(Reason.HEADER) from error
    said, true = (crc32, *sizes), (entry.crc32, entry.size, entry.compressed)
    follow = entry.flags & SIZES_FOLLOW_FLAG
    same = all(one == other or (follow and one == 0) for one, other in zip(said, true, strict=True))
    if renamed or entry.renamed or not same:
        raise Damaged(Reason.HEADER)


def _is_stray(source: Source, entry: Entry, end: int) -> bool:
    """Whether what stands between the data and the next header is more than the descriptor of 4.3.9."""
    gap = entry.limit - end
    if not entry.flags & SIZES_FOLLOW_FLAG:
        return gap > 0
    if gap > 24:
        return True
    plain = [pack("<L2Q", entry.crc32, entry.compressed, entry.size)]
    if max(entry.compressed, entry.size) < 2**32:
        plain.append(pack("<3L", entry.crc32, entry.compressed, entry.size))
    return source.read(end, gap) not in {*plain, *(b"PK\x07\x08" + descriptor for descriptor in plain)}


def _inflated(packed: Iterable[bytes]) -> Iterator[bytes]:
    """Raw deflate undone, a bounded piece at a time; its end has to be the end of the packed bytes."""
    inflater = zlib.decompressobj(RAW_DEFLATE_WBITS)
    for chunk in packed:
        waiting, full = chunk, True
        while (waiting or full) and not inflater.eof:
            try:
                piece = inflater.decompress(waiting, CHUNK_BYTES)
            except zlib.error as error:
                raise Damaged(Reason.DATA) from error
            waiting, full = inflater.unconsumed_tail, len(piece) == CHUNK_BYTES
            yield piece
        if inflater.unused_data or waiting:
            raise Damaged(Reason.DATA)
    if not inflater.eof:
        raise Damaged(Reason.DATA)
