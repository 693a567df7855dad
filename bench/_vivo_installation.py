"""The installation that is measured: its own PostgreSQL and Redis, one web process, the crowd and the teller."""

from __future__ import annotations

import json
import os
import random
import resource
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bench._servers import Servers, own_servers
from bench._vivo_companion import Companion
from tests.running import ROOT, Sam, new_sam, wait_for

FILES_BESIDE_SOCKETS = 500
# Below the ephemeral ports: while the web process is away, no connection of the crowd may be given its port.
PORTS = range(20_000, 30_000)
LOAD = "from bench._vivo_people import load; load({target!r}, {crowd})"
SERVE = "from bench._vivo_teller import serve; serve()"
# Connections that are being made at once when it is not a storm.
PATIENT_AT_ONCE = 50
CONNECT_SECONDS = 100.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Memory:
    """Megabytes of one process."""

    pss: float
    rss: float


@dataclass(frozen=True)
class Connected:
    """How a number of connections came to be, each until its snapshot."""

    seconds: float  # from the first to the last
    each: list[float]
    expected: int
    again: int  # connections that the server closed before the snapshot, and were tried again

    @property
    def came(self) -> tuple[int, int]:
        """How many came, of how many."""
        return len(self.each), self.expected


class Installation:
    """All of it; a context manager that leaves nothing behind."""

    def __init__(self, *, crowd: int) -> None:
        self._stack = ExitStack()
        self.people: Any = None
        self._crowd_size = crowd
        self.web: subprocess.Popen[bytes]

    def __enter__(self) -> Self:
        allow_files(self._crowd_size + FILES_BESIDE_SOCKETS)
        servers = self._stack.enter_context(own_servers())
        self.sam = _sam(servers)
        self._stack.callback(self.sam.close)
        target = servers.folder / "people.json"
        self.sam.manage("shell", "-v", "0", "-c", LOAD.format(target=str(target), crowd=self._crowd_size))
        self.people = json.loads(target.read_text())
        self.web = self.sam.start_web()
        self.teller = self._companion("teller", [str(ROOT / "manage.py"), "shell", "-v", "0", "-c", SERVE])
        self.crowd = self._companion("crowd", ["-m", "bench._vivo_crowd", str(target), str(self.sam.port)])
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def restart_web(self) -> float:
        """A deploy: SIGTERM, and another process on the same port. Seconds until the first had ended."""
        began = time.monotonic()
        self.sam.stop(self.web)
        ended = time.monotonic() - began
        self.web = self.sam.start_web()
        return ended

    def connect(self, count: int, *, at_once: int = PATIENT_AT_ONCE) -> Connected:
        """Let the first `count` of the crowd have a socket each."""
        made = self.crowd.ask("connect", count=count, at_once=at_once, seconds=CONNECT_SECONDS)
        each = made["each"]
        seconds = max(end for _, end in each) - min(began for began, _ in each) if each else 0.0
        return Connected(seconds, [end - began for began, end in each], made["expected"], made["again"])

    def present(self) -> dict[int, int]:
        """Who of the crowd is connected: the usuario, by place."""
        return {place: self.people["crowd"][place][0] for place in self.crowd.ask("present")}

    def memory(self) -> Memory:
        """Of the web process, now."""
        lines = Path(f"/proc/{self.web.pid}/smaps_rollup").read_text().splitlines()
        found = {words[0]: int(words[1]) / 1000 for line in lines if len(words := line.split()) == 3}
        return Memory(found["Pss:"], found["Rss:"])

    def cpu(self) -> float:
        """CPU seconds that the web process has used."""
        user, system = Path(f"/proc/{self.web.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / TICKS

    def _companion(self, name: str, arguments: list[str]) -> Companion:
        environment = {**self.sam.environment, "PYTHONPATH": f"{ROOT}:{ROOT / 'bin'}"}
        made = Companion([sys.executable, *arguments], log=self.sam.folder / f"{name}.log", cwd=ROOT, env=environment)
        self._stack.callback(made.close)
        return made


def allow_files(count: int) -> None:
    """Let this process and those that it starts open so many files; raises SystemExit where that is forbidden."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise SystemExit(
            f"Hacen falta {count} archivos abiertos por proceso y el límite duro es {hard}: use --sockets."
        )
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def _sam(servers: Servers) -> Sam:
    sam = new_sam(
        folder=servers.folder / "sam",
        database_url=servers.database_url,
        redis_url=servers.redis_url,
        SAM_REQUESTS_PER_HOUR="1000000",
        PYTHONPATH=f"{ROOT}:{ROOT / 'bin'}",
    )
    sam.port = _low_port()
    sam.environment = {**sam.environment, "PORT": str(sam.port)}
    return sam


def _low_port() -> int:
    def free() -> int:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return 0
        return port

    return int(wait_for(free, seconds=5, what="a free port"))
