"""A real worker whose builder fails as it is told: `python -m tests.failures.worker --builder hang --part 1`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from django import setup

BUILDERS = ("slow", "raise", "hang", "exit", "allocate", "spin")
ALLOCATE_BYTES = 64 * 1024 * 1024


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--builder", required=True, help=f"one of {', '.join(BUILDERS)}; slow:0.3 waits 0.3 s an equipo"
    )
    parser.add_argument("--at", type=int, default=1, help="how many equipos pass before it fails")
    parser.add_argument("--part", type=int, default=0, help="the number of the part it fails in; every part otherwise")
    parser.add_argument("--stall", type=float, help="after so many seconds without a sign of life it is taken for lost")
    options = parser.parse_args(arguments)
    setup()
    from zipworker.heart import STALL_SECONDS
    from zipworker.worker import run_worker

    kind, _, figure = options.builder.partition(":")
    package = failing(kind, figure=float(figure or 0), at=options.at, part=options.part)
    return run_worker(package=package, stall_seconds=options.stall or STALL_SECONDS)


def failing(kind: str, *, figure: float = 0.0, at: int = 1, part: int = 0) -> Callable[..., Any]:
    """A maker of packages like the product's own, whose chunks stop coming after `at` equipos."""
    from zipworker.package.package import Package

    class FailingPackage(Package):
        def __init__(self, plan: Any, *, on_equipo: Callable[[int, str], None], **more: Any) -> None:
            self._failing = part in {0, plan.number}

            def pass_equipo(done: int, codigo: str) -> None:
                on_equipo(done, codigo)
                if self._failing and (kind == "slow" or done == at):
                    FAILURES[kind](figure)

            super().__init__(plan, on_equipo=pass_equipo, **more)

        def chunks(self) -> Iterator[bytes]:
            if self._failing and at == 0:
                FAILURES[kind](figure)
            yield from super().chunks()

    return FailingPackage


def _raise(_: float) -> None:
    raise RuntimeError("a builder that was told to fail\n[EXITOSO] action=finish_part part=1")


def _hang(_: float) -> None:
    while True:
        time.sleep(3600)


def _exit(_: float) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _spin(seconds: float) -> None:
    """Holds the interpreter, as a builder in pure Python would."""
    end = time.monotonic() + (seconds or 10)
    while time.monotonic() < end:
        sum(range(10_000))


def _allocate(limit: float) -> None:
    """Until memory ends: the limit is set here, since a machine's own would take the machine with it."""
    import resource

    most = int(limit or 1) * 1024**3
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    held = []
    while True:
        held.append(bytearray(ALLOCATE_BYTES))


FAILURES: dict[str, Callable[[float], None]] = {
    "slow": time.sleep,
    "raise": _raise,
    "hang": _hang,
    "exit": _exit,
    "spin": _spin,
    "allocate": _allocate,
}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sam.settings")
    sys.exit(main(sys.argv[1:]))
