"""Every ZIP of the demo and of the hostile empresa: read by several programs, extracted anywhere, whole, and honest."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
import subprocess
import zipfile
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import openpyxl
import pytest

from tests.paquete import windows
from tests.paquete.conftest import Delivered
from tests.paquete.delivery import Part
from tests.paquete.photos import BROKEN
from tests.unit.indices import Page

pytestmark = pytest.mark.timeout(300)

UTF8 = 0x800
PATH_UNITS = 150
WORKBOOK = "Informe_Consolidado.xlsx"
# What Explorer would make of a download in a usual place; Windows' own limit is 260 with the NUL.
DOWNLOADS = "C:\\Users\\nombre.apellido\\Downloads\\"
ENV = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """A program that must succeed and have nothing to complain of; its output."""
    done = subprocess.run(command, cwd=cwd, env=ENV, capture_output=True, check=False)
    said = done.stdout.decode(errors="replace")
    assert (done.returncode, done.stderr) == (0, b""), (command, said[-1000:], done.stderr[-1000:])
    return said


def needs(program: str, package: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed (Debian: {package})")


def generated(part: Part) -> list[str]:
    names = [
        ("INDICE", "html"),
        ("FALTANTES", "csv"),
        ("LEEME", "txt"),
        ("manifiesto", "json"),
        ("MANIFIESTO", "sha256"),
    ]
    return [WORKBOOK, *(part.name(stem, extension) for stem, extension in names)]


# ── Read by others ────────────────────────────────────────────────────────────────────────


def test_python_reads_every_entry_and_each_hash_is_that_of_the_manifest(delivered: Delivered) -> None:
    for part in delivered.delivery.parts:
        hashes = {name: hashlib.sha256(part.read(name)).hexdigest() for name in part.names}  # read checks the CRC-32
        *others, last = part.names
        lines = part.read(last).decode().splitlines()
        assert lines == [f"{hashes[name]}  {name}" for name in others]
        listed = {file["path"]: file["sha256"] for file in part.manifest["files"]}
        assert listed == {name: hashes[name] for name in others[:-1]}
        assert hashes[others[-1]] == part.row["manifest_sha256"]
        assert hashlib.sha256(part.path.read_bytes()).hexdigest() == part.row["sha256"]


def test_unzip_finds_no_error_in_any_part(delivered: Delivered) -> None:
    needs("unzip", "unzip")
    for part in delivered.delivery.parts:
        assert run("unzip", "-tq", part.path).startswith("No errors detected in compressed data")


def test_bsdtar_extracts_the_parts_into_one_folder_that_sha256sum_accepts(delivered: Delivered, tmp_path: Path) -> None:
    needs("bsdtar", "libarchive-tools")
    for part in delivered.delivery.parts:
        listed = run("bsdtar", "-tf", part.path)
        assert len(listed.splitlines()) == len(part.names)
        run("bsdtar", "-xf", part.path, "-C", tmp_path)
    for part in delivered.delivery.parts:
        command = ("sha256sum", "--check", "--strict", "--quiet", part.name("MANIFIESTO", "sha256"))
        assert run(*command, cwd=tmp_path / delivered.delivery.root) == ""


@pytest.mark.slow
def test_7z_finds_everything_all_right(delivered: Delivered) -> None:
    needs("7z", "p7zip-full")
    for part in delivered.delivery.parts:
        said = run("7z", "t", part.path)
        assert "Everything is Ok" in said
        assert f"Files: {len(part.names)}" in said


def test_the_two_headers_of_each_entry_agree_and_a_name_beyond_ascii_is_marked_utf_8(delivered: Delivered) -> None:
    for part in delivered.delivery.parts:
        data = part.path.read_bytes()
        for entry in part.zip.infolist():
            start = entry.header_offset
            length = int.from_bytes(data[start + 26 : start + 28], "little")
            assert data[start + 30 : start + 30 + length] == entry.filename.encode()
            assert int.from_bytes(data[start + 6 : start + 8], "little") == entry.flag_bits
            assert entry.filename.isascii() or entry.flag_bits & UTF8
            assert not entry.flag_bits & 1  # encrypted
            assert entry.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


# ── Extracted ─────────────────────────────────────────────────────────────────────────────


def test_extracted_together_nothing_replaces_anything_that_differs(delivered: Delivered) -> None:
    written: dict[str, int] = {}
    for part in delivered.delivery.parts:
        assert len(set(part.zip.namelist())) == len(part.zip.namelist())
        for entry in part.zip.infolist():
            assert written.setdefault(entry.filename, entry.CRC) == entry.CRC
    repeated = Counter(name for part in delivered.delivery.parts for name in part.names)
    assert {name for name, times in repeated.items() if times > 1} == {WORKBOOK}
    on_disk = {str(path.relative_to(delivered.extracted)) for path in delivered.extracted.rglob("*") if path.is_file()}
    assert on_disk == set(repeated)


def test_windows_makes_each_file_under_its_own_name(delivered: Delivered) -> None:
    for part in delivered.delivery.parts:
        folder = f"{DOWNLOADS}{part.row['download'].removesuffix('.zip')}\\"
        for name in part.zip.namelist():
            assert list(windows.refusals(name)) == []
            assert windows.units(name) <= PATH_UNITS
            assert windows.units(folder + name) < 260


def test_no_file_system_takes_two_files_for_one(delivered: Delivered) -> None:
    paths = {name: None for part in delivered.delivery.parts for name in part.zip.namelist()}
    assert windows.clashes(paths) == []


# ── Whole ─────────────────────────────────────────────────────────────────────────────────


def test_each_registered_documento_is_in_its_place_once_and_nothing_else_is_there(delivered: Delivered) -> None:
    delivery, expected = delivered.delivery, delivered.expected
    assert list(delivery.folders) == expected.codigos
    documents = expected.documents(delivery.folders)
    found: dict[str, str] = {}
    for part in delivery.parts:
        codigos = [codigo for codigo in expected.codigos if delivery.part_of[codigo] == part.number]
        assert codigos == expected.codigos[35 * (part.number - 1) : 35 * part.number]
        hojas = {f"Equipos/{delivery.folders[codigo]}/Hoja_de_vida.pdf" for codigo in codigos}
        procedimientos = {name for name in part.names if name.startswith("Procedimientos/")}
        of_equipos = set(part.names) - hojas - procedimientos - set(generated(part))
        assert hojas <= set(part.names)
        assert part.names[-6:] == generated(part)
        assert {name.split("/")[1] for name in of_equipos} <= {delivery.folders[codigo] for codigo in codigos}
        found |= {file["path"]: file["sha256"] for file in part.manifest["files"] if file["path"] in of_equipos}
        if part.number == part.of:
            hashes = sorted(hashlib.sha256(part.read(name)).hexdigest() for name in procedimientos)
            assert hashes == expected.procedimientos()
        else:
            assert not procedimientos
    assert found == documents


def test_the_sums_are_right_and_what_is_missing_is_named(delivered: Delivered) -> None:
    delivery = delivered.delivery
    documents = delivered.expected.documents(delivery.folders)
    registered = len(documents) + len(delivered.expected.procedimientos())
    assert sum(part.row["registered"] for part in delivery.parts) == registered
    for part in delivery.parts:
        counts = part.manifest["counts"]
        assert counts["registered"] == counts["included"] + counts["missing"] == part.row["registered"]
        rows = list(
            csv.DictReader(io.StringIO(part.read(part.name("FALTANTES", "csv")).decode("utf-8-sig"), newline=""))
        )
        assert [row["ruta"] for row in rows] == [row["ruta"] for row in part.row["faltantes"]]
        assert len(rows) == counts["missing"] == part.row["missing"]
        assert part.row["download"].endswith("_INCOMPLETO.zip") == bool(rows)
        assert (part.row["state"], part.row["attempt"]) == ("completed", 1)


@pytest.mark.slow
def test_nothing_of_the_demo_is_missing(demo: Delivered) -> None:
    assert [part.row["missing"] for part in demo.delivery.parts] == [0, 0]


def test_of_the_hostile_empresa_only_the_broken_photos_are_named_and_their_files_are_there(hostile: Delivered) -> None:
    hashes = {hashlib.sha256(data).hexdigest() for data in BROKEN.values()}
    documents = hostile.expected.documents(hostile.delivery.folders)
    broken = {path for path, sha256 in documents.items() if sha256 in hashes and "/imagen" in path}
    assert len(broken) > len(BROKEN)
    assert set(hostile.delivery.missing_paths()) == broken
    reasons = {row["motivo"] for part in hostile.delivery.parts for row in part.row["faltantes"]}
    assert reasons == {"imagen_rota"}


# ── INDICE and the workbook ───────────────────────────────────────────────────────────────


def test_every_link_of_an_indice_leads_to_a_file_and_every_file_of_an_equipo_is_linked(delivered: Delivered) -> None:
    for part in delivered.delivery.parts:
        page = Page(part.read(part.name("INDICE", "html")))
        targets = {unquote(link) for link in page.links if not link.startswith("#")}
        ids = {attrs["id"] for _, attrs in page.tags if attrs.get("id")}
        assert {link[1:] for link in page.links if link.startswith("#")} <= ids
        for target in targets:
            assert (delivered.extracted / target).is_file(), target
        assert {name for name in part.names if name.startswith(("Equipos/", "Procedimientos/"))} <= targets
        own = {target for target in targets if not target.startswith("INDICE")}
        assert own <= set(part.names)  # of one part alone only the links to other parts lead nowhere


def test_the_workbook_is_one_and_its_paths_lead_to_the_files(delivered: Delivered) -> None:
    books = {part.read(WORKBOOK) for part in delivered.delivery.parts}
    assert len(books) == 1
    book = openpyxl.load_workbook(io.BytesIO(books.pop()))
    assert book["Equipos"].max_row == len(delivered.expected.codigos) + 1
    titles, *rows = book["Documentos"].iter_rows()
    column = [cell.value for cell in titles].index("Ruta en el ZIP")
    cells = [row[column] for row in rows]
    part = [cell.value for cell in titles].index("Parte")
    paths = [str(cell.value) for cell in cells]
    assert [unquote(str(cell.hyperlink.target)) for cell in cells if cell.hyperlink] == paths
    files = {(name, one.number) for one in delivered.delivery.parts for name in one.names if "/" in name}
    hojas = {name for name, _ in files if name.endswith("/Hoja_de_vida.pdf") and name.count("/") == 2}
    assert {(path, row[part].value) for path, row in zip(paths, rows, strict=True)} == {
        (name, number) for name, number in files if name not in hojas
    }
    for sheet in book:
        for cell in (cell for row in sheet for cell in row):
            assert cell.data_type != "f", (sheet.title, cell.coordinate)
