"""An installation with a Redis and a PostgreSQL of its own: stopping, freezing and killing them hurts no other test."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.failures.answers import Answer, ask
from tests.failures.bare_data import SMALL
from tests.running import ROOT, Sam, Visitor, new_sam
from tests.services.children import start, stop, wait_until_ready
from tests.services.postgres import PostgresServer
from tests.services.redis_server import RedisServer

# All that a test may leave behind; the empresas and the usuarios stay.
TABLES = (
    "sam_ziprequest, sam_zippart, sam_partequipo, sam_archive, sam_notificacion, sam_workerbeat, sam_stream, "
    "sam_transition, sam_operatoraction, sam_queuecontrol, django_session"
)


class OwnPostgres(PostgresServer):
    """A cluster that may also die and stand still. Never one that other tests share."""

    def crash(self) -> None:
        """End it without a shutdown, as a power cut would the server; the next start recovers from its log."""
        if self._process is not None:
            stop(self._process, by=signal.SIGQUIT)
            self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The server and all its sessions stand still: connections stay open, new ones are taken, nothing answers."""
        pids = self._pids()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in reversed(pids):
                os.kill(pid, signal.SIGCONT)

    def _pids(self) -> list[int]:
        """The server first: once it stands still it makes no more children."""
        assert self._process is not None
        server = self._process.pid
        os.kill(server, signal.SIGSTOP)
        return [server, *map(int, Path(f"/proc/{server}/task/{server}/children").read_text().split())]


@dataclass(frozen=True)
class Installation:
    """One SAM, and the servers that are only its own."""

    sam: Sam
    postgres: OwnPostgres
    redis: RedisServer

    @property
    def storage(self) -> Path:
        """Where the file store keeps what workers write."""
        return Path(self.sam.environment["SAM_DATA_DIR"]) / "almacen"

    def empresas(self, name: str) -> list[int]:
        rows = self.sam.query("SELECT id FROM sam_empresa WHERE nombre LIKE %s ORDER BY id", f"{name}%")
        return [int(str(pk)) for (pk,) in rows]

    def request(self, visitor: Visitor, *, small: int | None = None) -> tuple[int, dict[str, Any]]:
        """Ask for a ZIP: of the large empresa, or as the operator of one of the small ones."""
        if small is None:
            return visitor.post("/zip/solicitudes/")
        return visitor.post("/zip/solicitudes/", {"empresa": self.empresas(SMALL)[small]})

    def start_quick_worker(self, *, seconds: float = 0.0) -> subprocess.Popen[bytes]:
        """A worker of tests/failures/quick_worker.py, which takes so long for each part."""
        log = self.sam.folder / f"quick-worker-{secrets.token_hex(3)}.log"
        process = start(
            [sys.executable, "-m", "tests.failures.quick_worker", str(seconds)],
            log=log,
            env={**self.sam.environment, "PYTHONPATH": str(ROOT)},
        )
        self.sam.processes.append(process)
        wait_until_ready(process, name="worker", log=log, ready=lambda: b"action=worker_started" in log.read_bytes())
        return process

    def ask_for_small(self, operator: Visitor, number: int) -> Answer:
        """The same as the operator, measured."""
        body = json.dumps({"empresa": self.empresas(SMALL)[number]}).encode()
        return ask(self.sam, "/zip/solicitudes/", visitor=operator, post=body, accept="application/json")

    def connections(self) -> int:
        """How many the installation's processes hold now."""
        ((count,),) = self.sam.query("SELECT count(*) - 1 FROM pg_stat_activity WHERE datname = current_database()")
        return int(str(count))

    def building(self) -> list[tuple[Any, ...]]:
        """The parts that are being built: (part, attempt, owner)."""
        return self.sam.query("SELECT id, attempt, owner FROM sam_zippart WHERE state = 'processing' ORDER BY id")

    def completed(self) -> int:
        ((count,),) = self.sam.query("SELECT count(*) FROM sam_zippart WHERE state = 'completed'")
        return int(str(count))

    def has_completed(self, parts: int) -> bool:
        return self.completed() >= parts

    def moves(self) -> list[tuple[Any, ...]]:
        """What the transition log tells: (part, move, attempt, when), in order."""
        return self.sam.query("SELECT part_id, move, attempt, at FROM sam_transition ORDER BY id")


@contextmanager
def new_installation(folder: Path) -> Iterator[Installation]:
    """The installation with its data; nothing of it runs but its servers."""
    postgres, redis = OwnPostgres(), RedisServer()
    try:
        postgres.start()
        redis.start()
        sam = new_sam(
            folder=folder,
            database_url=postgres.url(),
            redis_url=redis.url,
            SAM_REQUESTS_PER_HOUR="1000",
        )
        # On a crash the cluster of the tests would forget what it committed last.
        sam.query("ALTER DATABASE sam SET synchronous_commit = on")
        sam.manage("shell", "-v", "0", "-c", "from tests.failures.bare_data import load; load()")
        yield Installation(sam, postgres, redis)
    finally:
        redis.destroy()
        postgres.destroy()


@pytest.fixture
def own(own_installation: Installation) -> Iterator[Installation]:
    """The same with no request in it, and both servers running; each test starts the processes it wants."""
    own_installation.postgres.start()
    own_installation.redis.start()
    own_installation.sam.query(f"TRUNCATE {TABLES} CASCADE")
    own_installation.redis.empty()
    shutil.rmtree(own_installation.storage, ignore_errors=True)
    yield own_installation
    own_installation.sam.close()
