"""The queue's pages: what is found, what one part tells, and the figures by day."""

from __future__ import annotations

import csv
import io
import re
import threading
from typing import Any

import pytest
from django.test import Client

from sam.models import AttemptLog, Empresa, Usuario, ZipPart
from sam.selectors import dia
from sam.selectors.dia import Day, KeptDay
from sam.selectors.tablero import digest
from sam.services.partes import claim_part, fail_part
from sam.services.solicitudes import request_zip
from sam.states import FailureReason
from sam.storage import FileStorage
from tests.integration.making import build_next, make_empresa, make_usuario, real_database

pytestmark = real_database


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_usuario(None, staff=True))
    return client


def asked(empresa: Empresa, username: str = "") -> list[int]:
    """The parts of a new request."""
    request_id, _ = request_zip(actor=make_usuario(empresa, username=username))
    return list(ZipPart.objects.filter(request=request_id).order_by("number").values_list("pk", flat=True))


def shown(page: Any) -> list[int]:
    body = page.content.decode().partition("<template")[0]
    return [int(found) for found in re.findall(r'data-testid="queue-row"\s+data-part-id="(\d+)"', body)]


def test_parts_are_found_by_empresa_usuario_state_and_id(staff: Client) -> None:
    one, other = make_empresa("Uno", equipos=36), make_empresa("Otro", equipos=1)
    mine, theirs = asked(one, "marta"), asked(other, "pedro")
    claim = claim_part(owner="w")
    assert claim is not None
    fail_part(claim, FailureReason.BUILD_ERROR)
    (waiting,) = set(mine) - {claim.part_id}
    assert set(shown(staff.get("/cola/"))) == {waiting, *theirs}
    assert set(shown(staff.get(f"/cola/?empresa={one.pk}"))) == set(mine)
    assert set(shown(staff.get("/cola/?usuario=PEDR"))) == set(theirs)
    assert shown(staff.get("/cola/?estado=failed")) == [claim.part_id]
    assert shown(staff.get(f"/cola/?id={waiting}&usuario=marta"))[0] == waiting
    assert shown(staff.get("/cola/?usuario=nadie")) == []
    told = staff.get("/cola/?estado=failed", headers={"Accept": "application/json"}).json()
    assert [row["id"] for row in told["found"]] == [claim.part_id]
    assert {row["id"] for row in told["rows"]} == {waiting, *theirs}


@pytest.mark.parametrize("query", ["estado=muerta", "empresa=x", "id=-1", "id=99999999999999999999"])
def test_a_search_that_makes_no_sense_is_refused(staff: Client, query: str) -> None:
    assert staff.get(f"/cola/?{query}").status_code == 400


@pytest.mark.sqlite
def test_a_program_gets_the_digest_and_an_unchanged_queue_keeps_its_version(staff: Client) -> None:
    asked(make_empresa(equipos=36))
    first = staff.get("/cola/", headers={"Accept": "application/json"}).json()
    assert first["counts"]["waiting"] == 2
    assert first["idle"]
    assert digest()["version"] == first["version"]
    claim_part(owner="w")
    assert digest()["version"] != first["version"]


@pytest.mark.sqlite
def test_one_part_tells_its_moves_its_log_and_its_request(staff: Client, file_storage: FileStorage) -> None:
    first, second = asked(make_empresa(equipos=36, documents=True))
    build_next(owner="taller:1:x", storage=file_storage, stopping=threading.Event())
    log = AttemptLog.objects.get()
    assert (log.part_id, log.attempt, log.worker) == (first, 1, "taller:1:x")
    assert log.lines.startswith("[PROCESANDO]")
    assert "[EXITOSO]" in log.lines
    page = staff.get(f"/cola/partes/{first}/").content.decode()
    for words in ("La tomó un proceso", "Quedó lista", "[EXITOSO]", f"/cola/partes/{second}/"):
        assert words in page
    assert staff.get("/cola/partes/999999/").status_code == 404


def test_the_log_of_an_attempt_that_fails_says_why(
    staff: Client, file_storage: FileStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    (part,) = asked(make_empresa(equipos=1))
    monkeypatch.setattr("zipworker.build._store", lambda *_, **__: 1 / 0)
    build_next(owner="w", storage=file_storage, stopping=threading.Event())
    assert ZipPart.objects.get(pk=part).state == "failed"
    lines = AttemptLog.objects.get().lines
    assert "action=build_failed" in lines
    assert "ZeroDivisionError" in lines


def figures(staff: Client, query: str = "") -> list[list[str]]:
    answer = staff.get(f"/cola/rendimiento.csv{query}")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = answer.content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.sqlite
def test_the_figures_are_by_day_and_empresa_and_run_nothing_in_a_spreadsheet(
    staff: Client, file_storage: FileStorage
) -> None:
    asked(make_empresa("=HYPERLINK(1)", equipos=36))
    asked(make_empresa("Otro", equipos=1))
    for _ in range(3):
        build_next(owner="w", storage=file_storage, stopping=threading.Event())
    head, *rows = figures(staff)
    assert head[:3] == ["dia", "empresa", "partes"]
    assert [row[1:3] for row in rows] == [["'=HYPERLINK(1)", "2"], ["Otro", "1"]]
    assert all(float(row[3]) > 0 and float(row[6]) > 0 and row[7] == "0.0" for row in rows)
    empresa = Empresa.objects.get(nombre="Otro").pk
    assert [row[1] for row in figures(staff, f"?empresa={empresa}")[1:]] == ["Otro"]
    assert figures(staff, "?desde=2020-01-01&hasta=2020-01-31") == [head]
    page = staff.get("/cola/rendimiento/")
    assert "=HYPERLINK(1)" in page.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "desde=ayer",
        "hasta=2026-02-30",
        "desde=2026-02-02&hasta=2026-02-01",
        "empresa=0",
        "desde=2026-01-01&hasta=2026-04-03",
    ],
)
def test_a_span_that_makes_no_sense_is_refused(staff: Client, query: str) -> None:
    for path in ("/cola/rendimiento/", "/cola/rendimiento.csv"):
        assert staff.get(f"{path}?{query}").status_code == 400


def test_two_empresas_of_one_name_are_two_rows(staff: Client, file_storage: FileStorage) -> None:
    for empresa in (make_empresa("Andes", equipos=1), make_empresa("Andes", equipos=1)):
        asked(empresa)
        assert build_next(owner="w", storage=file_storage, stopping=threading.Event())
    rows = list(csv.DictReader(io.StringIO(staff.get("/cola/rendimiento.csv").content.decode("utf-8-sig"))))
    assert [(row["empresa"], row["partes"]) for row in rows] == [("Andes", "1"), ("Andes", "1")]


def test_the_day_is_counted_anew_or_as_seldom_as_counting_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    now, takes, counted = 100.0, 0.001, 0

    def read() -> Day:
        nonlocal now, counted
        now, counted = now + takes, counted + 1
        return Day(counted, 0, 0, {})

    monkeypatch.setattr(dia, "QUICK_SECONDS", 0.01)
    day = KeptDay(read, clock=lambda: now)
    assert [day.get().completed for _ in range(3)] == [1, 2, 3]
    takes = 0.1
    assert [day.get().completed for _ in range(3)] == [4, 4, 4]
    now += 1.9
    assert day.get().completed == 4
    now += 0.2
    assert day.get().completed == 5


def test_a_limit_of_requests_an_hour_counts_all_usuarios_of_the_empresa() -> None:
    empresa = make_empresa(equipos=1)
    Empresa.objects.filter(pk=empresa.pk).update(solicitudes_por_hora=1)
    people: list[Usuario] = [make_usuario(empresa), make_usuario(empresa)]
    answers = []
    for person in people:
        client = Client()
        client.force_login(person)
        answers.append(client.post("/zip/solicitudes/", headers={"Accept": "application/json"}))
    assert [answer.status_code for answer in answers] == [201, 429]
    assert 3500 < int(answers[1]["Retry-After"]) <= 3601
