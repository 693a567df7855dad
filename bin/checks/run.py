"""Runs the steps, all of them whatever fails, and shows how each ended."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import IO

from checks.steps import NO_TESTS_COLLECTED, Step
from ready.lifeline import die_with_parent
from ready.places import ROOT

AT_ONCE = 2  # quiet steps side by side: the machines that run this have two cores
POLL_SECONDS = 0.05
STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a step ended. `status` is its exit status, None when it could not run; `note` says why."""

    name: str
    status: int | None
    seconds: float
    note: str = ""

    @property
    def good(self) -> bool:
        return self.status == 0


def run_quiet(steps: Iterable[Step]) -> list[Outcome]:
    """Run steps two at a time, printing what a step said only when it failed."""
    quiet = _Quiet(steps)
    outcomes: list[Outcome] = []
    try:
        while quiet.goes_on():
            outcomes.extend(quiet.told())
            time.sleep(POLL_SECONDS)
    finally:
        quiet.stop()
    return [*outcomes, *quiet.told()]


def run_beside(steps: Iterable[Step], live: Step) -> list[Outcome]:
    """Run a step that prints as it goes, and beside it quiet ones, two at a time; what these said comes last."""
    quiet = _Quiet(steps)
    running = _start_live(live)
    try:
        while quiet.goes_on() | running.goes_on():  # both are asked, so that each knows when it ended
            time.sleep(POLL_SECONDS)
    finally:
        quiet.stop()
        _stop(running.process)
    return [_outcome_of_live(running), *quiet.told()]


def run_live(step: Step) -> Outcome:
    """Run a step that prints as it goes."""
    return run_beside([], step)[0]


def table(outcomes: Sequence[Outcome]) -> str:
    """The table that closes a run."""
    width = max((len(outcome.name) for outcome in outcomes), default=0)
    lines = [f"{'paso'.ljust(width)}  {'segundos':>8}  resultado", "─" * (width + 26)]
    for outcome in outcomes:
        note = f": {outcome.note}" if outcome.note else ""
        lines.append(f"{outcome.name.ljust(width)}  {outcome.seconds:>8.1f}  {_word(outcome)}{note}")
    return "\n".join(lines)


def _word(outcome: Outcome) -> str:
    if outcome.status is None:
        return "NO SE PUDO EJECUTAR"
    return "bien" if outcome.good else f"FALLÓ ({outcome.status})"


@dataclass(slots=True)
class _Running:
    step: Step
    process: subprocess.Popen[bytes]
    output: IO[bytes]  # nothing where it went to the terminal
    began: float
    seconds: float | None = None

    def goes_on(self) -> bool:
        if self.seconds is None and self.process.poll() is not None:
            self.seconds = time.monotonic() - self.began
        return self.seconds is None

    def outcome(self, *, note: str = "") -> Outcome:
        seconds = self.seconds or 0.0
        return Outcome(name=self.step.name, status=self.process.returncode, seconds=seconds, note=note)


class _Quiet:
    """Quiet steps: those that wait, those that run side by side, and those that ended and were not told of yet."""

    def __init__(self, steps: Iterable[Step]) -> None:
        self._waiting = list(steps)
        self._running: list[_Running] = []
        self._ended: list[_Running] = []

    def goes_on(self) -> bool:
        """Let go of those that ended, start the next; false when there is nothing more to do."""
        for one in [one for one in self._running if not one.goes_on()]:
            self._running.remove(one)
            self._ended.append(one)
        while self._waiting and len(self._running) < AT_ONCE:
            self._running.append(_start_quiet(self._waiting.pop(0)))
        return bool(self._running)

    def told(self) -> list[Outcome]:
        """Say how those went that ended since the last time."""
        ended, self._ended = self._ended, []
        return [_tell(one) for one in ended]

    def stop(self) -> None:
        for one in self._running:
            _stop(one.process)


def _start_live(step: Step) -> _Running:
    print(f"\n── {step.name} ".ljust(100, "─"), flush=True)
    return _Running(step, _popen(step, output=None), io.BytesIO(), time.monotonic())


def _start_quiet(step: Step) -> _Running:
    output = tempfile.TemporaryFile()  # noqa: SIM115  # closed when its step ends
    return _Running(step, _popen(step, output=output), output, time.monotonic())


def _outcome_of_live(one: _Running) -> Outcome:
    return one.outcome(note="ninguna prueba" if one.process.returncode == NO_TESTS_COLLECTED else "")


def _tell(one: _Running) -> Outcome:
    one.output.seek(0)
    said = one.output.read().decode(errors="replace").rstrip()
    one.output.close()
    outcome = one.outcome()
    print(f"{outcome.name}: {'bien' if outcome.good else 'FALLÓ'} ({outcome.seconds:.1f} s)", flush=True)
    if not outcome.good:
        print(f"{said}\n", flush=True)
    elif one.step.summary:
        print(said.rpartition("\n")[2], flush=True)
    return outcome


def _popen(step: Step, *, output: IO[bytes] | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        list(step.argv),
        cwd=ROOT,
        env={**os.environ, **step.env},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        # Its own group: a Ctrl-C reaches us alone, and the step is told once, by `_stop`.
        process_group=0,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    """As by Ctrl-C, so that the step stops the servers that it started and ends with its summary."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
