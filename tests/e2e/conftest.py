"""One SAM with its demo for each module of end-to-end tests: web, worker, PostgreSQL, Redis."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.failures.own_servers import own
from tests.running import Sam

__all__ = ["own", "sam"]


@pytest.fixture
def sam(demo_database: Sam) -> Iterator[Sam]:
    """The demo's installation with no request in it; each test starts the processes it wants."""
    demo_database.query(
        "TRUNCATE sam_ziprequest, sam_zippart, sam_partequipo, sam_archive, sam_notificacion, sam_workerbeat, "
        "sam_stream CASCADE"
    )
    yield demo_database
    demo_database.close()
