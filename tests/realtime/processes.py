"""Web processes under test, each on a port of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from tests.services.children import start, stop, wait_until_ready

ROOT = Path(__file__).resolve().parents[2]
STARTED = re.compile(r"action=web_started port=(\d+)")


@dataclass
class WebProcess:
    """A server process that listens."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def get(self, path: str, **headers: str) -> str:
        request = urllib.request.Request(f"http://{self.address}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            text: bytes = answer.read()
        return text.decode()

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def end(self) -> None:
        stop(self.process, by=signal.SIGKILL)


def run_server(arguments: Sequence[str], *, folder: Path, env: Mapping[str, str]) -> WebProcess:
    """Start `python …` and wait until it says its port."""
    log = folder / "web.log"
    process = start([sys.executable, *arguments], log=log, env={**env, "PYTHONPATH": str(ROOT)})
    wait_until_ready(process, name="the server", log=log, ready=lambda: bool(STARTED.search(log.read_text())))
    found = STARTED.search(log.read_text())
    assert found is not None
    return WebProcess(process, log, int(found[1]))


def environment_of_this_test() -> dict[str, str]:
    """What makes a process of ours use the test's database instead of the run's."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = f"postgres://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return {**os.environ, "DATABASE_URL": url}
