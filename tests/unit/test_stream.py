"""The ZIP as a stream: what readers see, and how little is held."""

from __future__ import annotations

import io
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from stream_zip import ZipIntegrityError

from zipworker.stream import CHUNK_BYTES, Member, needs_zip64, zip_stream

INSTANT = datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC)


def member(name: str, data: bytes, *, deflate: bool = False) -> Member:
    return Member(name, len(data), zlib.crc32(data), iter([data]), deflate)


def whole(*members: Member, zip64: bool = False) -> bytes:
    return b"".join(zip_stream(members, instant=INSTANT, zip64=zip64))


@pytest.mark.parametrize("zip64", [False, True])
def test_python_and_unzip_read_it_back(tmp_path: Path, zip64: bool) -> None:
    archive = tmp_path / "parte.zip"
    archive.write_bytes(
        whole(member("raíz/ñ.pdf", b"%PDF" * 100), member("raíz/LEEME.txt", b"hola " * 99, deflate=True), zip64=zip64)
    )
    with zipfile.ZipFile(archive) as read:
        assert read.testzip() is None
        stored, deflated = read.infolist()
    assert (stored.filename, stored.compress_type) == ("raíz/ñ.pdf", zipfile.ZIP_STORED)
    assert (deflated.compress_type, deflated.compress_size < deflated.file_size) == (zipfile.ZIP_DEFLATED, True)
    assert stored.flag_bits & 0x800
    assert subprocess.run(["unzip", "-t", archive], check=True, capture_output=True).stderr == b""


def test_every_reader_shows_the_hour_in_bogota() -> None:
    with zipfile.ZipFile(io.BytesIO(whole(member("a", b"x")))) as read:
        assert read.infolist()[0].date_time == (2026, 1, 1, 22, 4, 6)
        assert read.infolist()[0].extra == b""


def test_the_next_member_is_asked_for_when_the_one_before_has_passed() -> None:
    events: list[str] = []

    def bytes_of(name: str) -> Iterator[bytes]:
        for _ in range(4):
            events.append(f"read {name}")
            yield bytes(CHUNK_BYTES)

    def members() -> Iterator[Member]:
        crc32 = zlib.crc32(bytes(4 * CHUNK_BYTES))
        for name in ("a", "b"):
            events.append(f"open {name}")
            yield Member(name, 4 * CHUNK_BYTES, crc32, bytes_of(name))

    for chunk in zip_stream(members(), instant=INSTANT, zip64=False):
        assert len(chunk) <= CHUNK_BYTES
        events.append("write")
    assert events.index("open b") > max(index for index, event in enumerate(events) if event == "read a")
    assert events.index("write") < events.index("open b")


def test_a_member_that_is_not_as_it_said_stops_the_archive() -> None:
    with pytest.raises(ZipIntegrityError):
        whole(Member("a", 3, zlib.crc32(b"abc"), iter([b"abd"])))


@pytest.mark.parametrize(
    ("planned_bytes", "entries", "large"),
    [(10, 10, False), (3 * 2**30, 60_000, False), (4 * 2**30 - 1, 10, True), (10, 60_001, True)],
)
def test_zip64_is_used_where_the_plain_format_may_not_suffice(planned_bytes: int, entries: int, large: bool) -> None:
    assert needs_zip64(planned_bytes=planned_bytes, entries=entries) is large
