"""One child process: started, its lines read, told to stop. Who restarts it is the supervisor's matter."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ready.lifeline import die_with_parent
from ready.places import ROOT

READ_BYTES = 65536
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0
# A child that lived this long was well: its next end starts with a short pause again.
WELL_SECONDS = 30.0


@dataclass(slots=True)
class Child:
    """A program to be kept running. Times are of the monotonic clock."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    # Others need it to say good-bye.
    stops_last: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    start_again_at: float | None = None
    quick_ends: int = 0
    _rest: bytes = field(default=b"", repr=False)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it in a process group of its own: a Ctrl-C reaches us alone, and we stop all in order."""
        self.process = subprocess.Popen(
            list(self.argv),
            cwd=ROOT,
            env=dict(self.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        assert self.process.stdout is not None  # noqa: S101  # PIPE above; for the type checker
        os.set_blocking(self.process.stdout.fileno(), False)
        self.started = time.monotonic()
        self.start_again_at = None

    def fileno(self) -> int | None:
        """The pipe with its output, None when there is none to read."""
        stdout = self.process.stdout if self.process else None
        return None if stdout is None or stdout.closed else stdout.fileno()

    def read_lines(self) -> list[str]:
        """The whole lines that it wrote since the last call; closes the pipe at its end."""
        descriptor = self.fileno()
        if descriptor is None or self.process is None or self.process.stdout is None:
            return []
        try:
            chunk = os.read(descriptor, READ_BYTES)
        except BlockingIOError:
            return []
        if not chunk:
            self.process.stdout.close()
            chunk = b"\n" if self._rest else b""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return [line.decode(errors="replace").rstrip("\r") for line in lines]

    def plan_restart(self) -> float:
        """After an unexpected end: seconds until it is started again, longer each time it ends at once."""
        now = time.monotonic()
        self.quick_ends = 0 if now - self.started > WELL_SECONDS else self.quick_ends + 1
        pause = min(FIRST_PAUSE_SECONDS * 2.0 ** max(self.quick_ends - 1, 0), LONGEST_PAUSE_SECONDS)
        self.start_again_at = now + pause
        return pause

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal if it runs."""
        if self.process is not None and self.running:
            self.process.send_signal(number)


def how_it_ended(status: int) -> str:
    """A child's exit status in words."""
    if status >= 0:
        return f"terminó con estado {status}"
    try:
        return f"terminó por {signal.Signals(-status).name}"
    except ValueError:
        return f"terminó por la señal {-status}"
