"""The database refuses what must not be, whatever the code above it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from sam.models import Archive, Documento, Empresa, Equipo, Ficha, Stream, Usuario, ZipPart, ZipRequest
from sam.services.solicitudes import request_zip
from tests.integration.making import make_empresa, make_usuario, real_database

pytestmark = [real_database, pytest.mark.sqlite]

SHA = "a" * 64


@pytest.fixture
def part() -> ZipPart:
    empresa = make_empresa(equipos=2)
    request_id, _ = request_zip(actor=make_usuario(empresa))
    return ZipPart.objects.get(request=request_id)


def refused(write: Callable[[], Any]) -> str:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        write()
    return str(caught.value)


def update(row: Any, **values: Any) -> Callable[[], Any]:
    return lambda: type(row)._default_manager.filter(pk=row.pk).update(**values)


PART_WRONGS: dict[str, dict[str, Any]] = {
    "a state that is none": {"state": "perdida"},
    "processing without an owner": {"state": "processing", "lease_until": timezone.now()},
    "processing without a lease": {"state": "processing", "owner": "w"},
    "an owner of a part that waits": {"owner": "w"},
    "a lease of a part that waits": {"lease_until": timezone.now()},
    "completed without an archive": {"state": "completed", "expires_at": timezone.now()},
    "failed without a reason": {"state": "failed"},
    "a reason of a part that did not fail": {"error": "build_error"},
    "number above the count": {"number": 9},
    "number 0": {"number": 0},
    "more done than equipos": {"done": 3},
    "done below nothing": {"done": -1},
    "attempt 0": {"attempt": 0},
    "a range that ends before it begins": {"first": 5, "last": 4},
}


@pytest.mark.parametrize("values", PART_WRONGS.values(), ids=PART_WRONGS)
def test_a_part_cannot_be(part: ZipPart, values: dict[str, Any]) -> None:
    assert refused(update(part, **values))


def test_a_part_that_waits_has_no_archive(part: ZipPart) -> None:
    archive = Archive.objects.create(key="k", bytes=1, sha256=SHA, manifest_sha256=SHA, registered=0, missing=0)
    assert refused(update(part, archive=archive))


def test_two_parts_of_a_request_cannot_have_one_number(part: ZipPart) -> None:
    twin = ZipPart(request=part.request, number=1, of=1, first=1, last=2, first_codigo="a", last_codigo="b")
    assert refused(twin.save)


def test_a_usuario_has_one_live_request_of_an_empresa(part: ZipPart) -> None:
    first = part.request
    twin = ZipRequest(
        empresa=first.empresa, requester=first.requester, instant=timezone.now(), root="x", lists=first.lists
    )
    assert refused(twin.save)


def test_an_ended_request_knows_when_it_ended(part: ZipPart) -> None:
    assert refused(update(part.request, state="completed"))
    assert refused(update(part.request, ended_at=timezone.now()))


def test_an_archive_cannot_miss_more_than_was_registered() -> None:
    wrong = Archive(key="k", bytes=1, sha256=SHA, manifest_sha256=SHA, registered=1, missing=2)
    assert refused(wrong.save)


def test_an_archive_is_never_empty() -> None:
    assert refused(Archive(key="k", bytes=0, sha256=SHA, manifest_sha256=SHA, registered=0, missing=0).save)


def test_an_equipo_has_a_code_of_its_own() -> None:
    empresa = make_empresa(equipos=1)
    assert refused(Equipo(empresa=empresa, codigo_interno="EQ-001", nombre="otra").save)
    assert refused(Equipo(empresa=empresa, codigo_interno="", nombre="sin código").save)


def test_an_equipo_is_in_a_known_estado() -> None:
    equipo = Equipo.objects.get(empresa=make_empresa(equipos=1))
    assert refused(update(equipo, estado="Perdido"))


def test_a_usuario_who_is_not_staff_has_an_empresa() -> None:
    assert refused(Usuario(username="nadie", empresa=None).save)
    Usuario(username="alguien", empresa=None, is_staff=True).save()


def test_two_empresas_cannot_have_one_nit() -> None:
    Empresa.objects.create(nombre="A", nit="1")
    assert refused(Empresa(nombre="B", nit="1").save)


def test_two_empresas_without_nit_cannot_have_one_name() -> None:
    Empresa.objects.create(nombre="A", nit="")
    assert refused(Empresa(nombre="A", nit="").save)
    Empresa.objects.create(nombre="B", nit="")


@pytest.mark.parametrize("wrong", [{"sha256": "A" * 64}, {"sha256": "a" * 63}, {"bytes": -1}, {"crc32": 2**32}])
def test_a_documento_is_measured(wrong: dict[str, Any]) -> None:
    values: dict[str, Any] = {"key": "k", "nombre": "n", "bytes": 1, "crc32": 1, "sha256": SHA, **wrong}
    assert refused(Documento(empresa=make_empresa(equipos=0), **values).save)


def test_a_revision_is_frozen_once() -> None:
    values: dict[str, Any] = {"kind": "equipo", "subject": 1, "revision": 1, "data": "{}", "sha256": SHA}
    Ficha.objects.create(documents=0, bytes=0, **values)
    assert refused(Ficha(documents=0, bytes=0, **values).save)


def test_a_stream_does_not_run_backwards_below_nothing() -> None:
    user = make_usuario(make_empresa(equipos=0))
    assert refused(Stream(usuario=user, seq=-1).save)
