"""Documentos that storage no longer has as they were registered: each ends as it must, the rest is whole."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pytest

from sam.planning.plan import StoredDocument
from sam.storage import CHUNK_BYTES, FileStorage
from tests.paquete.delivery import Installation, Part
from tests.paquete.expected import Expected
from tests.paquete.photos import drawn, saved
from tests.unit.indices import Page
from zipworker.package.documents import HELD_BYTES, DocumentChanged, NotIncluded, open_document
from zipworker.package.missing import WORDS, Motivo

pytestmark = pytest.mark.timeout(300)

GIB: Final = 2**30
LARGE: Final = HELD_BYTES + 999


# ── What may happen to a stored file ──────────────────────────────────────────────────────


def delete(file: Path) -> None:
    file.unlink()


def cut_in_half(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def empty(file: Path) -> None:
    os.truncate(file, 0)


def change_the_last_byte(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)


def lengthen(file: Path) -> None:
    with file.open("ab") as opened:
        opened.write(b"x")


def replace_by_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def swell_to_five_gigabytes(file: Path) -> None:
    os.truncate(file, 5 * GIB)  # sparse: it takes no room


def replace_by_a_dangling_link(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.with_name("no existe"))


HARMS: Final[dict[str, tuple[Callable[[Path], None], Motivo]]] = {
    "borrado": (delete, Motivo.NO_ESTA),
    "cortado": (cut_in_half, Motivo.ALTERADO),
    "vaciado": (empty, Motivo.ALTERADO),
    "cambiado": (change_the_last_byte, Motivo.ALTERADO),
    "alargado": (lengthen, Motivo.ALTERADO),
    "carpeta": (replace_by_a_folder, Motivo.ILEGIBLE),
    "inflado": (swell_to_five_gigabytes, Motivo.ALTERADO),
    "enlace": (replace_by_a_dangling_link, Motivo.NO_ESTA),
}
PLACES: Final = {"pequeño": "manual", "grande": "manual", "foto": "imagen"}
# A documento is small (held and checked before its header), large (checked as it passes) or a photo (read first).
CASES: Final = [
    *(f"pequeño-{harm}" for harm in HARMS),
    *(f"grande-{harm}" for harm in ("borrado", "cortado", "cambiado", "carpeta", "inflado")),
    *(f"foto-{harm}" for harm in ("borrado", "vaciado", "cambiado", "carpeta", "inflado")),
]
WHOLE: Final = ["intacto", "cero"]


@dataclass(frozen=True)
class Harmed:
    expected: Expected
    part: Part
    procedimientos: dict[str, str]

    @property
    def documents(self) -> dict[str, str]:
        return self.expected.documents({codigo: codigo for codigo in self.expected.codigos})

    def path_of(self, case: str) -> str:
        place = PLACES[case.partition("-")[0]]
        return f"Equipos/{case}/{place}.{'png' if place == 'imagen' else 'pdf'}"

    def faltantes(self) -> list[dict[str, str]]:
        text = self.part.read("FALTANTES.csv").decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline="")))


def write_dump(folder: Path) -> None:
    """An equipo for each harm, with a documento to be harmed and a certificate that stays."""
    (folder / "files").mkdir(parents=True)

    def file(name: str, data: bytes) -> str:
        (folder / "files" / name).write_bytes(data)
        return f"files/{name}"

    def equipo(codigo: str) -> dict[str, Any]:
        size = codigo.partition("-")[0]
        body = codigo.encode() * (LARGE // len(codigo.encode()) + 1 if size == "grande" else 40)
        if codigo == "cero":
            body = b""
        photo = saved(drawn(size=(40, 30 + len(codigo))), "PNG", pnginfo=None) + codigo.encode()
        return {
            "codigo_interno": codigo,
            "nombre": codigo,
            "documentos": {} if size == "foto" else {"manual": file(f"{codigo}.pdf", body)},
            "imagen": file(f"{codigo}.png", photo),
            "calibraciones": [
                {
                    "fecha": "2025-01-15",
                    "certificado": file(f"{codigo}-cal.pdf", b"%PDF certificado " + codigo.encode()),
                }
            ],
        }

    data = {
        "formato": "sam-dump/1",
        "empresa": {"nombre": "Herida S.A.S.", "logo": file("logo.png", saved(drawn(), "PNG"))},
        "procedimientos": [
            {"codigo": codigo, "nombre": "x", "documento": file(f"{codigo}.pdf", codigo.encode() * 9)}
            for codigo in ("P-1", "P-2")
        ],
        "equipos": [equipo(codigo) for codigo in (*CASES, *WHOLE)],
    }
    (folder / "data.json").write_text(json.dumps(data))


@pytest.fixture(scope="module")
def harmed(tmp_path_factory: pytest.TempPathFactory, ground: Path) -> Iterator[Harmed]:
    """The part of an empresa to whose files all of it happened between its import and the build."""
    folder = ground / "herida"
    write_dump(folder / "dump")
    expected = Expected(folder / "dump")
    # On disk: five sparse gigabytes are more than some tmpfs may hold.
    installation = Installation.of(folder / "dump", tmp_path_factory.mktemp("herida") / "instalación")
    for case in CASES:
        size, _, harm = case.partition("-")
        HARMS[harm][0](installation.stored(expected.sha256(f"files/{case}.{'png' if size == 'foto' else 'pdf'}")))
    change_the_last_byte(installation.stored(expected.sha256("files/logo.png")))
    delete(installation.stored(expected.sha256("files/P-1.pdf")))
    delivery = installation.build()
    (part,) = delivery.parts
    yield Harmed(expected, part, {codigo: expected.sha256(f"files/{codigo}.pdf") for codigo in ("P-1", "P-2")})
    delivery.close()


@pytest.mark.parametrize("case", CASES)
def test_a_harmed_documento_is_left_out_and_named_with_its_reason(harmed: Harmed, case: str) -> None:
    path, motivo = harmed.path_of(case), HARMS[case.partition("-")[2]][1]
    assert path not in harmed.part.names
    (row,) = [row for row in harmed.faltantes() if row["equipo"] == case]
    assert (row["ruta"], row["motivo"]) == (path, WORDS[motivo])
    (stored,) = [row for row in harmed.part.row["faltantes"] if row["equipo"] == case]
    assert (stored["ruta"], stored["motivo"]) == (path, motivo)
    (listed,) = [row for row in harmed.part.manifest["missing"] if row["equipo"] == case]
    assert (listed["path"], listed["reason"]) == (path, motivo)
    indice = Page(harmed.part.read("INDICE.html"))
    assert path not in map(unquote, indice.links)
    assert f"falta: {WORDS[motivo]}" in indice.text


def test_the_logo_and_a_procedimiento_are_named_without_an_equipo(harmed: Harmed) -> None:
    rows = [(row["documento"], row["motivo"]) for row in harmed.faltantes() if not row["equipo"]]
    assert rows == [("Logo de la empresa", WORDS[Motivo.ALTERADO]), ("Procedimiento P-1", WORDS[Motivo.NO_ESTA])]


def test_the_rest_of_the_part_is_whole(harmed: Harmed) -> None:
    gone = {harmed.path_of(case) for case in CASES}
    assert gone < set(harmed.documents)
    kept = {path: sha256 for path, sha256 in harmed.documents.items() if path not in gone}
    kept["Procedimientos/P-2_x.pdf"] = harmed.procedimientos["P-2"]
    hojas = {f"Equipos/{codigo}/Hoja_de_vida.pdf" for codigo in (*CASES, *WHOLE)}
    *documents, workbook, indice, faltantes, leeme, manifest, _ = harmed.part.names
    assert (workbook, indice, faltantes) == ("Informe_Consolidado.xlsx", "INDICE.html", "FALTANTES.csv")
    assert set(documents) == set(kept) | hojas
    assert harmed.part.zip.testzip() is None
    for path, sha256 in kept.items():
        assert hashlib.sha256(harmed.part.read(path)).hexdigest() == sha256
    assert all(harmed.part.read(path).startswith(b"%PDF-") for path in hojas)
    assert harmed.part.read("Equipos/cero/manual.pdf") == b""
    assert f"faltan {len(CASES) + 2} de {len(harmed.documents) + 3} documentos" in harmed.part.read(leeme).decode()
    assert json.loads(harmed.part.read(manifest)) == harmed.part.manifest


def test_the_sums_are_right_and_the_download_says_that_it_is_incomplete(harmed: Harmed) -> None:
    row, counts = harmed.part.row, harmed.part.manifest["counts"]
    missing, registered = len(CASES) + 2, len(harmed.documents) + 3  # two procedimientos, and the logo
    assert (row["state"], row["attempt"]) == ("completed", 1)
    assert (row["missing"], row["registered"]) == (missing, registered) == (counts["missing"], counts["registered"])
    assert counts["included"] == registered - missing
    assert len(harmed.faltantes()) == len(row["faltantes"]) == missing
    assert row["download"].startswith("SAM_Equipos_Herida_S.A.S_P1de1_EQ001-020_")
    assert row["download"].endswith("_INCOMPLETO.zip")


def test_of_a_file_that_swelled_no_more_is_read_than_was_registered(tmp_path: Path) -> None:
    store, read = FileStorage(tmp_path), 0
    for size in (1000, LARGE):
        data = b"x" * size
        store.write("k", [data])
        document = StoredDocument(1, "k", "k.pdf", size, 0, hashlib.sha256(data).hexdigest())
        swell_to_five_gigabytes(tmp_path / "k")

        def chunks(document: StoredDocument) -> Iterator[bytes]:
            nonlocal read
            for chunk in store.read(document.key):
                read += len(chunk)
                yield chunk

        with pytest.raises((NotIncluded, DocumentChanged)):
            list(open_document(document, chunks).chunks)
        assert read <= size + CHUNK_BYTES
        read = 0
