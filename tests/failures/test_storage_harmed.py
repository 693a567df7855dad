"""Documentos are deleted, truncated and altered in storage while their part is built: it says so, the rest is whole."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import signal
import zipfile
from pathlib import Path

import pytest

from tests.failures.storage_data import EQUIPOS, LARGE, codigo, manual
from tests.failures.storage_installation import StoredSam

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

DELETED, TRUNCATED, ALTERED = 5, LARGE, 7
WORDS = {
    DELETED: "no está en el almacenamiento",
    TRUNCATED: "sus bytes no son los que se registraron",
    ALTERED: "sus bytes no son los que se registraron",
}


def harm(stored: StoredSam) -> None:
    """What somebody does to three documentos behind SAM's back."""
    client, bucket = stored.s3.upstream.client(), stored.bucket
    client.delete_object(Bucket=bucket, Key=stored.document(manual(DELETED)))
    half = manual(TRUNCATED)[: len(manual(TRUNCATED)) // 2]
    client.put_object(Bucket=bucket, Key=stored.document(manual(TRUNCATED)), Body=half)
    altered = bytearray(manual(ALTERED))
    altered[-1] ^= 1
    client.put_object(Bucket=bucket, Key=stored.document(manual(ALTERED)), Body=bytes(altered))


def mend(stored: StoredSam) -> None:
    for number in WORDS:
        key = stored.document(manual(number))
        stored.s3.upstream.client().put_object(Bucket=stored.bucket, Key=key, Body=manual(number))


def path_of(number: int) -> str:
    return f"Equipos/{codigo(number)}/manual.pdf"


@pytest.mark.slow
def test_a_part_whose_documentos_are_harmed_while_it_is_built_names_them_and_is_otherwise_whole(
    stored: StoredSam, tmp_path: Path
) -> None:
    worker = stored.sam.start_worker(builder="slow:1")
    visitor = stored.visitor()
    visitor.post("/zip/solicitudes/")
    stored.wait_for_part(state="processing", done=2)
    worker.send_signal(signal.SIGSTOP)  # so that it certainly has not reached them
    try:
        assert 2 <= stored.part()["done"] < DELETED - 1
        harm(stored)
        worker.send_signal(signal.SIGCONT)
        part = stored.wait_for_part(state="completed", seconds=100)
    finally:
        mend(stored)
    assert (part["attempt"], part["storage_failures"], part["crashes"]) == (1, 0, 0)
    assert stored.sam.query("SELECT missing FROM sam_archive") == [(len(WORDS),)]
    assert "Lista con faltantes" in visitor.get("/informes/").decode()

    data = visitor.get(f"/zip/partes/{part['id']}/descargar/")
    assert hashlib.sha256(data).hexdigest() == stored.archive()[1]
    file = tmp_path / "parte.zip"
    file.write_bytes(data)
    told = stored.sam.manage("verificar_zip", str(file))
    assert f"Se emitió con {len(WORDS)} documentos faltantes" in told
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        (root,) = {name.partition("/")[0] for name in archive.namelist()}
        names = {name.partition("/")[2] for name in archive.namelist()}
        text = archive.read(f"{root}/FALTANTES.csv").decode("utf-8-sig")
        rows = {row["equipo"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}
        assert {equipo: (row["ruta"], row["motivo"]) for equipo, row in rows.items()} == {
            codigo(number): (path_of(number), motivo) for number, motivo in WORDS.items()
        }
        for number in range(1, EQUIPOS + 1):
            assert (path_of(number) in names) == (number not in WORDS)
            assert f"Equipos/{codigo(number)}/Hoja_de_vida.pdf" in names
            if number not in WORDS:
                assert archive.read(f"{root}/{path_of(number)}") == manual(number)
        (manifest,) = (name for name in names if "anifiesto" in name and name.endswith(".json"))
        missing = json.loads(archive.read(f"{root}/{manifest}"))["missing"]
        assert {one["path"] for one in missing} == set(map(path_of, WORDS))
    assert stored.held() == stored.named()
    assert stored.unfinished() == []
