"""PostgreSQL and Redis of a measurement's own, in a folder that is gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.services.postgres import PostgresServer
from tests.services.redis_server import RedisServer


class Servers(NamedTuple):
    """Where they answer, and an empty folder for what else is written."""

    folder: Path
    database_url: str
    redis_url: str


@contextmanager
def own_servers() -> Iterator[Servers]:
    """Both, running; stopped whatever happens meanwhile."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sam-bench-")))
        postgres, redis = PostgresServer(), RedisServer()
        for server in (postgres, redis):
            stack.callback(server.destroy)
            server.start()
        yield Servers(folder, postgres.url(), redis.url)
