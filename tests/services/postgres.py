"""A private PostgreSQL cluster in a temporary folder: fast, unsafe on purpose, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg

from tests.services.children import (
    ServiceUnavailable,
    accepts_connections,
    free_port,
    start,
    stop,
    wait_until_ready,
)
from tests.services.scratch import Scratch, memory_if_roomy

ROLE = "sam"
DATABASE = "sam"

# Nothing here survives the run, so nothing has to reach the disk.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


class PostgresServer:
    """One cluster. Its address is known from the start, the server runs from `start()` to `stop()`."""

    def __init__(self) -> None:
        self.port = free_port()
        self._scratch = Scratch("postgres", within=memory_if_roomy())
        self.folder = self._scratch.path
        self._process: subprocess.Popen[bytes] | None = None
        self._binaries: Path | None = None

    def url(self, database: str = DATABASE) -> str:
        """The DATABASE_URL of a database of this cluster."""
        return f"postgres://{ROLE}@127.0.0.1:{self.port}/{database}"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Make the cluster at the first call and run it; does nothing when it runs."""
        if self.running:
            return
        binaries = find_binaries()
        user = _user_for_postgres()
        if not (self.folder / "data").exists():
            self._make_cluster(binaries, user)
        log = self.folder / "postgres.log"
        options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        self._process = start(
            [
                binaries / "postgres",
                "-D",
                self.folder / "data",
                "-p",
                str(self.port),
                "-k",
                self.folder,
                *options,
            ],
            log=log,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            env=_environment(),
            death_signal=signal.SIGQUIT,
        )
        wait_until_ready(self._process, name="PostgreSQL", log=log, ready=self._answers)
        self.create_database(DATABASE)

    def stop(self) -> None:
        """Stop the server at once, keeping its data for a `start()`."""
        if self._process is not None:
            stop(self._process, by=signal.SIGINT)
            self._process = None

    def destroy(self) -> None:
        """Stop it and remove all it wrote."""
        self.stop()
        self._scratch.remove()

    def create_database(self, name: str) -> str:
        """Make an empty database unless it is there, and return its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, cutting who is connected to it."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            statement = psycopg.sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(statement.format(psycopg.sql.Identifier(name)))

    def _make_cluster(self, binaries: Path, user: pwd.struct_passwd | None) -> None:
        if user is not None:
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        subprocess.run(
            [
                str(binaries / "initdb"), "-D", str(self.folder / "data"), "-U", ROLE, "--auth=trust",
                "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions",
            ],
            check=True,
            capture_output=True,
            cwd=self.folder,
            env=_environment(),
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )  # fmt: skip

    def _answers(self) -> bool:
        if not accepts_connections(self.port):
            return False
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:  # "the database system is starting up"
            return False
        return True


def find_binaries() -> Path:
    """The folder with initdb and postgres: Debian keeps it off PATH. Raises ServiceUnavailable."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    if debian:
        return debian[-1].parent
    raise ServiceUnavailable("PostgreSQL's server (initdb) is not installed; bin/test installs it as root")


def _user_for_postgres() -> pwd.struct_passwd | None:
    """Whom to become: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServiceUnavailable("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
