"""A real Prometheus reads a real web process: what it keeps, what its rules say, and what promtool says of both."""

from __future__ import annotations

import dataclasses
import json
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.failures.bare_data import USUARIO
from tests.failures.own_servers import Installation
from tests.running import ROOT, Sam, Visitor, wait_for
from tests.services.children import free_port, start, stop, wait_until_ready

pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.timeout(240)]

DEPLOY = ROOT / "deploy"
TOKEN = secrets.token_urlsafe(24)
# 10 s until a heartbeat is old, 30 s that the rule waits, and its rounds.
ALERT_SECONDS = 90
LONGEST_SCRAPE_SECONDS = 2.0


class Prometheus:
    """One that scrapes and evaluates every second; with our rules and our example's way of asking."""

    def __init__(self, folder: Path, target: Sam) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        (folder / "sam_token").write_text(TOKEN)
        shutil.copy(DEPLOY / "alertas.yml", folder)
        config = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
        (job,) = config["scrape_configs"]
        del job["dns_sd_configs"]
        job["static_configs"] = [{"targets": [f"127.0.0.1:{target.port}"]}]
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        self._argv = [
            "prometheus",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'tsdb'}",
            f"--web.listen-address={self.url.removeprefix('http://')}",
        ]
        self._log = folder / "prometheus.log"

    def start(self) -> subprocess.Popen[bytes]:
        process = start(self._argv, log=self._log)
        wait_until_ready(process, name="prometheus", log=self._log, ready=self._is_ready)
        return process

    def ask(self, path: str, **parameters: str) -> Any:
        with urllib.request.urlopen(f"{self.url}{path}?{urllib.parse.urlencode(parameters)}", timeout=5) as response:
            answer = json.load(response)
        assert answer["status"] == "success"
        return answer["data"]

    def value(self, query: str) -> float | None:
        """Of the one series that the query finds."""
        found = self.ask("/api/v1/query", query=query)["result"]
        return float(found[0]["value"][1]) if found else None

    def state(self, alert: str) -> str:
        (group,) = self.ask("/api/v1/rules")["groups"]
        return next(str(rule["state"]) for rule in group["rules"] if rule["name"] == alert)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=1) as response:
                return bool(response.status == 200)
        except OSError:
            return False


@pytest.fixture
def web(own: Installation) -> Iterator[Installation]:
    """The installation with its metrics open to who has the token."""
    environment = {**own.sam.environment, "SAM_METRICS_TOKEN": TOKEN}
    sam = dataclasses.replace(own.sam, environment=environment)
    sam.start_web()
    yield dataclasses.replace(own, sam=sam)
    sam.close()


@pytest.fixture
def prometheus(web: Installation, tmp_path: Path) -> Iterator[Prometheus]:
    server = Prometheus(tmp_path, web.sam)
    process = server.start()
    yield server
    stop(process)


def promtool(*arguments: str, given: bytes | None = None) -> str:
    done = subprocess.run(["promtool", *arguments], input=given, capture_output=True, cwd=ROOT, check=False)
    output = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 0, output
    return output


def scrape(sam: Sam, token: str) -> bytes:
    request = urllib.request.Request(f"{sam.url}/metrics", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as response:
        data: bytes = response.read()
        return data


def test_what_happens_is_what_prometheus_keeps(web: Installation, prometheus: Prometheus) -> None:
    worker = web.start_quick_worker()
    visitor = Visitor(web.sam, USUARIO)
    status, request = web.request(visitor)
    assert status == 201
    parts = len(request["parts"])
    completed = 'sum(sam_parts_ended_total{state="completed"})'
    wait_for(lambda: prometheus.value(completed) == parts, seconds=60, what="Prometheus counts every part")
    assert prometheus.value('up{job="sam"}') == 1
    assert prometheus.value("sam_part_wait_seconds_count") == parts
    assert prometheus.value('sam_workers{state="alive"}') == 1
    assert (prometheus.value("sam_workers_memory_bytes") or 0) > 10_000_000
    assert (prometheus.value("sam_event_loop_lag_seconds_count") or 0) > 0
    assert (prometheus.value("sam_metrics_read_seconds") or 9) < 1

    # Every panel of the dashboard, and every rule, is a question that Prometheus understands.
    for panel in json.loads((DEPLOY / "grafana.json").read_text())["panels"]:
        for target in panel["targets"]:
            prometheus.ask("/api/v1/query", query=target["expr"].replace("$__rate_interval", "1m"))
    (group,) = prometheus.ask("/api/v1/rules")["groups"]
    assert [rule["name"] for rule in group["rules"] if rule["health"] == "err"] == []
    assert prometheus.state("SamNadaFunciona") == "inactive"

    # The only worker dies and somebody asks: within the minute it is known that nothing works.
    web.sam.kill(worker)
    operator_status, _ = web.request(visitor)
    assert operator_status == 201
    wait_for(
        lambda: prometheus.state("SamNadaFunciona") == "firing",
        seconds=ALERT_SECONDS,
        what="the alert that nothing works",
    )
    assert (prometheus.value('sam_workers{state="lost"}'), prometheus.value('sam_up{check="worker"}')) == (1, 0)

    # The counters of a new web process are those of the old one: they are the database's.
    before = prometheus.value(completed)
    web.sam.stop(web.sam.processes[0])
    web.sam.start_web()
    assert f'sam_parts_ended_total{{reason="",state="completed"}} {before}'.encode() in _sorted_labels(
        scrape(web.sam, TOKEN)
    )


def _sorted_labels(text: bytes) -> bytes:
    return text.replace(b'{state="completed",reason=""}', b'{reason="",state="completed"}')


def test_a_wrong_token_is_refused(web: Installation) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        scrape(web.sam, "otra")
    assert refused.value.code == 401
    refused.value.close()


def test_promtool_finds_nothing_wrong_with_names_rules_and_their_tests(web: Installation, tmp_path: Path) -> None:
    promtool("check", "metrics", given=scrape(web.sam, TOKEN))
    assert "8 rules found" in promtool("check", "rules", "deploy/alertas.yml")
    assert "SUCCESS" in promtool("test", "rules", "tests/failures/alertas.yml")
    for name in ("prometheus.yml", "alertas.yml"):
        shutil.copy(DEPLOY / name, tmp_path)
    (tmp_path / "sam_token").write_text(TOKEN)
    promtool("check", "config", str(tmp_path / "prometheus.yml"))


def test_a_database_that_stands_still_takes_only_its_own_figures_along(web: Installation) -> None:
    assert b"sam_queue_parts{" in scrape(web.sam, TOKEN)
    with web.postgres.frozen():
        wait_for(lambda: b'sam_up{check="database"} 0.0' in scrape(web.sam, TOKEN), seconds=15, what="it is missed")
        began = time.monotonic()
        text = scrape(web.sam, TOKEN)
        assert time.monotonic() - began < LONGEST_SCRAPE_SECONDS
        assert b"sam_queue_parts{" not in text
        assert b'sam_up{check="redis"} 1.0' in text
        assert b"sam_event_loop_lag_seconds_count" in text
    wait_for(lambda: b"sam_queue_parts{" in scrape(web.sam, TOKEN), seconds=30, what="it is back")


def test_the_containers_check_says_what_is_wrong(own: Installation) -> None:
    sam = own.sam
    assert status_of(sam, "web") == (1, f"mal: nadie atiende el puerto {sam.port}")
    assert status_of(sam, "worker") == (1, "mal: ningún worker de esta máquina ha dado señales")
    sam.start_web()
    own.start_quick_worker()
    assert status_of(sam, "web") == (0, "bien")
    assert status_of(sam, "worker") == (0, "bien")
    own.redis.stop()
    wait_for(lambda: status_of(sam, "web") == (0, "bien, sin Redis"), seconds=20, what="Redis is missed")
    with own.postgres.frozen():
        wait_for(
            lambda: status_of(sam, "web") == (1, "mal: no responde la base de datos"),
            seconds=30,
            what="the database is missed",
        )
        assert status_of(sam, "worker") == (0, "no se sabe: la base de datos no responde")


def status_of(sam: Sam, process: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "manage.py", "salud", process],
        cwd=ROOT,
        env=dict(sam.environment),
        capture_output=True,
        timeout=15,
        check=False,
    )
    return done.returncode, done.stdout.decode().strip()
