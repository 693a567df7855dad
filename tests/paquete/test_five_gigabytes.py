"""A documento of five gigabytes: its part is written as ZIP64, from a file to a file, in little memory."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import zipfile
import zlib
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.paquete.delivery import Delivery, Installation
from tests.paquete.expected import Expected

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

GIB: Final = 2**30
BYTES: Final = 5 * GIB + 1
BLOCK: Final = bytes(2**24)
MEMORY_MEGABYTES: Final = 200
PATH: Final = "Equipos/EQ-001/manual.mp4"


@cache
def zeros() -> tuple[int, str]:
    """CRC-32 and SHA-256 of so many zeros."""
    crc32, digest, left = 0, hashlib.sha256(), BYTES
    while left:
        block = BLOCK[:left]
        crc32 = zlib.crc32(block, crc32)
        digest.update(block)
        left -= len(block)
    return crc32, digest.hexdigest()


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """Two equipos; the manual of the first is registered and stored as five gigabytes of zeros, which take no room."""
    dump = tmp_path / "dump"
    dump.mkdir()
    for name in ("manual.mp4", "otro.pdf"):
        (dump / name).write_bytes(name.encode())
    equipos = [
        {"codigo_interno": codigo, "documentos": {"manual": name}}
        for codigo, name in (("EQ-001", "manual.mp4"), ("EQ-002", "otro.pdf"))
    ]
    data = {"formato": "sam-dump/1", "empresa": {"nombre": "Enorme S.A.S."}, "equipos": equipos}
    (dump / "data.json").write_text(json.dumps(data))
    made = Installation.of(dump, tmp_path / "instalación")
    small = Expected(dump).sha256("manual.mp4")
    os.truncate(made.stored(small), 0)
    os.truncate(made.stored(small), BYTES)
    crc32, sha256 = zeros()
    with closing(sqlite3.connect(made.folder / "sam.sqlite3", isolation_level=None)) as database:
        database.execute("PRAGMA ignore_check_constraints = ON")  # they ask for a function of Django's
        registered = "UPDATE sam_documento SET bytes = ?, crc32 = ?, sha256 = ? WHERE sha256 = ?"
        assert database.execute(registered, (BYTES, crc32, sha256, small)).rowcount == 1
    return Installation(made.folder, {sha256: made.keys[small]})


def build(installation: Installation, request: pytest.FixtureRequest) -> Delivery:
    delivery = installation.build(timeout=600)
    request.addfinalizer(lambda: _remove(delivery))
    peak = delivery.told["peak_megabytes"]
    request.config.get_terminal_writer().line(f"\n{request.node.name}: at most {peak} MB resident")
    assert peak < MEMORY_MEGABYTES
    return delivery


def _remove(delivery: Delivery) -> None:
    """pytest keeps the folders of its last runs, and these would fill a disk."""
    delivery.close()
    for part in delivery.parts:
        part.path.unlink()


def test_it_is_included_whole_and_other_programs_read_the_archive(
    installation: Installation, request: pytest.FixtureRequest
) -> None:
    delivery = build(installation, request)
    (part,) = delivery.parts
    assert (part.row["missing"], part.row["registered"]) == (0, 2)
    assert part.zip.getinfo(f"{delivery.root}/{PATH}").file_size == BYTES
    with part.path.open("rb") as file:
        file.seek(-200, os.SEEK_END)
        assert b"PK\x06\x06" in file.read()  # ZIP64's end of central directory
    (listed,) = [one for one in part.manifest["files"] if one["path"] == PATH]
    with zipfile.ZipFile(part.path) as opened, opened.open(f"{delivery.root}/{PATH}") as entry:
        digest = hashlib.sha256()
        while block := entry.read(2**22):
            digest.update(block)
    assert (listed["bytes"], listed["sha256"]) == (BYTES, digest.hexdigest())
    for command in (["unzip", "-tqq"], ["bsdtar", "-tf"]):
        done = subprocess.run([*command, part.path], capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b""), done.stdout.decode()


def test_altered_at_its_last_byte_it_is_left_out_at_the_second_try_and_the_rest_is_whole(
    installation: Installation, request: pytest.FixtureRequest
) -> None:
    (sha256,) = installation.keys
    with installation.stored(sha256).open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"x")
    (part,) = build(installation, request).parts
    assert [(row["ruta"], row["motivo"]) for row in part.row["faltantes"]] == [(PATH, "alterado")]
    assert part.row["download"].endswith("_INCOMPLETO.zip")
    assert "Equipos/EQ-002/manual.pdf" in part.names
    assert part.zip.testzip() is None
