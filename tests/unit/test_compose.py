"""The containers' files agree with the code: names of settings, commands, paths, and what a proxy must do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sam.environment import KNOWN_SAM_NAMES

ROOT = Path(__file__).resolve().parents[2]
OTHER_NAMES = {
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "DEBUG",
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_URL",
    "REDIS_URL",
    "PORT",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
}
DJANGO_COMMANDS = {"migrate"}
EXPECTED_SERVICES = {"proxy", "web", "worker", "migrate", "bucket", "postgres", "redis", "s3"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def ours(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: service for name, service in compose["services"].items() if service.get("image") == "sam"}


def commands_of_the_code() -> set[str]:
    folders = ROOT.glob("*/management/commands")
    return {path.stem for folder in folders for path in folder.glob("*.py")} | DJANGO_COMMANDS


def seconds(duration: str) -> int:
    return int(duration.removesuffix("s"))


def test_every_process_of_the_product_has_its_service(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == EXPECTED_SERVICES


def test_only_settings_that_the_code_reads_are_given(compose: dict[str, Any]) -> None:
    given = {name for service in ours(compose).values() for name in service["environment"]}
    assert given <= KNOWN_SAM_NAMES | OTHER_NAMES


def test_every_command_of_a_service_exists(compose: dict[str, Any]) -> None:
    for service in ours(compose).values():
        python, program, *arguments = service["command"]
        assert python == "python"
        assert (ROOT / program).is_file()
        assert program != "manage.py" or arguments[0] in commands_of_the_code()


def test_a_container_is_given_longer_to_stop_than_the_process_takes(compose: dict[str, Any]) -> None:
    for name in ("web", "worker"):
        service = compose["services"][name]
        assert seconds(service["stop_grace_period"]) > service["environment"]["SAM_GRACE_SECONDS"]


def test_every_lasting_service_is_watched(compose: dict[str, Any]) -> None:
    lasting = [service for service in compose["services"].values() if service["restart"] != "no"]
    assert len(lasting) == 6
    assert all("healthcheck" in service for service in lasting)


def test_web_and_worker_are_asked_by_our_own_command(compose: dict[str, Any]) -> None:
    for name in ("web", "worker"):
        # A check is not a child of the entrypoint, which alone knows a SECRET_KEY that nobody set.
        entrypoint = ["CMD", "deploy/entrypoint.sh", "python", "manage.py"]
        assert compose["services"][name]["healthcheck"]["test"] == [*entrypoint, "salud", name]
    assert "salud" in commands_of_the_code()


def test_web_and_worker_can_be_scaled(compose: dict[str, Any]) -> None:
    for name in ("web", "worker"):
        service = compose["services"][name]
        assert "container_name" not in service
        assert "ports" not in service  # one port of the host could serve one container only


def test_no_secret_key_is_written_down(compose: dict[str, Any]) -> None:
    assert {service["environment"]["SECRET_KEY"] for service in ours(compose).values()} == {"${SECRET_KEY:-}"}


def test_database_and_redis_are_not_reachable_from_outside(compose: dict[str, Any]) -> None:
    assert not any("ports" in compose["services"][name] for name in ("postgres", "redis"))
    assert compose["services"]["s3"]["ports"] == ["${S3_BIND:-127.0.0.1}:9000:9000"]


def test_everything_that_the_image_copies_exists() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert copied
    assert [path for path in copied if not (ROOT / path).exists()] == []


def test_the_image_does_not_run_as_root() -> None:
    assert re.search(r"^USER sam$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    "line",
    [
        'proxy_set_header Daphne-Root-Path "";',
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_buffering off;",
    ],
)
def test_the_proxy_drops_what_a_client_could_forge_and_lets_sockets_and_downloads_through(line: str) -> None:
    assert line in (ROOT / "deploy" / "nginx.conf").read_text()


def test_headers_are_set_at_one_level_since_nginx_inherits_all_or_none() -> None:
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    inside_locations = re.findall(r"location [^{]+\{([^}]*)\}", text)
    assert len(inside_locations) >= 3
    assert not any("proxy_set_header" in block for block in inside_locations)
