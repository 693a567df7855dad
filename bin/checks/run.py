"""Runs the steps, all of them whatever fails, and shows how each ended."""

from __future__ import annotations

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


@dataclass(slots=True)
class _Running:
    step: Step
    process: subprocess.Popen[bytes]
    output: IO[bytes]
    began: float


def run_quiet(steps: Iterable[Step]) -> list[Outcome]:
    """Run steps two at a time, printing what a step said only when it failed."""
    waiting = list(steps)
    running: list[_Running] = []
    outcomes: list[Outcome] = []
    try:
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                running.append(_start_quiet(waiting.pop(0)))
            for one in [one for one in running if one.process.poll() is not None]:
                running.remove(one)
                outcomes.append(_finish_quiet(one))
            time.sleep(POLL_SECONDS)
    finally:
        for one in running:
            _stop(one.process)
    return outcomes


def run_beside(step: Step, lives: Sequence[Step]) -> list[Outcome]:
    """Run live steps one after the other, and meanwhile a quiet one that mostly waits; what it said comes last."""
    aside = _start_quiet(step)
    try:
        outcomes = [run_live(live) for live in lives]
        aside.process.wait()
    finally:
        _stop(aside.process)
    return [*outcomes, _finish_quiet(aside)]


def run_live(step: Step) -> Outcome:
    """Run a step that prints as it goes."""
    print(f"\n── {step.name} ".ljust(100, "─"), flush=True)
    began = time.monotonic()
    process = _popen(step, output=None)
    try:
        status = process.wait()
    except BaseException:
        _stop(process)
        raise
    note = "ninguna prueba" if status == NO_TESTS_COLLECTED else ""
    return Outcome(name=step.name, status=status, seconds=time.monotonic() - began, note=note)


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


def _start_quiet(step: Step) -> _Running:
    output = tempfile.TemporaryFile()  # noqa: SIM115  # closed when its step ends
    return _Running(step, _popen(step, output=output), output, time.monotonic())


def _finish_quiet(one: _Running) -> Outcome:
    seconds = time.monotonic() - one.began
    status = one.process.returncode
    one.output.seek(0)
    said = one.output.read().decode(errors="replace").rstrip()
    one.output.close()
    print(f"{one.step.name}: {'bien' if status == 0 else 'FALLÓ'} ({seconds:.1f} s)", flush=True)
    if status != 0:
        print(f"{said}\n", flush=True)
    elif one.step.summary:
        print(said.rpartition("\n")[2], flush=True)
    return Outcome(name=one.step.name, status=status, seconds=seconds)


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
