"""The dashboard, the alert rules and the page of operations speak of metrics that are exported, and of all of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

import realtime.counting  # noqa: F401  # a web process counts from its start
from sam.metrics import PROCESS
from sam.selectors.metricas import Figures, Queue, Workers
from sam.views.exposition import Exposition

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs" / "operacion.md").read_text()
OF_PROMETHEUS = {"up"}
METRIC = re.compile(r"\b((?:sam|process)_\w+|up)\b(?:\{([^}]*)\})?")


@pytest.fixture(scope="module")
def exported() -> dict[str, list[dict[str, str]]]:
    """Every sample's name, with the labels it has in an installation where nothing has happened yet."""
    nothing = Figures(
        queue=Queue(waiting=0, held=0, building=0, oldest_seconds=0, paused=False, paused_empresas=0),
        workers=Workers(alive=0, quiet=0, lost=0, slots=0, memory_bytes=0, largest_memory_bytes=0),
        counts={},
    )
    up = dict.fromkeys(("database", "redis", "storage", "worker"), True)
    registry = CollectorRegistry()
    registry.register(Exposition(up, nothing, 0.0))
    registry.register(PROCESS)
    found: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


def dashboard() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((DEPLOY / "grafana.json").read_text())
    return loaded


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "alertas.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> list[str]:
    panels = [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    return panels + [rule["expr"] for rule in rules()]


def without_groups(expression: str) -> str:
    return re.sub(r"\b(by|without)\s*\([^)]*\)", "", expression)


@pytest.mark.parametrize("expression", expressions())
def test_what_is_asked_for_is_exported(expression: str, exported: dict[str, list[dict[str, str]]]) -> None:
    asked = METRIC.findall(without_groups(expression))
    assert asked
    for name, selector in asked:
        if name in OF_PROMETHEUS:
            continue
        assert name in exported
        wanted = {label: value for label, value in re.findall(r'(\w+)="([^"]*)"', selector) if label != "job"}
        assert any(wanted.items() <= labels.items() for labels in exported[name]), f"{name}{wanted}"
        for label, pattern in re.findall(r'(\w+)=~"([^"]*)"', selector):
            values = {labels[label] for labels in exported[name]}
            assert set(pattern.split("|")) <= values, f"{name}{{{label}}}"


def test_every_metric_of_ours_is_on_the_page_of_operations(exported: dict[str, list[dict[str, str]]]) -> None:
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in exported if name.startswith("sam_")}
    assert set(re.findall(r"`(sam_[a-z_]+)`", PAGE)) == families


def test_every_alert_says_in_spanish_what_to_do_and_where_it_is_written() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))
    for rule in rules():
        assert rule["labels"]["severity"] in {"critical", "warning"}
        notes = rule["annotations"]
        assert notes["summary"]
        assert notes["description"]
        assert notes["runbook_url"] == f"docs/operacion.md#{rule['alert'].lower()}"
        assert f"### {rule['alert']}\n" in PAGE
    assert set(re.findall(r"^### (Sam\w+)$", PAGE, re.MULTILINE)) == set(names)


def test_the_dashboard_can_be_imported_anywhere() -> None:
    board = dashboard()
    assert board["uid"]
    assert "id" not in board
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    sources = [panel["datasource"] for panel in board["panels"]]
    sources += [target["datasource"] for panel in board["panels"] for target in panel["targets"]]
    assert {source["uid"] for source in sources} == {"${datasource}"}
    assert [variable["name"] for variable in board["templating"]["list"]] == ["datasource"]
    assert all(panel["title"] and panel["description"] for panel in board["panels"])


def test_no_two_panels_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + dx, place["y"] + dy) for dx in range(place["w"]) for dy in range(place["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken
        taken |= cells


def test_the_example_scrapes_each_web_process_with_the_token() -> None:
    (job,) = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())["scrape_configs"]
    assert job["job_name"] == "sam"
    assert job["metrics_path"] == "/metrics"
    assert job["authorization"] == {"type": "Bearer", "credentials_file": "sam_token"}
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    (discovery,) = job["dns_sd_configs"]
    assert discovery["names"] == ["web"]
    assert discovery["port"] == compose["services"]["web"]["environment"]["PORT"]
