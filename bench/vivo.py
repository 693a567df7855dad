"""The live connection: publish → frame → DOM with thousands of sockets on one process, memory, storm, clicks, tabs."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "bin"))  # the tests' servers use what is there

from bench._tables import table  # noqa: E402
from bench._vivo_browser import chromium  # noqa: E402
from bench._vivo_figures import Row, Verdicts, thousands  # noqa: E402
from bench._vivo_frames import RATE, STORM, memory_row, own_groups, storm_row  # noqa: E402
from bench._vivo_installation import Installation  # noqa: E402
from bench._vivo_pages import Clicker, dom_row  # noqa: E402
from bench._vivo_trouble import trouble_rows  # noqa: E402

LEVELS = (1, 1000, 5000)
LIMIT_SECONDS = 360.0  # what has not begun by then is left out

METHOD = """
Un proceso `manage.py web`, PostgreSQL y Redis propios, y todo lo demás (clientes, Chromium, worker) en esta misma
máquina: lo que gastan los clientes le quita núcleo al servidor, y «CPU clientes» dice cuánto. No está en los tiempos.
Publicar: otro proceso confirma una transacción con `announce`, {rate:g} por segundo, y el reloj corre desde el commit.
Trama: hasta que el núcleo recibe la trama para el cliente (SO_TIMESTAMPNS), no hasta que el cliente la procesa.
DOM: hasta que un MutationObserver de la página ve el cambio; su reloj se compara antes con el de la máquina."""


@dataclass(frozen=True)
class Plan:
    """How much of everything."""

    levels: Sequence[int]
    seconds: float  # of each stream of commits
    clicks: int
    steps: int  # of what is done in one tab and seen in others

    @property
    def some(self) -> int:
        """How many stay connected while single things are looked at."""
        return min(STORM, self.crowd)

    @property
    def crowd(self) -> int:
        return max(self.levels)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/bench vivo --")
    parser.add_argument("--sockets", type=int, default=LEVELS[-1], help="cuántos, como máximo (5000)")
    parser.add_argument("--quick", action="store_true", help="menos muestras: para ensayar")
    plan = _plan(parser.parse_args())
    with Installation(crowd=plan.crowd) as installation:
        return measure(installation, plan)


def _plan(options: argparse.Namespace) -> Plan:
    levels = [level for level in LEVELS if level < options.sockets] + [max(1, options.sockets)]
    if options.quick:
        return Plan(levels=levels, seconds=3, clicks=5, steps=5)
    return Plan(levels=levels, seconds=7, clicks=20, steps=20)


def measure(installation: Installation, plan: Plan) -> int:
    """All of it, each table as soon as it is known; 1 where a target was missed."""
    began = time.monotonic()
    verdicts = Verdicts()
    print(METHOD.format(rate=RATE), flush=True)
    for work in (_ladder, _storm, _trouble, _pages):
        if time.monotonic() - began > LIMIT_SECONDS:
            verdicts.missed.append("todo lo demás: no hubo tiempo, la máquina está ocupada")
            break
        work(installation, verdicts, plan)
    print(f"\nDuró {time.monotonic() - began:.0f} s.")
    print("\n".join(["No se cumple:", *verdicts.missed]) if verdicts.missed else "Se cumplen todas las metas.")
    return 1 if verdicts.missed else 0


def _ladder(installation: Installation, verdicts: Verdicts, plan: Plan) -> None:
    """More and more sockets on one process: memory while nothing happens, then news for each."""
    installation.connect(1)  # what a process loads at its first socket is not the sockets' memory
    installation.crowd.ask("keep", count=0)
    base = installation.memory()
    memory = [memory_row(installation, verdicts, base=None)]
    frames = []
    for level in plan.levels:
        connected = installation.connect(level)
        verdicts.all_came(f"conectar {thousands(level)}", *connected.came)
        memory.append(memory_row(installation, verdicts, base=base))
        frames.append(own_groups(installation, verdicts, seconds=plan.seconds))
    show("Commit → trama, cada una para un usuario", frames)
    show("Memoria de un proceso web", memory)


def _storm(installation: Installation, verdicts: Verdicts, plan: Plan) -> None:
    show("Reinicio, y tormenta de reconexiones", [storm_row(installation, verdicts, sockets=plan.some)])


def _trouble(installation: Installation, verdicts: Verdicts, plan: Plan) -> None:
    rows, told = trouble_rows(installation, verdicts, seconds=min(5, plan.seconds))
    show(f"El apuro de un socket, {thousands(plan.some)} conectados: commit → trama de los demás", rows)
    print(f"\n{told}", flush=True)


def _pages(installation: Installation, verdicts: Verdicts, plan: Plan) -> None:
    with chromium(installation.sam) as browsers:
        dom = [dom_row(installation, browsers, verdicts, seconds=1.5 * plan.seconds)]
        clicker = Clicker(installation, browsers, verdicts)
        clicks = clicker.clicks(plan.clicks)
        steps = clicker.in_step(plan.steps)
        clicker.close()
        installation.crowd.ask("keep", count=1)
        dom.insert(0, dom_row(installation, browsers, verdicts, seconds=1.5 * plan.seconds))
    show("Commit → DOM en Chromium", dom)
    show(f"Clics en Chromium, con un worker y {thousands(plan.some)} sockets más", clicks)
    show("De una pestaña a las otras", steps)


def show(title: str, rows: Sequence[Row]) -> None:
    print(table(title, rows), flush=True)


if __name__ == "__main__":
    sys.exit(main())
