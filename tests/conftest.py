"""Fixtures that every kind of test may ask for: the real servers, and Chromium."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.running import Sam, new_sam
from tests.services.plugin import SERVICES, Services
from tests.services.postgres import PostgresServer
from tests.services.redis_server import RedisServer
from tests.services.s3_server import S3Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.failures.own_servers import Installation

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def services(pytestconfig: pytest.Config) -> Services:
    """The servers of this run, with their addresses; ask for the one you need instead."""
    return pytestconfig.stash[SERVICES]


@pytest.fixture(scope="session")
def postgres(services: Services) -> PostgresServer:
    """The private PostgreSQL, running. `create_database(name)` gives a process under test one of its own."""
    services.postgres.start()
    return services.postgres


@pytest.fixture(scope="session")
def redis_server(services: Services) -> RedisServer:
    """The private Redis of the settings, running. A test that stops or freezes Redis makes its own."""
    services.redis.start()
    return services.redis


@pytest.fixture(scope="session")
def s3_server(services: Services) -> S3Server:
    """The private S3, running, with no bucket yet."""
    services.s3.start()
    return services.s3


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A Redis for this test alone, to be stopped, frozen and emptied at will."""
    server = RedisServer()
    server.start()
    yield server
    server.destroy()


# What is costly to make is here, once for all folders: a conftest that imports a fixture makes it anew.


@pytest.fixture(scope="session")
def demo_dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dump of CERTIBOY S.A.S., to be read only."""
    from sam.demo import write_demo

    folder = tmp_path_factory.mktemp("certiboy")
    write_demo(folder)
    return folder


@pytest.fixture(scope="session")
def demo_database(postgres: PostgresServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Sam:
    """An installation with the demo loaded; nothing of it runs."""
    sam = new_sam(
        folder=tmp_path_factory.mktemp("sam"),
        database_url=postgres.create_database(f"demo_{secrets.token_hex(4)}"),
        redis_url=redis_server.url,
    )
    sam.manage("preparar_dev")
    return sam


@pytest.fixture(scope="session")
def own_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation whose servers are its own; a test asks for `own`, which is this with no request in it."""
    from tests.failures.own_servers import new_installation

    with new_installation(tmp_path_factory.mktemp("own")) as made:
        yield made


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest, services: Services) -> None:
    """Called by pytest-django just before it makes the test database: now the servers must run."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        # A file, as in production: in memory there is neither WAL nor a second writer.
        database.setdefault("TEST", {})["NAME"] = str(services.folder / "test.sqlite3")
    elif str(database["PORT"]) == str(services.postgres.port):
        request.getfixturevalue("postgres")
    if os.environ["REDIS_URL"] == services.redis.url:
        request.getfixturevalue("redis_server")


@pytest.fixture(scope="session", autouse=True)
def _quick_settings(request: pytest.FixtureRequest) -> Iterator[None]:
    """Pages render without a collectstatic before (bin/test has a step with the manifest), and a password is
    hashed in no time: the real hasher takes a third of a second for each usuario made."""
    if not request.config.pluginmanager.has_plugin("django"):  # pure tests, run with -p no:django
        yield
        return
    from django.conf import settings
    from django.test import override_settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    storages = {**settings.STORAGES, "staticfiles": plain}
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(STORAGES=storages, PASSWORD_HASHERS=hashers):
        yield


@pytest.fixture(scope="session", autouse=True)
def _emptied_in_no_time(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hundreds of tests commit, and each is followed by this."""
    if not request.config.pluginmanager.has_plugin("django"):
        yield
        return
    from django.test import TransactionTestCase

    from tests.services.emptying import empty_tables

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_tables)
        yield


@pytest.fixture(autouse=True)
def _nothing_left_in_redis(services: Services) -> Iterator[None]:
    """Rings of one test must not wake the worker of the next."""
    yield
    if services.redis.running:
        services.redis.empty()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium, for the tests of one module. Such a module has no `async def` test and no ORM call in the
    test's own thread: Playwright keeps an event loop running there."""
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def make_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes an empty SAM_DATA_DIR for a process under test."""
    return lambda: tmp_path_factory.mktemp("sam-data")


def find_chromium() -> str | None:
    """Debian's Chromium where it is; elsewhere None: the one that `playwright install` brought."""
    return shutil.which("chromium") or shutil.which("chromium-browser")
