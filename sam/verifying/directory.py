"""The central directory of a ZIP, read strictly: a structure that two readers could take for two things is refused.

Sections are those of PKWARE's APPNOTE 6.3. SAM's archives have neither comment, nor gaps, nor several disks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from struct import Struct, unpack_from
from typing import Final

from sam.verifying.manifest import LARGEST_NUMBER
from sam.verifying.outcome import Problem, Unreadable
from sam.verifying.source import Source

# A hundred bytes for each entry, roughly: half a million files, where a part has some thousands.
DIRECTORY_BYTES_LIMIT: Final = 64 * 1024 * 1024
COMMENT_BYTES_LIMIT: Final = 0xFFFF
LOCAL_HEADER_BYTES: Final = 30

ALL_16: Final = 0xFFFF
ALL_32: Final = 0xFFFFFFFF
UTF8_FLAG: Final = 1 << 11
ZIP64_EXTRA: Final = 0x0001
UNICODE_PATH_EXTRA: Final = 0x7075
REGULAR_FILES: Final = (0x0000, 0x8000)  # no type at all, or S_IFREG
FILE_TYPE: Final = 0xF000
DOS_FOLDER_OR_LABEL: Final = 0x18

_END = Struct("<4s4H2LH")  # 4.3.16
_LOCATOR = Struct("<4sLQL")  # 4.3.15
_END_64 = Struct("<4sQ2H2L4Q")  # 4.3.14
_CENTRAL = Struct("<4s6H3L5H2L")  # 4.3.12


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as the directory describes it. Its header is at `offset`, and what comes after it at `limit`."""

    name: str
    raw_name: bytes
    version: int  # of the format, in tenths, that a reader needs
    flags: int
    method: int
    crc32: int
    compressed: int
    size: int
    offset: int
    limit: int
    renamed: bool  # another name for it stands in an extra field
    regular: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """The entries in the order of their bytes, and whether anything stands before or after them."""

    entries: tuple[Entry, ...]
    has_comment: bool
    begins_late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    at: int
    count: int
    size: int
    offset: int
    has_comment: bool


def read_directory(source: Source) -> Directory:
    """Raises Unreadable: not a ZIP, a directory that contradicts itself, or one beyond the bound."""
    end = _find_end(source)
    if end.size > DIRECTORY_BYTES_LIMIT:
        raise Unreadable(Problem.TOO_MANY)
    if end.offset + end.size != end.at:
        raise Unreadable(Problem.DIRECTORY)
    entries = _entries(source.read(end.offset, end.size), count=end.count, start=end.offset)
    begins_late = (entries[0].offset if entries else end.offset) > 0
    return Directory(entries=entries, has_comment=end.has_comment, begins_late=begins_late)


def resolve_zip64(extra: bytes, *numbers: int) -> tuple[int, ...]:
    """The numbers, each that is all ones replaced by its 64 bits of the extra field (4.5.3)."""
    wide = extra_fields(extra).get(ZIP64_EXTRA, b"")
    resolved = []
    for number in numbers:
        if number == ALL_32:
            if len(wide) < 8:
                raise Unreadable(Problem.DIRECTORY)
            (number,), wide = unpack_from("<Q", wide), wide[8:]
        if number > LARGEST_NUMBER:
            raise Unreadable(Problem.DIRECTORY)
        resolved.append(number)
    return tuple(resolved)


def extra_fields(extra: bytes) -> dict[int, bytes]:
    """The extra fields by their kind; raises Unreadable where they do not fill their space, or come twice."""
    fields: dict[int, bytes] = {}
    at = 0
    while at < len(extra):
        if at + 4 > len(extra):
            raise Unreadable(Problem.DIRECTORY)
        kind, length = unpack_from("<2H", extra, at)
        at += 4 + length
        if kind in fields or at > len(extra):
            raise Unreadable(Problem.DIRECTORY)
        fields[kind] = extra[at - length : at]
    return fields


def _find_end(source: Source) -> _End:
    """The end record is the last of the archive, whatever a comment claims."""
    tail_size = min(source.size, _END.size + COMMENT_BYTES_LIMIT)
    tail = source.read(source.size - tail_size, tail_size)
    at = len(tail) - _END.size
    while at >= 0:
        at = tail.rfind(b"PK\x05\x06", 0, at + 4)
        if at < 0:
            break
        *fields, comment = _END.unpack_from(tail, at)
        if at + _END.size + comment == len(tail):
            return _end(source, source.size - tail_size + at, fields, has_comment=comment > 0)
        at -= 1
    raise Unreadable(Problem.NOT_ZIP)


def _end(source: Source, at: int, fields: list[int], *, has_comment: bool) -> _End:
    _, disk, first_disk, here, count, size, offset = fields
    wide = _end_64(source, at)
    if wide is None:
        if disk or first_disk or here != count:
            raise Unreadable(Problem.DIRECTORY)
        return _End(at=at, count=count, size=size, offset=offset, has_comment=has_comment)
    at, wide_fields = wide
    narrow = zip((here, count, size, offset), (ALL_16, ALL_16, ALL_32, ALL_32), wide_fields, strict=True)
    if any(number not in (ones, number_64) for number, ones, number_64 in narrow):
        raise Unreadable(Problem.DIRECTORY)
    here, count, size, offset = wide_fields
    if here != count or max(wide_fields) > LARGEST_NUMBER or disk not in (0, ALL_16) or first_disk not in (0, ALL_16):
        raise Unreadable(Problem.DIRECTORY)
    return _End(at=at, count=count, size=size, offset=offset, has_comment=has_comment)


def _end_64(source: Source, end_at: int) -> tuple[int, tuple[int, int, int, int]] | None:
    """Where the ZIP64 end record is and its four numbers, if a locator stands before the end record."""
    locator_at = end_at - _LOCATOR.size
    if locator_at < 0:
        return None
    signature, disk, at, disks = _LOCATOR.unpack(source.read(locator_at, _LOCATOR.size))
    if signature != b"PK\x06\x07":
        return None
    if at + _END_64.size > locator_at:
        raise Unreadable(Problem.DIRECTORY)
    signature, length, _, _, this_disk, first_disk, *numbers = _END_64.unpack(source.read(at, _END_64.size))
    if signature != b"PK\x06\x06" or at + 12 + length != locator_at or disk or this_disk or first_disk or disks != 1:
        raise Unreadable(Problem.DIRECTORY)
    here, count, size, offset = numbers
    return at, (here, count, size, offset)


def _entries(data: bytes, *, count: int, start: int) -> tuple[Entry, ...]:
    """All the entries, by offset; what follows the last is the directory, which begins at `start`."""
    found, at = [], 0
    while at < len(data):
        entry, at = _entry(data, at)
        found.append(entry)
    found.sort(key=lambda entry: entry.offset)
    if len(found) != count or (found and found[-1].offset + LOCAL_HEADER_BYTES > start):
        raise Unreadable(Problem.DIRECTORY)
    limits = [entry.offset for entry in found[1:]] + [start]
    return tuple(replace(entry, limit=limit) for entry, limit in zip(found, limits, strict=False))


def _entry(data: bytes, at: int) -> tuple[Entry, int]:
    """The entry whose record begins at `at`, and where the next one does."""
    if at + _CENTRAL.size > len(data):
        raise Unreadable(Problem.DIRECTORY)
    record = _CENTRAL.unpack_from(data, at)
    signature, _, version, flags, method, _, _, crc32, narrow_compressed, narrow_size = record[:10]
    name_length, extra_length, comment_length, disk, _, attributes, narrow_offset = record[10:]
    name_at = at + _CENTRAL.size
    extra_at = name_at + name_length
    end = extra_at + extra_length + comment_length
    if signature != b"PK\x01\x02" or end > len(data) or disk not in (0, ALL_16):
        raise Unreadable(Problem.DIRECTORY)
    raw_name, extra = data[name_at:extra_at], data[extra_at : extra_at + extra_length]
    size, compressed, offset = resolve_zip64(extra, narrow_size, narrow_compressed, narrow_offset)
    entry = Entry(
        name=raw_name.decode("utf-8" if flags & UTF8_FLAG else "ascii", "replace"),
        raw_name=raw_name,
        version=version & 0xFF,
        flags=flags,
        method=method,
        crc32=crc32,
        compressed=compressed,
        size=size,
        offset=offset,
        limit=offset,
        renamed=UNICODE_PATH_EXTRA in extra_fields(extra),
        regular=(attributes >> 16) & FILE_TYPE in REGULAR_FILES and not attributes & DOS_FOLDER_OR_LABEL,
    )
    return entry, end
