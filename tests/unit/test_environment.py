"""The environment is typed, checked at start, and refused with one sentence that names what is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sam.environment import KNOWN_SAM_NAMES, read_environment
from sam.errors import BadEnvironment

BASE = Path("/base")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "operacion.md"
GOOD = {"SECRET_KEY": "s"}


def test_the_defaults_are_those_of_the_page() -> None:
    environment = read_environment(GOOD, base_dir=BASE)
    assert environment.part_life_seconds == 21600
    assert environment.requests_per_hour == 20
    assert environment.worker_slots == 2
    assert environment.grace_seconds == 10
    assert environment.port == 8000
    assert environment.storage == "file"
    assert environment.data_dir == BASE / ".sam"
    assert environment.database["ENGINE"] == "django.db.backends.sqlite3"
    assert not environment.debug


def test_the_page_names_every_variable() -> None:
    named = set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE))
    general = {
        "SECRET_KEY",
        "SECRET_KEY_FALLBACKS",
        "DEBUG",
        "ALLOWED_HOSTS",
        "CSRF_TRUSTED_ORIGINS",
        "DATABASE_URL",
        "REDIS_URL",
        "PORT",
    }
    assert named == KNOWN_SAM_NAMES | general


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SAM_STORAGE": "ftp"}, "SAM_STORAGE"),
        ({"SAM_STORAGE": "s3"}, "SAM_S3_BUCKET"),
        ({"PORT": "http"}, "PORT"),
        ({"PORT": "70000"}, "PORT"),
        ({"SAM_WORKER_SLOTS": "0"}, "SAM_WORKER_SLOTS"),
        ({"SAM_WORKER_SLOTS": "2.5"}, "SAM_WORKER_SLOTS"),
        ({"SAM_PART_LIFE_SECONDS": "-1"}, "SAM_PART_LIFE_SECONDS"),
        ({"DATABASE_URL": "foo"}, "DATABASE_URL"),
        ({"DATABASE_URL": "mysql://a/b"}, "DATABASE_URL"),
        ({"REDIS_URL": "foo"}, "REDIS_URL"),
        ({"DEBUG": "quizás"}, "DEBUG"),
        ({"SAM_STRICT_ENV": "quizás", "SAM_TYPO": "1"}, "SAM_STRICT_ENV"),
        ({"SAM_TYPO": "1"}, "SAM_TYPO"),
        ({"SAM_PORTAL": "1"}, "SAM_PORTAL"),
    ],
)
def test_a_bad_value_is_refused_by_name(values: dict[str, str], named: str) -> None:
    with pytest.raises(BadEnvironment) as refused:
        read_environment({**GOOD, **values}, base_dir=BASE)
    assert named in refused.value.message
    assert "\n" not in refused.value.message


def test_what_orchestrators_inject_is_nobody_s_mistake() -> None:
    injected = {"SAM_WEB_PORT": "tcp://10.0.0.1:80", "SAM_WEB_PORT_80_TCP_ADDR": "x", "SAM_WEB_SERVICE_HOST": "x"}
    injected |= {"SAM_PORT": "tcp://10.0.0.1:80", "SAM_SERVICE_HOST": "x", "SAM_SERVICE_PORT": "80"}
    read_environment({**GOOD, **injected}, base_dir=BASE)


def test_an_unknown_name_only_warns_where_so_asked() -> None:
    with pytest.warns(UserWarning, match="SAM_TYPO"):
        read_environment({**GOOD, "SAM_TYPO": "1", "SAM_STRICT_ENV": "0"}, base_dir=BASE)


def test_a_key_may_begin_with_a_dollar() -> None:
    assert read_environment({"SECRET_KEY": "$clave"}, base_dir=BASE).secret_key == "$clave"
