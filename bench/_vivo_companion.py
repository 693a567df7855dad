"""A process of the benchmark's own that obeys: one line of JSON in, one line of JSON out."""

from __future__ import annotations

import contextlib
import json
import select
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ready.lifeline import die_with_parent

PATIENCE_SECONDS = 120.0
END_SECONDS = 10.0

Command = dict[str, Any]


class CompanionFailed(Exception):
    """It ended, or did not answer; says what it last wrote."""


class Companion:
    """Runs from its making to `close`, and never outlives this process."""

    def __init__(self, arguments: Sequence[str], *, log: Path, cwd: Path, env: Mapping[str, str]) -> None:
        self._log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=cwd,
                env=dict(env),
                preexec_fn=die_with_parent(signal.SIGKILL),
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, do: str, **details: Any) -> Any:
        """Have it do something; what it answers when that is done."""
        self.begin(do, **details)
        return self.answer()

    def begin(self, do: str, **details: Any) -> None:
        """Have it do something; `answer` waits for the end of it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **details}).encode() + b"\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE_SECONDS)
        line = self._process.stdout.readline() if ready else b""
        if not line:
            raise CompanionFailed(self._log.read_text(errors="replace")[-2000:])
        return json.loads(line)

    def close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):  # it has died: why, its answer said
                    pipe.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def obey(line: bytes, works: Mapping[str, Callable[..., Any]]) -> Any:
    """On the companion's side: do what one line says."""
    command: Command = json.loads(line)
    return works[command.pop("do")](**command)
