"""bin/dev as a person uses it: one command, SAM with its demo, one signal to stop it all."""

from __future__ import annotations

import json
import os
import re
import selectors
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ready.lifeline import die_with_parent
from tests.services.children import accepts_connections, free_port

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180.0
# What pytest's own settings are made of; a person at a terminal has none of it.
OF_THIS_RUN = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "DJANGO_SETTINGS_MODULE"}


class Terminal:
    """A terminal with bin/dev in it; `until` reads on to a line."""

    def __init__(self, *, data: Path, port: int) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in OF_THIS_RUN}
        environment = {name: value for name, value in kept.items() if not name.startswith(("SAM_", "AWS_"))}
        self.process = subprocess.Popen(
            [ROOT / "bin" / "dev"],
            env={**environment, "SAM_DATA_DIR": str(data), "PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        self._pipe = self.process.stdout
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._pipe, selectors.EVENT_READ)
        self.text = ""
        self._read_to = 0

    def until(self, pattern: str) -> re.Match[str]:
        """The next line that matches, of those not read yet."""
        deadline = time.monotonic() + START_SECONDS
        while not (found := re.compile(pattern).search(self.text, self._read_to)):
            assert time.monotonic() < deadline, f"{pattern!r} never came:\n{self.text}"
            assert self._read_more(), f"bin/dev ended before {pattern!r}:\n{self.text}"
        self._read_to = found.end()
        return found

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=60)
        while self._read_more():
            pass
        return status

    def close(self) -> None:
        if self.process.poll() is None:
            self.stop()
        self._selector.close()
        self._pipe.close()

    def _read_more(self) -> bool:
        self._selector.select(1.0)
        chunk = self._pipe.read()
        self.text += (chunk or b"").decode(errors="replace")
        return chunk != b""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for the module: the demo is made once."""
    return tmp_path_factory.mktemp("bin-dev")


@pytest.fixture
def terminal(data: Path) -> Iterator[Terminal]:
    one = Terminal(data=data, port=free_port())
    yield one
    one.close()


def answers(url: str) -> int:
    with urllib.request.urlopen(url, timeout=10) as response:
        status: int = response.status
        return status


def demo_of(data: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((data / "demo.json").read_text())
    return loaded


def test_it_says_where_sam_is_and_who_may_enter(terminal: Terminal, data: Path) -> None:
    url = terminal.until(r"SAM listo: (http://localhost:\d+/)\n")[1]
    demo = demo_of(data)
    assert demo["url"] == url
    assert {user["username"] for user in demo["users"]} == {"certiboy", "certiboy2", "otra", "admin"}
    for user in demo["users"]:
        assert re.search(rf"{user['username']} +{re.escape(user['password'])}", terminal.text)
    assert answers(f"{url}entrar/") == 200
    assert answers(f"{url}healthz/worker") == 200


def test_a_signal_stops_all_of_it(terminal: Terminal) -> None:
    port = int(terminal.until(r"SAM listo: http://localhost:(\d+)/\n")[1])
    assert terminal.stop() == 0
    assert not accepts_connections(port)
    assert "Deteniendo SAM" in terminal.text
    assert "Traceback" not in terminal.text


@pytest.mark.parametrize("name", ["worker", "web"])
def test_a_process_killed_by_force_is_started_again(terminal: Terminal, name: str) -> None:
    url = terminal.until(r"SAM listo: (\S+)\n")[1]
    os.kill(child_of(terminal.process.pid, name), signal.SIGKILL)
    terminal.until(rf"{name} terminó por SIGKILL; se reinicia en")
    wait_until_answers(f"{url}healthz/worker")


def test_a_second_start_keeps_the_demo_and_its_passwords(terminal: Terminal, data: Path) -> None:
    terminal.until(r"SAM listo: ")
    first = demo_of(data)
    terminal.stop()
    again = Terminal(data=data, port=free_port())
    try:
        url = again.until(r"SAM listo: (\S+)\n")[1]
    finally:
        again.close()
    assert demo_of(data) == {**first, "url": url}


def child_of(parent: int, name: str) -> int:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    [found] = [int(pid) for pid in children if name.encode() in _arguments(pid)]
    return found


def _arguments(pid: str) -> list[bytes]:
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


def wait_until_answers(url: str) -> None:
    deadline = time.monotonic() + 30
    last: object = None
    while last != 200:
        assert time.monotonic() < deadline, last
        try:
            last = answers(url)
        except OSError as error:
            last = error
