"""bin/dev: from a fresh clone to a running SAM with its demo, in one terminal."""

from __future__ import annotations

import http.client
import io
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from launch import preparation
from launch.children import Child
from launch.home import Home, environment_for, open_home
from launch.supervisor import Supervisor
from ready import redis_binary, venv
from ready.trouble import Trouble

READY_PATHS = ("/readyz", "/healthz/worker")
POLL_SECONDS = 0.1
SLOW_START_SECONDS = 60.0
# A unix socket's path has at most 107 bytes: TMPDIR may be longer than that alone.
SHORT_TEMPORARY_FOLDER = "/tmp"  # noqa: S108

USAGE = """Uso: bin/dev

Prepara este equipo y arranca SAM con su demostración; Ctrl-C lo detiene todo.
  PORT               puerto (8000)
  SAM_DATA_DIR       carpeta de datos (.sam/)
  SAM_DEMO_PASSWORD  clave de los usuarios de la demostración (si falta, al azar)"""


def main(arguments: Sequence[str]) -> int:
    """Run until a signal; returns the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace", line_buffering=True)
    if arguments:
        print(USAGE)
        return 0 if arguments[0] in ("-h", "--help", "--ayuda") else 2
    try:
        home = open_home(os.environ)
        python = venv.ensure("run")
        return _run(home, python)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # while installing: nothing runs yet
        return 130


def _run(home: Home, python: Path) -> int:
    supervisor = Supervisor(terminal_colours=sys.stdout.isatty())
    supervisor.listen_to_signals()
    sockets = Path(tempfile.mkdtemp(prefix="sam-", dir=SHORT_TEMPORARY_FOLDER))
    try:
        environment = _start_redis(supervisor, home, sockets)
        if not preparation.is_done(home, environment):
            _prepare(supervisor, home, python, environment)
        if not supervisor.stop_requested:
            _start_sam(supervisor, home, python, environment)
    finally:
        supervisor.stop()
        shutil.rmtree(sockets, ignore_errors=True)
    return 0


def _start_redis(supervisor: Supervisor, home: Home, sockets: Path) -> dict[str, str]:
    """Start the embedded Redis unless the person has one; returns the environment of the other processes."""
    socket = sockets / "redis.sock"
    environment = environment_for(home, person=os.environ, redis_url=f"unix://{socket}")
    if environment["REDIS_URL"] == f"unix://{socket}":
        log = home.folder / "redis.log"
        log.unlink(missing_ok=True)
        argv = [
            str(redis_binary.find()), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700",
            "--save", "", "--appendonly", "no", "--dir", str(sockets), "--logfile", str(log),
        ]  # fmt: skip
        supervisor.start(Child("redis", argv, environment, stops_last=True))
    return environment


def _prepare(supervisor: Supervisor, home: Home, python: Path, environment: Mapping[str, str]) -> None:
    preparation.forget(home)
    argv = [str(python), "manage.py", "preparar_dev", "--url", home.url]
    supervisor.run_to_its_end(Child("preparar", argv, environment))
    if not supervisor.stop_requested:
        preparation.note_done(home, environment)


def _start_sam(supervisor: Supervisor, home: Home, python: Path, environment: Mapping[str, str]) -> None:
    # On this machine only: the demo's passwords are no protection in a network.
    for name, *options in (["web", "--bind", "127.0.0.1"], ["worker"]):
        supervisor.start(Child(name, [str(python), "manage.py", name, *options], environment))
    readiness = _Readiness(home.port)
    readiness.start()
    supervisor.keep_running(until_ready=readiness.is_set, when_ready=lambda: _greet(home))


class _Readiness(threading.Thread):
    """Asks web until it and the worker are ready, beside the loop that prints what they say."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._ready = threading.Event()
        self.is_set = self._ready.is_set

    def run(self) -> None:
        began = time.monotonic()
        said = False
        while not all(_answers_well(self._port, path) for path in READY_PATHS):
            if not said and time.monotonic() - began > SLOW_START_SECONDS:
                said = True
                print("SAM todavía no está listo; se sigue esperando.", flush=True)
            time.sleep(POLL_SECONDS)
        self._ready.set()


def _answers_well(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _greet(home: Home) -> None:
    try:
        demo = json.loads(home.demo.read_text(encoding="utf-8"))
        for user in demo["users"]:
            role = "operador" if user["staff"] else user["empresa"]
            print(f"  {user['username']:<12} {user['password']:<24} {role}")
        print(f"SAM listo: {demo['url']}", flush=True)
    except (OSError, ValueError, KeyError) as error:
        raise Trouble(f"No se pudo leer {home.demo}: {error!r}") from error
