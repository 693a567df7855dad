"""SAM as it runs: web and worker processes of a test's own, against real PostgreSQL and Redis."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.services.children import free_port, start, stop, wait_until_ready

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "clave-de-la-demostracion-9"


def wait_for(found: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """The first truth that `found` answers, asked 50 times a second."""
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.02)
    return answer


@dataclass
class Sam:
    """One installation; the database's rows can be asked for directly with `query`."""

    folder: Path
    environment: Mapping[str, str]
    port: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def manage(self, *arguments: str, timeout: float = 180) -> str:
        """Run a command to its end; its output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=dict(self.environment),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
        return done.stdout.decode()

    def start_web(self) -> subprocess.Popen[bytes]:
        process, log = self._start("web")
        wait_until_ready(process, name="web", log=log, ready=lambda: self.answers("/healthz"))
        return process

    def start_worker(
        self, *, builder: str = "", at: int = 1, part: int = 0, stall: float = 0, **environment: str
    ) -> subprocess.Popen[bytes]:
        """A worker, waited for until it says that it has started; with a `builder` one of tests/failures/worker.py."""
        arguments: list[str] = []
        if builder:
            arguments = ["--builder", builder, "--at", str(at), "--part", str(part)]
            arguments += ["--stall", str(stall)] if stall else []
        process, log = self._start("worker", *arguments, **environment)
        wait_until_ready(process, name="worker", log=log, ready=lambda: b"action=worker_started" in log.read_bytes())
        return process

    def stop(self, process: subprocess.Popen[bytes], *, by: signal.Signals = signal.SIGTERM) -> None:
        stop(process, by=by)
        self.processes.remove(process)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL: what it was doing is left as it is."""
        self.stop(process, by=signal.SIGKILL)

    def close(self) -> None:
        for process in list(self.processes):
            self.stop(process, by=signal.SIGKILL)

    def answers(self, path: str) -> bool:
        try:
            with urllib.request.urlopen(self.url + path, timeout=2) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def query(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(sql.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def _start(self, command: str, *arguments: str, **environment: str) -> tuple[subprocess.Popen[bytes], Path]:
        log = self.folder / f"{command}-{secrets.token_hex(3)}.log"
        program = ["-m", "tests.failures.worker", *arguments] if arguments else [str(ROOT / "manage.py"), command]
        process = start(
            [sys.executable, *program],
            log=log,
            env={**self.environment, **environment, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "sam.settings"},
        )
        self.processes.append(process)
        return process, log


def new_sam(*, folder: Path, database_url: str, redis_url: str, **more: str) -> Sam:
    """An installation that does not run yet."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SAM_", "AWS_", "DJANGO_")) and name != "DEBUG"
    }
    environment = {
        **kept,
        "SECRET_KEY": secrets.token_hex(32),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SAM_DATA_DIR": str(folder / "datos"),
        "SAM_DEMO_PASSWORD": PASSWORD,
        "PORT": str(port),
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        **more,
    }
    return Sam(folder=folder, environment=environment, port=port)


class Visitor:
    """A signed-in program: cookies, CSRF, JSON. Of the standard library, so that nothing helps it."""

    def __init__(self, sam: Sam, username: str) -> None:
        import http.cookiejar

        self._sam = sam
        self.cookies = http.cookiejar.CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies)).open
        self._open(f"{sam.url}/entrar/", timeout=10).read()
        form = f"username={username}&password={PASSWORD}&csrfmiddlewaretoken={self._cookie('csrftoken')}"
        self._open(f"{sam.url}/entrar/", form.encode(), timeout=20).read()
        assert self._cookie("sessionid"), f"{username} could not enter"

    def post(self, path: str, body: object = None) -> tuple[int, dict[str, object]]:
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "X-CSRFToken": self._cookie("csrftoken"),
            "Referer": self._sam.url,
        }
        request = urllib.request.Request(self._sam.url + path, json.dumps(body or {}).encode(), headers)
        try:
            with self._open(request, timeout=20) as response:
                return response.status, json.loads(response.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def get(self, path: str) -> bytes:
        with self._open(self._sam.url + path, timeout=60) as response:
            data: bytes = response.read()
            return data

    def status(self, path: str) -> int:
        try:
            with self._open(self._sam.url + path, timeout=20) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)

    def _cookie(self, name: str) -> str:
        return next((cookie.value or "" for cookie in self.cookies if cookie.name == name), "")
