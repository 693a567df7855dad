"""A built part checked by the command, and what the page may ask: whether a manifest was issued, and nothing else."""

from __future__ import annotations

import io
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from sam.models import Archive, Empresa, ZipPart
from sam.services.solicitudes import request_zip
from sam.storage import FileStorage
from tests.integration.making import build_next, make_empresa, make_usuario, real_database

pytestmark = [real_database, pytest.mark.sqlite]

UNKNOWN = "0" * 64
WHOLE_AND_ISSUED = "Veredicto: Íntegro y emitido por SAM"
WHOLE_ONLY = "Veredicto: Íntegro según su manifiesto, emisión no comprobada"


@pytest.fixture
def empresa(file_storage: FileStorage) -> Empresa:
    return make_empresa(equipos=2, documents=True)


@pytest.fixture
def part(empresa: Empresa, file_storage: FileStorage, tmp_path: Path) -> Path:
    """The archive of a part, as somebody downloaded it."""
    request_zip(actor=make_usuario(empresa))
    while build_next(owner="w", storage=file_storage, stopping=threading.Event()):
        pass
    path = tmp_path / "parte.zip"
    path.write_bytes(b"".join(file_storage.read(Archive.objects.get().key)))
    return path


def run(path: Path, *, verbosity: int = 1) -> tuple[int, list[str]]:
    """The command's exit status, and its lines."""
    out = io.StringIO()
    try:
        call_command("verificar_zip", str(path), stdout=out, verbosity=verbosity)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue().splitlines()
    return 0, out.getvalue().splitlines()


def altered(path: Path, *, at: bytes) -> Path:
    """The archive with one byte changed in the first place where `at` stands."""
    data = bytearray(path.read_bytes())
    data[data.index(at)] ^= 1
    changed = path.with_name("alterada.zip")
    changed.write_bytes(bytes(data))
    return changed


def test_a_part_as_it_was_built_is_whole_and_issued(part: Path) -> None:
    status, lines = run(part)
    assert status == 0
    assert lines[-1] == WHOLE_AND_ISSUED
    assert any("solicitud" in line and "parte 1 de 1" in line for line in lines)
    assert not any(line.startswith(("ALTERADO", "FALTANTE", "SOBRANTE", "ÍNTEGRO")) for line in lines)


def test_with_verbosity_every_file_is_named(part: Path) -> None:
    _, lines = run(part, verbosity=2)
    assert "ÍNTEGRO   Equipos/EQ-001/Hoja_de_vida.pdf" in lines
    assert "ÍNTEGRO   MANIFIESTO.sha256" in lines


def test_one_altered_byte_names_its_file_and_nothing_else(part: Path) -> None:
    status, lines = run(altered(part, at=b"%PDF manual de EQ-002"))
    assert status == 1
    named = [line for line in lines if line.startswith(("ALTERADO", "FALTANTE", "SOBRANTE"))]
    assert named == ["ALTERADO  Equipos/EQ-002/manual.pdf: su contenido no es el del manifiesto"]
    assert lines[-1] == "Veredicto: No está íntegro"
    assert any(line.startswith("Emisión: emitido por SAM") for line in lines)


def test_a_truncated_part_cannot_be_checked(part: Path) -> None:
    part.write_bytes(part.read_bytes()[:-100])
    assert run(part) == (1, ["No es un ZIP, o está truncado.", "Veredicto: No se puede comprobar"])


def test_a_part_that_this_database_does_not_know_is_whole_only(part: Path) -> None:
    Archive.objects.update(manifest_sha256=UNKNOWN)
    status, lines = run(part)
    assert (status, lines[-1]) == (0, WHOLE_ONLY)
    assert "Emisión: no comprobada; esta instalación de SAM no conoce ese manifiesto" in lines


def test_without_its_database_the_command_still_checks(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_sha256: str) -> None:
        raise DatabaseError("away")

    monkeypatch.setattr("sam.management.commands.verificar_zip.issued_at", away)
    status, lines = run(part)
    assert (status, lines[-1]) == (0, WHOLE_ONLY)
    assert "Emisión: no comprobada; la base de datos no responde" in lines


def test_a_part_remains_known_when_its_bytes_and_its_part_are_gone(part: Path) -> None:
    ZipPart.objects.all().delete()
    Archive.objects.update(deleted_at=timezone.now())
    assert run(part)[1][-1] == WHOLE_AND_ISSUED


def test_a_file_that_cannot_be_opened_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"No se puede leer .*nada\.zip: "):
        call_command("verificar_zip", str(tmp_path / "nada.zip"))
    with pytest.raises(CommandError, match="No se puede leer"):
        call_command("verificar_zip", str(tmp_path))


@pytest.fixture
def archive() -> Archive:
    now = timezone.now()
    for attempt, when in ((2, now), (1, now - timedelta(days=1))):
        Archive.objects.create(
            key=f"zip_requests/1/x_a{attempt}.zip",
            bytes=1,
            sha256="b" * 64,
            manifest_sha256="a" * 64,
            registered=0,
            missing=0,
            created_at=when,
        )
    return Archive.objects.get(created_at__lt=now)


def test_the_page_is_for_everybody(empresa: Empresa) -> None:
    signed_in = Client()
    signed_in.force_login(make_usuario(empresa))
    for client in (Client(), signed_in):
        response = client.get("/verificar/")
        assert response.status_code == 200
        page = response.content.decode()
        assert "verificar_zip" in page
        assert "sha256sum -c" in page
        assert 'data-manifests="/verificar/manifiesto/"' in page


def test_the_page_has_no_form_that_could_send_a_zip() -> None:
    page = Client().get("/verificar/").content.decode()
    main = page[page.index("<main") :]
    assert "<form" not in main
    assert "name=" not in main


def test_a_known_manifest_is_told_with_the_first_time_and_nothing_else(archive: Archive) -> None:
    response = Client().get(f"/verificar/manifiesto/{archive.manifest_sha256}/")
    assert response.json() == {"known": True, "created_at": archive.created_at.isoformat()}
    assert response["Cache-Control"] == "no-store"


def test_an_unknown_manifest_is_not_known(archive: Archive) -> None:
    response = Client().get(f"/verificar/manifiesto/{UNKNOWN}/")
    assert response.status_code == 200
    assert response.json() == {"known": False, "created_at": None}


@pytest.mark.parametrize("asked", ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "..%2f"])
def test_what_is_no_sha256_is_not_found(archive: Archive, asked: str) -> None:
    assert Client().get(f"/verificar/manifiesto/{asked}/").status_code == 404


@pytest.mark.parametrize("path", ["/verificar/", f"/verificar/manifiesto/{'a' * 64}/"])
def test_nothing_can_be_posted(path: str) -> None:
    response = Client().post(path, {"zip": io.BytesIO(b"PK")})
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
