"""The servers of a storm and the environment of its processes: PostgreSQL, Redis, S3 behind its unruly door."""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random

import psycopg

from tests.running import PASSWORD, ROOT, Sam, new_sam
from tests.services.children import stop
from tests.services.postgres import DATABASE, PostgresServer
from tests.services.redis_server import RedisServer
from tests.services.s3_server import ACCESS_KEY, REGION, SECRET_KEY, S3Server
from tests.services.scratch import Scratch
from tests.services.unruly_s3 import UnrulyS3

BUCKET = "sam"
PART_LIFE_SECONDS = 240
# Below the ephemeral ports: while a server is away, no other connection may be given its port.
PORTS = range(20_000, 30_000)
FIND_EMPRESAS = "SELECT id FROM sam_empresa ORDER BY id"


class Postgres(PostgresServer):
    """A cluster that can also end without a checkpoint. What it answered as committed stays, whatever ends it."""

    def keep_commits(self) -> None:
        """The tests' clusters answer before the commit has left the process: a crash would lose it."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            name = psycopg.sql.Identifier(DATABASE)
            connection.execute(psycopg.sql.SQL("ALTER DATABASE {} SET synchronous_commit = on").format(name))
            connection.execute("CHECKPOINT")

    def crash(self) -> None:
        """PostgreSQL's "immediate" shutdown: the next start recovers from the log."""
        if self._process is not None:
            stop(self._process, by=signal.SIGQUIT)
            self._process = None


class Installation:
    """All that a storm needs beside the processes of SAM; a context manager that leaves nothing behind."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._scratch = Scratch("caos")
        self.folder = self._scratch.path
        self.postgres = Postgres()
        self.redis = RedisServer()
        self.s3 = S3Server()
        rng = Random()
        for server in (self.postgres, self.redis, self.s3):
            server.port = _free_low_port(rng)
        self.web_ports = [_free_low_port(rng), _free_low_port(rng)]
        self.door = UnrulyS3(self.s3)
        self.door.port = _free_low_port(rng)
        self.sam: Sam

    def __enter__(self) -> Installation:
        try:
            self._prepare()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _prepare(self) -> None:
        self._stack.callback(self._scratch.remove)
        for server in (self.postgres, self.redis, self.s3):
            self._stack.callback(server.destroy)
            server.start()
        self.postgres.keep_commits()
        self.s3.create_bucket(BUCKET)
        self._stack.callback(self.door.stop)
        self.door.start()
        self.sam = new_sam(
            folder=self.folder / "sam",
            database_url=self.postgres.url(),
            redis_url=self.redis.url,
            SAM_STORAGE="s3",
            SAM_S3_BUCKET=BUCKET,
            SAM_S3_REGION=REGION,
            SAM_S3_ENDPOINT_URL=self.door.url,
            AWS_ACCESS_KEY_ID=ACCESS_KEY,
            AWS_SECRET_ACCESS_KEY=SECRET_KEY,
            AWS_EC2_METADATA_DISABLED="true",
            SAM_PART_LIFE_SECONDS=str(PART_LIFE_SECONDS),
            SAM_REQUESTS_PER_HOUR="1000000",
            SAM_WORKER_SLOTS="2",
            PYTHONPATH=os.pathsep.join([str(ROOT), str(ROOT / "bin")]),
        )
        self.sam.manage("preparar_dev", timeout=600)

    def keep_logs(self) -> Path:
        """A folder with the logs that outlives this installation."""
        kept = Path(tempfile.mkdtemp(prefix="sam-caos-"))
        for log in (*self.sam.folder.glob("*.log"), self.postgres.folder / "postgres.log"):
            (kept / log.name).write_bytes(log.read_bytes())
        return kept

    def add_usuarios(self, names_and_empresas: dict[str, int]) -> None:
        """Usuarios beside the demo's, with its password."""
        lines = "; ".join(
            f"ensure_usuario(username={name!r}, password={PASSWORD!r}, empresa_id={empresa})"
            for name, empresa in names_and_empresas.items()
        )
        self.sam.manage("shell", "-c", f"from sam.services.usuarios import ensure_usuario; {lines}")

    def empresa_ids(self) -> list[int]:
        """The demo's two, in the order of their making."""
        return [int(str(row[0])) for row in self.sam.query(FIND_EMPRESAS)]


def use_settings_of(installation: Installation) -> None:
    """From now on Django in this process is the installation's, to read what its pages would show."""
    os.environ.update({**installation.sam.environment, "DJANGO_SETTINGS_MODULE": "sam.settings"})
    import django

    django.setup()


def python(*arguments: str | Path) -> list[str | Path]:
    return [sys.executable, *arguments]


def wait_for(found: Callable[[], bool], *, seconds: float, between: float = 0.25) -> bool:
    """Whether it became true within the time."""
    deadline = time.monotonic() + seconds
    while not found():
        if time.monotonic() > deadline:
            return False
        time.sleep(between)
    return True


def _free_low_port(rng: Random) -> int:
    while True:
        port = rng.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
