"""Every archive of `paquetes` that a check has to judge, with the judgement.

`python -m tests.unit.paquetes_casos` writes them to `tests/vectors/verificar.json`, where the browser's tests read
them: both sides must find the same in each.
"""

from __future__ import annotations

import base64
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from struct import pack
from typing import Any

from sam.verifying import words
from sam.verifying.outcome import Problem, Report, Unreadable
from sam.verifying.verify import verify
from tests.unit.paquetes import (
    COMPRA,
    FILES,
    HOJA,
    LIST,
    MANIFEST,
    ROOT,
    SIZES_FOLLOW,
    UTF8,
    Piece,
    archive,
    by_zipfile,
    contents,
    deflated,
    deflated_piece,
    listed,
    manifest,
    piece,
    pieces,
)

VECTORS = Path(__file__).parent.parent / "vectors" / "verificar.json"

FILE_COUNT = len(FILES) + 2
ALTERED_HOJA = FILES[HOJA].replace(b"hoja", b"hojA", 1)
CHANGE = 0x41
BOMB = bytes(8 * 1024 * 1024)


class MemorySource:
    """An archive in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read(self, start: int, length: int) -> bytes:
        if not 0 <= start <= start + length <= self.size:
            raise Unreadable(Problem.NOT_ZIP)
        return self._data[start : start + length]


def check(data: bytes) -> Report:
    return verify(MemorySource(data))


@dataclass(frozen=True, kw_only=True)
class Case:
    """An archive, and what is to be found in it: `different` has every file that is not intact."""

    name: str
    data: bytes
    different: Mapping[str, str] = field(default_factory=dict)  # path: "state reason"
    problems: tuple[str, ...] = ()
    intact: int = FILE_COUNT
    verdict: str = words.NOT_WHOLE


def cases() -> Iterator[Case]:
    yield from _whole()
    yield from _files()
    yield from _packed()
    yield from _headers()
    yield from _structure()
    yield from _ends()
    yield from _manifests()


def _whole() -> Iterator[Case]:
    folders = [replace(piece("x", b""), name=f"{ROOT}/{path}", mode=0o40755) for path in ("", "Equipos/")]
    wide = pack("<2H", 0x9999, 3) + b"abc"
    honest = {
        "stored": archive(pieces()),
        "deflated": archive([deflated_piece(path, data) for path, data in contents().items()]),
        "written by zipfile": by_zipfile(),
        "written by zipfile, deflated": by_zipfile(compression=zipfile.ZIP_DEFLATED),
        "written by zipfile into a pipe: sizes follow the data": by_zipfile(piped=True),
        "written by zipfile with ZIP64 sizes": by_zipfile(zip64=True),
        "written by zipfile with ZIP64 sizes, deflated into a pipe": by_zipfile(
            compression=zipfile.ZIP_DEFLATED, zip64=True, piped=True
        ),
        "entries of the folders themselves": archive([*folders, *pieces()]),
        "an extra field that means nothing here": archive(pieces(hoja=piece(HOJA, FILES[HOJA], extra=wide))),
        "ZIP64 end record": archive_64(pieces()),
    }
    for name, data in honest.items():
        yield Case(name=f"whole: {name}", data=data, verdict=words.WHOLE_ONLY)


def archive_64(made: list[Piece], **lies: int) -> bytes:
    """The same with a ZIP64 end record and its locator; the plain end record is all ones."""
    plain = archive(made)
    size, offset = int.from_bytes(plain[-10:-6], "little"), int.from_bytes(plain[-6:-2], "little")
    said = {"count": len(made), "size": size, "offset": offset, "at": offset + size, "disks": 1, "length": 44, **lies}
    numbers = (said["count"], said["count"], said["size"], said["offset"])
    end = pack("<4sQ2H2L4Q", b"PK\x06\x06", said["length"], 45, 45, 0, 0, *numbers)
    locator = pack("<4sLQL", b"PK\x06\x07", 0, said["at"], said["disks"])
    ones = pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *(0xFFFF,) * 2, *(0xFFFFFFFF,) * 2, 0)
    return plain[:-22] + end + locator + ones


def _files() -> Iterator[Case]:
    """What befalls the files of a part."""

    def one(name: str, made: list[Piece], different: dict[str, str], *, intact: int = FILE_COUNT - 1) -> Case:
        return Case(name=name, data=archive(made), different=different, intact=intact)

    yield Case(
        name="one byte altered",
        data=archive(pieces()).replace(b"hoja de vida", b"hojA de vida", 1),
        different={HOJA: "altered sha256"},
        intact=FILE_COUNT - 1,
    )
    yield one("altered, with its CRC-32 set right", pieces(hoja=piece(HOJA, ALTERED_HOJA)), {HOJA: "altered sha256"})
    yield one("cut short", pieces(hoja=piece(HOJA, FILES[HOJA][:-1])), {HOJA: "altered bytes"})
    yield one("emptied", pieces(hoja=piece(HOJA, b"")), {HOJA: "altered bytes"})
    yield one("missing", pieces(compra=None), {COMPRA: "missing"})
    yield one(
        "one more", [*pieces(), piece("Equipos/x.pdf", b"x")], {"Equipos/x.pdf": "extra unlisted"}, intact=FILE_COUNT
    )
    yield one("a folder more", [*pieces(), piece("Vacía/", b"")], {"Vacía/": "extra unlisted"}, intact=FILE_COUNT)
    yield one(
        "another case",
        pieces(hoja=piece(HOJA.upper(), FILES[HOJA])),
        {HOJA.upper(): "extra unlisted", HOJA: "missing"},
    )
    twice = [*pieces(), piece(HOJA, ALTERED_HOJA)]
    yield one("the same name twice", twice, {HOJA: "extra repeated"}, intact=FILE_COUNT)
    for outside in (
        "../x",
        "/etc/x",
        "x",
        f"{ROOT}",
        f"{ROOT}/../x",
        f"{ROOT}/a//x",
        f"{ROOT}/a\\x",
        f"{ROOT}/C:x",
        "otra/x",
    ):
        made = [*pieces(), Piece(name=outside, data=b"x")]
        yield one(f"leaves the folder: {outside}", made, {outside: "extra outside"}, intact=FILE_COUNT)
    unflagged = pieces(compra=piece(COMPRA, FILES[COMPRA], flags=0))
    seen = COMPRA.replace("ñ", "��").replace("ú", "��")
    yield one("letters that are not said to be UTF-8", unflagged, {seen: "extra unlisted", COMPRA: "missing"})
    not_utf8 = Piece(name=f"{ROOT}/\udcff.pdf", data=b"x")
    yield one("a name that is no UTF-8", [*pieces(), not_utf8], {"�.pdf": "extra unlisted"}, intact=FILE_COUNT)


def _packed() -> Iterator[Case]:
    """What befalls the bytes of one entry."""
    data = FILES[HOJA]
    broken = bytearray(deflated(data))
    broken[0] |= 0b110  # a kind of block that does not exist
    wrong = {
        "a wrong CRC-32 in both headers": (piece(HOJA, data, crc32=1), "crc32"),
        "encrypted": (piece(HOJA, data, flags=UTF8 | 1), "encrypted"),
        "a method that SAM does not use": (piece(HOJA, data, method=14), "method"),
        "a format of the future": (piece(HOJA, data, central={"version": 85}), "method"),
        "deflate that is broken": (deflated_piece(HOJA, data, packed=bytes(broken)), "data"),
        "deflate that is cut": (deflated_piece(HOJA, data, packed=deflated(data)[:-4]), "data"),
        "deflate of fewer bytes than said": (deflated_piece(HOJA, data[:-9], size=len(data)), "data"),
        "a bomb that says the listed size": (deflated_piece(HOJA, BOMB, size=len(data)), "bytes"),
        "a bomb that says its size": (deflated_piece(HOJA, BOMB), "bytes"),
        "stored, of two sizes": (piece(HOJA, data, size=len(data) + 1), "bytes"),
        "stored in fewer bytes than said": (piece(HOJA, data, packed=data[:-1]), "data"),
        "a folder, by its attributes": (piece(HOJA, data, dos=0x10), "special"),
        "a symlink": (piece(HOJA, data, mode=0o120777), "special"),
    }
    for name, (hoja, reason) in wrong.items():
        made = archive(pieces(hoja=hoja))
        yield Case(name=name, data=made, different={HOJA: f"altered {reason}"}, intact=FILE_COUNT - 1)


def _headers() -> Iterator[Case]:
    """The two headers of one entry say different things."""
    data = FILES[HOJA]
    path = pack("<2HBL", 0x7075, 5 + 1, 1, 0) + b"x"
    wide = pack("<2H2Q", 1, 16, 5, 5)
    wrong = {
        "another name": piece(HOJA, data, local_name=f"{ROOT}/x".encode()),
        "another method": piece(HOJA, data, local={"method": 8}),
        "other flags": piece(HOJA, data, local={"flags": UTF8 | 2}),
        "another CRC-32": piece(HOJA, data, local={"crc32": 7}),
        "a format of the future": piece(HOJA, data, local={"version": 85}),
        "another size": piece(HOJA, data, local={"size": 7}),
        "another packed size": piece(HOJA, data, local={"compressed": 7}),
        "a ZIP64 size that is another": piece(
            HOJA, data, extra=wide, local={"size": 0xFFFFFFFF, "compressed": 0xFFFFFFFF}
        ),
        "a ZIP64 size that is not there": piece(HOJA, data, local={"size": 0xFFFFFFFF}),
        "a second name in an extra field": piece(HOJA, data, extra=path),
        "sizes at zero that do not follow": piece(HOJA, data, local={"size": 0, "compressed": 0, "crc32": 0}),
    }
    for name, hoja in wrong.items():
        made = archive(pieces(hoja=hoja))
        yield Case(name=f"headers: {name}", data=made, different={HOJA: "altered header"}, intact=FILE_COUNT - 1)


def _structure() -> Iterator[Case]:
    """Bytes that are of nobody, or of two."""
    data = FILES[HOJA]
    hidden = archive([piece("oculto.exe", b"MZ")])[: -22 - 46 - len(f"{ROOT}/oculto.exe")]
    follow = UTF8 | SIZES_FOLLOW
    sizes = pack("<4s3L", b"PK\x07\x08", zlib.crc32(data), len(data), len(data))
    stray = {
        "bytes before the first entry": archive(pieces(), before=b"#!/bin/sh\n"),
        "bytes between two entries": archive(pieces(hoja=piece(HOJA, data, after=b"?"))),
        "an entry that the directory does not name": archive(pieces(hoja=piece(HOJA, data, after=hidden))),
        "bytes after the last entry": archive(pieces(list=piece(LIST, contents()[LIST], after=b"?"))),
        "a descriptor that says another size": archive(
            pieces(hoja=piece(HOJA, data, flags=follow, after=sizes[:-1] + b"?"))
        ),
        "bytes after a descriptor": archive(pieces(hoja=piece(HOJA, data, flags=follow, after=sizes + b"PK"))),
        "no descriptor where one is promised": archive(pieces(hoja=piece(HOJA, data, flags=follow))),
    }
    for name, made in stray.items():
        yield Case(name=f"stray: {name}", data=made, problems=("stray_bytes",))
    yield Case(name="a comment", data=archive(pieces(), comment=b"hola"), problems=("comment",))
    same = archive(pieces(compra=piece(COMPRA, FILES[COMPRA], central={"offset": 0})))
    yield Case(
        name="two entries of the same bytes",
        data=same,
        different={HOJA: "altered overlap", COMPRA: "altered header"},
        intact=FILE_COUNT - 2,
    )
    longer = piece(HOJA, data, local={"compressed": len(data) + 9}, central={"compressed": len(data) + 9})
    yield Case(
        name="an entry that goes on into the next",
        data=archive(pieces(hoja=longer)),
        different={HOJA: "altered overlap"},
        intact=FILE_COUNT - 1,
    )


def _ends() -> Iterator[Case]:
    """What cannot be read at all, or contradicts itself as a whole."""
    whole = archive(pieces())
    count, size = FILE_COUNT, len(whole)
    empty = pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, 0, 0, 0)
    broken = {
        "nothing": (b"", "not_zip"),
        "a text": (b"esto no es un ZIP" * 10, "not_zip"),
        "cut in the middle": (whole[: size // 2], "not_zip"),
        "cut by one byte": (whole[:-1], "not_zip"),
        "one byte too many": (whole + b"\n", "not_zip"),
        "two archives, one after the other": (whole + whole, "directory"),
        "an empty ZIP": (empty, "no_manifest"),
        "more entries than there are": (archive(pieces(), end={"count": count + 1}), "directory"),
        "fewer entries than there are": (archive(pieces(), end={"count": count - 1}), "directory"),
        "a directory of another size": (archive(pieces(), end={"size": 46}), "directory"),
        "a directory beyond the file": (archive(pieces(), end={"offset": size * 2}), "directory"),
        "a directory of gigabytes": (archive(pieces(), end={"size": 0xFFFFFFF0}), "too_many"),
        "a comment longer than the file": (archive(pieces(), end={"comment": 500}), "not_zip"),
        "ZIP64: a record that is nowhere": (archive_64(pieces(), at=2**62), "directory"),
        "ZIP64: a record beyond counting": (archive_64(pieces(), at=2**64 - 1), "directory"),
        "ZIP64: a record elsewhere": (archive_64(pieces(), at=0), "directory"),
        "ZIP64: a record of another length": (archive_64(pieces(), length=45), "directory"),
        "ZIP64: several disks": (archive_64(pieces(), disks=2), "directory"),
        "ZIP64: a count beyond counting": (archive_64(pieces(), count=2**63), "directory"),
        "ZIP64: a size beyond counting": (archive_64(pieces(), size=2**63), "directory"),
        "ZIP64: an offset beyond the file": (archive_64(pieces(), offset=2**40), "directory"),
        "an entry beyond the file": (archive(pieces(hoja=piece(HOJA, b"", central={"offset": 2**31}))), "directory"),
        "an extra field longer than its space": (
            archive(pieces(hoja=piece(HOJA, FILES[HOJA], extra=pack("<2H", 9, 9)))),
            "directory",
        ),
        "an extra field twice": (archive(pieces(hoja=piece(HOJA, b"", extra=pack("<4H", 9, 0, 9, 0)))), "directory"),
        "an extra field that is cut": (archive(pieces(hoja=piece(HOJA, b"", extra=b"abc"))), "directory"),
        "a ZIP64 size that is missing": (
            archive(pieces(hoja=piece(HOJA, b"", central={"size": 0xFFFFFFFF}))),
            "directory",
        ),
    }
    for name, (data, problem) in broken.items():
        yield Case(name=f"not read: {name}", data=data, problems=(problem,), intact=0, verdict=words.NOT_CHECKED)


def _manifests() -> Iterator[Case]:
    """Manifests that are missing, broken, or do not say the same."""
    unread = {
        "none": (pieces(manifest=None), "no_manifest"),
        "two": ([*pieces(), piece("manifiesto_P2de2.json", b"{}")], "several_manifests"),
        "one more in another folder": ([*pieces(), Piece(name="x/manifiesto.json", data=b"{}")], "several_manifests"),
        "the same twice": ([*pieces(), piece(MANIFEST, manifest())], "several_manifests"),
        "encrypted": (pieces(manifest=piece(MANIFEST, manifest(), flags=UTF8 | 1)), "manifest"),
        "a bomb": (pieces(manifest=deflated_piece(MANIFEST, BOMB, size=9)), "manifest"),
        "too large": (pieces(manifest=piece(MANIFEST, b"", size=2**31)), "manifest"),
    }
    for name, (made, problem) in unread.items():
        yield _unread(name, archive(made), problem)
    for name, data in _broken_manifests().items():
        yield _unread(name, archive(pieces(manifest=piece(MANIFEST, data))), "manifest")
    short = sha256_without_last_line()
    yield Case(
        name="the two manifests differ",
        data=archive(pieces(list=piece(LIST, short))),
        different={LIST: "altered list"},
        intact=FILE_COUNT - 1,
    )
    yield Case(
        name="the list is missing",
        data=archive(pieces(list=None)),
        different={LIST: "missing"},
        intact=FILE_COUNT - 1,
    )
    other = manifest(request=8)
    yield Case(
        name="the manifest was changed and the list was not",
        data=archive(pieces(manifest=piece(MANIFEST, other))),
        different={LIST: "altered list"},
        intact=FILE_COUNT - 1,
    )
    yield Case(
        name="the manifest with a wrong CRC-32",
        data=archive(pieces(manifest=piece(MANIFEST, manifest(), crc32=1))),
        different={MANIFEST: "altered crc32"},
        intact=FILE_COUNT - 1,
    )


def _unread(name: str, data: bytes, problem: str) -> Case:
    return Case(name=f"manifest: {name}", data=data, problems=(problem,), intact=0, verdict=words.NOT_CHECKED)


def sha256_without_last_line() -> bytes:
    return contents()[LIST].rpartition(b"\n")[0].rpartition(b"\n")[0] + b"\n"


def _broken_manifests() -> dict[str, bytes]:
    files = [listed(path, data) for path, data in FILES.items()]
    counts = {"equipos": 1, "registered": 2, "included": 2, "missing": 0, "files": len(files)}

    def with_file(**changes: Any) -> bytes:
        return manifest(files=[{**files[0], **changes}, *files[1:]])

    return {
        "not JSON": b"{",
        "not an object": b"[]",
        "empty": b"",
        "with a byte order mark": b"\xef\xbb\xbf" + manifest(),
        "not UTF-8": manifest().replace("ñ".encode(), b"\xf1"),
        "deep": b"[" * 100_000,
        "another format": manifest(format="sam-manifiesto/2"),
        "another folder": manifest(root="OTRA"),
        "another part": manifest(part=2),
        "a part that is no number": manifest(part="1"),
        "a negative part": manifest(part=-1),
        "true for a number": manifest(part=True),
        "no counts": manifest(counts=None),
        "another number of files": manifest(counts={**counts, "files": 9}),
        "another number of missing": manifest(counts={**counts, "missing": 1}),
        "files that are no list": manifest(files={}),
        "a file that is none": manifest(files=[*files[1:], "x"]),
        "the same path twice": manifest(files=[files[0], *files[:-1]]),
        "its own name": with_file(path=MANIFEST),
        "a path that leaves": with_file(path="../x"),
        "an absolute path": with_file(path="/x"),
        "a path of Windows": with_file(path="a\\x"),
        "a path of two lines": with_file(path="a\nx"),
        "an empty path": with_file(path=""),
        "half a letter": manifest().replace(b"Hoja_de_vida.pdf", b"\\ud800.pdf", 1),
        "bytes beyond counting": with_file(bytes=2**53),
        "NaN bytes": manifest().replace(b'"bytes": 0', b'"bytes": NaN'),
        "a SHA-256 in capitals": with_file(sha256=files[0]["sha256"].upper()),
        "a SHA-256 too short": with_file(sha256="00"),
    }


def whole_with_one_byte_changed() -> list[int]:
    """The places of the honest part where another byte changes nothing that a check reads."""
    honest = archive(pieces())
    return [place for place in range(len(honest)) if check(with_changed_byte(honest, place)).is_whole]


def with_changed_byte(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= CHANGE
    return bytes(changed)


def vectors() -> dict[str, Any]:
    """As the file has them: each archive packed by zlib, in base64."""
    return {
        "words": {
            "states": words.STATES,
            "reasons": words.REASONS,
            "problems": words.PROBLEMS,
            "verdicts": [words.WHOLE_AND_ISSUED, words.WHOLE_ONLY, words.NOT_WHOLE, words.NOT_CHECKED],
        },
        "cases": [
            {
                "name": case.name,
                "zip": base64.b64encode(zlib.compress(case.data, 9)).decode(),
                "different": dict(case.different),
                "problems": list(case.problems),
                "intact": case.intact,
                "verdict": case.verdict,
            }
            for case in cases()
        ],
        "changed_byte": {
            "zip": base64.b64encode(zlib.compress(archive(pieces()), 9)).decode(),
            "xor": CHANGE,
            "whole": whole_with_one_byte_changed(),
        },
    }


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
