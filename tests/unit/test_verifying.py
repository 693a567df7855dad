"""Checking an archive: what is whole, what is not and why; nothing that a hostile archive says is believed."""

from __future__ import annotations

import io
import itertools
import json
import re
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from struct import pack

import pytest

from sam.verifying import words
from sam.verifying.outcome import CheckedFile, FileState, Problem, Reason, Report
from sam.verifying.source import FileSource
from sam.verifying.verify import verify
from tests.unit.paquetes import (
    FILES,
    HOJA,
    LIST,
    MANIFEST,
    ROOT,
    UTF8,
    archive,
    contents,
    deflated_piece,
    manifest,
    piece,
    pieces,
    sha256_list,
)
from tests.unit.paquetes_casos import (
    FILE_COUNT,
    VECTORS,
    Case,
    MemorySource,
    cases,
    check,
    vectors,
    whole_with_one_byte_changed,
    with_changed_byte,
)
from tests.unit.planes import INSTANT
from zipworker.stream import Member, zip_stream

CASES = list(cases())


def different(report: Report) -> dict[str, str]:
    return {
        file.path: f"{file.state} {file.reason}" if file.reason else file.state.value
        for file in report.files
        if file.state is not FileState.INTACT
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_check_finds_what_is_in_the_archive(case: Case) -> None:
    report = check(case.data)
    assert different(report) == case.different
    assert tuple(report.problems) == case.problems
    assert report.count(FileState.INTACT) == case.intact
    assert words.verdict(report, issued=False) == case.verdict


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_the_vectors_of_the_browser_are_these_cases_and_these_words() -> None:
    """Written anew by `python -m tests.unit.paquetes_casos`; packed bytes may differ from one zlib to another."""
    written = json.loads(VECTORS.read_text(encoding="utf-8"))
    for found in (written, made := vectors()):
        for case in (*found["cases"], found["changed_byte"]):
            case["zip"] = bool(case["zip"])
    assert written == made


def test_everything_that_can_be_found_has_its_words_and_a_case() -> None:
    assert set(words.STATES) == set(FileState)
    assert set(words.REASONS) == set(Reason)
    assert set(words.PROBLEMS) == set(Problem)
    said = {reason.partition(" ")[2] for case in CASES for reason in case.different.values()}
    assert {reason.value for reason in Reason} <= said
    assert {problem for case in CASES for problem in case.problems} == {problem.value for problem in Problem}


WHOLE = archive(pieces())


def as_others_read_it(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_no_changed_byte_passes_unless_it_changes_nothing_that_is_read() -> None:
    honest, places = as_others_read_it(WHOLE), whole_with_one_byte_changed()
    for place in places:
        assert as_others_read_it(with_changed_byte(WHOLE, place)) == honest
    # Times, versions and attributes: 5 bytes of the local header of each entry, and 15 of the directory's.
    assert 0 < len(places) <= 20 * FILE_COUNT


def test_a_truncated_archive_is_never_whole() -> None:
    for length in range(len(WHOLE)):
        report = check(WHOLE[:length])
        assert report.manifest is None
        assert not report.is_whole


@pytest.mark.parametrize("zip64", [False, True])
def test_the_workers_stream_is_read_in_both_of_its_formats(zip64: bool) -> None:
    members = [
        Member(f"{ROOT}/{path}", len(data), zlib.crc32(data), [data], deflate)
        for (path, data), deflate in zip(contents().items(), itertools.cycle([True, False]), strict=False)
    ]
    assert check(b"".join(zip_stream(members, instant=INSTANT, zip64=zip64))).is_whole


def test_an_entry_of_gigabytes_that_is_not_listed_is_not_read(tmp_path: Path) -> None:
    """A sparse file: what follows the large entry is beyond 4 GiB, and takes ZIP64."""
    path = tmp_path / "grande.zip"
    write_with_large_entry(path, size=5 * 2**30)
    with FileSource(path) as source:
        report = verify(source)
    assert different(report) == {"Equipos/video.mp4": "extra unlisted"}
    assert report.count(FileState.INTACT) == FILE_COUNT


def test_memory_does_not_grow_with_an_entry(tmp_path: Path) -> None:
    size = 64 * 2**20
    listed_too = {**FILES, "Equipos/video.mp4": bytes(size)}
    data = manifest(listed_too)
    path = tmp_path / "grande.zip"
    made = [piece(name, content) for name, content in {**FILES, MANIFEST: data}.items()]
    made.insert(1, deflated_piece("Equipos/video.mp4", bytes(size)))
    made.insert(1, piece(LIST, sha256_list({**listed_too, MANIFEST: data})))
    path.write_bytes(archive(made))
    del listed_too, made
    tracemalloc.start()
    try:
        with FileSource(path) as source:
            assert verify(source).is_whole
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * 2**20


def test_of_a_bomb_no_more_is_unpacked_than_the_manifest_lists() -> None:
    bomb = deflated_piece(HOJA, bytes(256 * 2**20), size=len(FILES[HOJA]))
    data = archive(pieces(hoja=bomb))
    source = MemorySource(data)
    tracemalloc.start()
    try:
        report = verify(source)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert different(report) == {HOJA: "altered bytes"}
    assert peak < 4 * 2**20


def test_an_archive_that_shrinks_while_it_is_read_is_not_whole(tmp_path: Path) -> None:
    path = tmp_path / "parte.zip"
    path.write_bytes(WHOLE)

    def cut(_file: CheckedFile) -> None:
        path.write_bytes(WHOLE[:40])

    with FileSource(path) as source:
        report = verify(source, on_file=cut)
    assert report.manifest is None
    assert report.problems == (Problem.NOT_ZIP,)


def test_files_are_told_as_they_are_known_in_the_order_of_the_archive() -> None:
    told: list[CheckedFile] = []
    report = verify(MemorySource(WHOLE), on_file=told.append)
    assert tuple(told) == report.files
    assert [file.path for file in told] == list(contents())


def test_a_count_is_a_sentence() -> None:
    assert words.counts(check(WHOLE)) == f"{FILE_COUNT} íntegros, 0 alterados, 0 faltantes, 0 sobrantes"
    without = check(archive(pieces(compra=None)))
    assert words.counts(without) == f"{FILE_COUNT - 1} íntegros, 0 alterados, 1 faltante, 0 sobrantes"


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a\x1b[2Jb", "a�[2Jb"), ("a\nb", "a�b"), ("a\u202efdp.exe", "a�fdp.exe"), ("ñandú 1.pdf", "ñandú 1.pdf")],
)
def test_a_name_cannot_move_the_cursor_or_hide(name: str, shown: str) -> None:
    assert words.printable(name) == shown


def write_with_large_entry(path: Path, *, size: int) -> None:
    """The honest part behind an entry of zeros that takes no room on disk."""
    name = f"{ROOT}/Equipos/video.mp4".encode()
    wide = pack("<2H2Q", 1, 16, size, size)
    header = pack("<3H2H3L2H", 45, UTF8, 0, 0, 0x5C21, 0, *(0xFFFFFFFF,) * 2, len(name), len(wide))
    local = b"PK\x03\x04" + header + name + wide
    start = len(local) + size
    plain = archive(pieces(), before=b"")
    directory_at = int.from_bytes(plain[-6:-2], "little")
    body, directory = plain[:directory_at], plain[directory_at:-22]
    moved = b"PK\x01\x02\x2d\x03" + header + pack("<3H2L", 0, 0, 0, 0o100644 << 16, 0) + name + wide
    for record in records(directory):
        offset = int.from_bytes(record[42:46], "little") + start
        extra = pack("<2HQ", 1, 8, offset)
        moved += record[:30] + pack("<H", len(extra)) + record[32:42] + b"\xff" * 4 + record[46:] + extra
    at = start + len(body)
    count = len(pieces()) + 1
    end = pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(moved), at)
    locator = pack("<4sLQL", b"PK\x06\x07", 0, at + len(moved), 1)
    ones = pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *(0xFFFF,) * 2, *(0xFFFFFFFF,) * 2, 0)
    with path.open("wb") as file:
        file.write(local)
        file.seek(start)
        file.write(body + moved + end + locator + ones)


def records(directory: bytes) -> Iterator[bytes]:
    while directory:
        length = 46 + int.from_bytes(directory[28:30], "little")
        yield directory[:length]
        directory = directory[length:]


def test_the_page_about_checking_has_every_word() -> None:
    page = (Path(__file__).parents[2] / "docs" / "verificar.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\w+) \| ([^|]+) \|$", page, re.MULTILINE))
    said: dict[str, str] = {"State": "Word", "Reason": "Words", "Problem": "Words"}
    for table in (words.STATES, words.REASONS, words.PROBLEMS):
        said.update({str(key): text for key, text in table.items()})
    assert rows == said
    for verdict in (words.WHOLE_AND_ISSUED, words.WHOLE_ONLY, words.NOT_WHOLE, words.NOT_CHECKED):
        assert f"`{verdict}`" in page
