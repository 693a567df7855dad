"""`/metrics`: exact figures for a known state, counters that only grow, and who may read them."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import F
from django.test import Client
from django.utils import timezone
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from sam.models import Archive, Empresa, QueueControl, Tally, Transition, Usuario, WorkerBeat, ZipPart
from sam.selectors import cuentas
from sam.selectors.cuentas import counts_between
from sam.selectors.metricas import read_figures
from sam.services.cuentas import SETTLED_SECONDS, fold_counts
from sam.services.cuidado import forget_transitions, reap_lost_parts
from sam.services.partes import BuiltArchive, Claim, claim_part, fail_part, finish_part, hand_back
from sam.services.solicitudes import request_zip
from sam.services.vida import cancel_request
from sam.states import FailureReason, Move
from sam.views import salud
from sam.views.checks import Check
from tests.integration.making import make_empresa, make_usuario, real_database

pytestmark = [real_database, pytest.mark.sqlite]

TOKEN = "ficha-de-prueba"
Samples = dict[str, float]


def allow(monkeypatch: pytest.MonkeyPatch, *, token: str = "", loopback: bool = False) -> None:
    monkeypatch.setattr(
        settings, "SAM", dataclasses.replace(settings.SAM, metrics_token=token, metrics_loopback=loopback)
    )


@pytest.fixture
def open_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, loopback=True)


def samples() -> Samples:
    """name{labels} → value, as Prometheus would read them."""
    text = Client().get("/metrics").content.decode()
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def counters(found: Samples) -> Samples:
    """What must never go down."""
    ends = ("_total", "_bucket", "_sum", "_count")
    return {
        key: value
        for key, value in found.items()
        if key.partition("{")[0].endswith(ends) and key.startswith(("sam_part", "sam_archive", "sam_missing"))
    }


def claim() -> Claim:
    found = claim_part(owner="w")
    assert found is not None
    return found


def built(*, missing: int = 0) -> BuiltArchive:
    number = Archive.objects.count()
    return BuiltArchive(
        key=f"zip_requests/{number}.zip",
        bytes=1000,
        sha256=f"{number:064x}",
        manifest_sha256=f"{number:064x}",
        registered=10,
        faltantes=[{"documento": n, "equipo": "E", "nombre": "n", "ruta": "r", "motivo": "m"} for n in range(missing)],
    )


def ask(user: Usuario) -> int:
    request_id, _ = request_zip(actor=user)
    return request_id


def a_little_history() -> Usuario:
    """Of three parts: one whole after a hand-back, one with 3 missing, one failed. Then one cancelled, one lost."""
    user = make_usuario(make_empresa(equipos=90))
    ask(user)
    hand_back(claim())
    finish_part(claim(), built())
    finish_part(claim(), built(missing=3))
    fail_part(claim(), FailureReason.BUILD_ERROR)
    other = make_usuario(make_empresa("Otra", equipos=1))
    cancel_request(actor=other, request_id=ask(other))
    ask(other)
    lost = claim()
    ZipPart.objects.filter(pk=lost.part_id).update(lease_until=F("queued_at") - timedelta(hours=1))
    assert reap_lost_parts() == 1
    return other


@pytest.mark.usefixtures("open_to_all")
class TestFigures:
    def test_an_empty_installation_shows_every_counter_at_zero(self) -> None:
        found = samples()
        assert set(counters(found).values()) == {0.0}
        assert found['sam_queue_parts{state="waiting"}'] == 0
        assert found["sam_queue_oldest_waiting_seconds"] == 0
        assert found['sam_up{check="database"}'] == 1
        assert found['sam_up{check="storage"}'] == 1
        assert found['sam_up{check="worker"}'] == 0

    def test_a_known_history_is_counted_exactly(self) -> None:
        a_little_history()
        found = samples()
        expected = {
            'sam_parts_ended_total{reason="",state="completed"}': 2,
            'sam_parts_ended_total{reason="build_error",state="failed"}': 1,
            'sam_parts_ended_total{reason="worker_lost",state="failed"}': 0,
            'sam_parts_ended_total{reason="requester",state="cancelled"}': 1,
            'sam_part_moves_total{after="processing",move="claim",reason=""}': 5,
            'sam_part_moves_total{after="pending",move="hand_back",reason="stopping"}': 1,
            'sam_part_moves_total{after="pending",move="reap",reason="worker_lost"}': 1,
            'sam_archives_total{whole="yes"}': 1,
            'sam_archives_total{whole="no"}': 1,
            "sam_archive_bytes_total": 2000,
            "sam_missing_documents_total": 3,
            "sam_part_wait_seconds_count": 5,
            'sam_part_wait_seconds_bucket{le="+Inf"}': 5,
            "sam_part_run_seconds_count": 2,
            'sam_part_run_seconds_bucket{le="3600.0"}': 2,
            'sam_queue_parts{state="waiting"}': 1,
            'sam_queue_parts{state="building"}': 0,
        }
        assert {key: found[key] for key in expected} == expected

    def test_a_duration_falls_into_its_buckets(self) -> None:
        user = make_usuario(make_empresa())
        ask(user)
        ZipPart.objects.update(queued_at=F("queued_at") - timedelta(seconds=40))
        finish_part(claim(), built())
        found = samples()
        assert found['sam_part_wait_seconds_bucket{le="30.0"}'] == 0
        assert found['sam_part_wait_seconds_bucket{le="60.0"}'] == 1
        assert 40 <= found["sam_part_wait_seconds_sum"] < 60

    def test_the_oldest_is_one_that_no_pause_keeps_back(self) -> None:
        for name in ("Una", "Dos"):
            ask(make_usuario(make_empresa(name)))
        first, second = ZipPart.objects.order_by("pk")
        ZipPart.objects.filter(pk=first.pk).update(queued_at=timezone.now() - timedelta(seconds=500))
        ZipPart.objects.filter(pk=second.pk).update(queued_at=timezone.now() - timedelta(seconds=100))
        assert 500 <= samples()["sam_queue_oldest_waiting_seconds"] < 520
        Empresa.objects.filter(nombre="Una").update(pausada_desde=timezone.now())
        found = samples()
        assert 100 <= found["sam_queue_oldest_waiting_seconds"] < 120
        assert (found["sam_queue_held_parts"], found["sam_empresas_paused"]) == (1, 1)
        QueueControl.objects.update_or_create(pk=1, defaults={"paused_at": timezone.now()})
        found = samples()
        assert (found["sam_queue_held_parts"], found["sam_queue_paused"]) == (2, 1)
        assert found["sam_queue_oldest_waiting_seconds"] == 0

    def test_workers_by_state_and_what_they_hold(self) -> None:
        now = timezone.now()
        for name, age, quiet, memory in (("a", 1, False, 100), ("b", 2, True, 300), ("c", 60, False, 900)):
            seen = now - timedelta(seconds=age)
            WorkerBeat.objects.create(name=name, host=name, slots=2, seen_at=seen, quiet=quiet, memory_bytes=memory)
        WorkerBeat.objects.create(name="d", host="d", seen_at=now - timedelta(hours=2))
        found = samples()
        assert [found[f'sam_workers{{state="{state}"}}'] for state in ("alive", "quiet", "lost")] == [1, 1, 1]
        assert found["sam_worker_slots"] == 2
        assert found["sam_workers_memory_bytes"] == 400
        assert found["sam_worker_memory_max_bytes"] == 300
        assert found['sam_up{check="worker"}'] == 1

    def test_no_label_comes_from_the_data(self) -> None:
        other = a_little_history()
        Transition.objects.filter(move=Move.HAND_BACK).update(reason="algo que nadie conoce")
        text = Client().get("/metrics").content.decode()
        assert 'reason="other"' in text
        assert "nadie" not in text
        assert other.username not in text
        assert "CERTIBOY" not in text

    def test_openmetrics_is_spoken_to_who_asks_for_it(self) -> None:
        answer = Client().get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
        assert answer["Content-Type"].startswith("application/openmetrics-text")
        names = {family.name for family in openmetrics.text_string_to_metric_families(answer.content.decode())}  # type: ignore[no-untyped-call]
        assert {"sam_parts_ended", "sam_part_wait_seconds", "sam_event_loop_lag_seconds"} <= names

    def test_a_scrape_asks_little(self) -> None:
        a_little_history()
        with connection.execute_wrapper(count := Counting()):
            read_figures()
        assert count.queries <= 8


class Counting:
    def __init__(self) -> None:
        self.queries = 0

    def __call__(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        self.queries += 1
        return execute(sql, params, many, context)


@pytest.mark.usefixtures("open_to_all")
class TestForgetting:
    def age_everything(self, seconds: float) -> None:
        Transition.objects.update(at=F("at") - timedelta(seconds=seconds))
        Archive.objects.update(created_at=F("created_at") - timedelta(seconds=seconds))

    def test_counters_survive_that_their_rows_are_forgotten(self) -> None:
        a_little_history()
        before = counters(samples())
        self.age_everything(100 * 86_400)
        forget_transitions()
        assert not Transition.objects.exists()
        assert counters(samples()) == before
        # and that everything else goes too
        ZipPart.objects.all().delete()
        Archive.objects.all().delete()
        assert counters(samples()) == before

    def test_counters_go_on_from_where_they_were(self) -> None:
        a_little_history()
        self.age_everything(100 * 86_400)
        forget_transitions()
        finish_part(claim(), built())
        found = samples()
        assert found['sam_parts_ended_total{reason="",state="completed"}'] == 3
        assert found["sam_archive_bytes_total"] == 3000
        assert found["sam_part_wait_seconds_count"] == 6

    def test_folding_again_and_again_counts_nothing_twice(self) -> None:
        a_little_history()
        before = counters(samples())
        self.age_everything(2 * SETTLED_SECONDS)
        for _ in range(3):
            fold_counts()
        assert counters(samples()) == before
        assert Transition.objects.exists()

    def test_what_may_not_be_committed_yet_is_not_folded(self) -> None:
        a_little_history()
        fold_counts()
        assert not Tally.objects.filter(name="moves").exists()
        # A transaction that began before the fold commits after it: its row is still counted.
        Transition.objects.filter(move=Move.FINISH).update(at=timezone.now() - timedelta(seconds=SETTLED_SECONDS - 90))
        assert samples()["sam_part_run_seconds_count"] == 2

    def test_whoever_folds_at_once_counts_nothing_twice(self) -> None:
        a_little_history()
        before = counters(samples())
        self.age_everything(2 * SETTLED_SECONDS)

        def fold(_: int) -> None:
            try:
                fold_counts()
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(fold, range(4)))
        assert Tally.objects.filter(name="moves").exists()
        assert counters(samples()) == before

    def test_a_fold_in_the_middle_of_a_scrape_changes_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        a_little_history()
        before = counters(samples())
        self.age_everything(2 * SETTLED_SECONDS)
        folded = []

        def count(begin: datetime, end: datetime | None) -> cuentas.Counts:
            fold_counts()  # the tally has been read, the rows have not
            folded.append(Tally.objects.filter(name="moves").exists())
            return counts_between(begin, end)

        monkeypatch.setattr(cuentas, "counts_between", count)
        assert counters(samples()) == before
        assert folded == [True]


class TestWhoMayRead:
    def test_the_token_opens_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        allow(monkeypatch, token=TOKEN)
        answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/plain; version=")
        assert answer["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(
        "given", ["", "Bearer", "Bearer ", "Bearer otra", f"Basic {TOKEN}", TOKEN, "Bearer ñ\udce9"]
    )
    def test_a_wrong_token_is_401(self, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
        allow(monkeypatch, token=TOKEN, loopback=True)
        answer = Client().get("/metrics", HTTP_AUTHORIZATION=given)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")

    def test_no_token_is_401_where_there_is_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        allow(monkeypatch, token=TOKEN)
        assert Client().get("/metrics").status_code == 401

    def test_where_nothing_is_set_it_is_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        allow(monkeypatch)
        assert Client().get("/metrics").status_code == 404
        assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404

    def test_an_administrator_has_no_right_to_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        allow(monkeypatch, token=TOKEN)
        client = Client()
        client.force_login(make_usuario(None, staff=True, is_superuser=True))
        assert client.get("/metrics").status_code == 401

    @pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
    def test_loopback_needs_no_token_where_so_set(self, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
        allow(monkeypatch, loopback=True)
        assert Client(REMOTE_ADDR=address).get("/metrics").status_code == 200

    @pytest.mark.parametrize("address", ["10.0.0.7", "::ffff:10.0.0.7", "", "localhost", "2001:db8::1"])
    def test_another_machine_does(self, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
        allow(monkeypatch, loopback=True)
        assert Client(REMOTE_ADDR=address).get("/metrics").status_code == 404

    @pytest.mark.parametrize(
        "header", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Anything", "Forwarded", "X-Real-IP", "Via"]
    )
    def test_a_proxy_on_this_machine_is_not_this_machine(self, monkeypatch: pytest.MonkeyPatch, header: str) -> None:
        allow(monkeypatch, loopback=True)
        assert Client().get("/metrics", headers={header: ""}).status_code == 404

    def test_a_foreign_page_whose_name_leads_here_is_not_this_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        allow(monkeypatch, loopback=True)
        assert Client().get("/metrics", headers={"Host": "evil.example"}).status_code == 400

    @pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
    def test_it_is_only_read(self, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
        allow(monkeypatch, loopback=True)
        answer = getattr(Client(), method)("/metrics")
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
        assert Client().head("/metrics").status_code == 200


@pytest.mark.usefixtures("open_to_all")
class TestOutages:
    @pytest.fixture(params=["breaks", "hangs"])
    def no_database(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        over = threading.Event()

        def ask() -> Any:
            if request.param == "hangs":
                over.wait(30)
            raise OSError

        monkeypatch.setitem(salud.CHECKS, "database", Check(ask))
        monkeypatch.setattr("sam.views.metricas.FIGURES", Check(ask, remember=0))
        yield
        over.set()

    @pytest.mark.usefixtures("no_database")
    def test_without_a_database_the_process_still_tells_of_itself(self) -> None:
        began = time.monotonic()
        found = samples()
        assert time.monotonic() - began < 3
        assert found['sam_up{check="database"}'] == 0
        assert 'sam_up{check="worker"}' not in found
        assert "sam_event_loop_lag_seconds_count" in found
        assert not any(key.startswith("sam_queue") for key in found)
