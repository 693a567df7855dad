"""Health under each outage: what is named, how fast; and the command that a container's check runs."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from sam.management.commands.salud import FRESH_SECONDS
from sam.models import WorkerBeat
from sam.views import salud
from sam.views.checks import Check
from tests.integration.making import real_database
from tests.services.children import free_port

pytestmark = real_database

Break = Callable[..., None]


@pytest.fixture(params=["breaks", "hangs"])
def outage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Break]:
    """Makes things break or hang, by name."""
    over = threading.Event()

    def ask() -> bool:
        if request.param == "hangs":
            over.wait(30)
        raise OSError

    def make(*names: str) -> None:
        checks = {name: Check(ask if name in names else (lambda: True)) for name in salud.CHECKS}
        monkeypatch.setattr(salud, "CHECKS", checks)
        if "database" in names:
            monkeypatch.setattr(salud, "WORKERS", Check(ask, remember=0))

    yield make
    over.set()


def timed(path: str) -> tuple[int, Any, float]:
    began = time.monotonic()
    answer = Client().get(path)
    return answer.status_code, answer.json(), time.monotonic() - began


def test_all_is_well() -> None:
    assert timed("/healthz")[:2] == (200, {"status": "ok"})
    assert timed("/readyz")[0] == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/healthz/worker", "/metrics"])
def test_a_machine_may_ask_by_a_containers_address(path: str) -> None:
    answer = Client().get(path, headers={"Host": "172.18.0.5:8000"})
    assert answer.status_code in {200, 503, 404}
    assert "Set-Cookie" not in answer
    assert Client().get("/entrar/", headers={"Host": "172.18.0.5:8000"}).status_code == 400


@pytest.mark.parametrize("away", [["redis"], ["storage"], ["redis", "storage"]])
def test_what_is_away_is_named_and_the_process_is_ready(outage: Break, away: list[str]) -> None:
    outage(*away)
    status, said, seconds = timed("/readyz")
    assert (status, said) == (200, {"status": "degraded", "degraded": away})
    assert seconds < 2  # both are waited for at once
    assert timed("/readyz")[2] < 0.5  # and what hangs is waited for once


def test_without_a_database_it_is_not_ready(outage: Break) -> None:
    outage("database", "redis", "storage")
    status, said, seconds = timed("/readyz")
    assert (status, said) == (503, {"status": "unavailable", "unavailable": ["database"]})
    assert seconds < 2
    assert timed("/healthz")[0] == 200
    assert timed("/healthz/worker")[:2] == (503, {"status": "unavailable", "unavailable": ["database"]})


def test_the_worker_is_named_when_none_lives() -> None:
    assert timed("/healthz/worker")[:2] == (503, {"status": "unavailable", "unavailable": ["worker"]})
    beat(seconds_ago=60)
    assert timed("/healthz/worker")[0] == 503
    beat(seconds_ago=1)
    assert timed("/healthz/worker")[:2] == (200, {"status": "ok", "workers": 1})


class TestCheck:
    def test_what_hangs_is_not_asked_twice_and_is_well_when_it_comes_back(self) -> None:
        back, asked = threading.Event(), []

        def ask() -> bool:
            asked.append(1)
            return back.wait(30)

        check = Check(ask, remember=0, patience=0.05)
        assert [check.answer() for _ in range(5)] == [None] * 5
        assert len(asked) == 1
        running = check.begin()
        back.set()
        assert running.result(5) is True
        assert Check(ask, remember=0).answer() is True

    def test_an_answer_is_kept_as_long_as_it_may_be_old(self) -> None:
        now, asked = [0.0], []
        check = Check(lambda: asked.append(1) or len(asked), remember=5, clock=lambda: now[0])  # type: ignore[func-returns-value]
        assert [check.answer(), check.answer()] == [1, 1]
        now[0] = 5.1
        assert check.answer() == 2


# ── the command ──


def beat(*, host: str = "", seconds_ago: int) -> None:
    seen_at = timezone.now() - timedelta(seconds=seconds_ago)
    host = host or socket.gethostname()
    WorkerBeat.objects.create(name=f"{host}:{seconds_ago}", host=host, seen_at=seen_at)


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    try:
        call_command("salud", *arguments)
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    return status, capsys.readouterr().out.strip()


class TestOfTheWorker:
    def test_a_fresh_beat_of_this_machine_is_well(self, capsys: pytest.CaptureFixture[str]) -> None:
        beat(seconds_ago=1)
        beat(seconds_ago=900)  # of one that was killed
        assert command(capsys, "worker") == (0, "bien")

    def test_an_old_one_is_not(self, capsys: pytest.CaptureFixture[str]) -> None:
        beat(seconds_ago=FRESH_SECONDS + 90)
        status, words = command(capsys, "worker")
        assert status == 1
        assert words.startswith("mal: el último latido de esta máquina fue hace 12")

    def test_that_of_another_machine_does_not_count(self, capsys: pytest.CaptureFixture[str]) -> None:
        beat(host="otra", seconds_ago=1)
        assert command(capsys, "worker") == (1, "mal: ningún worker de esta máquina ha dado señales")

    def test_a_database_that_is_away_condemns_no_worker(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(host: str) -> list[float]:
            raise OSError

        monkeypatch.setattr("sam.management.commands.salud.beat_ages", away)
        assert command(capsys, "worker") == (0, "no se sabe: la base de datos no responde")


class TestOfTheWeb:
    @pytest.fixture
    def web(self) -> Iterator[tuple[http.server.HTTPServer, dict[str, Any]]]:
        """A web process that says what the test wants of itself."""
        says: dict[str, Any] = {"status": 200, "body": b""}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(says["status"] if self.path == "/readyz" else 404)
                self.end_headers()
                self.wfile.write(says["body"])

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server, says
        server.shutdown()
        thread.join()
        server.server_close()

    @pytest.mark.parametrize(
        ("status", "said", "expected"),
        [
            (200, {"status": "ok"}, (0, "bien")),
            (200, {"status": "degraded", "degraded": ["redis"]}, (0, "bien, sin Redis")),
            (
                200,
                {"status": "degraded", "degraded": ["redis", "storage"]},
                (0, "bien, sin Redis y el almacén"),
            ),
            (
                503,
                {"status": "unavailable", "unavailable": ["database"]},
                (1, "mal: no responde la base de datos"),
            ),
            (500, None, (1, "mal: el web contesta 500")),
            (400, [], (1, "mal: el web contesta 400")),
        ],
    )
    def test_it_says_what_the_web_says(
        self,
        web: tuple[http.server.HTTPServer, dict[str, Any]],
        capsys: pytest.CaptureFixture[str],
        status: int,
        said: Any,
        expected: tuple[int, str],
    ) -> None:
        server, says = web
        says |= {"status": status, "body": json.dumps(said).encode() if said is not None else b"<html>"}
        assert command(capsys, "web", f"--port={server.server_port}") == expected

    def test_nobody_there(self, capsys: pytest.CaptureFixture[str]) -> None:
        port = free_port()
        assert command(capsys, "web", f"--port={port}") == (1, f"mal: nadie atiende el puerto {port}")
