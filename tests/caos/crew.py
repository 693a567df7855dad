"""The processes of SAM under a supervisor that restarts only what the storm itself ended.

All of it runs in the main thread: the kernel ties a child's death signal to the thread that started it.
"""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from tests.caos.installation import Installation, python
from tests.caos.ledger import Farewell, Kill, Ledger, Outage
from tests.caos.plan import Plan
from tests.running import ROOT
from tests.services.children import start

RESTART_SECONDS = 1.0
# The product's own grace period is 10 s; a loaded machine gets as much again.
STOP_SECONDS = 25.0


class State(Enum):
    RUNS = auto()
    FROZEN = auto()
    KILLED = auto()
    STOPPING = auto()
    ENDED = auto()  # by itself, which is a finding


@dataclass(slots=True)
class Post:
    """A place where one process runs, one after the other; times are of the monotonic clock."""

    name: str
    log: Path
    port: int | None = None
    number: int = 0
    process: subprocess.Popen[bytes] | None = None
    state: State = State.KILLED
    start_at: float | None = None
    told_at: float = 0.0  # of the monotonic clock
    outage: Outage | None = None  # from the kill, or the word to stop, until the next process says that it has started
    log_bytes: int = 0  # how long the log was at the last start
    starts: int = 0

    @property
    def has_started(self) -> bool:
        """Whether the present process has said so."""
        with self.log.open("rb") as log:
            log.seek(self.log_bytes)
            return (b"action=web_started" if self.port is not None else b"action=worker_started") in log.read()

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0


@dataclass
class Crew:
    """The web processes and the workers; `tick` has to be called often."""

    installation: Installation
    ledger: Ledger
    plan: Plan
    webs: list[Post] = field(default_factory=list)
    workers: list[Post] = field(default_factory=list)
    restarts: bool = True

    def __post_init__(self) -> None:
        folder = self.installation.sam.folder
        self.webs = [
            Post(f"web {n}", folder / f"web-{n}.log", port=port, number=n)
            for n, port in enumerate(self.installation.web_ports)
        ]
        self.workers = [Post(f"worker {n}", folder / f"worker-{n}.log", number=n) for n in range(len(self.plan.slow))]

    @property
    def posts(self) -> list[Post]:
        return [*self.webs, *self.workers]

    def start_all(self) -> None:
        """Start whatever does not run; what is frozen goes on."""
        for post in self.posts:
            if post.state is State.FROZEN:
                self.thaw(post)
            elif post.state in (State.KILLED, State.ENDED):
                self._start(post)

    def kill(self, post: Post) -> bool:
        """End it without a word; False where there is nothing to kill."""
        if post.process is None or post.state not in (State.RUNS, State.FROZEN) or post.process.poll() is not None:
            return False
        self._goes_away(post)
        at = time.time()
        post.process.kill()
        post.state = State.KILLED
        if post.port is None:
            self.ledger.kills.append(Kill(at=at, pid=post.process.pid))
        post.process.wait()
        post.start_at = time.monotonic() + RESTART_SECONDS
        return True

    def terminate(self, post: Post) -> bool:
        if post.process is None or post.state is not State.RUNS or post.process.poll() is not None:
            return False
        self._goes_away(post)
        post.process.terminate()
        post.state = State.STOPPING
        post.told_at = time.monotonic()
        return True

    def freeze(self, post: Post) -> bool:
        if post.process is None or post.state is not State.RUNS or post.process.poll() is not None:
            return False
        self._goes_away(post)
        post.process.send_signal(signal.SIGSTOP)
        post.state = State.FROZEN
        return True

    def thaw(self, post: Post) -> None:
        if post.process is not None and post.state is State.FROZEN:
            post.process.send_signal(signal.SIGCONT)
            post.state = State.RUNS

    def tick(self) -> None:
        """Notice what ended, and start again what is due."""
        now = time.monotonic()
        for post in self.posts:
            self._notice(post, now)
            if post.outage is not None and post.state is State.RUNS and post.has_started:
                post.outage.end()
                post.outage = None
            if self.restarts and post.start_at is not None and now >= post.start_at:
                self._start(post)

    def stop_workers(self) -> None:
        """Ask every worker to stop and wait for it; one that does not is a finding, and killed."""
        self.restarts = False
        for post in self.workers:
            self.terminate(post)
        while any(post.state is State.STOPPING for post in self.workers):
            self.tick()
            time.sleep(0.05)

    def close(self) -> None:
        """End everything at once."""
        for post in self.posts:
            if post.process is not None and post.process.poll() is None:
                post.process.kill()
                post.process.wait()

    def _notice(self, post: Post, now: float) -> None:
        if post.process is None or post.state in (State.KILLED, State.ENDED):
            return
        status = post.process.poll()
        if status is None:
            if post.state is State.STOPPING and now - post.told_at > STOP_SECONDS:
                self.ledger.break_promise(f"{post.name} no paró {STOP_SECONDS:.0f} s después de SIGTERM")
                post.state = State.RUNS
                self.kill(post)
        elif post.state is State.STOPPING:
            # A process that was told to stop before it listened to signals ends by the signal.
            if status not in (0, -signal.SIGTERM):
                self.ledger.break_promise(f"{post.name} terminó con {status} después de SIGTERM")
            elif post.port is None:
                ended = time.time()
                told = ended - (now - post.told_at)
                self.ledger.farewells.append(Farewell(told=told, ended=ended, pid=post.pid))
            post.state = State.KILLED
            post.start_at = now + RESTART_SECONDS
        else:
            self.ledger.break_promise(f"{post.name} (pid {post.pid}) terminó por sí solo con {status}")
            post.state = State.ENDED

    def _start(self, post: Post) -> None:
        environment = dict(self.installation.sam.environment)
        if post.port is not None:
            environment["PORT"] = str(post.port)
            argv = python(ROOT / "manage.py", "web", "--bind", "127.0.0.1")
        else:
            argv = self._worker(post)
        post.log_bytes = post.log.stat().st_size if post.log.exists() else 0
        post.process = start(argv, log=post.log, env=environment)
        post.state, post.start_at = State.RUNS, None
        post.starts += 1

    def _goes_away(self, post: Post) -> None:
        if post.outage is None:
            post.outage = self.ledger.begin(post.name)

    def _worker(self, post: Post) -> list[str | Path]:
        plan = self.plan.slow[post.number]
        slow = plan[post.starts % len(plan)]
        if not slow:
            return python(ROOT / "manage.py", "worker")
        return python("-m", "tests.failures.worker", "--builder", f"slow:{slow}")
