"""The pytest plugin that gives Django's settings their database and Redis before they are read.

The addresses are fixed at the start; the servers themselves start when the first test needs them, so that
the pure tests run at once. `TEST_DATABASE` = `postgres` (default) | `sqlite` | a URL, and `TEST_REDIS_URL`,
choose others. What the person has in DATABASE_URL, SAM_* or AWS_* is never used: tests must not reach it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.services.loopback import refuse_the_network
from tests.services.postgres import PostgresServer
from tests.services.redis_server import RedisServer
from tests.services.s3_server import ACCESS_KEY, REGION, SECRET_KEY, S3Server
from tests.services.scratch import Scratch


@dataclass
class Services:
    """The servers of this run; each is made with its address and started on demand."""

    scratch: Scratch = field(default_factory=lambda: Scratch("run"))
    postgres: PostgresServer = field(default_factory=PostgresServer)
    redis: RedisServer = field(default_factory=RedisServer)
    s3: S3Server = field(default_factory=S3Server)

    def destroy(self) -> None:
        for server in (self.s3, self.redis, self.postgres):
            server.destroy()
        self.scratch.remove()

    @property
    def folder(self) -> Path:
        """A folder of this run."""
        return self.scratch.path


DEMO_FIXTURE = "demo_database"
SERVICES = pytest.StashKey[Services]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Runs around pytest-django's own hook, which reads the settings."""
    # SIGTERM too ends in order, servers and folders included.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    services = Services()
    early_config.stash[SERVICES] = services
    early_config.add_cleanup(services.destroy)
    # The middleware for static files warns where the folder is missing, and here warnings are errors.
    (services.folder / "data" / "static").mkdir(parents=True)
    _clean_environment()
    os.environ.update(environment_for(services))
    refuse_the_network()
    return (yield)


def environment_for(services: Services) -> dict[str, str]:
    """What the settings of a test run are read from."""
    return {
        "DJANGO_SETTINGS_MODULE": "sam.settings",
        "SECRET_KEY": "only-for-tests-" + "k" * 50,
        "DEBUG": "0",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1],testserver",
        "DATABASE_URL": _database_url(services),
        "REDIS_URL": os.environ.get("TEST_REDIS_URL") or services.redis.url,
        "SAM_STORAGE": "file",
        "SAM_DATA_DIR": str(services.folder / "data"),
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _database_url(services: Services) -> str:
    chosen = os.environ.get("TEST_DATABASE") or "postgres"
    if chosen == "postgres":
        return services.postgres.url()
    if chosen == "sqlite":
        return f"sqlite:///{services.folder / 'sam.sqlite3'}"
    return chosen


def _clean_environment() -> None:
    """Drop what a person's shell may hold: a test must not depend on it, still less reach what it names."""
    ours = ("SAM_", "AWS_")
    names = {"SECRET_KEY_FALLBACKS", "PORT", "DJANGO_CONFIGURATION"}
    for name in list(os.environ):
        if (name.startswith(ours) and name != "AWS_CA_BUNDLE") or name in names:
            del os.environ[name]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what uses the loaded demo, before -m chooses; leave out what asks for SQLite's own behaviour elsewhere."""
    for item in items:
        if DEMO_FIXTURE in getattr(item, "fixturenames", ()):
            item.add_marker("demo")
    if os.environ["DATABASE_URL"].startswith("sqlite"):
        return
    left_out = [item for item in items if _only_on_sqlite(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = _without(items, left_out)


def _only_on_sqlite(item: pytest.Item) -> bool:
    return any(marker.kwargs.get("only") for marker in item.iter_markers("sqlite"))


def _without(items: Sequence[pytest.Item], left_out: Sequence[pytest.Item]) -> list[pytest.Item]:
    gone = set(left_out)
    return [item for item in items if item not in gone]
