"""Archives of a small part made by hand, byte for byte: honest ones, and any lie that a header can tell."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from struct import pack
from typing import Any

ROOT = "CERTIBOY S.A.S"
UTF8 = 1 << 11
SIZES_FOLLOW = 1 << 3
FILES: Mapping[str, bytes] = {
    "Equipos/EQ-001/Hoja_de_vida.pdf": b"%PDF hoja de vida " * 20,
    "Equipos/EQ-001/compra ñandú.pdf": b"%PDF compra " * 30,
    "Informe_Consolidado.xlsx": b"PK informe",
    "FALTANTES_P1de2.csv": b"",
}
HOJA, COMPRA, INFORME, FALTANTES = FILES
MANIFEST, LIST = "manifiesto_P1de2.json", "MANIFIESTO_P1de2.sha256"


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One entry to be written; `local` and `central` replace what a header would truly say."""

    name: str
    data: bytes
    packed: bytes | None = None
    method: int = 0
    flags: int = UTF8
    crc32: int | None = None
    size: int | None = None
    extra: bytes = b""
    mode: int = 0o100644
    dos: int = 0
    local_name: bytes | None = None
    local: Mapping[str, int] = field(default_factory=dict)
    central: Mapping[str, int] = field(default_factory=dict)
    after: bytes = b""

    @property
    def stored(self) -> bytes:
        return self.data if self.packed is None else self.packed

    def said(self, lies: Mapping[str, int]) -> dict[str, int]:
        truth = {
            "version": 20,
            "flags": self.flags,
            "method": self.method,
            "crc32": zlib.crc32(self.data) if self.crc32 is None else self.crc32,
            "compressed": len(self.stored),
            "size": len(self.data) if self.size is None else self.size,
        }
        return {**truth, **lies}


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def archive(
    pieces: Sequence[Piece], *, before: bytes = b"", comment: bytes = b"", end: Mapping[str, int] | None = None
) -> bytes:
    """A ZIP of these pieces, as true as they are; `end` replaces what the end record would truly say."""
    out, directory = bytearray(before), bytearray()
    for piece in pieces:
        name = piece.name.encode("utf-8", "surrogateescape")
        offset = piece.central.get("offset", len(out))
        local_name = name if piece.local_name is None else piece.local_name
        out += b"PK\x03\x04" + _header(piece.said(piece.local), len(local_name), len(piece.extra))
        out += local_name + piece.extra + piece.stored + piece.after
        directory += b"PK\x01\x02\x14\x03" + _header(piece.said(piece.central), len(name), len(piece.extra))
        directory += pack("<3H2L", 0, 0, 0, piece.mode << 16 | piece.dos, offset) + name + piece.extra
    truth = {"count": len(pieces), "size": len(directory), "offset": len(out), "comment": len(comment)}
    said = {**truth, **(end or {})}
    tail = pack("<4s4H2LH", b"PK\x05\x06", 0, 0, said["count"], said["count"], *_three(said))
    return bytes(out + directory + tail + comment)


def _three(said: Mapping[str, int]) -> tuple[int, int, int]:
    return said["size"], said["offset"], said["comment"]


def _header(said: Mapping[str, int], name: int, extra: int) -> bytes:
    numbers = (said["crc32"], said["compressed"], said["size"])
    return pack("<3H2H3L2H", said["version"], said["flags"], said["method"], 0, 0x5C21, *numbers, name, extra)


def manifest(files: Mapping[str, bytes] = FILES, /, **changes: Any) -> bytes:
    """manifiesto_P1de2.json for these files; a change replaces a key of it."""
    found = {
        "format": "sam-manifiesto/1",
        "request": 7,
        "part": 1,
        "of": 2,
        "part_id": 71,
        "empresa": {"id": 1, "nombre": "CERTIBOY S.A.S."},
        "root": ROOT,
        "instant": "2026-01-02T09:30:07-05:00",
        "counts": {"equipos": 1, "registered": 2, "included": 2, "missing": 0, "files": len(files)},
        "missing": [],
        "files": [listed(path, data) for path, data in files.items()],
    }
    return (json.dumps({**found, **changes}, ensure_ascii=False, indent=1) + "\n").encode()


def listed(path: str, data: bytes) -> dict[str, Any]:
    return {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "documento": None}


def sha256_list(files: Mapping[str, bytes]) -> bytes:
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in files.items()).encode()


def contents(*, json_bytes: bytes | None = None) -> dict[str, bytes]:
    """Every file of the part with its bytes, both manifests at the end."""
    data = manifest() if json_bytes is None else json_bytes
    files = {**FILES, MANIFEST: data}
    return {**files, LIST: sha256_list(files)}


def pieces(**changes: Piece | None) -> list[Piece]:
    """The pieces of the honest part; a keyword among HOJA… replaces one, or leaves it out with None."""
    names = {"hoja": HOJA, "compra": COMPRA, "informe": INFORME, "manifest": MANIFEST, "list": LIST}
    found: dict[str, Piece | None] = {path: piece(path, data) for path, data in contents().items()}
    found |= {names[key]: changed for key, changed in changes.items()}
    return [one for one in found.values() if one]


def piece(path: str, data: bytes, **changes: Any) -> Piece:
    return replace(Piece(name=f"{ROOT}/{path}", data=data), **changes)


def deflated_piece(path: str, data: bytes, **changes: Any) -> Piece:
    return piece(path, data, **{"packed": deflated(data), "method": 8, **changes})


def by_zipfile(*, compression: int = zipfile.ZIP_STORED, zip64: bool = False, piped: bool = False) -> bytes:
    """The honest part as Python's own writer makes it; piped, its sizes follow the data."""
    out = io.BytesIO()
    with zipfile.ZipFile(_Pipe(out) if piped else out, "w", compression) as written:
        for path, data in contents().items():
            with written.open(zipfile.ZipInfo(f"{ROOT}/{path}"), "w", force_zip64=zip64) as entry:
                entry.write(data)
    return out.getvalue()


class _Pipe(io.RawIOBase):
    """A place to write to that cannot seek."""

    def __init__(self, out: io.BytesIO) -> None:
        self._out = out

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._out.write(data)
