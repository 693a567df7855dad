"""One SAM with its demo for each module of end-to-end tests: web, worker, PostgreSQL, Redis."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from tests.failures.own_servers import own, own_installation
from tests.running import Sam, new_sam
from tests.services.postgres import PostgresServer
from tests.services.redis_server import RedisServer

__all__ = ["demo_database", "own", "own_installation", "sam"]


@pytest.fixture(scope="session")
def demo_database(postgres: PostgresServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Sam:
    """An installation with the demo loaded; nothing of it runs. Loaded once for all modules."""
    name = f"demo_{secrets.token_hex(4)}"
    sam = new_sam(
        folder=tmp_path_factory.mktemp("sam"),
        database_url=postgres.create_database(name),
        redis_url=redis_server.url,
    )
    sam.manage("preparar_dev")
    return sam


@pytest.fixture
def sam(demo_database: Sam) -> Iterator[Sam]:
    """The demo's installation with no request in it; each test starts the processes it wants."""
    demo_database.query(
        "TRUNCATE sam_ziprequest, sam_zippart, sam_partequipo, sam_archive, sam_notificacion, sam_workerbeat, "
        "sam_stream CASCADE"
    )
    yield demo_database
    demo_database.close()
